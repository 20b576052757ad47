// AgentReport: what one data file of an agent says, after parsing and before any rule is applied.
// Source: spec agent-data §3, §5, §7.3, §14. Texts are UTF-8. Pure data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace yagura::report {

/// One value of a module. `time` is what the document said for this very value, already converted
/// (offset applied exactly once); absent = the report's own time.
struct Sample {
  std::string value;
  std::optional<Micros> time;
};

/// One <module>. Optionals are absent when the element was absent or empty: "use the default" or
/// "leave as it is", as spec agent-data §5 says per element. Numbers stay text here, because the
/// rules for reading them (§5, §8) belong to monitor/.
struct ModuleReport {
  std::string name;
  std::optional<std::string> type;
  /// Values in document order; `has_list` tells a <datalist> from a single <data>.
  std::vector<Sample> samples;
  bool has_list = false;
  std::optional<std::string> status;
  std::optional<std::string> description;
  std::optional<std::string> unit;
  std::optional<std::string> module_group;
  std::optional<std::string> module_interval;
  std::optional<std::string> cron_interval;
  std::optional<std::string> crontab;
  std::optional<std::string> min, max, post_process;
  std::optional<std::string> min_warning, max_warning, str_warning, warning_inverse;
  std::optional<std::string> min_critical, max_critical, str_critical, critical_inverse;
  std::optional<std::string> min_warning_forced, max_warning_forced, str_warning_forced;
  std::optional<std::string> min_critical_forced, max_critical_forced, str_critical_forced;
  std::optional<std::string> min_ff_event, each_ff, min_ff_event_normal, min_ff_event_warning,
      min_ff_event_critical;
  std::optional<std::string> ff_type, ff_timeout, module_ff_interval;
  std::optional<std::string> custom_id, tags, quiet, disabled;
  std::optional<std::string> critical_instructions, warning_instructions, unknown_instructions;
  std::vector<std::string> alert_templates;
  std::optional<std::string> module_parent, module_parent_unlink;
  std::optional<std::string> severity, message, stacktrace;  ///< type log4x only
  /// Every other element, in document order: name and text ("extended info").
  std::vector<std::pair<std::string, std::string>> extra;
};

struct InventoryReport {
  std::string name;
  std::vector<std::string> rows;  ///< columns separated by ';'
};

struct EmbeddedEvent {
  std::string text;
  int severity = 0;
};

struct LogReport {
  std::string source;
  std::string data;  ///< decoded; lines separated by LF
};

/// How the report's time came about.
enum class TimeOrigin {
  kDocument,    ///< the timestamp attribute
  kAuto,        ///< "AUTO": the server's clock
  kReceived,    ///< no timestamp attribute: when the file was received or last modified
  kUnreadable,  ///< a timestamp nobody can read: the receive time, with a warning
};

struct AgentReport {
  std::string agent_name;
  std::optional<std::string> agent_alias, version, os_name, os_version, description;
  std::optional<std::string> group, custom_id, url_address, parent_agent_name, satellite_server;
  /// The group's password as sent. Wiped by the ingestor after the check; never logged or stored.
  std::optional<std::string> group_password;
  std::vector<std::string> secondary_groups;
  std::vector<std::string> addresses;
  std::optional<int> agent_mode;      ///< a text that is no number counts as 0 (§4.2)
  std::optional<bool> remote_config;  ///< the agent says whether it accepts configuration
  int interval_s = 300;
  double timezone_offset_h = 0;
  Micros time = 0;
  TimeOrigin time_origin = TimeOrigin::kDocument;
  std::optional<double> latitude, longitude, altitude;
  std::optional<std::string> position_description;

  std::vector<ModuleReport> modules;
  std::vector<std::pair<std::string, std::string>> custom_fields;
  std::vector<InventoryReport> inventory;
  std::vector<EmbeddedEvent> events;
  std::vector<LogReport> logs;

  /// What the reader mended or left out, for the log and the loss counters: stable ids with a text,
  /// such as {"encoding-fallback", "invalid UTF-8, read as windows-1252"}.
  std::vector<std::pair<std::string, std::string>> warnings;
};

}  // namespace yagura::report
