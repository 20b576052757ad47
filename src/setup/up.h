// yagura up: the one-command experience. Makes an installation if there is none, brings the
// database forward, starts every process under the supervisor, says where to look, and stops all on
// Ctrl-C.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/signals.h"
#include "crypto/secret.h"
#include "db/connection.h"
#include "setup/installation.h"

namespace yagura::setup {

/// Makes an installation without starting anything: for service managers that run the programs.
Status init(UpOptions options, const std::string& program_folder, const Clock& clock);

/// Runs until a stop signal comes. `program_folder` holds the daemons. Prints to standard output.
Status up(UpOptions options, const std::string& program_folder, StopSignals& signals,
          const Clock& clock);

/// A new one-time password for a user who lost his.
Result<crypto::Secret> reset_password(const Installation& installation, const std::string& user,
                                      const Clock& clock);

/// The database of an installation, as its data server uses it.
Result<std::unique_ptr<db::Connection>> open_database(const Installation& installation);

}  // namespace yagura::setup
