// Admission: who may hold a connection (TEN-08, TEN-13). Counts connections in all and per address,
// shuts out addresses that failed too often, and makes room under pressure.
//
// A connection is *unproven* until its protocol has seen a first valid request. When no place is
// free, the oldest unproven connection is closed in favour of the new one: silent connections can
// never block the service, however many there are. Only when every place is held by a proven
// connection is a new one refused.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "net/address.h"

namespace yagura::net {

struct AdmissionLimits {
  std::size_t connections = 2000;
  std::size_t per_address = 200;
  /// This many failures of one address within `failure_window`...
  std::size_t failures = 10;
  Micros failure_window = 60 * kSecond;
  /// ...shut it out for this long.
  Micros block = 300 * kSecond;
  /// Never shut out, and without a limit per address: relays and gateways with many agents behind.
  std::vector<Network> exempt;
};

enum class Verdict {
  kAdmitted,
  kFull,         ///< every place is held by a proven connection
  kAddressFull,  ///< as kFull, of this address
  kBlocked,      ///< the address failed too often
  kNotAllowed,   ///< outside the listener's allow list; never answered by Admission itself
};
/// Stable lower-case word, for logs.
std::string_view to_string(Verdict verdict);

/// Something that holds a place and can be told to give it up.
class Evictable {
 public:
  virtual ~Evictable() = default;
  /// Called from any thread; must return at once (post to the own thread).
  virtual void evict() = 0;
};

/// Thread-safe. Must outlive its tickets.
class Admission {
 public:
  /// Most addresses whose failures are remembered; the oldest are forgotten first.
  static constexpr std::size_t kMaxTracked = 65536;

  explicit Admission(AdmissionLimits limits) : limits_(std::move(limits)) {}

  /// A place; gives it back when destroyed.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket();
    /// The connection has shown that it speaks the protocol: it is no longer evicted.
    void prove();

   private:
    friend class Admission;
    Ticket(Admission* owner, std::uint64_t id) : owner_(owner), id_(id) {}
    Admission* owner_ = nullptr;
    std::uint64_t id_ = 0;
  };

  /// Asks for a place at steady time `now`. On kAdmitted `ticket` holds it.
  Verdict enter(const Address& address, Micros now, Ticket& ticket);
  /// Charges `ticket`'s place to another address: for connections whose true peer becomes known
  /// only later. Until then enter them with the unspecified address, which has no limit of its own.
  Verdict move(Ticket& ticket, const Address& address, Micros now);
  /// Names what is evicted with `ticket`'s place. Call once, right after enter().
  void attach(const Ticket& ticket, std::weak_ptr<Evictable> connection);
  /// Notes a failure (wrong password, refused certificate, not the protocol). True if the address
  /// has just become blocked.
  bool failed(const Address& address, Micros now);

  struct Counts {
    std::size_t open = 0;
    std::size_t blocked_addresses = 0;
    std::uint64_t admitted = 0;
    std::uint64_t refused = 0;
    std::uint64_t evicted = 0;
  };
  [[nodiscard]] Counts counts(Micros now);

 private:
  struct Place {
    Address counted;
    std::weak_ptr<Evictable> connection;
    std::list<std::uint64_t>::iterator unproven;
    bool proven = false;
  };
  struct Failures {
    Micros first = 0;
    std::size_t count = 0;
    Micros blocked_until = 0;
  };
  struct State {
    std::uint64_t next_id = 1;
    std::unordered_map<std::uint64_t, Place> places;
    std::unordered_map<Address, std::size_t, AddressHash> per_address;
    std::list<std::uint64_t> unproven;  // oldest first
    std::unordered_map<Address, Failures, AddressHash> failures;
    std::list<Address> failure_order;  // oldest first
    Counts counts;
  };

  static void release(State& state, std::uint64_t id);
  static bool evict_oldest(State& state, const Address* of, std::weak_ptr<Evictable>& evicted);
  static bool is_blocked(const State& state, const Address& counted, Micros now);
  Verdict make_room(State& state, const Address& counted, bool exempt,
                    std::weak_ptr<Evictable>& evicted) const;

  [[nodiscard]] bool is_exempt(const Address& address) const;

  const AdmissionLimits limits_;
  Guarded<State> state_;
};

}  // namespace yagura::net
