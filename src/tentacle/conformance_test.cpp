// The conformance cases of the specification (tentacle §19) over real sockets, against the whole
// server: spool, index, limits, logs. Cases of pure protocol are in server_session_test.cpp, those
// of the client in client_transport_test.cpp, those that need other programs, kill -9 or a full
// disk in tests/integration/test_transport*.py.
//
// "Reference" servers here have the settings under which Yagura behaves as the table says: reasons
// in refusals, configurations published. "Product" servers have the defaults.
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "tentacle/command.h"
#include "tentacle/transport_test_support.h"
#include "tentacle/zip.h"

namespace yagura::tentacle {
namespace {

using net::TestClient;

constexpr const char* kReference =
    "[transfer]\nrefusals = \"reference\"\nconfiguration_uploads = \"publish\"\n";

struct Reference : TestFolder, TestTransport {
  explicit Reference(const std::string& more = "")
      : TestTransport(*this, kPlain, spool(*this) + kReference + more) {
    const Status started = TestTransport::start();
    EXPECT_TRUE(started.ok()) << started.error().what;
  }
};

struct Product : TestFolder, TestTransport {
  explicit Product(const std::string& listener = kPlain, const std::string& more = "")
      : TestTransport(*this, listener, spool(*this) + more) {
    const Status started = TestTransport::start();
    EXPECT_TRUE(started.ok()) << started.error().what;
  }
};

TEST(Conformance, C01C02StoresOnceAndRefusesOtherContent) {
  Reference server;
  TestClient client = server.connect();
  EXPECT_EQ(client.ask("SEND <a.1.data> SIZE 3\n"), "SEND OK\n");
  EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  client.send("QUIT\n");
  EXPECT_EQ(client.rest(), "");
  const auto items = server.items();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].envelope.name, "a.1.data");
  EXPECT_EQ(items[0].payload, "abc");
  EXPECT_EQ(items[0].envelope.peer, "127.0.0.1");
  EXPECT_EQ(items[0].envelope.level, Level::kNone);
  for (const auto& entry : std::filesystem::directory_iterator(server.path() / "in")) {
    if (entry.is_regular_file()) {
      EXPECT_EQ(entry.status().permissions() & std::filesystem::perms::all,
                std::filesystem::perms(0640));
    }
  }

  TestClient again = server.connect();
  EXPECT_EQ(again.ask("SEND <a.1.data> SIZE 4\n"), "SEND ERR (file already exists)\n");
  // Of the same size it must be seen before it can be refused.
  EXPECT_EQ(again.ask("SEND <a.1.data> SIZE 3\n"), "SEND OK\n");
  EXPECT_EQ(again.ask("xyz"), "SEND ERR (file already exists)\n");
  // The same bytes are the client's repetition after a lost answer (§17.2).
  EXPECT_EQ(again.ask("SEND <a.1.data> SIZE 3\n"), "SEND OK\n");
  EXPECT_EQ(again.ask("abc"), "SEND OK\n");
  again.send("QUIT\n");
  EXPECT_EQ(again.rest(), "");
  ASSERT_EQ(server.items().size(), 1U);
  EXPECT_EQ(server.items()[0].payload, "abc");
}

TEST(Conformance, C02RepetitionAfterTheItemWasTaken) {
  Reference server;
  TestClient client = server.connect();
  client.ask("SEND <a.1.data> SIZE 3\n");
  EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  for (const auto& entry : std::filesystem::directory_iterator(server.path() / "in")) {
    if (entry.is_regular_file()) std::filesystem::remove(entry);
  }
  client.ask("SEND <a.1.data> SIZE 3\n");
  EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  EXPECT_TRUE(server.items().empty()) << "already processed: not stored a second time";
  client.ask("SEND <a.1.data> SIZE 3\n");
  EXPECT_EQ(client.ask("new"), "SEND OK\n");
  EXPECT_EQ(server.items().size(), 1U);
}

TEST(Conformance, C02RestartRemembersWhatIsPending) {
  Reference server;
  {
    TestClient client = server.connect();
    client.ask("SEND <a.1.data> SIZE 3\n");
    EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  }
  server.stop();
  ASSERT_TRUE(server.start().ok());
  TestClient client = server.connect();
  EXPECT_EQ(client.ask("SEND <a.1.data> SIZE 5\n"), "SEND ERR (file already exists)\n");
  client.ask("SEND <a.1.data> SIZE 3\n");
  EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  EXPECT_EQ(server.items().size(), 1U);
}

