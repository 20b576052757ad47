#include "monitor/os_family.h"

#include <algorithm>
#include <array>

#include "text/numbers.h"

namespace yagura::monitor {

namespace {

/// The order decides: "Cygwin on Windows Linux" is Windows.
constexpr std::array<std::pair<std::string_view, int>, 15> kFamilies = {{{"Windows", 9},
                                                                         {"Cisco", 7},
                                                                         {"SunOS", 2},
                                                                         {"Solaris", 2},
                                                                         {"AIX", 3},
                                                                         {"HP-UX", 5},
                                                                         {"Apple", 8},
                                                                         {"Darwin", 8},
                                                                         {"Android", 15},
                                                                         {"Linux", 1},
                                                                         {"Enterasys", 11},
                                                                         {"3com", 11},
                                                                         {"Octopods", 13},
                                                                         {"embedded", 14},
                                                                         {"BSD", 4}}};

bool contains(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return text::to_lower(a) == text::to_lower(b);
         }) != text.end();
}

}  // namespace

int os_id(std::string_view os_name, std::span<const std::pair<int, std::string>> custom_families) {
  if (os_name.empty()) return kOsOther;
  for (const auto& [word, id] : kFamilies) {
    if (contains(os_name, word)) return id;
  }
  for (const auto& [id, name] : custom_families) {
    if (contains(name, os_name)) return id;
  }
  return kOsOther;
}

std::string_view os_family_name(int os_id) {
  constexpr std::array<std::pair<int, std::string_view>, 12> kNames = {{{1, "Linux"},
                                                                        {2, "Solaris"},
                                                                        {3, "AIX"},
                                                                        {4, "BSD"},
                                                                        {5, "HP-UX"},
                                                                        {7, "Cisco"},
                                                                        {8, "macOS"},
                                                                        {9, "Windows"},
                                                                        {11, "Network"},
                                                                        {13, "Octopods"},
                                                                        {14, "Embedded"},
                                                                        {15, "Android"}}};
  for (const auto& [id, name] : kNames) {
    if (id == os_id) return name;
  }
  return "Other";
}

}  // namespace yagura::monitor
