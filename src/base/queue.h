// BoundedQueue<T>: a blocking queue between threads that never grows beyond its capacity.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <optional>

#include "base/guarded.h"

namespace yagura {

/// Thread-safe. After close(), push fails and pop drains what is left, then returns nothing.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Waits for room. False if the queue was closed; the item is then dropped by the caller.
  bool push(T item) {
    auto state = state_.lock();
    state.wait(changed_, [&] { return state->closed || state->items.size() < capacity_; });
    if (state->closed) return false;
    state->items.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  /// Does not wait. False if full or closed.
  bool try_push(T item) {
    auto state = state_.lock();
    if (state->closed || state->items.size() >= capacity_) return false;
    state->items.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  /// Waits for an item; nothing once the queue is closed and empty.
  std::optional<T> pop() {
    auto state = state_.lock();
    state.wait(changed_, [&] { return state->closed || !state->items.empty(); });
    return take(*state);
  }

  /// As pop, but gives up after `limit`.
  std::optional<T> pop_for(std::chrono::milliseconds limit) {
    auto state = state_.lock();
    state.wait_for(changed_, limit, [&] { return state->closed || !state->items.empty(); });
    return take(*state);
  }

  void close() {
    state_.lock()->closed = true;
    changed_.notify_all();
  }

  [[nodiscard]] std::size_t size() { return state_.lock()->items.size(); }

 private:
  struct State {
    std::deque<T> items;
    bool closed = false;
  };

  std::optional<T> take(State& state) {
    if (state.items.empty()) return std::nullopt;
    std::optional<T> item(std::move(state.items.front()));
    state.items.pop_front();
    changed_.notify_all();
    return item;
  }

  const std::size_t capacity_;
  std::condition_variable changed_;
  Guarded<State> state_;
};

}  // namespace yagura
