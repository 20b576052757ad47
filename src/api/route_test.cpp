// A route that forgets something does not compile; and every route there is follows the rules.
#include "api/route.h"

#include <set>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "api/openapi.h"
#include "api/resources.h"
#include "text/json.h"

namespace yagura::api {
namespace {

using http::Method;

// Each concept is one way to write a route; only the complete one may compile.
template <typename S>
concept Complete = requires {
  S{.method = Method::kGet,
    .path = "/a",
    .name = "a",
    .summary = "a",
    .access = Access::everyone(),
    .audit = Audit::read_only(),
    .rate = RateClass::kRead};
};
template <typename S>
concept WithoutMethod = requires {
  S{.path = "/a",
    .name = "a",
    .summary = "a",
    .access = Access::everyone(),
    .audit = Audit::read_only(),
    .rate = RateClass::kRead};
};
template <typename S>
concept WithoutAccess = requires {
  S{.method = Method::kGet,
    .path = "/a",
    .name = "a",
    .summary = "a",
    .audit = Audit::read_only(),
    .rate = RateClass::kRead};
};
template <typename S>
concept WithoutAudit = requires {
  S{.method = Method::kGet,
    .path = "/a",
    .name = "a",
    .summary = "a",
    .access = Access::everyone(),
    .rate = RateClass::kRead};
};
template <typename S>
concept WithoutRate = requires {
  S{.method = Method::kGet,
    .path = "/a",
    .name = "a",
    .summary = "a",
    .access = Access::everyone(),
    .audit = Audit::read_only()};
};
static_assert(Complete<RouteSpec>);
static_assert(!WithoutMethod<RouteSpec>);
static_assert(!WithoutAccess<RouteSpec>);
static_assert(!WithoutAudit<RouteSpec>);
static_assert(!WithoutRate<RouteSpec>);
static_assert(!std::is_default_constructible_v<Required<Access>>);
static_assert(!std::is_default_constructible_v<Access>);
static_assert(!std::is_default_constructible_v<Audit>);

TEST(RouteTest, EveryRouteIsConsistent) {
  const auto operations = all_operations();
  std::set<std::string> addresses;
  std::set<std::string_view> names;
  for (const Operation& op : operations) {
    const RouteSpec& spec = op.spec;
    EXPECT_TRUE(is_consistent(spec)) << *spec.name;
    const std::string address = std::string(http::to_string(*spec.method)).append(*spec.path);
    EXPECT_TRUE(addresses.insert(address).second) << *spec.name << ": two routes of one address";
    EXPECT_TRUE(names.insert(*spec.name).second) << *spec.name;
  }
  EXPECT_GE(operations.size(), 18U);
}

TEST(RouteTest, InconsistentRoutesAreFound) {
  const auto with = [](Method method, std::string_view path, Audit audit, RateClass rate) {
    return is_consistent({.method = method,
                          .path = path,
                          .name = "n",
                          .summary = "s",
                          .access = Access::everyone(),
                          .audit = audit,
                          .rate = rate});
  };
  const Audit act = Audit::act(audit::Category::kAgent, "x");
  EXPECT_TRUE(with(Method::kPost, "/a/{id}", act, RateClass::kWrite));
  EXPECT_FALSE(with(Method::kPost, "/a", Audit::read_only(), RateClass::kWrite));
  EXPECT_FALSE(with(Method::kGet, "/a", act, RateClass::kRead));
  EXPECT_FALSE(with(Method::kPost, "/a", act, RateClass::kRead));
  EXPECT_FALSE(with(Method::kGet, "/a/{id}/{id}", Audit::read_only(), RateClass::kRead));
  EXPECT_FALSE(with(Method::kGet, "/a/{name}", Audit::read_only(), RateClass::kRead));
  EXPECT_FALSE(with(Method::kGet, "a", Audit::read_only(), RateClass::kRead));
}

// Every $ref of the document leads somewhere.
void check_references(const boost::json::value& value, const boost::json::object& schemas) {
  if (const auto* object = value.if_object()) {
    for (const auto& [key, content] : *object) {
      if (key == "$ref") {
        const std::string_view name(content.get_string().data(), content.get_string().size());
        EXPECT_TRUE(schemas.contains(std::string(name.substr(name.rfind('/') + 1)))) << name;
      }
      check_references(content, schemas);
    }
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array)
      check_references(item, schemas);
  }
}

TEST(OpenApiTest, DocumentIsCompleteJson) {
  const auto operations = all_operations();
  const std::string text = openapi_document(operations);
  EXPECT_EQ(text, openapi_document(operations)) << "always the same";
  const auto document = text::parse_json(text);
  ASSERT_TRUE(document.ok()) << document.error().what;
  const auto& root = document->get_object();
  EXPECT_EQ(root.at("openapi").get_string(), "3.1.0");
  check_references(*document, root.at("components").at("schemas").get_object());
  std::size_t described = 0;
  for (const auto& [path, methods] : root.at("paths").get_object()) {
    described += methods.get_object().size();
  }
  EXPECT_EQ(described, operations.size());
}

}  // namespace
}  // namespace yagura::api
