#include "setup/doctor.h"

#include <algorithm>
#include <array>

#include "setup/doctor_checks.h"
#include "text/json.h"

namespace yagura::setup {
namespace {

constexpr std::array<DoctorCheck, 11> kChecks{check_files,    check_settings,  check_certificates,
                                              check_programs, check_transport, check_console,
                                              check_database, check_spool,     check_quarantine,
                                              check_disk,     check_clock};

struct StateText {
  const char* word;
  const char* mark;
  const char* colour;
};
StateText state_text(Finding::State state) {
  switch (state) {
    case Finding::State::kOk:
      return {"ok", "  ok          ", "\x1b[32m"};
    case Finding::State::kNotice:
      return {"notice", "  notice      ", "\x1b[36m"};
    case Finding::State::kProblem:
      return {"problem", "! PROBLEM     ", "\x1b[31m"};
    case Finding::State::kNotAssessed:
      break;
  }
  return {"not-assessed", "? not assessed", "\x1b[33m"};
}

std::size_t count(const std::vector<Finding>& findings, Finding::State state) {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [state](const Finding& f) { return f.state == state; }));
}

}  // namespace

std::vector<Finding> examine(const Installation& installation, const DoctorOptions& options,
                             const Clock& clock) {
  std::vector<Finding> findings;
  const DoctorContext context{installation, options, clock};
  for (const DoctorCheck check : kChecks)
    check(context, findings);
  return findings;
}

std::string render(const std::vector<Finding>& findings, bool colour) {
  std::string out;
  for (const Finding& f : findings) {
    const StateText text = state_text(f.state);
    if (colour) out += text.colour;
    out += text.mark;
    if (colour) out += "\x1b[0m";
    out += "  " + f.check + ": " + f.what + "\n";
    if (!f.remedy.empty()) out += "                  what to do: " + f.remedy + "\n";
  }
  const std::size_t problems = count(findings, Finding::State::kProblem);
  const std::size_t open = count(findings, Finding::State::kNotAssessed);
  out += std::to_string(findings.size()) + " looks, " + std::to_string(problems) + " problems, " +
         std::to_string(open) + " not assessed\n";
  return out;
}

std::string render_json(const std::vector<Finding>& findings) {
  text::JsonWriter json;
  json.begin_object().key("findings").begin_array();
  for (const Finding& f : findings) {
    json.begin_object()
        .field("check", f.check)
        .field("state", state_text(f.state).word)
        .field("what", f.what)
        .field("remedy", f.remedy)
        .end_object();
  }
  json.end_array().end_object();
  return json.take();
}

int exit_status(const std::vector<Finding>& findings) {
  if (count(findings, Finding::State::kProblem) > 0) return 1;
  return count(findings, Finding::State::kNotAssessed) > 0 ? 2 : 0;
}

}  // namespace yagura::setup
