// Module directives of pandora_agent.conf (spec agent-conf §3 to §8).
#include <algorithm>
#include <array>
#include <charconv>

#include "agent/config_reader.h"
#include "agent/native_modules.h"
#include "text/numbers.h"

namespace yagura::agent {
namespace {

using report::ModuleReport;
using Severity = Finding::Severity;

struct HeadDirective {
  std::string_view token;
  std::optional<std::string> ModuleReport::* member;
  bool numeric;
};

/// Directives that become elements of the report as they stand.
constexpr std::array<HeadDirective, 35> kHead = {{
    {"module_description", &ModuleReport::description, false},
    {"module_unit", &ModuleReport::unit, false},
    {"module_group", &ModuleReport::module_group, false},
    {"module_min", &ModuleReport::min, true},
    {"module_max", &ModuleReport::max, true},
    {"module_postprocess", &ModuleReport::post_process, true},
    {"module_min_warning", &ModuleReport::min_warning, true},
    {"module_max_warning", &ModuleReport::max_warning, true},
    {"module_min_critical", &ModuleReport::min_critical, true},
    {"module_max_critical", &ModuleReport::max_critical, true},
    {"module_str_warning", &ModuleReport::str_warning, false},
    {"module_str_critical", &ModuleReport::str_critical, false},
    {"module_warning_inverse", &ModuleReport::warning_inverse, true},
    {"module_critical_inverse", &ModuleReport::critical_inverse, true},
    {"module_min_warning_forced", &ModuleReport::min_warning_forced, true},
    {"module_max_warning_forced", &ModuleReport::max_warning_forced, true},
    {"module_min_critical_forced", &ModuleReport::min_critical_forced, true},
    {"module_max_critical_forced", &ModuleReport::max_critical_forced, true},
    {"module_str_warning_forced", &ModuleReport::str_warning_forced, false},
    {"module_str_critical_forced", &ModuleReport::str_critical_forced, false},
    {"module_min_ff_event", &ModuleReport::min_ff_event, true},
    {"module_each_ff", &ModuleReport::each_ff, true},
    {"module_min_ff_event_normal", &ModuleReport::min_ff_event_normal, true},
    {"module_min_ff_event_warning", &ModuleReport::min_ff_event_warning, true},
    {"module_min_ff_event_critical", &ModuleReport::min_ff_event_critical, true},
    {"module_ff_type", &ModuleReport::ff_type, true},
    {"module_ff_timeout", &ModuleReport::ff_timeout, true},
    {"module_ff_interval", &ModuleReport::module_ff_interval, true},
    {"module_custom_id", &ModuleReport::custom_id, false},
    {"module_tags", &ModuleReport::tags, false},
    {"module_quiet", &ModuleReport::quiet, true},
    {"module_critical_instructions", &ModuleReport::critical_instructions, false},
    {"module_warning_instructions", &ModuleReport::warning_instructions, false},
    {"module_unknown_instructions", &ModuleReport::unknown_instructions, false},
    {"module_parent", &ModuleReport::module_parent, false},
}};

struct SourceDirective {
  std::string_view token;
  Source source;
  bool needs_value;
};

constexpr std::array<SourceDirective, 14> kSources = {{
    {"module_native", Source::kNative, true},
    {"module_exec", Source::kExec, true},
    {"module_plugin", Source::kPlugin, true},
    {"module_proc", Source::kProc, true},
    {"module_service", Source::kProc, true},
    {"module_cpuproc", Source::kCpuProc, true},
    {"module_memproc", Source::kMemProc, true},
    {"module_freedisk", Source::kFreeDisk, true},
    {"module_freepercentdisk", Source::kFreePercentDisk, true},
    {"module_occupiedpercentdisk", Source::kOccupiedPercentDisk, true},
    {"module_cpuusage", Source::kCpuUsage, false},
    {"module_freememory", Source::kFreeMemory, false},
    {"module_freepercentmemory", Source::kFreePercentMemory, false},
    {"module_regexp", Source::kLogTail, true},
}};

constexpr std::array<std::string_view, 24> kWindowsOnly = {"module_logevent",
                                                           "module_logchannel",
                                                           "module_wmiquery",
                                                           "module_wmicolumn",
                                                           "module_perfcounter",
                                                           "module_tcpcheck",
                                                           "module_port",
                                                           "module_ping",
                                                           "module_ping_count",
                                                           "module_ping_timeout",
                                                           "module_snmpget",
                                                           "module_snmp_version",
                                                           "module_snmp_community",
                                                           "module_snmp_agent",
                                                           "module_snmp_oid",
                                                           "module_inventory",
                                                           "module_exec_powershell",
                                                           "module_watchdog",
                                                           "module_start_command",
                                                           "module_user_session",
                                                           "module_async",
                                                           "module_native_encoding",
                                                           "module_wait_timeout",
                                                           "module_cooked"};

constexpr std::array<std::string_view, 11> kTypes = {"generic_data",
                                                     "generic_proc",
                                                     "generic_data_string",
                                                     "generic_data_inc",
                                                     "generic_data_inc_abs",
                                                     "async_data",
                                                     "async_proc",
                                                     "async_string",
                                                     "log4x",
                                                     "keep_alive",
                                                     "log"};

/// Replaces every NAME by its value, module macros before global ones (spec §8). The name is taken
/// as plain text, not as an expression: the reference lets a macro name run any expression over
/// every text.
void apply_macros(const Macros& macros, std::string& text) {
  for (const auto& [name, value] : macros) {
    std::string out;
    std::size_t at = 0;
    for (std::size_t hit = text.find(name); hit != std::string::npos && out.size() < kMaxConfigLine;
         hit = text.find(name, at)) {
      out.append(text, at, hit - at);
      out += value;
      at = hit + name.size();
    }
    out.append(text, at, std::string::npos);
    if (out.size() > kMaxConfigLine) out.resize(kMaxConfigLine);
    text = std::move(out);
  }
}

class ModuleBuilder {
 public:
  explicit ModuleBuilder(std::vector<Finding>& findings) : findings_(findings) {}

