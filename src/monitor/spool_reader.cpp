#include "monitor/spool_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/log.h"
#include "report/data_file_name.h"

namespace yagura::monitor {
namespace {

constexpr std::uint32_t kEvents = IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR;
constexpr std::size_t kEventBytes = 64UL * 1024;

}  // namespace

SpoolReader::SpoolReader(const Directory& incoming, const Directory* local, QueuePolicy policy,
                         const Clock& clock)
    : incoming_(incoming), local_(local), clock_(clock), state_(State(policy)) {}

SpoolReader::~SpoolReader() = default;

Result<std::unique_ptr<SpoolReader>> SpoolReader::open(const Directory& incoming,
                                                       const Directory* local, QueuePolicy policy,
                                                       const Clock& clock) {
  std::unique_ptr<SpoolReader> reader(new SpoolReader(incoming, local, policy, clock));
  YAGURA_CHECK(reader->watch());
  return reader;
}

Status SpoolReader::watch() {
  inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify_.valid()) return system_error("inotify", errno);
  wake_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake_.valid()) return system_error("eventfd", errno);
  // Through the open directory, so that watch and reads mean the same folder whatever is renamed.
  const auto path = [](const Directory& d) { return "/proc/self/fd/" + std::to_string(d.fd()); };
  incoming_watch_ = ::inotify_add_watch(inotify_.get(), path(incoming_).c_str(), kEvents);
  if (incoming_watch_ < 0) return system_error("watching " + incoming_.path(), errno);
  if (local_ == nullptr) return {};
  local_watch_ = ::inotify_add_watch(inotify_.get(), path(*local_).c_str(), kEvents);
  if (local_watch_ < 0) return system_error("watching " + local_->path(), errno);
  return {};
}

Status SpoolReader::scan_incoming() {
  auto state = state_.lock();
  scan_wanted_ = false;
  scanned_ = clock_.steady();
  return incoming_.for_each([&](std::string_view name) {
    if (const auto item = parse_spool_name(name)) state->queue.add(*item);
    return true;
  });
}

Status SpoolReader::scan_local() {
  local_scan_wanted_ = false;
  local_scanned_ = clock_.steady();
  if (local_ == nullptr) return {};
  auto state = state_.lock();
  return local_->for_each([&](std::string_view name) {
    if (report::is_data_file_name(name)) state->local.try_emplace(std::string(name));
    return state->local.size() < kMaxLocalFiles;
  });
}

void SpoolReader::read_events() {
  alignas(struct inotify_event) std::array<char, kEventBytes> buffer{};
  for (;;) {
    const ssize_t n = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (n <= 0) return;
    auto state = state_.lock();
    for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
      struct inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* text = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        scan_wanted_ = local_scan_wanted_ = true;
        continue;
      }
      if (event.len == 0) continue;
      const std::string_view name(text, ::strnlen(text, event.len));
      if (event.wd == local_watch_) {
        if (report::is_data_file_name(name) && state->local.size() < kMaxLocalFiles) {
          state->local.try_emplace(std::string(name));
        }
      } else if (const auto item = parse_spool_name(name)) {
        state->queue.add(*item);
      }
    }
  }
}

void SpoolReader::wait_for_events(std::chrono::milliseconds wait) {
  std::array<struct pollfd, 2> fds{{{inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
  ::poll(fds.data(), fds.size(), static_cast<int>(wait.count()));
  if ((fds[1].revents & POLLIN) != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
  }
}

std::vector<SpoolHandle> SpoolReader::pick(std::size_t max) {
  std::vector<SpoolHandle> out;
  auto state = state_.lock();
  const Micros steady = clock_.steady();
  for (auto& [name, file] : state->local) {
    // Never more than half of a hand-out: plain files must not hold up what the transport brings.
    if (out.size() >= std::max<std::size_t>(1, max / 2)) break;
    if (file.in_work || file.not_before > steady) continue;
    file.in_work = true;
    out.push_back({true, {}, name});
  }
  for (const SpoolName& name : state->queue.take(max - out.size(), clock_.now())) {
    out.push_back({false, name, {}});
  }
  if (state->queue.waiting() == 0 && state->queue.take_overflow()) scan_wanted_ = true;
  return out;
}

std::vector<SpoolHandle> SpoolReader::take(std::size_t max, std::chrono::milliseconds wait) {
  for (bool waited = false;; waited = true) {
    read_events();
    const Micros steady = clock_.steady();
    if (scan_wanted_ || steady - scanned_ > kScanEvery) {
      if (const auto done = scan_incoming(); !done.ok()) {
        log::error("spool-unreadable", {{"reason", done.error()}});
      }
    }
    if (local_ != nullptr && (local_scan_wanted_ || steady - local_scanned_ > kLocalScanEvery)) {
      if (const auto done = scan_local(); !done.ok()) {
        log::error("spool-unreadable", {{"reason", done.error()}});
      }
    }
    std::vector<SpoolHandle> out = pick(max);
    if (!out.empty() || waited) return out;
    wait_for_events(wait);
  }
}

void SpoolReader::done(const SpoolHandle& handle) {
  auto state = state_.lock();
  if (handle.local) {
    state->local.erase(handle.local_name);
  } else {
    state->queue.done(handle.name);
  }
}

void SpoolReader::postpone(const SpoolHandle& handle, Micros not_before) {
  auto state = state_.lock();
  if (handle.local) {
    state->local[handle.local_name] = {false, not_before};
  } else {
    state->queue.give_back(handle.name);
  }
}

void SpoolReader::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

SpoolReader::Status SpoolReader::status() {
  auto state = state_.lock();
  return {state->queue.waiting() + state->local.size(), state->queue.in_work(),
          state->queue.oldest()};
}

}  // namespace yagura::monitor
