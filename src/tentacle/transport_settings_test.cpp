#include "tentacle/transport_settings.h"

#include <string>

#include <gtest/gtest.h>

namespace yagura::tentacle {
namespace {

constexpr Micros kNow = 1'795'314'431 * kSecond;  // 2026-11-22

constexpr const char* kBase =
    "[spool]\nincoming = \"/in\"\n[[listener]]\nname = \"a\"\naddress = \"0.0.0.0\"\n";
constexpr const char* kTls = "certificate = \"c\"\nkey = \"k\"\nca = \"a\"\n";

Result<TransportSettings> read(const std::string& text, Micros now = kNow) {
  auto settings = Settings::parse(text, "t.toml");
  if (!settings.ok()) return settings.error();
  return read_transport_settings(std::move(*settings), now);
}

std::string mistake(const std::string& text, Micros now = kNow) {
  const auto result = read(text, now);
  return result.ok() ? "" : result.error().what;
}

TEST(TransportSettings, DefaultsAreTheSafeOnes) {
  const auto s = read(std::string(kBase) + kTls);
  ASSERT_TRUE(s.ok()) << s.error().what;
  ASSERT_EQ(s->listeners.size(), 1U);
  EXPECT_EQ(s->listeners[0].min_level, Level::kCertificate) << "TEN-04";
  EXPECT_EQ(s->listeners[0].port, 41121);
  EXPECT_EQ(s->refusals, RefusalTexts::kUniform);
  EXPECT_EQ(s->configuration_uploads, ConfigurationUploads::kSpool);
  EXPECT_FALSE(s->listing);
  EXPECT_FALSE(s->accept_same_name);
  EXPECT_EQ(s->max_size, 2'000'000U);
}

TEST(TransportSettings, PlaintextNeedsADecisionWithNameAndDate) {
  const std::string plain = std::string(kBase) + "min_level = 1\n";
  EXPECT_NE(mistake(plain).find("plaintext_optin"), std::string::npos);
  EXPECT_NE(mistake(plain + "plaintext_optin = { by = \"x\" }\n").find("until"), std::string::npos);
  EXPECT_NE(mistake(plain + "plaintext_optin = { by = \"\", until = \"2027-01-31\" }\n").find("by"),
            std::string::npos);
  EXPECT_NE(mistake(plain + "plaintext_optin = { by = \"x\", until = \"soon\" }\n").find("until"),
            std::string::npos);
  const std::string good = plain + "plaintext_optin = { by = \"x\", until = \"2026-11-22\" }\n";
  EXPECT_EQ(mistake(good), "") << "the last day counts";
  EXPECT_NE(mistake(good, kNow + kDay).find("ended on 2026-11-22"), std::string::npos);
  const auto s = read(good);
  ASSERT_TRUE(s.ok());
  const auto texts = findings(*s, kNow);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_NE(texts[0].find("decided by x until 2026-11-22"), std::string::npos);
}

TEST(TransportSettings, LevelsNeedTheirFiles) {
  EXPECT_NE(mistake(std::string(kBase) + "min_level = 2\n").find("certificate"), std::string::npos);
  EXPECT_EQ(mistake(std::string(kBase) + "min_level = 2\ncertificate = \"c\"\nkey = \"k\"\n"), "");
  EXPECT_NE(
      mistake(std::string(kBase) + "min_level = 3\ncertificate = \"c\"\nkey = \"k\"\n").find("ca"),
      std::string::npos);
  EXPECT_NE(mistake(std::string(kBase) + "min_level = 4\n" + kTls).find("crl"), std::string::npos);
  const auto mutual = read(std::string(kBase) + "min_level = 4\ncrl = \"r\"\n" + kTls);
  ASSERT_TRUE(mutual.ok());
  EXPECT_TRUE(mutual->listeners[0].bind_identity);
  EXPECT_NE(mistake(std::string(kBase) +
                    "min_level = 2\ncertificate = \"c\"\nkey = \"k\"\nbind_identity = true\n")
                .find("bind_identity"),
            std::string::npos);
}

TEST(TransportSettings, NamesEveryMistakeAtOnce) {
  const std::string what = mistake(
      "[spool]\n[limits]\nconnections = 0\nunknown = 1\n[throttle]\nexempt = [\"x\"]\n"
      "[transfer]\nfilters = \"(:conf\"\nconfiguration_uploads = \"publish\"\n"
      "[[listener]]\nname = \"a\"\naddress = \"host\"\nallow = [\"10.0.0.1/8\"]\n" +
      std::string(kTls) + "[[listener]]\nname = \"a\"\naddress = \"::\"\n" + kTls);
  for (const char* part : {"spool.incoming", "limits.connections", "limits.unknown",
                           "throttle.exempt", "transfer.filters", "needs spool.outgoing",
                           "listener.0.address", "listener.0.allow", "used twice"}) {
    EXPECT_NE(what.find(part), std::string::npos) << part << "\n" << what;
  }
  EXPECT_NE(mistake("[spool]\nincoming = \"/in\"\n").find("[[listener]]"), std::string::npos);
}

}  // namespace
}  // namespace yagura::tentacle
