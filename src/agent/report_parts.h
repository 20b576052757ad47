// The parts of a report that do not come from modules of the configuration: who reports, and how
// the agent itself is.
#pragma once

#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/runner.h"
#include "host/root.h"
#include "report/agent_report.h"

namespace yagura::agent {

/// Name, alias, system, addresses, group ... (spec agent-conf §2.2). What cannot be found out is
/// left out and said in `notes`.
void fill_report_header(const Config& config, const host::Root& root, Micros now,
                        report::AgentReport& report, std::vector<std::string>& notes);

/// Appends the modules yagura_agent_...: reports waiting and lost, failed modules and why.
void append_self_modules(const SelfFigures& self, const std::vector<ModuleOutcome>& outcomes,
                         const std::vector<std::string>& notes, Micros run_duration,
                         report::AgentReport& report);

/// A module's value from the output of a command: one line loses its end, several keep theirs;
/// nothing for empty output.
std::optional<std::string> value_of_output(std::string output);

}  // namespace yagura::agent
