// The server over real TLS on loopback.
#include "http/server.h"

#include <filesystem>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "crypto/x509.h"

namespace yagura::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A blocking TLS client that reads until it has what it waits for.
class Client {
 public:
  Client(std::uint16_t port, const std::string& ca) {
    crypto::ClientTls tls;
    tls.ca_file = ca;
    auto context = crypto::make_client_context(tls);
    EXPECT_TRUE(context.ok());
    context_ = std::move(*context);
    socket_ = UniqueFd(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ssl_.reset(SSL_new(context_.get()));
    EXPECT_TRUE(crypto::expect_peer(ssl_.get(), "127.0.0.1").ok());
    SSL_set_fd(ssl_.get(), socket_.get());
    EXPECT_EQ(SSL_connect(ssl_.get()), 1);
  }

  void send(std::string_view bytes) {
    ASSERT_EQ(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())),
              static_cast<int>(bytes.size()));
  }

  /// One response with its body.
  std::string response() {
    std::size_t end = 0;
    while ((end = got_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return std::exchange(got_, {});
    }
    std::size_t length = 0;
    const std::size_t at = got_.find("Content-Length: ");
    if (at < end) length = std::stoul(got_.substr(at + 16));
    while (got_.size() < end + 4 + length) {
      if (!more()) break;
    }
    std::string out = got_.substr(0, end + 4 + length);
    got_.erase(0, out.size());
    return out;
  }

  /// True if the server has closed.
  bool closed() { return got_.empty() && !more(); }

 private:
  bool more() {
    std::array<char, 4096> buffer{};
    const int n = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (n <= 0) return false;
    got_.append(buffer.data(), static_cast<std::size_t>(n));
    return true;
  }

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  crypto::SslContext context_;
  UniqueFd socket_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string got_;
};

std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
         "\r\n";
}

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "yagura-http-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    const Micros now = SystemClock().now();
    auto ca = crypto::make_ca("test", now - kHour, now + kDay);
    ASSERT_TRUE(ca.ok());
    auto leaf = crypto::issue(*ca, {.common_name = "console",
                                    .dns_names = {"localhost"},
                                    .addresses = {"127.0.0.1"},
                                    .not_before = now - kHour,
                                    .not_after = now + kDay});
    ASSERT_TRUE(leaf.ok());
    const auto dir = Directory::open(folder_);
    ASSERT_TRUE(dir->write_durable("ca.pem", ca->certificate, 0644).ok());
    ASSERT_TRUE(dir->write_durable("c.pem", leaf->certificate, 0644).ok());
    ASSERT_TRUE(dir->write_durable("c.key", leaf->key.reveal(), 0600).ok());
    options_.port = 0;
    options_.workers = 2;
    options_.tls.certificate_file = folder_ + "/c.pem";
    options_.tls.key_file = folder_ + "/c.key";
  }

  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start(Handler handler) {
    server_ = std::make_unique<Server>(options_, std::move(handler), clock_, random_);
    const auto port = server_->listen();
    ASSERT_TRUE(port.ok()) << port.error().what;
    port_ = *port;
    ASSERT_TRUE(server_->start().ok());
  }

  Client client() { return {port_, folder_ + "/ca.pem"}; }

  std::string folder_;
  ServerOptions options_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

Response echo(const Request& request) {
  Response response;
  response.body = std::string(to_string(request.method)) + " " + request.path + " " + request.body +
                  " " + request.peer.address + " " + request.peer.tls_version;
  return response;
}

TEST_F(ServerTest, AnswersSeveralRequestsOfOneConnection) {
  start(echo);
  Client c = client();
  c.send(get("/one"));
  const std::string first = c.response();
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, HasSubstr("X-Content-Type-Options: nosniff"));
  EXPECT_THAT(first, HasSubstr("GET /one  127.0.0.1 TLSv1.3"));
  // Two at once: answered one after the other, in order.
  c.send("POST /two HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + get("/three"));
  EXPECT_THAT(c.response(), HasSubstr("POST /two abc "));
  EXPECT_THAT(c.response(), HasSubstr("GET /three "));
}

