// The socket edge with a small protocol: lines come back in upper case.
#include "net/server.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/guarded.h"
#include "base/random.h"
#include "crypto/x509.h"
#include "net/test_client.h"

namespace yagura::net {
namespace {

struct Seen {
  std::atomic<int> opened{0};
  Guarded<std::vector<CloseReason>> closed;
  Guarded<Remote> last;
};

/// Commands: a line is echoed in upper case; "wait" pauses until a Remote answers; "big" sends
/// much; "bye" finishes; "slow" sets a deadline.
class Shout final : public Protocol {
 public:
  Shout(Connection& connection, Seen& seen) : connection_(connection), seen_(seen) {}
  void on_open() override {
    ++seen_.opened;
    *seen_.last.lock() = connection_.remote();
  }
  std::size_t on_bytes(std::string_view bytes) override {
    std::size_t taken = 0;
    for (;;) {
      const std::size_t end = bytes.find('\n', taken);
      if (end == std::string_view::npos || waiting_) return taken;
      on_line(std::string(bytes.substr(taken, end - taken)));
      taken = end + 1;
    }
  }
  void on_close(CloseReason reason) override { seen_.closed.lock()->push_back(reason); }
  void answer() {
    waiting_ = false;
    connection_.send("ANSWER\n");
    connection_.resume();
  }

 private:
  void on_line(std::string line) {
    connection_.prove();
    if (line == "wait") {
      waiting_ = true;
      connection_.pause();
    } else if (line == "big") {
      connection_.send(std::string(5'000'000, 'x') + "\n");
    } else if (line == "bye") {
      connection_.send("BYE\n");
      connection_.finish();
    } else if (line == "slow") {
      connection_.set_deadline(connection_.now() + 1);
    } else {
      std::transform(line.begin(), line.end(), line.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      connection_.send(line + "\n");
    }
  }

  Connection& connection_;
  Seen& seen_;
  bool waiting_ = false;
};

using Client = TestClient;

struct Fixture {
  Seen seen;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;

