// A fast walk over the plain XML that agents write, beside expat, several times faster.
//
// It never judges: whatever is not plainly well-formed within a small subset (no DOCTYPE, comments,
// processing instructions, colons or letters beyond ASCII in names) is "unsure", and the caller
// reads the whole document again with XmlParser, which alone refuses documents. So there is one
// authority on what a document says; the fuzz target proves that both hear the same events wherever
// this one is sure.
#pragma once

#include <cstdint>
#include <string_view>

#include "text/xml.h"

namespace yagura::text {

enum class XmlScan : std::uint8_t {
  kDone,     ///< the handler heard the whole document
  kStopped,  ///< by the handler
  kUnsure,   ///< the handler heard a part; forget it and ask XmlParser
};

/// `utf8` must be well-formed UTF-8 (is_valid_utf8). A crossed limit is kUnsure as well. Stateless.
XmlScan scan_xml(std::string_view utf8, XmlHandler& handler, const XmlLimits& limits);

}  // namespace yagura::text
