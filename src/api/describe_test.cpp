// What one description of a struct does: JSON out, JSON in with all mistakes at once, query,
// schema.
#include "api/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/json_in.h"
#include "api/json_out.h"
#include "api/query_in.h"
#include "api/schema.h"
#include "http/target.h"

namespace yagura::api {

enum class Color { kRed, kGreen };
std::string_view to_string(Color color) {
  return color == Color::kRed ? "red" : "green";
}
template <>
struct Words<Color> {
  static constexpr std::array kAll = {Color::kRed, Color::kGreen};
};

struct Dot {
  double x = 0;
};
template <>
struct Describe<Dot> {
  static constexpr std::string_view kName = "Dot";
  template <typename V>
  static void fields(V& v) {
    v.tag("kind", "dot");
    v.field("x", &Dot::x, "");
  }
};
struct Word {
  std::string text;
};
template <>
struct Describe<Word> {
  static constexpr std::string_view kName = "Word";
  template <typename V>
  static void fields(V& v) {
    v.tag("kind", "word");
    v.field("text", &Word::text, "");
  }
};

struct Answer {
  GroupId id{7};
  std::string name;
  bool flag = true;
  std::optional<std::int64_t> maybe;
  std::optional<std::variant<Dot, Word>> choice;
  std::vector<std::tuple<double, std::int64_t>> points;
  TextMap params;
  Color color = Color::kGreen;
  Micros at = 1'500'000;
  std::optional<Micros> never;
};
template <>
struct Describe<Answer> {
  static constexpr std::string_view kName = "Answer";
  template <typename V>
  static void fields(V& v) {
    v.field("id", &Answer::id, "");
    v.field("name", &Answer::name, "");
    v.field("flag", &Answer::flag, "");
    v.field("maybe", &Answer::maybe, "");
    v.field("choice", &Answer::choice, "");
    v.field("points", &Answer::points, "");
    v.field("params", &Answer::params, "");
    v.field("color", &Answer::color, "");
    v.time("at", &Answer::at, "");
    v.time("never", &Answer::never, "");
  }
};

struct Change {
  std::string name;
  std::optional<std::string> note;
  std::optional<Color> color;
  std::optional<std::int64_t> size;
  std::optional<bool> flag;
  crypto::Secret secret;
  std::vector<Color> colors;
};
template <>
struct Describe<Change> {
  static constexpr std::string_view kName = "Change";
  template <typename V>
  static void fields(V& v) {
    v.field("name", &Change::name, "", {.max_length = 5});
    v.field("note", &Change::note, "", {.lines = Lines::kMany, .null = Null::kAllowed});
    v.field("color", &Change::color, "");
    v.field("size", &Change::size, "", {.min = 1, .max = 10});
    v.field("flag", &Change::flag, "");
    v.field("secret", &Change::secret, "", {.max_length = 8});
  }
};

struct Filter {
  std::string q;
  std::vector<Color> color;
  std::int64_t limit = 3;
  std::optional<GroupId> group;
};
template <>
struct Describe<Filter> {
  static constexpr std::string_view kName = "Filter";
  template <typename V>
  static void fields(V& v) {
    v.field("q", &Filter::q, "", {.max_length = 4});
    v.field("color", &Filter::color, "");
    v.field("limit", &Filter::limit, "", {.min = 1, .max = 5});
    v.field("group", &Filter::group, "");
  }
};

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> codes(const FieldProblems& problems) {
  std::vector<std::string> out;
  for (const auto& p : problems)
    out.push_back(p.field + ":" + p.code);
  return out;
}

TEST(JsonOutTest, WritesEveryKindOfMember) {
  Answer answer;
  answer.name = "a\"b";
  EXPECT_EQ(to_json(answer),
            R"({"id":7,"name":"a\"b","flag":true,"maybe":null,"choice":null,"points":[],)"
            R"("params":{},"color":"green","at":"1970-01-01T00:00:01.500Z","never":null})");
  answer.maybe = 5;
  answer.choice = Word{"w"};
  answer.points = {{1.5, 2}};
  answer.params = {{"k", "v"}};
  answer.never = 0;
  EXPECT_EQ(to_json(answer),
            R"({"id":7,"name":"a\"b","flag":true,"maybe":5,"choice":{"kind":"word","text":"w"},)"
            R"("points":[[1.5,2]],"params":{"k":"v"},"color":"green",)"
            R"("at":"1970-01-01T00:00:01.500Z","never":"1970-01-01T00:00:00.000Z"})");
}

TEST(JsonInTest, ReadsWhatFits) {
  Change change;
  FieldProblems problems;
  ASSERT_TRUE(read_json(R"({"name":"東京","note":"a\nb","color":"red","size":10,"flag":false,)"
                        R"("secret":"pass"})",
                        change, problems));
  EXPECT_EQ(change.name, "東京");
  EXPECT_EQ(change.note, "a\nb");
  EXPECT_EQ(change.color, Color::kRed);
  EXPECT_EQ(change.size, 10);
  EXPECT_EQ(change.flag, false);
  EXPECT_TRUE(change.secret.equals("pass"));
}

