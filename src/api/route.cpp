#include "api/route.h"

namespace yagura::api {

bool is_consistent(const RouteSpec& spec) {
  const std::string_view path = *spec.path;
  const bool reads = *spec.method == http::Method::kGet;
  const std::size_t open = path.find('{');
  const bool one_id =
      open == std::string_view::npos ||
      (path.substr(open, 4) == "{id}" && path.find('{', open + 1) == std::string_view::npos);
  return path.starts_with('/') && one_id && !spec.name->empty() && !spec.summary->empty() &&
         reads != spec.audit->category().has_value() && reads == (*spec.rate == RateClass::kRead);
}

}  // namespace yagura::api
