#include "tentacle/payload.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/random.h"

namespace yagura::tentacle {
namespace {

constexpr std::size_t kCopyBytes = 1024UL * 1024;

/// A file without a name; on file systems that cannot make one, with a name for a moment.
Result<UniqueFd> unnamed_file(const Directory& directory) {
  UniqueFd fd(::openat(directory.fd(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.valid()) return fd;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) {
    return system_error("temporary file in " + directory.path(), errno);
  }
  const std::string name = "spill-" + SystemRandom().hex(16);
  YAGURA_TRY(named, directory.open_file(name, O_RDWR | O_CREAT | O_EXCL, 0600));
  YAGURA_CHECK(directory.remove(name));
  return named;
}

}  // namespace

Status Payload::append(std::string_view bytes, const Directory& temporary) {
  size_ += bytes.size();
  if (!file_.valid()) {
    if (size_ <= kMemoryBytes) {
      memory_.append(bytes);
      return {};
    }
    YAGURA_CHECK(spill(temporary));
  }
  stream_->update(bytes);
  return write_all(file_.get(), bytes);
}

Status Payload::spill(const Directory& temporary) {
  YAGURA_TRY(file, unnamed_file(temporary));
  file_ = std::move(file);
  stream_ = std::make_unique<crypto::Sha256Stream>();
  stream_->update(memory_);
  const std::string head = std::move(memory_);
  memory_ = std::string();
  return write_all(file_.get(), head);
}

crypto::Sha256Digest Payload::digest() {
  return stream_ ? stream_->finish() : crypto::sha256(memory_);
}

Status Payload::write_to(int fd, std::string_view header) const {
  if (!file_.valid()) {
    // iovec predates const.
    std::array<iovec, 2> parts{{{const_cast<char*>(header.data()), header.size()},
                                {const_cast<char*>(memory_.data()), memory_.size()}}};
    const ssize_t n = ::writev(fd, parts.data(), static_cast<int>(parts.size()));
    if (n < 0) return system_error("write", errno);
    const auto written = static_cast<std::size_t>(n);
    if (written == header.size() + memory_.size()) return {};
    if (written < header.size()) {
      YAGURA_CHECK(write_all(fd, header.substr(written)));
      return write_all(fd, memory_);
    }
    return write_all(fd, std::string_view(memory_).substr(written - header.size()));
  }
  YAGURA_CHECK(write_all(fd, header));
  off_t at = 0;
  while (static_cast<std::uint64_t>(at) < size_) {
    const std::size_t step = static_cast<std::size_t>(
        std::min<std::uint64_t>(kCopyBytes, size_ - static_cast<std::uint64_t>(at)));
    const ssize_t n = ::copy_file_range(file_.get(), &at, fd, nullptr, step, 0);
    if (n > 0) continue;
    if (n < 0 && errno == EINTR) continue;
    return n == 0 ? Error{ErrorCode::kInternal, "temporary file is short"}
                  : system_error("copying to the spool", errno);
  }
  return {};
}

}  // namespace yagura::tentacle
