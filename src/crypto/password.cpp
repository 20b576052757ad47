#include "crypto/password.h"

#include <array>
#include <cstdlib>
#include <semaphore>

#include <sodium.h>

namespace yagura::crypto {
namespace {

// 64 MiB each: bounds what a burst of logins can take from the machine.
constexpr std::ptrdiff_t kMaxAtOnce = 4;

class Turn {
 public:
  Turn() { semaphore().acquire(); }
  ~Turn() { semaphore().release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  static std::counting_semaphore<kMaxAtOnce>& semaphore() {
    static std::counting_semaphore<kMaxAtOnce> instance(kMaxAtOnce);
    return instance;
  }
};

void start_library() {
  static const bool started = [] {
    if (sodium_init() < 0) std::abort();
    return true;
  }();
  static_cast<void>(started);
}

}  // namespace

Result<std::string> hash_password(const Secret& password, const PasswordCost& cost) {
  start_library();
  std::array<char, crypto_pwhash_STRBYTES> out{};
  const Turn turn;
  const std::string_view text = password.reveal();
  if (crypto_pwhash_str_alg(out.data(), text.data(), text.size(), cost.operations,
                            cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error{ErrorCode::kUnavailable, "hashing a password: not enough memory"};
  }
  return std::string(out.data());
}

bool verify_password(const std::string& hash, const Secret& password) {
  start_library();
  const std::string_view text = password.reveal();
  const Turn turn;
  if (hash.size() < crypto_pwhash_STRBYTES && hash.starts_with("$argon2id$")) {
    return crypto_pwhash_str_verify(hash.c_str(), text.data(), text.size()) == 0;
  }
  // The same work for a hash that is none: time must not tell one from the other.
  std::array<char, crypto_pwhash_STRBYTES> unused{};
  const PasswordCost cost;
  const int done =
      crypto_pwhash_str_alg(unused.data(), text.data(), text.size(), cost.operations,
                            cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13);
  return done > 0;  // never: it answers 0 or -1
}

bool needs_rehash(const std::string& hash, const PasswordCost& cost) {
  start_library();
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost.operations, cost.memory_bytes) != 0;
}

}  // namespace yagura::crypto
