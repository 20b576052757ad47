// Describe<T>: one description of a struct drives three things: how it is written as JSON, how it
// is read from JSON or a query string with every rule checked, and its schema in the OpenAPI
// document. So the document cannot promise what the code does not do.
//
//   template <> struct Describe<Patch> {
//     static constexpr std::string_view kName = "AgentPatch";
//     template <class V> static void fields(V& v) {
//       v.field("alias", &Patch::alias, "Name shown to people", {.max_length = 100});
//     }
//   };
//
// Types: bool, integers, double, std::string, Secret, Id<>, enums with Words<>, std::optional,
// std::vector, std::tuple, std::variant of described structs, TextParams, and described structs.
// Micros are written by v.time(). In what a client sends, std::optional and std::vector members may
// be left out; everything else must be there. In answers every member is always there; an absent
// optional is null.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "crypto/secret.h"

namespace yagura::api {

template <typename T>
struct Describe;

/// Words of an enum: `kName` and `kAll`, an array of every enumerator; to_string() gives the word.
template <typename E>
struct Words;

enum class Lines { kOne, kMany };
enum class Null { kRefused, kAllowed };

/// Limits of one member a client may send; shown in the schema and enforced by the reader.
struct Rules {
  std::size_t max_length = 255;  ///< texts, in characters
  Lines lines = Lines::kOne;     ///< may a text hold line breaks?
  Null null = Null::kRefused;    ///< may an optional member be null, meaning "no value"?
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

/// A request without query or body, an answer without content.
struct None {};

template <>
struct Describe<None> {
  static constexpr std::string_view kName = "None";
  template <typename V>
  static void fields(V& /*visitor*/) {}
};

template <typename T>
concept Described = requires { Describe<T>::kName; };
template <typename T>
concept Wordy = requires { Words<T>::kAll; };

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsTuple : std::false_type {};
template <typename... T>
struct IsTuple<std::tuple<T...>> : std::true_type {};
template <typename T>
struct IsVariant : std::false_type {};
template <typename... T>
struct IsVariant<std::variant<T...>> : std::true_type {};
template <typename T>
struct IsId : std::false_type {};
template <typename Tag>
struct IsId<Id<Tag>> : std::true_type {};

/// Name and text pairs, written as one JSON object.
using TextMap = std::vector<std::pair<std::string, std::string>>;

}  // namespace yagura::api
