// Structured log: one line per entry, "time level process message-id key=value ...".
//
//   log::info("spool-stored", {{"item", id}, {"bytes", size}});
//
// The message id is a stable word that administrators can search for; what varies goes into fields.
// Values are escaped, so that outside text can neither break a line nor move a terminal's cursor
// (no log injection). Secrets have a type of their own that does not convert to a field.
// Thread-safe after init().
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura::log {

enum class Level { kDebug, kInfo, kWarning, kError };

/// One key and its value as text.
struct Field {
  std::string_view key;
  std::string value;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
  Field(std::string_view k, std::integral auto v) : key(k), value(std::to_string(v)) {}
  Field(std::string_view k, std::floating_point auto v) : key(k), value(std::to_string(v)) {}
  Field(std::string_view k, const Error& v) : key(k), value(v.what) {}
};

struct Options {
  /// Name of the process in each line, such as "yagura-server".
  std::string process;
  /// File to append to; empty = standard error.
  std::string file;
  Level level = Level::kInfo;
  /// The file is rotated above this size...
  std::size_t max_bytes = 10UL * 1024 * 1024;
  /// ...and this many old ones are kept.
  std::size_t keep = 5;
};

/// Opens the log. Before it, entries go to standard error at level info.
Status init(const Options& options);

/// Parses debug, info, warning or error.
Result<Level> parse_level(std::string_view text);

bool enabled(Level level);
void write(Level level, std::string_view id, std::initializer_list<Field> fields);

inline void debug(std::string_view id, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kDebug)) write(Level::kDebug, id, fields);
}
inline void info(std::string_view id, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kInfo)) write(Level::kInfo, id, fields);
}
inline void warning(std::string_view id, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kWarning)) write(Level::kWarning, id, fields);
}
inline void error(std::string_view id, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kError)) write(Level::kError, id, fields);
}

/// `text` as it appears as a value: quoted when it holds blanks, quotes, '=' or is empty; control
/// bytes, DEL, C1 controls and invalid UTF-8 as \xNN; at most 1,024 bytes, then "...".
std::string escape(std::string_view text);

}  // namespace yagura::log
