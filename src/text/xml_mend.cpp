// The second chance for documents that are not well-formed, and escaping. Beside xml.cpp because
// neither needs the parser.
#include <charconv>

#include "text/numbers.h"
#include "text/utf8.h"
#include "text/xml.h"

namespace yagura::text {
namespace {

constexpr std::string_view kSectionStart = "<![CDATA[";
constexpr std::string_view kSectionEnd = "]]>";
/// "]]>" as text of a section: the section is closed between the brackets and opened anew.
constexpr std::string_view kSplitSectionEnd = "]]]]><![CDATA[>";

bool is_xml_character(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF) && c != 0xFFFE && c != 0xFFFF;
}

/// Writes the mended document from left to right.
class Mender {
 public:
  explicit Mender(std::string_view document) : rest_(document) {
    out_.reserve(document.size() + 64);
  }

  std::optional<std::string> run() {
    while (!rest_.empty()) {
      if (rest_.starts_with(kSectionStart)) {
        section();
      } else if (rest_.starts_with("<!--")) {
        copy(through("-->", 4));
      } else if (rest_.starts_with("<?")) {
        copy(through("?>", 2));
      } else if (rest_.front() == '<') {
        copy(take(tag_length()));
      } else {
        plain_text(take(std::min(rest_.find('<'), rest_.size())));
      }
    }
    if (!changed_) return std::nullopt;
    return std::move(out_);
  }

 private:
  std::string_view take(std::size_t length) {
    const std::string_view piece = rest_.substr(0, length);
    rest_.remove_prefix(piece.size());
    return piece;
  }

  std::string_view through(std::string_view terminator, std::size_t from) {
    const std::size_t end = rest_.find(terminator, from);
    return take(end == std::string_view::npos ? rest_.size() : end + terminator.size());
  }

  /// To the '>' that is not inside a quoted value.
  [[nodiscard]] std::size_t tag_length() const {
    char quote = 0;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '>') {
        return i + 1;
      }
    }
    return rest_.size();
  }

  void section() {
    out_ += take(kSectionStart.size());
    const std::size_t end = section_end();
    std::string_view content = take(end);
    for (std::size_t at = content.find(kSectionEnd); at != std::string_view::npos;
         at = content.find(kSectionEnd)) {
      characters(content.substr(0, at));
      out_ += kSplitSectionEnd;
      content.remove_prefix(at + kSectionEnd.size());
      changed_ = true;
    }
    characters(content);
    out_ += take(kSectionEnd.size());
  }

  /// Where the section that was just opened ends, as xml.h says; never beyond the next one's start.
  [[nodiscard]] std::size_t section_end() const {
    const std::size_t first = rest_.find(kSectionEnd);
    if (first == std::string_view::npos) return rest_.size();
    const std::size_t bound = std::min(rest_.find(kSectionStart), rest_.size());
    for (std::size_t at = first; at < bound; at = rest_.find(kSectionEnd, at + 1)) {
      std::size_t next = at + kSectionEnd.size();
      while (next < rest_.size() && is_space(rest_[next]))
        ++next;
      const std::string_view follows = rest_.substr(next, 2);
      if (follows == "</" || follows == "<!") return at;
    }
    return first;
  }

  void plain_text(std::string_view text) {
    for (std::size_t at = text.find(kSectionEnd); at != std::string_view::npos;
         at = text.find(kSectionEnd)) {
      copy(text.substr(0, at));
      out_ += "]]&gt;";
      text.remove_prefix(at + kSectionEnd.size());
      changed_ = true;
    }
    copy(text);
  }

  /// Characters and references.
  void copy(std::string_view text) {
    for (std::size_t at = text.find("&#"); at != std::string_view::npos; at = text.find("&#")) {
      characters(text.substr(0, at));
      text.remove_prefix(at);
      const std::size_t length = forbidden_reference(text);
      if (length > 0) {
        replace();
        text.remove_prefix(length);
      } else {
        out_ += "&#";
        text.remove_prefix(2);
      }
    }
    characters(text);
  }

  /// Length of a character reference to what XML forbids at the beginning of `text`, 0 if there is
  /// none.
  static std::size_t forbidden_reference(std::string_view text) {
    const bool hex = text.size() > 2 && text[2] == 'x';
    const char* first = text.data() + (hex ? 3 : 2);
    const char* last = text.data() + text.size();
    unsigned long value = 0;
    const auto [stop, error] = std::from_chars(first, last, value, hex ? 16 : 10);
    if (stop == first || stop == last || *stop != ';') return 0;
    const bool fine =
        error == std::errc{} && value <= 0x10FFFF && is_xml_character(static_cast<char32_t>(value));
    return fine ? 0 : static_cast<std::size_t>(stop - text.data()) + 1;
  }

  void characters(std::string_view text) {
    for (std::size_t pos = 0; pos < text.size();) {
      const CodePoint step = decode_utf8(text, pos);
      if (step.valid && is_xml_character(step.code_point)) {
        out_.append(text, pos, step.length);
      } else {
        replace();
      }
      pos += step.length;
    }
  }

  void replace() {
    append_utf8(out_, kReplacementCharacter);
    changed_ = true;
  }

  std::string_view rest_;
  std::string out_;
  bool changed_ = false;
};

enum class Place { kText, kAttribute };

void append_escaped(std::string& out, std::string_view utf8, Place place) {
  for (std::size_t pos = 0; pos < utf8.size();) {
    const CodePoint step = decode_utf8(utf8, pos);
    pos += step.length;
    switch (step.code_point) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += place == Place::kAttribute ? "&quot;" : "\"";
        break;
      case '\'':
        out += place == Place::kAttribute ? "&apos;" : "'";
        break;
      case '\r':
        out += "&#13;";  // a bare CR would be read as LF
        break;
      case '\t':
      case '\n':
        if (place == Place::kAttribute) {
          out += step.code_point == '\t' ? "&#9;" : "&#10;";
          break;
        }
        [[fallthrough]];
      default:
        append_utf8(out,
                    is_xml_character(step.code_point) ? step.code_point : kReplacementCharacter);
    }
  }
}

}  // namespace

std::optional<std::string> mend_xml(std::string_view utf8) {
  return Mender(utf8).run();
}

void append_xml_text(std::string& out, std::string_view utf8) {
  append_escaped(out, utf8, Place::kText);
}

void append_xml_attribute(std::string& out, std::string_view utf8) {
  append_escaped(out, utf8, Place::kAttribute);
}

}  // namespace yagura::text
