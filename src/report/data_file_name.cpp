#include "report/data_file_name.h"

#include "text/numbers.h"

namespace yagura::report {
namespace {

constexpr std::string_view kSuffix = ".data";

}  // namespace

std::optional<std::string_view> queue_key(std::string_view name) {
  if (!name.ends_with(kSuffix) || name.find('\n') != std::string_view::npos) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  const std::size_t with_digits = name.size();
  while (!name.empty() && text::is_digit(name.back()))
    name.remove_suffix(1);
  if (name.size() == with_digits || name.empty()) return std::nullopt;
  if (name.back() != '.' && name.back() != '_') return std::nullopt;
  name.remove_suffix(1);
  return name;
}

bool is_data_file_name(std::string_view name) {
  return queue_key(name).has_value();
}

}  // namespace yagura::report
