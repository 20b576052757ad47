// Runner: one run of the agent — every module that is due is collected and becomes one report.
//
// Values of the host are read one after another in a few milliseconds; commands run beside each
// other (agent_threads), each with its own time limit and all together within the run's, so that
// one hanging check costs one value and never the run. A module that fails leaves its reason in the
// outcomes; it has no value in the report (spec agent-conf §3), and the report itself says how many
// failed and why.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/config.h"
#include "agent/host_view.h"
#include "agent/scheduler.h"
#include "agent/state.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "report/agent_report.h"

namespace yagura::agent {

/// What became of one module in one run.
struct ModuleOutcome {
  enum class Kind {
    kValue,        ///< has a value
    kNothing,      ///< ran, had nothing to say (no output, first look at a log)
    kSkipped,      ///< a precondition was false
    kUnavailable,  ///< does not exist on this host or in this environment; default set only
    kFailed,
  };
  std::string name;
  std::string origin;
  Kind kind = Kind::kNothing;
  std::string value;
  std::string unit;
  std::string reason;  ///< for kUnavailable and kFailed
  int exit_status = 0;
  Micros duration = 0;
};

/// Figures of the agent itself, reported as modules yagura_agent_...
struct SelfFigures {
  std::uint64_t buffered_reports = 0;
  std::uint64_t lost_reports = 0;
  std::uint64_t refused_reports = 0;
  std::string delivery;  ///< "ok" or why the last attempt failed; empty = not tried yet
};

struct RunOutput {
  report::AgentReport report;
  std::string plugin_parts;  ///< XML of plugins, to be inserted (plugin_output.h)
  std::vector<ModuleOutcome> outcomes;
  std::uint64_t failed = 0;
  Micros duration = 0;
  std::size_t value_bytes = 0;  ///< of all values, escaped
};

/// All values of one report together; servers take documents of 2 MB. A module whose value does not
/// fit fails with this reason.
constexpr std::size_t kMaxReportValues = 1'500'000;

/// Not thread-safe; everything handed in must outlive it.
class Runner {
 public:
  /// `stop_fd`: when readable, running commands are ended.
  Runner(const Config& config, HostView& view, State& state, const Clock& clock, int stop_fd = -1);

  /// Collects one report with the time of now. The caller has primed `view`.
  RunOutput run(const SelfFigures& self);

 private:
  struct Job {
    ModuleConfig module;
    bool from_default_set = false;
    ModuleOutcome outcome;
    std::vector<std::string> log_lines;  ///< of a log tail
    std::string plugin_output;
  };
  /// What jobs on several threads share.
  struct Shared {
    HostView* view = nullptr;
    StateData* state = nullptr;
    std::vector<std::pair<std::string, std::string>> saved;  ///< module_save
  };

  std::vector<Job> due_jobs(std::vector<std::string>& notes, Micros now);
  void collect(std::vector<Job>& jobs);
  void collect_one(Job& job);
  Result<std::string> read_source(Job& job);
  Result<std::string> read_host(const ModuleConfig& module);
  Result<std::string> read_log(Job& job);
  Result<std::string> run_shell(const Job& job, const std::string& command, int& exit_status);
  Result<bool> preconditions_hold(const Job& job);
  void fire_conditions(const Job& job);
  void add_to_report(Job& job, RunOutput& out);

  const Config& config_;
  HostView& view_;
  State& state_;
  const Clock& clock_;
  int stop_fd_;
  std::string agent_name_;
  Scheduler scheduler_;
  Guarded<Shared> shared_;
  Micros now_ = 0;       ///< wall clock of the run under way
  Micros deadline_ = 0;  ///< steady clock: commands of this run end before
};

/// The name the agent reports under: the configured one, else the host's.
Result<std::string> agent_name(const Config& config, const host::Root& root);

}  // namespace yagura::agent
