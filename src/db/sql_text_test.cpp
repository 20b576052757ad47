#include "db/sql_text.h"

#include <gmock/gmock.h>

#include "db/test_database.h"

namespace yagura::db {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> read(std::string_view text, Flavor flavor = Flavor::kSqlite) {
  const Result<std::vector<std::string>> out = statements_of(text, flavor);
  EXPECT_OK(out);
  return out.ok() ? *out : std::vector<std::string>();
}

TEST(SqlText, SplitsOutsideQuotesAndComments) {
  EXPECT_THAT(read("SELECT ';' ; -- a; b\n/* c; */ SELECT \"x;y\", `z;`, 'it''s; --';"),
              ElementsAre("SELECT ';'", "SELECT \"x;y\", `z;`, 'it''s; --'"));
  EXPECT_THAT(read(""), ElementsAre());
  EXPECT_THAT(read(" ;; \n -- nothing\n"), ElementsAre());
}

TEST(SqlText, BlanksAndCommentsDoNotMatterButQuotesDo) {
  EXPECT_EQ(read("A  B\n\tC;"), read("A /* x */ B -- y\n C;"));
  EXPECT_THAT(read("A 'x  y';"), ElementsAre("A 'x  y'"));
}

TEST(SqlText, BlocksByDialect) {
  constexpr std::string_view kText = "A;\n--@sqlite\nS;\n--@mariadb\nM;\n--@all\nB;\n";
  EXPECT_THAT(read(kText, Flavor::kSqlite), ElementsAre("A", "S", "B"));
  EXPECT_THAT(read(kText, Flavor::kMariaDb), ElementsAre("A", "M", "B"));
  EXPECT_THAT(read(kText, Flavor::kMySql), ElementsAre("A", "M", "B"));
}

TEST(SqlText, ABlockIsOneStatement) {
  EXPECT_THAT(read("--@begin\nCREATE TRIGGER t BEGIN A; B; END;\n--@end\nC;"),
              ElementsAre("CREATE TRIGGER t BEGIN A; B; END;", "C"));
}

TEST(SqlText, WordsOfEachBackEnd) {
  constexpr std::string_view kText =
      "CREATE TABLE t (id AUTOID, k KEYTEXT(10), AUTOIDS x, b BINARY(16), v VARBINARY(9)) "
      "CLUSTERED;";
  EXPECT_THAT(
      read(kText),
      ElementsAre("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, k TEXT, AUTOIDS x, "
                  "b BLOB, v BLOB) WITHOUT ROWID"));
  EXPECT_THAT(read(kText, Flavor::kMariaDb),
              ElementsAre("CREATE TABLE t (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, k "
                          "VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, AUTOIDS x, "
                          "b BINARY(16), v VARBINARY(9)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "
                          "COLLATE=utf8mb4_nopad_bin"));
  EXPECT_THAT(read(kText, Flavor::kMySql)[0], HasSubstr("COLLATE=utf8mb4_0900_bin"));
  EXPECT_THAT(read("CREATE TABLE t (a INT) PARTITION BY RANGE (a) (x);", Flavor::kMariaDb)[0],
              HasSubstr("nopad_bin PARTITION BY"));
  EXPECT_THAT(read("SELECT 'AUTOID';", Flavor::kMariaDb), ElementsAre("SELECT 'AUTOID'"));
}

TEST(SqlText, MistakesNameTheirLine) {
  const auto mistake = [](std::string_view text) {
    const auto out = statements_of(text, Flavor::kSqlite);
    return out.ok() ? std::string("none") : out.error().what;
  };
  EXPECT_EQ(mistake("A;\n--@postgres\n"), "line 2: unknown line --@postgres");
  EXPECT_EQ(mistake("A;\nB"), "line 2: the last statement does not end with ';'");
  EXPECT_EQ(mistake("A 'x"), "line 1: quote without an end");
  EXPECT_EQ(mistake("\n/* x"), "line 2: comment without an end");
  EXPECT_EQ(mistake("--@begin\nA;"), "line 2: --@begin without --@end");
  EXPECT_EQ(mistake("--@end\n"), "line 1: unknown line --@end");
  EXPECT_EQ(mistake("A\n--@all\n"), "line 2: a statement is open before --@all");
  EXPECT_EQ(mistake("KEYTEXT;"), "line 1: KEYTEXT needs a length");
  EXPECT_EQ(mistake("KEYTEXT(5;"), "line 1: length without an end");
}

TEST(SqlText, WidensInsertsOnly) {
  EXPECT_EQ(widen_insert("INSERT INTO t (a, b) VALUES (?, ?)", 3),
            "INSERT INTO t (a, b) VALUES (?, ?), (?, ?), (?, ?)");
  EXPECT_EQ(
      widen_insert("INSERT INTO t (a) VALUES (ABS(?)) ON DUPLICATE KEY UPDATE a = VALUES(a)", 2),
      "INSERT INTO t (a) VALUES (ABS(?)), (ABS(?)) ON DUPLICATE KEY UPDATE a = VALUES(a)");
  EXPECT_EQ(widen_insert("UPDATE t SET a = ? WHERE b = ?", 2), "");
  EXPECT_EQ(widen_insert("INSERT INTO t SELECT ?", 2), "");
  EXPECT_EQ(widen_insert("INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE a = ?", 2), "");
  EXPECT_EQ(widen_insert("INSERT INTO t (a, b) VALUES (?, '(')", 2), "");
  EXPECT_EQ(widen_insert("INSERT INTO t (a) VALUES (?", 2), "");
}

}  // namespace
}  // namespace yagura::db
