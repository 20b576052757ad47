// Languages the product speaks.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "api/describe.h"

namespace yagura::api {

enum class Language { kJa, kEn };
inline std::string_view to_string(Language language) {
  return language == Language::kJa ? "ja" : "en";
}

template <>
struct Words<Language> {
  static constexpr std::array kAll = {Language::kJa, Language::kEn};
};

/// A stored word as an enumerator; one that a later version wrote and this one does not know counts
/// as not chosen.
template <Wordy E>
std::optional<E> stored_word(std::string_view word) {
  for (const E e : Words<E>::kAll) {
    if (to_string(e) == word) return e;
  }
  return std::nullopt;
}

}  // namespace yagura::api
