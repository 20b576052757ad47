// The blocking client against Yagura's own server and against servers that misbehave.
#include "tentacle/client_transport.h"

#include <array>
#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tentacle/transport_test_support.h"

namespace yagura::tentacle {
namespace {

/// Serves one connection with a script, then closes.
class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedServer&)>;

  explicit ScriptedServer(Script script)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    ::listen(listener_.get(), 5);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, run = std::move(script)] {
      peer_ = UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      run(*this);
      peer_.reset();
    });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() { thread_.join(); }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Reads until what came ends with `end`, or the peer closes.
  std::string until(std::string_view end) {
    std::string out;
    char c = 0;
    while (!out.ends_with(end) && ::recv(peer_.get(), &c, 1, 0) == 1)
      out += c;
    return out;
  }
  /// False once the peer is gone.
  bool send(std::string_view bytes) {
    return ::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  /// Until the peer closes.
  void wait_end() {
    std::array<char, 256> ignored{};
    while (::recv(peer_.get(), ignored.data(), ignored.size(), 0) > 0) {
    }
  }

 private:
  UniqueFd listener_;
  UniqueFd peer_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

ClientOptions options_for(std::uint16_t port) {
  ClientOptions options;
  options.servers = {{"127.0.0.1", port}};
  options.idle_timeout = kSecond / 5;
  return options;
}

Status send_one(ClientOptions options) {
  YAGURA_TRY(transport, ClientTransport::make(std::move(options)));
  return transport.send_file("a.1.data", "abc");
}

TEST(ClientTransport, C41FailsOnEveryWrongAnswer) {
  for (const char* answer : {"SEND OK\r\n", "SEND ERR\n", "SEND ERR (x)\n"}) {
    ScriptedServer server([answer](ScriptedServer& s) {
      EXPECT_EQ(s.until("\n"), "SEND <a.1.data> SIZE 3\n");
      s.send(answer);
      s.wait_end();
    });
    const Status sent = send_one(options_for(server.port()));
    ASSERT_FALSE(sent.ok());
    EXPECT_EQ(sent.error().code, ErrorCode::kDenied) << answer;
  }
  ScriptedServer closing([](ScriptedServer& s) { s.until("\n"); });
  EXPECT_EQ(send_one(options_for(closing.port())).error().code, ErrorCode::kUnavailable);
}

TEST(ClientTransport, C41SilentServersTimeOut) {
  ScriptedServer server([](ScriptedServer& s) { s.wait_end(); });
  const Micros begin = SystemClock().steady();
  EXPECT_EQ(send_one(options_for(server.port())).error().code, ErrorCode::kTimeout);
  EXPECT_LT(SystemClock().steady() - begin, 10 * kSecond);
}

TEST(ClientTransport, C42ReadsDrippedAnswers) {
  ScriptedServer server([](ScriptedServer& s) {
    s.until("\n");
    s.send("SE");
    s.send("ND OK");
    s.send("\n");
    EXPECT_EQ(s.until("abc"), "abc");
    s.send("SEND OK");
    s.send("\n");
    EXPECT_EQ(s.until("\n"), "QUIT\n");
  });
  EXPECT_TRUE(send_one(options_for(server.port())).ok());
}

TEST(ClientTransport, WholeOperationHasADeadline) {
  // One byte at a time, each within the idle timeout: the whole must end all the same.
  ScriptedServer server([](ScriptedServer& s) {
    s.until("\n");
    const int never = ::eventfd(0, EFD_CLOEXEC);
    pollfd pause{never, POLLIN, 0};
    for (int i = 0; i < 500 && s.send("x"); ++i)
      ::poll(&pause, 1, 20);
    ::close(never);
    s.wait_end();
  });
  ClientOptions options = options_for(server.port());
  options.operation_base = kSecond / 2;
  EXPECT_EQ(send_one(std::move(options)).error().code, ErrorCode::kTimeout);
}

TEST(ClientTransport, C43TunnelsThroughAProxy) {
  ScriptedServer proxy([](ScriptedServer& s) {
    EXPECT_EQ(s.until("\r\n\r\n"),
              "CONNECT 192.0.2.1:41960 HTTP/1.0\r\n"
              "Proxy-Authorization: Basic dXNlcjpwYTpzcw==\r\n\r\n");
    s.send("HTTP/1.0 200 Connection established\r\n");
    s.send("X-More: header\r\n\r\n");
    EXPECT_EQ(s.until("\n"), "SEND <a.1.data> SIZE 3\n");
    s.send("SEND OK\n");
    s.until("abc");
    s.send("SEND OK\n");
    EXPECT_EQ(s.until("\n"), "QUIT\n");
  });
  ClientOptions options = options_for(41960);
  options.servers = {{"192.0.2.1", 41960}};
  options.proxy = HttpProxy::parse("user:pa:ss@127.0.0.1:" + std::to_string(proxy.port())).value();
  const Status sent = send_one(std::move(options));
  EXPECT_TRUE(sent.ok()) << sent.error().what;
}

TEST(ClientTransport, StopEndsEveryWait) {
  const UniqueFd stop(::eventfd(1, EFD_CLOEXEC));
  ScriptedServer server([](ScriptedServer& s) { s.wait_end(); });
  ClientOptions options = options_for(server.port());
  options.idle_timeout = 100 * kSecond;
  options.stop_fd = stop.get();
  const Status sent = send_one(std::move(options));
  ASSERT_FALSE(sent.ok());
  EXPECT_NE(sent.error().what.find("stopped"), std::string::npos);
}

TEST(ClientTransport, TriesTheNextServer) {
  std::uint16_t closed = 0;
  {
    ScriptedServer gone([](ScriptedServer& s) { s.wait_end(); });
    closed = gone.port();
    EXPECT_FALSE(send_one(options_for(closed)).ok());
  }
  ScriptedServer second([](ScriptedServer& s) {
    s.until("\n");
    s.send("SEND OK\n");
    s.until("abc");
    s.send("SEND OK\n");
    s.wait_end();
  });
  ClientOptions options = options_for(closed);
  options.servers.push_back({"127.0.0.1", second.port()});
  EXPECT_TRUE(send_one(std::move(options)).ok());
  const auto none = send_one(options_for(closed));
  EXPECT_NE(none.error().what.find("127.0.0.1:" + std::to_string(closed)), std::string::npos);
}

TEST(ClientTransport, RefusesContradictions) {
  EXPECT_FALSE(ClientTransport::make(ClientOptions{}).ok());
  ClientOptions pinned = options_for(1);
  pinned.pinned_fingerprint = std::string(64, 'a');
  EXPECT_FALSE(ClientTransport::make(std::move(pinned)).ok());
}

class WithTlsServer : public ::testing::Test {
 protected:
  WithTlsServer() : pki_(folder_) {
    pki_.issue("host1", crypto::CertificateUse::kClient);
    server_ = std::make_unique<TestTransport>(
        folder_,
        "min_level = 3\ncertificate = \"" + (folder_ / "server.pem") + "\"\nkey = \"" +
            (folder_ / "server.key") + "\"\nca = \"" + (folder_ / "ca.pem") + "\"",
        TestTransport::spool(folder_));
    folder_.write("out/conf/c.conf", "configuration");
    EXPECT_TRUE(server_->start().ok());
  }
  ClientOptions options() {
    ClientOptions out;
    out.servers = {{"127.0.0.1", server_->port()}};
    out.tls.emplace();
    out.tls->ca_file = folder_ / "ca.pem";
    out.tls->certificate_file = folder_ / "host1.pem";
    out.tls->key_file = folder_ / "host1.key";
    return out;
  }

  TestFolder folder_;
  TestPki pki_;
  std::unique_ptr<TestTransport> server_;
};

TEST_F(WithTlsServer, SendsAndReceivesEverything) {
  auto transport = ClientTransport::make(options());
  ASSERT_TRUE(transport.ok());
  auto connection = transport->connect();
  ASSERT_TRUE(connection.ok()) << connection.error().what;
  EXPECT_TRUE(connection->tls().version.starts_with("TLSv1."));
  EXPECT_TRUE(connection->send("a.1.data", std::string(100'000, 'x')).ok());
  EXPECT_TRUE(connection->send_compressed("a.2.data", std::string(100'000, 'y')).ok());
  EXPECT_EQ(connection->send("a.1.data", "other").error().code, ErrorCode::kDenied);
  EXPECT_EQ(connection->receive("c.conf", 100).value(), "configuration");
  EXPECT_EQ(connection->receive_compressed("c.conf", 1000).value(), "configuration");
  EXPECT_EQ(connection->receive("c.conf", 3).error().code, ErrorCode::kLimit);
  EXPECT_EQ(connection->receive("d.conf", 3).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(connection->send("a.3.data", "still usable").ok());
  connection->quit();
  const auto items = server_->items();
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].payload, std::string(100'000, 'x'));
  EXPECT_EQ(items[1].payload, std::string(100'000, 'y'));
}

TEST_F(WithTlsServer, SessionsAreResumed) {
  auto transport = ClientTransport::make(options());
  ASSERT_TRUE(transport.ok());
  ASSERT_TRUE(transport->send_file("a.1.data", "x").ok());
  auto second = transport->connect();
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->tls().resumed);
  EXPECT_TRUE(second->send("a.2.data", "x").ok());
  EXPECT_EQ(server_->items()[1].envelope.subject, "host1") << "the certificate is still known";
}

TEST_F(WithTlsServer, VerifiesTheServer) {
  TestPki other(folder_, "other-");
  ClientOptions foreign = options();
  foreign.tls->ca_file = folder_ / "other-ca.pem";
  EXPECT_EQ(send_one(std::move(foreign)).error().code, ErrorCode::kDenied);

  ClientOptions wrong_name = options();
  wrong_name.expected_name = "transport.example";
  EXPECT_EQ(send_one(std::move(wrong_name)).error().code, ErrorCode::kDenied);

  ClientOptions unverified = options();
  unverified.tls->ca_file = folder_ / "other-ca.pem";
  unverified.tls->verify = false;
  EXPECT_TRUE(send_one(std::move(unverified)).ok()) << "only by the operator's word";
}

TEST_F(WithTlsServer, PinsTheServer) {
  const std::string right = crypto::inspect(folder_.read("server.pem"))->fingerprint;
  ClientOptions pinned = options();
  pinned.pinned_fingerprint = right;
  EXPECT_TRUE(send_one(std::move(pinned)).ok());
  ClientOptions wrong = options();
  wrong.pinned_fingerprint = std::string(64, 'a');
  wrong.tls->verify = false;
  EXPECT_EQ(send_one(std::move(wrong)).error().code, ErrorCode::kDenied);
}

TEST_F(WithTlsServer, RefusedCertificatesAreDenied) {
  ClientOptions none = options();
  none.tls->certificate_file.clear();
  none.tls->key_file.clear();
  const Status sent = send_one(std::move(none));
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().code, ErrorCode::kDenied) << sent.error().what;
}

TEST(ClientTransportPassword, IsGivenFirst) {
  TestFolder folder;
  folder.write("password", "digest:9e769017c85f064977fe6a658f207fa6");
  TestTransport server(
      folder,
      std::string(TestTransport::kPlain) + "\npassword_file = \"" + (folder / "password") + "\"",
      TestTransport::spool(folder));
  ASSERT_TRUE(server.start().ok());
  ClientOptions options;
  options.servers = {{"127.0.0.1", server.port()}};
  options.password = crypto::Secret(std::string("secret"));
  EXPECT_TRUE(send_one(std::move(options)).ok());
  ClientOptions wrong;
  wrong.servers = {{"127.0.0.1", server.port()}};
  wrong.password = crypto::Secret(std::string("wrong"));
  EXPECT_FALSE(send_one(std::move(wrong)).ok());
}

}  // namespace
}  // namespace yagura::tentacle
