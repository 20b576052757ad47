// Any bytes as XML: the parser keeps its limits, what it accepts has balanced elements, mending
// makes no document worse, and escaped text comes back.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "text/utf8.h"
#include "text/xml.h"
#include "text/xml_scan.h"

namespace {

class Checker final : public yagura::text::XmlHandler {
 public:
  bool on_start(std::string_view name,
                std::span<const yagura::text::XmlAttribute> attributes) override {
    if (name.empty() || attributes.size() > 8 || ++depth > 6) std::abort();
    for (const auto& attribute : attributes)
      text += attribute.value;
    return true;
  }
  void on_end() override {
    if (--depth < 0) std::abort();
    events += "</>";
  }
  void on_text(std::string_view piece) override {
    text += piece;
    events += piece;
  }

  int depth = 0;
  std::string text;
  std::string events;  ///< everything heard, pieces of text joined
};

constexpr yagura::text::XmlLimits kLimits{.max_bytes = 65536,
                                          .max_depth = 6,
                                          .max_elements = 100,
                                          .max_attributes = 8,
                                          .max_text_bytes = 4096};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yagura::text;
  static XmlParser parser;
  const std::string bytes(reinterpret_cast<const char*>(data), size);

  Checker first;
  const auto failure = parser.parse(bytes, first, kLimits);
  if (!failure && first.depth != 0) std::abort();
  if (!is_valid_utf8(first.text)) std::abort();
  if (is_valid_utf8(bytes)) {
    Checker fast;
    if (scan_xml(bytes, fast, kLimits) == XmlScan::kDone) {
      if (failure || fast.events != first.events) std::abort();
    }
  }
  if (const auto mended = mend_xml(bytes)) {
    Checker second;
    const auto again = parser.parse(*mended, second, kLimits);
    if (!failure && again && again->problem == XmlProblem::kMalformed) std::abort();
    if (mend_xml(*mended)) std::abort();  // once is enough
  }

  std::string escaped = "<a b='";
  append_xml_attribute(escaped, bytes);
  escaped += "'>";
  append_xml_text(escaped, bytes);
  escaped += "</a>";
  Checker third;
  const auto round = parser.parse(escaped, third, {.max_bytes = escaped.size()});
  if (round || third.text.size() % 2 != 0) std::abort();
  const std::size_t half = third.text.size() / 2;
  if (third.text.substr(0, half) != third.text.substr(half)) std::abort();
  return 0;
}
