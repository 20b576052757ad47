// Settings of yagura-console (docs/console.md). Whatever weakens security stands here, in a file of
// the operator, and cannot be changed from the web.
#pragma once

#include <string>

#include "api/rate_limit.h"
#include "base/log.h"
#include "base/result.h"
#include "base/settings.h"
#include "crypto/password.h"
#include "db/connection.h"
#include "http/server.h"
#include "identity/password_policy.h"
#include "identity/session.h"
#include "identity/throttle.h"

namespace yagura::api {

struct ConsoleSettings {
  log::Options log;
  std::string user;  ///< account to become when started as root
  bool allow_root = false;
  http::ServerOptions listen;
  db::Options database;
  identity::SessionPolicy sessions;
  identity::PasswordPolicy passwords;
  identity::ThrottlePolicy throttle;
  crypto::PasswordCost cost;
  RateLimits limits;
};

/// kInvalid names every mistake with its line.
Result<ConsoleSettings> read_console_settings(Settings settings);

}  // namespace yagura::api
