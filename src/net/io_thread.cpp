#include "net/io_thread.h"

#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>

#include "net/connection.h"

namespace yagura::net {
namespace {

constexpr std::size_t kReadBuffer = 64UL * 1024;

}  // namespace

bool OpenCount::wait_none(Micros limit) {
  auto count = count_.lock();
  return count.wait_for(none_, std::chrono::microseconds(limit), [&] { return *count == 0; });
}

IoThread::IoThread(std::size_t read_limit, OpenCount& open)
    : buffer_(kReadBuffer), read_limit_(read_limit), open_(open) {}

IoThread::~IoThread() {
  if (thread_.joinable()) stop();
}

void IoThread::start() {
  refresh_now();
  for (const auto& acceptor : acceptors_)
    acceptor->arm();
  sweep();
  thread_ = std::thread([this] { io_.run(); });
}

void IoThread::post(std::function<void()> work) {
  boost::asio::post(io_, std::move(work));
}

void IoThread::stop() {
  if (!thread_.joinable()) return;
  post([this] {
    for (const auto& acceptor : acceptors_)
      acceptor->close();
    refresh_now();
    const auto all = connections_;
    for (const auto& connection : all)
      connection->end(CloseReason::kShutdown);
    io_.stop();
  });
  thread_.join();
}

void IoThread::drain() {
  post([this] {
    refresh_now();
    const auto all = connections_;
    for (const auto& connection : all)
      connection->on_drain();
  });
}

void IoThread::stop_accepting() {
  post([this] {
    for (const auto& acceptor : acceptors_)
      acceptor->close();
  });
}

void IoThread::add_acceptor(std::unique_ptr<Acceptor> acceptor) {
  acceptors_.push_back(std::move(acceptor));
}

void IoThread::add(std::shared_ptr<ConnectionImpl> connection) {
  open_.add();
  connections_.push_back(connection);
  connection->start(std::prev(connections_.end()));
}

void IoThread::remove(std::list<std::shared_ptr<ConnectionImpl>>::iterator where) {
  connections_.erase(where);
  open_.remove();
}

void IoThread::sweep() {
  refresh_now();
  for (auto at = connections_.begin(); at != connections_.end();) {
    const std::shared_ptr<ConnectionImpl> connection = *at++;  // it may remove itself
    connection->on_sweep(now_);
  }
  for (const auto& acceptor : acceptors_)
    acceptor->on_sweep();
  sweeper_.expires_after(std::chrono::microseconds(kSweepInterval));
  sweeper_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep();
  });
}

}  // namespace yagura::net
