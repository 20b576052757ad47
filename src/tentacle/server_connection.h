// ServerConnection: one client of the transport daemon. It puts a ServerSession on a
// net::Connection and decides what the session leaves to its host: room, names, identities,
// deadlines, delays.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/server.h"
#include "tentacle/outgoing.h"
#include "tentacle/payload.h"
#include "tentacle/server_session.h"
#include "tentacle/spool_writer.h"
#include "tentacle/transfer_log.h"
#include "tentacle/transport_settings.h"
#include "tentacle/zip.h"

namespace yagura::tentacle {

/// How long a refusal waits in uniform mode. Its end is found by the sweeper, so that answers to
/// all refused requests leave at the same beats, whatever the refusal had to look at (TEN-09).
constexpr Micros kRefusalDelay = kSecond / 4;
/// How long a connection stays open, silent, after a wrong password (TEN-08).
constexpr Micros kFailureDelay = kSecond;
/// Longest wait for our own disk before the connection is given up.
constexpr Micros kStoreLimit = 60 * kSecond;
/// Certificate subjects are cut to this before they enter envelopes and records.
constexpr std::size_t kMaxSubject = 256;

struct TransportCounters {
  std::atomic<std::uint64_t> stored{0};
  std::atomic<std::uint64_t> repeated{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> bytes_in{0};
  std::atomic<std::uint64_t> bytes_out{0};
};

/// What all connections share. Everything it points to outlives them.
struct TransportContext {
  const TransportSettings* settings = nullptr;
  SpoolWriter* spool = nullptr;
  const Outgoing* outgoing = nullptr;  ///< null = nothing can be fetched
  FetchPool* fetches = nullptr;
  TransferLog* log = nullptr;
  TransportCounters* counters = nullptr;
  std::atomic<std::uint64_t> next_connection{1};
};

class ServerConnection final : public net::Protocol {
 public:
  ServerConnection(net::Connection& connection, TransportContext& context,
                   const ListenerSettings& listener, const SessionRules& rules);

  void on_open() override;
  std::size_t on_bytes(std::string_view bytes) override;
  void on_sent() override;
  void on_end(net::Connection& connection) override;
  void on_deadline(net::Connection& connection) override;
  void on_drain(net::Connection& connection) override;
  void on_close(net::CloseReason reason) override;

  /// Answer of the spool to upload number `tag`.
  void on_stored(std::uint64_t tag, StoreOutcome outcome);
  /// Answer of the fetch pool to request number `tag`.
  void on_found(std::uint64_t tag, Result<Body> found);

 private:
  enum class Waiting { kNone, kStore, kFetch, kRefusal, kClose };

  void pump(std::string_view& input);
  bool step(std::string_view& input);
  void offered();
  [[nodiscard]] std::optional<Refusal> objection() const;
  void take_data(std::string_view bytes);
  void received();
  void wanted();
  void send_body();
  void ended();
  void begin_operation();
  void end_operation();
  void refuse(Refusal reason);
  void go_on();
  void answer();
  void set_deadline();
  void fail(std::string_view reason, std::string_view detail);
  void log_transfer(std::string_view result, std::string_view reason);
  void make_info();
  [[nodiscard]] bool may_use(std::string_view name) const;
  [[nodiscard]] Micros wall() const { return SystemClock().now(); }

  net::Connection& connection_;
  TransportContext& context_;
  const ListenerSettings& listener_;
  ServerSession session_;
  std::shared_ptr<ConnectionInfo> info_;
  Micros began_;  // wall clock
  std::uint64_t transfers_ = 0;
  std::string_view result_;  // how the connection ended, once we know better than net/

  Waiting waiting_ = Waiting::kNone;
  bool draining_ = false;
  bool uploading_ = false;
  std::uint64_t tag_ = 0;  // number of the current operation
  Refusal refusal_ = Refusal::kInvalidName;
  Micros due_ = 0;              // of a refusal or a close
  Micros operation_began_ = 0;  // wall clock
  Micros operation_end_ = 0;    // steady: the whole-exchange deadline
  Micros last_progress_ = 0;    // steady
  std::unique_ptr<Payload> payload_;
  std::unique_ptr<ZipReader> archive_;
  Status payload_status_;
  std::unique_ptr<Body> body_;
  std::uint64_t body_sent_ = 0;
};

}  // namespace yagura::tentacle