TEST(Conformance, C03toC06Sizes) {
  Reference server;
  TestClient client = server.connect();
  EXPECT_EQ(client.ask("SEND <z> SIZE 0\n"), "SEND ERR (file is too big)\n");
  EXPECT_EQ(client.ask("SEND <z> SIZE 2000001\n"), "SEND ERR (file is too big)\n");
  EXPECT_EQ(client.ask("SEND <z> SIZE 99999999999999999999999999\n"),
            "SEND ERR (file is too big)\n");
  EXPECT_EQ(client.ask("SEND <z0> SIZE 0003\n"), "SEND OK\n");
  EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  EXPECT_EQ(client.ask("SEND <z> SIZE 2000000\n"), "SEND OK\n");
  EXPECT_EQ(client.ask(std::string(2'000'000, 'x')), "SEND OK\n");
  ASSERT_EQ(server.items().size(), 2U);
  EXPECT_EQ(server.items()[1].payload, std::string(2'000'000, 'x')) << "through the spill file";
}

TEST(Conformance, C07C23C24C27C36CloseWithoutAnAnswer) {
  Reference server("[throttle]\nfailures = 1000\n");
  for (const std::string& bytes :
       {std::string("SEND <z> SIZE -3\n"), std::string("SEND  <z> SIZE 3\n"),
        std::string("SEND z SIZE 3\n"), std::string("send <z> SIZE 3\n"), std::string("HELLO\n"),
        std::string(" QUIT\n"), std::string("QUIT\r\n"), std::string("QUIT\n\n"),
        std::string(1025, 'A'), std::string("PASS 9e769017c85f064977fe6a658f207fa6\n"),
        std::string("LS <>\n"), std::string("MV <a.1.data>\n")}) {
    TestClient client = server.connect();
    client.send(bytes);
    EXPECT_EQ(client.rest(), "") << bytes.substr(0, 40);
  }
}

TEST(Conformance, C08C10NamesAreRefusedBeforeTheData) {
  Reference server;
  TestClient client = server.connect();
  for (const char c : std::string("?[]/\\=+<>:;',*~")) {
    EXPECT_EQ(client.ask("SEND <x" + std::string(1, c) + "y> SIZE 3\n"),
              "SEND ERR (invalid file name)\n");
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string(".hid"),
        std::string("conf"), std::string("x\0y", 3), std::string("x\x01y"), std::string("x|"),
        std::string(" x"), std::string("x "), std::string(256, 'n')}) {
    EXPECT_EQ(client.ask("SEND <" + name + "> SIZE 3\n"), "SEND ERR (invalid file name)\n");
  }
  EXPECT_TRUE(server.items().empty());
}

