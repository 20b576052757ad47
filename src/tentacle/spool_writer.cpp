#include "tentacle/spool_writer.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <map>
#include <utility>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "tentacle/spool_folder.h"

namespace yagura::tentacle {
namespace {

constexpr mode_t kItemMode = 0640;
// Up to here a flush per file is quicker than one of the whole file system.
constexpr std::size_t kFewFiles = 4;
constexpr Micros kWatchInterval = kSecond;
// A scan of a very full spool must not eat a core: it may take this share of the time.
constexpr Micros kWatchShare = 20;

bool is_full(int error) {
  return error == ENOSPC || error == EDQUOT;
}

StoreOutcome outcome_of(int error) {
  return is_full(error) ? StoreOutcome::kNoRoom : StoreOutcome::kFailed;
}

}  // namespace

/// Jobs on their way to the disk, with what each of them needs meanwhile.
struct SpoolWriter::Batch {
  static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

  struct Entry {
    crypto::Sha256Digest digest{};
    std::string file;               // name of the item
    bool writing = false;           // still on the way to kStored
    std::size_t same_as = kNobody;  // answered as that entry of the batch
    UniqueFd fd;                    // kept open only when files are flushed one by one
  };
  std::vector<StoreJob> jobs;
  std::vector<Entry> entries;
  std::map<std::string, std::size_t, std::less<>> names;
  std::size_t writing = 0;

  void fail(std::size_t at, StoreOutcome outcome) {
    if (entries[at].writing) --writing;
    entries[at].writing = false;
    jobs[at].outcome = outcome;
  }
  void fail_all(StoreOutcome outcome) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (entries[i].writing) fail(i, outcome);
    }
  }
};

SpoolWriter::SpoolWriter(const SpoolOptions& options, Deliver deliver, Directory incoming,
                         Directory temporary, std::string temporary_name)
    : options_(options),
      deliver_(std::move(deliver)),
      incoming_(std::move(incoming)),
      temporary_(std::move(temporary)),
      temporary_name_(std::move(temporary_name)),
      index_(PendingIndex(options.repeat_window)) {
  for (std::size_t i = 0; i < std::max<std::size_t>(options.committers, 1); ++i) {
    shards_.push_back(std::make_unique<Shard>());
  }
}

Result<std::unique_ptr<SpoolWriter>> SpoolWriter::open(const SpoolOptions& options,
                                                       Deliver deliver) {
  YAGURA_TRY(incoming, Directory::open(options.incoming));
  std::string name;
  YAGURA_TRY(temporary, open_temporary(incoming, name));
  std::unique_ptr<SpoolWriter> writer(new SpoolWriter(
      options, std::move(deliver), std::move(incoming), std::move(temporary), std::move(name)));
  YAGURA_CHECK(writer->load());
  writer->refresh();
  return writer;
}

SpoolWriter::~SpoolWriter() {
  stop();
  remove_temporary(incoming_, temporary_, temporary_name_);
}

Status SpoolWriter::load() {
  auto index = index_.lock();
  std::size_t left = options_.max_items;
  return incoming_.for_each([&](std::string_view file) {
    if (!is_item_name(file)) return true;
    const auto item = read_item(incoming_, std::string(file));
    if (item.ok()) {
      index->add(std::string(file), item->envelope.name, item->digest, item->file_size);
    }
    return --left > 0;
  });
}

void SpoolWriter::start() {
  for (const auto& shard : shards_) {
    shard->thread = std::thread([this, s = shard.get()] { run(*s); });
  }
  watcher_ = std::thread([this] { watch(); });
}

void SpoolWriter::stop() {
  {
    auto locked = stop_lock_.lock();
    stopping_ = true;
    *locked = true;
  }
  stop_changed_.notify_all();
  for (const auto& shard : shards_) {
    static_cast<void>(shard->waiting.lock());  // nobody is between its check and its wait
    shard->arrived.notify_all();
    if (shard->thread.joinable()) shard->thread.join();
  }
  if (watcher_.joinable()) watcher_.join();
}

bool SpoolWriter::submit(StoreJob job) {
  Shard& shard = *shards_[std::hash<std::string>{}(job.envelope.name) % shards_.size()];
  {
    auto waiting = shard.waiting.lock();
    if (stopping_ || waiting->size() >= kMaxWaiting) return false;
    waiting->push_back(std::move(job));
  }
  shard.arrived.notify_one();
  return true;
}

