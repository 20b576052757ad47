// A batch of documents into the database: one transaction, everything of it or nothing (design §5).
//
//   lock the agents' rows and compare versions · create agents · apply reports in time order ·
//   write rows in bulk, the item ids among them · commit
//
// Exactly once: an item's id goes into ingested_item with its effects; if it is there already
// (crash between commit and unlink, or a second server), the item is left out as a duplicate.
// No item is blamed for another's fault: when a batch fails for a reason that repeating cannot
// help, it is split until the item at fault stands alone, and that one goes to quarantine.
//
// Not thread-safe; one per connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"
#include "db/series.h"
#include "monitor/agent_cache.h"
#include "monitor/agent_creation.h"
#include "monitor/ingest_policy.h"
#include "monitor/ingest_types.h"
#include "monitor/quarantine.h"
#include "monitor/reference.h"
#include "monitor/report_applier.h"
#include "monitor/write_set.h"

namespace yagura::monitor {

class BatchApplier {
 public:
  /// Reads the payload of a document again (it was dropped after parsing): for quarantine and for
  /// documents that are held until their agent is approved.
  using ReadPayload = std::function<Result<std::string>(const Document&)>;

  /// Parses a document that was held in the database (DocumentReader::parse).
  using ParseHeld = std::function<Document(std::string_view, Provenance)>;

  /// References must outlive the applier.
  BatchApplier(const IngestPolicy& policy, const db::Series& series, Quarantine& quarantine,
               const Clock& clock, ReadPayload read_payload, ParseHeld parse_held,
               std::size_t cache_capacity);

  /// Stores the documents. After success each is settled: its file may be removed. kUnavailable:
  /// nothing was stored (or it cannot be known); call again with the same documents on a good
  /// connection. Every other error has been dealt with inside.
  Status apply(db::Connection& db, std::vector<Document>& documents);

  /// Stores the documents held for agents that were approved since; returns how many.
  Result<std::size_t> release_pending(db::Connection& db);

  [[nodiscard]] const IngestCounters& counters() const { return total_; }
  [[nodiscard]] std::size_t cached_agents() const { return cache_.size(); }
  /// After the connection was lost: what others did meanwhile is found by the versions, but groups
  /// and catalogues are read anew.
  void forget_reference() { reference_.reset(); }

 private:
  struct Work;  ///< of one transaction

  Status refresh_reference(db::Connection& db);
  Status attempt(db::Connection& db, std::span<Document*> documents);
  Status work(db::Connection& db, std::span<Document*> documents, Work& w);
  Status settle(db::Connection& db, std::span<Document*> documents);
  Status open_agents(db::Connection& db, std::span<Document*> documents, Work& w);
  Status apply_document(Document& document, Work& w);
  Status apply_report(Document& document, const report::AgentReport& report, Work& w);
  Status admit(OpenAgent& open, Document& document, const report::AgentReport& report, Work& w,
               bool& process);
  Status hold(const OpenAgent& open, Document& document, Work& w);
  Status reject(Document& document, Rejection why, std::string agent_name, Work& w);
  Status apply_server(const Document& document, const report::ServerReport& report, Work& w);
  Status release_one(db::Connection& db, AgentId id, Work& w);
  Status drop_known_items(db::Connection& db, std::vector<Document*>& documents);
  void blame(Document& document, const Error& error);

  const IngestPolicy& policy_;
  const db::Series& series_;
  Quarantine& quarantine_;
  const Clock& clock_;
  ReadPayload read_payload_;
  ParseHeld parse_held_;
  AgentCache cache_;
  std::shared_ptr<const Reference> reference_;
  std::int64_t reference_stamp_ = 0;
  Micros reference_read_ = 0;
  Micros stamp_read_ = 0;
  GroupPasswords passwords_;
  NoticeLimits limits_;
  IngestCounters total_;
};

}  // namespace yagura::monitor
