#include "agent/shipper.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "tentacle/client_transport.h"
#include "text/numbers.h"

namespace yagura::agent {
namespace {

constexpr Micros kFirstPause = 5 * kSecond;
constexpr int kMaxDoublings = 20;
constexpr std::size_t kMaxResultBytes = 65536;
/// A round of many large reports over a slow line gets this much time altogether.
constexpr Micros kRoundLimit = 15 * kMinute;
/// TCP only; the whole file has transfer_timeout.
constexpr Micros kConnectTimeout = 10 * kSecond;

/// Names the caller has not set are the ones it connects to.
Result<tentacle::ClientTransport> make_transport(const ServerConfig& server, int timeout_s) {
  tentacle::ClientOptions options;
  options.servers = {{server.host, server.port}};
  options.local_address = server.local_address;
  options.expected_name = server.expected_name;
  options.pinned_fingerprint = server.pinned_fingerprint;
  options.password = server.password.clone();
  const Micros timeout = timeout_s * kSecond;
  options.connect_timeout = std::min(kConnectTimeout, timeout);
  options.handshake_timeout = std::min(kConnectTimeout, timeout);
  options.idle_timeout = timeout;
  options.operation_base = timeout;
  if (server.tls) {
    crypto::ClientTls tls;
    tls.ca_file = server.ca_file;
    tls.certificate_file = server.certificate_file;
    tls.key_file = server.key_file.empty() ? server.certificate_file : server.key_file;
    tls.verify = server.verify;
    options.tls = std::move(tls);
  }
  if (!server.proxy.empty()) {
    YAGURA_TRY(proxy, tentacle::HttpProxy::parse(server.proxy));
    options.proxy = std::move(proxy);
  }
  return tentacle::ClientTransport::make(std::move(options));
}

/// What the answer to one report means.
enum class Verdict { kDelivered, kNever, kDeclined, kBroken };

Verdict judge(const Status& sent) {
  if (sent.ok()) return Verdict::kDelivered;
  const std::string& what = sent.error().what;
  if (sent.error().code == ErrorCode::kInvalid) return Verdict::kNever;
  if (sent.error().code != ErrorCode::kDenied) return Verdict::kBroken;
  // The name is this very report's: the server has it from a round whose end we did not see.
  if (what.find("(file already exists)") != std::string::npos) return Verdict::kDelivered;
  if (what.find("(file is too big)") != std::string::npos ||
      what.find("(invalid file name)") != std::string::npos) {
    return Verdict::kNever;
  }
  return Verdict::kDeclined;
}

/// One round over an open connection.
class Sender {
 public:
  Sender(tentacle::ClientConnection& connection, const ServerConfig& server, const Buffer& buffer,
         const std::string& agent_name, const Suspicions& suspicions, ShipResult& out)
      : connection_(connection),
        server_(server),
        buffer_(buffer),
        // Named like the original agent's files; MD5 makes a file name of any agent's name.
        prefix_(crypto::md5_hex(agent_name) + "."),
        suspicions_(suspicions),
        out_(out) {}

  /// Sends until the end or until something says stop; the error says why not all is delivered.
  Status run(const std::vector<BufferedReport>& reports) {
    for (const BufferedReport& report : reports) {
      YAGURA_CHECK(send(report));
      if (in_a_row_ == kMaxDeclinedInARow) break;
    }
    connection_.quit();
    YAGURA_CHECK(weigh_declined());
    if (!declined_.empty()) return last_refusal_;
    return {};
  }

