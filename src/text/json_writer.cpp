// Apart from json.cpp: who only writes JSON does not load a JSON reader.
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <utility>

#include "text/json.h"
#include "text/numbers.h"
#include "text/utf8.h"

namespace yagura::text {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_unicode_escape(std::string& out, char32_t code_point) {
  out += "\\u";
  for (unsigned shift = 16; shift > 0;) {
    shift -= 4;
    out.push_back(kHexDigits[(code_point >> shift) & 0xFU]);
  }
}

void append_escaped_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      append_unicode_escape(out, static_cast<unsigned char>(c));
  }
}

/// Bytes that stand for themselves in a JSON string.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7F; ++c)
    plain[c] = c != '"' && c != '\\' && c != '<';
  return plain;
}();

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t start = pos;
    while (pos < text.size() && kPlain[static_cast<unsigned char>(text[pos])])
      ++pos;
    out.append(text, start, pos - start);
    if (pos == text.size()) break;
    if (static_cast<unsigned char>(text[pos]) < 0x80) {
      append_escaped_ascii(out, text[pos++]);
      continue;
    }
    const CodePoint step = decode_utf8(text, pos);
    if (step.code_point == 0x2028 || step.code_point == 0x2029) {
      append_unicode_escape(out, step.code_point);
    } else {
      append_utf8(out, step.code_point);
    }
    pos += step.length;
  }
  out.push_back('"');
}

void JsonWriter::separate() {
  if (comma_) out_.push_back(',');
  comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  ++depth_;
  assert(depth_ <= kMaxDepth);
  out_.push_back(bracket);
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  assert(depth_ > 0);
  --depth_;
  out_.push_back(bracket);
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_object() {
  return open('{');
}
JsonWriter& JsonWriter::end_object() {
  return close('}');
}
JsonWriter& JsonWriter::begin_array() {
  return open('[');
}
JsonWriter& JsonWriter::end_array() {
  return close(']');
}

JsonWriter& JsonWriter::key(std::string_view name) {
  assert(depth_ > 0);
  separate();
  append_json_string(out_, name);
  out_.push_back(':');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_shortest(out_, number);
  return *this;
}

JsonWriter& JsonWriter::null() {
  return write_literal("null");
}

JsonWriter& JsonWriter::write_literal(std::string_view literal) {
  separate();
  out_.append(literal);
  return *this;
}

JsonWriter& JsonWriter::write_signed(std::int64_t number) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return write_literal({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

JsonWriter& JsonWriter::write_unsigned(std::uint64_t number) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return write_literal({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

std::string JsonWriter::take() {
  assert(depth_ == 0);
  comma_ = false;
  return std::exchange(out_, {});
}

}  // namespace yagura::text
