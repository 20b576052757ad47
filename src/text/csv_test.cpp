#include "text/csv.h"

#include <gtest/gtest.h>

namespace yagura::text {
namespace {

std::string cell(std::string_view text) {
  CsvWriter csv;
  csv.text(text);
  return csv.take();
}

TEST(CsvTest, WritesRows) {
  CsvWriter csv;
  csv.row({"host", "value", "note"});
  csv.text("a,b").number(-2.5).text("say \"hi\"").end_row();
  csv.text("x\ny").number(7).empty().end_row();
  EXPECT_EQ(csv.take(), "host,value,note\r\n\"a,b\",-2.5,\"say \"\"hi\"\"\"\r\n\"x\ny\",7,\r\n");
  EXPECT_EQ(csv.take(), "");
}

TEST(CsvTest, TextNeverBecomesAFormula) {
  EXPECT_EQ(cell("=1+1"), "'=1+1");
  EXPECT_EQ(cell("+1"), "'+1");
  EXPECT_EQ(cell("-1"), "'-1");
  EXPECT_EQ(cell("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(cell("\t=1"), "\"'\t=1\"");
  EXPECT_EQ(cell("\r=1"), "\"'\r=1\"");
  EXPECT_EQ(cell("＝1"), "'＝1");
  EXPECT_EQ(cell("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"");
  EXPECT_EQ(cell("a=1"), "a=1");
  EXPECT_EQ(cell(""), "");
}

TEST(CsvTest, OtherSeparatorAndBadBytes) {
  CsvWriter csv(';');
  csv.text("a;b").text("1,5").text("\xFF").text(" x").end_row();
  EXPECT_EQ(csv.str(), "\"a;b\";\"1,5\";\uFFFD;\" x\"\r\n");
}

}  // namespace
}  // namespace yagura::text
