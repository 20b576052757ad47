// Brute force: what refused logins cost the next ones. Source: spec console-security §10. Counters
// live in the database, so that several consoles count together.
//
// Two independent counters: per account (block after some failures) and per source network (delay
// that doubles, then refusal). Unknown names count for the source only; nothing is stored for them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "db/connection.h"

namespace yagura::identity {

struct ThrottlePolicy {
  std::int64_t account_failures = 5;     ///< until the account is blocked...
  Micros account_window = 30 * kMinute;  ///< ...within this time...
  Micros account_block = 15 * kMinute;   ///< ...for this time
  std::int64_t source_free = 2;          ///< failures before answers are delayed
  std::int64_t source_failures = 20;     ///< until the source is refused...
  Micros source_window = 10 * kMinute;   ///< ...within this time...
  Micros source_block = 15 * kMinute;    ///< ...for this time
};

/// The network that failures count for: the IPv4 address, or the IPv6 /64.
std::string source_of(std::string_view address);

struct SourceState {
  std::int64_t failures = 0;  ///< in the present window
  Micros blocked_until = 0;   ///< 0 or past = not blocked
};

Result<SourceState> source_state(db::Connection& db, std::string_view source,
                                 const ThrottlePolicy& policy, Micros now);
/// Counts one failure, inside the caller's transaction, and returns the state after it. Rows that
/// mean nothing any more are removed on the way.
Result<SourceState> count_source_failure(db::Connection& db, std::string_view source,
                                         const ThrottlePolicy& policy, Micros now);

/// Delay of the answer to a refused login: 0 at first, then 1, 2, 4 ... 30 s.
Micros refusal_delay(const SourceState& state, const ThrottlePolicy& policy);

}  // namespace yagura::identity
