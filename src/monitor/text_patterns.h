// The compiled string thresholds of a module. Private to the rules: others use make_patterns() and
// str_warning()/str_critical() of module_config.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/regex.h"

namespace yagura::monitor {

class TextPatterns {
 public:
  TextPatterns(std::string_view warning, std::string_view critical);

  [[nodiscard]] const std::string& warning() const { return warning_; }
  [[nodiscard]] const std::string& critical() const { return critical_; }
  /// nullptr when the text is empty or does not compile.
  [[nodiscard]] const text::Regex* warning_regex() const {
    return warning_regex_ ? &*warning_regex_ : nullptr;
  }
  [[nodiscard]] const text::Regex* critical_regex() const {
    return critical_regex_ ? &*critical_regex_ : nullptr;
  }

 private:
  std::string warning_;
  std::string critical_;
  std::optional<text::Regex> warning_regex_;
  std::optional<text::Regex> critical_regex_;
};

}  // namespace yagura::monitor
