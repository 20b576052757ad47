#include "base/sandbox.h"

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

namespace yagura::sandbox {
namespace {

Status drop_root(const std::string& user) {
  struct passwd entry{};
  struct passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return Error{ErrorCode::kNotFound,
                 "account '" + user + "' does not exist: create it or name another one"};
  }
  if (found->pw_uid == 0) {
    return Error{ErrorCode::kInvalid, "account '" + user + "' has uid 0: name an ordinary one"};
  }
  if (::setgroups(0, nullptr) != 0) return system_error("setgroups", errno);
  if (::setresgid(found->pw_gid, found->pw_gid, found->pw_gid) != 0) {
    return system_error("setresgid", errno);
  }
  if (::setresuid(found->pw_uid, found->pw_uid, found->pw_uid) != 0) {
    return system_error("setresuid", errno);
  }
  return {};
}

Status load_filter(const Options& options) {
  std::vector<int> denied;
  if (options.deny_listen) {
    denied.insert(denied.end(), {SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4)});
  }
  if (options.deny_exec) {
    denied.insert(denied.end(), {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace)});
  }
  if (denied.empty()) return {};
  const std::unique_ptr<void, void (*)(void*)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                      [](void* f) { seccomp_release(f); });
  if (!filter) return Error{ErrorCode::kUnavailable, "seccomp_init failed"};
  for (const int call : denied) {
    if (const int rc = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0); rc < 0) {
      return system_error("seccomp rule", -rc);
    }
  }
  if (const int rc = seccomp_load(filter.get()); rc < 0) return system_error("seccomp load", -rc);
  return {};
}

}  // namespace

Status enter(const Options& options) {
  ::umask(027);
  if (::geteuid() == 0) {
    if (!options.user.empty()) {
      YAGURA_CHECK(drop_root(options.user));
    } else if (!options.allow_root) {
      return Error{ErrorCode::kDenied,
                   "refusing to run as root: set 'user' to an ordinary account, start the program "
                   "as one, or set allow_root = true"};
    }
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_error("no_new_privs", errno);
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return system_error("PR_SET_DUMPABLE", errno);
  return load_filter(options);
}

bool is_privileged() {
  if (::geteuid() == 0) return true;
  const auto status = read_file("/proc/self/status", 65536);
  if (!status.ok()) return true;
  const std::size_t at = status->find("CapEff:");
  if (at == std::string::npos) return true;
  const std::size_t end = status->find('\n', at);
  return status->substr(at + 7, end - at - 7).find_first_not_of("\t 0") != std::string::npos;
}

}  // namespace yagura::sandbox
