#include "http/assets.h"

#include <algorithm>
#include <optional>
#include <string>

#include "http/problem.h"

namespace yagura::http {
namespace {

constexpr ProblemKind kNoSuchFile{"not-found", 404, "There is no such thing"};
constexpr ProblemKind kReadOnly{"method-not-allowed", 405, "This address does not know the method"};

constexpr std::string_view kNoFrontEnd =
    "<!doctype html>\n<html lang=\"en\">\n<head><meta "
    "charset=\"utf-8\"><title>Yagura</title></head>\n"
    "<body>\n<h1>The web interface is not in this build</h1>\n"
    "<p>This console was compiled without <code>ui/dist</code>. Run <code>scripts/build-ui</code>, "
    "then build the console again. The API works: "
    "<a href=\"/api/v2/openapi.json\">/api/v2/openapi.json</a></p>\n"
    "<h1 lang=\"ja\">このビルドには Web 画面が含まれていません</h1>\n"
    "<p lang=\"ja\"><code>ui/dist</code> "
    "なしでコンパイルされています。<code>scripts/build-ui</code> "
    "を実行してから、コンソールをもう一度ビルドしてください。API は利用できます。</p>\n"
    "</body>\n</html>\n";

const Asset* find(std::span<const Asset> assets, std::string_view path) {
  const auto it = std::ranges::lower_bound(assets, path, {}, &Asset::path);
  return it != assets.end() && it->path == path ? &*it : nullptr;
}

// A list element of Accept-Encoding that names gzip and does not forbid it (q=0).
bool accepts_gzip(const Request& request) {
  std::string_view list = request.header("accept-encoding").value_or("");
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string item;
    for (const char c : list.substr(0, end)) {
      if (c != ' ' && c != '\t') item += c;
    }
    list.remove_prefix(std::min(end + 1, list.size()));
    if (item == "gzip") return true;
    if (item.starts_with("gzip;q=")) return item.find_first_of("123456789") != std::string::npos;
  }
  return false;
}

bool is_fresh(const Request& request, std::string_view etag) {
  return request.header("if-none-match") == etag;
}

Response file(const Asset& asset, const Request& request) {
  Response response;
  response.set("ETag", asset.etag);
  response.set("Vary", "Accept-Encoding");
  response.set("Cache-Control",
               asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (is_fresh(request, asset.etag)) {
    response.status = 304;
    return response;
  }
  response.set("Content-Type", asset.type);
  const bool gzip = !asset.gzip.empty() && accepts_gzip(request);
  if (gzip) response.set("Content-Encoding", "gzip");
  response.static_body = gzip ? asset.gzip : asset.plain;
  return response;
}

Response start_page(const Asset* index, std::string_view nonce) {
  Response response;
  response.set("Content-Type", "text/html; charset=utf-8");
  if (index == nullptr) {
    response.static_body = kNoFrontEnd;
    return response;
  }
  response.csp_nonce = nonce;
  response.body = index->plain;
  for (std::size_t at = 0; (at = response.body.find(kNonceMarker, at)) != std::string::npos;) {
    response.body.replace(at, kNonceMarker.size(), nonce);
  }
  return response;
}

bool is_page_address(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return path.substr(slash + 1).find('.') == std::string_view::npos;
}

}  // namespace

Response serve_asset(std::span<const Asset> assets, const Request& request,
                     std::string_view nonce) {
  if (request.method != Method::kGet && request.method != Method::kHead) {
    Response response = respond(Problem{kReadOnly, {}, {}}, request.id);
    response.set("Allow", "GET, HEAD");
    return response;
  }
  const Asset* asset = find(assets, request.path);
  if (asset != nullptr && request.path != kIndexPath) return file(*asset, request);
  if (request.path == kIndexPath || is_page_address(request.path)) {
    return start_page(find(assets, kIndexPath), nonce);
  }
  return respond(Problem{kNoSuchFile, {}, {}}, request.id);
}

}  // namespace yagura::http
