#include "api/problems.h"

#include <utility>

namespace yagura::api {

Problem validation_failed(FieldProblems fields) {
  return Problem{problems::kValidationFailed, {}, std::move(fields)};
}

Problem cursor_problem() {
  return validation_failed({{"cursor", "invalid", {}}});
}

Problem to_problem(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return Problem{problems::kNotFound, {}, {}};
    case ErrorCode::kDenied:
      return Problem{problems::kPermissionDenied, {}, {}};
    case ErrorCode::kConflict:
      return Problem{problems::kConflict, {}, {}};
    case ErrorCode::kLimit:
      return Problem{problems::kRateLimited, {}, {}};
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return Problem{http::kUnavailable, {}, {}};
    case ErrorCode::kInvalid:
    case ErrorCode::kInternal:
      break;
  }
  return Problem{http::kServerError, {}, {}};
}

}  // namespace yagura::api