  std::optional<ModuleConfig> build(const RawModule& raw, const Macros& global) {
    module_.origin = raw.where;
    Macros macros;
    for (const RawDirective& d : raw.directives) {
      if (d.token.starts_with("module_macro") && d.token.size() > 12 && !d.value.empty()) {
        macros.emplace_back(d.token.substr(12), d.value);
      }
    }
    macros.insert(macros.end(), global.begin(), global.end());
    for (const RawDirective& directive : raw.directives) {
      if (directive.token.starts_with("module_macro")) continue;
      RawDirective expanded = directive;
      apply_macros(macros, expanded.value);
      read(expanded);
    }
    if (disabled_) return std::nullopt;
    finish();
    if (broken_) return std::nullopt;
    return std::move(module_);
  }

 private:
  void warn(const RawDirective& d, std::string what) {
    add(Severity::kWarning, d.where, std::move(what));
  }

  void fail(const std::string& where, std::string what) {
    broken_ = true;
    add(Severity::kModule, where, std::move(what));
  }

  void add(Severity severity, const std::string& where, std::string what) {
    if (findings_.size() < kMaxFindings) findings_.push_back({severity, where, std::move(what)});
  }

  void read(const RawDirective& d) {
    if (read_head(d) || read_source(d) || read_schedule(d) || read_behaviour(d)) return;
    if (std::find(kWindowsOnly.begin(), kWindowsOnly.end(), d.token) != kWindowsOnly.end()) {
      fail(d.where, d.token + " exists on Windows agents only");
    } else {
      warn(d, "unknown directive '" + d.token + "': ignored");
    }
  }

  bool read_head(const RawDirective& d) {
    ModuleReport& head = module_.head;
    if (d.token == "module_name") {
      head.name = d.value;
    } else if (d.token == "module_type") {
      head.type = d.value;
      if (std::find(kTypes.begin(), kTypes.end(), d.value) == kTypes.end()) {
        warn(d, "module_type '" + d.value + "' is not known: the server may refuse the module");
      }
    } else if (d.token == "module_alert_template") {
      if (!d.value.empty()) head.alert_templates.push_back(d.value);
    } else {
      const auto entry = std::find_if(kHead.begin(), kHead.end(),
                                      [&](const HeadDirective& h) { return h.token == d.token; });
      if (entry == kHead.end()) return false;
      if (d.value.empty()) return true;  // a token without value is ignored (spec §1)
      if (entry->numeric && !text::leading_number(d.value)) {
        warn(d, d.token + " '" + d.value + "' is not a number: ignored");
        return true;
      }
      head.*(entry->member) = d.value;
    }
    return true;
  }

  bool read_source(const RawDirective& d) {
    const auto entry = std::find_if(kSources.begin(), kSources.end(),
                                    [&](const SourceDirective& s) { return s.token == d.token; });
    if (entry == kSources.end()) return false;
    if (d.value.empty() && entry->needs_value) {
      fail(d.where, d.token + " needs a value");
      return true;
    }
    module_.source = entry->source;
    module_.argument = d.value;
    source_where_ = d.where;
    return true;
  }

