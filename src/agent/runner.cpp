#include "agent/runner.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "agent/command.h"
#include "agent/host_sources.h"
#include "agent/log_tail.h"
#include "agent/native_modules.h"
#include "agent/plugin_output.h"
#include "agent/report_parts.h"
#include "base/log.h"
#include "text/numbers.h"

namespace yagura::agent {
namespace {

using Kind = ModuleOutcome::Kind;

/// Commands of one run may together take this long at least, however short the interval is.
constexpr Micros kMinRunBudget = 10 * kSecond;

bool needs_commands(const ModuleConfig& module) {
  return is_command(module.source) || !module.preconditions.empty() || !module.conditions.empty();
}

bool saves_variables(const Config& config) {
  return std::any_of(config.modules.begin(), config.modules.end(),
                     [](const ModuleConfig& m) { return !m.save_variable.empty(); });
}

/// Modules that run once are sent as asynchronous ones: nothing more is to be waited for (spec
/// §5.2).
void make_asynchronous(report::ModuleReport& head) {
  if (head.type == "generic_data") head.type = "async_data";
  if (head.type == "generic_proc") head.type = "async_proc";
  if (head.type == "generic_data_string") head.type = "async_string";
}

/// Bytes a text takes in the document: markup characters grow to at most six.
std::size_t escaped_size(std::string_view text) {
  const auto markup = std::count_if(text.begin(), text.end(), [](char c) {
    return c == '&' || c == '<' || c == '>' || c == '"' || c == '\'';
  });
  return text.size() + 5 * static_cast<std::size_t>(markup);
}

std::string_view word(Kind kind) {
  switch (kind) {
    case Kind::kValue:
      return "value";
    case Kind::kNothing:
      return "nothing";
    case Kind::kSkipped:
      return "skipped";
    case Kind::kUnavailable:
      return "unavailable";
    case Kind::kFailed:
      return "failed";
  }
  return "failed";
}

/// Every execution leaves a line (AGT-04); command texts stay out of it: they may hold secrets.
void log_outcome(const ModuleConfig& module, const ModuleOutcome& outcome) {
  const bool command = needs_commands(module);
  const auto level = outcome.kind == Kind::kFailed ? log::Level::kWarning
                     : command                     ? log::Level::kInfo
                                                   : log::Level::kDebug;
  if (!log::enabled(level)) return;
  log::write(level, "module-run",
             {{"module", outcome.name},
              {"origin", outcome.origin},
              {"result", word(outcome.kind)},
              {"exit", outcome.exit_status},
              {"ms", outcome.duration / 1000},
              {"bytes", outcome.value.size()},
              {"reason", outcome.reason}});
}

}  // namespace

Result<std::string> agent_name(const Config& config, const host::Root& root) {
  if (!config.agent_name.empty()) return config.agent_name;
  return host::read_hostname(root);
}

Runner::Runner(const Config& config, HostView& view, State& state, const Clock& clock, int stop_fd)
    : config_(config),
      view_(view),
      state_(state),
      clock_(clock),
      stop_fd_(stop_fd),
      agent_name_(agent_name(config, view.root()).value_or("")),
      scheduler_(config.interval_s, text::TimeZone::system()),
      shared_(Shared{&view, &state.data(), {}}) {}

RunOutput Runner::run(const SelfFigures& self) {
  RunOutput out;
  const Micros begin = clock_.steady();
  now_ = clock_.now();
  deadline_ = begin + std::max(kMinRunBudget, config_.interval_s * kSecond);
  view_.begin_run();
  std::vector<std::string> notes;
  fill_report_header(config_, view_.root(), now_, out.report, notes);
  std::vector<Job> jobs = due_jobs(notes, now_);
  collect(jobs);
  for (Job& job : jobs) {
    add_to_report(job, out);
    log_outcome(job.module, job.outcome);
    out.outcomes.push_back(std::move(job.outcome));
  }
  view_.end_run();
  out.failed = static_cast<std::uint64_t>(
      std::count_if(out.outcomes.begin(), out.outcomes.end(),
                    [](const ModuleOutcome& o) { return o.kind == Kind::kFailed; }));
  out.duration = clock_.steady() - begin;
  if (config_.self_modules) {
    append_self_modules(self, out.outcomes, notes, out.duration, out.report);
  }
  return out;
}

std::vector<Runner::Job> Runner::due_jobs(std::vector<std::string>& notes, Micros now) {
  std::vector<Job> jobs;
  const bool with_defaults = config_.native_set == NativeSet::kAlways ||
                             (config_.native_set == NativeSet::kAuto && config_.modules.empty());
  const auto add = [&](ModuleConfig module, bool from_default_set) {
    if (!scheduler_.is_due(module, now, state_.data())) return;
    Job job;
    job.module = std::move(module);
    job.from_default_set = from_default_set;
    job.outcome.name = Scheduler::key(job.module);
    job.outcome.origin = job.module.origin;
    job.outcome.unit = job.module.head.unit.value_or("");
    jobs.push_back(std::move(job));
  };
  if (with_defaults) {
    for (ModuleConfig& module : default_modules(view_, notes))
      add(std::move(module), true);
  }
  for (const ModuleConfig& module : config_.modules)
    add(module, false);
  return jobs;
}

void Runner::collect(std::vector<Job>& jobs) {
  std::vector<Job*> with_commands;
  for (Job& job : jobs) {
    if (needs_commands(job.module))
      with_commands.push_back(&job);
    else
      collect_one(job);
  }
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < with_commands.size(); i = next++)
      collect_one(*with_commands[i]);
  };
  // A variable that one module saves must be there for the next: then they run in order.
  const std::size_t wanted =
      saves_variables(config_) ? 1 : static_cast<std::size_t>(config_.threads);
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < std::min(wanted, with_commands.size()); ++i)
    helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers)
    helper.join();
}

