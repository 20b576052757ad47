#include "host/mounts.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <optional>
#include <thread>
#include <unordered_map>

#include <sys/statvfs.h>

#include "host/parse.h"

namespace yagura::host {
namespace {

constexpr std::array<std::string_view, 36> kPseudoTypes = {
    "autofs",     "binder",      "binfmt_misc",     "bpf",           "cgroup",     "cgroup2",
    "configfs",   "cpuset",      "debugfs",         "devpts",        "devtmpfs",   "efivarfs",
    "fusectl",    "hugetlbfs",   "mqueue",          "nfsd",          "nsfs",       "openpromfs",
    "proc",       "pstore",      "resctrl",         "rootfs",        "rpc_pipefs", "securityfs",
    "selinuxfs",  "smackfs",     "sysfs",           "tracefs",       "usbfs",      "none",
    "fuse.lxcfs", "fuse.portal", "fuse.gvfsd-fuse", "fuse.snapfuse", "functionfs", "sunrpc"};

constexpr std::array<std::string_view, 14> kNetworkTypes = {
    "nfs", "nfs4",     "cifs", "smb3",      "smbfs",  "ncpfs",  "afs",
    "9p",  "virtiofs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs"};

constexpr std::array<std::string_view, 5> kImageTypes = {"squashfs", "iso9660", "udf", "erofs",
                                                         "cramfs"};

/// Where run times put mounts of their own; what is in them is counted at the file system beneath.
constexpr std::array<std::string_view, 8> kRuntimePrefixes = {"/run/",
                                                              "/snap/",
                                                              "/dev/",
                                                              "/sys/",
                                                              "/proc/",
                                                              "/var/lib/docker/",
                                                              "/var/lib/containers/",
                                                              "/var/lib/kubelet/"};

/// Single files that container run times mount into each container.
constexpr std::array<std::string_view, 4> kContainerFiles = {"/etc/hosts", "/etc/hostname",
                                                             "/etc/resolv.conf", "/etc/mtab"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

MountKind kind_of(std::string_view type) {
  if (contains(kPseudoTypes, type)) return MountKind::kPseudo;
  if (contains(kNetworkTypes, type)) return MountKind::kNetwork;
  if (contains(kImageTypes, type)) return MountKind::kReadOnlyImage;
  if (type == "tmpfs" || type == "ramfs") return MountKind::kMemory;
  // fuseblk is a local disk (ntfs-3g); every other FUSE file system is a program that may hang.
  if (type == "fuse" || type.starts_with("fuse.")) return MountKind::kNetwork;
  return MountKind::kLocal;
}

/// Undoes the kernel's \ooo for blank, tab, LF and backslash.
std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto octal = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '7'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      const int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      out += static_cast<char>(static_cast<unsigned char>(value));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const std::size_t comma = options.find(',');
    if (options.substr(0, comma) == wanted) return true;
    if (comma == std::string_view::npos) return false;
    options.remove_prefix(comma + 1);
  }
  return false;
}

/// "36 35 98:0 /sub /mnt rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue"
std::optional<Mount> parse_line(std::string_view line) {
  Words words(line);
  words.skip(2);
  Mount out;
  out.device = words.next();
  out.subtree = unescape(words.next());
  out.mount_point = unescape(words.next());
  words.skip(1);
  std::string_view word = words.next();
  while (!word.empty() && word != "-")
    word = words.next();
  out.type = unescape(words.next());
  out.source = unescape(words.next());
  const std::string_view super_options = words.next();
  if (out.type.empty() || !out.mount_point.starts_with('/')) return std::nullopt;
  // Of the file system, not of this mount: a service whose own view is made read-only (systemd's
  // ProtectSystem) still watches disks that others fill.
  out.read_only = has_option(super_options, "ro");
  out.kind = kind_of(out.type);
  return out;
}

bool is_watched(const Mount& m) {
  if (m.kind != MountKind::kLocal) return false;
  if (m.mount_point == "/") return true;
  // A container's own root is an overlay; the overlays elsewhere are other containers'.
  if (m.read_only || m.type == "overlay" || m.type == "aufs") return false;
  if (contains(kContainerFiles, m.mount_point)) return false;
  return std::none_of(kRuntimePrefixes.begin(), kRuntimePrefixes.end(),
                      [&](std::string_view p) { return m.mount_point.starts_with(p); });
}

}  // namespace

