// Regular expressions written by people (thresholds, filters): Perl syntax by PCRE2, with limits.
//
// Semantics (agent-data §10): a search, not anchored; case-sensitive; '^' and '$' match only at the
// ends of the whole text; '.' does not match LF; characters are UTF-8 code points.
// Guards against expressions that explode: limits on backtracking, depth and memory for each start
// position and a time budget for the whole search; no JIT (no writable code pages in a daemon).
//
//   YAGURA_TRY(regex, Regex::compile("^ERROR"));
//   if (regex.search(value) == RegexOutcome::kMatch) ...
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct pcre2_real_code_8;

namespace yagura::text {

enum class RegexOutcome {
  kMatch,
  kNoMatch,
  kLimit,  ///< given up; callers treat it as "never matches", also for inverted conditions
};

/// A compiled expression. Immutable: search() may run on many threads at once.
class Regex {
 public:
  /// Longer expressions are refused.
  static constexpr std::size_t kMaxPatternBytes = 4096;
  /// Only this much of a text is searched; '$' does not match at such a cut.
  static constexpr std::size_t kMaxSubjectBytes = 65536;
  /// Parentheses within parentheses.
  static constexpr std::uint32_t kMaxNesting = 100;
  /// Backtracking steps for one start position. Above kMaxSubjectBytes, or ".*" could not be tried
  /// on the longest text.
  static constexpr std::uint32_t kMatchLimit = 300'000;
  static constexpr std::uint32_t kDepthLimit = 20'000;
  static constexpr std::uint32_t kHeapLimitKiB = 8192;
  /// For one search, checked between groups of start positions.
  static constexpr std::int64_t kTimeBudgetUs = 50'000;

  /// kInvalid for an empty or malformed expression (with PCRE2's explanation and position), kLimit
  /// for one that is too large.
  static Result<Regex> compile(std::string_view pattern);

  /// Ill-formed UTF-8 in `subject` is searched as U+FFFD.
  [[nodiscard]] RegexOutcome search(std::string_view subject) const;
  /// search(subject) == kMatch
  [[nodiscard]] bool found_in(std::string_view subject) const {
    return search(subject) == RegexOutcome::kMatch;
  }

 private:
  explicit Regex(std::shared_ptr<const pcre2_real_code_8> code, bool anchored)
      : code_(std::move(code)), anchored_(anchored) {}

  std::shared_ptr<const pcre2_real_code_8> code_;
  bool anchored_ = false;  ///< can match at the start only
};

}  // namespace yagura::text
