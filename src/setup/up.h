// yagura up: the one-command experience. Makes an installation if there is none, brings the
// database forward, starts every process under the supervisor, says where to look, and stops all on
// Ctrl-C.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/signals.h"
#include "setup/installation.h"

namespace yagura::setup {

/// Runs until a stop signal comes. `program_folder` holds the daemons. Prints to standard output.
Status up(UpOptions options, const std::string& program_folder, StopSignals& signals,
          const Clock& clock);

/// Sets a new one-time password for `user` of the installation in `data` and prints it.
Status reset_password(const std::string& data, const std::string& user, const Clock& clock);

}  // namespace yagura::setup
