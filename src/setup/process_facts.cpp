#include "setup/process_facts.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <map>
#include <optional>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

namespace yagura::setup {
namespace {

constexpr std::size_t kMaxStatusFile = 65536;
/// Room for the table of a transport with a hundred thousand connections.
constexpr std::size_t kMaxSocketTable = 64UL * 1024 * 1024;
constexpr std::size_t kMaxDescriptors = 200'000;
constexpr std::size_t kMaxProcesses = 1'000'000;
constexpr std::uint64_t kUnixListening = 0x10000;  // __SO_ACCEPTCON
constexpr std::string_view kTcpListen = "0A";
constexpr std::string_view kUdpUnconnected = "07";

constexpr std::array kCapabilities{"chown",
                                   "dac_override",
                                   "dac_read_search",
                                   "fowner",
                                   "fsetid",
                                   "kill",
                                   "setgid",
                                   "setuid",
                                   "setpcap",
                                   "linux_immutable",
                                   "net_bind_service",
                                   "net_broadcast",
                                   "net_admin",
                                   "net_raw",
                                   "ipc_lock",
                                   "ipc_owner",
                                   "sys_module",
                                   "sys_rawio",
                                   "sys_chroot",
                                   "sys_ptrace",
                                   "sys_pacct",
                                   "sys_admin",
                                   "sys_boot",
                                   "sys_nice",
                                   "sys_resource",
                                   "sys_time",
                                   "sys_tty_config",
                                   "mknod",
                                   "lease",
                                   "audit_write",
                                   "audit_control",
                                   "setfcap",
                                   "mac_override",
                                   "mac_admin",
                                   "syslog",
                                   "wake_alarm",
                                   "block_suspend",
                                   "audit_read",
                                   "perfmon",
                                   "bpf",
                                   "checkpoint_restore"};

std::string proc(pid_t pid, std::string_view name) {
  return "/proc/" + std::to_string(pid) + "/" + std::string(name);
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = line.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) break;
    at = std::min(line.find_first_of(" \t", begin), line.size());
    out.push_back(line.substr(begin, at - begin));
  }
  return out;
}

template <typename Visit>
void for_each_line(std::string_view text, const Visit& visit) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    visit(text.substr(at, end - at));
    at = end + 1;
  }
}

template <typename T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<std::string> read_link(const std::string& path) {
  std::array<char, PATH_MAX + 1> target{};
  const ssize_t n = ::readlink(path.c_str(), target.data(), target.size() - 1);
  if (n < 0) return system_error(path, errno);
  return std::string(target.data(), static_cast<std::size_t>(n));
}

/// The kernel prints each 32-bit word of an address as a number of its own byte order.
std::optional<std::string> address_text(std::string_view hex) {
  std::array<std::uint32_t, 4> parts{};
  const std::size_t count = hex.size() / 8;
  if (hex.size() % 8 != 0 || (count != 1 && count != 4)) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    const auto part = number<std::uint32_t>(hex.substr(i * 8, 8), 16);
    if (!part) return std::nullopt;
    parts[i] = *part;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(count == 1 ? AF_INET : AF_INET6, parts.data(), text.data(), text.size()) ==
      nullptr) {
    return std::nullopt;
  }
  return std::string(text.data());
}

std::optional<ListeningSocket> internet_socket(const std::vector<std::string_view>& columns,
                                               const std::string& protocol,
                                               const std::set<std::uint64_t>& inodes) {
  if (columns.size() < 10) return std::nullopt;
  if (columns[3] != (protocol.starts_with("tcp") ? kTcpListen : kUdpUnconnected)) {
    return std::nullopt;
  }
  const auto inode = number<std::uint64_t>(columns[9]);
  if (!inode || !inodes.contains(*inode)) return std::nullopt;
  const std::size_t colon = columns[1].find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = address_text(columns[1].substr(0, colon));
  const auto port = number<std::uint16_t>(columns[1].substr(colon + 1), 16);
  if (!address || !port) return std::nullopt;
  return ListeningSocket{protocol, *address, *port};
}