 private:
  Status send(const BufferedReport& report) {
    const auto document = buffer_.read(report);
    if (!document.ok()) {
      if (document.error().code == ErrorCode::kNotFound) return {};  // it had to make room
      return document.error();
    }
    const std::string name = prefix_ + std::to_string(report.created) + ".data";
    const Status sent = server_.compressed ? connection_.send_compressed(name, *document)
                                           : connection_.send(name, *document);
    switch (judge(sent)) {
      case Verdict::kDelivered:
        YAGURA_CHECK(buffer_.remove(report));
        ++out_.sent;
        out_.bytes += document->size();
        in_a_row_ = 0;
        last_taken_ = report.sequence;
        return {};
      case Verdict::kNever:
        return give_up(report, sent.error());
      case Verdict::kDeclined:
        ++in_a_row_;
        declined_.push_back(report);
        last_refusal_ = sent.error();
        return {};
      case Verdict::kBroken:
        break;
    }
    return sent.error();
  }

  Status give_up(const BufferedReport& report, const Error& why) {
    log::error("report-refused", {{"file", report.file}, {"reason", why}});
    YAGURA_CHECK(buffer_.set_aside(report));
    ++out_.refused;
    return {};
  }

  Status weigh_declined() {
    for (const BufferedReport& report : declined_) {
      if (report.sequence > last_taken_) continue;
      const auto before = suspicions_.find(report.file);
      if (before != suspicions_.end() && before->second + 1 >= kMaxSuspicions) {
        YAGURA_CHECK(give_up(report, last_refusal_));
      } else {
        out_.suspects.push_back(report.file);
      }
    }
    return {};
  }

