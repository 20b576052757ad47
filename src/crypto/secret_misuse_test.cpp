// What a Secret must not allow does not compile. Checked with concepts, so that the proof runs with
// every build instead of needing a compiler run that fails.
#include <concepts>
#include <ostream>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "base/log.h"
#include "crypto/secret.h"

namespace yagura::crypto {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <typename T>
concept Comparable = requires(const T& a, const T& b) { a == b; };
template <typename T>
concept ComparableWithText = requires(const T& a) { a == std::string(); };

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);
static_assert(!Printable<Secret>);
static_assert(!Comparable<Secret>);
static_assert(!ComparableWithText<Secret>);
static_assert(!std::convertible_to<Secret, std::string>);
static_assert(!std::convertible_to<Secret, std::string_view>);
static_assert(!std::constructible_from<log::Field, std::string_view, Secret>);
static_assert(!std::constructible_from<Secret, const std::string&>);

TEST(SecretTest, WipesTheSource) {
  std::string source(64, 'k');
  const Secret secret(std::move(source));
  EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move): the promise under test
  EXPECT_TRUE(secret.equals(std::string(64, 'k')));
  EXPECT_FALSE(secret.equals(std::string(63, 'k')));
}

TEST(SecretTest, MoveLeavesNothing) {
  Secret a(std::string("correct horse"));
  const Secret b(std::move(a));
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): the promise under test
  EXPECT_TRUE(b.clone().equals("correct horse"));
}

}  // namespace
}  // namespace yagura::crypto
