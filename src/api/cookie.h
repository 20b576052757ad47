// The session cookie: __Host- prefix, so that no other host or path can plant one; HttpOnly,
// Secure, SameSite=Strict (spec console-security §19.2).
#pragma once

#include <string>
#include <string_view>

#include "crypto/secret.h"
#include "http/message.h"

namespace yagura::api {

inline constexpr std::string_view kSessionCookie = "__Host-yagura";

/// Value of Set-Cookie. A session cookie: the browser forgets it, the database knows when it ends.
std::string session_cookie(const crypto::Secret& token);
std::string expired_session_cookie();
/// The token a request carries; empty if none.
std::string session_token(const http::Request& request);

}  // namespace yagura::api
