// Outgoing: what peers may fetch, read-only below one directory, and the pool that does the
// blocking look-ups. Nothing outside it can be named, no link is followed, and no data file is ever
// handed out (spec tentacle §18).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/file.h"
#include "base/queue.h"
#include "tentacle/command.h"
#include "tentacle/file_filters.h"

namespace yagura::tentacle {

/// What is sent to a peer: bytes in memory or an open file.
struct Body {
  std::string bytes;
  UniqueFd file;           ///< used instead of `bytes` when valid
  std::uint64_t size = 0;  ///< more than 0
  std::string path;        ///< for MV: what to remove afterwards, relative to `outgoing`
};

/// Const functions are safe from several threads.
class Outgoing {
 public:
  /// Files up to here are read at once.
  static constexpr std::uint64_t kInMemory = 64UL * 1024;
  /// Largest file that is packed for ZRECV.
  static constexpr std::uint64_t kMaxPacked = 64UL * 1024 * 1024;
  /// Most entries of a listing.
  static constexpr std::size_t kMaxListed = 100'000;

  static Result<Outgoing> open(const std::string& path, FileFilters filters);

  /// The body for RECV, ZRECV, MV (a file) or LS (a listing). kNotFound for everything that cannot
  /// be had, whatever the reason: absent, empty, no regular file, hard-linked elsewhere.
  [[nodiscard]] Result<Body> find(Verb verb, const std::string& name) const;
  /// After MV: removes the file that was sent.
  [[nodiscard]] Status remove(const Body& body) const;

 private:
  Outgoing(Directory root, FileFilters filters)
      : root_(std::move(root)), filters_(std::move(filters)) {}
  [[nodiscard]] Result<Body> file(Verb verb, const std::string& name) const;
  [[nodiscard]] Result<Body> listing(const std::string& filter) const;

  Directory root_;
  FileFilters filters_;
};

/// A few threads for work that may block. Jobs beyond the capacity are refused.
class FetchPool {
 public:
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kMaxWaiting = 4096;

  FetchPool() : jobs_(kMaxWaiting) {}
  FetchPool(const FetchPool&) = delete;
  FetchPool& operator=(const FetchPool&) = delete;
  ~FetchPool() { stop(); }
  void start();
  void stop();
  /// False if the pool is full or stopped.
  bool submit(std::function<void()> job) { return jobs_.try_push(std::move(job)); }

 private:
  BoundedQueue<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
};

}  // namespace yagura::tentacle
