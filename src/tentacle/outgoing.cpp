#include "tentacle/outgoing.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "tentacle/name_rules.h"
#include "tentacle/zip.h"

namespace yagura::tentacle {
namespace {

Error missing(const std::string& name) {
  return Error{ErrorCode::kNotFound, name};
}

Result<std::string> read_whole(int fd, std::uint64_t size) {
  std::string out(static_cast<std::size_t>(size), '\0');
  std::size_t at = 0;
  while (at < out.size()) {
    const ssize_t n = ::pread(fd, out.data() + at, out.size() - at, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return missing("file shrank");
    at += static_cast<std::size_t>(n);
  }
  return out;
}

}  // namespace

Result<Outgoing> Outgoing::open(const std::string& path, FileFilters filters) {
  YAGURA_TRY(root, Directory::open(path));
  return Outgoing(std::move(root), std::move(filters));
}

Result<Body> Outgoing::find(Verb verb, const std::string& name) const {
  return verb == Verb::kLs ? listing(name) : file(verb, name);
}

Result<Body> Outgoing::file(Verb verb, const std::string& name) const {
  const auto directory = filters_.directory(name);
  if (!directory) return missing(name);
  Body body;
  body.path = *directory + "/" + name;
  auto fd = root_.open_file(body.path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd.ok()) return missing(name);
  struct stat st{};
  if (::fstat(fd->get(), &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_size <= 0) {
    return missing(name);
  }
  body.size = static_cast<std::uint64_t>(st.st_size);
  if (verb == Verb::kZrecv) {
    if (body.size > kMaxPacked) return missing(name);
    YAGURA_TRY(plain, read_whole(fd->get(), body.size));
    YAGURA_TRY(archive, make_zip(name, plain));
    body.bytes = std::move(archive);
    body.size = body.bytes.size();
  } else if (body.size <= kInMemory) {
    YAGURA_TRY(bytes, read_whole(fd->get(), body.size));
    body.bytes = std::move(bytes);
  } else {
    body.file = std::move(fd).value();
  }
  return body;
}

/// The reference's listing: the filter text only chooses the directory.
Result<Body> Outgoing::listing(const std::string& filter) const {
  const auto directory = filters_.directory(filter);
  std::vector<std::string> names;
  if (directory) {
    auto folder = root_.subdirectory(*directory);
    if (!folder.ok()) return missing(filter);
    YAGURA_TRY(found, folder->list(kMaxListed));
    names = std::move(found);
  } else {
    YAGURA_TRY(found, root_.list(kMaxListed));
    names = std::move(found);
  }
  Body body;
  body.bytes = ".\n..\n";
  for (const std::string& name : names) {
    if (valid_name(name)) body.bytes.append(name).append("\n");
  }
  body.size = body.bytes.size();
  return body;
}

Status Outgoing::remove(const Body& body) const {
  const std::size_t slash = body.path.rfind('/');
  YAGURA_TRY(folder, root_.subdirectory(body.path.substr(0, slash)));
  return folder.remove(body.path.substr(slash + 1));
}

void FetchPool::start() {
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this] {
      while (auto job = jobs_.pop())
        (*job)();
    });
  }
}

void FetchPool::stop() {
  jobs_.close();
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
}

}  // namespace yagura::tentacle
