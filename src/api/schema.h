// JSON Schema (2020-12, as OpenAPI 3.1 uses it) of described structs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/describe.h"
#include "base/clock.h"
#include "text/json.h"

namespace yagura::api {

/// Requests may leave optional members out and must not send unknown ones; answers always hold
/// every member. So a struct serves one direction only.
enum class Direction { kRequest, kAnswer };

/// The named schemas of a document, gathered while operations are described.
class Components {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  /// Adds the schema of T and of everything in it.
  template <Described T>
  void add(Direction direction);
  [[nodiscard]] const Map& schemas() const { return schemas_; }

 private:
  Map schemas_;
};

/// {"$ref": "#/components/schemas/<name>"}
void write_reference(text::JsonWriter& json, std::string_view name);

// Members shared by every schema object; rules appear where they limit something.
void write_text_schema(text::JsonWriter& json, const Rules* rules, std::string_view format);
void write_whole_schema(text::JsonWriter& json, const Rules* rules);

/// Schema of a type, into an object that the caller has opened.
template <typename T>
void write_type(text::JsonWriter& json, Components& components, Direction direction,
                const Rules& rules) {
  const Rules* limits = direction == Direction::kRequest ? &rules : nullptr;
  if constexpr (std::is_same_v<T, TextMap>) {
    json.field("type", "object").key("additionalProperties");
    json.begin_object().field("type", "string").end_object();
  } else if constexpr (IsOptional<T>::value) {
    if (direction == Direction::kRequest && rules.null == Null::kRefused) {
      write_type<typename T::value_type>(json, components, direction, rules);
      return;
    }
    json.key("anyOf").begin_array().begin_object();
    write_type<typename T::value_type>(json, components, direction, rules);
    json.end_object().begin_object().field("type", "null").end_object().end_array();
  } else if constexpr (IsVector<T>::value) {
    json.field("type", "array").key("items").begin_object();
    write_type<typename T::value_type>(json, components, direction, rules);
    json.end_object();
  } else if constexpr (IsTuple<T>::value) {
    json.field("type", "array").key("prefixItems").begin_array();
    const auto item = [&]<typename Item>(std::type_identity<Item>) {
      json.begin_object();
      write_type<Item>(json, components, direction, rules);
      json.end_object();
    };
    [&]<typename... Items>(std::type_identity<std::tuple<Items...>>) {
      (item(std::type_identity<Items>{}), ...);
    }(std::type_identity<T>{});
    constexpr std::size_t kSize = std::tuple_size_v<T>;
    json.end_array().field("minItems", kSize).field("maxItems", kSize);
  } else if constexpr (IsVariant<T>::value) {
    json.key("oneOf").begin_array();
    const auto choice = [&]<typename Choice>(std::type_identity<Choice>) {
      components.add<Choice>(direction);
      json.begin_object();
      write_reference(json, Describe<Choice>::kName);
      json.end_object();
    };
    [&]<typename... Choices>(std::type_identity<std::variant<Choices...>>) {
      (choice(std::type_identity<Choices>{}), ...);
    }(std::type_identity<T>{});
    json.end_array();
  } else if constexpr (Wordy<T>) {
    json.field("type", "string").key("enum").begin_array();
    for (const T word : Words<T>::kAll)
      json.value(to_string(word));
    json.end_array();
  } else if constexpr (Described<T>) {
    components.add<T>(direction);
    write_reference(json, Describe<T>::kName);
  } else if constexpr (std::is_same_v<T, bool>) {
    json.field("type", "boolean");
  } else if constexpr (std::is_same_v<T, double>) {
    json.field("type", "number").field("format", "double");
  } else if constexpr (std::is_same_v<T, std::string>) {
    write_text_schema(json, limits, "");
  } else if constexpr (std::is_same_v<T, crypto::Secret>) {
    write_text_schema(json, limits, "password");
  } else {
    static_assert(std::is_integral_v<T> || IsId<T>::value);
    write_whole_schema(json, limits);
  }
}

/// Visitor that writes the properties of one object schema.
class SchemaMembers {
 public:
  SchemaMembers(text::JsonWriter& json, Components& components, Direction direction)
      : json_(json), components_(components), direction_(direction) {}

  template <typename Class, typename Member>
  void field(std::string_view name, Member Class::* /*member*/, std::string_view doc,
             const Rules& rules = {}) {
    json_.key(name).begin_object();
    write_type<Member>(json_, components_, direction_, rules);
    if (!doc.empty()) json_.field("description", doc);
    json_.end_object();
    if (direction_ == Direction::kAnswer ||
        (!IsOptional<Member>::value && !IsVector<Member>::value)) {
      required_.push_back(name);
    }
  }

  void tag(std::string_view name, std::string_view word) {
    json_.key(name).begin_object().field("type", "string").field("const", word).end_object();
    required_.push_back(name);
  }

  template <typename Class>
  void time(std::string_view name, Micros Class::* /*member*/, std::string_view doc) {
    json_.key(name).begin_object();
    write_text_schema(json_, nullptr, "date-time");
    json_.field("description", doc).end_object();
    required_.push_back(name);
  }
  template <typename Class>
  void time(std::string_view name, std::optional<Micros> Class::* /*member*/,
            std::string_view doc) {
    json_.key(name).begin_object().key("anyOf").begin_array().begin_object();
    write_text_schema(json_, nullptr, "date-time");
    json_.end_object().begin_object().field("type", "null").end_object().end_array();
    json_.field("description", doc).end_object();
    required_.push_back(name);
  }

  [[nodiscard]] const std::vector<std::string_view>& required() const { return required_; }

 private:
  text::JsonWriter& json_;
  Components& components_;
  Direction direction_;
  std::vector<std::string_view> required_;
};

/// Closes an object schema that has its properties: "required", and for requests no others.
void finish_object_schema(text::JsonWriter& json, const std::vector<std::string_view>& required,
                          Direction direction);

template <Described T>
void Components::add(Direction direction) {
  const std::string name(Describe<T>::kName);
  // The empty entry stops the recursion of types that contain themselves.
  if (!schemas_.try_emplace(name).second) return;
  text::JsonWriter json;
  json.begin_object().field("type", "object").key("properties").begin_object();
  SchemaMembers members(json, *this, direction);
  Describe<T>::fields(members);
  json.end_object();
  finish_object_schema(json, members.required(), direction);
  json.end_object();
  schemas_[name] = json.take();
}

/// Visitor that writes the "parameters" of an operation's query.
class ParameterMembers {
 public:
  ParameterMembers(text::JsonWriter& json, Components& components)
      : json_(json), components_(components) {}

  template <typename Class, typename Member>
  void field(std::string_view name, Member Class::* /*member*/, std::string_view doc,
             const Rules& rules = {}) {
    json_.begin_object().field("name", name).field("in", "query");
    if (!doc.empty()) json_.field("description", doc);
    if (IsVector<Member>::value) json_.field("style", "form").field("explode", false);
    json_.key("schema").begin_object();
    write_type<Member>(json_, components_, Direction::kRequest, rules);
    json_.end_object().end_object();
  }

 private:
  text::JsonWriter& json_;
  Components& components_;
};

}  // namespace yagura::api
