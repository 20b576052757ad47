#include "agent/plugin_output.h"

#include <gmock/gmock.h>

namespace yagura::agent {
namespace {

using testing::HasSubstr;

TEST(PluginOutput, WellFormedPartsAreKeptAsTheyAre) {
  const std::string text =
      "<module>\n<name><![CDATA[a & b]]></name><data>1</data></module>\n"
      "<inventory><inventory_module/></inventory><trap_data>QQ==</trap_data>"
      "<module><name>c</name></module>";
  const auto parts = check_plugin_output(text + "\n");
  ASSERT_TRUE(parts.ok()) << parts.error().what;
  EXPECT_EQ(parts->xml, text);
  EXPECT_EQ(parts->modules, 2U);
  EXPECT_TRUE(check_plugin_output("<?xml version='1.0'?><module/>").ok());
}

TEST(PluginOutput, WhatWouldBreakTheReportIsRefused) {
  for (const char* bad :
       {"<module><name>x</name>", "</agent_data><agent_data>", "<module>&nope;</module>",
        "<!DOCTYPE x><module/>", "error: no such host", "<module/> trailing", "<agent_data/>",
        "</agent_data><module/>", "<script/>", "<module a='1' a='2'/>"}) {
    const auto parts = check_plugin_output(bad);
    ASSERT_FALSE(parts.ok()) << bad;
    EXPECT_THAT(parts.error().what, HasSubstr("output of the plugin"));
  }
  std::string deep;
  for (int i = 0; i < 30; ++i)
    deep += "<module>";
  for (int i = 0; i < 30; ++i)
    deep += "</module>";
  EXPECT_FALSE(check_plugin_output(deep).ok());
}

TEST(PluginOutput, ForbiddenBytesAreReplaced) {
  const auto parts = check_plugin_output("<module><data>a\x01 \xff</data></module>");
  ASSERT_TRUE(parts.ok()) << parts.error().what;
  EXPECT_EQ(parts->xml, "<module><data>a\xef\xbf\xbd \xef\xbf\xbd</data></module>");
}

TEST(PluginOutput, StandsBeforeTheEndOfTheDocument) {
  EXPECT_EQ(insert_plugin_parts("<agent_data>\n</agent_data>\n", "<module/>"),
            "<agent_data>\n<module/>\n</agent_data>\n");
  EXPECT_EQ(insert_plugin_parts("<agent_data>\n</agent_data>\n", ""),
            "<agent_data>\n</agent_data>\n");
}

}  // namespace
}  // namespace yagura::agent
