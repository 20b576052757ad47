// What the transport carries: files a second with one connection a file, plain and TLS, the CPU of
// the server per file, and what 500 slow senders do to the others. Starts yagura-tentacled from
// YAGURA_BIN in a temporary folder; clients and server share the machine's cores.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/signals.h"
#include "crypto/x509.h"
#include "tentacle/client_transport.h"

namespace {

using namespace yagura;  // NOLINT: main only

constexpr double kSeconds = 6.0;
constexpr std::size_t kFileBytes = 11'000;  // 40 modules
constexpr int kSlowSenders = 500;

struct Figures {
  double files_per_s = 0;
  double cpu_us = 0;
  double p99_ms = 0;
  double rss_mb = 0;
  long errors = 0;
};

void print(const char* figure, double value, const char* unit, double bar, double goal,
           double cpu_us) {
  std::printf("{\"figure\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", \"bar\": %g, \"goal\": %g",
              figure, value, unit, bar, goal);
  if (cpu_us > 0) std::printf(", \"cpu_us\": %.1f", cpu_us);
  std::printf("}\n");
  std::fflush(stdout);
}

std::uint16_t free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof in;
  ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&in), &size);
  return ntohs(in.sin_port);
}

/// yagura-tentacled in a folder of its own.
class Daemon {
 public:
  Daemon() {
    std::string pattern = std::filesystem::temp_directory_path() / "yagura-bench-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(root_ + "/in");
    const Micros now = SystemClock().now();
    const auto ca = crypto::make_ca("Bench CA", now - kHour, now + kDay).value();
    crypto::CertificateRequest request;
    request.common_name = "bench";
    request.addresses = {"127.0.0.1"};
    request.not_before = now - kHour;
    request.not_after = now + kDay;
    const auto server = crypto::issue(ca, request).value();
    write("ca.pem", ca.certificate);
    write("server.pem", server.certificate);
    write("server.key", server.key.reveal());
    plain_ = free_port();
    tls_ = free_port();
    write("t.toml", settings());
    auto child = spawn(
        {std::string(std::getenv("YAGURA_BIN") ? std::getenv("YAGURA_BIN") : "build/release/bin") +
             "/yagura-tentacled",
         {"--config", root_ + "/t.toml"},
         root_ + "/out",
         true});
    if (!child.ok()) {
      std::fprintf(stderr, "%s\n", child.error().what.c_str());
      std::exit(1);
    }
    child_ = std::move(*child);
    char byte = 0;
    if (::read(child_.ready.get(), &byte, 1) != 1) {
      std::fprintf(stderr, "%s\n", read_file(root_ + "/out", 65536).value_or("").c_str());
      std::exit(1);
    }
  }
  ~Daemon() {
    ::kill(child_.pid, SIGTERM);
    reap(child_);
    std::filesystem::remove_all(root_);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  std::uint16_t plain() const { return plain_; }
  std::uint16_t tls() const { return tls_; }
  std::string ca() const { return root_ + "/ca.pem"; }

  double cpu_seconds() const {
    const std::string stat =
        read_file("/proc/" + std::to_string(child_.pid) + "/stat", 4096).value_or("");
    const std::size_t at = stat.rfind(')');
    long user = 0;
    long system = 0;
    std::sscanf(stat.c_str() + at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld",
                &user, &system);
    return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  double rss_mb() const {
    const std::string status =
        read_file("/proc/" + std::to_string(child_.pid) + "/status", 65536).value_or("");
    const std::size_t at = status.find("VmRSS:");
    return at == std::string::npos ? 0 : std::atof(status.c_str() + at + 6) / 1024.0;
  }
  void empty_spool() const {
    for (const auto& e : std::filesystem::directory_iterator(root_ + "/in")) {
      std::error_code ec;
      std::filesystem::remove(e.path(), ec);
    }
  }

 private:
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(root_ + "/" + name, std::ios::binary) << text;
    std::filesystem::permissions(root_ + "/" + name, std::filesystem::perms(0600));
  }
  std::string settings() const {
    return "[process]\nallow_root = true\n[spool]\nincoming = \"" + root_ +
           "/in\"\nmax_items = 5000000\n[limits]\nconnections = 4000\nper_address = "
           "4000\nminimum_rate = 100\n"
           "[[listener]]\nname = \"plain\"\naddress = \"127.0.0.1\"\nport = " +
           std::to_string(plain_) +
           "\nmin_level = 1\nplaintext_optin = { by = \"bench\", until = \"2099-12-31\" }\n"
           "[[listener]]\nname = \"tls\"\naddress = \"127.0.0.1\"\nport = " +
           std::to_string(tls_) + "\nmin_level = 2\ncertificate = \"" + root_ +
           "/server.pem\"\nkey = \"" + root_ + "/server.key\"\n";
  }

  std::string root_;
  std::uint16_t plain_ = 0;
  std::uint16_t tls_ = 0;
  Child child_;
};

Figures measure(const Daemon& daemon, bool tls, int clients, double seconds) {
  std::atomic<long> files{0};
  std::atomic<long> errors{0};
  std::vector<std::vector<double>> times(static_cast<std::size_t>(clients));
  const std::string body(kFileBytes, 'x');
  const double cpu_before = daemon.cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  const auto end = start + std::chrono::duration<double>(seconds);
  std::vector<std::jthread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] {
      tentacle::ClientOptions options;
      options.servers = {{"127.0.0.1", tls ? daemon.tls() : daemon.plain()}};
      if (tls) options.tls = crypto::ClientTls{daemon.ca(), "", "", "", true};
      auto transport = tentacle::ClientTransport::make(std::move(options));
      if (!transport.ok()) {
        ++errors;
        return;
      }
      SystemRandom random;
      const std::string prefix = random.hex(8);
      for (long n = 0; std::chrono::steady_clock::now() < end; ++n) {
        const auto began = std::chrono::steady_clock::now();
        const std::string name = prefix + "." + std::to_string(n) + ".data";
        if (transport->send_file(name, body).ok()) {
          ++files;
          times[static_cast<std::size_t>(i)].push_back(
              std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
                  .count());
        } else {
          ++errors;
        }
      }
    });
  }
  threads.clear();
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::vector<double> all;
  for (auto& t : times)
    all.insert(all.end(), t.begin(), t.end());
  std::sort(all.begin(), all.end());
  Figures f;
  f.files_per_s = static_cast<double>(files) / wall;
  f.cpu_us = files > 0 ? (daemon.cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(files) : 0;
  f.p99_ms = all.empty() ? 0 : all[std::min(all.size() - 1, all.size() * 99 / 100)];
  f.rss_mb = daemon.rss_mb();
  f.errors = errors;
  return f;
}

