// Password hashing: Argon2id through libsodium (spec console-security §9).
#pragma once

#include <string>

#include "base/result.h"
#include "crypto/secret.h"

namespace yagura::crypto {

/// Work factor; memory in bytes. The default takes about 0.1 s and 64 MiB.
struct PasswordCost {
  unsigned long long operations = 3;
  std::size_t memory_bytes = 64UL * 1024 * 1024;
};

/// "$argon2id$..." with its own salt. Blocking: call it on a worker, never on a network thread.
/// At most four computations run at once in a process; others wait their turn.
Result<std::string> hash_password(const Secret& password, const PasswordCost& cost = {});
/// True if `password` belongs to `hash`. An unreadable hash is false, in the same time.
bool verify_password(const std::string& hash, const Secret& password);
/// True if `hash` was made with a lower cost and should be renewed at the next login.
bool needs_rehash(const std::string& hash, const PasswordCost& cost = {});

}  // namespace yagura::crypto
