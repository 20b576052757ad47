// Which file names may cross the wire, and what kind of file a name means.
#pragma once

#include <string_view>

namespace yagura::tentacle {

/// Longest name in bytes; one more is refused.
constexpr std::size_t kMaxName = 255;

/// True if `name` may be announced or asked for: 1 to kMaxName bytes, none of the 15 bytes that the
/// protocol forbids nor '|', no control byte, no leading dot, no blank at either end. All other
/// bytes are fine and are never changed: agents put their name in the file name, in any encoding.
bool valid_name(std::string_view name);

/// What the final extension of a name says (the reference searches the whole name, so that data of
/// a host called "srv.confluence" went astray).
enum class FileKind {
  kData,           ///< .data
  kConfiguration,  ///< .conf
  kChecksum,       ///< .md5
  kCollection,     ///< .zip
  kOther,
};
FileKind kind_of(std::string_view name);

/// The agent that a file belongs to by its name: "<md5>" of "<md5>.conf", "<md5>.md5" and
/// "<md5>.srv.conf"; empty if the name belongs to no single agent. <md5> is 32 lower-case
/// hexadecimal digits, the MD5 of the agent's name.
std::string_view owner_digest(std::string_view name);

}  // namespace yagura::tentacle
