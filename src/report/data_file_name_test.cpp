#include "report/data_file_name.h"

#include <gtest/gtest.h>

namespace yagura::report {
namespace {

// The tables of agent-data §1.1 (conformance D45).
TEST(DataFileNameTest, ProcessedNamesAndTheirKeys) {
  EXPECT_EQ(queue_key("ag.1700000000.data"), "ag");
  EXPECT_EQ(queue_key("ag_1700000000.data"), "ag");
  EXPECT_EQ(queue_key("a.b_c.5.data"), "a.b_c");
  EXPECT_EQ(queue_key(".1700000000.data"), "");
  EXPECT_EQ(queue_key("0cc175b9c0f1b6a831c399e269772661.1700000000.data"),
            "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(queue_key("name with blanks.1.data"), "name with blanks");
  EXPECT_EQ(queue_key("a.1.data.2.data"), "a.1.data");
}

TEST(DataFileNameTest, OthersAreLeft) {
  for (const char* name : {"ag-1700000000.data", "1700000000.data", "ag.x.data", "ag.12a.data",
                           "ag.12.DATA", "ag.1.data.gz", "ag..data", "ag.data", ".data", "",
                           "a.1.data_BADXML", "a.1.conf", "a\n.1.data", "a.1.data\n", "a1.data"}) {
    EXPECT_FALSE(is_data_file_name(name)) << name;
  }
}

}  // namespace
}  // namespace yagura::report
