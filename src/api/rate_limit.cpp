#include "api/rate_limit.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace yagura::api {

std::int64_t RateLimiter::take(RateClass rate, const std::string& client, Micros now) {
  switch (rate) {
    case RateClass::kWrite:
      return take_from("w" + client, limits_.write, now);
    case RateClass::kLogin:
      return take_from("l" + client, limits_.login, now);
    case RateClass::kRead:
      break;
  }
  return take_from("r" + client, limits_.read, now);
}

std::int64_t RateLimiter::take_anonymous(const std::string& address, Micros now) {
  return take_from("a" + address, limits_.anonymous, now);
}

std::int64_t RateLimiter::take_from(std::string key, std::int64_t per_minute, Micros now) {
  const auto capacity = static_cast<double>(per_minute);
  const double per_second = capacity / 60.0;
  auto buckets = buckets_.lock();
  if (buckets->size() >= kMaxClients && !buckets->contains(key)) buckets->clear();
  auto [it, fresh] = buckets->try_emplace(std::move(key), Bucket{capacity, now});
  Bucket& bucket = it->second;
  const double passed = static_cast<double>(now - bucket.at) / static_cast<double>(kSecond);
  bucket.tokens = std::min(capacity, bucket.tokens + passed * per_second);
  bucket.at = now;
  if (bucket.tokens < 1) {
    return std::max<std::int64_t>(1, std::lround(std::ceil((1 - bucket.tokens) / per_second)));
  }
  bucket.tokens -= 1;
  return 0;
}

}  // namespace yagura::api
