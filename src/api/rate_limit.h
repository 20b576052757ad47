// How often one client may call. Token buckets in memory: they protect this process from one busy
// client, they are no security counter (those are in the database: identity/throttle.h).
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "api/route.h"
#include "base/clock.h"
#include "base/guarded.h"

namespace yagura::api {

/// Requests per minute; a client that was quiet may use a minute's worth at once.
struct RateLimits {
  std::int64_t read = 1200;      ///< of one session
  std::int64_t write = 240;      ///< of one session
  std::int64_t login = 60;       ///< of one address: each costs a password hash
  std::int64_t anonymous = 600;  ///< of one address, requests without a valid session
};

/// Thread-safe.
class RateLimiter {
 public:
  /// More clients than this at once are forgotten and start anew.
  static constexpr std::size_t kMaxClients = 20'000;

  explicit RateLimiter(const RateLimits& limits) : limits_(limits) {}

  /// Takes one request of `client`; 0 = go on, else seconds to wait. `now` is steady.
  std::int64_t take(RateClass rate, const std::string& client, Micros now);
  std::int64_t take_anonymous(const std::string& address, Micros now);

 private:
  struct Bucket {
    double tokens = 0;
    Micros at = 0;
  };
  std::int64_t take_from(std::string key, std::int64_t per_minute, Micros now);

  const RateLimits limits_;
  Guarded<std::unordered_map<std::string, Bucket>> buckets_;
};

}  // namespace yagura::api
