#include "identity/throttle.h"

#include <algorithm>

#include "identity/session.h"
#include "text/cidr.h"

namespace yagura::identity {
namespace {

constexpr Micros kLongestDelay = 30 * kSecond;

Result<SourceState> read_state(db::Connection& db, std::string_view source,
                               const ThrottlePolicy& policy, Micros now) {
  YAGURA_TRY(rows, db.query("SELECT failures, first_failure, blocked_until FROM login_source"
                            " WHERE source = ?",
                            {source}));
  if (rows.empty()) return SourceState{};
  const db::Row& row = rows.front();
  const bool current = row.integer(1) > now - policy.source_window;
  return SourceState{.failures = current ? row.integer(0) : 0, .blocked_until = row.integer(2)};
}

// One statement, so that consoles that count at the same time cannot overwrite each other.
Result<std::int64_t> add_failure(db::Connection& db, std::string_view source, Micros window_start,
                                 Micros now) {
  YAGURA_TRY(done,
             db.execute("UPDATE login_source SET"
                        " failures = CASE WHEN first_failure > ? THEN failures + 1 ELSE 1 END,"
                        " first_failure = CASE WHEN first_failure > ? THEN first_failure"
                        " ELSE ? END, last_failure = ? WHERE source = ?",
                        {window_start, window_start, now, now, source}));
  return done.affected;
}

}  // namespace

std::string source_of(std::string_view address) {
  const auto parsed = text::IpAddress::parse(address);
  if (parsed && parsed->family() == text::IpFamily::kV4) return parsed->to_string();
  return bound_network(address, SessionBind::kSubnet);
}

Result<SourceState> source_state(db::Connection& db, std::string_view source,
                                 const ThrottlePolicy& policy, Micros now) {
  return read_state(db, source, policy, now);
}

Result<SourceState> count_source_failure(db::Connection& db, std::string_view source,
                                         const ThrottlePolicy& policy, Micros now) {
  const Micros window_start = now - policy.source_window;
  YAGURA_TRY(counted, add_failure(db, source, window_start, now));
  if (counted == 0) {
    const Micros forget = now - std::max(policy.source_window, policy.source_block);
    YAGURA_CHECK(db.execute("DELETE FROM login_source WHERE last_failure < ?", {forget}));
    YAGURA_CHECK(
        db.execute("INSERT INTO login_source (source, failures, first_failure,"
                   " last_failure) VALUES (?, 1, ?, ?)",
                   {source, now, now}));
  }
  YAGURA_TRY(state, read_state(db, source, policy, now));
  if (state.failures >= policy.source_failures) {
    state.blocked_until = now + policy.source_block;
    YAGURA_CHECK(db.execute("UPDATE login_source SET blocked_until = ? WHERE source = ?",
                            {state.blocked_until, source}));
  }
  return state;
}

Micros refusal_delay(const SourceState& state, const ThrottlePolicy& policy) {
  const std::int64_t beyond = state.failures - policy.source_free;
  if (beyond <= 0) return 0;
  if (beyond > 5) return kLongestDelay;
  return std::min(kLongestDelay, kSecond << (beyond - 1));
}

}  // namespace yagura::identity