TEST(Conformance, C09C11NamesAreKeptAsTheyCame) {
  Reference server;
  TestClient client = server.connect();
  const std::vector<std::string> names = {
      "x y", "x!y", "x\"y", "x#y", "x$y", "x%y", "x&y", "x(y",        "x)y",
      "x@y", "x^y", "x_y",  "x`y", "x{y", "x}y", "x-y", "x\xC3\xB1y", std::string(255, 'n')};
  for (const std::string& name : names) {
    EXPECT_EQ(client.ask("SEND <" + name + "> SIZE 3\n"), "SEND OK\n");
    EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  }
  const auto items = server.items();
  ASSERT_EQ(items.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    EXPECT_EQ(items[i].envelope.name, names[i]);
}

TEST(Conformance, C12C13C14C16C17PublishedConfigurations) {
  Reference server;
  TestClient client = server.connect();
  for (const char* name : {"x.conf", "h.conf01.1700000000.data", "x.md5", "x.zip", "xconf"}) {
    EXPECT_EQ(client.ask("SEND <" + std::string(name) + "> SIZE 3\n"), "SEND OK\n");
    EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  }
  EXPECT_EQ(server.read("out/conf/x.conf"), "abc");
  EXPECT_EQ(server.read("out/md5/x.md5"), "abc");
  EXPECT_EQ(server.read("out/collections/x.zip"), "abc");
  EXPECT_EQ(server.items().size(), 2U) << "data and files of no kind go to the spool";

  EXPECT_EQ(client.ask("RECV <x.conf>\n"), "RECV SIZE 3\n");
  client.send("RECV OK\n");
  EXPECT_EQ(client.take(3), "abc");
  EXPECT_EQ(client.ask("RECV <x.conf>\n"), "RECV SIZE 3\n");
  client.send("RECV NO\nQUIT\n");
  EXPECT_EQ(client.rest(), "");

  TestClient other = server.connect();
  other.ask("SEND <x.conf> SIZE 3\n");
  EXPECT_EQ(other.ask("xyz"), "SEND ERR (file already exists)\n");
  other.ask("SEND <x.conf> SIZE 3\n");
  EXPECT_EQ(other.ask("abc"), "SEND OK\n") << "a repetition";
  EXPECT_EQ(server.read("out/conf/x.conf"), "abc") << "never replaced";
}

TEST(Conformance, C15C18C19WhatCannotBeFetched) {
  Reference server;
  server.write("in/a.1.data", "abc");
  server.write("out/conf/e.conf", "");
  server.write("secret", "secret");
  server.write("out/conf/target.conf", "abc");
  std::filesystem::create_symlink(server.path() / "secret", server.path() / "out/conf/link.conf");
  std::filesystem::create_hard_link(server.path() / "secret", server.path() / "out/conf/hard.conf");
  std::filesystem::create_directories(server.path() / "out/conf/dir.conf");
  TestClient client = server.connect();
  for (const char* name : {"nofile", "nofile.conf", "conf", "link.conf", "hard.conf", "dir.conf",
                           "e.conf", "a.1.data"}) {
    EXPECT_EQ(client.ask("RECV <" + std::string(name) + ">\n"), "RECV ERR (file does not exist)\n")
        << name;
  }
  EXPECT_EQ(client.ask("RECV <a/b>\n"), "RECV ERR (file has an invalid file name)\n");
  EXPECT_EQ(client.ask("RECV <../x>\n"), "RECV ERR (file has an invalid file name)\n");
  EXPECT_EQ(client.ask("RECV <target.conf>\n"), "RECV SIZE 3\n");
}

TEST(Conformance, C20C21C22Segments) {
  Reference server;
  TestClient client = server.connect();
  client.send("SE");
  client.send("ND <q> SI");
  EXPECT_EQ(client.ask("ZE 3\n"), "SEND OK\n");
  client.send("a");
  client.send("b");
  EXPECT_EQ(client.ask("c"), "SEND OK\n");
  EXPECT_EQ(client.ask("SEND <q1> SIZE 3\n"), "SEND OK\n");
  EXPECT_EQ(client.ask("abcSEND <q2> SIZE 1\n"), "SEND OK\n");
  EXPECT_EQ(client.line(), "SEND OK\n");
  client.send("xQUIT\n");
  EXPECT_EQ(client.rest(), "SEND OK\n");
  EXPECT_EQ(server.items().size(), 3U);
}

TEST(Conformance, C25C26SilencesEnd) {
  Reference server("[limits]\nidle_s = 1\n");
  TestClient silent = server.connect();
  TestClient stalled = server.connect();
  EXPECT_EQ(stalled.ask("SEND <q> SIZE 10\n"), "SEND OK\n");
  stalled.send("abc");
  TestClient half_line = server.connect();
  half_line.send("SEND <q");
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(stalled.rest(), "");
  EXPECT_EQ(half_line.rest(), "");
  EXPECT_TRUE(server.items().empty());
  EXPECT_TRUE(server.clean());
}

TEST(Conformance, C26LargeUploadsLeaveNothingBehind) {
  Reference server;
  {
    TestClient client = server.connect();
    client.ask("SEND <q> SIZE 1000000\n");
    client.send(std::string(500'000, 'x'));  // far enough for a spill file
  }
  server.stop();
  EXPECT_TRUE(server.items().empty());
  EXPECT_TRUE(server.clean());
  EXPECT_NE(server.audit().find("\"result\":\"lost\""), std::string::npos);
}

TEST(Conformance, DripsEndWithTheWholeExchange) {
  // A byte now and then defeats idle timeouts; the deadline of the whole upload holds all the same.
  Reference server("[limits]\nidle_s = 5\noperation_base_s = 1\nminimum_rate = 1000000\n");
  TestClient client = server.connect();
  // So large that no machine gets through it byte by byte within its 1 s + 2,000,000 / 1,000,000 s.
  client.ask("SEND <q> SIZE 2000000\n");
  const Micros begin = SystemClock().steady();
  while (client.send("x") && SystemClock().steady() - begin < 20 * kSecond) {
    std::this_thread::yield();
  }
  EXPECT_LT(SystemClock().steady() - begin, 10 * kSecond);
  EXPECT_TRUE(server.items().empty());
}

TEST(Conformance, C28C29C30Password) {
  TestFolder folder;
  folder.write("password", "secret\n");
  // With every log on (C29) the answers are the same.
  TestTransport server(
      folder,
      std::string(TestTransport::kPlain) + "\npassword_file = \"" + (folder / "password") + "\"",
      TestTransport::spool(folder) + "[log]\nlevel = \"debug\"\n[throttle]\nfailures = 100\n");
  ASSERT_TRUE(server.start().ok());
  TestClient right = server.connect();
  EXPECT_EQ(right.ask("PASS 9e769017c85f064977fe6a658f207fa6\n"), "PASS OK\n");
  EXPECT_EQ(right.ask("SEND <p1> SIZE 3\n"), "SEND OK\n");
  EXPECT_EQ(right.ask("abc"), "SEND OK\n");
  right.send("PASS 9e769017c85f064977fe6a658f207fa6\n");
  EXPECT_EQ(right.rest(), "");
  for (const char* line :
       {"PASS 9E769017C85F064977FE6A658F207FA6\n", "PASS 7022cd14c42ff272619d6beacdc9ffde\n",
        "PASS \n", "SEND <a> SIZE 3\n"}) {
    TestClient wrong = server.connect();
    const Micros begin = SystemClock().steady();
    wrong.send(line);
    EXPECT_EQ(wrong.rest(), "") << line;
    EXPECT_GE(SystemClock().steady() - begin, kSecond) << "the delay after a failure";
  }
  EXPECT_EQ(server.items().size(), 1U);
}

TEST(Conformance, C31C32C33C34Archives) {
  Reference server("[limits]\nthreads = 1\n");
  const std::string archive = make_zip("zt.1.data", "hello world\n").value();
  const std::string two = archive + archive;
  std::string damaged = archive;
  damaged[42] = static_cast<char>(damaged[42] ^ 0x55);
  TestClient client = server.connect();
  const auto send = [&](const std::string& name, const std::string& bytes) {
    EXPECT_EQ(client.ask("ZSEND <" + name + "> SIZE " + std::to_string(bytes.size()) + "\n"),
              "ZSEND OK\n");
    return client.ask(bytes);
  };
  EXPECT_EQ(send("z.1.data", archive), "ZSEND OK\n");
  EXPECT_EQ(send("z.2.data", two), "ZSEND OK\n");
  EXPECT_EQ(send("z.3.data", archive.substr(0, 40)), "ZSEND ERR\n");
  EXPECT_EQ(send("z.4.data", damaged), "ZSEND ERR\n");
  EXPECT_EQ(send("z.5.data", "no archive at all"), "ZSEND ERR\n");
  EXPECT_EQ(send("z.6.data", make_zip("b", std::string(2'000'001, 'a')).value()), "ZSEND ERR\n");
  EXPECT_EQ(send("z.7.data", make_zip("b", std::string(2'000'000, 'a')).value()), "ZSEND OK\n");
  const auto items = server.items();
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].payload, "hello world\n");
  EXPECT_EQ(items[1].payload, "hello world\n");
  EXPECT_EQ(items[2].payload.size(), 2'000'000U);
}

TEST(Conformance, C35PacksForZrecv) {
  Reference server;
  server.write("out/conf/z.conf", "hello world\n");
  TestClient client = server.connect();
  const std::string answer = client.ask("ZRECV <z.conf>\n");
  ASSERT_TRUE(answer.starts_with("ZRECV SIZE ")) << answer;
  client.send("ZRECV OK\n");
  const std::string archive = client.take(std::stoul(answer.substr(11)));
  EXPECT_EQ(expand_zip(archive, 100).value(), "hello world\n");
  EXPECT_NE(archive.find("z.conf"), std::string::npos);
  EXPECT_EQ(archive.find(server.path().string()), std::string::npos);
}

TEST(Conformance, T11ListAndMoveWhenAllowed) {
  TestFolder folder;
  TestTransport server(
      folder, TestTransport::kPlain,
      TestTransport::spool(folder) + "[transfer]\nrefusals = \"reference\"\nlisting = true\n");
  folder.write("out/conf/a.conf", "abcde");
  folder.write("out/conf/.hidden", "x");
  ASSERT_TRUE(server.start().ok());
  TestClient client = server.connect();
  EXPECT_EQ(client.ask("LS <x.conf>\n"), "LS SIZE 12\n");
  client.send("LS OK\n");
  EXPECT_EQ(client.take(12), ".\n..\na.conf\n");
  EXPECT_EQ(client.ask("MV <a.conf>\n"), "MV SIZE 5\n");
  client.send("MV OK\n");
  EXPECT_EQ(client.take(5), "abcde");
  EXPECT_EQ(client.ask("MV <a.conf>\n"), "MV ERR\n");
  EXPECT_EQ(client.ask("MV <a/b>\n"), "MV ERR\n");
}

TEST(Conformance, LargeFilesAreStreamed) {
  TestFolder folder;
  TestTransport server(folder, TestTransport::kPlain, TestTransport::spool(folder));
  std::string big;
  for (int i = 0; big.size() < 3'000'000; ++i)
    big += std::to_string(i);
  folder.write("out/collections/big.zip", big);
  ASSERT_TRUE(server.start().ok());
  TestClient client = server.connect();
  EXPECT_EQ(client.ask("RECV <big.zip>\n"), "RECV SIZE " + std::to_string(big.size()) + "\n");
  client.send("RECV OK\n");
  EXPECT_EQ(client.take(big.size()), big);
  client.send("QUIT\n");
  EXPECT_EQ(client.rest(), "");
}

TEST(Conformance, C37TlsAndPlainDoNotMix) {
  TestFolder folder;
  const TestPki pki(folder);
  TestTransport server(folder,
                       "min_level = 2\ncertificate = \"" + (folder / "server.pem") +
                           "\"\nkey = \"" + (folder / "server.key") + "\"",
                       TestTransport::spool(folder));
  ASSERT_TRUE(server.start().ok());
  TestClient plain = server.connect();
  plain.send("SEND <a> SIZE 3\n");
  EXPECT_EQ(plain.rest().find("SEND"), std::string::npos);
  EXPECT_TRUE(server.items().empty());

  Reference unencrypted("[limits]\nidle_s = 1\n");
  TestClient tls = unencrypted.connect();
  const auto context = pki.client();
  EXPECT_FALSE(tls.start_tls(context.get()));
}

TEST(Conformance, C38ClientCertificates) {
  TestFolder folder;
  TestPki pki(folder);
  TestPki foreign(folder, "foreign-");
  pki.issue("host1", crypto::CertificateUse::kClient);
  pki.issue("expired", crypto::CertificateUse::kClient, -2 * kDay, -kDay);
  foreign.issue("host1", crypto::CertificateUse::kClient);
  TestTransport server(folder,
                       "min_level = 3\ncertificate = \"" + (folder / "server.pem") +
                           "\"\nkey = \"" + (folder / "server.key") + "\"\nca = \"" +
                           (folder / "ca.pem") + "\"",
                       TestTransport::spool(folder) + "[throttle]\nfailures = 100\n");
  ASSERT_TRUE(server.start().ok());
  const auto attempt = [&](const crypto::SslContext& context) {
    TestClient client = server.connect();
    // With TLS 1.3 a client learns of its refusal only with the first answer.
    if (!client.start_tls(context.get())) return std::string();
    return client.ask("SEND <a.1.data> SIZE 3\n");
  };
  EXPECT_EQ(attempt(pki.client()), "") << "no certificate";
  EXPECT_EQ(attempt(pki.client("expired")), "");
  crypto::ClientTls wrong;
  wrong.ca_file = folder / "ca.pem";
  wrong.certificate_file = folder / "foreign-host1.pem";
  wrong.key_file = folder / "foreign-host1.key";
  EXPECT_EQ(attempt(std::move(*crypto::make_client_context(wrong))), "") << "foreign CA";

  TestClient good = server.connect();
  const auto context = pki.client("host1");
  ASSERT_TRUE(good.start_tls(context.get()));
  EXPECT_EQ(good.ask("SEND <host1.1.data> SIZE 3\n"), "SEND OK\n");
  EXPECT_EQ(good.ask("abc"), "SEND OK\n");
  const auto items = server.items();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].envelope.level, Level::kCertificate);
  EXPECT_EQ(items[0].envelope.subject, "host1");
  EXPECT_EQ(items[0].envelope.fingerprint, crypto::inspect(folder.read("host1.pem"))->fingerprint);
  server.stop();
  EXPECT_NE(server.audit().find("\"reason\":\"certificate\""), std::string::npos);
}

