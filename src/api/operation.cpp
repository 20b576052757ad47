#include "api/operation.h"

#include "http/target.h"

namespace yagura::api {

std::variant<QueryPairs, Problem> read_pairs(const http::Request& request) {
  auto pairs = http::parse_query(request.query);
  if (!pairs) return Problem{http::kBadRequest, {{"reason", pairs.error().what}}, {}};
  return std::move(*pairs);
}

}  // namespace yagura::api
