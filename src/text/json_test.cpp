#include "text/json.h"

#include <limits>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace yagura::text {
namespace {

TEST(JsonWriterTest, WritesNestedValues) {
  JsonWriter json;
  json.begin_object().field("id", 7).field("ok", true).field("big", UINT64_MAX);
  json.field("min", INT64_MIN).field("ratio", 0.1).key("none").null();
  json.field("maybe", std::optional<int>()).field("some", std::optional<std::string>("x"));
  json.key("list").begin_array().value(1).begin_object().end_object().begin_array().end_array();
  json.value("z").end_array().key("raw").raw("{\"a\":1}").field("last", 1.5).end_object();
  EXPECT_EQ(json.take(),
            R"({"id":7,"ok":true,"big":18446744073709551615,"min":-9223372036854775808,)"
            R"("ratio":0.1,"none":null,"maybe":null,"some":"x","list":[1,{},[],"z"],)"
            R"("raw":{"a":1},"last":1.5})");
  json.begin_array().value(2).end_array();
  EXPECT_EQ(json.take(), "[2]");
}

TEST(JsonWriterTest, NumbersThatJsonLacksAreNull) {
  JsonWriter json;
  json.begin_array();
  json.value(std::numeric_limits<double>::quiet_NaN());
  json.value(std::numeric_limits<double>::infinity()).value(1e300).end_array();
  EXPECT_EQ(json.take(), "[null,null,1e+300]");
}

TEST(JsonWriterTest, EscapesWhatCouldDoHarm) {
  std::string out;
  append_json_string(out, std::string_view("a\"b\\c\n\r\t\x01\x7F\0</script>", 20));
  EXPECT_EQ(out, R"("a\"b\\c\n\r\t\u0001\u007f\u0000\u003c/script>")");
  out.clear();
  append_json_string(out, "櫓 é \xE2\x80\xA8\xE2\x80\xA9 \xFF");
  EXPECT_EQ(out, "\"櫓 é \\u2028\\u2029 \uFFFD\"");
}

TEST(JsonWriterTest, EveryStringComesBack) {
  std::string all;
  for (int c = 0; c < 128; ++c)
    all.push_back(static_cast<char>(c));
  all += "é櫓\U0001F600";
  std::string out;
  append_json_string(out, all);
  const auto value = parse_json(out);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(std::string(value->as_string().c_str(), value->as_string().size()), all);
}

TEST(JsonReaderTest, ReadsMembersByType) {
  const auto value = parse_json(
      R"({"s":"text","i":-3,"d":2.5,"b":true,"o":{"x":1},"a":[1],"n":null,"u":18446744073709551615})");
  ASSERT_TRUE(value.ok());
  const auto& object = value->as_object();
  EXPECT_EQ(json_string(object, "s"), "text");
  EXPECT_EQ(json_string(object, "i"), std::nullopt);
  EXPECT_EQ(json_integer(object, "i"), -3);
  EXPECT_EQ(json_integer(object, "d"), std::nullopt);
  EXPECT_EQ(json_integer(object, "u"), std::nullopt);
  EXPECT_EQ(json_number(object, "d"), 2.5);
  EXPECT_EQ(json_number(object, "i"), -3.0);
  EXPECT_EQ(json_number(object, "u"), 18446744073709551615.0);
  EXPECT_EQ(json_number(object, "s"), std::nullopt);
  EXPECT_EQ(json_bool(object, "b"), true);
  EXPECT_EQ(json_bool(object, "i"), std::nullopt);
  ASSERT_NE(json_object(object, "o"), nullptr);
  EXPECT_EQ(json_integer(*json_object(object, "o"), "x"), 1);
  ASSERT_NE(json_array(object, "a"), nullptr);
  EXPECT_EQ(json_array(object, "o"), nullptr);
  EXPECT_EQ(json_object(object, "missing"), nullptr);
  EXPECT_EQ(json_string(object, "n"), std::nullopt);
}

TEST(JsonReaderTest, IsStrict) {
  for (const char* text : {"", "{", "{}x", "[1,]", "{\"a\":1,}", "// c\n1", "'a'", "NaN", "01",
                           "\"\xFF\"", "\"\\ud800\"", "\"a\nb\"", "nul"}) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value.ok()) << text;
    EXPECT_EQ(value.error().code, ErrorCode::kInvalid) << text;
  }
}

TEST(JsonReaderTest, Limits) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(parse_json(nested(32)).ok());
  ASSERT_FALSE(parse_json(nested(33)).ok());
  EXPECT_EQ(parse_json(nested(33)).error().code, ErrorCode::kLimit);
  EXPECT_TRUE(parse_json("[1]", {.max_bytes = 3}).ok());
  ASSERT_FALSE(parse_json("[1] ", {.max_bytes = 3}).ok());
  EXPECT_EQ(parse_json("[1] ", {.max_bytes = 3}).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace yagura::text
