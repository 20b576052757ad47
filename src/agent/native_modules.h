// Native modules: values that the agent reads itself, without starting a program.
//
// `module_native NAME [ARGUMENT]` asks for one; an agent whose configuration has no modules reports
// the default set (yagura_native_modules). Each has a type, unit, description and thresholds that
// make sense on most hosts and that the module's own directives override. Adding one = one line in
// the table of native_modules.cpp and its reader.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"
#include "agent/host_view.h"
#include "base/result.h"
#include "report/agent_report.h"

namespace yagura::agent {

struct Native {
  std::string_view name;
  std::string_view
      argument;  ///< what must follow: "MOUNT", "INTERFACE", "DISK", "PROCESS", or empty
  std::string_view type;
  std::string_view unit;
  std::string_view group;
  std::string_view description;
  /// Empty = no threshold. A maximum of 0 or none means "and above" (agent-data §10).
  std::string_view min_warning, max_warning, min_critical, max_critical;
  bool in_default_set;
  Result<std::string> (*read)(HostView& view, const std::string& argument);
};

/// All of them, by name.
std::span<const Native> natives();
const Native* find_native(std::string_view name);

/// The parts of "NAME ARGUMENT"; kInvalid if there is no such native or its argument is missing or
/// superfluous.
struct NativeCall {
  const Native* native = nullptr;
  std::string argument;
};
Result<NativeCall> parse_native_call(std::string_view text);

/// Fills what `head` leaves open: type, unit, group, description, and the thresholds if it has none
/// at all.
void fill_native_defaults(const NativeCall& call, report::ModuleReport& head);

/// Instances of the default set beyond these are left out and reported.
constexpr std::size_t kMaxDefaultMounts = 64;
constexpr std::size_t kMaxDefaultInterfaces = 32;
constexpr std::size_t kMaxDefaultDisks = 64;

/// The default set on this host: one module for each value, mount point, interface and disk that is
/// there now. `problems` receives what had to be left out.
std::vector<ModuleConfig> default_modules(HostView& view, std::vector<std::string>& problems);

}  // namespace yagura::agent
