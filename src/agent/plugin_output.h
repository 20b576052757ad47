// What plugins print: parts of a report, inserted into it as they are (spec agent-conf §7).
//
// One ill-formed plugin must not destroy the whole document, so its output is read first: it must
// be well-formed, hold nothing but the elements a report may have beside its modules, and fit. What
// is not is dropped, said, and the rest of the report stays whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura::agent {

struct PluginParts {
  std::string xml;            ///< well-formed UTF-8 elements
  std::uint64_t modules = 0;  ///< <module> elements in it
};

/// kInvalid says why nothing of it is taken. Control bytes and ill-formed UTF-8 become U+FFFD.
Result<PluginParts> check_plugin_output(std::string_view output);

/// Puts the parts before the end of a document made by report::write.
std::string insert_plugin_parts(std::string document, std::string_view parts);

}  // namespace yagura::agent
