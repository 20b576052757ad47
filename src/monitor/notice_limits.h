// How often repeated notices may become events, so that whoever floods the server with bad
// documents cannot flood the people who watch it. Every document still has its quarantine row. The
// limits live as long as the process.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "monitor/agent_rules.h"

namespace yagura::monitor {

/// Up to `count` per key and window. Not thread-safe.
class Burst {
 public:
  /// Keys remembered; beyond it the memory starts anew.
  static constexpr std::size_t kMaxKeys = 10'000;

  Burst(std::size_t count, Micros window) : count_(count), window_(window) {}
  bool allow(std::string_view key, Micros now) {
    auto at = seen_.find(key);
    if (at == seen_.end()) {
      if (seen_.size() >= kMaxKeys) seen_.clear();
      at = seen_.emplace(std::string(key), Seen{now, 0}).first;
    }
    Seen& seen = at->second;
    if (now - seen.since >= window_ || now < seen.since) seen = {now, 0};
    return ++seen.times <= count_;
  }

 private:
  struct Seen {
    Micros since = 0;
    std::size_t times = 0;
  };
  std::size_t count_;
  Micros window_;
  std::map<std::string, Seen, std::less<>> seen_;
};

struct NoticeLimits {
  OncePer identity{300 * kSecond};  ///< per agent (spec server §3.3.5)
  OncePer binding{300 * kSecond};   ///< per agent
  OncePer clock{kDay};              ///< per agent (§6.5.2)
  OncePer waiting{300 * kSecond};   ///< per agent (§6.1.6)
  OncePer refused{kHour};           ///< per name, or per peer where it is about a flood (§6.3)
  Burst bad_documents{20, 300 * kSecond};  ///< per peer
};

}  // namespace yagura::monitor
