#include "api/cookie.h"

#include "http/target.h"

namespace yagura::api {
namespace {

constexpr std::string_view kAttributes = "; Path=/; Secure; HttpOnly; SameSite=Strict";

}  // namespace

std::string session_cookie(const crypto::Secret& token) {
  std::string out(kSessionCookie);
  return out.append("=").append(token.reveal()).append(kAttributes);
}

std::string expired_session_cookie() {
  return std::string(kSessionCookie) + "=; Max-Age=0" + std::string(kAttributes);
}

std::string session_token(const http::Request& request) {
  const auto header = request.header("cookie");
  return header ? http::find_cookie(*header, kSessionCookie) : std::string();
}

}  // namespace yagura::api
