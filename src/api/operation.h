// Operation: a route with its work. operation() joins a RouteSpec and a typed handler; the types of
// the handler give the checks of query and body, the JSON of the answer and all three schemas.
//
//   Reply<AgentPage> list(Context& context, const AgentFilter& filter, None& body);
//   operation({.method = Method::kGet, .path = "/api/v2/agents", ...}, list)
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "api/json_in.h"
#include "api/json_out.h"
#include "api/problems.h"
#include "api/query_in.h"
#include "api/route.h"
#include "api/schema.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/connection.h"
#include "http/message.h"
#include "identity/actor.h"
#include "identity/login.h"

namespace yagura::api {

/// Who is signed in.
struct SignedIn {
  identity::User user;
  identity::Session session;
  identity::Actor actor;
};

/// What a handler works with. Lives for one request.
struct Context {
  const http::Request& request;
  db::Connection& db;
  const identity::LoginServices& login;
  /// Set on every route but those for everyone(): the dispatcher made sure of it.
  const SignedIn* signed_in = nullptr;
  /// The secret of the session cookie; empty when not signed in.
  std::string_view session_token;
  std::int64_t id = 0;   ///< {id} of the path
  bool refused = false;  ///< set when a service function answered "denied": it is audited

  [[nodiscard]] const identity::Actor& actor() const { return signed_in->actor; }
  [[nodiscard]] Micros now() const { return login.clock.now(); }
};

/// The answer of a handler: content or problem, and what goes beside it.
template <typename A>
struct Reply {
  std::variant<A, Problem> result;
  std::vector<http::Header> headers;
  Micros delay = 0;

  Reply(A answer) : result(std::move(answer)) {}           // NOLINT: implicit
  Reply(Problem problem) : result(std::move(problem)) {}   // NOLINT: implicit
  Reply(const Error& error) : result(to_problem(error)) {  // NOLINT: implicit
    if (error.code != ErrorCode::kNotFound && error.code != ErrorCode::kDenied) {
      log::warning("request-failed", {{"error", error}});
    }
  }
  Reply(Result<A> outcome)  // NOLINT: implicit
      : Reply(outcome.ok() ? Reply(std::move(*outcome)) : Reply(outcome.error())) {}
};

struct Operation {
  RouteSpec spec;
  std::function<http::Response(Context&)> run;
  bool has_body = false;
  // For the OpenAPI document; the first two write into an open array or object.
  std::function<void(text::JsonWriter&, Components&)> parameters;
  std::function<void(text::JsonWriter&, Components&)> request_schema;
  std::function<void(text::JsonWriter&, Components&)> answer_schema;
  bool has_answer = false;
};

/// Query parameters of the request; a malformed query string is a problem.
std::variant<QueryPairs, Problem> read_pairs(const http::Request& request);

template <typename A>
http::Response finish(Context& context, Reply<A> reply) {
  http::Response response;
  if (auto* problem = std::get_if<Problem>(&reply.result)) {
    context.refused = problem->kind.code == problems::kPermissionDenied.code;
    response = http::respond(*problem, context.request.id);
  } else if constexpr (std::is_same_v<A, None>) {
    response.status = 204;
  } else {
    response.set("Content-Type", "application/json");
    response.body = to_json(std::get<A>(reply.result));
  }
  for (const http::Header& h : reply.headers)
    response.set(h.name, h.value);
  response.delay = reply.delay;
  return response;
}

template <typename Q, typename B, typename A>
Operation operation(RouteSpec spec, Reply<A> (*handler)(Context&, const Q&, B&)) {
  Operation op{
      .spec = spec, .run = {}, .parameters = {}, .request_schema = {}, .answer_schema = {}};
  op.has_body = !std::is_same_v<B, None>;
  op.has_answer = !std::is_same_v<A, None>;
  op.run = [handler](Context& context) -> http::Response {
    Q query{};
    B body{};
    FieldProblems wrong;
    auto pairs = read_pairs(context.request);
    if (auto* problem = std::get_if<Problem>(&pairs)) {
      return http::respond(*problem, context.request.id);
    }
    read_query(std::get<QueryPairs>(pairs), query, wrong);
    if constexpr (!std::is_same_v<B, None>) {
      // Nothing sent = nothing said: an object without members, whose missing ones are named.
      const std::string& sent = context.request.body;
      read_json(sent.empty() ? "{}" : sent, body, wrong);
    }
    if (!wrong.empty()) {
      return http::respond(validation_failed(std::move(wrong)), context.request.id);
    }
    return finish(context, handler(context, query, body));
  };
  op.parameters = [](text::JsonWriter& json, Components& components) {
    ParameterMembers members(json, components);
    Describe<Q>::fields(members);
  };
  op.request_schema = [](text::JsonWriter& json, Components& components) {
    write_type<B>(json, components, Direction::kRequest, {});
  };
  op.answer_schema = [](text::JsonWriter& json, Components& components) {
    write_type<A>(json, components, Direction::kAnswer, {});
  };
  return op;
}

}  // namespace yagura::api
