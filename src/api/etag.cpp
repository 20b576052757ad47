#include "api/etag.h"

namespace yagura::api {

std::string etag_of(const std::string& revision) {
  return '"' + revision + '"';
}

std::optional<std::string> revision_of(const http::Request& request) {
  const auto header = request.header("if-match");
  if (!header || header->size() < 3 || header->front() != '"' || header->back() != '"') {
    return std::nullopt;
  }
  const std::string_view tag = header->substr(1, header->size() - 2);
  if (tag.find('"') != std::string_view::npos) return std::nullopt;
  return std::string(tag);
}

}  // namespace yagura::api
