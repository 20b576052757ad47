// The child elements of <module> that are known, by name (agent-data §5).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "report/agent_report.h"

namespace yagura::report {

enum class ModuleElement : std::uint8_t {
  kName,
  kData,
  kDataList,
  kTimestamp,
  kAlertTemplate,
  kField,  ///< a text that goes into `member`
};

struct ModuleField {
  std::string_view name;
  ModuleElement element = ModuleElement::kField;
  std::optional<std::string> ModuleReport::* member = nullptr;
};

/// Every known element, `type` included.
std::span<const ModuleField> module_fields();

/// The field of that name (case-sensitive), null for "everything else". A few nanoseconds: it runs
/// for every element of every document.
const ModuleField* find_module_field(std::string_view name);

}  // namespace yagura::report
