// What the reader refuses, mends and limits; encodings; the same reader for many documents.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/reader.h"
#include "report/reader_testing.h"

namespace yagura::report {
namespace {

using namespace testing_support;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// §2.2 and D40.
TEST(ReaderLimitsTest, D40MalformedDocuments) {
  const std::string good = document(kRoot, "<module><name>m</name><data>1</data></module>");
  EXPECT_EQ(verdict(good), "agent");
  EXPECT_EQ(verdict(good + " \r\n\t"), "agent");
  EXPECT_EQ(verdict("\xEF\xBB\xBF" + good), "agent");
  for (std::size_t size = 0; size + 2 < good.size(); ++size) {
    EXPECT_EQ(verdict(good.substr(0, size)), "malformed-xml") << size;
  }
  for (const std::string& bad :
       {std::string(), std::string("plain text"), "\n" + good, "x" + good, good + "text",
        good + "<agent_data agent_name='b'/>", document("agent_name='a & b'", "<module/>"),
        document("agent_name='a' description='it's here'", "<module/>"),
        document(kRoot, "<module><data>a & b</data></module>"),
        document(kRoot, "<module><data>a < b</data></module>"),
        std::string("<agent_data>text</agent_data>"), std::string("<agent_data/>"),
        document("agent_name='a' agent_name='b'", "<module/>")}) {
    EXPECT_EQ(verdict(bad), "malformed-xml") << bad;
  }
  EXPECT_EQ(verdict("<any_name agent_name='a'/>"), "agent");
}

TEST(ReaderLimitsTest, ControlBytesAndSectionEndsAreMended) {
  const AgentReport r = with_children(
      "<module><name>m</name><data><![CDATA[x\x07y ]]> z]]></data></module>"
      "<module><name>n</name><data>2</data></module>");
  ASSERT_EQ(r.modules.size(), 2U);
  EXPECT_THAT(values(r.modules[0]), ElementsAre("x\uFFFDy ]]> z"));
  EXPECT_THAT(values(r.modules[1]), ElementsAre("2"));
  EXPECT_THAT(warning_ids(r), ElementsAre("document-mended"));
  std::string nul = document(kRoot, "<module><name>m</name><data>a?b</data></module>");
  nul[nul.find('?', 40)] = '\0';
  EXPECT_THAT(values(agent(nul).modules[0]), ElementsAre("a\uFFFDb"));
}

TEST(ReaderLimitsTest, D42Doctypes) {
  const std::string_view body =
      "<agent_data agent_name='a'><module><name>m</name><data>&e;</data></module></agent_data>";
  for (const char* doctype : {"<!DOCTYPE agent_data>", "<!DOCTYPE a [<!ENTITY e 'x'>]>",
                              "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>",
                              "<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/x.dtd'>",
                              "<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/hostname'>%p;]>"}) {
    EXPECT_EQ(verdict(std::string(doctype) + std::string(body)), "doctype") << doctype;
  }
  EXPECT_TRUE(is_bad_xml(RefusalCode::kDoctype));
}

TEST(ReaderLimitsTest, D43D44Encodings) {
  const auto value = [](std::string_view encoding, std::string_view bytes) {
    const AgentReport r = agent("<?xml version='1.0' encoding='" + std::string(encoding) +
                                "'?><agent_data agent_name='a'><module><name>m</name><data>" +
                                std::string(bytes) + "</data></module></agent_data>");
    return std::pair(r.modules.at(0).samples.at(0).value, warning_ids(r));
  };
  EXPECT_THAT(value("ISO-8859-1", "caf\xE9"), Pair("café", IsEmpty()));
  EXPECT_THAT(value("windows-1252", "\x80"), Pair("€", IsEmpty()));
  EXPECT_THAT(value("UTF-8", "caf\xE9"), Pair("café", ElementsAre("encoding-fallback")));
  EXPECT_THAT(value("ISO-8859-1", "\xC3\xA9"), Pair("Ã©", IsEmpty()));
  EXPECT_THAT(value("Shift_JIS", "\x98\x45\x83\x5C"), Pair("櫓ソ", IsEmpty()));
  EXPECT_THAT(value("EUC-JP", "\xCF\xB0"), Pair("楼", IsEmpty()));
  EXPECT_THAT(value("GB18030", "\xD6\xD0"), Pair("中", IsEmpty()));
  EXPECT_THAT(value("Big5", "\xA4\xA4"), Pair("中", IsEmpty()));
  EXPECT_THAT(value("KOI8-R", "\xF0"), Pair("П", IsEmpty()));
  EXPECT_THAT(value("EUC-KR", "\xC7\xD1\xFF"), Pair("한\uFFFD", ElementsAre("encoding-damage")));
  EXPECT_EQ(verdict("<?xml version='1.0' encoding='KLINGON'?><a agent_name='a'/>"), "encoding");

  std::string utf16 = "\xFF\xFE";
  for (const char c :
       std::string_view("<?xml version='1.0' encoding='UTF-16'?><a agent_name='u'/>")) {
    utf16 += {c, '\0'};
  }
  EXPECT_EQ(agent(utf16).agent_name, "u");
}

TEST(ReaderLimitsTest, LimitOnSize) {
  std::string xml = document(kRoot, "<module><name>m</name><data>1</data></module>");
  xml.append(kMaxDocumentBytes - xml.size(), '\n');
  EXPECT_EQ(verdict(xml), "agent");
  EXPECT_EQ(verdict(xml + "\n"), "document-limit");
}

TEST(ReaderLimitsTest, LimitsOnDepthTextAndAttributes) {
  const auto nested = [](std::size_t depth) {  // the root is one of them
    std::string xml = "<a agent_name='a'>";
    for (std::size_t i = 1; i < depth; ++i)
      xml += "<b>";
    for (std::size_t i = 1; i < depth; ++i)
      xml += "</b>";
    return xml + "</a>";
  };
  EXPECT_EQ(verdict(nested(kMaxDepth)), "agent");
  EXPECT_EQ(verdict(nested(kMaxDepth + 1)), "document-limit");
  EXPECT_EQ(verdict(nested(200'000)), "document-limit");
  const auto text = [](std::size_t size) {
    return document(kRoot,
                    "<module><name>m</name><data>" + std::string(size, 'x') + "</data></module>");
  };
  EXPECT_EQ(verdict(text(kMaxTextBytes)), "agent");
  EXPECT_EQ(verdict(text(kMaxTextBytes + 1)), "document-limit");
  const auto attributes = [](std::size_t count) {
    std::string root = "agent_name='a'";
    for (std::size_t i = 1; i < count; ++i)
      root += " x" + std::to_string(i) + "='1'";
    return document(root, "<module/>");
  };
  EXPECT_EQ(verdict(attributes(kMaxAttributes)), "agent");
  EXPECT_EQ(verdict(attributes(kMaxAttributes + 1)), "document-limit");
}

TEST(ReaderLimitsTest, LimitsOnCounts) {
  const auto modules = [](std::size_t count) {
    std::string xml;
    for (std::size_t i = 0; i < count; ++i)
      xml += "<module><name>m</name></module>";
    return document(kRoot, xml);
  };
  EXPECT_EQ(agent(modules(kMaxModules)).modules.size(), kMaxModules);
  EXPECT_EQ(verdict(modules(kMaxModules + 1)), "document-limit");
  // A comment sends the document past the fast walk: the same limit holds there.
  EXPECT_EQ(verdict("<!-- c -->" + modules(kMaxModules + 1).substr(39)), "document-limit");
  const auto elements = [](std::size_t count) {
    std::string xml;
    for (std::size_t i = 1; i < count; ++i)
      xml += "<b/>";
    return document(kRoot, xml);
  };
  EXPECT_EQ(verdict(elements(kMaxElements)), "agent");
  EXPECT_EQ(verdict(elements(kMaxElements + 1)), "document-limit");
}

TEST(ReaderLimitsTest, WarningsHaveALimit) {
  std::string xml;
  for (std::size_t i = 0; i < kMaxWarnings + 10; ++i)
    xml += "<module/>";
  const AgentReport r = with_children(xml);
  ASSERT_EQ(r.warnings.size(), kMaxWarnings);
  EXPECT_THAT(r.warnings.back(), Pair("more-warnings", "11 more warnings"));
}

TEST(ReaderLimitsTest, AReaderServesManyDocuments) {
  Reader reader;
  const std::string good = document(kRoot, "<module><name>m</name><data>1</data></module>");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::holds_alternative<Refusal>(
        reader.read("<agent_data agent_name='x'><module><name>left", options())));
    EXPECT_TRUE(
        std::holds_alternative<ServerReport>(reader.read("<a server_name='s'/>", options())));
    auto result = reader.read(good, options());
    ASSERT_TRUE(std::holds_alternative<AgentReport>(result));
    const auto& report = std::get<AgentReport>(result);
    EXPECT_EQ(report.modules.size(), 1U);
    EXPECT_THAT(report.warnings, IsEmpty());
  }
}

TEST(ReaderLimitsTest, TheSlowAndTheFastWayAgree) {
  const std::string children =
      "<module><name>m</name><type>generic_data</type><data><![CDATA[1]]></data></module>"
      "<inventory><inventory_module><name>i</name><datalist><data>r</data></datalist>"
      "</inventory_module></inventory>";
  const AgentReport fast = with_children(children);
  const AgentReport slow = with_children("<?pi?>" + children);
  ASSERT_EQ(fast.modules.size(), slow.modules.size());
  EXPECT_EQ(fast.modules[0].type, slow.modules[0].type);
  EXPECT_EQ(values(fast.modules[0]), values(slow.modules[0]));
  EXPECT_EQ(fast.inventory[0].rows, slow.inventory[0].rows);
}

}  // namespace
}  // namespace yagura::report