void Runner::collect_one(Job& job) {
  ModuleOutcome& outcome = job.outcome;
  const Micros begin = clock_.steady();
  const auto fail = [&](const Error& error) {
    const bool absent = job.from_default_set &&
                        (error.code == ErrorCode::kNotFound || error.code == ErrorCode::kDenied);
    outcome.kind = absent ? Kind::kUnavailable : Kind::kFailed;
    outcome.reason = error.what;
    outcome.duration = clock_.steady() - begin;
  };
  const auto ready = preconditions_hold(job);
  if (!ready.ok()) return fail(ready.error());
  if (!*ready) {
    outcome.kind = Kind::kSkipped;
    outcome.duration = clock_.steady() - begin;
    return;
  }
  {
    auto shared = shared_.lock();
    scheduler_.started(job.module, now_, *shared->state);
  }
  auto value = read_source(job);
  if (!value.ok()) return fail(value.error());
  if (job.module.source == Source::kPlugin) {
    job.plugin_output = std::move(value).value();
    outcome.kind = job.plugin_output.empty() ? Kind::kNothing : Kind::kValue;
  } else if (auto text = value_of_output(std::move(value).value())) {
    outcome.kind = Kind::kValue;
    outcome.value = std::move(*text);
    if (!job.module.save_variable.empty()) {
      shared_.lock()->saved.emplace_back(job.module.save_variable,
                                         outcome.value.substr(0, outcome.value.find('\n')));
    }
    fire_conditions(job);
  }
  outcome.duration = clock_.steady() - begin;
}

Result<std::string> Runner::read_source(Job& job) {
  const ModuleConfig& module = job.module;
  if (module.source == Source::kLogTail) return read_log(job);
  if (is_command(module.source)) {
    YAGURA_TRY(output, run_shell(job, module.argument, job.outcome.exit_status));
    if (job.outcome.exit_status != 0) {
      return Error{ErrorCode::kUnavailable,
                   "exit status " + std::to_string(job.outcome.exit_status)};
    }
    return output;
  }
  return read_host(module);
}

Result<std::string> Runner::read_host(const ModuleConfig& module) {
  auto shared = shared_.lock();
  return read_host_source(*shared->view, module.source, module.argument);
}