std::optional<ListeningSocket> unix_socket(const std::vector<std::string_view>& columns,
                                           const std::set<std::uint64_t>& inodes) {
  if (columns.size() < 7) return std::nullopt;
  const auto flags = number<std::uint64_t>(columns[3], 16);
  const auto inode = number<std::uint64_t>(columns[6]);
  if (!flags || (*flags & kUnixListening) == 0 || !inode || !inodes.contains(*inode)) {
    return std::nullopt;
  }
  return ListeningSocket{"unix", columns.size() > 7 ? std::string(columns[7]) : "(no name)", 0};
}

/// True if the descriptor may write, by its flags in /proc/PID/fdinfo/N.
bool is_writable(pid_t pid, const std::string& fd) {
  const auto info = read_file(proc(pid, "fdinfo/" + fd), kMaxStatusFile);
  bool writable = false;
  if (!info.ok()) return writable;
  for_each_line(*info, [&](std::string_view line) {
    const auto columns = words(line);
    if (columns.size() != 2 || columns[0] != "flags:") return;
    const auto flags = number<unsigned>(columns[1], 8);
    writable = flags && (*flags & O_ACCMODE) != O_RDONLY;
  });
  return writable;
}

/// A regular file or folder behind a descriptor; nothing for devices, pipes and the kernel's files.
std::optional<OpenFile> open_file(pid_t pid, const std::string& fd, const std::string& target) {
  constexpr std::string_view kRemoved = " (deleted)";
  if (!target.starts_with("/") || target.starts_with("/proc/") || target.starts_with("/memfd:")) {
    return std::nullopt;
  }
  struct stat st{};
  if (::stat(proc(pid, "fd/" + fd).c_str(), &st) != 0) return std::nullopt;
  if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return std::nullopt;
  OpenFile file;
  file.removed = st.st_nlink == 0 && target.ends_with(kRemoved);
  file.path = target.substr(0, target.size() - (file.removed ? kRemoved.size() : 0));
  file.folder = S_ISDIR(st.st_mode);
  file.writable = is_writable(pid, fd);
  file.account = account_name(st.st_uid, st.st_gid);
  file.mode = st.st_mode & 07777U;
  return file;
}

Status read_listening(pid_t pid, const std::set<std::uint64_t>& inodes,
                      std::vector<ListeningSocket>& out) {
  if (inodes.empty()) return {};
  for (const char* protocol : {"tcp", "tcp6", "udp", "udp6", "unix"}) {
    const auto table = read_file(proc(pid, std::string("net/") + protocol), kMaxSocketTable);
    if (!table.ok()) {
      // Without IPv6 its tables are absent.
      if (table.error().code == ErrorCode::kNotFound) continue;
      return table.error();
    }
    add_listening(*table, protocol, inodes, out);
  }
  return {};
}

}  // namespace

Result<ProcessStatus> parse_process_status(std::string_view status) {
  ProcessStatus out;
  std::set<std::string_view> seen;
  for_each_line(status, [&](std::string_view line) {
    const auto columns = words(line);
    if (columns.size() < 2) return;
    const std::string_view key = columns[0];
    const auto take = [&](std::string_view name, std::size_t column, auto& target, int base = 10) {
      if (key != name || columns.size() <= column) return;
      const auto value = number<std::decay_t<decltype(target)>>(columns[column], base);
      if (!value) return;
      target = *value;
      seen.insert(name);
    };
    int no_new_privs = 0;
    take("PPid:", 1, out.parent);
    take("Uid:", 2, out.uid);
    take("Gid:", 2, out.gid);
    take("CapEff:", 1, out.capabilities, 16);
    take("NoNewPrivs:", 1, no_new_privs);
    take("Seccomp:", 1, out.seccomp);
    if (no_new_privs != 0) out.no_new_privs = true;
  });
  for (const char* name : {"PPid:", "Uid:", "Gid:", "CapEff:", "NoNewPrivs:", "Seccomp:"}) {
    if (!seen.contains(name)) {
      return Error{ErrorCode::kInvalid, std::string("the status lacks ") + name};
    }
  }
  return out;
}

