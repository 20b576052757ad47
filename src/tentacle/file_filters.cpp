#include "tentacle/file_filters.h"

#include <algorithm>

#include "tentacle/name_rules.h"

namespace yagura::tentacle {
namespace {

/// Relative, without empty, "." or ".." parts.
bool safe_directory(std::string_view directory) {
  std::size_t at = 0;
  while (at <= directory.size()) {
    const std::size_t slash = std::min(directory.find('/', at), directory.size());
    const std::string_view part = directory.substr(at, slash - at);
    if (part.empty() || part.front() == '.') return false;
    at = slash + 1;
  }
  return true;
}

}  // namespace

Result<FileFilters> FileFilters::parse(std::string_view text) {
  FileFilters out;
  out.built_in_ = false;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(';', at), text.size());
    const std::string_view item = text.substr(at, end - at);
    at = end + 1;
    const std::size_t colon = item.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == item.size()) continue;
    std::string_view directory = item.substr(colon + 1);
    directory = directory.substr(0, directory.find(':'));
    if (directory.ends_with('/')) directory.remove_suffix(1);
    if (!safe_directory(directory)) {
      return Error{ErrorCode::kInvalid,
                   "filter directory '" + std::string(directory) + "' is not below outgoing"};
    }
    if (out.entries_.size() == kMaxEntries) {
      return Error{ErrorCode::kLimit, "more than " + std::to_string(kMaxEntries) + " filters"};
    }
    auto regex = text::Regex::compile(item.substr(0, colon));
    if (!regex.ok()) return regex.error().with("filter");
    out.entries_.emplace_back(std::move(regex).value(), std::string(directory));
  }
  return out;
}

std::optional<std::string> FileFilters::directory(std::string_view name) const {
  const FileKind kind = kind_of(name);
  if (kind == FileKind::kData) return std::nullopt;
  if (!built_in_) {
    for (const auto& [regex, directory] : entries_) {
      if (regex.found_in(name)) return directory;
    }
    return std::nullopt;
  }
  switch (kind) {
    case FileKind::kConfiguration:
      return "conf";
    case FileKind::kChecksum:
      return "md5";
    case FileKind::kCollection:
      return "collections";
    case FileKind::kData:
    case FileKind::kOther:
      break;
  }
  return std::nullopt;
}

std::vector<std::string> FileFilters::directories() const {
  if (built_in_) return {"conf", "md5", "collections"};
  std::vector<std::string> out;
  for (const auto& [regex, directory] : entries_) {
    if (std::find(out.begin(), out.end(), directory) == out.end()) out.push_back(directory);
  }
  return out;
}

}  // namespace yagura::tentacle
