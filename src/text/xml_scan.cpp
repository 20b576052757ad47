#include "text/xml_scan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "text/utf8.h"

namespace yagura::text {
namespace {

/// Deeper or richer documents are left to XmlParser.
constexpr std::size_t kMaxScanDepth = 32;
constexpr std::size_t kMaxScanAttributes = 48;
/// "&#x10FFFF;"
constexpr std::size_t kMaxReferenceBytes = 10;

/// What a byte means inside text. Bytes of multi-byte characters are plain but for 0xEF, which may
/// begin U+FFFE or U+FFFF.
enum Kind : std::uint8_t { kPlain, kStop, kForbidden };

constexpr std::array<Kind, 256> text_kinds(std::string_view stops) {
  std::array<Kind, 256> kinds{};
  for (std::size_t c = 0; c < 0x20; ++c)
    kinds[c] = kForbidden;
  kinds['\t'] = kinds['\n'] = kPlain;
  kinds['\r'] = kStop;
  kinds[0xEF] = kStop;
  for (const char c : stops)
    kinds[static_cast<std::uint8_t>(c)] = kStop;
  return kinds;
}

constexpr auto kInText = text_kinds("<&]");
constexpr auto kInSection = text_kinds("]");

/// Attribute values: everything that is not copied as it stands.
constexpr auto kInValue = [] {
  auto kinds = text_kinds("<&'\"");
  for (std::size_t c = 0; c < 0x20; ++c)
    kinds[c] = kForbidden;
  return kinds;
}();

constexpr bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

constexpr auto kNameByte = [] {
  std::array<bool, 256> in_name{};
  for (std::size_t c = 0; c < 128; ++c) {
    const char letter = static_cast<char>(c);
    in_name[c] =
        is_name_start(letter) || (letter >= '0' && letter <= '9') || letter == '-' || letter == '.';
  }
  return in_name;
}();

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool is_noncharacter(std::string_view at) {
  return at.starts_with("\xEF\xBF\xBE") || at.starts_with("\xEF\xBF\xBF");
}

/// Walks from left to right. Functions return false where they are not sure.
class Scan {
 public:
  Scan(std::string_view document, XmlHandler& handler, const XmlLimits& limits)
      : document_(document), handler_(handler), limits_(limits) {}

  XmlScan run() {
    if (!declaration()) return XmlScan::kUnsure;
    skip_blanks();
    if (peek() != '<' || !tag()) return result();
    while (depth_ > 0) {
      const bool going_on = peek() == '<' ? markup() : text();
      if (!going_on) return result();
    }
    skip_blanks();
    return pos_ == document_.size() ? XmlScan::kDone : XmlScan::kUnsure;
  }

 private:
  [[nodiscard]] XmlScan result() const { return stopped_ ? XmlScan::kStopped : XmlScan::kUnsure; }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return pos_ + ahead < document_.size() ? document_[pos_ + ahead] : '\0';
  }
  bool take(std::string_view expected) {
    if (!document_.substr(pos_).starts_with(expected)) return false;
    pos_ += expected.size();
    return true;
  }
  std::size_t skip_blanks() {
    const std::size_t start = pos_;
    while (pos_ < document_.size() && is_blank(document_[pos_]))
      ++pos_;
    return pos_ - start;
  }
  std::string_view name() {
    const std::size_t start = pos_;
    if (!is_name_start(peek())) return {};
    while (pos_ < document_.size() && kNameByte[static_cast<std::uint8_t>(document_[pos_])])
      ++pos_;
    return document_.substr(start, pos_ - start);
  }

  /// <?xml version='1.0' encoding='name'?> as agents write it, or nothing.
  bool declaration() {
    if (peek(1) != '?') return true;
    if (!take("<?xml version=")) return false;
    if (!take("'1.0'") && !take("\"1.0\"")) return false;
    if (skip_blanks() > 0 && take("encoding=")) {
      const char quote = peek();
      if (quote != '\'' && quote != '"') return false;
      ++pos_;
      if (name().empty() || peek() != quote) return false;
      ++pos_;
      skip_blanks();
    }
    return take("?>");
  }

  bool markup() {
    if (peek(1) == '/') return end_tag();
    if (peek(1) == '!') return section();
    return tag();
  }

  bool tag() {
    ++pos_;
    const std::string_view element = name();
    if (element.empty() || depth_ >= std::min(kMaxScanDepth, limits_.max_depth) ||
        ++elements_ > limits_.max_elements) {
      return false;
    }
    std::size_t count = 0;
    if (peek() != '>' && !attributes(count)) return false;
    const bool empty = peek() == '/';
    if (empty) ++pos_;
    if (peek() != '>') return false;
    ++pos_;
    text_bytes_ = 0;
    if (!handler_.on_start(element, {attributes_.data(), count})) {
      stopped_ = true;
      return false;
    }
    if (empty) {
      handler_.on_end();
    } else {
      open_[depth_++] = element;
    }
    return true;
  }

  bool attributes(std::size_t& count) {
    while (true) {
      const bool separated = skip_blanks() > 0;
      if (peek() == '>' || peek() == '/') return true;
      if (!separated || count >= std::min(kMaxScanAttributes, limits_.max_attributes)) return false;
      XmlAttribute& attribute = attributes_[count];
      attribute.name = name();
      if (attribute.name.empty()) return false;
      for (std::size_t i = 0; i < count; ++i) {
        if (attributes_[i].name == attribute.name) return false;
      }
      skip_blanks();
      if (peek() != '=') return false;
      ++pos_;
      skip_blanks();
      if (!value(attribute.value, values_[count])) return false;
      ++count;
    }
  }

