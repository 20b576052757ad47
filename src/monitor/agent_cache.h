// AgentCache: what the data server keeps in memory of agents (design §5): settings of the agent and
// of its modules as structs, the live state as the packed block that is also in the database. A few
// kilobytes per agent; nothing in it is the only copy.
//
// An entry is good as long as its version equals agent_state.version under the row lock. Whoever
// fails to commit what it applied drops the entry (forget) instead of undoing it.
//
// Not thread-safe: it belongs to the thread that applies batches.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "monitor/agent_rules.h"
#include "monitor/agent_status.h"
#include "monitor/ingest_types.h"
#include "monitor/module_config.h"

namespace yagura::monitor {

struct CachedModule {
  std::uint32_t slot = 0;
  std::uint32_t parent_slot = 0;  ///< meaningful when has_parent
  bool has_parent = false;
  bool type_difference_logged = false;
  ModuleConfig config;
};

struct CachedAgent {
  AgentId id;
  std::int64_t version = 0;
  AgentFields fields;
  std::string bound_fingerprint;
  int transport_level = 0;
  std::string transport_peer;

  StatusCode status = StatusCode::kNotInit;
  int rank = 4;
  Micros status_since = 0;
  ModuleCounts counts;
  ModuleId worst;
  Micros last_contact = 0;
  Micros last_remote_contact = 0;
  std::uint64_t last_digest = 0;

  /// Ascending slots; all modules that are not being deleted.
  std::vector<CachedModule> modules;
  std::uint32_t next_slot = 0;
  /// The column agent_state.latest.
  std::string latest;

  /// Fingerprints of what the last document said, to see at once that nothing changed. 0 = unknown.
  std::uint64_t addresses_seen = 0;
  std::uint64_t custom_fields_seen = 0;
  /// Where the modules of the last document stood: place in the document -> index in `modules`.
  std::vector<std::uint16_t> places;

  std::uint64_t used = 0;  ///< the cache's own mark of the last use
};

class AgentCache {
 public:
  /// Above `capacity` entries the least recently used tenth is dropped.
  explicit AgentCache(std::size_t capacity) : capacity_(capacity) {}

  /// The entry, or nullptr. The pointer is good until the next put() or forget().
  CachedAgent* find(std::string_view name);
  CachedAgent* put(std::unique_ptr<CachedAgent> agent);
  void forget(std::string_view name);
  void clear() { by_name_.clear(); }
  [[nodiscard]] std::size_t size() const { return by_name_.size(); }
  /// Drops what is too much. Call between batches.
  void trim();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::size_t capacity_;
  std::uint64_t clock_ = 0;
  std::unordered_map<std::string, std::unique_ptr<CachedAgent>, Hash, std::equal_to<>> by_name_;
};

/// Order of lists, worst first: column agent.status_rank.
int status_rank(StatusCode status, bool disabled, Approval approval);

}  // namespace yagura::monitor
