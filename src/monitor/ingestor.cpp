#include "monitor/ingestor.h"

#include <cerrno>
#include <chrono>
#include <future>
#include <utility>

#include <unistd.h>

#include "base/log.h"
#include "monitor/retention.h"

namespace yagura::monitor {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTakeWait{500};
constexpr milliseconds kGatherWait{200};
constexpr std::string_view kBadSuffix = "_BADXML";

bool is_bad_xml(const Document& document) {
  const auto* why = std::get_if<Rejection>(&document.content);
  if (why == nullptr) return false;
  for (const report::RefusalCode code :
       {report::RefusalCode::kMalformed, report::RefusalCode::kDoctype,
        report::RefusalCode::kEncoding, report::RefusalCode::kLimit}) {
    if (why->code == report::to_string(code)) return true;
  }
  return false;
}

}  // namespace

/// A few handles that one parser works on; ready when all of them are parsed.
struct Ingestor::Chunk {
  std::vector<SpoolHandle> handles;
  std::vector<Document> documents;
  std::promise<void> parsed;
  std::future<void> ready = parsed.get_future();
};

Ingestor::Ingestor(IngestorOptions options, Directory incoming, std::optional<Directory> local,
                   Quarantine quarantine, Connect connect, const Clock& clock)
    : options_(std::move(options)),
      incoming_(std::move(incoming)),
      local_(std::move(local)),
      quarantine_(std::move(quarantine)),
      connect_(std::move(connect)),
      clock_(clock),
      to_parse_(options_.batch / kChunk + 2 * options_.parse_threads),
      in_order_(options_.batch / kChunk + 2 * options_.parse_threads),
      stopped_(false) {
  payloads_ = std::make_unique<DocumentReader>(incoming_, local_ ? &*local_ : nullptr,
                                               options_.read, clock_);
  applier_ = std::make_unique<BatchApplier>(
      options_.policy, *series_, quarantine_, clock_,
      [this](const Document& document) { return payloads_->payload(document.handle); },
      [this](std::string_view payload, Provenance from) {
        return payloads_->parse(payload, std::move(from));
      },
      options_.cached_agents);
  shared_.lock()->quarantine_items = quarantine_.items();
}

Ingestor::~Ingestor() {
  stop();
}

Status Ingestor::start() {
  YAGURA_TRY(reader,
             SpoolReader::open(incoming_, local_ ? &*local_ : nullptr, options_.queue, clock_));
  spool_ = std::move(reader);
  threads_.emplace_back([this] { apply(); });
  for (std::size_t i = 0; i < options_.parse_threads; ++i) {
    threads_.emplace_back([this] { parse(); });
  }
  threads_.emplace_back([this] { feed(); });
  return {};
}

void Ingestor::stop() {
  if (threads_.empty()) return;
  stopping_ = true;
  *stopped_.lock() = true;
  stop_changed_.notify_all();
  spool_->wake();
  to_parse_.close();
  in_order_.close();
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
}

void Ingestor::feed() {
  while (!stopping_) {
    std::vector<SpoolHandle> handles = spool_->take(kChunk, kTakeWait);
    if (handles.empty()) continue;
    auto chunk = std::make_shared<Chunk>();
    chunk->handles = std::move(handles);
    // First into the order: a chunk that is parsed but not in order would never be applied.
    if (!in_order_.push(chunk) || !to_parse_.push(chunk)) return;
  }
}

void Ingestor::parse() {
  DocumentReader reader(incoming_, local_ ? &*local_ : nullptr, options_.read, clock_);
  while (auto chunk = to_parse_.pop()) {
    (*chunk)->documents.reserve((*chunk)->handles.size());
    for (const SpoolHandle& handle : (*chunk)->handles) {
      if (stopping_) break;
      (*chunk)->documents.push_back(reader.read(handle));
    }
    (*chunk)->parsed.set_value();
  }
}

/// Everything that is ready, up to a batch; waits only for the first piece.
std::vector<Document> Ingestor::gather() {
  std::vector<Document> batch;
  while (!stopping_ && batch.size() + kChunk <= std::max(options_.batch, kChunk)) {
    if (!carried_) {
      auto next = in_order_.pop_for(batch.empty() ? kGatherWait : milliseconds(0));
      if (!next) break;
      carried_ = std::move(*next);
    }
    const auto patience = batch.empty() ? kGatherWait : milliseconds(0);
    if (carried_->ready.wait_for(patience) != std::future_status::ready) break;
    for (Document& document : carried_->documents)
      batch.push_back(std::move(document));
    carried_.reset();
  }
  return batch;
}

void Ingestor::apply() {
  while (!stopping_) {
    if (!ensure_connection()) continue;
    release_pending();
    purge_quarantined();
    if (!db_) continue;
    std::vector<Document> batch = gather();
    if (batch.empty()) continue;
    set_aside_unfinished(batch);
    while (!stopping_ && !apply_batch(batch)) {
      while (!stopping_ && !ensure_connection()) {
      }
    }
  }
}

