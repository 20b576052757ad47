// One I/O thread: a single-threaded event loop, its sweeper and the connections that live on it.
// Private to net/.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/guarded.h"
#include "net/server.h"

namespace yagura::net {

class ConnectionImpl;
class Acceptor;

/// Number of open connections of a server, to wait for none.
class OpenCount {
 public:
  void add() { ++*count_.lock(); }
  void remove() {
    if (--*count_.lock() == 0) none_.notify_all();
  }
  /// False if there still are some after `limit`.
  bool wait_none(Micros limit);

 private:
  Guarded<std::size_t> count_;
  std::condition_variable none_;
};

class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  IoThread(std::size_t read_limit, OpenCount& open);
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;
  ~IoThread();

  void start();
  /// Ends every connection, then the thread. From outside the thread.
  void stop();
  /// Runs `work` on the thread. Thread-safe.
  void post(std::function<void()> work);
  void drain();
  void stop_accepting();

  // On the thread only (before start() by anyone):
  void add_acceptor(std::unique_ptr<Acceptor> acceptor);
  void add(std::shared_ptr<ConnectionImpl> connection);
  void remove(std::list<std::shared_ptr<ConnectionImpl>>::iterator where);
  /// Steady time of the current event.
  [[nodiscard]] Micros now() const { return now_; }
  void refresh_now() { now_ = SystemClock().steady(); }
  [[nodiscard]] std::vector<char>& buffer() { return buffer_; }
  [[nodiscard]] std::size_t read_limit() const { return read_limit_; }
  [[nodiscard]] boost::asio::io_context& io() { return io_; }

 private:
  void sweep();

  boost::asio::io_context io_{1};
  boost::asio::steady_timer sweeper_{io_};
  std::vector<char> buffer_;  // every connection of the thread reads into it
  std::size_t read_limit_;
  OpenCount& open_;
  Micros now_ = 0;
  std::list<std::shared_ptr<ConnectionImpl>> connections_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::thread thread_;
};

}  // namespace yagura::net
