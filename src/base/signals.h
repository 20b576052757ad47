// Waiting for the operator: SIGINT and SIGTERM mean "stop in order".
#pragma once

#include "base/fd.h"
#include "base/result.h"

namespace yagura {

/// Writing to a peer that has gone becomes an error of that write instead of the end of the process:
/// OpenSSL writes to sockets without MSG_NOSIGNAL. A handler of the program's own is left alone.
void ignore_broken_pipes();

/// Blocks SIGINT, SIGTERM, SIGHUP in this and all later threads and ignores SIGPIPE. Construct it
/// first in main, before any thread exists.
class StopSignals {
 public:
  enum class Signal { kStop, kReload, kNone };

  static Result<StopSignals> block();
  /// Waits up to `timeout_ms` (-1 = for ever); kNone when the time is over.
  Signal wait(int timeout_ms = -1);
  /// Readable when a signal waits: for poll(2).
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  explicit StopSignals(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace yagura
