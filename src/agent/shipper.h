// Shipper: delivers buffered reports to one server, oldest first.
//
// One round is one connection: connect, send up to N reports, remove each only after its second
// "SEND OK", quit. A round runs in a process of its own (ShipperProcess): name look-ups and TLS can
// neither hold up the collecting nor leave their memory in an agent that sleeps for minutes; and
// the code that reads what a server says has no more rights than it needs to send.
//
// The transfer name <md5 of the agent's name>.<creation, microseconds>.data is the same each time a
// report is sent, so that a server which got it before a crash can tell.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "agent/buffer.h"
#include "agent/config.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/random.h"
#include "base/result.h"

namespace yagura::agent {

/// What came of one round.
struct ShipResult {
  std::uint64_t sent = 0;
  std::uint64_t bytes = 0;
  std::uint64_t refused = 0;    ///< set aside: the server will never take them
  std::uint64_t remaining = 0;  ///< still in the buffer
  std::string server;           ///< "host:port"
  std::string tls;              ///< version and cipher; empty = without TLS
  std::string error;            ///< why not everything was delivered; empty = it was
  /// Files the server declined while it took others behind them: the file is the reason then, not
  /// the server.
  std::vector<std::string> suspects;
};

/// How often each waiting file has been a suspect so far.
using Suspicions = std::map<std::string, int>;

/// A suspect is set aside when it becomes one for this many times. (A refusal need not say why:
/// servers that hide their reasons answer a bare "SEND ERR", and a full disk passes.)
constexpr int kMaxSuspicions = 3;
/// After this many refusals in a row the server takes nothing now: the round ends.
constexpr int kMaxDeclinedInARow = 3;

/// Sends up to `limit` reports to one server. Blocking, within the time limits of `server`.
ShipResult ship_round(const ServerConfig& server, const Buffer& buffer,
                      const std::string& agent_name, int limit, int timeout_s,
                      const Suspicions& suspicions);

/// To the primary; to `secondary` what is left when that failed (secondary_mode on_error).
ShipResult ship_with_fallback(const Config& config, const Buffer& buffer,
                              const std::string& agent_name, const Suspicions& suspicions);

/// "key value" lines, as they pass through the pipe between the two processes.
std::string write_ship_result(const ShipResult& result);
Result<ShipResult> parse_ship_result(std::string_view text);

/// A round in a forked process. It dies with its parent. Not thread-safe; start it while no other
/// thread of this process holds locks.
class ShipperProcess {
 public:
  enum class Target { kPrimary, kSecondary };
  /// Forks. The child uses everything it needs from memory and ends by itself.
  static Result<ShipperProcess> start(const Config& config, const Buffer& buffer,
                                      const std::string& agent_name, Target target,
                                      const Suspicions& suspicions);
  ShipperProcess(ShipperProcess&& other) noexcept;
  ShipperProcess& operator=(ShipperProcess&&) = delete;
  ~ShipperProcess();

  /// Readable when there is something to collect.
  [[nodiscard]] int fd() const { return pipe_.get(); }
  /// Reads what is there; the result once the child has ended. A child past its time is killed.
  std::optional<ShipResult> poll(Micros steady_now);
  /// Steady time at which it is killed.
  [[nodiscard]] Micros deadline() const { return deadline_; }

 private:
  ShipperProcess(pid_t pid, UniqueFd pipe, Micros deadline)
      : pid_(pid), pipe_(std::move(pipe)), deadline_(deadline) {}
  void kill();
  ShipResult finish(const std::string& why);
  pid_t pid_;
  UniqueFd pipe_;
  Micros deadline_;
  std::string text_;
};

/// When to try again after failures: doubling from 5 s up to the longest pause, each a random
/// quarter longer or shorter so that a thousand agents do not come back in the same second.
class BackOff {
 public:
  BackOff(Micros longest, Random& random) : longest_(longest), random_(random) {}
  void succeeded() { failures_ = 0; }
  /// The pause after one more failure.
  Micros failed();

 private:
  Micros longest_;
  Random& random_;
  int failures_ = 0;
};

}  // namespace yagura::agent