  explicit Fixture(ListenerOptions listener = {}, AdmissionLimits limits = {},
                   std::size_t read_limit = 64UL * 1024) {
    ServerOptions options;
    options.limits = limits;
    options.read_limit = read_limit;
    server = std::make_unique<Server>(std::move(options));
    listener.name = "test";
    listener.address = "127.0.0.1";
    const auto bound = server->listen(std::move(listener), [this](Connection& connection) {
      return std::make_unique<Shout>(connection, seen);
    });
    EXPECT_TRUE(bound.ok());
    port = *bound;
    EXPECT_TRUE(server->start().ok());
  }
};

TEST(NetServer, AnswersInOrder) {
  Fixture f;
  Client client(f.port);
  client.send("one\ntw");
  EXPECT_EQ(client.line(), "ONE\n");
  client.send("o\nthree\n");
  EXPECT_EQ(client.line(), "TWO\n");
  EXPECT_EQ(client.line(), "THREE\n");
}

TEST(NetServer, FinishSendsEverythingFirst) {
  Fixture f;
  Client client(f.port);
  client.send("big\nbye\nunread\n");
  const std::string all = client.rest();
  EXPECT_EQ(all.size(), 5'000'001U + 4U);
  EXPECT_TRUE(all.ends_with("BYE\n"));
}

TEST(NetServer, PauseKeepsWhatComes) {
  Fixture f;
  Client client(f.port);
  client.send("first\nwait\nlater\n");
  EXPECT_EQ(client.line(), "FIRST\n");  // the whole segment was handed out: it waits now
  client.send("later too\n");
  std::vector<std::pair<Remote, std::function<void(Protocol&)>>> work;
  work.emplace_back(*f.seen.last.lock(), [](Protocol& p) { static_cast<Shout&>(p).answer(); });
  Remote::post_all(std::move(work));
  EXPECT_EQ(client.line(), "ANSWER\n");
  EXPECT_EQ(client.line(), "LATER\n");
  EXPECT_EQ(client.line(), "LATER TOO\n");
}

TEST(NetServer, RemoteOfADeadConnectionDoesNothing) {
  Fixture f;
  {
    Client client(f.port);
    client.send("x\n");
    EXPECT_EQ(client.line(), "X\n");
  }
  while (f.seen.closed.lock()->empty())
    std::this_thread::yield();
  Remote remote = *f.seen.last.lock();
  remote.post([](Protocol&) { FAIL(); });
  Client other(f.port);
  other.send("y\n");
  EXPECT_EQ(other.line(), "Y\n");
}

TEST(NetServer, DeadlineCloses) {
  Fixture f;
  Client client(f.port);
  client.send("slow\n");
  EXPECT_EQ(client.rest(), "");
  while (f.seen.closed.lock()->empty())
    std::this_thread::yield();
  EXPECT_EQ(f.seen.closed.lock()->front(), CloseReason::kDeadline);
}

TEST(NetServer, ReadLimitCloses) {
  Fixture f({}, {}, 1000);
  Client client(f.port);
  client.send(std::string(1001, 'a'));  // a line without an end
  EXPECT_EQ(client.rest(), "");
}

TEST(NetServer, SilentConnectionsGiveWay) {
  AdmissionLimits limits;
  limits.connections = 3;
  Fixture f({}, limits);
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 10; ++i)
    silent.push_back(std::make_unique<Client>(f.port));
  Client client(f.port);
  client.send("hello\n");
  EXPECT_EQ(client.line(), "HELLO\n");
  EXPECT_EQ(silent.front()->rest(), "") << "the oldest was closed";
}

TEST(NetServer, AllowListClosesOthers) {
  ListenerOptions options;
  options.allowed.push_back(Network::parse("192.0.2.0/24").value());
  Fixture f(std::move(options));
  Client client(f.port);
  client.send("x\n");
  EXPECT_EQ(client.rest(), "");
}

TEST(NetServer, BelievesItsProxy) {
  ListenerOptions options;
  options.proxies.push_back(Network::parse("127.0.0.1").value());
  options.allowed.push_back(Network::parse("192.0.2.0/24").value());
  Fixture f(std::move(options));
  Client good(f.port);
  good.send("PROXY TCP4 192.0.2.7 192.0.2.2 1000 443\r\nhello\n");
  EXPECT_EQ(good.line(), "HELLO\n");
  Client outside(f.port);
  outside.send("PROXY TCP4 198.51.100.7 192.0.2.2 1000 443\r\nhello\n");
  EXPECT_EQ(outside.rest(), "");
  Client none(f.port);
  none.send("hello, no header here\n");
  EXPECT_EQ(none.rest(), "");
}

TEST(NetServer, PortInUseIsNoticed) {
  Fixture f;
  Server second{ServerOptions{}};
  ListenerOptions options;
  options.name = "second";
  options.address = "127.0.0.1";
  options.port = f.port;
  const auto bound = second.listen(std::move(options), nullptr);
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(bound.error().code, ErrorCode::kConflict);
}

TEST(NetServer, DrainWaitsForTheLast) {
  Fixture f;
  auto client = std::make_unique<Client>(f.port);
  client->send("x\n");
  EXPECT_EQ(client->line(), "X\n");
  f.server->stop_accepting();
  EXPECT_TRUE(f.server->drain(20 * kSecond)) << "the default protocol closes when asked";
  EXPECT_EQ(client->rest(), "");
}

// ---------------------------------------------------------------- TLS

class TlsFiles {
 public:
  TlsFiles() {
    std::filesystem::create_directories(folder_);
    const Micros now = SystemClock().now();
    const auto ca = crypto::make_ca("Test CA", now - kDay, now + kDay);
    crypto::CertificateRequest request;
    request.common_name = "localhost";
    request.addresses = {"127.0.0.1"};
    request.not_before = now - kDay;
    request.not_after = now + kDay;
    const auto leaf = crypto::issue(*ca, request);
    write("ca.pem", ca->certificate);
    write("leaf.pem", leaf->certificate);
    write("leaf.key", std::string(leaf->key.reveal()));
  }
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;
  ~TlsFiles() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] crypto::SslContext server() const {
    crypto::ServerTls tls;
    tls.certificate_file = folder_ / "leaf.pem";
    tls.key_file = folder_ / "leaf.key";
    auto context = crypto::make_server_context(tls);
    EXPECT_TRUE(context.ok());
    return std::move(*context);
  }
  [[nodiscard]] crypto::SslContext client() const {
    crypto::ClientTls tls;
    tls.ca_file = folder_ / "ca.pem";
    auto context = crypto::make_client_context(tls);
    EXPECT_TRUE(context.ok());
    return std::move(*context);
  }

