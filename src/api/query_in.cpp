#include "api/query_in.h"

#include <algorithm>

namespace yagura::api {

void check_query_names(const QueryPairs& pairs, const std::vector<std::string_view>& known,
                       FieldProblems& problems) {
  for (auto it = pairs.begin(); it != pairs.end(); ++it) {
    if (std::ranges::find(known, std::string_view(it->first)) == known.end()) {
      simple_problem(it->first, "unknown", problems);
    } else if (std::find_if(pairs.begin(), it,
                            [&](const auto& other) { return other.first == it->first; }) != it) {
      simple_problem(it->first, "repeated", problems);
    }
  }
}

std::vector<std::string_view> split_commas(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

}  // namespace yagura::api
