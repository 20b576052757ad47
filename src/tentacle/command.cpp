#include "tentacle/command.h"

#include <algorithm>
#include <limits>

#include "crypto/digest.h"

namespace yagura::tentacle {
namespace {

std::uint64_t saturating_number(std::string_view digits) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) return kMax;
    value = value * 10 + digit;
  }
  return value;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// `rest` begins after "<".
std::optional<Command> upload(Verb verb, std::string_view rest) {
  constexpr std::string_view kMiddle = "> SIZE ";
  const std::size_t end = rest.rfind(kMiddle);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view digits = rest.substr(end + kMiddle.size());
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  return Command{verb, std::string(rest.substr(0, end)), saturating_number(digits)};
}

std::optional<Command> download(Verb verb, std::string_view rest) {
  if (rest.empty() || rest.back() != '>') return std::nullopt;
  return Command{verb, std::string(rest.substr(0, rest.size() - 1)), 0};
}

}  // namespace

std::string_view word(Verb verb) {
  switch (verb) {
    case Verb::kSend:
      return "SEND";
    case Verb::kZsend:
      return "ZSEND";
    case Verb::kRecv:
      return "RECV";
    case Verb::kZrecv:
      return "ZRECV";
    case Verb::kLs:
      return "LS";
    case Verb::kMv:
      return "MV";
    case Verb::kPass:
      return "PASS";
    case Verb::kQuit:
      return "QUIT";
  }
  return "QUIT";
}

std::optional<Command> parse_command(std::string_view line) {
  if (line == "QUIT") return Command{Verb::kQuit, {}, 0};
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::string_view keyword = line.substr(0, blank);
  std::string_view rest = line.substr(blank + 1);
  if (keyword == "PASS") return Command{Verb::kPass, std::string(rest), 0};
  if (rest.empty() || rest.front() != '<') return std::nullopt;
  rest.remove_prefix(1);
  for (const Verb verb : {Verb::kSend, Verb::kZsend}) {
    if (keyword == word(verb)) return upload(verb, rest);
  }
  for (const Verb verb : {Verb::kRecv, Verb::kZrecv, Verb::kLs, Verb::kMv}) {
    if (keyword == word(verb)) return download(verb, rest);
  }
  return std::nullopt;
}

std::string go_ahead(Verb verb) {
  return std::string(word(verb)) + " OK";
}

std::string password_digest(std::string_view password) {
  return crypto::md5_hex(crypto::md5_raw(password));
}

bool is_password_digest(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

}  // namespace yagura::tentacle