TEST(Conformance, C39SilentConnectionsDoNotBlock) {
  Reference server("[limits]\nconnections = 10\n");
  std::vector<TestClient> silent;
  for (int i = 0; i < 20; ++i)
    silent.push_back(server.connect());
  const Micros begin = SystemClock().steady();
  TestClient agent = server.connect();
  EXPECT_EQ(agent.ask("SEND <a.1.data> SIZE 3\n"), "SEND OK\n");
  EXPECT_EQ(agent.ask("abc"), "SEND OK\n");
  EXPECT_LT(SystemClock().steady() - begin, 2 * kSecond);
}

// ---------------------------------------------------------------- what the product adds

TEST(Product, RefusalsLookAlike) {
  Product server(TestTransport::kPlain, "[limits]\nidle_s = 60\n");
  server.write("out/conf/dir.conf/x", "");
  TestClient client = server.connect();
  client.ask("SEND <there.data> SIZE 3\n");
  client.ask("abc");
  for (const char* request : {"SEND <a/b> SIZE 3\n", "SEND <z> SIZE 0\n", "SEND <z> SIZE 9999999\n",
                              "SEND <there.data> SIZE 4\n", "SEND <conf> SIZE 4\n"}) {
    const Micros begin = SystemClock().steady();
    EXPECT_EQ(client.ask(request), "SEND ERR\n") << request;
    EXPECT_GE(SystemClock().steady() - begin, kSecond / 4) << request;
  }
  for (const char* request : {"RECV <nofile.conf>\n", "RECV <../x>\n", "RECV <there.data>\n",
                              "RECV <dir.conf>\n", "RECV <nothing>\n"}) {
    const Micros begin = SystemClock().steady();
    EXPECT_EQ(client.ask(request), "RECV ERR\n") << request;
    EXPECT_GE(SystemClock().steady() - begin, kSecond / 4) << request;
  }
}

