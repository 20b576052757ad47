#include "report/root_attributes.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "text/numbers.h"
#include "text/time_text.h"
#include "text/utf8.h"

namespace yagura::report {
namespace {

using Attributes = std::span<const text::XmlAttribute>;

/// Zones lie between -12 and +14 hours; agents may be set to correct a wrong clock by a little
/// more.
constexpr double kMaxOffsetHours = 24;
/// What a warning shows of a text.
constexpr std::size_t kMaxShownBytes = 60;

std::string shown(std::string_view text) {
  return "'" + std::string(text::truncate_utf8(text, kMaxShownBytes)) + "'";
}

int to_int(double number, int low, int high) {
  return static_cast<int>(std::clamp(number, static_cast<double>(low), static_cast<double>(high)));
}

/// Absent and empty attributes are the same to most rules.
void read_text(Attributes attributes, std::string_view name, std::optional<std::string>& target) {
  const auto value = attribute(attributes, name);
  if (value && !value->empty()) target = std::string(*value);
}

std::optional<bool> read_flag(Attributes attributes, std::string_view name) {
  const auto value = attribute(attributes, name);
  if (!value || text::trim(*value).empty()) return std::nullopt;
  return text::leading_number(*value).value_or(0) != 0;
}

std::optional<std::int64_t> read_count(Attributes attributes, std::string_view name) {
  const auto value = attribute(attributes, name);
  return value ? text::parse_integer<std::int64_t>(text::trim(*value)) : std::nullopt;
}

void read_numbers(Attributes attributes, AgentReport& report, Warnings& warnings) {
  constexpr int kMaxInt = std::numeric_limits<int>::max();
  if (const auto interval = attribute(attributes, "interval"); interval && !interval->empty()) {
    report.interval_s = to_int(text::leading_number(*interval).value_or(0), 0, kMaxInt);
  }
  if (const auto mode = attribute(attributes, "agent_mode"); mode && !mode->empty()) {
    report.agent_mode = to_int(text::leading_number(*mode).value_or(0), -1, kMaxInt);
  }
  if (const auto offset = attribute(attributes, "timezone_offset")) {
    const double hours = text::leading_number(*offset).value_or(0);
    if (std::fabs(hours) <= kMaxOffsetHours) {
      report.timezone_offset_h = hours;
    } else {
      warnings.add("timezone-offset", "time zone offset " + shown(*offset) + " ignored");
    }
  }
}

/// Both coordinates or none (agent-data §14.4).
void read_position(Attributes attributes, AgentReport& report, Warnings& warnings) {
  const auto latitude = attribute(attributes, "latitude");
  const auto longitude = attribute(attributes, "longitude");
  if (!latitude || !longitude) return;
  const auto lat = text::leading_number(*latitude);
  const auto lon = text::leading_number(*longitude);
  if (!lat || !lon || std::fabs(*lat) > 90 || std::fabs(*lon) > 180) {
    if (!text::trim(*latitude).empty() || !text::trim(*longitude).empty()) {
      warnings.add("position",
                   "position " + shown(*latitude) + ", " + shown(*longitude) + " ignored");
    }
    return;
  }
  report.latitude = lat;
  report.longitude = lon;
  if (const auto altitude = attribute(attributes, "altitude")) {
    report.altitude = text::leading_number(*altitude);
  }
  read_text(attributes, "position_description", report.position_description);
}

}  // namespace

void Warnings::add(std::string_view id, std::string text) {
  if (list_.size() + 1 < kMaxWarnings) {
    list_.emplace_back(id, std::move(text));
  } else {
    ++dropped_;
  }
}

std::vector<std::pair<std::string, std::string>> Warnings::take() {
  if (dropped_ > 0)
    list_.emplace_back("more-warnings", std::to_string(dropped_) + " more warnings");
  dropped_ = 0;
  return std::exchange(list_, {});
}

std::optional<std::string_view> attribute(Attributes attributes, std::string_view name) {
  for (const auto& candidate : attributes) {
    if (candidate.name == name) return candidate.value;
  }
  return std::nullopt;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = text::trim(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

DocumentKind kind_of(Attributes attributes) {
  const auto server = attribute(attributes, "server_name");
  if (server && !server->empty()) return DocumentKind::kServer;
  if (attribute(attributes, "connection_source") || attribute(attributes, "ipam_source")) {
    return DocumentKind::kUnsupported;
  }
  return DocumentKind::kAgent;
}

void read_agent_attributes(Attributes attributes, AgentReport& report, Warnings& warnings) {
  report.agent_name = attribute(attributes, "agent_name").value_or("");
  read_text(attributes, "agent_alias", report.agent_alias);
  read_text(attributes, "version", report.version);
  read_text(attributes, "os_name", report.os_name);
  read_text(attributes, "os_version", report.os_version);
  read_text(attributes, "description", report.description);
  read_text(attributes, "group", report.group);
  read_text(attributes, "group_password", report.group_password);
  read_text(attributes, "custom_id", report.custom_id);
  read_text(attributes, "url_address", report.url_address);
  read_text(attributes, "parent_agent_name", report.parent_agent_name);
  read_text(attributes, "satellite_server", report.satellite_server);
  report.secondary_groups = split_list(attribute(attributes, "secondary_groups").value_or(""));
  report.addresses = split_list(attribute(attributes, "address").value_or(""));
  report.remote_config = read_flag(attributes, "remote_config");
  read_numbers(attributes, report, warnings);
  read_position(attributes, report, warnings);
}

ServerReport read_server_attributes(Attributes attributes, const ReadOptions& options) {
  ServerReport server;
  server.server_name = attribute(attributes, "server_name").value_or("");
  if (const auto type = attribute(attributes, "server_type"); type && !type->empty()) {
    server.server_type = to_int(text::leading_number(*type).value_or(0), 0, 1000);
  }
  read_text(attributes, "version", server.version);
  server.threads = read_count(attributes, "threads");
  server.modules = read_count(attributes, "modules");
  server.keepalive_s = read_count(attributes, "keepalive");
  server.disabled = read_flag(attributes, "disabled").value_or(false);
  server.remote_config = read_flag(attributes, "remote_config");
  server.time = options.received;
  return server;
}

bool DocumentTimes::is_believable(Micros time) const {
  return time >= 0 && time <= options_->now + options_->max_future_s * kSecond;
}

/// In UTC, with the agent's offset applied exactly once (agent-data §7.2).
std::optional<Micros> DocumentTimes::convert(std::string_view text) const {
  const auto time = text::parse_agent_time(text, options_->time_zone);
  if (!time) return std::nullopt;
  const auto offset = static_cast<Micros>(std::llround(offset_h_ * 3600)) * kSecond;
  return time->absolute ? time->time : time->time + offset;
}

std::optional<Micros> DocumentTimes::sample_time(std::string_view text, Warnings& warnings) const {
  if (!options_->use_document_time) return std::nullopt;
  if (text::is_auto_time(text)) return options_->now;
  auto time = convert(text);
  if (!time) time = text::parse_unix_seconds(text);
  if (time && is_believable(*time)) return time;
  warnings.add(time ? "future-time" : "unreadable-time",
               "time " + shown(text) + " of a value replaced by the report's");
  return std::nullopt;
}

void DocumentTimes::set_report_time(std::optional<std::string_view> text, AgentReport& report,
                                    Warnings& warnings) const {
  report.time = options_->received;
  report.time_origin = TimeOrigin::kReceived;
  if (!text || !options_->use_document_time) return;
  if (text::is_auto_time(*text)) {
    report.time = options_->now;
    report.time_origin = TimeOrigin::kAuto;
    return;
  }
  const auto time = convert(*text);
  if (time && is_believable(*time)) {
    report.time = *time;
    report.time_origin = TimeOrigin::kDocument;
    return;
  }
  report.time_origin = TimeOrigin::kUnreadable;
  warnings.add(time ? "future-time" : "unreadable-time",
               "time " + shown(*text) + " of the report replaced by the time of receipt");
}

}  // namespace yagura::report
