// What a daemon gives up for good before it touches outside data (spec server §1, design §2).
#pragma once

#include <string>

#include "base/result.h"

namespace yagura::sandbox {

struct Options {
  /// Account to become when started as root; empty = must not be root unless allow_root.
  std::string user;
  bool allow_root = false;
  /// listen(2) and accept(2) fail with EPERM from now on.
  bool deny_listen = false;
  /// execve(2), execveat(2) and ptrace(2) fail with EPERM from now on.
  bool deny_exec = false;
};

/// Drops root, sets umask 027, no_new_privs, closes core dumps to secrets (not dumpable) and loads
/// the system call filter. Call once, before threads are started.
Status enter(const Options& options);

/// True if the process holds uid 0 or any effective capability.
bool is_privileged();

}  // namespace yagura::sandbox