/// Connections that send a few bytes a second and never finish.
class SlowSenders {
 public:
  SlowSenders(std::uint16_t port, int count) {
    for (int i = 0; i < count; ++i) {
      UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_in in{};
      in.sin_family = AF_INET;
      in.sin_port = htons(port);
      in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) != 0) continue;
      const std::string head = "SEND <slow-" + std::to_string(i) + ".1.data> SIZE 100000\n";
      if (write_all(fd.get(), head).ok()) connections_.push_back(std::move(fd));
    }
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        for (const UniqueFd& fd : connections_)
          static_cast<void>(::send(fd.get(), "0123456789", 10, MSG_NOSIGNAL));
        std::this_thread::sleep_for(std::chrono::milliseconds(250));
      }
    });
  }
  std::size_t size() const { return connections_.size(); }

 private:
  std::vector<UniqueFd> connections_;
  std::jthread thread_;
};

}  // namespace

int main() {
  ignore_broken_pipes();
  const Daemon daemon;
  const Figures plain = measure(daemon, false, 16, kSeconds);
  print("transport, plain, one file a connection, durable", plain.files_per_s, "files/s", 2300,
        5000, plain.cpu_us);
  daemon.empty_spool();
  const Figures tls = measure(daemon, true, 16, kSeconds);
  print("transport, TLS ECDSA, one file a connection", tls.files_per_s, "files/s", 340, 600,
        tls.cpu_us);
  daemon.empty_spool();
  const Figures calm = measure(daemon, false, 2, 3.0);
  const double rss_before = daemon.rss_mb();
  const SlowSenders slow(daemon.plain(), kSlowSenders);
  const Figures beside = measure(daemon, false, 2, kSeconds);
  std::printf(
      "{\"figure\": \"slow senders connected\", \"value\": %zu, \"unit\": \"connections\"}\n",
      slow.size());
  print("p99 of normal clients alone", calm.p99_ms, "ms", 50, 20, 0);
  print("p99 of normal clients beside 500 slow senders", beside.p99_ms, "ms", 50, 20, 0);
  print("memory that 500 slow senders take", daemon.rss_mb() - rss_before, "MB", 30, 10, 0);
  const long errors = plain.errors + tls.errors + calm.errors + beside.errors;
  std::printf("{\"figure\": \"transport errors\", \"value\": %ld, \"unit\": \"files\"}\n", errors);
  return 0;
}
