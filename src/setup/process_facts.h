// What the kernel says about a running process, read from /proc.
//
// Our daemons are not dumpable (base/sandbox.h), so /proc gives their descriptors and their
// executable to root alone, even against their own account: then the answer is kDenied with a
// sentence, never an empty list.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace yagura::setup {

struct ProcessStatus {
  pid_t parent = 0;
  uid_t uid = 0;  ///< effective
  gid_t gid = 0;
  std::uint64_t capabilities = 0;  ///< effective set
  bool no_new_privs = false;
  int seccomp = 0;  ///< 0 = none, 1 = strict, 2 = filter
};

/// The text of /proc/PID/status. kInvalid when a line that every kernel since 4.10 writes is
/// absent.
Result<ProcessStatus> parse_process_status(std::string_view status);
Result<ProcessStatus> read_process_status(pid_t pid);

/// "none", or the names without "CAP_" in small letters: "net_bind_service, sys_admin".
std::string capability_names(std::uint64_t set);

/// "yagura:yagura" by name; numbers where there is no name.
std::string account_name(uid_t uid, gid_t gid);

/// The command line as started; empty for kernel threads and processes that have ended.
std::vector<std::string> read_command_line(pid_t pid);

Result<std::string> read_executable(pid_t pid);

struct ListeningSocket {
  std::string protocol;  ///< tcp, tcp6, udp, udp6 or unix
  std::string address;   ///< for unix its path
  std::uint16_t port = 0;
};

/// Adds the sockets of one table of /proc/PID/net (named by `protocol`) that wait for others and
/// whose inode is one of `inodes`. Lines that cannot be understood are left out.
void add_listening(std::string_view table, const std::string& protocol,
                   const std::set<std::uint64_t>& inodes, std::vector<ListeningSocket>& out);

struct OpenFile {
  std::string path;
  bool folder = false;
  bool writable = false;
  bool removed = false;  ///< open, but its name is gone
  std::string account;
  mode_t mode = 0;  ///< permission bits
};

struct OpenDescriptors {
  std::vector<ListeningSocket> listening;
  std::vector<OpenFile> files;  ///< regular files and folders, each path once, sorted
};

/// Everything behind /proc/PID/fd. kDenied if this account may not look.
Result<OpenDescriptors> read_descriptors(pid_t pid);

/// Processes that /proc shows to this account.
Result<std::vector<pid_t>> list_processes();

}  // namespace yagura::setup
