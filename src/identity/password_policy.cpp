#include "identity/password_policy.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "crypto/password.h"
#include "identity/common_passwords.h"
#include "text/utf8.h"

namespace yagura::identity {
namespace {

constexpr std::size_t kShortestName = 4;     // shorter names occur in words by chance
constexpr std::size_t kFewestDifferent = 5;  // different bytes in a password of 12 or more

// Lower case, and the digits and signs that stand for letters as these letters.
char fold(char c) {
  switch (c) {
    case '0':
      return 'o';
    case '1':
    case '!':
    case 'l':
    case 'L':
      return 'i';
    case '3':
      return 'e';
    case '4':
    case '@':
      return 'a';
    case '5':
    case '$':
      return 's';
    case '7':
      return 't';
    default:
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
}

std::string folded(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), fold);
  return out;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

// "2024Password!!" -> "Password": what people add to reach the length.
std::string_view without_edges(std::string_view text) {
  while (!text.empty() && !is_letter(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && !is_letter(text.back()))
    text.remove_suffix(1);
  return text;
}

// "abcabcabc" -> "abc".
std::string_view period(std::string_view text) {
  for (std::size_t n = 1; n <= text.size() / 2; ++n) {
    if (text.size() % n == 0 && text.substr(n) == text.substr(0, text.size() - n)) {
      return text.substr(0, n);
    }
  }
  return text;
}

bool is_common_word(std::string_view word) {
  const std::string plain = folded(word);
  return std::ranges::any_of(kCommonPasswords,
                             [&](std::string_view common) { return folded(common) == plain; });
}

// Keyboard rows and counting, forwards, backwards, wrapped: "qwertyuiop", "987654321098".
bool is_run(std::string_view text) {
  constexpr std::array<std::string_view, 6> kRows = {
      "01234567890123456789",         "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
      "qwertyuiopqwertyuiop",         "asdfghjklasdfghjkl",
      "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  const std::string reversed(lower.rbegin(), lower.rend());
  return std::ranges::any_of(kRows, [&](std::string_view row) {
    return row.find(lower) != std::string_view::npos ||
           row.find(reversed) != std::string_view::npos;
  });
}

bool has_few_different(std::string_view text) {
  std::string bytes(text);
  std::ranges::sort(bytes);
  const auto repeated = std::ranges::unique(bytes);
  return bytes.size() - repeated.size() < kFewestDifferent;
}

bool contains_name(std::string_view folded_password, std::string_view names) {
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find_first_of(" .@_-", at), names.size());
    const std::string part = folded(names.substr(at, end - at));
    if (part.size() >= kShortestName && folded_password.find(part) != std::string::npos) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

bool is_too_common(std::string_view password, std::string_view user_name,
                   std::string_view full_name) {
  const std::string_view unit = period(password);
  if (has_few_different(password) || is_run(unit) || is_run(without_edges(unit))) return true;
  for (const std::string_view form :
       {password, unit, without_edges(password), without_edges(unit)}) {
    if (is_common_word(form)) return true;
  }
  const std::string plain = folded(password);
  return contains_name(plain, user_name) || contains_name(plain, full_name) ||
         contains_name(plain, "yagura");
}

}  // namespace

std::optional<PolicyViolation> check_password(const crypto::Secret& password,
                                              std::string_view user_name,
                                              std::string_view full_name,
                                              const PasswordPolicy& policy) {
  using Rule = PolicyViolation::Rule;
  const auto length = static_cast<std::int64_t>(text::count_code_points(password.reveal()));
  if (length < policy.min_length) return PolicyViolation{Rule::kTooShort, policy.min_length};
  if (is_too_common(password.reveal(), user_name, full_name)) {
    return PolicyViolation{Rule::kTooCommon, 0};
  }
  return std::nullopt;
}

bool was_used_before(const crypto::Secret& password, const std::vector<std::string>& hashes) {
  return std::ranges::any_of(
      hashes, [&](const std::string& hash) { return crypto::verify_password(hash, password); });
}

}  // namespace yagura::identity
