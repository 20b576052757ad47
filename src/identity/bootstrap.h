// The first administrator: there are no default credentials. Installation makes one account with a
// generated password that is shown once and must be changed at the first login (spec
// console-security §1.2.8).
#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/password.h"
#include "crypto/secret.h"
#include "db/connection.h"

namespace yagura::identity {

struct FirstAdministrator {
  std::string name;
  crypto::Secret
      password;  ///< "xxxxx-xxxxx-xxxxx-xxxxx", about 98 bits; show it once, keep it nowhere
};

/// Creates superadmin `name` with a one-time password. kConflict if there is a superadmin already,
/// kInvalid for a name that is none. The schema must be current. Audited.
Result<FirstAdministrator> bootstrap_administrator(db::Connection& db, const std::string& name,
                                                   const crypto::PasswordCost& cost, Random& random,
                                                   Micros now);

/// Gives an existing user a one-time password (to be changed at the next sign-in), lifts a lock-out
/// and ends every session of that user. For the command line on the console's host. kNotFound if
/// there is no such user. Audited.
Result<crypto::Secret> reset_password(db::Connection& db, const std::string& name,
                                      const crypto::PasswordCost& cost, Random& random, Micros now);

/// True if the installation already has a superadmin.
Result<bool> has_administrator(db::Connection& db);

}  // namespace yagura::identity