Result<std::vector<Mount>> parse_mounts(std::string_view mountinfo) {
  std::vector<Mount> out;
  std::unordered_map<std::string, std::size_t> by_point;
  Lines lines(mountinfo);
  while (const auto line = lines.next()) {
    auto mount = parse_line(*line);
    if (!mount) continue;
    const auto [at, added] = by_point.emplace(mount->mount_point, out.size());
    if (!added) {
      out[at->second] = std::move(*mount);
      continue;
    }
    if (out.size() >= kMaxMounts) {
      return Error{ErrorCode::kLimit,
                   "/proc/self/mountinfo: more than " + std::to_string(kMaxMounts) + " mounts"};
    }
    out.push_back(std::move(*mount));
  }
  return out;
}

Result<std::vector<Mount>> read_mounts(const Root& root) {
  YAGURA_TRY(text, root.read("/proc/self/mountinfo", kMaxMountinfoBytes));
  return parse_mounts(text);
}

std::vector<Mount> monitored_mounts(const std::vector<Mount>& all) {
  std::vector<Mount> out;
  std::unordered_map<std::string, std::size_t> by_device;
  for (const Mount& mount : all) {
    if (!is_watched(mount)) continue;
    const auto [at, added] = by_device.emplace(mount.device, out.size());
    if (added) {
      out.push_back(mount);
    } else if (mount.mount_point.size() < out[at->second].mount_point.size()) {
      out[at->second] = mount;
    }
  }
  return out;
}

double Usage::used_percent() const {
  const std::uint64_t used = total - std::min(free, total);
  if (used == 0) return 0;
  return 100.0 * static_cast<double>(used) /
         (static_cast<double>(used) + static_cast<double>(available));
}

double Usage::inodes_used_percent() const {
  if (inodes_total == 0) return 0;
  return 100.0 * static_cast<double>(inodes_total - std::min(inodes_free, inodes_total)) /
         static_cast<double>(inodes_total);
}

Result<Usage> statvfs_usage(const std::string& mount_point) {
  struct statvfs st{};
  if (::statvfs(mount_point.c_str(), &st) != 0) return system_error(mount_point, errno);
  Usage out;
  out.total = st.f_blocks * st.f_frsize;
  out.free = st.f_bfree * st.f_frsize;
  out.available = st.f_bavail * st.f_frsize;
  out.inodes_total = st.f_files;
  out.inodes_free = st.f_ffree;
  return out;
}

struct UsageProbe::Question {
  std::condition_variable answered;
  Guarded<std::optional<Result<Usage>>> answer;
};

UsageProbe::UsageProbe(UsageFunction ask, int timeout_ms)
    : ask_(std::move(ask)), timeout_ms_(timeout_ms) {}

Result<Usage> UsageProbe::usage(const Mount& mount) {
  // A local disk answers from memory; only what may hang pays for a thread.
  if (mount.kind != MountKind::kNetwork) return ask_(mount.mount_point);
  return ask_on_thread(mount.mount_point);
}

Result<Usage> UsageProbe::ask_on_thread(const std::string& mount_point) {
  std::shared_ptr<Question> question;
  {
    auto open = open_.lock();
    std::shared_ptr<Question>& slot = (*open)[mount_point];
    if (!slot) {
      slot = std::make_shared<Question>();
      std::thread([ask = ask_, mount_point, held = slot] {
        auto answer = ask(mount_point);
        *held->answer.lock() = std::move(answer);
        held->answered.notify_all();
      }).detach();
    }
    question = slot;
  }
  std::optional<Result<Usage>> answer;
  {
    auto held = question->answer.lock();
    held.wait_for(question->answered, std::chrono::milliseconds(timeout_ms_),
                  [&held] { return held->has_value(); });
    answer = *held;
  }
  if (!answer) {
    return Error{ErrorCode::kTimeout, mount_point + ": the file system does not answer within " +
                                          std::to_string(timeout_ms_) + " ms"};
  }
  open_.lock()->erase(mount_point);
  return *answer;
}

}  // namespace yagura::host
