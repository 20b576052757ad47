#include "setup/supervisor.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "text/json.h"

namespace yagura::setup {
namespace {

constexpr Micros kReadyLimit = 60 * kSecond;
constexpr Micros kStopLimit = 20 * kSecond;
constexpr Micros kFirstDelay = kSecond;
constexpr Micros kLongestDelay = 30 * kSecond;
/// A program that ran this long is healthy again: the next delay starts from the beginning.
constexpr Micros kHealthyAfter = kMinute;
constexpr std::size_t kOutputTail = 2000;

std::string tail(const std::string& file) {
  const auto text = read_file(file, 16UL * 1024 * 1024);
  if (!text.ok()) return {};
  return text->size() > kOutputTail ? text->substr(text->size() - kOutputTail) : *text;
}

bool wait_readable(int fd, Micros limit) {
  struct pollfd p{fd, POLLIN, 0};
  for (;;) {
    const int n = ::poll(&p, 1, static_cast<int>(limit / 1000));
    if (n < 0 && errno == EINTR) continue;
    return n > 0;
  }
}

}  // namespace

struct Supervisor::Entry {
  ProgramSpec spec;
  Child child;
  bool running = false;
  Micros started = 0;
  Micros restart_at = 0;  ///< steady time; 0 = not waiting
  Micros delay = kFirstDelay;
  int restarts = 0;
};

Supervisor::Supervisor(std::vector<ProgramSpec> programs, const Clock& clock, Directory state,
                       Listener listener)
    : clock_(clock), state_(std::move(state)), listener_(std::move(listener)) {
  for (ProgramSpec& spec : programs) {
    entries_.push_back(std::make_unique<Entry>());
    entries_.back()->spec = std::move(spec);
  }
}

Supervisor::~Supervisor() {
  stop();
}

Status Supervisor::launch(Entry& entry) {
  YAGURA_TRY(child, spawn({entry.spec.program, entry.spec.args, entry.spec.output_file, true}));
  entry.child = std::move(child);
  entry.running = true;
  entry.started = clock_.steady();
  entry.restart_at = 0;
  write_status();
  return {};
}

Status Supervisor::await_ready(Entry& entry) {
  if (!wait_readable(entry.child.ready.get(), kReadyLimit)) {
    return Error{ErrorCode::kTimeout,
                 entry.spec.name + " does not serve after 60 s; see " + entry.spec.output_file};
  }
  char byte = 0;
  const bool serves = ::read(entry.child.ready.get(), &byte, 1) == 1;
  entry.child.ready.reset();
  if (!serves) {
    const std::string how = reap(entry.child);
    entry.running = false;
    return Error{ErrorCode::kUnavailable, entry.spec.name + " ended at start (" + how + "):\n" +
                                              tail(entry.spec.output_file)};
  }
  listener_({SupervisorEvent::Kind::kReady, entry.spec.name, ""});
  return {};
}

Status Supervisor::start() {
  for (auto& entry : entries_) {
    Status started = launch(*entry);
    if (started.ok()) started = await_ready(*entry);
    if (!started.ok()) {
      stop();
      return started;
    }
  }
  return {};
}

void Supervisor::handle_death(Entry& entry) {
  const std::string how = reap(entry.child);
  entry.running = false;
  entry.child = Child{};
  const Micros now = clock_.steady();
  if (now - entry.started > kHealthyAfter) entry.delay = kFirstDelay;
  entry.restart_at = now + entry.delay;
  listener_({SupervisorEvent::Kind::kDied, entry.spec.name,
             how + "; starting again in " + std::to_string(entry.delay / kSecond) + " s"});
  entry.delay = std::min(entry.delay * 2, kLongestDelay);
  write_status();
}

void Supervisor::restart_due() {
  const Micros now = clock_.steady();
  for (auto& entry : entries_) {
    if (entry->running || entry->restart_at == 0 || entry->restart_at > now) continue;
    ++entry->restarts;
    listener_({SupervisorEvent::Kind::kRestarting, entry->spec.name, ""});
    if (const Status launched = launch(*entry); !launched.ok()) {
      listener_({SupervisorEvent::Kind::kDied, entry->spec.name, launched.error().what});
      entry->restart_at = now + entry->delay;
      entry->delay = std::min(entry->delay * 2, kLongestDelay);
    }
  }
}

int Supervisor::next_wait_ms() const {
  Micros next = -1;
  const Micros now = clock_.steady();
  for (const auto& entry : entries_) {
    if (entry->running || entry->restart_at == 0) continue;
    const Micros left = std::max<Micros>(0, entry->restart_at - now);
    next = next < 0 ? left : std::min(next, left);
  }
  return next < 0 ? -1 : static_cast<int>(next / 1000) + 1;
}

Status Supervisor::run(StopSignals& signals) {
  for (;;) {
    std::vector<struct pollfd> polls{{signals.fd(), POLLIN, 0}};
    std::vector<Entry*> who{nullptr};
    for (auto& entry : entries_) {
      if (!entry->running) continue;
      polls.push_back({entry->child.pidfd.get(), POLLIN, 0});
      who.push_back(entry.get());
      if (entry->child.ready.valid()) {
        polls.push_back({entry->child.ready.get(), POLLIN, 0});
        who.push_back(entry.get());
      }
    }
    if (::poll(polls.data(), polls.size(), next_wait_ms()) < 0 && errno != EINTR) {
      return system_error("poll", errno);
    }
    if (polls[0].revents != 0 && signals.wait(0) == StopSignals::Signal::kStop) {
      stop();
      return {};
    }
    for (std::size_t i = 1; i < polls.size(); ++i) {
      Entry& entry = *who[i];
      if (polls[i].revents == 0 || !entry.running) continue;
      if (polls[i].fd == entry.child.ready.get()) {
        char byte = 0;
        const bool serves = ::read(entry.child.ready.get(), &byte, 1) == 1;
        entry.child.ready.reset();
        if (serves) listener_({SupervisorEvent::Kind::kReady, entry.spec.name, "again"});
      } else {
        handle_death(entry);
      }
    }
    restart_due();
  }
}

void Supervisor::stop() {
  for (auto it = entries_.rbegin(); it != entries_.rend(); ++it) {
    Entry& entry = **it;
    entry.restart_at = 0;
    if (!entry.running) continue;
    ::kill(entry.child.pid, SIGTERM);
    if (!wait_readable(entry.child.pidfd.get(), kStopLimit)) ::kill(entry.child.pid, SIGKILL);
    const std::string how = reap(entry.child);
    entry.running = false;
    listener_({SupervisorEvent::Kind::kStopped, entry.spec.name, how});
  }
}

void Supervisor::write_status() const {
  text::JsonWriter json;
  json.begin_object().field("supervisor_pid", ::getpid());
  json.key("programs").begin_array();
  for (const auto& entry : entries_) {
    json.begin_object()
        .field("name", entry->spec.name)
        .field("pid", entry->running ? entry->child.pid : 0)
        .field("restarts", entry->restarts)
        .end_object();
  }
  json.end_array().end_object();
  // Only information for `yagura doctor`: a full disk must not stop supervision.
  if (const Status s = state_.write_durable("status.json", json.text(), 0640); !s.ok()) {
    listener_({SupervisorEvent::Kind::kDied, "status file", s.error().what});
  }
}

}  // namespace yagura::setup
