// module_regexp FILE: the lines that were added to a log since the last run and match
// module_pattern (spec agent-conf §4).
//
// The first run starts at the end of the file. A rotated log is recognised by its inode, a
// truncated one by its size; the rest of a rotated file is still read when it is found as FILE.1.
// (The reference ignores the pattern, sends the whole log in the second run and misses rotations.)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/state.h"
#include "base/result.h"
#include "text/regex.h"

namespace yagura::agent {

/// Read at most this much in one run; the rest follows in the next ones.
constexpr std::size_t kMaxTailBytes = 4UL * 1024 * 1024;
/// A longer line counts as one line but only this much of it is looked at and kept.
constexpr std::size_t kMaxTailLine = 64UL * 1024;
/// Matching lines kept in one run; more are counted but not kept.
constexpr std::size_t kMaxTailLines = 1000;

struct LogTail {
  std::vector<std::string> lines;  ///< matching ones
  std::uint64_t matches = 0;       ///< all matching ones
  LogPosition position;            ///< to start from next time
};

/// `from` is empty in the first run: then nothing but the end's position is returned. No expression
/// = every line matches. kDenied when this account may not read the file.
Result<LogTail> read_log_tail(const std::string& file, const std::optional<LogPosition>& from,
                              const std::optional<text::Regex>& pattern);

}  // namespace yagura::agent
