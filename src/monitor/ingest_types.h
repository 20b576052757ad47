// What travels through ingestion: where a document came from, what it says, why it was refused.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "monitor/event.h"
#include "monitor/spool_queue.h"
#include "report/agent_report.h"
#include "report/reader.h"
#include "tentacle/spool_envelope.h"

namespace yagura::monitor {

/// Slots of one agent: a module's id is agent * kSlotsPerAgent + slot (sql/0001_monitor.sql).
constexpr std::int64_t kSlotsPerAgent = 65'536;
constexpr ModuleId module_id(AgentId agent, std::uint32_t slot) {
  return ModuleId{agent.value * kSlotsPerAgent + slot};
}
constexpr AgentId agent_of(ModuleId module) {
  return AgentId{module.value / kSlotsPerAgent};
}
constexpr std::uint32_t slot_of(ModuleId module) {
  return static_cast<std::uint32_t>(module.value % kSlotsPerAgent);
}

/// An hour's reports are folded into its trend this long after its end; a report that comes later
/// marks the hour to be folded again (table trend_dirty).
constexpr Micros kFoldAfter = 15 * kMinute;

/// Which file of which folder.
struct SpoolHandle {
  bool local = false;      ///< a plain file of the folder `spool.local`
  SpoolName name;          ///< of an item of the transport
  std::string local_name;  ///< of a plain file
};

/// What is known about the sender of a document (SRV-10). Texts are well-formed UTF-8.
struct Provenance {
  ItemId item{};
  Micros received = 0;
  tentacle::Level level = tentacle::Level::kNone;
  std::string peer;
  std::string fingerprint;  ///< of the client certificate; empty = none
  std::string subject;
  std::string file_name;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;  ///< first 8 bytes of the payload's SHA-256
};

/// A document that goes to quarantine. `code` is stable: docs/server.md lists them all.
struct Rejection {
  std::string code;
  EventParams params;
  std::string text;  ///< English sentence for administrators
};

/// The file was taken away by somebody else, or cannot be read for now.
struct Vanished {};

/// One spool item after reading and parsing.
struct Document {
  SpoolHandle handle;
  Provenance from;
  std::variant<Vanished, report::AgentReport, report::ServerReport, Rejection> content;
};

/// Counted since the process started; the server row adds them up (health page).
struct IngestCounters {
  std::uint64_t items = 0;    ///< documents whose effects are committed
  std::uint64_t samples = 0;  ///< accepted values
  std::uint64_t late = 0;     ///< documents older than the live state
  std::uint64_t refused = 0;  ///< consumed without effect: disabled agents, no name
  std::uint64_t quarantined = 0;
  std::uint64_t invalid_values = 0;  ///< samples that are no value of their module
  std::uint64_t duplicates = 0;      ///< copies of documents that were stored before
  std::uint64_t held = 0;            ///< documents waiting for the approval of their agent
  std::uint64_t agents_created = 0;
  std::uint64_t events = 0;
  std::uint64_t cut = 0;  ///< log lines, inventory rows … beyond a limit

  IngestCounters& operator+=(const IngestCounters& other);
};

}  // namespace yagura::monitor
