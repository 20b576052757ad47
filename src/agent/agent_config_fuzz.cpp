// pandora_agent.conf, the state file and output of plugins on any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/config.h"
#include "agent/plugin_output.h"
#include "agent/shipper.h"
#include "agent/state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yagura::agent;  // NOLINT
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reading = parse_config(
      text, "f",
      [](const std::string&) -> yagura::Result<std::vector<std::pair<std::string, std::string>>> {
        return std::vector<std::pair<std::string, std::string>>{
            {"i", "module_begin\nmodule_name i\nmodule_exec x\nmodule_end\n"}};
      });
  if (reading.findings.size() > kMaxFindings + kMaxConfigModules) std::abort();
  for (const ModuleConfig& module : reading.config.modules) {
    if (module.source == Source::kNone) std::abort();
    if (module.head.name.empty() && module.source != Source::kPlugin) std::abort();
  }
  const auto state = parse_state(text);
  if (state.ok()) {
    const auto again = parse_state(write_state(*state));
    if (!again.ok() || !(*again == *state)) std::abort();
  }
  (void)parse_ship_result(text);
  const auto parts = check_plugin_output(text);
  // What was taken must be taken again, or a report could become ill-formed on its way.
  if (parts.ok() && !check_plugin_output(parts->xml).ok()) std::abort();
  return 0;
}