TEST(JsonInTest, OptionalMembersMayBeAbsent) {
  Change change;
  FieldProblems problems;
  ASSERT_TRUE(read_json(R"({"name":"a","secret":"","note":null})", change, problems));
  EXPECT_FALSE(change.color.has_value());
  EXPECT_FALSE(change.note.has_value()) << "null where it is allowed";
}

TEST(JsonInTest, NamesEveryMistake) {
  Change change;
  FieldProblems problems;
  EXPECT_FALSE(
      read_json(R"({"name":"sixsix","note":7,"color":"blue","size":11,"flag":1,"extra":0})", change,
                problems));
  EXPECT_THAT(codes(problems),
              UnorderedElementsAre("name:too-long", "note:wrong-type", "color:unknown-word",
                                   "size:out-of-range", "flag:wrong-type", "secret:missing",
                                   "extra:unknown"));
  problems.clear();
  EXPECT_FALSE(read_json(R"({"name":"a\tb","secret":"123456789","color":null,"size":1.0})", change,
                         problems));
  EXPECT_THAT(codes(problems), UnorderedElementsAre("name:invalid-text", "secret:too-long",
                                                    "color:wrong-type", "size:wrong-type"));
}

TEST(JsonInTest, OnlyAnObjectIsABody) {
  for (const char* body : {"", "[]", "null", "{", "{}{}", "{\"name\":\"a\",}", "\xff"}) {
    Change change;
    FieldProblems problems;
    EXPECT_FALSE(read_json(body, change, problems)) << body;
    ASSERT_EQ(problems.size(), 1U) << body;
    EXPECT_EQ(problems[0].field, "");
  }
}

Filter filter_of(std::string_view query, FieldProblems& problems) {
  Filter filter;
  read_query(*http::parse_query(query), filter, problems);
  return filter;
}

TEST(QueryTest, ReadsWhatFits) {
  FieldProblems problems;
  const Filter filter = filter_of("q=a+b&color=red,green&limit=5&group=9", problems);
  EXPECT_THAT(codes(problems), IsEmpty());
  EXPECT_EQ(filter.q, "a b");
  EXPECT_THAT(filter.color, ElementsAre(Color::kRed, Color::kGreen));
  EXPECT_EQ(filter.limit, 5);
  EXPECT_EQ(filter.group, GroupId{9});
  const Filter blank = filter_of("q=&color=&limit=&group=", problems);
  EXPECT_THAT(codes(problems), IsEmpty()) << "left blank is no filter";
  EXPECT_EQ(blank.limit, 3);
}

TEST(QueryTest, RefusesTheRest) {
  FieldProblems problems;
  filter_of("q=12345&color=red,&limit=6&group=x&Q=1&limit=1", problems);
  EXPECT_THAT(codes(problems),
              UnorderedElementsAre("q:too-long", "color:unknown-word", "limit:out-of-range",
                                   "group:wrong-type", "Q:unknown", "limit:repeated"));
}

TEST(SchemaTest, RequestsAreClosedAndLimited) {
  Components components;
  components.add<Change>(Direction::kRequest);
  EXPECT_EQ(components.schemas().at("Change"),
            R"({"type":"object","properties":{"name":{"type":"string","maxLength":5},)"
            R"("note":{"anyOf":[{"type":"string","maxLength":255},{"type":"null"}]},)"
            R"("color":{"type":"string","enum":["red","green"]},)"
            R"("size":{"type":"integer","format":"int64","minimum":1,"maximum":10},)"
            R"("flag":{"type":"boolean"},)"
            R"("secret":{"type":"string","format":"password","maxLength":8}},)"
            R"("required":["name","secret"],"additionalProperties":false})");
}

TEST(SchemaTest, AnswersHoldEveryMember) {
  Components components;
  components.add<Answer>(Direction::kAnswer);
  const std::string& schema = components.schemas().at("Answer");
  EXPECT_THAT(schema,
              ::testing::HasSubstr(
                  R"("maybe":{"anyOf":[{"type":"integer","format":"int64"},{"type":"null"}]})"));
  EXPECT_THAT(schema, ::testing::HasSubstr(
                          R"("prefixItems":[{"type":"number","format":"double"},)"
                          R"({"type":"integer","format":"int64"}],"minItems":2,"maxItems":2)"));
  EXPECT_THAT(schema, ::testing::HasSubstr(
                          R"("required":["id","name","flag","maybe","choice","points","params",)"
                          R"("color","at","never"])"));
  EXPECT_TRUE(components.schemas().contains("Dot"));
  EXPECT_TRUE(components.schemas().contains("Word"));
}

}  // namespace
}  // namespace yagura::api
