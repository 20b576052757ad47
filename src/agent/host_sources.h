// The original agent's own sources, answered without its helper programs (spec agent-conf §4):
// module_proc, module_cpuproc, module_memproc, module_freedisk, module_cpuusage ...
#pragma once

#include <string>

#include "agent/config.h"
#include "agent/host_view.h"
#include "base/result.h"

namespace yagura::agent {

/// The value of any source that is neither a command nor a log. kNotFound when the process or mount
/// point it names is not there (module_proc answers 0 instead).
Result<std::string> read_host_source(HostView& view, Source source, const std::string& argument);

}  // namespace yagura::agent
