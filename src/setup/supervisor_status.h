// What the supervisor wrote about its programs (run/status.json), for the other commands.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "setup/installation.h"

namespace yagura::setup {

struct ProgramStatus {
  std::string name;
  pid_t pid = 0;  ///< 0 = does not run
  std::int64_t restarts = 0;

  /// True if a process with this pid exists now.
  [[nodiscard]] bool alive() const;
};

/// kNotFound if no supervisor has run yet, kInvalid if the file cannot be understood.
Result<std::vector<ProgramStatus>> read_status(const Installation& installation);

/// Tells the running transport to read its certificates and its revocation list again.
Status reload_transport(const Installation& installation);

}  // namespace yagura::setup
