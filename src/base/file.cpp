#include "base/file.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

namespace yagura {
namespace {

constexpr std::size_t kReadStep = 65536;

Result<std::string> read_fd(int fd, std::size_t limit, const std::string& name) {
  std::string out;
  struct stat st{};
  if (::fstat(fd, &st) == 0 && st.st_size > 0) {
    if (static_cast<std::uint64_t>(st.st_size) > limit) {
      return Error{ErrorCode::kLimit, name + ": larger than " + std::to_string(limit) + " bytes"};
    }
    out.reserve(static_cast<std::size_t>(st.st_size) + 1);
  }
  std::size_t used = 0;
  for (;;) {
    const std::size_t step = std::max<std::size_t>(
        1, std::min(kReadStep, std::max(out.capacity(), used + kReadStep) - used));
    out.resize(used + step);
    const ssize_t n = ::read(fd, out.data() + used, step);
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error("reading " + name, errno);
    }
    used += static_cast<std::size_t>(n);
    if (used > limit) {
      return Error{ErrorCode::kLimit, name + ": larger than " + std::to_string(limit) + " bytes"};
    }
    if (n == 0) break;
  }
  out.resize(used);
  return out;
}

std::string temporary_name() {
  static std::atomic<std::uint64_t> counter{0};
  return ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1));
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return system_error(path, errno);
  return read_fd(fd.get(), limit, path);
}

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error("write", errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Status make_directories(const std::string& path, mode_t mode) {
  std::string built;
  std::size_t at = 0;
  while (at <= path.size()) {
    const std::size_t slash = path.find('/', at);
    const std::size_t end = slash == std::string::npos ? path.size() : slash;
    built = path.substr(0, end);
    at = end + 1;
    if (built.empty() || built == ".") continue;
    if (::mkdir(built.c_str(), mode) != 0 && errno != EEXIST) {
      return system_error("creating directory " + built, errno);
    }
  }
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0) return system_error(path, errno);
  if (!S_ISDIR(st.st_mode)) return Error{ErrorCode::kInvalid, path + ": not a directory"};
  return {};
}

Result<Directory> Directory::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return system_error("opening directory " + path, errno);
  return Directory(std::move(fd), path);
}

Result<UniqueFd> Directory::open_file(const std::string& name, int flags, mode_t mode) const {
  struct open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, fd_.get(), name.c_str(), &how, sizeof how);
  if (fd < 0) return system_error(path_ + "/" + name, errno);
  return UniqueFd(static_cast<int>(fd));
}

Result<Directory> Directory::subdirectory(const std::string& name) const {
  YAGURA_TRY(fd, open_file(name, O_RDONLY | O_DIRECTORY));
  return Directory(std::move(fd), path_ + "/" + name);
}

Result<std::string> Directory::read(const std::string& name, std::size_t limit) const {
  YAGURA_TRY(fd, open_file(name, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) return system_error(path_ + "/" + name, errno);
  if (!S_ISREG(st.st_mode)) {
    return Error{ErrorCode::kInvalid, path_ + "/" + name + ": not a regular file"};
  }
  return read_fd(fd.get(), limit, path_ + "/" + name);
}

Result<struct stat> Directory::stat(const std::string& name) const {
  struct stat st{};
  if (::fstatat(fd_.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
    return system_error(path_ + "/" + name, errno);
  }
  return st;
}

Status Directory::write_durable(const std::string& name, std::string_view bytes,
                                mode_t mode) const {
  const std::string temporary = temporary_name();
  YAGURA_TRY(fd, open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, mode));
  Status written = write_all(fd.get(), bytes);
  if (written.ok() && ::fchmod(fd.get(), mode) != 0) written = system_error("fchmod", errno);
  if (written.ok() && ::fsync(fd.get()) != 0) written = system_error("fsync", errno);
  if (written.ok()) written = rename(temporary, *this, name);
  if (!written.ok()) {
    ::unlinkat(fd_.get(), temporary.c_str(), 0);
    return written.error().with("writing " + path_ + "/" + name);
  }
  return sync();
}

Result<std::vector<std::string>> Directory::list(std::size_t limit) const {
  std::vector<std::string> names;
  bool full = false;
  YAGURA_CHECK(for_each([&](std::string_view name) {
    if (names.size() >= limit) {
      full = true;
      return false;
    }
    names.emplace_back(name);
    return true;
  }));
  if (full) {
    return Error{ErrorCode::kLimit, path_ + ": more than " + std::to_string(limit) + " entries"};
  }
  return names;
}

Status Directory::for_each(const std::function<bool(std::string_view)>& visit) const {
  const int copy = ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return system_error("reading directory " + path_, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(copy), &::closedir);
  if (!dir) {
    const int saved = errno;
    ::close(copy);
    return system_error("reading directory " + path_, saved);
  }
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) {
      if (errno != 0) return system_error("reading directory " + path_, errno);
      return {};
    }
    const std::string_view name(&entry->d_name[0]);
    if (name == "." || name == "..") continue;
    if (!visit(name)) return {};
  }
}

Status Directory::remove(const std::string& name) const {
  if (::unlinkat(fd_.get(), name.c_str(), 0) != 0) {
    return system_error("removing " + path_ + "/" + name, errno);
  }
  return {};
}

Status Directory::rename(const std::string& from, const Directory& target,
                         const std::string& to) const {
  if (::renameat(fd_.get(), from.c_str(), target.fd(), to.c_str()) != 0) {
    return system_error("renaming " + path_ + "/" + from, errno);
  }
  return {};
}

Status Directory::sync() const {
  if (::fsync(fd_.get()) != 0) return system_error("fsync " + path_, errno);
  return {};
}

}  // namespace yagura
