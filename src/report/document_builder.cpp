#include "report/document_builder.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "text/base64.h"
#include "text/json.h"
#include "text/numbers.h"
#include "text/utf8.h"

namespace yagura::report {
namespace {

using Attributes = std::span<const text::XmlAttribute>;

/// One embedded event, decoded.
constexpr text::JsonLimits kEventLimits{.max_bytes = 65'536, .max_depth = 8};
/// Shorter texts are more often words than base64.
constexpr std::size_t kMinGuessedBase64Bytes = 16;
/// Events carry severities 0 (maintenance) to 6 (major).
constexpr std::int64_t kMaxSeverity = 6;

/// White space alone counts as no text (agent-data §2).
bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), text::is_space);
}

std::string without_line_breaks(std::string&& text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  return std::move(text);
}

void keep_first(std::optional<std::string>& target, std::string_view text) {
  if (!target) target.emplace(text);
}

/// What log lines look like: UTF-8 without control bytes but TAB and line breaks.
bool is_readable_text(std::string_view text) {
  return text::is_valid_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 && !text::is_space(c);
         });
}

/// The severity of an embedded event: a number or a text that is one; absent = 0.
std::optional<int> read_severity(const boost::json::object& object) {
  if (!object.contains("severity")) return 0;
  auto severity = text::json_integer(object, "severity");
  if (const auto text = text::json_string(object, "severity")) {
    severity = text::parse_integer<std::int64_t>(text::trim(*text));
  }
  if (!severity || *severity < 0 || *severity > kMaxSeverity) return std::nullopt;
  return static_cast<int>(*severity);
}

}  // namespace

void DocumentBuilder::begin(const ReadOptions& options, std::size_t expected_modules) {
  options_ = &options;
  times_.emplace(options, 0.0);
  warnings_.take();
  kind_ = DocumentKind::kAgent;
  root_has_content_ = false;
  too_many_modules_ = false;
  report_ = {};
  report_.modules.reserve(std::min(expected_modules, kMaxModules));
  server_.reset();
  depth_ = 0;
  text_.clear();
  module_.clear();
  module_attributes_.clear();
  item_.clear();
  inventory_ = {};
}

Document DocumentBuilder::finish() {
  if (too_many_modules_) {
    return Refusal{RefusalCode::kLimit, "more than " + std::to_string(kMaxModules) + " modules"};
  }
  if (!root_has_content_) {
    return Refusal{RefusalCode::kMalformed, "the root element has neither attributes nor children"};
  }
  if (server_) return std::move(*server_);
  if (kind_ == DocumentKind::kUnsupported) {
    return Refusal{RefusalCode::kUnsupported, "a document of another product's discovery or IPAM"};
  }
  if (report_.agent_name.empty()) {
    return Refusal{RefusalCode::kNoName, "the document names no agent (agent_name)"};
  }
  report_.warnings = warnings_.take();
  return std::move(report_);
}

bool DocumentBuilder::on_start(std::string_view name, Attributes attributes) {
  Place place = Place::kIgnored;
  if (depth_ == 0) {
    place = start_root(attributes);
  } else {
    root_has_content_ = true;
    place = start_child(stack_[depth_ - 1], name, attributes);
  }
  if (place == Place::kText) {
    pure_text_ = attributes.empty();
    text_.clear();
  }
  stack_[depth_++] = place;
  return !too_many_modules_;
}

DocumentBuilder::Place DocumentBuilder::start_root(Attributes attributes) {
  root_has_content_ = !attributes.empty();
  kind_ = kind_of(attributes);
  if (kind_ == DocumentKind::kServer) server_ = read_server_attributes(attributes, *options_);
  if (kind_ != DocumentKind::kAgent) return Place::kIgnored;
  read_agent_attributes(attributes, report_, warnings_);
  times_.emplace(*options_, report_.timezone_offset_h);
  times_->set_report_time(attribute(attributes, "timestamp"), report_, warnings_);
  return Place::kRoot;
}

DocumentBuilder::Place DocumentBuilder::want(Target target) {
  target_ = target;
  return Place::kText;
}

