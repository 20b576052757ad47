#include "report/writer.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "report/module_fields.h"
#include "text/base64.h"
#include "text/json.h"
#include "text/numbers.h"
#include "text/time_text.h"
#include "text/xml.h"

namespace yagura::report {
namespace {

/// Names of "extra" elements come from configurations; one that is no XML name would break the
/// document.
bool is_element_name(std::string_view name) {
  const auto letter = [](char c) {
    return (text::to_lower(c) >= 'a' && text::to_lower(c) <= 'z') || c == '_';
  };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return letter(c) || text::is_digit(c) || c == '-' || c == '.';
         });
}

/// A module takes about this much.
constexpr std::size_t kExpectedModuleBytes = 320;

class Writer {
 public:
  Writer(const AgentReport& report, const WriteOptions& options)
      : report_(report),
        options_(options),
        offset_(static_cast<Micros>(std::llround(report.timezone_offset_h * 3600)) * kSecond) {
    out_.reserve(1024 + report.modules.size() * kExpectedModuleBytes);
  }

  std::string run() {
    out_ += "<?xml version='1.0' encoding='UTF-8'?>\n<agent_data";
    root_attributes();
    out_ += ">\n";
    custom_fields();
    for (const ModuleReport& module : report_.modules)
      write_module(module);
    inventory();
    events();
    logs();
    out_ += "</agent_data>\n";
    return std::move(out_);
  }

 private:
  void attribute(std::string_view name, std::string_view value) {
    out_ += ' ';
    out_ += name;
    out_ += "=\"";
    text::append_xml_attribute(out_, value);
    out_ += '"';
  }
  void given(std::string_view name, const std::optional<std::string>& value) {
    if (value) attribute(name, *value);
  }
  void given(std::string_view name, const std::optional<double>& value) {
    if (value) attribute(name, text::format_shortest(*value));
  }
  void given(std::string_view name, const std::vector<std::string>& list) {
    if (list.empty()) return;
    std::string joined;
    for (const std::string& item : list)
      joined += (joined.empty() ? "" : ",") + item;
    attribute(name, joined);
  }

  void element(std::string_view name, std::string_view value) {
    out_ += '<';
    out_ += name;
    out_ += '>';
    text::append_xml_text(out_, value);
    out_ += "</";
    out_ += name;
    out_ += ">\n";
  }

  /// As the reader will undo it: minus the offset, in the agent's zone.
  [[nodiscard]] std::string time_text(Micros time) const {
    if (!options_.name_zone) return text::format_agent_time(time - offset_, options_.time_zone);
    const std::int32_t offset_s = options_.time_zone.offset_at(time / kSecond);
    const std::int32_t minutes = std::abs(offset_s) / 60;
    const auto two = [](std::int32_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return text::format_agent_time(time, options_.time_zone) + (offset_s < 0 ? "-" : "+") +
           two(minutes / 60) + ":" + two(minutes % 60);
  }

  void root_attributes() {
    const AgentReport& r = report_;
    given("description", r.description);
    given("group", r.group);
    given("group_password", r.group_password);
    given("os_name", r.os_name);
    given("os_version", r.os_version);
    attribute("interval", std::to_string(r.interval_s));
    given("version", r.version);
    if (r.time != 0) attribute("timestamp", time_text(r.time));
    attribute("agent_name", r.agent_name);
    given("agent_alias", r.agent_alias);
    attribute("timezone_offset", text::format_shortest(r.timezone_offset_h));
    given("custom_id", r.custom_id);
    given("url_address", r.url_address);
    given("address", r.addresses);
    given("parent_agent_name", r.parent_agent_name);
    given("secondary_groups", r.secondary_groups);
    if (r.agent_mode) attribute("agent_mode", std::to_string(*r.agent_mode));
    if (r.remote_config) attribute("remote_config", *r.remote_config ? "1" : "0");
    given("satellite_server", r.satellite_server);
    given("longitude", r.longitude);
    given("latitude", r.latitude);
    given("altitude", r.altitude);
    given("position_description", r.position_description);
  }

  void write_module(const ModuleReport& module) {
    out_ += "<module>\n";
    element("name", module.name);
    for (const ModuleField& field : module_fields()) {
      if (field.element != ModuleElement::kField) continue;
      if (const auto& value = module.*field.member) element(field.name, *value);
    }
    for (const std::string& name : module.alert_templates)
      element("alert_template", name);
    for (const auto& [name, value] : module.extra) {
      if (is_element_name(name)) element(name, value);
    }
    if (module.has_list || module.samples.size() > 1) {
      out_ += "<datalist>\n";
      for (const Sample& sample : module.samples)
        write_item(sample);
      out_ += "</datalist>\n";
    } else if (!module.samples.empty()) {
      const Sample& sample = module.samples.front();
      element("data", sample.value);
      if (sample.time) element("timestamp", time_text(*sample.time));
    }
    out_ += "</module>\n";
  }

  void write_item(const Sample& sample) {
    out_ += "<data>";
    element("value", sample.value);
    if (sample.time) element("timestamp", time_text(*sample.time));
    out_ += "</data>\n";
  }

  void custom_fields() {
    if (report_.custom_fields.empty()) return;
    out_ += "<custom_fields>\n";
    for (const auto& [name, value] : report_.custom_fields) {
      out_ += "<field>";
      element("name", name);
      element("value", value);
      out_ += "</field>\n";
    }
    out_ += "</custom_fields>\n";
  }

  void inventory() {
    if (report_.inventory.empty()) return;
    out_ += "<inventory>\n";
    for (const InventoryReport& module : report_.inventory) {
      out_ += "<inventory_module>\n";
      element("name", module.name);
      element("type", "generic_data_string");
      out_ += "<datalist>\n";
      for (const std::string& row : module.rows)
        element("data", row);
      out_ += "</datalist>\n</inventory_module>\n";
    }
    out_ += "</inventory>\n";
  }

  void events() {
    if (report_.events.empty()) return;
    out_ += "<events>\n";
    for (const EmbeddedEvent& event : report_.events) {
      text::JsonWriter json;
      json.begin_object().field("data", event.text).field("severity", event.severity).end_object();
      element("event", text::base64_encode(json.take()));
    }
    out_ += "</events>\n";
  }

  void logs() {
    for (const LogReport& log : report_.logs) {
      out_ += "<log_module>\n";
      element("source", log.source);
      element("encoding", "base64");
      element("data", text::base64_encode(log.data));
      out_ += "</log_module>\n";
    }
  }

  const AgentReport& report_;
  const WriteOptions& options_;
  Micros offset_;
  std::string out_;
};

}  // namespace

std::string write(const AgentReport& report, const WriteOptions& options) {
  return Writer(report, options).run();
}

}  // namespace yagura::report
