// What a new password must be. Source: spec console-security §9, first part: length, common
// passwords, names, reuse. Composition rules are left out on purpose: they make passwords
// predictable, not strong; length and the list of common ones do the work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/secret.h"

namespace yagura::identity {

constexpr std::size_t kMaxPasswordBytes = 1024;

struct PasswordPolicy {
  std::int64_t min_length = 12;  ///< characters
  std::int64_t history = 5;      ///< how many earlier passwords may not come back
};

struct PolicyViolation {
  enum class Rule { kTooShort, kTooCommon, kSame } rule = Rule::kTooShort;
  std::int64_t min_length = 0;  ///< kTooShort
};

/// Rules that need nothing but the text: length, then the list of common passwords (compared in
/// lower case with letter look-alikes folded) and the user's own name inside it.
std::optional<PolicyViolation> check_password(const crypto::Secret& password,
                                              std::string_view user_name,
                                              std::string_view full_name,
                                              const PasswordPolicy& policy);

/// True if the password verifies against one of the old hashes. The verifier runs on each: hashing
/// the candidate anew would never match, because every hash has its own salt.
bool was_used_before(const crypto::Secret& password, const std::vector<std::string>& hashes);

}  // namespace yagura::identity
