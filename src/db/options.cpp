#include "db/options.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

namespace yagura::db {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;
constexpr IntRange kPortRange = {1, 65535};
constexpr IntRange kTimeoutRange = {1, 3600};

Options::Tls parse_tls(const std::string& word) {
  if (word == "disabled") return Options::Tls::kDisabled;
  if (word == "required") return Options::Tls::kRequired;
  if (word == "verify_ca") return Options::Tls::kVerifyCa;
  return Options::Tls::kVerifyFull;
}

void read_mariadb(Settings& s, Options& o) {
  o.hosts = s.list("database.hosts");
  o.socket = s.text("database.socket", "");
  o.port = static_cast<std::uint16_t>(s.integer("database.port", 3306, kPortRange));
  o.database = s.text("database.name", "yagura");
  o.user = s.text("database.user", "yagura");
  o.password_file = s.text("database.password_file", "");
  // Only the Unix socket goes without TLS unasked; loopback must be told (SRV-15).
  const bool by_socket = o.hosts.empty() && !o.socket.empty();
  o.tls = parse_tls(s.choice("database.tls", by_socket ? "disabled" : "verify_full",
                             {"disabled", "required", "verify_ca", "verify_full"}));
  o.tls_min = s.choice("database.tls_min", "1.2", {"1.2", "1.3"}) == "1.3" ? Options::TlsMin::k13
                                                                           : Options::TlsMin::k12;
  o.tls_ca = s.text("database.tls_ca", "");
  o.tls_certificate = s.text("database.tls_certificate", "");
  o.tls_key = s.text("database.tls_key", "");
  o.connect_timeout_s =
      static_cast<int>(s.integer("database.connect_timeout_s", 10, kTimeoutRange));
  o.read_timeout_s = static_cast<int>(s.integer("database.read_timeout_s", 60, kTimeoutRange));
  o.array_binding = s.flag("database.array_binding", true);
}

}  // namespace

Result<Options> read_options(Settings& settings) {
  Options options;
  const std::string dialect = settings.choice("database.dialect", "sqlite", {"sqlite", "mariadb"});
  if (dialect == "sqlite") {
    options.dialect = Dialect::kSqlite;
    options.path = settings.required_text("database.path");
    return options;
  }
  options.dialect = Dialect::kMariaDb;
  read_mariadb(settings, options);
  if (const Status fits = check_options(options); !fits.ok()) {
    settings.mistake("database", fits.error().what);
  }
  YAGURA_CHECK(read_password(options.password_file));
  return options;
}

Status check_options(const Options& o) {
  const auto invalid = [](std::string what) { return Error{ErrorCode::kInvalid, std::move(what)}; };
  if (o.dialect == Dialect::kSqlite) {
    if (o.path.empty()) return invalid("the path of the SQLite file is empty");
    return {};
  }
  if (o.hosts.empty() && o.socket.empty()) return invalid("neither hosts nor socket is given");
  if (!o.hosts.empty() && !o.socket.empty()) return invalid("give hosts or socket, not both");
  if (o.database.empty() || o.user.empty()) return invalid("name or user is empty");
  for (const std::string& text : o.hosts) {
    YAGURA_TRY(host, parse_host(text, o.port));
    if (o.tls == Options::Tls::kDisabled && !is_loopback(host.host)) {
      return invalid("tls = \"disabled\" is allowed for a Unix socket or loopback only, not for " +
                     text);
    }
  }
  if (o.tls == Options::Tls::kVerifyCa && o.tls_ca.empty()) {
    return invalid("tls = \"verify_ca\" needs tls_ca");
  }
  if (o.hosts.empty() && o.tls != Options::Tls::kDisabled) {
    return invalid("a Unix socket goes without TLS: leave tls out");
  }
  if (o.tls_certificate.empty() != o.tls_key.empty()) {
    return invalid("tls_certificate and tls_key belong together");
  }
  return {};
}

Result<crypto::Secret> read_password(const std::string& path) {
  if (path.empty()) return crypto::Secret();
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) return system_error("password file " + path, errno);
  struct stat info = {};
  if (::fstat(fd.get(), &info) != 0) return system_error("password file " + path, errno);
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kDenied, "password file " + path + ": not a regular file"};
  }
  if ((info.st_mode & 077U) != 0) {
    return Error{ErrorCode::kDenied,
                 "password file " + path + ": others may read it; set its mode to 0600"};
  }
  // Root is about to drop to the account that the file belongs to (process.user).
  if (info.st_uid != ::geteuid() && info.st_uid != 0 && ::geteuid() != 0) {
    return Error{ErrorCode::kDenied, "password file " + path + ": belongs to somebody else"};
  }
  std::string text(kMaxPasswordBytes + 1, '\0');
  const ssize_t got = ::read(fd.get(), text.data(), text.size());
  if (got < 0) {
    return system_error("password file " + path, errno);
  }
  text.resize(static_cast<std::size_t>(got));
  if (text.size() > kMaxPasswordBytes) {
    crypto::wipe(text);
    return Error{ErrorCode::kLimit, "password file " + path + ": longer than 1024 bytes"};
  }
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  std::fill(text.begin() + static_cast<std::ptrdiff_t>(end), text.end(), '\0');
  text.resize(end);
  if (text.empty()) return Error{ErrorCode::kInvalid, "password file " + path + ": is empty"};
  return crypto::Secret(std::move(text));
}

Result<HostPort> parse_host(const std::string& text, std::uint16_t default_port) {
  HostPort out{text, default_port};
  std::string port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string::npos) return Error{ErrorCode::kInvalid, "host " + text + ": no ]"};
    out.host = text.substr(1, close - 1);
    if (close + 1 < text.size()) {
      if (text[close + 1] != ':') return Error{ErrorCode::kInvalid, "host " + text + ": no :port"};
      port = text.substr(close + 2);
      if (port.empty()) return Error{ErrorCode::kInvalid, "host " + text + ": empty port"};
    }
  } else if (const std::size_t colon = text.find(':');
             colon != std::string::npos && text.find(':', colon + 1) == std::string::npos) {
    out.host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return Error{ErrorCode::kInvalid, "host " + text + ": empty port"};
  }
  if (out.host.empty()) return Error{ErrorCode::kInvalid, "host \"" + text + "\": empty name"};
  if (port.empty()) return out;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number < 1 || number > 65535) {
    return Error{ErrorCode::kInvalid, "host " + text + ": port is not 1 to 65535"};
  }
  out.port = static_cast<std::uint16_t>(number);
  return out;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4 = {};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6 = {};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace yagura::db