Result<std::string> Runner::read_log(Job& job) {
  const std::string key = Scheduler::key(job.module) + "\n" + job.module.argument;
  std::optional<text::Regex> pattern;
  if (!job.module.pattern.empty()) {
    YAGURA_TRY(regex, text::Regex::compile(job.module.pattern));
    pattern = std::move(regex);
  }
  std::optional<LogPosition> from;
  {
    auto shared = shared_.lock();
    const auto known = shared->state->log_positions.find(key);
    if (known != shared->state->log_positions.end()) from = known->second;
  }
  YAGURA_TRY(tail, read_log_tail(job.module.argument, from, pattern));
  shared_.lock()->state->log_positions[key] = tail.position;
  if (!from) return std::string{};
  const std::string type = job.module.head.type.value_or("generic_data");
  if (type == "log") {
    job.log_lines = std::move(tail.lines);
    return std::string{};
  }
  if (type.ends_with("_proc")) return std::string(tail.matches > 0 ? "1" : "0");
  if (!type.ends_with("_string")) return std::to_string(tail.matches);
  std::string text;
  for (const std::string& line : tail.lines)
    text += line + "\n";
  return text;
}

Result<std::string> Runner::run_shell(const Job& job, const std::string& command,
                                      int& exit_status) {
  if (!config_.commands_refused.empty()) {
    return Error{ErrorCode::kDenied, "not run: " + config_.commands_refused};
  }
  const Micros left = deadline_ - clock_.steady();
  if (left <= 0) return Error{ErrorCode::kTimeout, "no time left in this run"};
  const int timeout_s = job.module.timeout_s > 0 ? job.module.timeout_s : config_.command_timeout_s;
  CommandOptions options;
  options.command = command;
  options.timeout = std::min(left, timeout_s * kSecond);
  options.environment = command_environment(config_.directory, agent_name_, shared_.lock()->saved);
  options.stop_fd = stop_fd_;
  YAGURA_TRY(outcome, run_command(options));
  exit_status = outcome.exit_status;
  return std::move(outcome.output);
}

Result<bool> Runner::preconditions_hold(const Job& job) {
  for (const Condition& condition : job.module.preconditions) {
    int exit_status = 0;
    auto output = run_shell(job, condition.command, exit_status);
    if (!output.ok()) return output.error().with("module_precondition");
    if (!condition.holds(text::trim(*output))) return false;
  }
  return true;
}

void Runner::fire_conditions(const Job& job) {
  const std::string_view first_line =
      std::string_view(job.outcome.value).substr(0, job.outcome.value.find('\n'));
  for (const Condition& condition : job.module.conditions) {
    if (!condition.holds(first_line)) continue;
    int exit_status = 0;
    const auto output = run_shell(job, condition.command, exit_status);
    log::info("module-condition", {{"module", job.outcome.name},
                                   {"result", output.ok() ? "run" : "failed"},
                                   {"exit", exit_status},
                                   {"reason", output.ok() ? "" : output.error().what}});
  }
}

void Runner::add_to_report(Job& job, RunOutput& out) {
  std::string log_data;
  for (const std::string& line : job.log_lines)
    log_data += line + "\n";
  const std::size_t size =
      escaped_size(job.outcome.value) + escaped_size(job.plugin_output) + escaped_size(log_data);
  if (out.value_bytes + size > kMaxReportValues) {
    job.outcome.kind = Kind::kFailed;
    job.outcome.reason = "no room in this report for " + std::to_string(size) + " bytes";
    job.outcome.value.clear();
    return;
  }
  out.value_bytes += size;
  if (!log_data.empty()) {
    out.report.logs.push_back({job.module.head.name, std::move(log_data)});
    return;
  }
  if (job.outcome.kind != Kind::kValue) return;
  if (job.module.source == Source::kPlugin) {
    const auto parts = check_plugin_output(job.plugin_output);
    if (parts.ok()) {
      out.plugin_parts += parts->xml;
      job.outcome.value = std::to_string(parts->modules) + " modules";
    } else {
      job.outcome.kind = Kind::kFailed;
      job.outcome.reason = parts.error().what;
    }
    return;
  }
  report::ModuleReport module = std::move(job.module.head);
  module.samples.push_back({job.outcome.value, std::nullopt});
  module.module_interval = std::to_string(scheduler_.reported_interval(job.module));
  if (const auto seconds = scheduler_.cron_interval_s(job.module, now_)) {
    module.cron_interval = std::to_string(*seconds);
  }
  if (job.module.absolute && job.module.absolute->once) make_asynchronous(module);
  out.report.modules.push_back(std::move(module));
}

}  // namespace yagura::agent
