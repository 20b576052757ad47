#include "agent/service.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sys/file.h>

#include "agent/plugin_output.h"
#include "base/log.h"
#include "report/writer.h"

namespace yagura::agent {
namespace {

constexpr const char* kBuffer = "buffer";
constexpr const char* kSecondaryBuffer = "buffer-secondary";
constexpr const char* kLock = "lock";
/// Between the first two looks at counters, when there is no earlier run to compare with.
constexpr Micros kPrimePause = kSecond / 2;
constexpr Micros kLongestBackOff = 5 * kMinute;
constexpr Micros kShortestBackOff = 5 * kSecond;
/// How long an orderly end waits for a round under way.
constexpr Micros kFinishPatience = 3 * kSecond;
/// A sender of the previous process may live for a moment after it was killed.
constexpr int kLockAttempts = 50;
constexpr int kLockPauseMs = 100;

Result<UniqueFd> take_lock(const Directory& directory) {
  YAGURA_TRY(fd, directory.open_file(kLock, O_RDWR | O_CREAT, 0600));
  for (int attempt = 1; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (errno != EWOULDBLOCK) return system_error("locking " + directory.path(), errno);
    if (attempt == kLockAttempts) {
      return Error{ErrorCode::kConflict, directory.path() + ": another agent uses this folder"};
    }
    ::poll(nullptr, 0, kLockPauseMs);
  }
  return fd;
}

int timeout_ms(Micros until, Micros now) {
  return static_cast<int>(std::clamp<Micros>((until - now) / 1000 + 1, 0, 3'600'000));
}

}  // namespace

Service::Service(const Config& config, const Clock& clock, Random& random, host::Root root,
                 Directory directory, UniqueFd lock)
    : config_(config),
      clock_(clock),
      random_(random),
      root_(std::move(root)),
      directory_(std::move(directory)),
      lock_(std::move(lock)),
      view_(root_, clock) {}

Result<std::unique_ptr<Service>> Service::open(const Config& config, const Clock& clock,
                                               Random& random) {
  YAGURA_TRY(root, host::Root::open("/"));
  YAGURA_CHECK(make_directories(config.state_directory, 0700));
  YAGURA_TRY(directory, Directory::open(config.state_directory));
  YAGURA_TRY(lock, take_lock(directory));
  std::unique_ptr<Service> out(
      new Service(config, clock, random, std::move(root), std::move(directory), std::move(lock)));
  YAGURA_CHECK(out->open_parts());
  return out;
}

Status Service::open_parts() {
  YAGURA_TRY(name, agent_name(config_, root_));
  name_ = std::move(name);
  YAGURA_TRY(state, State::open(directory_));
  state_.emplace(std::move(state));
  const BufferLimits limits{config_.buffer_files, config_.buffer_bytes, config_.min_free_bytes};
  const Micros longest =
      std::clamp(config_.interval_s * kSecond, kShortestBackOff, kLongestBackOff);
  const auto add = [&](const char* folder, ShipperProcess::Target target) -> Status {
    YAGURA_TRY(buffer, Buffer::open(directory_, folder, limits));
    destinations_.push_back({target,
                             std::move(buffer),
                             BackOff(longest, random_),
                             0,
                             !config_.standby,
                             {},
                             std::nullopt,
                             {}});
    return {};
  };
  YAGURA_CHECK(add(kBuffer, ShipperProcess::Target::kPrimary));
  if (config_.secondary_mode == SecondaryMode::kAlways) {
    YAGURA_CHECK(add(kSecondaryBuffer, ShipperProcess::Target::kSecondary));
  }
  return {};
}

SelfFigures Service::figures() const {
  SelfFigures out;
  for (const Destination& destination : destinations_) {
    const auto waiting = destination.buffer.list();
    if (waiting.ok()) out.buffered_reports += waiting->size();
    if (destination.last.empty()) continue;
    if (!out.delivery.empty()) out.delivery += "; secondary: ";
    out.delivery += destination.last;
  }
  out.lost_reports = state_->data().lost_reports;
  out.refused_reports = state_->data().refused_reports;
  return out;
}

void Service::save_state() {
  const Status saved = state_->save();
  if (!saved.ok()) log::error("agent-state-not-saved", {{"reason", saved.error()}});
}

void Service::store(const std::string& document, Micros created) {
  for (Destination& destination : destinations_) {
    const auto dropped = destination.buffer.store(document, created);
    std::uint64_t lost = 1;
    if (dropped.ok()) {
      lost = *dropped;
      destination.waiting = true;
    } else {
      log::error("report-not-kept", {{"reason", dropped.error()}});
    }
    if (lost == 0) continue;
    state_->data().lost_reports += lost;
    log::error("reports-lost", {{"count", lost}, {"total", state_->data().lost_reports}});
  }
}

void Service::log_run(const RunOutput& output, std::size_t bytes) const {
  log::info("run", {{"agent", name_},
                    {"modules", output.report.modules.size()},
                    {"failed", output.failed},
                    {"ms", output.duration / 1000},
                    {"bytes", bytes}});
}

Result<RunOutput> Service::collect_and_store(int stop_fd) {
  if (!runner_) runner_.emplace(config_, view_, *state_, clock_, stop_fd);
  RunOutput output = runner_->run(figures());
  const Micros created = output.report.time;
  if (config_.autotime) output.report.time = 0;
  const std::string document = insert_plugin_parts(
      report::write(output.report, {.time_zone = text::TimeZone::system(), .name_zone = true}),
      output.plugin_parts);
  store(document, created);
  save_state();
  log_run(output, document.size());
  // The process sleeps for minutes now: what the run needed goes back to the system.
  ::malloc_trim(0);
  return output;
}

void Service::start_rounds() {
  for (Destination& destination : destinations_) {
    if (destination.round || !destination.waiting || clock_.steady() < destination.next_round) {
      continue;
    }
    const auto waiting = destination.buffer.list();
    if (waiting.ok() && waiting->empty()) {
      destination.waiting = false;
      continue;
    }
    auto round = ShipperProcess::start(config_, destination.buffer, name_, destination.target,
                                       destination.suspicions);
    if (round.ok()) {
      destination.round.emplace(std::move(round).value());
    } else {
      destination.next_round = clock_.steady() + destination.back_off.failed();
      log::error("delivery-not-started", {{"reason", round.error()}});
    }
  }
}

void Service::take_results() {
  for (Destination& destination : destinations_) {
    if (!destination.round) continue;
    const auto result = destination.round->poll(clock_.steady());
    if (!result) continue;
    destination.round.reset();
    handle_result(destination, *result);
  }
}

void Service::handle_result(Destination& destination, const ShipResult& result) {
  if (result.sent > 0 || result.error.empty()) {
    log::info("delivered", {{"server", result.server},
                            {"tls", result.tls.empty() ? "none" : result.tls},
                            {"reports", result.sent},
                            {"bytes", result.bytes},
                            {"remaining", result.remaining}});
  }
  state_->data().refused_reports += result.refused;
  for (const std::string& file : result.suspects)
    ++destination.suspicions[file];
  std::erase_if(destination.suspicions,
                [&](const auto& entry) { return !destination.buffer.contains(entry.first); });
  if (result.error.empty()) {
    destination.last = "ok";
    destination.back_off.succeeded();
    destination.next_round = 0;
    destination.waiting = result.remaining > 0;
  } else {
    destination.last = result.error;
    const Micros pause = destination.back_off.failed();
    destination.next_round = clock_.steady() + pause;
    log::warning("delivery-failed", {{"server", result.server},
                                     {"reason", result.error},
                                     {"waiting", result.remaining},
                                     {"retry_ms", pause / 1000}});
    if (!config_.keep_undelivered) {
      const auto dropped = destination.buffer.discard_all();
      if (dropped.ok()) state_->data().lost_reports += *dropped;
      destination.waiting = false;
    }
  }
  save_state();
}

bool Service::pause(StopSignals& signals, Micros until, std::optional<End>& end) {
  std::array<pollfd, 3> fds{};
  fds[0] = {signals.fd(), POLLIN, 0};
  Micros wake = until;
  for (std::size_t i = 0; i < destinations_.size(); ++i) {
    const Destination& d = destinations_[i];
    fds[i + 1] = {d.round ? d.round->fd() : -1, POLLIN, 0};
    if (d.round)
      wake = std::min(wake, d.round->deadline());
    else if (d.waiting)
      wake = std::min(wake, d.next_round);
  }
  ::poll(fds.data(), destinations_.size() + 1, timeout_ms(wake, clock_.steady()));
  switch (signals.wait(0)) {
    case StopSignals::Signal::kStop:
      end = End::kStop;
      return false;
    case StopSignals::Signal::kReload:
      end = End::kReload;
      return false;
    case StopSignals::Signal::kNone:
      break;
  }
  return true;
}

void Service::finish_rounds() {
  const Micros patience = clock_.steady() + kFinishPatience;
  for (Destination& destination : destinations_) {
    while (destination.round && clock_.steady() < patience) {
      pollfd fd{destination.round->fd(), POLLIN, 0};
      ::poll(&fd, 1, timeout_ms(patience, clock_.steady()));
      take_results();
    }
    destination.round.reset();
  }
  save_state();
}

Service::End Service::run(StopSignals& signals) {
  std::optional<End> end;
  Micros next_run = clock_.steady() + config_.delayed_startup_s * kSecond;
  bool prime = true;
  while (!end) {
    const Micros now = clock_.steady();
    if (now >= next_run && prime) {
      view_.prime();
      prime = false;
      next_run = now + kPrimePause;
    } else if (now >= next_run) {
      // Counted from when it should have been, so that runs do not drift; what was missed is
      // missed.
      next_run += config_.interval_s * kSecond;
      next_run = std::max(next_run, now);
      if (!config_.standby) (void)collect_and_store(signals.fd());
    }
    take_results();
    start_rounds();
    (void)pause(signals, next_run, end);
  }
  finish_rounds();
  return *end;
}

Result<Service::Once> Service::run_once(StopSignals& signals) {
  view_.prime();
  std::optional<End> end;
  const Micros ready = clock_.steady() + kPrimePause;
  for (Destination& destination : destinations_)
    destination.waiting = false;
  while (clock_.steady() < ready && pause(signals, ready, end)) {
  }
  Once out;
  YAGURA_TRY(output, collect_and_store(signals.fd()));
  out.output = std::move(output);
  for (Destination& destination : destinations_) {
    YAGURA_TRY(round, ShipperProcess::start(config_, destination.buffer, name_, destination.target,
                                            destination.suspicions));
    std::optional<ShipResult> result;
    while (!result && !end) {
      pollfd fds[2] = {{round.fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}};
      ::poll(fds, 2, timeout_ms(round.deadline(), clock_.steady()));
      result = round.poll(clock_.steady());
      if (!result && signals.wait(0) == StopSignals::Signal::kStop) end = End::kStop;
    }
    if (!result) return Error{ErrorCode::kUnavailable, "stopped"};
    handle_result(destination, *result);
    if (out.delivery.error.empty()) out.delivery = *result;
  }
  return out;
}

}  // namespace yagura::agent
