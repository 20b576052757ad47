// The kinds of problems the API answers with. The codes are part of the contract with clients: add,
// never rename.
#pragma once

#include <array>

#include "api/read_value.h"
#include "base/result.h"
#include "http/problem.h"

namespace yagura::api {

using http::Problem;
using http::ProblemKind;

namespace problems {
inline constexpr ProblemKind kNotSignedIn{"not-signed-in", 401, "Sign in first"};
inline constexpr ProblemKind kLoginRefused{"login-refused", 401, "Login failed"};
inline constexpr ProblemKind kPasswordWrong{"password-wrong", 403, "The present password is wrong"};
inline constexpr ProblemKind kCsrfRefused{
    "csrf-refused", 403, "The request does not come from this console's own pages"};
inline constexpr ProblemKind kPasswordChangeRequired{"password-change-required", 403,
                                                     "Change the password first"};
inline constexpr ProblemKind kPermissionDenied{"permission-denied", 403,
                                               "You do not have the right to do this"};
inline constexpr ProblemKind kNotFound{"not-found", 404, "There is no such thing"};
inline constexpr ProblemKind kMethodNotAllowed{"method-not-allowed", 405,
                                               "This address does not know the method"};
inline constexpr ProblemKind kConflict{"conflict", 409,
                                       "The request contradicts the present state"};
inline constexpr ProblemKind kPreconditionFailed{"precondition-failed", 412,
                                                 "Somebody changed it in the meantime"};
inline constexpr ProblemKind kMediaType{"media-type-refused", 415, "Send application/json"};
inline constexpr ProblemKind kValidationFailed{"validation-failed", 422,
                                               "Some fields are not acceptable"};
inline constexpr ProblemKind kPasswordTooShort{"password-too-short", 422,
                                               "The new password is too short"};
inline constexpr ProblemKind kPasswordTooCommon{"password-too-common", 422,
                                                "The new password is easy to guess"};
inline constexpr ProblemKind kPasswordSame{"password-same", 422,
                                           "The new password was used before"};
inline constexpr ProblemKind kPreconditionRequired{"precondition-required", 428,
                                                   "Say with If-Match which version you edit"};
inline constexpr ProblemKind kTooManyAttempts{"too-many-attempts", 429,
                                              "Too many failed attempts; wait"};
inline constexpr ProblemKind kRateLimited{"rate-limited", 429, "Too many requests; wait"};
}  // namespace problems

/// Every kind a client can meet, for the reference.
inline constexpr std::array kAllProblems = {
    http::kBadRequest,           problems::kNotSignedIn,
    problems::kLoginRefused,     problems::kPasswordWrong,
    problems::kCsrfRefused,      problems::kPasswordChangeRequired,
    problems::kPermissionDenied, problems::kNotFound,
    problems::kMethodNotAllowed, http::kRequestTimeout,
    problems::kConflict,         problems::kPreconditionFailed,
    problems::kMediaType,        problems::kValidationFailed,
    problems::kPasswordTooShort, problems::kPasswordTooCommon,
    problems::kPasswordSame,     problems::kPreconditionRequired,
    problems::kTooManyAttempts,  problems::kRateLimited,
    http::kServerError,          http::kUnavailable,
};

Problem validation_failed(FieldProblems fields);
/// A cursor that the list did not give out.
Problem cursor_problem();
/// What an error of a service function is for the client. `what` goes into the log, not out.
/// kInvalid is a mistake of ours: what clients send was checked before.
Problem to_problem(const Error& error);

}  // namespace yagura::api
