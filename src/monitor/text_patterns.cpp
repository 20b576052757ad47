#include "monitor/text_patterns.h"

#include <utility>

#include "monitor/module_config.h"

namespace yagura::monitor {

namespace {

std::optional<text::Regex> compiled(std::string_view pattern) {
  if (pattern.empty()) return std::nullopt;
  Result<text::Regex> regex = text::Regex::compile(pattern);
  if (!regex.ok()) return std::nullopt;
  return std::move(regex).value();
}

}  // namespace

TextPatterns::TextPatterns(std::string_view warning, std::string_view critical)
    : warning_(warning),
      critical_(critical),
      warning_regex_(compiled(warning)),
      critical_regex_(compiled(critical)) {}

std::shared_ptr<const TextPatterns> make_patterns(std::string_view warning,
                                                  std::string_view critical) {
  if (warning.empty() && critical.empty()) return nullptr;
  return std::make_shared<const TextPatterns>(warning, critical);
}

std::string_view str_warning(const ModuleConfig& config) {
  return config.patterns ? std::string_view(config.patterns->warning()) : std::string_view();
}

std::string_view str_critical(const ModuleConfig& config) {
  return config.patterns ? std::string_view(config.patterns->critical()) : std::string_view();
}

}  // namespace yagura::monitor
