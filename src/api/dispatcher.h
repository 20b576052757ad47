// Dispatcher: from a request to the handler that may serve it, or to the problem that says why not.
//
// The order of the checks is that of spec console-security §14.1: route, rate, session, forced
// password change, forgery, permission, parameters. Only then does a handler run. Everything that
// is not below /api/ is the front end's files.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/operation.h"
#include "api/rate_limit.h"
#include "base/random.h"
#include "db/pool.h"
#include "http/assets.h"
#include "http/message.h"

namespace yagura::api {

/// Thread-safe. Everything it is given must outlive it.
class Dispatcher {
 public:
  Dispatcher(std::vector<Operation> operations, std::span<const http::Asset> assets,
             db::Pool& database, const identity::LoginServices& login, const RateLimits& limits);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  http::Response handle(const http::Request& request);

 private:
  struct Route {
    std::vector<std::string_view> segments;
    const Operation* operation = nullptr;
  };
  struct Match {
    const Operation* operation = nullptr;
    std::int64_t id = 0;
    std::string allow;  ///< methods of the path, if it is known
  };

  [[nodiscard]] Match match(const http::Request& request) const;
  http::Response serve_api(const http::Request& request);
  http::Response run(const http::Request& request, const Match& found);
  http::Response run_signed_in(Context& context, const Operation& operation);
  http::Response problem(const http::Request& request, const Problem& problem) const;
  [[nodiscard]] http::Response document(const http::Request& request) const;

  const std::vector<Operation> operations_;
  std::vector<Route> routes_;
  const std::span<const http::Asset> assets_;
  db::Pool& database_;
  const identity::LoginServices& login_;
  RateLimiter rate_;
  std::string openapi_;
  std::string openapi_etag_;
};

/// True if the request may come from this console's own pages: Origin and Sec-Fetch-Site, where the
/// browser sends them, name this very host.
bool is_same_origin(const http::Request& request);

}  // namespace yagura::api