  /// A quoted value: a view of the document, or `storage` where it holds references.
  bool value(std::string_view& out, std::string& storage) {
    const char quote = peek();
    if (quote != '\'' && quote != '"') return false;
    ++pos_;
    std::size_t start = pos_;
    bool stored = false;
    for (; pos_ < document_.size(); ++pos_) {
      const char c = document_[pos_];
      const Kind kind = kInValue[static_cast<std::uint8_t>(c)];
      if (kind == kPlain) continue;
      if (kind == kForbidden || c == '<' || is_noncharacter(document_.substr(pos_))) return false;
      if (c == quote) break;
      if (c != '&') continue;
      if (!stored) storage.clear();
      stored = true;
      storage.append(document_, start, pos_ - start);
      if (!reference(storage)) return false;
      start = pos_;
      --pos_;
    }
    if (pos_ >= document_.size()) return false;
    out = document_.substr(start, pos_ - start);
    if (stored) out = storage.append(out);
    ++pos_;
    return out.size() <= limits_.max_text_bytes;
  }

  bool end_tag() {
    pos_ += 2;
    if (!take(open_[depth_ - 1])) return false;
    skip_blanks();
    if (peek() != '>') return false;
    ++pos_;
    --depth_;
    text_bytes_ = 0;
    handler_.on_end();
    return true;
  }

  bool say(std::string_view piece) {
    text_bytes_ += piece.size();
    if (text_bytes_ > limits_.max_text_bytes) return false;
    if (!piece.empty()) handler_.on_text(piece);
    return true;
  }

  /// Goes on to the next byte that is not plain.
  bool skip_plain(const std::array<Kind, 256>& kinds) {
    while (pos_ < document_.size()) {
      const Kind kind = kinds[static_cast<std::uint8_t>(document_[pos_])];
      if (kind == kForbidden) return false;
      if (kind == kStop) return true;
      ++pos_;
    }
    return false;  // no document ends inside its root
  }

  /// A line end of Windows or old Macs: said as LF.
  bool line_end(std::size_t start) {
    if (!say(document_.substr(start, pos_ - start)) || !say("\n")) return false;
    pos_ += peek(1) == '\n' ? 2U : 1U;
    return true;
  }

  bool text() {
    std::size_t start = pos_;
    while (skip_plain(kInText)) {
      const char c = document_[pos_];
      if (c == '<') return say(document_.substr(start, pos_ - start));
      if (c == '\r') {
        if (!line_end(start)) return false;
        start = pos_;
      } else if (c == '&') {
        std::string character;
        if (!say(document_.substr(start, pos_ - start)) || !reference(character) ||
            !say(character)) {
          return false;
        }
        start = pos_;
      } else {
        if (document_.substr(pos_).starts_with("]]>") || is_noncharacter(document_.substr(pos_))) {
          return false;
        }
        ++pos_;
      }
    }
    return false;
  }

  bool section() {
    if (!take("<![CDATA[")) return false;
    std::size_t start = pos_;
    while (skip_plain(kInSection)) {
      const char c = document_[pos_];
      if (c == '\r') {
        if (!line_end(start)) return false;
        start = pos_;
        continue;
      }
      const std::string_view rest = document_.substr(pos_);
      if (rest.starts_with("]]>")) {
        const bool fine = say(document_.substr(start, pos_ - start));
        pos_ += 3;
        return fine;
      }
      if (is_noncharacter(rest)) return false;
      ++pos_;
    }
    return false;
  }

  /// Appends what a reference at `pos_` stands for and goes behind it.
  bool reference(std::string& out) {
    const std::string_view rest = document_.substr(pos_, kMaxReferenceBytes);
    const std::size_t semicolon = rest.find(';');
    if (semicolon == std::string_view::npos) return false;
    const std::string_view body = rest.substr(1, semicolon - 1);
    pos_ += semicolon + 1;
    if (body.starts_with('#')) return numeric_reference(body.substr(1), out);
    static constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
        {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
    for (const auto& [entity, character] : kEntities) {
      if (body == entity) {
        out.push_back(character);
        return true;
      }
    }
    return false;
  }

  static bool numeric_reference(std::string_view digits, std::string& out) {
    const bool hex = digits.starts_with('x');
    if (hex) digits.remove_prefix(1);
    std::uint32_t code = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
    if (error != std::errc{} || stop != digits.data() + digits.size()) return false;
    const bool control = code < 0x20 && code != '\t' && code != '\n' && code != '\r';
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (control || surrogate || code == 0xFFFE || code == 0xFFFF || code > 0x10FFFF) return false;
    append_utf8(out, code);
    return true;
  }

  std::string_view document_;
  XmlHandler& handler_;
  const XmlLimits& limits_;
  std::size_t pos_ = 0;
  std::size_t depth_ = 0;
  std::size_t elements_ = 0;
  std::size_t text_bytes_ = 0;
  bool stopped_ = false;
  std::array<std::string_view, kMaxScanDepth> open_{};
  std::array<XmlAttribute, kMaxScanAttributes> attributes_{};
  std::array<std::string, kMaxScanAttributes> values_;
};

}  // namespace

XmlScan scan_xml(std::string_view utf8, XmlHandler& handler, const XmlLimits& limits) {
  if (utf8.size() > limits.max_bytes) return XmlScan::kUnsure;
  return Scan(utf8, handler, limits).run();
}

}  // namespace yagura::text