TEST(Product, NamesAreBoundToCertificates) {
  TestFolder folder;
  TestPki pki(folder);
  pki.issue("host1", crypto::CertificateUse::kClient);
  const std::string own = crypto::md5_hex("host1");
  const std::string other = crypto::md5_hex("host2");
  TestTransport server(folder,
                       "min_level = 3\nbind_identity = true\ncertificate = \"" +
                           (folder / "server.pem") + "\"\nkey = \"" + (folder / "server.key") +
                           "\"\nca = \"" + (folder / "ca.pem") + "\"",
                       TestTransport::spool(folder));
  folder.write("out/conf/" + own + ".conf", "mine");
  folder.write("out/conf/" + other + ".conf", "not mine");
  folder.write("out/md5/fc_1.md5", "everybody's");
  ASSERT_TRUE(server.start().ok());
  TestClient client = server.connect();
  const auto context = pki.client("host1");
  ASSERT_TRUE(client.start_tls(context.get()));
  EXPECT_EQ(client.ask("RECV <" + other + ".conf>\n"), "RECV ERR\n");
  EXPECT_EQ(client.ask("RECV <" + own + ".conf>\n"), "RECV SIZE 4\n");
  client.send("RECV OK\n");
  EXPECT_EQ(client.take(4), "mine");
  EXPECT_EQ(client.ask("RECV <fc_1.md5>\n"), "RECV SIZE 11\n");
  client.send("RECV NO\n");
  EXPECT_EQ(client.ask("SEND <host2.1.data> SIZE 3\n"), "SEND ERR\n");
  EXPECT_EQ(client.ask("SEND <host1.1.data> SIZE 3\n"), "SEND OK\n");
  EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  EXPECT_EQ(client.ask("SEND <" + own + ".1.data> SIZE 3\n"), "SEND OK\n");
}