  bool read_schedule(const RawDirective& d) {
    if (d.token == "module_interval") {
      if (const auto n = text::parse_integer<int>(d.value); n && *n >= 0 && *n <= 1'000'000) {
        module_.interval = *n;
      } else {
        warn(d, "module_interval '" + d.value + "': a whole number from 0; 1 is used");
      }
    } else if (d.token == "module_absoluteinterval") {
      read_absolute(d);
    } else if (d.token == "module_crontab") {
      auto cron = text::Cron::parse(d.value);
      if (cron.ok()) {
        module_.cron = std::move(cron).value();
        module_.head.crontab = d.value;
      } else {
        // As the reference does: the module runs always (spec §5.3).
        warn(d, "module_crontab: " + cron.error().what + "; the module runs in every run");
      }
    } else if (d.token == "module_timeout") {
      if (const auto n = text::parse_integer<int>(d.value); n && *n >= 0 && *n <= 86'400) {
        module_.timeout_s = *n;
      } else {
        warn(d, "module_timeout '" + d.value + "': seconds from 0 to 86400; ignored");
      }
    } else {
      return d.token == "module_cron_interval" || d.token == "module_intensive_condition";
    }
    return true;
  }

  void read_absolute(const RawDirective& d) {
    AbsoluteInterval out;
    if (d.value == "once") {
      out.once = true;
      module_.absolute = out;
      return;
    }
    std::string_view digits = d.value;
    std::int64_t factor = 0;  // 0: in runs, resolved against the interval by the scheduler
    if (!digits.empty()) {
      switch (digits.back()) {
        case 's':
          factor = 1;
          break;
        case 'm':
          factor = 60;
          break;
        case 'h':
          factor = 3600;
          break;
        case 'd':
          factor = 86'400;
          break;
        default:
          break;
      }
      if (factor != 0) digits.remove_suffix(1);
    }
    const auto n = text::parse_integer<std::int64_t>(digits);
    if (!n || *n < 1 || *n > 100'000'000) {
      warn(d,
           "module_absoluteinterval '" + d.value + "': once, N, or N with s, m, h or d; ignored");
      return;
    }
    if (factor == 0) {
      module_.interval = static_cast<int>(std::min<std::int64_t>(*n, 1'000'000));
      out.seconds = -*n;
    } else {
      out.seconds = *n * factor;
    }
    module_.absolute = out;
  }

  bool read_behaviour(const RawDirective& d) {
    if (d.token == "module_disabled") {
      disabled_ = d.value == "1" || d.value == "yes";
    } else if (d.token == "module_save") {
      const bool valid = !d.value.empty() && d.value.size() <= 64 && !text::is_digit(d.value[0]) &&
                         std::all_of(d.value.begin(), d.value.end(), [](char c) {
                           return text::is_digit(c) || c == '_' || (c >= 'A' && c <= 'Z') ||
                                  (c >= 'a' && c <= 'z');
                         });
      // These decide which programs run and what they load.
      const bool harmful = d.value == "PATH" || d.value == "IFS" || d.value == "ENV" ||
                           d.value.starts_with("LD_") || d.value.starts_with("PANDORA_");
      if (valid && !harmful)
        module_.save_variable = d.value;
      else
        warn(d, "module_save '" + d.value + "' cannot be used as a variable: ignored");
    } else if (d.token == "module_pattern") {
      module_.pattern = d.value;
      const auto regex = text::Regex::compile(d.value);
      if (!regex.ok()) fail(d.where, "module_pattern: " + regex.error().what);
    } else if (d.token == "module_condition" || d.token == "module_precondition") {
      auto condition = parse_condition(d.value);
      if (!condition.ok()) {
        fail(d.where, d.token + ": " + condition.error().what);
      } else if (d.token == "module_condition") {
        module_.conditions.push_back(std::move(condition).value());
      } else {
        module_.preconditions.push_back(std::move(condition).value());
      }
    } else {
      return false;
    }
    return true;
  }

  void finish() {
    if (broken_) return;
    if (module_.source == Source::kNone) {
      fail(module_.origin, "module without a source (module_native, module_exec, module_proc ...)");
      return;
    }
    if (module_.source == Source::kNative) {
      const auto call = parse_native_call(module_.argument);
      if (!call.ok()) {
        fail(source_where_, "module_native: " + call.error().what);
        return;
      }
      if (module_.head.name.empty()) module_.head.name = module_.argument;
      fill_native_defaults(*call, module_.head);
    }
    if (module_.head.name.empty() && module_.source != Source::kPlugin) {
      fail(module_.origin, "module without module_name");
    }
    if (!module_.head.type) module_.head.type = "generic_data";
  }

  std::vector<Finding>& findings_;
  ModuleConfig module_;
  std::string source_where_;
  bool disabled_ = false;
  bool broken_ = false;
};

}  // namespace

std::optional<ModuleConfig> build_module(const RawModule& raw, const Macros& macros,
                                         std::vector<Finding>& findings) {
  return ModuleBuilder(findings).build(raw, macros);
}

}  // namespace yagura::agent