TEST_F(ServerTest, HeadHasNoBodyAndCloseCloses) {
  start(echo);
  Client c = client();
  c.send("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answer = c.response();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 2"));
  EXPECT_EQ(answer.substr(answer.size() - 4), "\r\n\r\n");
  EXPECT_TRUE(c.closed());
}

TEST_F(ServerTest, MalformedRequestIsAnsweredAndEndsTheConnection) {
  start(echo);
  Client c = client();
  c.send("GET /../x HTTP/1.1\r\nHost: h\r\n\r\n" + get("/smuggled"));
  const std::string answer = c.response();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("application/problem+json"));
  EXPECT_THAT(answer, HasSubstr("X-Frame-Options: SAMEORIGIN"));
  EXPECT_TRUE(c.closed());
}

TEST_F(ServerTest, ExceptionBecomesAServerError) {
  start([](const Request&) -> Response { throw std::runtime_error("a secret detail"); });
  Client c = client();
  c.send(get("/"));
  const std::string answer = c.response();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("a secret detail")));
}

TEST_F(ServerTest, SlowRequestIsCutWithAnAnswer) {
  options_.head_timeout = 300'000;
  start(echo);
  Client c = client();
  c.send("GET / HTTP/1.1\r\n");
  EXPECT_THAT(c.response(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(c.closed());
  Client silent = client();
  EXPECT_TRUE(silent.closed());
}

TEST_F(ServerTest, DelayedAnswerHoldsNoWorker) {
  options_.workers = 1;
  start([](const Request& request) {
    Response response = echo(request);
    if (request.path == "/slow") response.delay = kSecond;
    return response;
  });
  Client slow = client();
  const Micros begin = clock_.steady();
  slow.send(get("/slow"));
  Client fast = client();
  fast.send(get("/fast"));
  EXPECT_THAT(fast.response(), HasSubstr("/fast"));
  EXPECT_LT(clock_.steady() - begin, kSecond);
  EXPECT_THAT(slow.response(), HasSubstr("/slow"));
  EXPECT_GE(clock_.steady() - begin, kSecond);
}

TEST_F(ServerTest, FullQueueAnswersInsteadOfWaiting) {
  options_.workers = 1;
  options_.queue = 1;
  std::promise<void> release;
  std::promise<void> busy;
  std::shared_future<void> released(release.get_future());
  start([&, released](const Request& request) {
    if (request.path == "/first") {
      busy.set_value();
      released.wait();
    }
    return echo(request);
  });
  Client first = client();
  first.send(get("/first"));
  busy.get_future().wait();  // the only worker is taken now
  Client second = client();
  Client third = client();
  second.send(get("/second"));
  third.send(get("/third"));
  // Whichever comes second finds the queue full and is told at once; the other one waits.
  auto a = std::async(std::launch::async, [&] { return second.response(); });
  auto b = std::async(std::launch::async, [&] { return third.response(); });
  const auto done = [](auto& f) {
    return f.wait_for(std::chrono::milliseconds(5)) == std::future_status::ready;
  };
  bool a_first = false;
  while (!(a_first = done(a)) && !done(b))
    continue;
  release.set_value();
  const std::string refused = a_first ? a.get() : b.get();
  const std::string served = a_first ? b.get() : a.get();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 1"));
  EXPECT_THAT(served, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(first.response(), HasSubstr("/first"));
}

TEST_F(ServerTest, StopLetsRunningRequestsEnd) {
  std::promise<void> busy;
  start([&](const Request& request) {
    busy.set_value();
    std::this_thread::yield();
    return echo(request);
  });
  Client c = client();
  Client idle = client();
  c.send(get("/last"));
  busy.get_future().wait();
  server_->stop(10 * kSecond);
  EXPECT_THAT(c.response(), HasSubstr("GET /last"));
  EXPECT_TRUE(c.closed());
  EXPECT_TRUE(idle.closed());
}

TEST_F(ServerTest, RefusesAKeyThatOthersMayRead) {
  std::filesystem::permissions(options_.tls.key_file, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  server_ = std::make_unique<Server>(options_, echo, clock_, random_);
  EXPECT_FALSE(server_->listen().ok());
}

}  // namespace
}  // namespace yagura::http