TEST(Product, ConfigurationsGoToTheSpool) {
  Product server;
  TestClient client = server.connect();
  client.ask("SEND <x.conf> SIZE 3\n");
  EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  ASSERT_EQ(server.items().size(), 1U);
  EXPECT_EQ(server.items()[0].envelope.name, "x.conf");
  EXPECT_FALSE(std::filesystem::exists(server.path() / "out/conf/x.conf"));
}

TEST(Product, QuotaRefusesBeforeTheData) {
  TestFolder folder;
  TestTransport server(
      folder, TestTransport::kPlain,
      TestTransport::spool(folder, "max_items = 2\n") + "[transfer]\nrefusals = \"reference\"\n");
  ASSERT_TRUE(server.start().ok());
  TestClient client = server.connect();
  for (const char* name : {"a", "b"}) {
    client.ask("SEND <" + std::string(name) + "> SIZE 3\n");
    EXPECT_EQ(client.ask("abc"), "SEND OK\n");
  }
  client.ask("SEND <c> SIZE 3\n");
  EXPECT_EQ(client.ask("abc"), "SEND ERR\n") << "the index knows at once";
  EXPECT_EQ(server.items().size(), 2U);
}

TEST(Product, BlocksAfterFailures) {
  Product server(TestTransport::kPlain, "[throttle]\nfailures = 3\n");
  for (int i = 0; i < 3; ++i) {
    TestClient bad = server.connect();
    bad.send("HELLO\n");
    EXPECT_EQ(bad.rest(), "");
  }
  TestClient blocked = server.connect();
  EXPECT_EQ(blocked.ask("SEND <a> SIZE 3\n"), "");
  server.stop();
  EXPECT_NE(server.audit().find("\"reason\":\"blocked\""), std::string::npos);
}

