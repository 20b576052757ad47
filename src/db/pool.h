// Pool: a bounded number of connections that come back by themselves after the database was away.
//
//   Pool pool(options, 8);
//   YAGURA_TRY(db, pool.acquire(2s));
//   YAGURA_TRY(rows, db->query("SELECT ..."));     // given back at the end of the scope
//
// While the database is away, one caller at a time tries to connect, after 1, 2, 4 ... 30 seconds;
// the others get kUnavailable with the last reason as soon as waiting cannot help them any more
// (server §20.6). Loss and return are logged once each. All methods may be called from any thread;
// the pool must outlive its handles.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "db/connection.h"

namespace yagura::db {

/// Pauses between attempts: doubling from 1 s to 30 s, each shortened by up to a fifth at random,
/// so that many programs do not come back in step. Not thread-safe.
class Backoff {
 public:
  static constexpr Micros kFirst = 1 * kSecond;
  static constexpr Micros kLongest = 30 * kSecond;

  Micros next();
  void reset() { current_ = kFirst; }

 private:
  Micros current_ = kFirst;
};

class Pool {
 public:
  struct Health {
    bool usable = false;     ///< the last attempt to use the database succeeded
    Micros since = 0;        ///< wall time of the last change of `usable`
    std::string last_error;  ///< of the last failure, empty if there was none
    std::size_t open = 0;
    std::size_t in_use = 0;
    std::size_t size = 0;
  };
  using Connect = std::function<Result<std::unique_ptr<Connection>>()>;

  /// Opens nothing yet. `size` > 0.
  Pool(const Options& options, std::size_t size);
  /// With another way to connect: tests.
  Pool(Connect connect, std::size_t size);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// One connection, given back when it goes out of scope; an open transaction is rolled back.
  class Handle {
   public:
    Handle(Handle&&) noexcept = default;
    Handle& operator=(Handle&& other) noexcept;
    ~Handle();
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    friend class Pool;
    Handle(Pool* pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  /// Waits up to `wait` for a connection. kTimeout if all are in use, kUnavailable if the database
  /// cannot be reached, kDenied for wrong credentials.
  Result<Handle> acquire(std::chrono::milliseconds wait);
  [[nodiscard]] Health health();

 private:
  struct State;
  void give_back(std::unique_ptr<Connection> connection);
  void discard();  ///< one of the open ones is gone
  Result<std::unique_ptr<Connection>> open_one();
  std::unique_ptr<State> state_;
};

}  // namespace yagura::db
