// Scheduler: which modules are due in a run (spec agent-conf §5).
//
// Ordinary modules count runs: due every module_interval-th run, all of them in the first one, and
// with module_interval 0 only then. module_absoluteinterval goes by the time of the last run, which
// outlives restarts. module_crontab is due in the first run at or after its time. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/config.h"
#include "agent/state.h"
#include "base/clock.h"
#include "text/time_zone.h"

namespace yagura::agent {

class Scheduler {
 public:
  Scheduler(int interval_s, text::TimeZone zone)
      : interval_s_(interval_s), zone_(std::move(zone)) {}

  /// Asks for one module; call it exactly once per module and run.
  bool is_due(const ModuleConfig& module, Micros now, const StateData& state);
  /// The module starts to run: its counting begins anew. Not called when a precondition was false:
  /// the module is then due again in the next run.
  void started(const ModuleConfig& module, Micros now, StateData& state);

  /// What the report says as <module_interval>: runs between two values; 0 = once.
  [[nodiscard]] std::int64_t reported_interval(const ModuleConfig& module) const;
  /// What the report says as <cron_interval>: seconds until the next scheduled time.
  [[nodiscard]] std::optional<std::int64_t> cron_interval_s(const ModuleConfig& module,
                                                            Micros now) const;

  /// The name under which a module is remembered.
  static std::string key(const ModuleConfig& module);

 private:
  struct Entry {
    std::int64_t count = -1;  ///< -1: never asked for
    bool ran = false;
    std::optional<Micros> next;  ///< cron: not before this
  };
  bool cron_due(const ModuleConfig& module, Micros now, Entry& entry) const;
  [[nodiscard]] std::int64_t absolute_s(const ModuleConfig& module) const;

  int interval_s_;
  text::TimeZone zone_;
  std::map<std::string, Entry> entries_;
};

}  // namespace yagura::agent