void SpoolWriter::run(Shard& shard) {
  for (;;) {
    std::vector<StoreJob> jobs;
    {
      auto waiting = shard.waiting.lock();
      waiting.wait(shard.arrived, [&] { return stopping_ || !waiting->empty(); });
      if (waiting->empty()) return;
      std::uint64_t bytes = 0;
      std::size_t count = 0;
      while (count < waiting->size() && count < kMaxBatch && bytes < kMaxBatchBytes) {
        bytes += (*waiting)[count++].payload.size();
      }
      const auto end = waiting->begin() + static_cast<std::ptrdiff_t>(count);
      jobs.assign(std::make_move_iterator(waiting->begin()), std::make_move_iterator(end));
      waiting->erase(waiting->begin(), end);
    }
    commit(std::move(jobs));
  }
}

void SpoolWriter::commit(std::vector<StoreJob> jobs) {
  Batch batch;
  batch.jobs = std::move(jobs);
  batch.entries.resize(batch.jobs.size());
  for (std::size_t i = 0; i < batch.jobs.size(); ++i) {
    StoreJob& job = batch.jobs[i];
    batch.entries[i].digest = job.payload.digest();
    job.envelope.length = job.payload.size();
    job.envelope.sha256 =
        crypto::hex({reinterpret_cast<const char*>(batch.entries[i].digest.data()),
                     batch.entries[i].digest.size()});
    if (!job.publish_directory.empty()) publish(job);
  }
  {
    auto index = index_.lock();
    for (std::size_t i = 0; i < batch.jobs.size(); ++i) {
      if (batch.jobs[i].publish_directory.empty()) judge(batch, i, *index);
    }
  }
  write_items(batch);
  flush_items(batch);
  move_items(batch);
  settle_index(batch);
  deliver_(std::move(batch.jobs));
}

/// Decides what becomes of one job; new items are entered in the index at once.
void SpoolWriter::judge(Batch& batch, std::size_t at, PendingIndex& index) {
  StoreJob& job = batch.jobs[at];
  Batch::Entry& entry = batch.entries[at];
  if (!options_.accept_same_name) {
    const auto twin = batch.names.find(job.envelope.name);
    if (twin != batch.names.end()) {
      if (batch.entries[twin->second].digest == entry.digest) {
        entry.same_as = twin->second;
      } else {
        job.outcome = StoreOutcome::kExists;
      }
      return;
    }
    PendingIndex::Known known = index.look_up(job.envelope.name, entry.digest);
    if (!known.file.empty() && !incoming_.stat(known.file).ok()) {
      index.consumed(known.file, SystemClock().steady());
      known = index.look_up(job.envelope.name, entry.digest);
    }
    if (known.match != PendingIndex::Match::kNew) {
      job.outcome = known.match == PendingIndex::Match::kSame ? StoreOutcome::kRepeated
                                                              : StoreOutcome::kExists;
      return;
    }
  }
  if (!has_room() || index.items() >= options_.max_items ||
      index.bytes() + job.payload.size() > options_.max_bytes) {
    job.outcome = StoreOutcome::kNoRoom;
    return;
  }
  entry.file = file_name(job.envelope);
  entry.writing = true;
  ++batch.writing;
  batch.names.emplace(job.envelope.name, at);
  index.add(entry.file, job.envelope.name, entry.digest, job.payload.size());
}

void SpoolWriter::write_items(Batch& batch) {
  const bool keep_open = batch.writing <= kFewFiles;
  for (std::size_t i = 0; i < batch.jobs.size(); ++i) {
    Batch::Entry& entry = batch.entries[i];
    if (!entry.writing) continue;
    auto fd = temporary_.open_file(entry.file, O_WRONLY | O_CREAT | O_EXCL, kItemMode);
    const Status written =
        fd.ok() ? batch.jobs[i].payload.write_to(fd->get(), write_header(batch.jobs[i].envelope))
                : Status(fd.error());
    if (written.ok()) {
      if (keep_open) entry.fd = std::move(*fd);
      continue;
    }
    const int error = errno;
    log::error("spool-write-failed", {{"item", entry.file}, {"error", written.error()}});
    static_cast<void>(temporary_.remove(entry.file));
    batch.fail(i, outcome_of(error));
  }
}

/// One flush for all of them.
void SpoolWriter::flush_items(Batch& batch) {
  if (batch.writing == 0) return;
  int error = 0;
  if (batch.writing <= kFewFiles && batch.entries.size() > 0) {
    for (std::size_t i = 0; i < batch.entries.size(); ++i) {
      Batch::Entry& entry = batch.entries[i];
      if (entry.writing && entry.fd.valid() && ::fdatasync(entry.fd.get()) != 0) error = errno;
      entry.fd.reset();
    }
  }
  if (batch.writing > kFewFiles && ::syncfs(temporary_.fd()) != 0) error = errno;
  if (error == 0) return;
  log::error("spool-flush-failed", {{"error", system_error("flush", error)}});
  for (const Batch::Entry& entry : batch.entries) {
    if (entry.writing) static_cast<void>(temporary_.remove(entry.file));
  }
  batch.fail_all(outcome_of(error));
}

