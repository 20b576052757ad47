// Result<T>: a value or an Error. The way every function of Yagura reports what fails in ordinary
// life. Exceptions come only from libraries and stop at the request or item boundary.
//
//   Result<Config> load(const std::string& path) {
//     YAGURA_TRY(text, read_file(path, kMaxConfigBytes));     // returns the error if there is one
//     if (text.empty()) return Error{ErrorCode::kInvalid, path + ": file is empty"};
//     return parse(text);
//   }
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace yagura {

/// Few codes: a new one only when a caller reacts to it.
enum class ErrorCode {
  kInvalid,      ///< input that breaks its rules; trying again cannot help
  kNotFound,     ///< the thing named is not there (or may not be seen)
  kConflict,     ///< somebody else changed it first, or it exists already
  kDenied,       ///< the caller lacks the right
  kLimit,        ///< a limit, quota or rate was exceeded
  kUnavailable,  ///< a peer, database or disk cannot be used now; trying again may help
  kTimeout,      ///< a deadline passed
  kInternal,     ///< a broken assumption of ours
};

/// Stable lower-case word for a code, as logs and problem documents show it.
std::string_view to_string(ErrorCode code);

/// What went wrong. `what` is a sentence for an administrator and never holds a secret.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string what;

  /// The same error with context before it: "reading /etc/x: no such file".
  [[nodiscard]] Error with(std::string_view context) const {
    return Error{code, std::string(context) + ": " + what};
  }
};

/// The error of a failed system call: "<what>: <strerror(errno_value)>".
Error system_error(std::string_view what, int errno_value);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return assert(ok()), *std::get_if<0>(&state_); }
  const T& value() const& { return assert(ok()), *std::get_if<0>(&state_); }
  T&& value() && { return assert(ok()), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return assert(!ok()), *std::get_if<1>(&state_); }
  Error&& error() && { return assert(!ok()), std::move(*std::get_if<1>(&state_)); }

  T value_or(T fallback) && { return ok() ? std::move(*this).value() : std::move(fallback); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return assert(!ok()), *error_; }
  Error&& error() && { return assert(!ok()), std::move(*error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

#define YAGURA_CONCAT_(a, b) a##b
#define YAGURA_CONCAT(a, b) YAGURA_CONCAT_(a, b)

/// Declares `name` with the value of `expression`, or returns its error.
#define YAGURA_TRY(name, expression)                         \
  auto YAGURA_CONCAT(try_, __LINE__) = (expression);         \
  if (!YAGURA_CONCAT(try_, __LINE__).ok())                   \
    return std::move(YAGURA_CONCAT(try_, __LINE__)).error(); \
  auto name = std::move(YAGURA_CONCAT(try_, __LINE__)).value()

/// Returns the error of `expression` if it has one; its value is dropped.
#define YAGURA_CHECK(expression)                                    \
  do {                                                              \
    auto check_result = (expression);                               \
    if (!check_result.ok()) return std::move(check_result).error(); \
  } while (false)

}  // namespace yagura
