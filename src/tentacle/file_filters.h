// Which sub-directory of `outgoing` a file name belongs to.
//
// Built in: by the final extension (.conf, .md5, .zip). Or the reference's list
// "regex:dir;regex:dir", for installations that bring one: expressions are searched anywhere in the
// name, the first match decides. In both cases a name that ends in ".data" belongs nowhere: the
// spool cannot be read by anybody.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "text/regex.h"

namespace yagura::tentacle {

/// Copyable; const functions are safe from several threads.
class FileFilters {
 public:
  /// Most entries of a list.
  static constexpr std::size_t kMaxEntries = 64;

  /// The built-in rule.
  FileFilters() = default;
  /// The reference's syntax: entries without both parts are ignored, a trailing '/' of a directory
  /// is dropped. kInvalid for a bad expression or a directory that could leave `outgoing`.
  static Result<FileFilters> parse(std::string_view text);

  /// Directory for `name`, without slashes at its ends; nothing if the name belongs nowhere.
  [[nodiscard]] std::optional<std::string> directory(std::string_view name) const;
  /// Every directory that can come out.
  [[nodiscard]] std::vector<std::string> directories() const;

 private:
  std::vector<std::pair<text::Regex, std::string>> entries_;
  bool built_in_ = true;
};

}  // namespace yagura::tentacle
