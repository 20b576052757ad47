// Problem documents (RFC 9457): how every refusal reaches a client. The code is stable and the
// front end translates it; the title is for people who read raw answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/message.h"

namespace yagura::http {

/// A kind of problem; each is a constant of the program.
struct ProblemKind {
  std::string_view code;  ///< "not-found"
  int status = 500;
  std::string_view title;
};

using Param = std::pair<std::string, std::variant<std::string, std::int64_t>>;
using Params = std::vector<Param>;

/// What is wrong with one member or parameter of a request.
struct FieldProblem {
  std::string field;  ///< "new", "thresholds.min", "limit"
  std::string code;   ///< "missing", "unknown", "too-long", ...
  Params params;
};

struct Problem {
  ProblemKind kind;
  Params params;
  std::vector<FieldProblem> fields;  ///< validation-failed: stands in params as "fields"
};

// What the protocol itself refuses. The kinds of the API stand in api/problems.h.
inline constexpr ProblemKind kBadRequest{"bad-request", 400, "The request is malformed"};
inline constexpr ProblemKind kRequestTimeout{"request-timeout", 408, "The request came too slowly"};
inline constexpr ProblemKind kServerError{"server-error", 500, "Something failed in the server"};
inline constexpr ProblemKind kUnavailable{"unavailable", 503,
                                          "The service cannot answer at the moment"};

/// The response for a problem: application/problem+json with type, title, status, code, params and
/// request_id. A param retry_after_s also becomes the Retry-After header.
Response respond(const Problem& problem, std::string_view request_id);

}  // namespace yagura::http
