// Files: bounded reads, durable atomic writes, and access beneath a directory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "base/fd.h"
#include "base/result.h"

namespace yagura {

/// Whole content of `path`, refused with kLimit above `limit` bytes. Follows links: for paths that
/// come from the operator. Works on /proc files, whose size the kernel does not tell.
Result<std::string> read_file(const std::string& path, std::size_t limit);

/// Writes all bytes, going on after short writes and signals.
Status write_all(int fd, std::string_view bytes);

/// mkdir -p with `mode` for the folders it makes; fine if it exists as a directory.
Status make_directories(const std::string& path, mode_t mode);

/// A directory held open. All names are single components or relative paths that are resolved
/// beneath it without following any symbolic link, so that outside data can never name a file
/// elsewhere. Const methods are safe from several threads.
class Directory {
 public:
  /// Opens an existing directory; links in `path` itself are followed (the operator chose it).
  static Result<Directory> open(const std::string& path);

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The path it was opened with, for messages.
  [[nodiscard]] const std::string& path() const { return path_; }

  /// open(2) beneath this directory; O_CLOEXEC and O_NOFOLLOW are added.
  Result<UniqueFd> open_file(const std::string& name, int flags, mode_t mode = 0) const;
  /// Opens a sub-directory.
  Result<Directory> subdirectory(const std::string& name) const;
  /// Content of a regular file, at most `limit` bytes.
  Result<std::string> read(const std::string& name, std::size_t limit) const;
  /// lstat(2) of a name.
  Result<struct stat> stat(const std::string& name) const;
  /// Writes a temporary file, syncs it, renames it to `name` and syncs the directory: after success
  /// the content survives a crash; at no time does `name` hold half of it.
  Status write_durable(const std::string& name, std::string_view bytes, mode_t mode) const;
  /// Names of the entries (without . and ..), unsorted; stops with kLimit beyond `limit`.
  Result<std::vector<std::string>> list(std::size_t limit) const;
  /// Calls `visit` with each name (without . and ..) until it returns false.
  Status for_each(const std::function<bool(std::string_view)>& visit) const;
  Status remove(const std::string& name) const;
  /// Renames within this directory or into another; replaces an existing target.
  Status rename(const std::string& from, const Directory& target, const std::string& to) const;
  /// fsync(2) of the directory itself: makes renames and unlinks durable.
  Status sync() const;

 private:
  Directory(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  UniqueFd fd_;
  std::string path_;
};

}  // namespace yagura
