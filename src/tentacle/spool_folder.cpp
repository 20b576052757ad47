#include "tentacle/spool_folder.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

namespace yagura::tentacle {
namespace {

constexpr const char* kTemporary = ".tmp";
constexpr mode_t kFolderMode = 0750;
constexpr mode_t kFileMode = 0640;
constexpr std::size_t kTimeDigits = 16;
constexpr std::size_t kItemNameLength = kTimeDigits + 1 + 32 + 5;

/// Removes the files of a folder, then the folder. It is flat: we make no folders in it.
void clear_folder(const Directory& parent, const Directory& folder, const std::string& name) {
  static_cast<void>(folder.for_each([&](std::string_view file) {
    ::unlinkat(folder.fd(), std::string(file).c_str(), 0);
    return true;
  }));
  ::unlinkat(parent.fd(), name.c_str(), AT_REMOVEDIR);
}

void clear_dead(const Directory& parent) {
  const auto names = parent.list(10'000);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    const auto folder = parent.subdirectory(name);
    if (!folder.ok()) continue;
    if (::flock(folder->fd(), LOCK_EX | LOCK_NB) == 0) clear_folder(parent, *folder, name);
  }
}

Micros time_of(std::string_view file) {
  std::uint64_t value = 0;
  std::from_chars(file.data(), file.data() + kTimeDigits, value, 16);
  return static_cast<Micros>(value);
}

crypto::Sha256Digest digest_from_hex(std::string_view hex) {
  crypto::Sha256Digest out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, out[i], 16);
  }
  return out;
}

}  // namespace

bool is_item_name(std::string_view file) {
  return file.size() == kItemNameLength && file.ends_with(".item") && file[kTimeDigits] == '-';
}

Result<Directory> open_temporary(const Directory& incoming, std::string& name) {
  if (::mkdirat(incoming.fd(), kTemporary, kFolderMode) != 0 && errno != EEXIST) {
    return system_error("creating " + incoming.path() + "/" + kTemporary, errno);
  }
  YAGURA_TRY(parent, incoming.subdirectory(kTemporary));
  clear_dead(parent);
  const std::string own = SystemRandom().hex(8);
  if (::mkdirat(parent.fd(), own.c_str(), kFolderMode) != 0) {
    return system_error("creating " + parent.path() + "/" + own, errno);
  }
  YAGURA_TRY(folder, parent.subdirectory(own));
  if (::flock(folder.fd(), LOCK_EX | LOCK_NB) != 0) {
    return system_error("locking " + folder.path(), errno);
  }
  name = std::string(kTemporary) + "/" + own;
  return folder;
}

void remove_temporary(const Directory& incoming, const Directory& temporary,
                      const std::string& name) {
  clear_folder(incoming, temporary, name);
}

Result<ItemInfo> read_item(const Directory& incoming, const std::string& file) {
  YAGURA_TRY(fd, incoming.open_file(file, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) return system_error(file, errno);
  if (!S_ISREG(st.st_mode)) return Error{ErrorCode::kInvalid, file + ": not a regular file"};
  std::array<char, kMaxEnvelopeHeader> head{};
  const ssize_t n = ::pread(fd.get(), head.data(), head.size(), 0);
  if (n < 0) return system_error(file, errno);
  YAGURA_TRY(parsed, parse_header({head.data(), static_cast<std::size_t>(n)}));
  ItemInfo out;
  out.envelope = std::move(parsed.envelope);
  out.digest = digest_from_hex(out.envelope.sha256);
  out.file_size = out.envelope.length;
  return out;
}

Result<ItemListing> list_items(const Directory& incoming) {
  ItemListing out;
  std::string oldest;
  YAGURA_CHECK(incoming.for_each([&](std::string_view file) {
    if (!is_item_name(file)) return true;
    out.files.emplace(file);
    if (oldest.empty() || file < oldest) oldest = file;
    return true;
  }));
  if (!oldest.empty()) out.oldest = time_of(oldest);
  return out;
}

Result<PublishResult> publish_file(const std::string& outgoing, const std::string& directory,
                                   const Envelope& envelope, const Payload& payload) {
  YAGURA_TRY(root, Directory::open(outgoing));
  YAGURA_TRY(folder, root.subdirectory(directory));
  const auto there = folder.read(envelope.name, static_cast<std::size_t>(envelope.length));
  if (there.ok()) {
    return crypto::sha256_hex(*there) == envelope.sha256 ? PublishResult::kSameThere
                                                         : PublishResult::kOtherThere;
  }
  if (there.error().code != ErrorCode::kNotFound) return PublishResult::kOtherThere;
  const std::string temporary = ".tmp-" + envelope.id;
  YAGURA_TRY(fd, folder.open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, kFileMode));
  Status done = payload.write_to(fd.get(), {});
  if (done.ok() && ::fdatasync(fd.get()) != 0) done = system_error("fdatasync", errno);
  if (done.ok() && ::renameat2(folder.fd(), temporary.c_str(), folder.fd(), envelope.name.c_str(),
                               RENAME_NOREPLACE) != 0) {
    const int error = errno;
    ::unlinkat(folder.fd(), temporary.c_str(), 0);
    if (error == EEXIST) return PublishResult::kOtherThere;
    return system_error("renaming", error);
  }
  if (!done.ok()) {
    ::unlinkat(folder.fd(), temporary.c_str(), 0);
    return done.error();
  }
  YAGURA_CHECK(folder.sync());
  return PublishResult::kPublished;
}

}  // namespace yagura::tentacle