void SpoolWriter::move_items(Batch& batch) {
  if (batch.writing == 0) return;
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    Batch::Entry& entry = batch.entries[i];
    if (!entry.writing) continue;
    const Status moved = temporary_.rename(entry.file, incoming_, entry.file);
    if (moved.ok()) continue;
    log::error("spool-rename-failed", {{"item", entry.file}, {"error", moved.error()}});
    static_cast<void>(temporary_.remove(entry.file));
    batch.fail(i, StoreOutcome::kFailed);
  }
  const Status synced = incoming_.sync();
  if (!synced.ok()) {
    log::error("spool-flush-failed", {{"error", synced.error()}});
    for (const Batch::Entry& entry : batch.entries) {
      if (entry.writing) static_cast<void>(incoming_.remove(entry.file));
    }
    batch.fail_all(StoreOutcome::kFailed);
  }
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    if (batch.entries[i].writing) batch.jobs[i].outcome = StoreOutcome::kStored;
  }
}

void SpoolWriter::settle_index(Batch& batch) {
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const std::size_t twin = batch.entries[i].same_as;
    if (twin == Batch::kNobody) continue;
    const StoreOutcome outcome = batch.jobs[twin].outcome;
    batch.jobs[i].outcome = outcome == StoreOutcome::kStored ? StoreOutcome::kRepeated : outcome;
  }
  auto index = index_.lock();
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const Batch::Entry& entry = batch.entries[i];
    if (!entry.file.empty() && !entry.writing) index->drop(entry.file);
  }
}

/// First comes first: an existing file is never replaced, because the administrator's pending
/// configuration may be it (spec tentacle §10).
void SpoolWriter::publish(StoreJob& job) const {
  const auto result =
      publish_file(options_.outgoing, job.publish_directory, job.envelope, job.payload);
  if (result.ok()) {
    job.outcome = *result == PublishResult::kPublished   ? StoreOutcome::kStored
                  : *result == PublishResult::kSameThere ? StoreOutcome::kRepeated
                                                         : StoreOutcome::kExists;
    return;
  }
  log::error("publish-failed", {{"file", job.envelope.name}, {"error", result.error()}});
  job.outcome = StoreOutcome::kFailed;
}

bool SpoolWriter::conflicts(std::string_view name, std::uint64_t size) {
  if (options_.accept_same_name) return false;
  std::string file;
  {
    auto index = index_.lock();
    const std::uint64_t pending = index->pending_size(name, file);
    if (pending == 0 || pending == size) return false;
  }
  return incoming_.stat(file).ok();
}

void SpoolWriter::watch() {
  Micros pause = kWatchInterval;
  for (;;) {
    {
      auto locked = stop_lock_.lock();
      if (locked.wait_for(stop_changed_, std::chrono::microseconds(pause),
                          [&] { return *locked; })) {
        return;
      }
    }
    const Micros begin = SystemClock().steady();
    refresh();
    pause = std::max(kWatchInterval, (SystemClock().steady() - begin) * kWatchShare);
  }
}

void SpoolWriter::refresh() {
  SpoolState next;
  index_.lock()->begin_scan();
  auto listing = list_items(incoming_);
  if (!listing.ok()) {
    log::error("spool-unreadable", {{"error", listing.error()}});
  } else {
    auto index = index_.lock();
    for (const std::string& file : index->reconcile(listing->files, SystemClock().steady())) {
      const auto st = incoming_.stat(file);
      if (st.ok()) index->add_foreign(file, static_cast<std::uint64_t>(st->st_size));
    }
    next.oldest = listing->oldest;
  }
  struct statvfs disk{};
  if (::fstatvfs(incoming_.fd(), &disk) == 0 && disk.f_blocks > 0) {
    next.free_percent = static_cast<unsigned>(disk.f_bavail * 100 / disk.f_blocks);
  }
  {
    auto index = index_.lock();
    next.items = index->items();
    next.bytes = index->bytes();
  }
  next.has_room = next.free_percent >= options_.min_free_percent &&
                  next.items < options_.max_items && next.bytes < options_.max_bytes;
  if (next.has_room != has_room_.exchange(next.has_room)) {
    log::warning(
        next.has_room ? "spool-has-room" : "spool-full",
        {{"items", next.items}, {"bytes", next.bytes}, {"free_percent", next.free_percent}});
  }
  *state_.lock() = next;
}

SpoolState SpoolWriter::state() {
  SpoolState out = *state_.lock();
  auto index = index_.lock();
  out.items = index->items();
  out.bytes = index->bytes();
  out.has_room = has_room();
  return out;
}

}  // namespace yagura::tentacle