DocumentBuilder::Place DocumentBuilder::start_child(Place parent, std::string_view name,
                                                    Attributes attributes) {
  switch (parent) {
    case Place::kModule:
      return start_in_module(name);
    case Place::kRoot:
      return start_in_root(name, attributes);
    case Place::kModules:
      return name == "module" ? start_module(attributes) : Place::kIgnored;
    case Place::kDataList:
      return name == "data" ? Place::kListItem : Place::kIgnored;
    case Place::kListItem:
      if (name == "value") return want(Target::kItemValue);
      if (name == "timestamp") return want(Target::kItemTime);
      return Place::kIgnored;
    case Place::kCustomFields:
      return name == "field" ? Place::kCustomField : Place::kIgnored;
    case Place::kCustomField:
      if (name == "name") return want(Target::kFieldName);
      if (name == "value") return want(Target::kFieldValue);
      return Place::kIgnored;
    case Place::kInventory:
      return name == "inventory_module" ? Place::kInventoryModule : Place::kIgnored;
    case Place::kInventoryModule:
      if (name == "name") return want(Target::kInventoryName);
      if (name == "datalist") return Place::kInventoryList;
      return name == "data" ? want(Target::kInventoryRow) : Place::kIgnored;
    case Place::kInventoryList:
      return name == "data" ? want(Target::kInventoryRow) : Place::kIgnored;
    case Place::kEvents:
      return name == "event" ? want(Target::kEvent) : Place::kIgnored;
    case Place::kLog:
      if (name == "source") return want(Target::kLogSource);
      if (name == "data") return want(Target::kLogData);
      return name == "encoding" ? want(Target::kLogEncoding) : Place::kIgnored;
    case Place::kText:
      pure_text_ = false;
      return Place::kIgnored;
    case Place::kIgnored:
      break;
  }
  return Place::kIgnored;
}

DocumentBuilder::Place DocumentBuilder::start_in_root(std::string_view name,
                                                      Attributes attributes) {
  if (name == "module") return start_module(attributes);
  if (name == "modules") return Place::kModules;
  if (name == "custom_fields") return Place::kCustomFields;
  if (name == "inventory") return Place::kInventory;
  if (name == "events") return Place::kEvents;
  if (name == "log_module") return Place::kLog;
  return Place::kIgnored;
}

DocumentBuilder::Place DocumentBuilder::start_module(Attributes attributes) {
  if (report_.modules.size() >= kMaxModules) {
    too_many_modules_ = true;
    return Place::kIgnored;
  }
  report_.modules.emplace_back();
  for (const auto& given : attributes) {
    if (is_blank(given.value)) continue;
    if (given.name == "name") module_attributes_.name = given.value;
    if (given.name == "data") module_attributes_.data = given.value;
    if (given.name == "type") module_attributes_.type = given.value;
  }
  return Place::kModule;
}

DocumentBuilder::Place DocumentBuilder::start_in_module(std::string_view name) {
  const ModuleField* field = find_module_field(name);
  if (field == nullptr) {
    extra_name_ = name;
    return want(Target::kExtra);
  }
  switch (field->element) {
    case ModuleElement::kField:
      member_ = field->member;
      return want(Target::kModuleField);
    case ModuleElement::kName:
      return want(Target::kModuleName);
    case ModuleElement::kData:
      return want(Target::kModuleData);
    case ModuleElement::kTimestamp:
      return want(Target::kModuleTime);
    case ModuleElement::kAlertTemplate:
      return want(Target::kAlertTemplate);
    case ModuleElement::kDataList:
      report_.modules.back().has_list = true;
      return Place::kDataList;
  }
  return Place::kIgnored;
}

void DocumentBuilder::on_text(std::string_view piece) {
  if (stack_[depth_ - 1] == Place::kText) text_.append(piece);
}

void DocumentBuilder::on_end() {
  switch (stack_[--depth_]) {
    case Place::kText:
      return finish_text();
    case Place::kModule:
      return finish_module();
    case Place::kListItem:
      return finish_item();
    case Place::kCustomField:
      return finish_custom_field();
    case Place::kInventoryModule:
      return finish_inventory_module();
    case Place::kLog:
      return finish_log();
    default:
      return;
  }
}

void DocumentBuilder::finish_text() {
  if (!pure_text_ || is_blank(text_)) return;
  switch (target_) {
    case Target::kModuleField:
      return keep_first(report_.modules.back().*member_, text_);
    case Target::kModuleName:
      return keep_first(module_.name, text_);
    case Target::kModuleData:
      return keep_first(module_.data, text_);
    case Target::kModuleTime:
      return keep_first(module_.time, text_);
    case Target::kAlertTemplate:
      report_.modules.back().alert_templates.push_back(text_);
      return;
    case Target::kExtra:
      report_.modules.back().extra.emplace_back(extra_name_, text_);
      return;
    case Target::kFieldName:
    case Target::kInventoryName:
    case Target::kLogSource:
      return keep_first(item_.name, text_);
    case Target::kItemValue:
    case Target::kFieldValue:
    case Target::kLogData:
      return keep_first(item_.data, text_);
    case Target::kItemTime:
      return keep_first(item_.time, text_);
    case Target::kLogEncoding:
      return keep_first(item_.encoding, text_);
    case Target::kInventoryRow:
      return add_inventory_rows(text_);
    case Target::kEvent:
      return add_event(text_);
  }
}