bool Ingestor::apply_batch(std::vector<Document>& batch) {
  const Status done = applier_->apply(*db_, batch);
  if (!done.ok()) {
    lose_connection(done.error());
    return false;
  }
  let_go(batch);
  note(batch);
  return true;
}

/// A plain file that does not parse yet waits until nobody has touched it for a while.
void Ingestor::set_aside_unfinished(std::vector<Document>& batch) {
  std::erase_if(batch, [&](const Document& document) {
    if (!document.handle.local || !is_bad_xml(document)) return false;
    if (clock_.now() - document.from.received >= kUnfinishedFor) return false;
    spool_->postpone(document.handle, clock_.steady() + kRetryUnfinished);
    return true;
  });
}

void Ingestor::let_go(const std::vector<Document>& batch) {
  for (const Document& document : batch) {
    const SpoolHandle& handle = document.handle;
    const Directory& folder = handle.local ? *local_ : incoming_;
    const std::string name = handle.local ? handle.local_name : handle.name.file_name();
    if (std::holds_alternative<Vanished>(document.content)) {
      // Nothing to let go.
    } else if (handle.local && is_bad_xml(document)) {
      if (const Status moved = folder.rename(name, folder, name + std::string(kBadSuffix));
          !moved.ok()) {
        log::error("spool-file-stays", {{"file", name}, {"reason", moved.error()}});
      }
    } else if (::unlinkat(folder.fd(), name.c_str(), 0) != 0 && errno != ENOENT) {
      // It is known as stored, so it does no harm; but the folder's rights are wrong.
      log::error("spool-file-stays", {{"file", name}, {"reason", system_error("unlink", errno)}});
    }
    spool_->done(handle);
  }
}

void Ingestor::note(const std::vector<Document>& batch) {
  const Micros now = clock_.now();
  const Micros steady = clock_.steady();
  auto shared = shared_.lock();
  for (const Document& document : batch) {
    if (std::holds_alternative<Vanished>(document.content)) continue;
    shared->delays.add(now - document.from.received, steady);
    shared->last_item_at = now;
  }
  shared->counters = applier_->counters();
  shared->cached_agents = applier_->cached_agents();
  shared->quarantine_items = quarantine_.items();
}

void Ingestor::release_pending() {
  const Micros steady = clock_.steady();
  if (released_ != 0 && steady - released_ < kReleaseEvery) return;
  released_ = steady;
  const auto released = applier_->release_pending(*db_);
  if (!released.ok()) {
    if (db_->broken()) return lose_connection(released.error());
    log::error("pending-not-released", {{"reason", released.error()}});
    return;
  }
  if (*released > 0) note({});
}

void Ingestor::purge_quarantined() {
  const Micros steady = clock_.steady();
  if (!db_ || options_.quarantine_days == 0) return;
  if (purged_ != 0 && steady - purged_ < kPurgeEvery) return;
  purged_ = steady;
  const Status done = purge_quarantine(*db_, quarantine_, options_.policy.server_name,
                                       clock_.now() - options_.quarantine_days * kDay);
  if (!done.ok()) log::error("quarantine-not-purged", {{"reason", done.error()}});
}

bool Ingestor::ensure_connection() {
  if (db_ && !db_->broken()) return true;
  db_.reset();
  auto made = connect_();
  if (!made.ok()) {
    lose_connection(made.error());
    return false;
  }
  db_ = std::move(made).value();
  backoff_.reset();
  applier_->forget_reference();
  auto shared = shared_.lock();
  if (!shared->usable) log::info("database-connected");
  shared->usable = true;
  shared->connected_at = clock_.now();
  return true;
}

void Ingestor::lose_connection(const Error& why) {
  db_.reset();
  {
    auto shared = shared_.lock();
    if (shared->usable || shared->connected_at == 0) {
      log::error("database-away", {{"reason", why}});
    }
    shared->usable = false;
  }
  pause(backoff_.next());
}

void Ingestor::pause(Micros how_long) {
  auto stopped = stopped_.lock();
  stopped.wait_for(stop_changed_, std::chrono::microseconds(how_long), [&] { return *stopped; });
}

IngestStatus Ingestor::status() {
  IngestStatus out;
  if (spool_) out.spool = spool_->status();
  auto shared = shared_.lock();
  out.counters = shared->counters;
  out.delay_p99 = shared->delays.percentile(99, clock_.steady());
  out.last_item_at = shared->last_item_at;
  out.cached_agents = shared->cached_agents;
  out.quarantine_items = shared->quarantine_items;
  out.database_usable = shared->usable;
  out.connected_at = shared->connected_at;
  return out;
}

}  // namespace yagura::monitor
