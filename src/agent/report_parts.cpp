#include "agent/report_parts.h"

#include <algorithm>

#include "base/version.h"
#include "host/addresses.h"
#include "host/system.h"
#include "text/numbers.h"

namespace yagura::agent {
namespace {

using Kind = ModuleOutcome::Kind;

constexpr std::size_t kMaxAddresses = 32;
/// The list of problems in the report; the log has all of them.
constexpr std::size_t kMaxProblemBytes = 4000;
constexpr std::string_view kNone = "none";

std::optional<std::string> unless_empty(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

void fill_addresses(const Config& config, const host::Root& root, report::AgentReport& report,
                    std::vector<std::string>& notes) {
  if (config.address == "auto") {
    if (!root.is_system()) return;
    auto addresses = host::read_addresses();
    if (!addresses.ok()) {
      notes.push_back("address: " + addresses.error().what);
      return;
    }
    report.addresses = std::move(addresses).value();
    if (report.addresses.size() > kMaxAddresses) report.addresses.resize(kMaxAddresses);
    return;
  }
  for (std::string_view rest = config.address; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view address = text::trim(rest.substr(0, comma));
    if (!address.empty()) report.addresses.emplace_back(address);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
}

report::ModuleReport self_module(std::string name, std::string type, std::string unit,
                                 std::string description, std::string value) {
  report::ModuleReport out;
  out.name = std::move(name);
  out.type = std::move(type);
  out.description = std::move(description);
  if (!unit.empty()) out.unit = std::move(unit);
  out.module_interval = "1";
  out.module_group = "General";
  out.samples.push_back({std::move(value), std::nullopt});
  return out;
}

/// "name: reason; name: reason" of all outcomes of a kind.
void append_reasons(const std::vector<ModuleOutcome>& outcomes, Kind kind, std::string_view prefix,
                    std::string& out) {
  for (const ModuleOutcome& outcome : outcomes) {
    if (outcome.kind != kind) continue;
    if (!out.empty()) out += "; ";
    out += prefix;
    out += outcome.name + ": " + outcome.reason;
  }
}

std::string problem_text(const std::vector<ModuleOutcome>& outcomes,
                         const std::vector<std::string>& notes) {
  std::string out;
  append_reasons(outcomes, Kind::kFailed, "", out);
  for (const std::string& note : notes) {
    if (!out.empty()) out += "; ";
    out += note;
  }
  append_reasons(outcomes, Kind::kUnavailable, "not on this host: ", out);
  if (out.size() > kMaxProblemBytes) {
    out.resize(kMaxProblemBytes);
    out += " ...";
  }
  return out.empty() ? std::string(kNone) : out;
}

}  // namespace

void fill_report_header(const Config& config, const host::Root& root, Micros now,
                        report::AgentReport& report, std::vector<std::string>& notes) {
  auto name = agent_name(config, root);
  if (name.ok())
    report.agent_name = std::move(name).value();
  else
    notes.push_back("agent_name: " + name.error().what);
  const auto host = host::read_hostname(root);
  report.agent_alias = !config.agent_alias.empty() ? config.agent_alias
                       : host.ok()                 ? *host
                                                   : report.agent_name;
  report.version = std::string("Yagura ") + kVersion;
  report.os_name = "Linux";
  if (const auto os = host::read_os_release(root); os.ok()) {
    report.os_version =
        !os->pretty_name.empty() ? os->pretty_name : os->name + " " + os->version_id;
  } else {
    notes.push_back("os_version: " + os.error().what);
  }
  report.description = unless_empty(config.description);
  report.group = unless_empty(config.group);
  report.custom_id = unless_empty(config.custom_id);
  report.url_address = unless_empty(config.url_address);
  report.parent_agent_name = unless_empty(config.parent_agent_name);
  if (!config.group_password.empty()) {
    report.group_password = std::string(config.group_password.reveal());
  }
  report.secondary_groups = config.secondary_groups;
  report.agent_mode = config.agent_mode;
  report.remote_config = false;
  report.interval_s = config.interval_s;
  report.timezone_offset_h = config.timezone_offset_h;
  report.time = now;
  if (config.latitude && config.longitude) {
    report.latitude = config.latitude;
    report.longitude = config.longitude;
    report.altitude = config.altitude;
    report.position_description = unless_empty(config.position_description);
  }
  report.custom_fields = config.custom_fields;
  fill_addresses(config, root, report, notes);
}

void append_self_modules(const SelfFigures& self, const std::vector<ModuleOutcome>& outcomes,
                         const std::vector<std::string>& notes, Micros run_duration,
                         report::AgentReport& report) {
  const auto failed = std::count_if(outcomes.begin(), outcomes.end(),
                                    [](const ModuleOutcome& o) { return o.kind == Kind::kFailed; });
  auto& modules = report.modules;
  modules.push_back(self_module("yagura_agent_buffered", "generic_data", "reports",
                                "Reports that wait for the server",
                                std::to_string(self.buffered_reports)));
  modules.back().min_warning = "3";
  modules.push_back(self_module("yagura_agent_lost_reports", "generic_data", "reports",
                                "Reports dropped because the buffer was full, since installation",
                                std::to_string(self.lost_reports)));
  modules.push_back(self_module("yagura_agent_refused_reports", "generic_data", "reports",
                                "Reports the server will not take, since installation",
                                std::to_string(self.refused_reports)));
  modules.push_back(self_module("yagura_agent_run_time", "generic_data", "ms",
                                "Time that collecting took", std::to_string(run_duration / 1000)));
  modules.push_back(self_module("yagura_agent_failed_modules", "generic_data", "modules",
                                "Modules without a value in this run", std::to_string(failed)));
  modules.back().min_warning = "1";
  modules.push_back(self_module("yagura_agent_problems", "generic_data_string", "",
                                "What could not be assessed, and why",
                                problem_text(outcomes, notes)));
  if (!self.delivery.empty()) {
    modules.push_back(self_module("yagura_agent_delivery", "generic_data_string", "",
                                  "How the last delivery ended", self.delivery));
  }
}

std::optional<std::string> value_of_output(std::string output) {
  if (text::trim(output).empty()) return std::nullopt;
  const std::size_t end = output.find('\n');
  if (end != std::string::npos && end + 1 == output.size()) output.pop_back();
  if (end == std::string::npos || end >= output.size()) {
    if (output.ends_with('\r')) output.pop_back();
  }
  return output;
}

}  // namespace yagura::agent
