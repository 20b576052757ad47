// Child processes: started without a shell, with a clean descriptor table, tied to their parent.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"

namespace yagura {

struct SpawnOptions {
  std::string program;            ///< path of the executable
  std::vector<std::string> args;  ///< without the program's own name
  std::string output_file;        ///< stdout and stderr are appended to it; empty = inherited
  bool ready_pipe = false;        ///< adds "--ready-fd N"; Child::ready becomes readable
};

/// A running child. Does not kill it when destroyed.
struct Child {
  pid_t pid = -1;
  UniqueFd pidfd;  ///< readable once the child has ended
  UniqueFd ready;  ///< one byte = serves; end of file without a byte = will never serve
};

/// Starts `options.program`. The child gets an empty signal mask, default signal actions, stdin
/// from /dev/null, SIGTERM when this process dies, and none of this process's other descriptors.
/// kNotFound or kDenied if the program cannot be executed.
Result<Child> spawn(const SpawnOptions& options);

/// Collects an ended child; the text says how it ended ("exit status 1", "signal 9").
std::string reap(const Child& child);

}  // namespace yagura