  tentacle::ClientConnection& connection_;
  const ServerConfig& server_;
  const Buffer& buffer_;
  std::string prefix_;
  const Suspicions& suspicions_;
  ShipResult& out_;
  std::vector<BufferedReport> declined_;
  std::uint64_t last_taken_ = 0;
  int in_a_row_ = 0;
  Error last_refusal_;
};

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return line;
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// The child's side: signals as a new program has them, and no life after the parent's.
void become_child(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  sigset_t none;
  sigemptyset(&none);
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

ShipResult ship_round(const ServerConfig& server, const Buffer& buffer,
                      const std::string& agent_name, int limit, int timeout_s,
                      const Suspicions& suspicions) {
  ShipResult out;
  out.server = server.host + ":" + std::to_string(server.port);
  const auto finish = [&](std::string error) {
    out.error = std::move(error);
    const auto left = buffer.list();
    if (left.ok()) out.remaining = left->size();
    return out;
  };
  auto reports = buffer.list();
  if (!reports.ok()) return finish(reports.error().what);
  if (reports->empty()) return finish({});
  if (reports->size() > static_cast<std::size_t>(limit)) {
    reports->resize(static_cast<std::size_t>(limit));
  }
  auto transport = make_transport(server, timeout_s);
  if (!transport.ok()) return finish(transport.error().what);
  auto connection = transport->connect();
  if (!connection.ok()) return finish(connection.error().what);
  out.server = connection->server().text();
  const crypto::TlsInfo& tls = connection->tls();
  if (!tls.version.empty()) {
    out.tls = tls.version + " " + tls.cipher + (server.verify ? "" : " unverified");
  }
  const Status sent =
      Sender(*connection, server, buffer, agent_name, suspicions, out).run(*reports);
  return finish(sent.ok() ? std::string{} : sent.error().what);
}

ShipResult ship_with_fallback(const Config& config, const Buffer& buffer,
                              const std::string& agent_name, const Suspicions& suspicions) {
  ShipResult first = ship_round(config.server, buffer, agent_name, config.reports_per_round,
                                config.transfer_timeout_s, suspicions);
  if (first.error.empty() || config.secondary_mode != SecondaryMode::kOnError) return first;
  ShipResult second = ship_round(config.secondary, buffer, agent_name, config.reports_per_round,
                                 config.transfer_timeout_s, suspicions);
  // A secondary that took nothing has no say in whose fault a refusal is.
  if (second.sent == 0) second.suspects = std::move(first.suspects);
  second.sent += first.sent;
  second.bytes += first.bytes;
  second.refused += first.refused;
  if (!second.error.empty()) second.error = first.error + "; secondary: " + second.error;
  return second;
}

std::string write_ship_result(const ShipResult& result) {
  std::string out;
  const auto add = [&](std::string_view key, const std::string& value) {
    out += std::string(key) + " " + one_line(value) + "\n";
  };
  add("sent", std::to_string(result.sent));
  add("bytes", std::to_string(result.bytes));
  add("refused", std::to_string(result.refused));
  add("remaining", std::to_string(result.remaining));
  add("server", result.server);
  add("tls", result.tls);
  add("error", result.error);
  for (const std::string& file : result.suspects)
    add("suspect", file);
  add("end", "");
  return out;
}

Result<ShipResult> parse_ship_result(std::string_view text) {
  ShipResult out;
  bool complete = false;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::size_t blank = line.find(' ');
    const std::string_view key = line.substr(0, blank);
    const std::string_view value =
        blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
    const auto number = [&](std::uint64_t& field) {
      const auto n = text::parse_integer<std::uint64_t>(value);
      if (n) field = *n;
      return n.has_value();
    };
    bool understood = true;
    if (key == "sent")
      understood = number(out.sent);
    else if (key == "bytes")
      understood = number(out.bytes);
    else if (key == "refused")
      understood = number(out.refused);
    else if (key == "remaining")
      understood = number(out.remaining);
    else if (key == "server")
      out.server = value;
    else if (key == "tls")
      out.tls = value;
    else if (key == "error")
      out.error = value;
    else if (key == "suspect")
      out.suspects.emplace_back(value);
    else if (key == "end")
      complete = true;
    else
      understood = false;
    if (!understood)
      return Error{ErrorCode::kInvalid, "result of the sender: " + std::string(line)};
  }
  if (!complete) return Error{ErrorCode::kInvalid, "the sender ended without a result"};
  return out;
}

Result<ShipperProcess> ShipperProcess::start(const Config& config, const Buffer& buffer,
                                             const std::string& agent_name, Target target,
                                             const Suspicions& suspicions) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("pipe", errno);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  if (::fcntl(reader.get(), F_SETFL, O_NONBLOCK) != 0) return system_error("fcntl", errno);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return system_error("fork", errno);
  if (pid == 0) {
    become_child(parent);
    const ShipResult result =
        target == Target::kPrimary
            ? ship_with_fallback(config, buffer, agent_name, suspicions)
            : ship_round(config.secondary, buffer, agent_name, config.reports_per_round,
                         config.transfer_timeout_s, suspicions);
    const Status written = write_all(writer.get(), write_ship_result(result));
    ::_exit(written.ok() ? 0 : 1);
  }
  return ShipperProcess(pid, std::move(reader), SystemClock().steady() + kRoundLimit);
}

ShipperProcess::ShipperProcess(ShipperProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pipe_(std::move(other.pipe_)),
      deadline_(other.deadline_),
      text_(std::move(other.text_)) {}

ShipperProcess::~ShipperProcess() {
  kill();
}

void ShipperProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

ShipResult ShipperProcess::finish(const std::string& why) {
  kill();
  auto result = parse_ship_result(text_);
  if (result.ok()) return std::move(result).value();
  ShipResult failed;
  failed.error = why.empty() ? result.error().what : why;
  return failed;
}

std::optional<ShipResult> ShipperProcess::poll(Micros steady_now) {
  std::array<char, 4096> buffer;  // NOLINT: filled by read
  for (;;) {
    const ssize_t n = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (n > 0 && text_.size() < kMaxResultBytes) {
      text_.append(buffer.data(), static_cast<std::size_t>(n));
      continue;
    }
    if (n == 0) return finish({});
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN && steady_now < deadline_) return std::nullopt;
    return finish("the round did not end in time");
  }
}

Micros BackOff::failed() {
  const int doublings = std::min(failures_, kMaxDoublings);
  ++failures_;
  const Micros pause = std::min(longest_, kFirstPause << doublings);
  const auto spread = static_cast<std::uint64_t>(std::max<Micros>(1, pause / 2));
  return pause - pause / 4 + static_cast<Micros>(random_.below(spread));
}

}  // namespace yagura::agent
