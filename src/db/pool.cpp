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
};

struct Shared {
  std::vector<Idle> idle;
  std::size_t open = 0;  ///< idle, in use and being opened
  bool opening = false;
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
  Connect connect;
  std::size_t size;
  Guarded<Shared> shared;
  std::condition_variable changed;
};

Pool::Pool(const Options& options, std::size_t size)
    : Pool([options] { return db::connect(options); }, size) {}

Pool::Pool(Connect connect, std::size_t size)
    : state_(new State{std::move(connect), std::max<std::size_t>(size, 1), {}, {}}) {}

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
  {
    auto shared = state_->shared.lock();
    if (keep) {
      shared->idle.push_back({std::move(connection), now()});
    } else {
      --shared->open;
      note_failure(*shared, Error{ErrorCode::kUnavailable, "the connection to the database broke"});
    }
  }
  state_->changed.notify_all();
}

Result<std::unique_ptr<Connection>> Pool::open_one() {
  Result<std::unique_ptr<Connection>> made = state_->connect();
  {
    auto shared = state_->shared.lock();
    shared->opening = false;
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

Result<Pool::Handle> Pool::acquire(std::chrono::milliseconds wait) {
  const Time deadline = now() + wait;
  for (;;) {
    std::optional<Idle> idle;
    bool open_new = false;
    {
      auto shared = state_->shared.lock();
      const auto may_open = [&] {
        return shared->open < state_->size && now() >= shared->next_attempt &&
               (shared->health.usable || !shared->opening);
      };
      while (shared->idle.empty() && !may_open()) {
        const Time today = now();
        const bool room = shared->open < state_->size;
        // In use ones may come back; without any, nothing can change before the next attempt.
        const bool hopeless =
            room && !shared->opening && shared->open == 0 && shared->next_attempt > deadline;
        if (hopeless || today >= deadline) {
          if (!shared->health.usable && shared->health.since != 0) return shared->last_error;
          return Error{ErrorCode::kTimeout, "all " + std::to_string(state_->size) +
                                                " connections to the database are in use"};
        }
        const Time until = room && shared->next_attempt > today
                               ? std::min(deadline, shared->next_attempt)
                               : deadline;
        shared.wait_for(state_->changed, until - today,
                        [&] { return !shared->idle.empty() || may_open(); });
      }
      if (!shared->idle.empty()) {
        idle = std::move(shared->idle.back());
        shared->idle.pop_back();
        const bool fresh = idle->since >= shared->trusted_from && now() - idle->since < kTrustIdle;
        if (fresh) return Handle(this, std::move(idle->connection));
      } else {
        ++shared->open;
        shared->opening = true;
        open_new = true;
      }
    }
    if (open_new) {
      Result<std::unique_ptr<Connection>> made = open_one();
      if (made.ok()) return Handle(this, std::move(made).value());
      continue;
    }
    if (idle->connection->query("SELECT 1").ok()) return Handle(this, std::move(idle->connection));
    {
      auto shared = state_->shared.lock();
      --shared->open;
      note_failure(*shared, Error{ErrorCode::kUnavailable, "the connection to the database broke"});
    }
    state_->changed.notify_all();
  }
}

Pool::Health Pool::health() {
  auto shared = state_->shared.lock();
  Health out = shared->health;
  out.open = shared->open;
  out.in_use = shared->open - shared->idle.size() - (shared->opening ? 1 : 0);
  out.size = state_->size;
  return out;
}

}  // namespace yagura::db
