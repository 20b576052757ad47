// XML for documents of strangers: expat with callbacks, without DTD, behind limits.
//
// Input is UTF-8 (see text/encoding.h). A DOCTYPE stops the parser before it is looked into, so
// there are no entities but the five of XML, no external files, no expansion. Depth, elements,
// attributes, text and total size are counted here, because expat counts none of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct XML_ParserStruct;

namespace yagura::text {

struct XmlAttribute {
  std::string_view name;
  std::string_view value;
};

/// Receives what the parser finds. Views live only during the call.
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  /// false stops the parser (XmlProblem::kStopped).
  virtual bool on_start(std::string_view name, std::span<const XmlAttribute> attributes) = 0;
  virtual void on_end() = 0;
  /// Text and CDATA alike, in pieces.
  virtual void on_text(std::string_view piece) = 0;
};

struct XmlLimits {
  std::size_t max_bytes = 2'000'000;
  std::size_t max_depth = 16;
  std::size_t max_elements = 200'000;
  std::size_t max_attributes = 64;             ///< of one element
  std::size_t max_text_bytes = 1024UL * 1024;  ///< between two tags; attribute values too
};

enum class XmlProblem : std::uint8_t {
  kMalformed,
  kDoctype,
  kLimit,
  kStopped,  ///< by the handler
};

struct XmlFailure {
  XmlProblem problem = XmlProblem::kMalformed;
  std::string what;  ///< with line and column
};

/// Reusable from one document to the next. Not thread-safe.
class XmlParser {
 public:
  XmlParser();
  ~XmlParser();
  XmlParser(XmlParser&&) noexcept;
  XmlParser& operator=(XmlParser&&) noexcept;

  /// Reads one whole document. On failure the handler has seen what came before.
  std::optional<XmlFailure> parse(std::string_view utf8, XmlHandler& handler,
                                  const XmlLimits& limits);

 private:
  struct Run;
  struct Callbacks;
  struct Free {
    void operator()(XML_ParserStruct* parser) const;
  };
  std::unique_ptr<XML_ParserStruct, Free> parser_;
};

/// The second chance for a document that is not well-formed: characters XML forbids (control bytes,
/// NUL, U+FFFE, U+FFFF), also as character references, become U+FFFD; a "]]>" that cannot be the
/// end of its CDATA section, or stands in plain text, is written so that it is text. Nothing if
/// there is nothing of that kind. A CDATA section ends at the first "]]>" that a tag, another
/// section or a comment follows (white space between), else at the first one.
std::optional<std::string> mend_xml(std::string_view utf8);

/// Appends `text` for element content or attribute values: & < > " ' escaped, TAB, LF and CR as
/// references in attributes, characters XML forbids as U+FFFD. `utf8` may be ill-formed.
void append_xml_text(std::string& out, std::string_view utf8);
void append_xml_attribute(std::string& out, std::string_view utf8);

}  // namespace yagura::text
