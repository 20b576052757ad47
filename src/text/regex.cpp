#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/regex.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <pcre2.h>

#include "text/utf8.h"

namespace yagura::text {
namespace {

/// Start positions tried before the clock is looked at for the first time; doubled while cheap.
constexpr std::size_t kFirstStep = 64;

struct MatchContext {
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);

  MatchContext() {
    pcre2_set_match_limit(context, Regex::kMatchLimit);
    pcre2_set_depth_limit(context, Regex::kDepthLimit);
    pcre2_set_heap_limit(context, Regex::kHeapLimitKiB);
  }
  ~MatchContext() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
  }
  MatchContext(const MatchContext&) = delete;
  MatchContext& operator=(const MatchContext&) = delete;
};

struct CompileContext {
  pcre2_compile_context* context = pcre2_compile_context_create(nullptr);

  CompileContext() {
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, Regex::kMaxNesting);
    pcre2_set_max_pattern_length(context, Regex::kMaxPatternBytes);
  }
  ~CompileContext() { pcre2_compile_context_free(context); }
  CompileContext(const CompileContext&) = delete;
  CompileContext& operator=(const CompileContext&) = delete;
};

/// True if the expression uses \G. It means "where this search began", and a search is done in
/// steps here, so it would match at places that depend on our step size.
bool uses_search_start(std::string_view pattern) {
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    if (pattern[i + 1] == 'G') return true;
    ++i;
  }
  return false;
}

std::int64_t steady_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

PCRE2_SPTR as_pcre2(std::string_view text) {
  // PCRE2 wants an address even for no bytes.
  static constexpr char kEmpty = 0;
  return reinterpret_cast<PCRE2_SPTR>(text.empty() ? &kEmpty : text.data());
}

Error explain(int code, std::size_t offset) {
  std::array<PCRE2_UCHAR, 256> message{};
  pcre2_get_error_message(code, message.data(), message.size());
  return Error{code == PCRE2_ERROR_PATTERN_TOO_LARGE ? ErrorCode::kLimit : ErrorCode::kInvalid,
               "regular expression, position " + std::to_string(offset) + ": " +
                   reinterpret_cast<const char*>(message.data())};
}

/// The first start position behind `pos` + `step` that begins a character.
std::size_t next_start(std::string_view subject, std::size_t pos, std::size_t step) {
  if (subject.size() - pos <= step) return subject.size();
  std::size_t next = pos + step;
  while (next < subject.size() && (static_cast<unsigned char>(subject[next]) & 0xC0U) == 0x80U) {
    ++next;
  }
  return next;
}

}  // namespace

Result<Regex> Regex::compile(std::string_view pattern) {
  if (pattern.empty()) return Error{ErrorCode::kInvalid, "regular expression is empty"};
  if (pattern.size() > kMaxPatternBytes) {
    return Error{ErrorCode::kLimit, "regular expression is longer than " +
                                        std::to_string(kMaxPatternBytes) + " bytes"};
  }
  if (uses_search_start(pattern)) {
    return Error{ErrorCode::kInvalid, "regular expression: \\G is not supported"};
  }
  const CompileContext context;
  int error = 0;
  std::size_t offset = 0;
  constexpr std::uint32_t kOptions =
      PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
  pcre2_code* code =
      pcre2_compile(as_pcre2(pattern), pattern.size(), kOptions, &error, &offset, context.context);
  if (code == nullptr) return explain(error, offset);
  std::shared_ptr<const pcre2_code> owned(
      code, [](const pcre2_code* p) { pcre2_code_free(const_cast<pcre2_code*>(p)); });
  std::uint32_t options = 0;
  pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
  return Regex(std::move(owned), (options & PCRE2_ANCHORED) != 0);
}

RegexOutcome Regex::search(std::string_view subject) const {
  thread_local MatchContext match;
  const std::string_view whole = subject;
  subject = truncate_utf8(subject, kMaxSubjectBytes);
  std::uint32_t options = PCRE2_NO_UTF_CHECK;
  if (subject.size() < whole.size()) options |= PCRE2_NOTEOL;
  std::string mended;
  if (!is_valid_utf8(subject)) {
    mended = sanitize_utf8(subject);
    subject = mended;
  }

  // The match limit of PCRE2 counts anew at each start position, so a long text could cost
  // (length x limit). Start positions are therefore tried in groups, with a look at the clock
  // between them.
  const std::int64_t deadline = steady_us() + kTimeBudgetUs;
  std::size_t step = anchored_ ? subject.size() : kFirstStep;
  for (std::size_t start = 0;;) {
    const std::size_t next = next_start(subject, start, step);
    const bool last = next >= subject.size();
    pcre2_set_offset_limit(match.context, last ? PCRE2_UNSET : next - 1);
    const int result = pcre2_match(code_.get(), as_pcre2(subject), subject.size(), start, options,
                                   match.data, match.context);
    if (result >= 0) return RegexOutcome::kMatch;
    if (result != PCRE2_ERROR_NOMATCH) return RegexOutcome::kLimit;
    if (last) return RegexOutcome::kNoMatch;
    const std::int64_t now = steady_us();
    if (now > deadline) return RegexOutcome::kLimit;
    const bool cheap = now < deadline - kTimeBudgetUs + 1000;
    step = cheap ? step * 2 : kFirstStep;
    start = next;
  }
}

}  // namespace yagura::text
