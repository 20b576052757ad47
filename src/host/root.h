// Root: where a host's files begin. "/" in production, a folder with a recorded host in tests.
//
//   YAGURA_TRY(root, host::Root::open("/"));
//   YAGURA_TRY(text, root.read("/proc/loadavg", 4096));
//
// Every reader of host/ takes one, so that all of them are tested on files recorded from other
// kernels and containers. Symbolic links are followed as a process that has chroot()ed there would
// see them: /etc/os-release may be a link, and a link to an absolute path stays inside the root.
// Magic links (/proc/PID/root, /proc/PID/exe) are refused: they lead out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace yagura::host {

/// Const methods are safe from several threads.
class Root {
 public:
  static Result<Root> open(const std::string& path);

  /// True for "/": readers that ask the kernel by call (statvfs, getifaddrs) are valid only then.
  [[nodiscard]] bool is_system() const { return path_ == "/"; }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Content of a file named by its absolute path inside the root; kLimit above `limit` bytes,
  /// kNotFound if absent, kDenied if this account may not read it. Never blocks on a FIFO.
  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t limit) const;
  /// As read, without blanks and line ends around it: for the one-value files of /sys and
  /// /proc/sys.
  [[nodiscard]] Result<std::string> read_value(std::string_view path) const;
  /// Entries of a directory without "." and "..", unsorted; kLimit above `limit` entries.
  [[nodiscard]] Result<std::vector<std::string>> list(std::string_view path,
                                                      std::size_t limit) const;
  /// True if the path exists (links followed).
  [[nodiscard]] bool exists(std::string_view path) const;
  /// Opens a path for use with the *at() calls; flags as open(2), O_CLOEXEC is added.
  [[nodiscard]] Result<UniqueFd> open_at(std::string_view path, int flags) const;

 private:
  Root(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  UniqueFd fd_;
  std::string path_;
};

}  // namespace yagura::host
