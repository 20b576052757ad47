#include "tentacle/transfer_log.h"

#include <filesystem>
#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tentacle/transport_test_support.h"
#include "text/json.h"

namespace yagura::tentacle {
namespace {

ConnectionInfo info() {
  ConnectionInfo out;
  out.id = 7;
  out.peer.address = net::Address::parse("192.0.2.1").value();
  out.peer.text = "192.0.2.1";
  out.peer.port = 1000;
  out.peer.listener = "main";
  out.level = Level::kCertificate;
  out.peer.encrypted = true;
  out.peer.tls.version = "TLSv1.3";
  out.peer.tls.cipher = "TLS_AES_256_GCM_SHA384";
  out.peer.tls.peer_fingerprint = std::string(64, 'a');
  out.peer.tls.peer_subject = "host1";
  return out;
}

TEST(TransferLog, WritesOneJsonObjectALine) {
  TestFolder folder;
  TransferLog log(TransferLogOptions{folder / "log", 1'000'000, 3});
  ASSERT_TRUE(log.start().ok());
  LoggedTransfer transfer;
  transfer.verb = "SEND";
  transfer.file = "x\n\"\xff.data";
  transfer.size = 3;
  transfer.result = "stored";
  log.transfer(info(), transfer);
  log.connection_ended(info(), 0, 5000, 1, "quit", "");
  log.failure(info(), "wrong-password", "");
  log.turned_away("main", net::Address::parse("192.0.2.9").value(), net::Verdict::kBlocked);
  log.turned_away("main", net::Address::parse("192.0.2.9").value(), net::Verdict::kBlocked);
  log.stop();
  const std::string text = folder.read("log");
  std::vector<boost::json::object> records;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const auto value = text::parse_json(text.substr(at, end - at));
    ASSERT_TRUE(value.ok()) << text.substr(at, end - at);
    records.push_back(value->as_object());
    at = end + 1;
  }
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(records[0].at("file_hex").as_string(), "780a22ff2e64617461");
  EXPECT_EQ(records[0].at("peer").as_string(), "192.0.2.1");
  EXPECT_EQ(records[0].at("subject").as_string(), "host1");
  EXPECT_EQ(records[1].at("duration_ms").as_int64(), 5);
  EXPECT_EQ(records[2].at("reason").as_string(), "wrong-password");
  EXPECT_EQ(records[3].at("connections").as_int64(), 2);
}

TEST(TransferLog, RotatesBySize) {
  TestFolder folder;
  TransferLog log(TransferLogOptions{folder / "log", 2000, 2});
  ASSERT_TRUE(log.start().ok());
  for (int i = 0; i < 40; ++i) {
    log.connection_ended(info(), 0, 0, 0, "quit", "");
    log.flush();
  }
  log.stop();
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "log"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "log.1"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "log.2"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "log.3"));
  EXPECT_LE(std::filesystem::file_size(folder.path() / "log.1"), 2000U);
  EXPECT_EQ(log.lost(), 0U);
}

TEST(TransferLog, ReopensAfterAnOutsideRotation) {
  TestFolder folder;
  TransferLog log(TransferLogOptions{folder / "log", 1'000'000, 2});
  ASSERT_TRUE(log.start().ok());
  log.connection_ended(info(), 0, 0, 0, "quit", "first");
  log.flush();
  std::filesystem::rename(folder.path() / "log", folder.path() / "moved");
  ASSERT_TRUE(log.reopen().ok());
  log.connection_ended(info(), 0, 0, 0, "quit", "second");
  log.stop();
  EXPECT_NE(folder.read("moved").find("first"), std::string::npos);
  EXPECT_NE(folder.read("log").find("second"), std::string::npos);
}

TEST(TransferLog, CountsManyRefusedAddressesTogether) {
  TestFolder folder;
  TransferLog log(TransferLogOptions{folder / "log", 100'000'000, 2});
  ASSERT_TRUE(log.start().ok());
  for (std::size_t i = 0; i < TransferLog::kMaxRefusedAddresses + 100; ++i) {
    const auto address =
        net::Address::parse("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256));
    log.turned_away("main", *address, net::Verdict::kFull);
  }
  log.stop();
  EXPECT_NE(folder.read("log").find("\"peer\":\"others\""), std::string::npos);
}

TEST(TransferLog, DoesNotFollowLinks) {
  TestFolder folder;
  folder.write("target", "x");
  std::filesystem::create_symlink(folder.path() / "target", folder.path() / "log");
  TransferLog log(TransferLogOptions{folder / "log", 1'000'000, 2});
  EXPECT_FALSE(log.start().ok());
}

}  // namespace
}  // namespace yagura::tentacle
