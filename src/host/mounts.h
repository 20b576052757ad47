// Mounted file systems and how full they are: /proc/self/mountinfo and statvfs(2).
//
// statvfs on a network file system whose server is gone blocks until it comes back. probe_usage
// therefore asks on a thread of its own and stops waiting after a time limit, so that a dead NFS
// server costs one answer and never the whole run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "host/root.h"

namespace yagura::host {

enum class MountKind {
  kLocal,          ///< a disk of this host
  kNetwork,        ///< NFS, CIFS, FUSE ...: may block, and its server can report it itself
  kMemory,         ///< tmpfs, ramfs
  kReadOnlyImage,  ///< squashfs, iso9660 ...: always full
  kPseudo,         ///< proc, sysfs, cgroup ...
};

struct Mount {
  std::string mount_point;
  std::string type;
  std::string source;
  std::string device;      ///< "major:minor"
  std::string subtree;     ///< which part of the file system is mounted here; "/" = all of it
  bool read_only = false;  ///< the file system itself, not only this view of it
  MountKind kind = MountKind::kPseudo;
};

constexpr std::size_t kMaxMountinfoBytes = 16UL * 1024 * 1024;
constexpr std::size_t kMaxMounts = 20000;

/// All mounts that can be seen, in the kernel's order; a mount that hides an earlier one on the
/// same point replaces it. Lines that break the format are left out. kLimit above kMaxMounts.
Result<std::vector<Mount>> parse_mounts(std::string_view mountinfo);
Result<std::vector<Mount>> read_mounts(const Root& root);

/// The mounts worth watching without being asked: local, writable or root, each file system once
/// (at its shortest mount point), without those that container run times and package managers make.
std::vector<Mount> monitored_mounts(const std::vector<Mount>& all);

/// Bytes and inodes of one file system.
struct Usage {
  std::uint64_t total = 0;         ///< size
  std::uint64_t free = 0;          ///< unused, with the share reserved for root
  std::uint64_t available = 0;     ///< unused and open to ordinary users
  std::uint64_t inodes_total = 0;  ///< 0: the file system makes them as it needs them
  std::uint64_t inodes_free = 0;

  /// Percent in use as df shows it: used / (used + available), 0..100.
  [[nodiscard]] double used_percent() const;
  [[nodiscard]] double inodes_used_percent() const;
};

/// How usage is asked for; replaced in tests.
using UsageFunction = std::function<Result<Usage>(const std::string& mount_point)>;

/// statvfs(2), may block.
Result<Usage> statvfs_usage(const std::string& mount_point);

/// Asks with a time limit. While an earlier question about the same mount point is still without
/// answer, no second thread is started. Safe from any thread.
class UsageProbe {
 public:
  explicit UsageProbe(UsageFunction ask = statvfs_usage, int timeout_ms = 2000);
  /// kTimeout when the file system does not answer.
  Result<Usage> usage(const Mount& mount);

 private:
  struct Question;
  Result<Usage> ask_on_thread(const std::string& mount_point);
  UsageFunction ask_;
  int timeout_ms_;
  Guarded<std::map<std::string, std::shared_ptr<Question>>> open_;
};

}  // namespace yagura::host
