#include "text/xml.h"

#include <gtest/gtest.h>

#include "text/xml_scan.h"

namespace yagura::text {
namespace {

/// Writes down what it hears: "<a x=1>text</>".
class Recorder final : public XmlHandler {
 public:
  bool on_start(std::string_view name, std::span<const XmlAttribute> attributes) override {
    heard_ += "<" + std::string(name);
    for (const auto& attribute : attributes) {
      heard_ += " " + std::string(attribute.name) + "=" + std::string(attribute.value);
    }
    heard_ += ">";
    return name != "stop";
  }
  void on_end() override { heard_ += "</>"; }
  void on_text(std::string_view piece) override { heard_ += piece; }

  std::string heard_;
};

std::string parse(std::string_view xml, const XmlLimits& limits = {}) {
  XmlParser parser;
  Recorder recorder;
  const auto failure = parser.parse(xml, recorder, limits);
  if (!failure) return recorder.heard_;
  switch (failure->problem) {
    case XmlProblem::kMalformed:
      return "malformed";
    case XmlProblem::kDoctype:
      return "doctype";
    case XmlProblem::kLimit:
      return "limit";
    case XmlProblem::kStopped:
      return "stopped";
  }
  return "?";
}

TEST(XmlTest, ReportsElementsAttributesAndText) {
  EXPECT_EQ(parse("<?xml version='1.0' encoding='Shift_JIS'?><a x='1' y=\"&lt;\">b<c/>&amp;"
                  "<![CDATA[<d>]]>&#x6AD3;<!-- no --></a>\n"),
            "<a x=1 y=<>b<c></>&<d>櫓</>");
}

// The table of agent-data §2.2 (conformance D40).
TEST(XmlTest, RefusesWhatIsNotWellFormed) {
  const std::string_view documents[] = {"",
                                        "plain text",
                                        "<a",
                                        "<a>",
                                        "<a><b></a>",
                                        "\n<?xml version='1.0'?><a/>",
                                        "x<a/>",
                                        "<a/>text",
                                        "<a/><b/>",
                                        "<a>x & y</a>",
                                        "<a x='x & y'/>",
                                        "<a>x < y</a>",
                                        "<a x='<'/>",
                                        "<a>\x01</a>",
                                        "<a><![CDATA[\x08]]></a>",
                                        std::string_view("<a>\0</a>", 8),
                                        "<a><![CDATA[x]]> ]]></a>",
                                        "<a x='it's'/>",
                                        "<a x='1' x='2'/>",
                                        "<a>&undefined;</a>",
                                        "<a>&#1;</a>",
                                        "<a>\xEF\xBF\xBF</a>"};
  for (const auto document : documents)
    EXPECT_EQ(parse(document), "malformed") << document;
  EXPECT_EQ(parse("<a/>\n \r\n"), "<a></>");
}

// Conformance D42.
TEST(XmlTest, RefusesAnyDoctype) {
  EXPECT_EQ(parse("<!DOCTYPE a><a/>"), "doctype");
  EXPECT_EQ(parse("<!DOCTYPE a SYSTEM '/etc/passwd'><a/>"), "doctype");
  EXPECT_EQ(parse("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>"), "doctype");
  EXPECT_EQ(parse("<!DOCTYPE a [<!ENTITY e 'x'><!ENTITY f '&e;&e;'>]><a>&f;</a>"), "doctype");
}

TEST(XmlTest, Limits) {
  const auto nested = [](std::size_t n) {
    std::string xml;
    for (std::size_t i = 0; i < n; ++i)
      xml += "<a>";
    for (std::size_t i = 0; i < n; ++i)
      xml += "</a>";
    return xml;
  };
  EXPECT_NE(parse(nested(16)), "limit");
  EXPECT_EQ(parse(nested(17)), "limit");
  EXPECT_EQ(parse(nested(100'000)), "limit");
  EXPECT_EQ(parse("<a><b/><b/></a>", {.max_elements = 3}), "<a><b></><b></></>");
  EXPECT_EQ(parse("<a><b/><b/></a>", {.max_elements = 2}), "limit");
  EXPECT_EQ(parse("<a x='1' y='2'/>", {.max_attributes = 2}), "<a x=1 y=2></>");
  EXPECT_EQ(parse("<a x='1' y='2'/>", {.max_attributes = 1}), "limit");
  EXPECT_EQ(parse("<a>1<![CDATA[2]]>3</a>", {.max_text_bytes = 3}), "<a>123</>");
  EXPECT_EQ(parse("<a>1<![CDATA[2]]>34</a>", {.max_text_bytes = 3}), "limit");
  EXPECT_EQ(parse("<a>123<b/>123</a>", {.max_text_bytes = 3}), "<a>123<b></>123</>");
  EXPECT_EQ(parse("<a x='1234'/>", {.max_text_bytes = 3}), "limit");
  EXPECT_EQ(parse("<a/>", {.max_bytes = 4}), "<a></>");
  EXPECT_EQ(parse("<a/>", {.max_bytes = 3}), "limit");
  std::string many = "<a";
  for (int i = 0; i < 70; ++i)
    many += " x" + std::to_string(i) + "='1'";
  EXPECT_EQ(parse(many + "/>"), "limit");
  EXPECT_NE(parse(many + "/>", {.max_attributes = 70}), "limit");
  EXPECT_EQ(parse("<a><stop/></a>"), "stopped");
}

TEST(XmlTest, AParserServesManyDocuments) {
  XmlParser parser;
  for (int i = 0; i < 3; ++i) {
    Recorder good;
    EXPECT_FALSE(parser.parse("<a>x</a>", good, {}));
    EXPECT_EQ(good.heard_, "<a>x</>");
    Recorder bad;
    const auto failure = parser.parse("<!DOCTYPE a><a/>", bad, {});
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->problem, XmlProblem::kDoctype);
    const auto malformed = parser.parse("<a>\n<b></c></a>", bad, {});
    ASSERT_TRUE(malformed);
    EXPECT_NE(malformed->what.find("line 2"), std::string::npos) << malformed->what;
  }
}

/// What the fast scan heard, "unsure" or "stopped".
std::string scan(std::string_view xml, const XmlLimits& limits = {}) {
  Recorder recorder;
  switch (scan_xml(xml, recorder, limits)) {
    case XmlScan::kDone:
      return recorder.heard_;
    case XmlScan::kStopped:
      return "stopped";
    case XmlScan::kUnsure:
      return "unsure";
  }
  return "?";
}

TEST(XmlScanTest, HearsWhatTheParserHears) {
  for (const std::string_view xml :
       {"<?xml version='1.0' encoding='UTF-8'?>\n<a x='1' y=\"&lt;&#65;b\" z = ''>b<c/>&amp;"
        "<![CDATA[<d>]] ]]>&#x6AD3;\r\nz\r<e></e ></a>\n",
        "<?xml version=\"1.0\"?><a>櫓 ] ]] \xEF\xBC\x91</a>", "<a/>", "<_a.b-c1 />",
        "<a b='x > y' c='&quot;&apos;&gt;'><![CDATA[]]></a>", "<a><![CDATA[x\r\ny\rz]]></a>"}) {
    EXPECT_EQ(scan(xml), parse(xml)) << xml;
    EXPECT_NE(scan(xml), "unsure") << xml;
  }
  EXPECT_EQ(scan("<a><stop/></a>"), "stopped");
}

TEST(XmlScanTest, IsUnsureOfEverythingElse) {
  const std::string_view documents[] = {"",
                                        "text",
                                        "<a",
                                        "<a>",
                                        "<a></b>",
                                        "<a></a",
                                        "\n<?xml version='1.0'?><a/>",
                                        "<?xml version='1.1'?><a/>",
                                        "<?xml version='1.0' standalone='yes'?><a/>",
                                        "<a/>x",
                                        "<a/><a/>",
                                        "<a>&</a>",
                                        "<a>&x;</a>",
                                        "<a>&#0;</a>",
                                        "<a>&#xFFFF;</a>",
                                        "<a>&#x110000;</a>",
                                        "<a>&#;</a>",
                                        "<a>&#-5;</a>",
                                        "<a>]]></a>",
                                        "<a>\x01</a>",
                                        "<a><![CDATA[\x01]]></a>",
                                        "<a><![CDATA[x</a>",
                                        "<a>\xEF\xBF\xBF</a>",
                                        "<a><![CDATA[\xEF\xBF\xBE]]></a>",
                                        "<a b='\xEF\xBF\xBE'/>",
                                        "<a b='<'/>",
                                        "<a b='x\ny'/>",
                                        "<a b=1/>",
                                        "<a b='1'c='2'/>",
                                        "<a b='1' b='2'/>",
                                        "<a b/>",
                                        "<a b='&lt'/>",
                                        "<!DOCTYPE a><a/>",
                                        "<!-- c --><a/>",
                                        "<a><!-- c --></a>",
                                        "<a><?p?></a>",
                                        "<a:b/>",
                                        "<é/>",
                                        "< a/>",
                                        "<a / >",
                                        "<a><b></a></b>",
                                        "<a/ >",
                                        "<1/>"};
  for (const auto document : documents)
    EXPECT_EQ(scan(document), "unsure") << document;
  EXPECT_EQ(scan("<a><b/></a>", {.max_depth = 1}), "unsure");
  EXPECT_EQ(scan("<a><b/></a>", {.max_elements = 1}), "unsure");
  EXPECT_EQ(scan("<a b='1' c='2'/>", {.max_attributes = 1}), "unsure");
  EXPECT_EQ(scan("<a>12<![CDATA[34]]></a>", {.max_text_bytes = 3}), "unsure");
  EXPECT_EQ(scan("<a b='1234'/>", {.max_text_bytes = 3}), "unsure");
  EXPECT_EQ(scan("<a/>", {.max_bytes = 3}), "unsure");
}

std::string mended(std::string_view xml) {
  const auto text = mend_xml(xml);
  return text ? parse(*text) : "nothing to mend";
}

TEST(XmlMendTest, ControlBytesBecomeReplacements) {
  EXPECT_EQ(mended("<a>x\x01y</a>"), "<a>x\uFFFDy</>");
  EXPECT_EQ(mended("<a><![CDATA[x\x08]]></a>"), "<a>x\uFFFD</>");
  EXPECT_EQ(mended("<a b='x\x1F'/>"), "<a b=x\uFFFD></>");
  EXPECT_EQ(mended(std::string_view("<a>\0</a>", 8)), "<a>\uFFFD</>");
  EXPECT_EQ(mended("<a>\xEF\xBF\xBF &#1;&#x0;&#xD800;&#99999999999999999999;&#x41;</a>"),
            "<a>\uFFFD \uFFFD\uFFFD\uFFFD\uFFFDA</>");
  EXPECT_EQ(mended("<!-- \x01 --><a/>"), "<a></>");
  EXPECT_EQ(mended("<a b='1>\x01'>c</a>"), "<a b=1>\uFFFD>c</>");
}

TEST(XmlMendTest, SectionEndsInDataAreText) {
  EXPECT_EQ(mended("<a><![CDATA[x ]]> y]]></a>"), "<a>x ]]> y</>");
  EXPECT_EQ(mended("<a><![CDATA[x ]]> y ]]> z]]> </a>"), "<a>x ]]> y ]]> z </>");
  EXPECT_EQ(mended("<a>x ]]> y</a>"), "<a>x ]]> y</>");
  EXPECT_EQ(mended("<a><b><![CDATA[x]]>t ]]></b><c><![CDATA[z]]></c></a>"),
            "<a><b>x]]>t </><c>z</></>");
  EXPECT_EQ(mended("<a><b><![CDATA[x]]>\x01t</b><c><![CDATA[z]]></c></a>"),
            "<a><b>x\uFFFDt</><c>z</></>");
}

TEST(XmlMendTest, LeavesTheRestAlone) {
  EXPECT_FALSE(mend_xml("<a x='1'>&amp;&#65;<![CDATA[<b>]]><!-- c --><?pi?></a>"));
  EXPECT_FALSE(mend_xml(""));
  EXPECT_FALSE(mend_xml("<a><![CDATA[never closed"));
  EXPECT_FALSE(mend_xml("<a x='never closed"));
  EXPECT_EQ(mended("<a>\x01 & </a>"), "malformed");
}

TEST(XmlEscapeTest, EveryTextComesBack) {
  std::string all;
  for (int c = 1; c < 128; ++c)
    all.push_back(static_cast<char>(c));
  all += "櫓]]>\U0001F600";
  std::string xml = "<a b='";
  append_xml_attribute(xml, all);
  xml += "'>";
  append_xml_text(xml, all);
  xml += "</a>";
  std::string expected;
  for (const char c : all) {
    const bool forbidden =
        static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    expected += forbidden ? "\uFFFD" : std::string(1, c);
  }
  EXPECT_EQ(parse(xml), "<a b=" + expected + ">" + expected + "</>");
  std::string bad;
  append_xml_text(bad, "\xFF\xEF\xBF\xBE");
  EXPECT_EQ(bad, "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace yagura::text