TEST(Product, DrainLetsTransfersEnd) {
  Product server;
  TestClient idle = server.connect();
  TestClient busy = server.connect();
  EXPECT_EQ(busy.ask("SEND <a.1.data> SIZE 6\n"), "SEND OK\n");
  busy.send("abc");
  std::thread stopper([&] { server.stop(); });
  EXPECT_EQ(idle.rest(), "") << "nothing under way: closed at once";
  EXPECT_EQ(busy.ask("def"), "SEND OK\n");
  EXPECT_EQ(busy.rest(), "");
  stopper.join();
  ASSERT_EQ(server.items().size(), 1U);
  EXPECT_EQ(server.items()[0].payload, "abcdef");
}

TEST(Product, EveryConnectionAndTransferHasOneRecord) {
  Product server;
  server.write("out/conf/c.conf", "abc");
  for (int i = 0; i < 20; ++i) {
    TestClient client = server.connect();
    client.ask("SEND <a." + std::to_string(i) + ".data> SIZE 3\n");
    client.ask("abc");
    client.ask("RECV <c.conf>\n");
    client.send("RECV OK\n");
    client.take(3);
    client.send("QUIT\n");
    client.rest();
  }
  server.stop();
  const std::string audit = server.audit();
  const auto count = [&](const std::string& what) {
    std::size_t n = 0;
    for (std::size_t at = audit.find(what); at != std::string::npos;
         at = audit.find(what, at + 1)) {
      ++n;
    }
    return n;
  };
  EXPECT_EQ(count("\"type\":\"connection\""), 20U);
  EXPECT_EQ(count("\"type\":\"transfer\""), 40U);
  EXPECT_EQ(count("\"result\":\"stored\""), 20U);
  EXPECT_EQ(count("\"result\":\"sent\""), 20U);
  EXPECT_EQ(count("\"result\":\"quit\""), 20U);
  EXPECT_EQ(
      count("\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""),
      20U);
  EXPECT_NE(server.read("status.json").find("\"stored\":20"), std::string::npos);
  EXPECT_NE(server.read("status.json").find("\"serving\":false"), std::string::npos);
}

}  // namespace
}  // namespace yagura::tentacle
