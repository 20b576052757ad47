// The command lines of the Tentacle protocol: one line of bytes in, one Command out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yagura::tentacle {

/// Longest command line including its line feed.
constexpr std::size_t kMaxLine = 1024;

enum class Verb { kSend, kZsend, kRecv, kZrecv, kLs, kMv, kPass, kQuit };

/// "SEND", "ZSEND", ... as on the wire.
std::string_view word(Verb verb);

struct Command {
  Verb verb = Verb::kQuit;
  /// File name as announced (not yet judged, see valid_name), or the digest of PASS.
  std::string name;
  /// For SEND and ZSEND; a number too large for 64 bits becomes the largest one.
  std::uint64_t size = 0;
};

/// Parses a line without its line feed. Nothing if it is no command: keywords are case sensitive,
/// blanks are single, a carriage return is a byte like any other. The name of SEND extends to the
/// last '>' that lets the rest match.
std::optional<Command> parse_command(std::string_view line);

/// "SEND OK", "RECV OK", ...: the line that lets the server send the body for `verb`.
std::string go_ahead(Verb verb);

/// The protocol's password digest: MD5 over the 16 raw bytes of the MD5 of `password`, in
/// lower-case hexadecimal. It is as good as the password itself: keep it as a secret.
std::string password_digest(std::string_view password);
/// True for 32 lower-case hexadecimal digits.
bool is_password_digest(std::string_view text);

}  // namespace yagura::tentacle
