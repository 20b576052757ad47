#include "api/schema.h"

namespace yagura::api {

void write_reference(text::JsonWriter& json, std::string_view name) {
  json.field("$ref", "#/components/schemas/" + std::string(name));
}

void write_text_schema(text::JsonWriter& json, const Rules* rules, std::string_view format) {
  json.field("type", "string");
  if (!format.empty()) json.field("format", format);
  if (rules != nullptr) json.field("maxLength", rules->max_length);
}

void write_whole_schema(text::JsonWriter& json, const Rules* rules) {
  json.field("type", "integer").field("format", "int64");
  if (rules == nullptr) return;
  if (rules->min != Rules{}.min) json.field("minimum", rules->min);
  if (rules->max != Rules{}.max) json.field("maximum", rules->max);
}

void finish_object_schema(text::JsonWriter& json, const std::vector<std::string_view>& required,
                          Direction direction) {
  if (!required.empty()) {
    json.key("required").begin_array();
    for (const std::string_view name : required)
      json.value(name);
    json.end_array();
  }
  if (direction == Direction::kRequest) json.field("additionalProperties", false);
}

}  // namespace yagura::api
