// A fast 64-bit fingerprint of a text, to see whether it changed. The same on every machine and in
// every release, because it is stored. Not a defence: who can choose texts can make two that agree;
// here both texts are the same agent's own, so it would only hide its own change.
#pragma once

#include <cstdint>
#include <string_view>

namespace yagura::monitor {

std::uint64_t fingerprint64(std::string_view text);

}  // namespace yagura::monitor