 private:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    std::filesystem::permissions(folder_ / name, std::filesystem::perms::owner_read);
  }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("yagura-net-" + SystemRandom().hex(8));
};

std::string tls_exchange(const TlsFiles& files, std::uint16_t port, const std::string& text) {
  Client client(port);
  const crypto::SslContext context = files.client();
  if (!client.start_tls(context.get())) return "no handshake";
  client.send(text);
  return client.rest();
}

ListenerOptions tls_listener(const TlsFiles& files, TlsMode mode) {
  ListenerOptions options;
  options.tls_mode = mode;
  options.tls = files.server();
  return options;
}

TEST(NetServerTls, Speaks) {
  const TlsFiles files;
  Fixture f(tls_listener(files, TlsMode::kRequired));
  EXPECT_EQ(tls_exchange(files, f.port, "hello\nbye\n"), "HELLO\nBYE\n");
  const std::string big = tls_exchange(files, f.port, "big\nbye\n");
  EXPECT_EQ(big.size(), 5'000'001U + 4U);
}

TEST(NetServerTls, PlainBytesAreNoHandshake) {
  const TlsFiles files;
  Fixture f(tls_listener(files, TlsMode::kRequired));
  Client client(f.port);
  client.send("SEND <a> SIZE 3\n");
  client.rest();
  while (f.seen.closed.lock()->empty())
    std::this_thread::yield();
  EXPECT_EQ(f.seen.closed.lock()->front(), CloseReason::kHandshake);
  EXPECT_EQ(f.seen.opened, 0);
}

TEST(NetServerTls, SilentHandshakesEnd) {
  const TlsFiles files;
  ListenerOptions options = tls_listener(files, TlsMode::kRequired);
  options.handshake_timeout = kSecond / 10;
  Fixture f(std::move(options));
  Client client(f.port);
  EXPECT_EQ(client.rest(), "");
  EXPECT_EQ(f.seen.closed.lock()->front(), CloseReason::kDeadline);
}

TEST(NetServerTls, DetectsBothOnOnePort) {
  const TlsFiles files;
  Fixture f(tls_listener(files, TlsMode::kDetect));
  EXPECT_EQ(tls_exchange(files, f.port, "hello\nbye\n"), "HELLO\nBYE\n");
  Client plain(f.port);
  plain.send("hello\n");
  EXPECT_EQ(plain.line(), "HELLO\n");
}

TEST(NetServerTls, NewContextHoldsForNewConnections) {
  const TlsFiles old_files;
  const TlsFiles new_files;
  Fixture f(tls_listener(old_files, TlsMode::kRequired));
  EXPECT_EQ(tls_exchange(old_files, f.port, "bye\n"), "BYE\n");
  ASSERT_TRUE(f.server->replace_tls("test", new_files.server()).ok());
  EXPECT_EQ(tls_exchange(old_files, f.port, "bye\n"), "no handshake");
  EXPECT_EQ(tls_exchange(new_files, f.port, "bye\n"), "BYE\n");
  EXPECT_FALSE(f.server->replace_tls("other", new_files.server()).ok());
}

}  // namespace
}  // namespace yagura::net
