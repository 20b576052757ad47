// The two halves of reading pandora_agent.conf; used by config.cpp only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config.h"

namespace yagura::agent {

/// A directive as written, with its place.
struct RawDirective {
  std::string token;
  std::string value;
  std::string where;
};

/// The lines between module_begin and module_end, or one module_plugin line of its own.
struct RawModule {
  std::string where;
  std::vector<RawDirective> directives;
};

using Macros = std::vector<std::pair<std::string, std::string>>;

/// Global directives by token (the last one wins) and what collects findings about them.
/// Each getter takes its token away; what is left at the end was not understood.
class Globals {
 public:
  explicit Globals(std::vector<Finding>& findings) : findings_(findings) {}

  void put(RawDirective directive);
  [[nodiscard]] bool has(const std::string& token) const { return tokens_.contains(token); }

  void text(const std::string& token, std::string& out);
  void secret(const std::string& token, crypto::Secret& out);
  void flag(const std::string& token, bool& out);
  void real(const std::string& token, std::optional<double>& out, double low, double high);
  template <typename T>
  void integer(const std::string& token, T& out, std::int64_t low, std::int64_t high) {
    std::int64_t value = 0;
    if (take_integer(token, low, high, value)) out = static_cast<T>(value);
  }
  /// The directive itself, removed.
  std::optional<RawDirective> take(const std::string& token);
  /// All directives whose token begins with `prefix`, removed, in order of their tokens.
  std::vector<RawDirective> take_all(const std::string& prefix);
  void add(Finding::Severity severity, const std::string& where, std::string what);
  /// Everything that nobody took.
  [[nodiscard]] const std::map<std::string, RawDirective>& rest() const { return tokens_; }

 private:
  bool take_integer(const std::string& token, std::int64_t low, std::int64_t high,
                    std::int64_t& out);
  std::map<std::string, RawDirective> tokens_;
  std::vector<Finding>& findings_;
};

/// config_globals.cpp: fills everything but the modules.
void apply_globals(Globals& globals, Config& config);

/// config_modules.cpp: turns the lines into a module; nothing if it is disabled or unusable (then a
/// finding says why).
std::optional<ModuleConfig> build_module(const RawModule& raw, const Macros& macros,
                                         std::vector<Finding>& findings);

}  // namespace yagura::agent
