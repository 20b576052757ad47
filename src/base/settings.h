// Settings: a process's configuration file (TOML), read once, checked completely.
//
// A key nobody asked for, a wrong type or a value out of range is an error with the file and line:
// a misspelt setting must never be ignored in silence (spec server §24).
//
//   YAGURA_TRY(settings, Settings::load(path));
//   config.port = settings.integer("transport.port", 41121, {1, 65535});
//   YAGURA_CHECK(settings.finish());
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yagura {

struct IntRange {
  std::int64_t min;
  std::int64_t max;
};

/// Not thread-safe. Getters remember the first mistakes; finish() reports all of them at once.
class Settings {
 public:
  static Result<Settings> load(const std::string& path);
  /// `origin` names the text in messages.
  static Result<Settings> parse(std::string_view text, std::string origin);

  Settings(Settings&&) noexcept;
  Settings& operator=(Settings&&) noexcept;
  ~Settings();

  [[nodiscard]] bool has(std::string_view key) const;
  std::string text(std::string_view key, std::string_view fallback);
  std::string required_text(std::string_view key);
  /// One of `allowed`, else a mistake.
  std::string choice(std::string_view key, std::string_view fallback,
                     const std::vector<std::string>& allowed);
  std::int64_t integer(std::string_view key, std::int64_t fallback, IntRange range);
  bool flag(std::string_view key, bool fallback);
  std::vector<std::string> list(std::string_view key);
  /// Number of tables in the array of tables `key`; each is read as "key.N.name", N from 0.
  std::size_t tables(std::string_view key);
  /// Adds a mistake found by the caller, with the line of `key`.
  void mistake(std::string_view key, std::string_view what);

  /// Error naming every mistake and every key that was never asked for; ok if there is none.
  Status finish();

 private:
  struct State;
  explicit Settings(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace yagura
