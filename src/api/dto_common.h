// Descriptions shared by several resources.
#pragma once

#include "api/describe.h"
#include "api/dto_words.h"
#include "monitor/query_types.h"

namespace yagura::api {

/// Members of every page request.
template <typename Filter, typename V>
void page_fields(V& v) {
  v.field("limit", &Filter::limit, "Items in one page", {.min = 1, .max = monitor::kMaxPage});
  v.field("cursor", &Filter::cursor, "next_cursor of the page before", {.max_length = 1024});
}

template <>
struct Describe<monitor::NumberValue> {
  static constexpr std::string_view kName = "NumberValue";
  template <typename V>
  static void fields(V& v) {
    v.tag("kind", "number");
    v.field("number", &monitor::NumberValue::number, "");
  }
};

template <>
struct Describe<monitor::TextValue> {
  static constexpr std::string_view kName = "TextValue";
  template <typename V>
  static void fields(V& v) {
    v.tag("kind", "text");
    v.field("text", &monitor::TextValue::text, "");
  }
};

template <>
struct Describe<monitor::GroupRef> {
  static constexpr std::string_view kName = "GroupRef";
  template <typename V>
  static void fields(V& v) {
    v.field("id", &monitor::GroupRef::id, "");
    v.field("name", &monitor::GroupRef::name, "");
  }
};

template <>
struct Describe<monitor::AgentRef> {
  static constexpr std::string_view kName = "AgentRef";
  template <typename V>
  static void fields(V& v) {
    v.field("id", &monitor::AgentRef::id, "");
    v.field("alias", &monitor::AgentRef::alias, "");
  }
};

template <>
struct Describe<monitor::ModuleRef> {
  static constexpr std::string_view kName = "ModuleRef";
  template <typename V>
  static void fields(V& v) {
    v.field("id", &monitor::ModuleRef::id, "");
    v.field("name", &monitor::ModuleRef::name, "");
  }
};

}  // namespace yagura::api
