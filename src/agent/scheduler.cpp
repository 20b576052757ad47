#include "agent/scheduler.h"

namespace yagura::agent {
namespace {

/// A last run further in the future than this means that the clock was set back since.
constexpr Micros kClockSlack = kHour;

}  // namespace

std::string Scheduler::key(const ModuleConfig& module) {
  return module.head.name.empty() ? module.argument : module.head.name;
}

std::int64_t Scheduler::absolute_s(const ModuleConfig& module) const {
  const std::int64_t seconds = module.absolute->seconds;
  return seconds < 0 ? -seconds * interval_s_ : seconds;
}

bool Scheduler::cron_due(const ModuleConfig& module, Micros now, Entry& entry) const {
  if (entry.next && now < *entry.next) return false;
  const bool due = entry.next.has_value() || module.cron->matches(now, zone_);
  // Not due in the first look: wait for the very next time, even if it is less than a run away.
  const std::int64_t wait = due ? static_cast<std::int64_t>(interval_s_) * module.interval : 0;
  entry.next = module.cron->next_run(now, wait, zone_).value_or(INT64_MAX);
  return due;
}

bool Scheduler::is_due(const ModuleConfig& module, Micros now, const StateData& state) {
  Entry& entry = entries_[key(module)];
  if (module.absolute) {
    const auto last = state.last_run.find(key(module));
    if (last == state.last_run.end()) return true;
    if (module.absolute->once) return false;
    if (last->second > now + kClockSlack) return true;
    // Half a run early is nearer to the wish than half a run late.
    return now - last->second + interval_s_ * kSecond / 2 >= absolute_s(module) * kSecond;
  }
  entry.count = entry.count < 0 ? module.interval : entry.count + 1;
  if (module.interval == 0 ? entry.ran : entry.count < module.interval) return false;
  return !module.cron || cron_due(module, now, entry);
}

void Scheduler::started(const ModuleConfig& module, Micros now, StateData& state) {
  Entry& entry = entries_[key(module)];
  entry.count = 0;
  entry.ran = true;
  if (module.absolute) state.last_run[key(module)] = now;
}

std::int64_t Scheduler::reported_interval(const ModuleConfig& module) const {
  if (!module.absolute) return module.interval;
  if (module.absolute->once) return 0;
  return (absolute_s(module) + interval_s_ - 1) / interval_s_;
}

std::optional<std::int64_t> Scheduler::cron_interval_s(const ModuleConfig& module,
                                                       Micros now) const {
  if (!module.cron) return std::nullopt;
  const auto next =
      module.cron->next_run(now, static_cast<std::int64_t>(interval_s_) * module.interval, zone_);
  if (!next) return std::nullopt;
  return (*next - now) / kSecond;
}

}  // namespace yagura::agent
