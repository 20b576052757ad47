// Guarded<T>: the lock owns the data. The only way to the data is through the lock.
//
//   Guarded<std::vector<int>> list;
//   list.lock()->push_back(1);
//   auto held = list.lock();  // held until the end of the scope
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

namespace yagura {

template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  class Lock {
   public:
    T* operator->() { return value_; }
    T& operator*() { return *value_; }
    /// Waits on `cv` until `ready()` holds; the lock is free while waiting.
    template <typename Ready>
    void wait(std::condition_variable& cv, Ready ready) {
      cv.wait(lock_, std::move(ready));
    }
    /// As wait, for at most `limit`; false if `ready()` still does not hold then.
    template <typename Duration, typename Ready>
    bool wait_for(std::condition_variable& cv, Duration limit, Ready ready) {
      return cv.wait_for(lock_, limit, std::move(ready));
    }

   private:
    friend class Guarded;
    Lock(std::mutex& m, T* value) : lock_(m), value_(value) {}
    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  [[nodiscard]] Lock lock() { return Lock(mutex_, &value_); }

 private:
  std::mutex mutex_;
  T value_{};
};

}  // namespace yagura
