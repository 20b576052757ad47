#include "http/message.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/log.h"

namespace yagura::http {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 7> kMethods = {{
    {Method::kGet, "GET"},
    {Method::kHead, "HEAD"},
    {Method::kPost, "POST"},
    {Method::kPut, "PUT"},
    {Method::kPatch, "PATCH"},
    {Method::kDelete, "DELETE"},
    {Method::kOptions, "OPTIONS"},
}};

// The fixed part of spec console-security §19.1; Content-Security-Policy and Cache-Control depend
// on the response.
constexpr std::string_view kFixedHeaders =
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    "X-Frame-Options: SAMEORIGIN\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), microphone=(), geolocation=()\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

void append_csp(std::string& out, std::string_view nonce) {
  std::string source = "'self'";
  if (!nonce.empty()) source += " 'nonce-" + std::string(nonce) + "'";
  out += "Content-Security-Policy: default-src 'self'; script-src " + source + "; style-src " +
         source +
         "; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
         "frame-ancestors 'self'\r\n";
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(value, control) || std::ranges::any_of(name, control)) {
    log::error("response-header-invalid", {{"header", name}});
    std::abort();
  }
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view to_string(Method method) {
  for (const auto& [value, word] : kMethods) {
    if (value == method) return word;
  }
  return "GET";
}

std::optional<Method> parse_method(std::string_view text) {
  for (const auto& [value, word] : kMethods) {
    if (word == text) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const Header& h : headers) {
    if (h.name == name) return h.value;
  }
  return std::nullopt;
}

void Response::set(std::string_view name, std::string_view value) {
  for (Header& h : headers) {
    if (h.name == name) {
      h.value = value;
      return;
    }
  }
  headers.push_back({std::string(name), std::string(value)});
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

std::string write_head(const Response& response, std::string_view request_id,
                       Connection connection) {
  std::string out;
  out.reserve(1024);
  out += "HTTP/1.1 " + std::to_string(response.status) + " ";
  out.append(reason(response.status)).append("\r\n");
  bool cache_control = false;
  for (const Header& h : response.headers) {
    cache_control = cache_control || h.name == "Cache-Control";
    append_header(out, h.name, h.value);
  }
  if (!cache_control) out += "Cache-Control: no-store\r\n";
  append_csp(out, response.csp_nonce);
  out += kFixedHeaders;
  append_header(out, "X-Request-Id", request_id);
  if (response.status != 204 && response.status != 304) {
    out += "Content-Length: " + std::to_string(response.content().size()) + "\r\n";
  }
  if (connection == Connection::kClose) out += "Connection: close\r\n";
  out += "\r\n";
  return out;
}

}  // namespace yagura::http