Result<ProcessStatus> read_process_status(pid_t pid) {
  YAGURA_TRY(text, read_file(proc(pid, "status"), kMaxStatusFile));
  return parse_process_status(text);
}

std::string capability_names(std::uint64_t set) {
  std::string out;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((set >> bit & 1U) == 0) continue;
    if (!out.empty()) out += ", ";
    out += bit < kCapabilities.size() ? kCapabilities[bit] : std::to_string(bit);
  }
  return out.empty() ? "none" : out;
}

std::string account_name(uid_t uid, gid_t gid) {
  std::array<char, 16384> buffer{};
  struct passwd user{};
  struct passwd* found_user = nullptr;
  std::string out =
      ::getpwuid_r(uid, &user, buffer.data(), buffer.size(), &found_user) == 0 && found_user
          ? found_user->pw_name
          : std::to_string(uid);
  struct group group{};
  struct group* found_group = nullptr;
  const bool named =
      ::getgrgid_r(gid, &group, buffer.data(), buffer.size(), &found_group) == 0 && found_group;
  return out + ":" + (named ? found_group->gr_name : std::to_string(gid));
}

std::vector<std::string> read_command_line(pid_t pid) {
  std::vector<std::string> out;
  const auto text = read_file(proc(pid, "cmdline"), kMaxSocketTable);
  if (!text.ok()) return out;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\0', at), text->size());
    out.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Result<std::string> read_executable(pid_t pid) {
  return read_link(proc(pid, "exe"));
}

void add_listening(std::string_view table, const std::string& protocol,
                   const std::set<std::uint64_t>& inodes, std::vector<ListeningSocket>& out) {
  for_each_line(table, [&](std::string_view line) {
    const auto columns = words(line);
    auto socket = protocol == "unix" ? unix_socket(columns, inodes)
                                     : internet_socket(columns, protocol, inodes);
    if (socket) out.push_back(std::move(*socket));
  });
}

Result<OpenDescriptors> read_descriptors(pid_t pid) {
  YAGURA_TRY(folder, Directory::open(proc(pid, "fd")));
  YAGURA_TRY(names, folder.list(kMaxDescriptors));
  std::set<std::uint64_t> inodes;
  std::map<std::string, OpenFile> files;
  constexpr std::string_view kSocket = "socket:[";
  for (const std::string& fd : names) {
    auto target = read_link(proc(pid, "fd/" + fd));
    // Gone meanwhile: it was not open long enough to speak of.
    if (!target.ok() && target.error().code == ErrorCode::kNotFound) continue;
    if (!target.ok()) return target.error();
    if (target->starts_with(kSocket)) {
      const auto inode = number<std::uint64_t>(
          std::string_view(*target).substr(kSocket.size(), target->size() - kSocket.size() - 1));
      if (inode) inodes.insert(*inode);
      continue;
    }
    auto file = open_file(pid, fd, *target);
    if (!file) continue;
    const bool writable = file->writable;
    OpenFile& kept = files.try_emplace(file->path, std::move(*file)).first->second;
    kept.writable = kept.writable || writable;
  }
  OpenDescriptors out;
  for (auto& [path, file] : files)
    out.files.push_back(std::move(file));
  YAGURA_CHECK(read_listening(pid, inodes, out.listening));
  return out;
}

Result<std::vector<pid_t>> list_processes() {
  YAGURA_TRY(folder, Directory::open("/proc"));
  YAGURA_TRY(names, folder.list(kMaxProcesses));
  std::vector<pid_t> out;
  for (const std::string& name : names) {
    if (const auto pid = number<pid_t>(name)) out.push_back(*pid);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace yagura::setup
