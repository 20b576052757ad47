#include "db/mariadb_link.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>

#include <errmsg.h>
#include <unistd.h>

#include "base/log.h"
#include "db/mariadb_error.h"
#include "db/mariadb_greeting.h"
#include "db/options.h"

namespace yagura::db {
namespace {

/// Suites of TLS 1.2, as in the TLS policy: forward secrecy and AEAD only. Those of 1.3 all are.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!PSK:!SRP";

/// No plugin that sends the password itself, whatever the server asks for.
constexpr const char* kAuthPlugins =
    "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password,parsec";

/// A statement with its values may need at least this much; smaller settings are refused.
constexpr std::size_t kMinPacket = 256UL * 1024;

constexpr const char* kSession =
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,PIPES_AS_CONCAT,"
    "ANSI_QUOTES,NO_BACKSLASH_ESCAPES', time_zone = '+00:00', autocommit = 1, "
    "innodb_lock_wait_timeout = 10, group_concat_max_len = 1048576";
// Under REPEATABLE READ, range locks between keys make inserts of different agents wait for each
// other; every rule of ours compares versions instead.
constexpr const char* kIsolation = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

struct Target {
  std::string host;  ///< empty = socket
  std::uint16_t port = 0;
  std::string socket;
  [[nodiscard]] std::string text() const {
    if (host.empty()) return socket;
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

Error last_error(MYSQL* mysql) {
  return mariadb_error(mysql_errno(mysql), mysql_error(mysql));
}

/// A handshake that broke off is a server going away; all else of TLS is a refusal.
Error connect_error(MYSQL* mysql) {
  Error error = last_error(mysql);
  const bool broke_off = error.what.find("unexpected eof") != std::string::npos ||
                         error.what.find("reset by peer") != std::string::npos;
  if (mysql_errno(mysql) == CR_SSL_CONNECTION_ERROR && broke_off) {
    error.code = ErrorCode::kUnavailable;
  }
  return error;
}

/// Where the system keeps the CAs it trusts. Always named to the library: without a CA file it
/// skips parts of the verification, host names among them.
std::string system_cas() {
  for (const char* path :
       {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"}) {
    if (::access(path, R_OK) == 0) return path;
  }
  return {};
}

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

Status set_options(MYSQL* mysql, const Options& o, const Target& target) {
  bool fine = true;
  const auto set = [&](mysql_option option, const void* value) {
    fine = fine && mysql_optionsv(mysql, option, value) == 0;
  };
  const auto connect_s = static_cast<unsigned>(o.connect_timeout_s);
  const auto read_s = static_cast<unsigned>(o.read_timeout_s);
  const unsigned off = 0;
  const unsigned protocol = target.host.empty() ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  const my_bool no = 0;
  set(MYSQL_OPT_PROTOCOL, &protocol);
  set(MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
  set(MYSQL_OPT_READ_TIMEOUT, &read_s);
  set(MYSQL_OPT_WRITE_TIMEOUT, &read_s);
  set(MYSQL_OPT_RECONNECT, &no);
  set(MYSQL_OPT_LOCAL_INFILE, &off);
  set(MYSQL_SET_CHARSET_NAME, "utf8mb4");
  set(MARIADB_OPT_RESTRICTED_AUTH, kAuthPlugins);
  if (o.tls != Options::Tls::kDisabled) {
    const my_bool yes = 1;
    set(MYSQL_OPT_SSL_ENFORCE, &yes);
    const my_bool verify = o.tls == Options::Tls::kVerifyFull ? 1 : 0;
    set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    // With a CA the library checks the chain even without the host name: verify_ca.
    const std::string ca = o.tls_ca.empty() ? system_cas() : o.tls_ca;
    const bool chain = o.tls != Options::Tls::kRequired;
    if (chain && ca.empty()) return Error{ErrorCode::kInvalid, "tls_ca is not given"};
    set(MYSQL_OPT_SSL_CA, chain ? ca.c_str() : nullptr);
    set(MYSQL_OPT_SSL_CERT, or_null(o.tls_certificate));
    set(MYSQL_OPT_SSL_KEY, or_null(o.tls_key));
    set(MYSQL_OPT_SSL_CIPHER, kCiphers);
    set(MARIADB_OPT_TLS_VERSION, o.tls_min == Options::TlsMin::k13 ? "TLSv1.3" : "TLSv1.2,TLSv1.3");
  }
  if (!fine) return Error{ErrorCode::kInternal, "the database client refuses an option"};
  return {};
}

/// What was really negotiated, whatever the library was told.
Status check_tls(MYSQL* mysql, const Options& o, LinkInfo& info) {
  const char* cipher = mysql_get_ssl_cipher(mysql);
  if (cipher != nullptr) info.tls_cipher = cipher;
  const char* version = nullptr;
  if (mariadb_get_infov(mysql, MARIADB_CONNECTION_TLS_VERSION, static_cast<void*>(&version)) == 0 &&
      version != nullptr) {
    info.tls_version = version;
  }
  if (o.tls == Options::Tls::kDisabled) return {};
  if (info.tls_cipher.empty()) {
    return Error{ErrorCode::kDenied, "the connection is not encrypted although TLS is required"};
  }
  const bool new_enough = info.tls_version == "TLSv1.3" ||
                          (info.tls_version == "TLSv1.2" && o.tls_min == Options::TlsMin::k12);
  if (!new_enough) {
    return Error{ErrorCode::kDenied, "TLS version \"" + info.tls_version + "\" is too old"};
  }
  info.tls_verified = o.tls != Options::Tls::kRequired;
  return {};
}

Status check_writable(MYSQL* mysql) {
  YAGURA_TRY(read_only, ask(mysql, "SELECT @@global.read_only"));
  if (read_only.empty() || read_only[0].empty() || read_only[0][0] != "0") {
    return Error{ErrorCode::kUnavailable, "the server is read-only"};
  }
  // wsrep_ready is OFF also where no cluster is configured.
  YAGURA_TRY(cluster, ask(mysql, "SHOW VARIABLES LIKE 'wsrep_on'"));
  if (cluster.empty() || cluster[0].size() != 2 || cluster[0][1] != "ON") return {};
  YAGURA_TRY(galera, ask(mysql, "SHOW STATUS LIKE 'wsrep_ready'"));
  if (!galera.empty() && galera[0].size() == 2 && galera[0][1] == "OFF") {
    return Error{ErrorCode::kUnavailable, "the server is not part of its cluster now"};
  }
  return {};
}

Status read_packet_size(MYSQL* mysql, std::size_t& out) {
  YAGURA_TRY(rows, ask(mysql, "SELECT @@max_allowed_packet"));
  if (rows.empty() || rows[0].empty()) return Error{ErrorCode::kInternal, "no max_allowed_packet"};
  const std::string& text = rows[0][0];
  std::from_chars(text.data(), text.data() + text.size(), out);
  if (out < kMinPacket) {
    return Error{ErrorCode::kInvalid, "max_allowed_packet of the server is below 256 KiB"};
  }
  return {};
}

Status prepare_session(MariaDbLink& link, const Options& o) {
  MYSQL* mysql = link.mysql.get();
  YAGURA_CHECK(ask(mysql, kSession));
  YAGURA_CHECK(ask(mysql, kIsolation));
  YAGURA_CHECK(check_writable(mysql));
  YAGURA_CHECK(read_packet_size(mysql, link.max_packet));
  const char* version = mysql_get_server_info(mysql);
  link.info.server_version = version == nullptr ? "" : version;
  link.flavor = mariadb_connection(mysql) != 0 ? Flavor::kMariaDb : Flavor::kMySql;
  // MariaDB's own capabilities are the upper half of the 64 bits.
  unsigned long extended = 0;
  const bool known =
      mariadb_get_infov(mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &extended) == 0;
  link.array_binding = o.array_binding && known && link.flavor == Flavor::kMariaDb &&
                       (extended & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32U)) != 0;
  return {};
}

Result<MariaDbLink> open_target(const Options& o, const Target& target,
                                const crypto::Secret& password) {
  MariaDbLink link;
  link.mysql.reset(mysql_init(nullptr));
  if (!link.mysql) return Error{ErrorCode::kUnavailable, "out of memory"};
  MYSQL* mysql = link.mysql.get();
  YAGURA_CHECK(set_options(mysql, o, target));
  link.info.dialect = Dialect::kMariaDb;
  link.info.location = target.text();
  std::optional<GreetingGuard> guard;
  if (o.tls != Options::Tls::kDisabled) guard.emplace();
  // CLIENT_FOUND_ROWS: an UPDATE counts the rows that matched, as SQLite does.
  // A Secret's text ends in a zero byte: it is a std::string.
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage)
  const char* secret = password.reveal().data();
  if (mysql_real_connect(mysql, or_null(target.host), o.user.c_str(), secret, o.database.c_str(),
                         target.port, or_null(target.socket), CLIENT_FOUND_ROWS) == nullptr) {
    if (guard && guard->cut()) {
      return Error{ErrorCode::kDenied, "TLS is required, but the server does not offer it"};
    }
    return connect_error(mysql);
  }
  YAGURA_CHECK(check_tls(mysql, o, link.info));
  YAGURA_CHECK(prepare_session(link, o));
  return link;
}

Result<std::vector<Target>> targets_of(const Options& o) {
  std::vector<Target> targets;
  if (o.hosts.empty()) targets.push_back({"", 0, o.socket});
  for (const std::string& text : o.hosts) {
    YAGURA_TRY(host, parse_host(text, o.port));
    targets.push_back({host.host, host.port, ""});
  }
  return targets;
}

}  // namespace

Result<std::vector<std::vector<std::string>>> ask(MYSQL* mysql, std::string_view statement) {
  if (mysql_real_query(mysql, statement.data(), statement.size()) != 0) return last_error(mysql);
  std::vector<std::vector<std::string>> rows;
  struct FreeResult {
    void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
  };
  const std::unique_ptr<MYSQL_RES, FreeResult> result(mysql_store_result(mysql));
  if (!result) {
    if (mysql_field_count(mysql) != 0) return last_error(mysql);
    return rows;
  }
  const unsigned columns = mysql_num_fields(result.get());
  while (const MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    std::vector<std::string> cells;
    cells.reserve(columns);
    for (unsigned i = 0; i < columns; ++i) {
      cells.emplace_back(row[i] == nullptr ? "" : row[i], row[i] == nullptr ? 0 : lengths[i]);
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

Result<MariaDbLink> open_mariadb(const Options& options) {
  YAGURA_CHECK(check_options(options));
  YAGURA_TRY(password, read_password(options.password_file));
  YAGURA_TRY(targets, targets_of(options));
  static std::once_flag initialised;  // mysql_init would do it, but not safely from two threads
  std::call_once(initialised, [] { mysql_library_init(0, nullptr, nullptr); });

  // A host that is away may come back, so it decides the code; else the last refusal does.
  Error failed{ErrorCode::kUnavailable, ""};
  bool away = false;
  for (const Target& target : targets) {
    Result<MariaDbLink> link = open_target(options, target, password);
    if (link.ok()) return link;
    const Error& error = link.error();
    if (targets.size() > 1) {
      log::warning("database-host-passed-over", {{"host", target.text()}, {"error", error}});
    }
    away = away || error.code == ErrorCode::kUnavailable;
    failed.code = away ? ErrorCode::kUnavailable : error.code;
    failed.what += (failed.what.empty() ? "" : "; ") + target.text() + ": " + error.what;
  }
  return failed.with("database");
}

}  // namespace yagura::db
