// OS family of an agent from the text in its documents. Source: spec agent-data §4.1.3.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace yagura::monitor {

constexpr int kOsOther = 10;

/// First family (in the order of the table) whose name occurs in `os_name`, without case; then the
/// first custom family whose name *contains* os_name; else kOsOther. Empty -> kOsOther.
int os_id(std::string_view os_name,
          std::span<const std::pair<int, std::string>> custom_families = {});

/// "Linux", "Windows", …; "Other" for 10 and every unknown id.
std::string_view os_family_name(int os_id);

}  // namespace yagura::monitor
