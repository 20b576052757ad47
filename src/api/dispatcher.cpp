#include "api/dispatcher.h"

#include <algorithm>
#include <utility>

#include "api/cookie.h"
#include "api/openapi.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "http/target.h"
#include "text/numbers.h"

namespace yagura::api {
namespace {

constexpr std::string_view kDocumentPath = "/api/v2/openapi.json";
constexpr std::chrono::milliseconds kPoolWait{5000};
constexpr std::size_t kNonceBytes = 16;

bool is_api(std::string_view path) {
  return path == "/healthz" || path == "/api" || path.starts_with("/api/");
}

bool reads(http::Method method) {
  return method == http::Method::kGet || method == http::Method::kHead;
}

Problem limited(std::int64_t seconds) {
  return Problem{problems::kRateLimited, {{"retry_after_s", seconds}}, {}};
}

bool is_json(const http::Request& request) {
  std::string_view type = request.header("content-type").value_or("");
  type = text::trim(type.substr(0, type.find(';')));
  return text::equals_ignoring_case(type, "application/json");
}

bool has_csrf_token(const Context& context) {
  const auto sent = context.request.header("x-csrf-token");
  return sent && crypto::constant_time_equal(*sent, identity::csrf_token(context.session_token));
}

Result<SignedIn> sign_in(Context& context) {
  const http::Request& request = context.request;
  const auto activity = request.header("x-background-refresh") == "1"
                            ? identity::Activity::kBackground
                            : identity::Activity::kUser;
  YAGURA_TRY(session,
             identity::find_session(context.db, context.session_token, request.peer.address,
                                    activity, context.login.sessions, context.now()));
  YAGURA_TRY(user, identity::load_user(context.db, session.user));
  audit::Source source{.user = user.name,
                       .realm = "local",
                       .session = session.public_id,
                       .address = request.peer.address,
                       .request_id = request.id};
  YAGURA_TRY(actor, identity::load_actor(context.db, user, std::move(source)));
  return SignedIn{std::move(user), std::move(session), std::move(actor)};
}

// Every refusal of a known user is recorded (spec console-security, general rule 4). A failure to
// record does not turn the refusal into anything else.
void record_refusal(Context& context, const RouteSpec& spec, std::string_view missing) {
  const Status done = audit::append(
      context.db,
      {.at = context.now(),
       .source = context.actor().source(),
       .category = spec.audit->category().value_or(audit::Category::kSystem),
       .action = "access.refused",
       .object_type = "route",
       .object_id = std::string(*spec.name),
       .object_name = std::string(http::to_string(*spec.method)) + " " + context.request.path,
       .success = false,
       .changes = {{"missing", "", std::string(missing)}}});
  if (!done) log::error("audit-failed", {{"id", context.request.id}, {"error", done.error()}});
}

}  // namespace

bool is_same_origin(const http::Request& request) {
  const auto site = request.header("sec-fetch-site");
  if (site && *site != "same-origin" && *site != "none") return false;
  const auto origin = request.header("origin");
  return !origin || *origin == "https://" + std::string(request.header("host").value_or(""));
}

Dispatcher::Dispatcher(std::vector<Operation> operations, std::span<const http::Asset> assets,
                       db::Pool& database, const identity::LoginServices& login,
                       const RateLimits& limits)
    : operations_(std::move(operations)),
      assets_(assets),
      database_(database),
      login_(login),
      rate_(limits),
      openapi_(openapi_document(operations_)),
      openapi_etag_('"' + crypto::sha256_hex(openapi_).substr(0, 32) + '"') {
  for (const Operation& op : operations_) {
    routes_.push_back({http::split_path(*op.spec.path), &op});
  }
}

http::Response Dispatcher::handle(const http::Request& request) {
  if (is_api(request.path)) return serve_api(request);
  return http::serve_asset(assets_, request, login_.random.hex(kNonceBytes));
}

http::Response Dispatcher::problem(const http::Request& request, const Problem& problem) const {
  return http::respond(problem, request.id);
}

Dispatcher::Match Dispatcher::match(const http::Request& request) const {
  const auto segments = http::split_path(request.path);
  const http::Method method =
      request.method == http::Method::kHead ? http::Method::kGet : request.method;
  Match found;
  for (const Route& route : routes_) {
    if (route.segments.size() != segments.size()) continue;
    std::int64_t id = 0;
    bool same = true;
    for (std::size_t i = 0; same && i < segments.size(); ++i) {
      if (route.segments[i] != "{id}") {
        same = route.segments[i] == segments[i];
        continue;
      }
      id = text::parse_integer<std::int64_t>(segments[i]).value_or(0);
      same = id > 0 && std::to_string(id) == segments[i];
    }
    if (!same) continue;
    const http::Method known = *route.operation->spec.method;
    found.allow.append(found.allow.empty() ? "" : ", ").append(http::to_string(known));
    if (known == http::Method::kGet) found.allow += ", HEAD";
    if (known == method) {
      found.operation = route.operation;
      found.id = id;
    }
  }
  return found;
}

http::Response Dispatcher::document(const http::Request& request) const {
  http::Response response;
  response.set("ETag", openapi_etag_);
  response.set("Cache-Control", "no-cache");
  if (request.header("if-none-match") == openapi_etag_) {
    response.status = 304;
    return response;
  }
  response.set("Content-Type", "application/json");
  response.static_body = openapi_;
  return response;
}

http::Response Dispatcher::serve_api(const http::Request& request) {
  Match found = match(request);
  if (request.path == kDocumentPath || request.path == "/healthz") found.allow = "GET, HEAD";
  if (found.operation != nullptr) return run(request, found);
  if (found.allow.empty()) return problem(request, {problems::kNotFound, {}, {}});
  if (!reads(request.method) || (request.path != kDocumentPath && request.path != "/healthz")) {
    http::Response response = problem(request, {problems::kMethodNotAllowed, {}, {}});
    response.set("Allow", found.allow);
    return response;
  }
  if (request.path == kDocumentPath) return document(request);
  http::Response response;
  response.set("Content-Type", "text/plain; charset=utf-8");
  response.static_body = "ok\n";
  return response;
}

http::Response Dispatcher::run(const http::Request& request, const Match& found) {
  const Operation& op = *found.operation;
  const Micros steady = login_.clock.steady();
  const bool open = op.spec.access->kind() == Access::Kind::kPublic;
  const std::string token = session_token(request);
  if (*op.spec.rate == RateClass::kLogin) {
    const std::int64_t wait = rate_.take(RateClass::kLogin, request.peer.address, steady);
    if (wait > 0) return problem(request, limited(wait));
  }
  if (!open && token.empty()) {
    const std::int64_t wait = rate_.take_anonymous(request.peer.address, steady);
    return problem(request, wait > 0 ? limited(wait) : Problem{problems::kNotSignedIn, {}, {}});
  }
  if (!reads(request.method) && !is_same_origin(request)) {
    return problem(request, {problems::kCsrfRefused, {}, {}});
  }
  auto handle = database_.acquire(kPoolWait);
  if (!handle) {
    log::error("database-unavailable", {{"id", request.id}, {"error", handle.error()}});
    return problem(request, {http::kUnavailable, {}, {}});
  }
  Context context{
      .request = request, .db = **handle, .login = login_, .session_token = token, .id = found.id};
  if (open) {
    if (op.has_body && !is_json(request)) return problem(request, {problems::kMediaType, {}, {}});
    return op.run(context);
  }
  return run_signed_in(context, op);
}

http::Response Dispatcher::run_signed_in(Context& context, const Operation& op) {
  const http::Request& request = context.request;
  const RouteSpec& spec = op.spec;
  const auto who = sign_in(context);
  if (!who) {
    const ErrorCode code = who.error().code;
    if (code != ErrorCode::kNotFound && code != ErrorCode::kDenied) {
      log::error("session-failed", {{"id", request.id}, {"error", who.error()}});
      return problem(request, to_problem(who.error()));
    }
    const std::int64_t wait = rate_.take_anonymous(request.peer.address, login_.clock.steady());
    return problem(request, wait > 0 ? limited(wait) : Problem{problems::kNotSignedIn, {}, {}});
  }
  context.signed_in = &*who;
  const auto refuse = [&](const Problem& why) {
    http::Response response = problem(request, why);
    response.user = who->user.name;
    return response;
  };
  const std::int64_t wait = rate_.take(*spec.rate, who->session.public_id, login_.clock.steady());
  if (wait > 0) return refuse(limited(wait));
  if (who->user.must_change_password && spec.access->kind() != Access::Kind::kSessionBeforeChange) {
    return refuse({problems::kPasswordChangeRequired, {}, {}});
  }
  if (!reads(request.method) && !has_csrf_token(context)) {
    record_refusal(context, spec, "csrf-token");
    return refuse({problems::kCsrfRefused, {}, {}});
  }
  const auto bit = spec.access->bit();
  if (bit && !who->actor.may_somewhere(*bit)) {
    record_refusal(context, spec, identity::to_string(*bit));
    return refuse({problems::kPermissionDenied, {}, {}});
  }
  if (op.has_body && !request.body.empty() && !is_json(request)) {
    return refuse({problems::kMediaType, {}, {}});
  }
  http::Response response = op.run(context);
  response.user = who->user.name;
  if (context.refused) record_refusal(context, spec, bit ? identity::to_string(*bit) : "right");
  return response;
}

}  // namespace yagura::api
