// pandora_agent.conf and the state file on any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/config.h"
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
  return 0;
}
