#include "host/root.h"

#include <array>
#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "host/parse.h"

namespace yagura::host {
namespace {

constexpr std::size_t kReadStep = 4096;
constexpr std::size_t kMaxValueBytes = 4096;

}  // namespace

Result<Root> Root::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return system_error("opening root directory " + path, errno);
  return Root(std::move(fd), path);
}

Result<UniqueFd> Root::open_at(std::string_view path, int flags) const {
  const std::string name(path);
  struct open_how how{};
  flags |= O_CLOEXEC;
  if ((flags & O_PATH) == 0) flags |= O_NOCTTY;  // openat2 refuses flags that O_PATH ignores
  how.flags = static_cast<unsigned>(flags);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  long fd = ::syscall(SYS_openat2, fd_.get(), name.c_str(), &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM) && is_system()) {
    // Kernels before 5.6 and old container filters lack openat2; for "/" it adds nothing.
    fd = ::open(name.c_str(), flags);
  }
  if (fd < 0) return system_error(name, errno);
  return UniqueFd(static_cast<int>(fd));
}

Result<std::string> Root::read(std::string_view path, std::size_t limit) const {
  YAGURA_TRY(fd, open_at(path, O_RDONLY | O_NONBLOCK));
  std::string out;
  std::array<char, kReadStep> step;  // NOLINT: filled by read
  for (;;) {
    const ssize_t n = ::read(fd.get(), step.data(), step.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error("reading " + std::string(path), errno);
    }
    if (n == 0) return out;
    if (out.size() + static_cast<std::size_t>(n) > limit) {
      return Error{ErrorCode::kLimit,
                   std::string(path) + ": larger than " + std::to_string(limit) + " bytes"};
    }
    out.append(step.data(), static_cast<std::size_t>(n));
  }
}

Result<std::string> Root::read_value(std::string_view path) const {
  YAGURA_TRY(text, read(path, kMaxValueBytes));
  return std::string(trim(text));
}

Result<std::vector<std::string>> Root::list(std::string_view path, std::size_t limit) const {
  YAGURA_TRY(fd, open_at(path, O_RDONLY | O_DIRECTORY));
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(fd.get()), &::closedir);
  if (!dir) return system_error("reading directory " + std::string(path), errno);
  (void)fd.release();  // the stream closes it
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) {
      if (errno != 0) return system_error("reading directory " + std::string(path), errno);
      return names;
    }
    const std::string_view name(&entry->d_name[0]);
    if (name == "." || name == "..") continue;
    if (names.size() >= limit) {
      return Error{ErrorCode::kLimit,
                   std::string(path) + ": more than " + std::to_string(limit) + " entries"};
    }
    names.emplace_back(name);
  }
}

bool Root::exists(std::string_view path) const {
  return open_at(path, O_PATH).ok();
}

}  // namespace yagura::host
