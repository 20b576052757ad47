// yagura doctor: looks at an installation and explains each problem with its remedy.
//
// A look that cannot be taken is its own answer ("not assessed", with the reason), never an "ok".
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "setup/installation.h"

namespace yagura::setup {

struct Finding {
  enum class State { kOk, kNotice, kProblem, kNotAssessed } state = State::kOk;
  std::string check;   ///< stable id, such as "spool-age"
  std::string what;    ///< what was seen, with numbers
  std::string remedy;  ///< what to do; empty when there is nothing to do
};

struct DoctorOptions {
  std::string program_folder;  ///< where the daemons' executables are
};

/// Takes every look at the installation. Read-only; at most about 30 s when nothing answers.
std::vector<Finding> examine(const Installation& installation, const DoctorOptions& options,
                             const Clock& clock);

/// As lines for a terminal; `colour` adds colour to the words, never instead of them.
std::string render(const std::vector<Finding>& findings, bool colour);
/// As one JSON document.
std::string render_json(const std::vector<Finding>& findings);

/// 0 = no problem, 1 = at least one problem, 2 = no problem seen but something not assessed.
int exit_status(const std::vector<Finding>& findings);

}  // namespace yagura::setup
