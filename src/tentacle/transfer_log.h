// TransferLog: the transport's own audit log (TEN-10): JSON lines, one record for every connection,
// every transfer, every failed authentication, and counts of connections that were turned away.
// docs/transport.md describes the fields.
//
// Records are gathered in memory and written by flush(), which the spool's committers call before
// they answer "SEND OK": what was acknowledged is in the log even if the process is killed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/fd.h"
#include "base/guarded.h"
#include "base/result.h"
#include "net/server.h"
#include "tentacle/spool_envelope.h"

namespace yagura::tentacle {

/// What records say about a connection. Shared with work that may outlive it.
struct ConnectionInfo {
  std::uint64_t id = 0;
  net::Peer peer;
  Level level = Level::kNone;
};

struct LoggedTransfer {
  std::string_view verb;
  std::string_view file;
  std::uint64_t size = 0;
  std::string_view sha256;  ///< empty if not known
  std::string_view item;    ///< id of the spool item; empty if none
  std::string_view result;  ///< "stored", "repeated", "sent", "declined", "lost", "refused"
  std::string_view reason;  ///< for "refused"
  Micros began = 0;         ///< wall clock
  Micros ended = 0;
};

struct TransferLogOptions {
  std::string file;  ///< empty = keeps nothing
  std::uint64_t max_bytes = 100'000'000;
  std::size_t keep = 10;
};

/// Thread-safe.
class TransferLog {
 public:
  /// Gathered bytes above which the caller itself writes: records are never dropped for speed.
  static constexpr std::size_t kMaxGathered = 1024UL * 1024;
  /// Addresses whose refused connections are counted apart; the rest together as "others".
  static constexpr std::size_t kMaxRefusedAddresses = 4096;

  explicit TransferLog(TransferLogOptions options) : options_(std::move(options)) {}
  TransferLog(const TransferLog&) = delete;
  TransferLog& operator=(const TransferLog&) = delete;
  ~TransferLog() { stop(); }

  /// Opens the file and starts the thread that flushes several times a second.
  Status start();
  void stop();
  /// Opens the file anew: after an outside rotation.
  Status reopen();

  void connection_ended(const ConnectionInfo& connection, Micros began, Micros ended,
                        std::uint64_t transfers, std::string_view result, std::string_view detail);
  void transfer(const ConnectionInfo& connection, const LoggedTransfer& transfer);
  /// A peer failed: "wrong-password", "unknown-command", "line-too-long", "certificate".
  void failure(const ConnectionInfo& connection, std::string_view reason, std::string_view detail);
  /// Turned away before a protocol was spoken. Counted, and written once in a while.
  void turned_away(const std::string& listener, const net::Address& address, net::Verdict verdict);

  void flush();
  /// Records that could not be written.
  [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  struct File {
    UniqueFd fd;
    std::uint64_t size = 0;
  };
  struct RefusalKey {
    std::string listener;
    std::string address;
    std::string verdict;
    auto operator<=>(const RefusalKey&) const = default;
  };

  void add(std::string line);
  void write(File& file, const std::string& lines);
  Status open_file(File& file);
  Status rotate(File& file);
  void run();
  void write_refusals();

  const TransferLogOptions options_;
  Guarded<std::string> gathered_;
  Guarded<File> file_;
  Guarded<std::map<RefusalKey, std::uint64_t>> refusals_;
  std::atomic<std::uint64_t> lost_{0};
  Guarded<bool> stopping_;
  std::condition_variable stop_changed_;
  std::thread thread_;
};

}  // namespace yagura::tentacle
