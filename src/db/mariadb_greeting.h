// The first packet of a MariaDB or MySQL server, read before the client library answers it.
//
// Why: the library enforces TLS before it sends user name and password only when it also checks the
// host name. In every other mode somebody on the wire who removes the offer of TLS from the
// greeting would be sent user name, database name and the hashed password in the clear, before our
// own check could look (SRV-15: never a silent fall-back). So the connection is cut while the
// greeting is read.
#pragma once

#include <string_view>

namespace yagura::db {

enum class Greeting {
  kIncomplete,  ///< more bytes are needed
  kTls,         ///< offers TLS
  kNoTls,       ///< offers none, or is no greeting we know
  kRefusal,     ///< an error instead of a greeting: the client will not answer
};

/// Longest greeting taken; real ones have about 120 bytes.
constexpr std::size_t kMaxGreetingBytes = 4096;

/// Judges all bytes received so far. Pure; bytes come from outside.
Greeting judge_greeting(std::string_view bytes);

/// While it lives, a connection opened by this thread is cut unless its greeting offers TLS.
class GreetingGuard {
 public:
  GreetingGuard();
  ~GreetingGuard();
  GreetingGuard(const GreetingGuard&) = delete;
  GreetingGuard& operator=(const GreetingGuard&) = delete;
  /// True if it had to cut.
  [[nodiscard]] bool cut() const;
};

}  // namespace yagura::db
