// Where an installation lives and as whom it runs.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "setup/installation.h"

namespace yagura::setup {
namespace {

constexpr const char* kAccount = "yagura";
constexpr const char* kUserAdd = "/usr/sbin/useradd";
constexpr std::size_t kMaxProgramBytes = 1024UL * 1024 * 1024;

struct Account {
  uid_t uid;
  gid_t gid;
};

std::optional<Account> find_account(const char* name) {
  struct passwd entry{};
  struct passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  if (::getpwnam_r(name, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return Account{found->pw_uid, found->pw_gid};
}

Status make_account() {
  YAGURA_TRY(child, spawn({kUserAdd,
                           {"--system", "--user-group", "--no-create-home", "--home-dir",
                            "/nonexistent", "--shell", "/usr/sbin/nologin", kAccount},
                           "",
                           false}));
  const std::string how = reap(child);
  if (how != "exit status 0") {
    return Error{ErrorCode::kUnavailable, "making the system account 'yagura' failed (" + how +
                                              "): make it by hand or start as an ordinary user"};
  }
  return {};
}

constexpr std::array kPrograms{"yagura-tentacled", "yagura-server", "yagura-console",
                               "yagura-agent", "yagura"};

/// True if `account` can execute the programs in `folder`. Called as root.
Result<bool> can_execute(const Account& account, const std::string& folder) {
  if (::setegid(account.gid) != 0 || ::seteuid(account.uid) != 0) {
    return system_error("seteuid", errno);
  }
  const std::string program = folder + "/" + kPrograms[0];
  const bool can = ::faccessat(AT_FDCWD, program.c_str(), X_OK, AT_EACCESS) == 0;
  if (::seteuid(0) != 0 || ::setegid(0) != 0) return system_error("seteuid", errno);
  return can;
}

/// Copies the programs to `data`/bin, owned by root, so that their account cannot change them.
Result<std::string> copy_programs(const std::string& from, const std::string& data) {
  const std::string folder = data + "/bin";
  YAGURA_CHECK(make_directories(folder, 0755));
  YAGURA_TRY(target, Directory::open(folder));
  if (::fchown(target.fd(), 0, 0) != 0 || ::fchmod(target.fd(), 0755) != 0) {
    return system_error(folder, errno);
  }
  for (const char* program : kPrograms) {
    YAGURA_TRY(bytes, read_file(from + "/" + program, kMaxProgramBytes));
    YAGURA_CHECK(target.write_durable(program, bytes, 0755));
  }
  return folder;
}

Status become(const Account& account) {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(account.gid, account.gid, account.gid) != 0 ||
      ::setresuid(account.uid, account.uid, account.uid) != 0) {
    return system_error("becoming another account", errno);
  }
  return {};
}

}  // namespace

Result<std::string> default_data_directory() {
  if (::geteuid() == 0) return std::string("/var/lib/yagura");
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/yagura";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return std::string(home) + "/.local/state/yagura";
  }
  return Error{ErrorCode::kInvalid,
               "neither XDG_STATE_HOME nor HOME is set: name a folder with --data"};
}

Result<Settled> settle_account(const std::string& data, const std::string& program_folder) {
  Settled settled{"", program_folder};
  if (::geteuid() != 0) {
    YAGURA_CHECK(make_directories(data, 0750));
    return settled;
  }
  auto account = find_account(kAccount);
  if (!account) {
    YAGURA_CHECK(make_account());
    account = find_account(kAccount);
    if (!account) return Error{ErrorCode::kInternal, "the new account 'yagura' cannot be found"};
    settled.message = "made the system account 'yagura'; ";
  }
  YAGURA_CHECK(make_directories(data, 0750));
  struct stat st{};
  if (::stat(data.c_str(), &st) != 0) return system_error(data, errno);
  if (st.st_uid != account->uid) {
    YAGURA_TRY(folder, Directory::open(data));
    YAGURA_TRY(entries, folder.list(100'000));
    if (!entries.empty()) {
      return Error{ErrorCode::kDenied, data +
                                           " belongs to another account and is not empty: name "
                                           "an empty folder with --data"};
    }
    if (::fchown(folder.fd(), account->uid, account->gid) != 0) return system_error(data, errno);
  }
  YAGURA_TRY(reachable, can_execute(*account, program_folder));
  if (!reachable) {
    YAGURA_TRY(copied, copy_programs(program_folder, data));
    settled.program_folder = std::move(copied);
  }
  YAGURA_CHECK(become(*account));
  if (::access(data.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Error{ErrorCode::kDenied, "the account 'yagura' cannot enter " + data +
                                         ": one of the folders above it is closed to others; name "
                                         "another with --data"};
  }
  settled.message += "runs as the account 'yagura'";
  return settled;
}

std::string current_account() {
  struct passwd entry{};
  struct passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return std::to_string(::geteuid());
  }
  return found->pw_name;
}

Status act_as_owner(const std::string& data) {
  if (::geteuid() != 0) return {};
  struct stat st{};
  if (::stat(data.c_str(), &st) != 0) return system_error(data, errno);
  return st.st_uid == 0 ? Status() : become({st.st_uid, st.st_gid});
}

HostNames local_names() {
  HostNames names;
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) names.host_name = host.data();
  if (names.host_name.empty()) names.host_name = "localhost";
  names.dns_names = {"localhost"};
  if (names.host_name != "localhost") names.dns_names.push_back(names.host_name);
  names.addresses = {"127.0.0.1", "::1"};
  struct ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return names;
  const std::unique_ptr<struct ifaddrs, void (*)(struct ifaddrs*)> owner(list, &::freeifaddrs);
  for (const struct ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
    if (i->ifa_addr == nullptr) continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* address = nullptr;
    if (i->ifa_addr->sa_family == AF_INET) {
      address = &reinterpret_cast<const sockaddr_in*>(i->ifa_addr)->sin_addr;
    } else if (i->ifa_addr->sa_family == AF_INET6) {
      const auto& in6 = reinterpret_cast<const sockaddr_in6*>(i->ifa_addr)->sin6_addr;
      if (IN6_IS_ADDR_LINKLOCAL(&in6)) continue;
      address = &in6;
    } else {
      continue;
    }
    if (::inet_ntop(i->ifa_addr->sa_family, address, text.data(), text.size()) == nullptr) continue;
    if (std::find(names.addresses.begin(), names.addresses.end(), text.data()) ==
        names.addresses.end()) {
      names.addresses.emplace_back(text.data());
    }
  }
  return names;
}

Status check_port_free(const std::string& address, std::uint16_t port, const std::string& option) {
  const bool v6 = address.find(':') != std::string::npos;
  const UniqueFd fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("socket", errno);
  const int one = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  int rc = 0;
  if (v6) {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, address.c_str(), &in6.sin6_addr) != 1) {
      return Error{ErrorCode::kInvalid, "'" + address + "' is no address"};
    }
    rc = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&in6), sizeof in6);
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &in.sin_addr) != 1) {
      return Error{ErrorCode::kInvalid, "'" + address + "' is no address"};
    }
    rc = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in);
  }
  // SO_REUSEADDR lets two sockets bind as long as none listens: listening is the real question.
  if (rc == 0) rc = ::listen(fd.get(), 1);
  if (rc == 0) return {};
  const int reason = errno;
  const std::string where = address + " port " + std::to_string(port);
  if (reason == EADDRINUSE) {
    return Error{ErrorCode::kConflict,
                 where +
                     " is in use by another program (is Yagura running already?): stop it, or "
                     "choose another port with " +
                     option};
  }
  if (reason == EACCES) {
    return Error{ErrorCode::kDenied, where +
                                         ": ports below 1024 need privileges; choose another "
                                         "with " +
                                         option};
  }
  return system_error(where, reason);
}

}  // namespace yagura::setup
