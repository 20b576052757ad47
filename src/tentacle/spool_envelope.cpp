#include "tentacle/spool_envelope.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

#include "crypto/digest.h"

namespace yagura::tentacle {
namespace {

constexpr std::string_view kMagic = "yagura-spool 1";
constexpr char kDigits[] = "0123456789abcdef";

bool is_lower_hex(std::string_view text, std::size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x21 && u <= 0x7e && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kDigits[u >> 4U];
      out += kDigits[u & 15U];
    }
  }
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// Accepts only what escape() writes, so that every text has exactly one form.
bool unescape(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return escape(out) == text;
}

std::string_view level_word(Level level) {
  constexpr std::array<std::string_view, 5> kWords = {"local", "1", "2", "3", "4"};
  return kWords[static_cast<std::size_t>(level)];
}

bool parse_level(std::string_view text, Level& out) {
  for (const Level level :
       {Level::kLocal, Level::kNone, Level::kTls, Level::kCertificate, Level::kMutual}) {
    if (text == level_word(level)) {
      out = level;
      return true;
    }
  }
  return false;
}

/// Decimal without sign or leading zero.
template <typename Number>
bool parse_number(std::string_view text, Number& out) {
  if (text.empty() || (text.size() > 1 && text.front() == '0') || text.front() == '-') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_address(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == ':';
  });
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

/// A subject that is the single byte '-' must not read as "none".
std::string subject_text(const std::string& subject) {
  if (subject.empty()) return "-";
  return subject == "-" ? "%2d" : escape(subject);
}

bool parse_subject(std::string_view text, std::string& out) {
  if (text == "-") {
    out.clear();
    return true;
  }
  if (text == "%2d") {
    out = "-";
    return true;
  }
  return !text.empty() && unescape(text, out);
}

}  // namespace

std::string write_header(const Envelope& envelope) {
  std::string out;
  out.reserve(512);
  out.append(kMagic).append("\nid ").append(envelope.id);
  out.append("\nreceived ").append(std::to_string(envelope.received));
  out.append("\npeer ").append(envelope.peer);
  out.append("\nlevel ").append(level_word(envelope.level));
  out.append("\nfingerprint ").append(or_dash(envelope.fingerprint));
  out.append("\nsubject ").append(subject_text(envelope.subject));
  out.append("\nname ").append(escape(envelope.name));
  out.append("\nlength ").append(std::to_string(envelope.length));
  out.append("\nsha256 ").append(envelope.sha256);
  out.append("\n\n");
  return out;
}

std::string file_name(const Envelope& envelope) {
  std::array<char, 24> time{};
  std::snprintf(time.data(), time.size(), "%016llx",
                static_cast<unsigned long long>(envelope.received));
  return std::string(time.data()) + "-" + envelope.id + ".item";
}

Result<ParsedEnvelope> parse_header(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, kMaxEnvelopeHeader);
  std::size_t at = 0;
  const auto line = [&](std::string_view& out) {
    const std::size_t end = head.find('\n', at);
    if (end == std::string_view::npos) return false;
    out = head.substr(at, end - at);
    at = end + 1;
    return true;
  };
  const auto wrong = [](std::string_view what) {
    return Error{ErrorCode::kInvalid, "spool envelope: " + std::string(what)};
  };

  std::string_view text;
  if (!line(text) || text != kMagic) return wrong("not a spool item of this version");
  std::array<std::string_view, 9> values;
  constexpr std::array<std::string_view, 9> kKeys = {
      "id", "received", "peer", "level", "fingerprint", "subject", "name", "length", "sha256"};
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (!line(text)) return wrong("header ends early or is too long");
    if (!text.starts_with(kKeys[i]) || text.substr(kKeys[i].size(), 1) != " ") {
      return wrong("expected the line '" + std::string(kKeys[i]) + "'");
    }
    values[i] = text.substr(kKeys[i].size() + 1);
  }
  if (!line(text) || !text.empty()) return wrong("header does not end with an empty line");

  ParsedEnvelope parsed;
  Envelope& e = parsed.envelope;
  if (!is_lower_hex(values[0], 32)) return wrong("id");
  e.id = values[0];
  if (!parse_number(values[1], e.received)) return wrong("received");
  if (!is_address(values[2])) return wrong("peer");
  e.peer = values[2];
  if (!parse_level(values[3], e.level)) return wrong("level");
  if (values[4] != "-") {
    if (!is_lower_hex(values[4], 64)) return wrong("fingerprint");
    e.fingerprint = values[4];
  }
  if (!parse_subject(values[5], e.subject)) return wrong("subject");
  if (!unescape(values[6], e.name) || e.name.empty()) return wrong("name");
  if (!parse_number(values[7], e.length)) return wrong("length");
  if (!is_lower_hex(values[8], 64)) return wrong("sha256");
  e.sha256 = values[8];
  parsed.payload_offset = at;
  return parsed;
}

Status verify_payload(const Envelope& envelope, std::string_view payload) {
  if (payload.size() != envelope.length) {
    return Error{ErrorCode::kInvalid, "spool item: " + std::to_string(payload.size()) +
                                          " payload bytes, announced " +
                                          std::to_string(envelope.length)};
  }
  if (crypto::sha256_hex(payload) != envelope.sha256) {
    return Error{ErrorCode::kInvalid, "spool item: the payload's digest is wrong"};
  }
  return {};
}

}  // namespace yagura::tentacle
