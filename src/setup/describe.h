// yagura describe: the parts of an installation as they are, not as they were planned (GEN-18).
//
// Processes come from /proc (found by their command line, so that it does not matter whether the
// supervisor or systemd started them), certificates from the files that the settings name. What
// cannot be looked at is its own answer, with the reason; nothing is guessed.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "setup/installation.h"
#include "setup/process_facts.h"

namespace yagura::setup {

struct CertificateFact {
  std::string file;
  std::string subject;
  std::string issuer;
  std::string fingerprint;  ///< SHA-256, 64 hex digits
  Micros not_after = 0;
};

struct Component {
  std::string name;
  pid_t pid = 0;  ///< 0 = does not run
  /// Each fact is there or says why not. Of a component that does not run only `certificates`.
  Result<ProcessStatus> status = Error{ErrorCode::kUnavailable, "does not run"};
  Result<std::string> executable = Error{ErrorCode::kUnavailable, "does not run"};
  Result<OpenDescriptors> descriptors = Error{ErrorCode::kUnavailable, "does not run"};
  std::vector<Result<CertificateFact>> certificates;
};

/// Every part of the installation, running or not; a part that runs several times comes several
/// times. Read-only. Needs root for everything, see process_facts.h.
Result<std::vector<Component>> describe(const Installation& installation);

/// As text for a terminal.
std::string render(const std::vector<Component>& components);
/// As one JSON document; what could not be looked at is null and named in "not_assessed".
std::string render_json(const std::vector<Component>& components);

/// 0 = everything was looked at, 2 = something was not.
int exit_status(const std::vector<Component>& components);

}  // namespace yagura::setup