void DocumentBuilder::finish_item() {
  if (item_.data) {
    Sample sample{std::move(*item_.data), std::nullopt};
    if (item_.time) sample.time = times_->sample_time(*item_.time, warnings_);
    report_.modules.back().samples.push_back(std::move(sample));
  }
  item_.clear();
}

void DocumentBuilder::finish_module() {
  ModuleReport& module = report_.modules.back();
  std::optional<std::string>& name = module_.name ? module_.name : module_attributes_.name;
  std::optional<std::string>& data = module_.data ? module_.data : module_attributes_.data;
  if (!module.type) module.type = std::move(module_attributes_.type);
  if (name) module.name = without_line_breaks(std::move(*name));
  if (!module.has_list && data) module.samples.push_back({std::move(*data), std::nullopt});
  if (module_.time && options_->module_timestamps) {
    if (const auto time = times_->sample_time(*module_.time, warnings_)) {
      for (Sample& sample : module.samples) {
        if (!sample.time) sample.time = time;
      }
    }
  }
  if (module.name.empty()) {
    warnings_.add("module-without-name", "a module without a name was left out");
    report_.modules.pop_back();
  } else if (module.has_list && module.samples.empty()) {
    report_.modules.pop_back();  // an empty list creates nothing, not even the module (§7.3)
  }
  module_.clear();
  module_attributes_.clear();
}

void DocumentBuilder::finish_custom_field() {
  if (item_.name) {
    report_.custom_fields.emplace_back(std::move(*item_.name), item_.data.value_or(""));
  }
  item_.clear();
}

void DocumentBuilder::add_inventory_rows(std::string_view text) {
  // A record is a line: comparisons and events go by lines (§14.2).
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view row = text.substr(0, end);
    while (row.ends_with('\r'))
      row.remove_suffix(1);
    if (!is_blank(row)) inventory_.rows.emplace_back(row);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void DocumentBuilder::finish_inventory_module() {
  if (item_.name) {
    inventory_.name = without_line_breaks(std::move(*item_.name));
    report_.inventory.push_back(std::move(inventory_));
  } else {
    warnings_.add("inventory-without-name", "an inventory module without a name was left out");
  }
  inventory_ = {};
  item_.clear();
}

void DocumentBuilder::add_event(std::string_view base64) {
  const auto json = text::base64_decode_lenient(base64);
  if (!json) return warnings_.add("bad-event", "an event that is no base64 was left out");
  const auto value = text::parse_json(*json, kEventLimits);
  if (!value.ok())
    return warnings_.add("bad-event", "an event was left out: " + value.error().what);
  const auto* object = value->if_object();
  const auto data = object == nullptr ? std::nullopt : text::json_string(*object, "data");
  if (!data) return warnings_.add("bad-event", "an event without a text was left out");
  const auto severity = read_severity(*object);
  if (!severity) warnings_.add("event-severity", "an event's severity was not 0 to 6; 0 taken");
  report_.events.push_back({std::string(*data), severity.value_or(0)});
}

void DocumentBuilder::finish_log() {
  const Pending log = std::exchange(item_, {});
  if (!log.name || !log.data) return;
  std::string lines = *log.data;
  const bool declared =
      log.encoding && text::equals_ignoring_case(text::trim(*log.encoding), "base64");
  auto decoded = declared || lines.size() >= kMinGuessedBase64Bytes
                     ? text::base64_decode_lenient(lines)
                     : std::nullopt;
  if (declared && !decoded) {
    return warnings_.add("bad-log", "log lines that are no base64 were left out");
  }
  // The stock log plugin sends base64 and does not say so; ordinary lines do not decode to text.
  if (decoded && (declared || is_readable_text(*decoded))) lines = std::move(*decoded);
  if (lines.empty()) return;
  if (!text::is_valid_utf8(lines)) lines = text::sanitize_utf8(lines);

  std::size_t count = 0;
  for (std::size_t at = lines.find('\n'); at != std::string::npos; at = lines.find('\n', at + 1)) {
    if (++count < kMaxLogLines || at + 1 == lines.size()) continue;
    const auto lost =
        std::count(lines.begin() + static_cast<std::ptrdiff_t>(at) + 1, lines.end(), '\n') +
        (lines.back() == '\n' ? 0 : 1);
    warnings_.add("log-cut", std::to_string(lost) + " log lines of " + *log.name + " left out");
    lines.resize(at + 1);
    break;
  }
  report_.logs.push_back({*log.name, std::move(lines)});
}

}  // namespace yagura::report
