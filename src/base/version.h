// The product's version, from the one place that names it (CMakeLists.txt).
#pragma once

namespace yagura {

inline constexpr const char* kVersion = YAGURA_VERSION;

}  // namespace yagura
