#include "db/pool.h"

#include <algorithm>
#include <condition_variable>
#include <optional>
#include <vector>

#include "base/guarded.h"
#include "base/log.h"
#include "base/random.h"

namespace yagura::db {
namespace {

using Time = std::chrono::steady_clock::time_point;

/// An idle connection older than this is asked whether it still lives before it is handed out.
constexpr auto kTrustIdle = std::chrono::seconds(20);

struct Idle {
  std::unique_ptr<Connection> connection;
  Time since;
  bool trusted = false;  ///< may be handed out without asking it
};

struct Shared {
  std::vector<Idle> idle;
  std::size_t open = 0;  ///< idle, in use and being opened
  std::size_t opening = 0;
  Pool::Health health;
  Backoff backoff;
  Time next_attempt;  ///< no connecting before this
  Time trusted_from;  ///< idle since before this: ask first
  Error last_error;
};

Time now() {
  return std::chrono::steady_clock::now();
}

void set_usable(Shared& shared, bool usable) {
  if (shared.health.usable == usable && shared.health.since != 0) return;
  shared.health.usable = usable;
  shared.health.since = SystemClock().now();
  if (usable) {
    log::info("database-connected");
  } else {
    log::warning("database-lost", {{"error", shared.health.last_error}});
  }
}

void note_failure(Shared& shared, const Error& error) {
  shared.last_error = error;
  shared.health.last_error = error.what;
  shared.trusted_from = now();
  set_usable(shared, false);
}

}  // namespace

Micros Backoff::next() {
  const Micros full = current_;
  current_ = std::min(current_ * 2, kLongest);
  SystemRandom random;
  const auto fifth = static_cast<std::uint64_t>(full / 5);
  return full - static_cast<Micros>(random.below(fifth + 1));
}

struct Pool::State {
  State(Connect how, std::size_t most) : connect(std::move(how)), size(most) {}
  Result<std::optional<Idle>> wait_turn(Time deadline);

  Connect connect;
  std::size_t size;
  Guarded<Shared> shared;
  std::condition_variable changed;
};

Pool::Pool(const Options& options, std::size_t size)
    : Pool([options] { return db::connect(options); }, size) {}

Pool::Pool(Connect connect, std::size_t size)
    : state_(std::make_unique<State>(std::move(connect), std::max<std::size_t>(size, 1))) {}

Pool::~Pool() = default;

Pool::Handle& Pool::Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    if (connection_) pool_->give_back(std::move(connection_));
    pool_ = other.pool_;
    connection_ = std::move(other.connection_);
  }
  return *this;
}

Pool::Handle::~Handle() {
  if (connection_) pool_->give_back(std::move(connection_));
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  bool keep = !connection->broken();
  if (keep && connection->in_transaction()) keep = connection->rollback().ok();
  if (!keep) {
    discard();
    return;
  }
  state_->shared.lock()->idle.push_back({std::move(connection), now()});
  state_->changed.notify_all();
}

void Pool::discard() {
  {
    auto shared = state_->shared.lock();
    --shared->open;
    note_failure(*shared, Error{ErrorCode::kUnavailable, "the connection to the database broke"});
  }
  state_->changed.notify_all();
}

Result<std::unique_ptr<Connection>> Pool::open_one() {
  Result<std::unique_ptr<Connection>> made = state_->connect();
  {
    auto shared = state_->shared.lock();
    --shared->opening;
    if (made.ok()) {
      shared->backoff.reset();
      set_usable(*shared, true);
    } else {
      --shared->open;
      shared->next_attempt = now() + std::chrono::microseconds(shared->backoff.next());
      note_failure(*shared, made.error());
    }
  }
  state_->changed.notify_all();
  return made;
}

/// Waits for an idle connection or for leave to open one. Nothing = leave to open, already counted.
Result<std::optional<Idle>> Pool::State::wait_turn(Time deadline) {
  auto held = shared.lock();
  const auto may_open = [&] {
    // While the database is away, one caller is enough to find out whether it is back.
    return held->open < size && now() >= held->next_attempt &&
           (held->health.usable || held->opening == 0);
  };
  while (held->idle.empty() && !may_open()) {
    const Time today = now();
    const bool room = held->open < size;
    // With none in use and none being opened, nothing can change before the next attempt.
    const bool hopeless = room && held->open == 0 && held->next_attempt > deadline;
    if (hopeless || today >= deadline) {
      if (!held->health.usable && held->health.since != 0) return held->last_error;
      return Error{ErrorCode::kTimeout,
                   "all " + std::to_string(size) + " connections to the database are in use"};
    }
    const bool pausing = room && held->next_attempt > today;
    const Time until = pausing ? std::min(deadline, held->next_attempt) : deadline;
    held.wait_for(changed, until - today, [&] { return !held->idle.empty() || may_open(); });
  }
  if (held->idle.empty()) {
    ++held->open;
    ++held->opening;
    return std::optional<Idle>();
  }
  std::optional<Idle> idle(std::move(held->idle.back()));
  held->idle.pop_back();
  idle->trusted = idle->since >= held->trusted_from && now() - idle->since < kTrustIdle;
  return idle;
}

Result<Pool::Handle> Pool::acquire(std::chrono::milliseconds wait) {
  const Time deadline = now() + wait;
  for (;;) {
    YAGURA_TRY(idle, state_->wait_turn(deadline));
    if (!idle) {
      Result<std::unique_ptr<Connection>> made = open_one();
      if (made.ok()) return Handle(this, std::move(made).value());
      continue;  // waits for the next attempt if there is time, else tells the reason
    }
    if (idle->trusted || idle->connection->query("SELECT 1").ok()) {
      return Handle(this, std::move(idle->connection));
    }
    discard();
  }
}

Pool::Health Pool::health() {
  auto shared = state_->shared.lock();
  Health out = shared->health;
  out.open = shared->open;
  out.in_use = shared->open - shared->idle.size() - shared->opening;
  out.size = state_->size;
  return out;
}

}  // namespace yagura::db
