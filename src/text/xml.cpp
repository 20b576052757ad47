#include "text/xml.h"

#include <array>
#include <cstring>
#include <vector>

#include <expat.h>

#include "base/random.h"

namespace yagura::text {
namespace {

/// Of expat's hash tables. One per process: asking the kernel for each document costs more than
/// parsing a small one.
unsigned long process_salt() {
  static const unsigned long salt = [] {
    unsigned long value = 0;
    std::array<std::uint8_t, sizeof value> bytes{};
    SystemRandom().fill(bytes);
    std::memcpy(&value, bytes.data(), sizeof value);
    return value | 1U;  // 0 would mean "choose yourself"
  }();
  return salt;
}

}  // namespace

/// One document on its way.
struct XmlParser::Run {
  XML_Parser parser;
  XmlHandler& handler;
  const XmlLimits& limits;
  std::size_t depth = 0;
  std::size_t elements = 0;
  std::size_t text_bytes = 0;
  std::optional<XmlFailure> stopped{};
  std::vector<XmlAttribute> attributes{};

  void stop(XmlProblem problem, std::string what) {
    if (stopped) return;
    stopped = XmlFailure{problem, std::move(what) + ", " + position()};
    XML_StopParser(parser, XML_FALSE);
  }

  [[nodiscard]] std::string position() const {
    return "line " + std::to_string(XML_GetCurrentLineNumber(parser)) + ", column " +
           std::to_string(XML_GetCurrentColumnNumber(parser) + 1);
  }

  std::span<const XmlAttribute> collect(const XML_Char** pairs) {
    std::size_t count = 0;
    while (pairs[2 * count] != nullptr)
      ++count;
    if (count > limits.max_attributes) {
      stop(XmlProblem::kLimit,
           "more than " + std::to_string(limits.max_attributes) + " attributes");
      return {};
    }
    attributes.clear();
    for (std::size_t i = 0; i < count; ++i) {
      attributes.push_back({pairs[2 * i], pairs[2 * i + 1]});
      if (attributes.back().value.size() > limits.max_text_bytes) {
        stop(XmlProblem::kLimit, "attribute too long");
        return {};
      }
    }
    return attributes;
  }
};

struct XmlParser::Callbacks {
  static Run& run(void* user) { return *static_cast<Run*>(user); }

  static void XMLCALL start(void* user, const XML_Char* name, const XML_Char** pairs) {
    Run& r = run(user);
    if (r.stopped) return;
    r.text_bytes = 0;
    if (++r.depth > r.limits.max_depth) {
      return r.stop(XmlProblem::kLimit, "nested deeper than " + std::to_string(r.limits.max_depth));
    }
    if (++r.elements > r.limits.max_elements) {
      return r.stop(XmlProblem::kLimit,
                    "more than " + std::to_string(r.limits.max_elements) + " elements");
    }
    const auto attributes = r.collect(pairs);
    if (r.stopped) return;
    if (!r.handler.on_start(name, attributes)) r.stop(XmlProblem::kStopped, "stopped");
  }

  static void XMLCALL end(void* user, const XML_Char* /*name*/) {
    Run& r = run(user);
    if (r.stopped) return;
    r.text_bytes = 0;
    --r.depth;
    r.handler.on_end();
  }

  static void XMLCALL text(void* user, const XML_Char* piece, int length) {
    Run& r = run(user);
    if (r.stopped) return;
    const auto size = static_cast<std::size_t>(length);
    r.text_bytes += size;
    if (r.text_bytes > r.limits.max_text_bytes) {
      return r.stop(XmlProblem::kLimit,
                    "text longer than " + std::to_string(r.limits.max_text_bytes) + " bytes");
    }
    r.handler.on_text({piece, size});
  }

  static void XMLCALL doctype(void* user, const XML_Char* /*name*/, const XML_Char* /*system*/,
                              const XML_Char* /*pub*/, int /*has_subset*/) {
    run(user).stop(XmlProblem::kDoctype, "a DOCTYPE is not allowed");
  }
};

void XmlParser::Free::operator()(XML_ParserStruct* parser) const {
  XML_ParserFree(parser);
}

XmlParser::XmlParser() : parser_(XML_ParserCreate("UTF-8")) {}
XmlParser::~XmlParser() = default;
XmlParser::XmlParser(XmlParser&&) noexcept = default;
XmlParser& XmlParser::operator=(XmlParser&&) noexcept = default;

std::optional<XmlFailure> XmlParser::parse(std::string_view utf8, XmlHandler& handler,
                                           const XmlLimits& limits) {
  if (utf8.size() > limits.max_bytes) {
    return XmlFailure{XmlProblem::kLimit,
                      "document longer than " + std::to_string(limits.max_bytes) + " bytes"};
  }
  XML_Parser parser = parser_.get();
  Run run{.parser = parser, .handler = handler, .limits = limits};
  XML_ParserReset(parser, "UTF-8");
  XML_SetHashSalt(parser, process_salt());
  XML_SetUserData(parser, &run);
  XML_SetElementHandler(parser, Callbacks::start, Callbacks::end);
  XML_SetCharacterDataHandler(parser, Callbacks::text);
  XML_SetStartDoctypeDeclHandler(parser, Callbacks::doctype);
  const auto status = XML_Parse(parser, utf8.data(), static_cast<int>(utf8.size()), XML_TRUE);
  if (run.stopped) return std::move(run.stopped);
  if (status == XML_STATUS_OK) return std::nullopt;
  return XmlFailure{XmlProblem::kMalformed,
                    std::string(XML_ErrorString(XML_GetErrorCode(parser))) + ", " + run.position()};
}

}  // namespace yagura::text
