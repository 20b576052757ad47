#include "tentacle/transport_settings.h"

#include <algorithm>
#include <functional>
#include <set>
#include <thread>
#include <utility>

#include "base/file.h"
#include "tentacle/client_transport.h"
#include "tentacle/command.h"
#include "text/time_text.h"

namespace yagura::tentacle {
namespace {

constexpr std::size_t kMaxPasswordFile = 4096;
constexpr std::size_t kMaxListeners = 32;
constexpr std::int64_t kMega = 1'000'000;
constexpr std::string_view kDigestPrefix = "digest:";

/// Reads the keys of one [[listener]] and collects its mistakes.
class ListenerReader {
 public:
  ListenerReader(Settings& settings, std::size_t index, Micros now)
      : settings_(settings), prefix_("listener." + std::to_string(index) + "."), now_(now) {}

  ListenerSettings read() {
    out_.name = settings_.required_text(key("name"));
    out_.address = settings_.required_text(key("address"));
    out_.port = static_cast<std::uint16_t>(
        settings_.integer(key("port"), kDefaultPort, IntRange{0, 65535}));
    out_.min_level = static_cast<Level>(settings_.integer(key("min_level"), 3, IntRange{1, 4}));
    out_.certificate = settings_.text(key("certificate"), "");
    out_.key = settings_.text(key("key"), "");
    out_.ca = settings_.text(key("ca"), "");
    out_.crl = settings_.text(key("crl"), "");
    out_.legacy_ciphers = settings_.text(key("legacy_ciphers"), "");
    out_.bind_identity = settings_.flag(key("bind_identity"), out_.min_level == Level::kMutual);
    out_.allowed = networks("allow");
    out_.proxies = networks("proxies");
    read_password();
    read_optin();
    check_address();
    check_tls();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string key(std::string_view name) const { return prefix_ + std::string(name); }

  std::vector<net::Network> networks(std::string_view name) {
    std::vector<net::Network> out;
    for (const std::string& text : settings_.list(key(name))) {
      auto network = net::Network::parse(text);
      if (network.ok()) {
        out.push_back(*network);
      } else {
        settings_.mistake(key(name), network.error().what);
      }
    }
    return out;
  }

  /// The file holds the password, or "digest:" and the protocol's digest of it.
  void read_password() {
    const std::string path = settings_.text(key("password_file"), "");
    if (path.empty()) return;
    auto text = read_file(path, kMaxPasswordFile);
    if (!text.ok()) {
      settings_.mistake(key("password_file"), text.error().what);
      return;
    }
    std::string password = std::move(text).value();
    while (password.ends_with('\n') || password.ends_with('\r'))
      password.pop_back();
    std::string digest;
    if (password.starts_with(kDigestPrefix)) {
      digest = password.substr(kDigestPrefix.size());
      if (!is_password_digest(digest)) {
        settings_.mistake(key("password_file"),
                          path + ": after 'digest:' 32 lower-case hexadecimal digits are expected");
      }
    } else if (password.empty()) {
      settings_.mistake(key("password_file"), path + ": the file is empty");
    } else {
      digest = password_digest(password);
    }
    crypto::wipe(password);
    out_.password_digest = crypto::Secret(std::move(digest));
  }

  void read_optin() {
    if (!settings_.has(key("plaintext_optin"))) return;
    PlaintextOptIn optin;
    optin.by = settings_.required_text(key("plaintext_optin.by"));
    optin.until_text = settings_.required_text(key("plaintext_optin.until"));
    if (optin.by.empty()) {
      settings_.mistake(key("plaintext_optin.by"), "name the person who answers for it");
    }
    const auto day = text::parse_rfc3339(optin.until_text + "T00:00:00Z");
    if (!day) {
      settings_.mistake(key("plaintext_optin.until"), "expected a date such as \"2027-01-31\"");
      return;
    }
    optin.until = *day + kDay;
    if (optin.until <= now_) {
      settings_.mistake(key("plaintext_optin.until"),
                        "the permission to serve without encryption ended on " + optin.until_text +
                            ": move the agents to TLS and raise min_level, or decide anew");
    }
    out_.optin = std::move(optin);
  }

  void check_address() {
    const auto address = net::Address::parse(out_.address);
    if (!address.ok()) {
      settings_.mistake(key("address"), "expected an IP address, 0.0.0.0 or ::");
    }
  }

  void require(const std::string& value, std::string_view name, std::string_view why) {
    if (value.empty()) settings_.mistake(key(name), "missing: " + std::string(why));
  }

  void check_tls() {
    if (out_.min_level == Level::kNone) {
      if (!out_.optin) {
        settings_.mistake(
            key("min_level"),
            "level 1 sends everything unencrypted; it is served only with an explicit decision: "
            "plaintext_optin = { by = \"your name\", until = \"YYYY-MM-DD\" }");
      }
    } else {
      require(out_.certificate, "certificate", "TLS needs one");
      require(out_.key, "key", "TLS needs one");
    }
    if (out_.certificate.empty() != out_.key.empty()) {
      settings_.mistake(key("certificate"), "certificate and key belong together");
    }
    if (out_.min_level >= Level::kCertificate) {
      require(out_.ca, "ca", "client certificates must be checked against it");
    }
    if (out_.min_level == Level::kMutual) {
      require(out_.crl, "crl", "level 4 checks revocation");
    }
    if (out_.bind_identity && out_.min_level < Level::kCertificate) {
      settings_.mistake(key("bind_identity"), "names can be bound to certificates from level 3 on");
    }
    if (!out_.crl.empty() && out_.ca.empty()) {
      settings_.mistake(key("crl"), "a revocation list needs the CA it belongs to");
    }
  }

  Settings& settings_;
  std::string prefix_;
  Micros now_;
  ListenerSettings out_;
};

Micros seconds(Settings& settings, std::string_view key, std::int64_t fallback, IntRange range) {
  return settings.integer(key, fallback, range) * kSecond;
}

void read_general(Settings& s, TransportSettings& out) {
  out.log_file = s.text("log.file", "");
  const std::string level = s.choice("log.level", "info", {"debug", "info", "warning", "error"});
  out.log_level = log::parse_level(level).value_or(log::Level::kInfo);
  out.user = s.text("process.user", "");
  out.allow_root = s.flag("process.allow_root", false);

  out.incoming = s.required_text("spool.incoming");
  out.outgoing = s.text("spool.outgoing", "");
  out.max_items =
      static_cast<std::uint64_t>(s.integer("spool.max_items", 100'000, IntRange{1, 10 * kMega}));
  out.max_bytes = static_cast<std::uint64_t>(
      s.integer("spool.max_bytes", 4000 * kMega, IntRange{1, kMega * kMega}));
  out.min_free_percent =
      static_cast<unsigned>(s.integer("spool.min_free_percent", 10, IntRange{0, 90}));
  out.repeat_window = seconds(s, "spool.repeat_window_s", 3600, IntRange{0, 86'400});

  out.max_size = static_cast<std::uint64_t>(
      s.integer("transfer.max_size", 2 * kMega, IntRange{1, 2'000 * kMega}));
  out.refusals = s.choice("transfer.refusals", "uniform", {"uniform", "reference"}) == "uniform"
                     ? RefusalTexts::kUniform
                     : RefusalTexts::kReference;
  out.configuration_uploads =
      s.choice("transfer.configuration_uploads", "spool", {"spool", "publish"}) == "spool"
          ? ConfigurationUploads::kSpool
          : ConfigurationUploads::kPublish;
  if (out.configuration_uploads == ConfigurationUploads::kPublish && out.outgoing.empty()) {
    s.mistake("transfer.configuration_uploads", "\"publish\" needs spool.outgoing");
  }
  out.accept_same_name = s.choice("transfer.same_name", "refuse", {"refuse", "accept"}) == "accept";
  out.listing = s.flag("transfer.listing", false);
  if (s.has("transfer.filters")) {
    auto filters = FileFilters::parse(s.text("transfer.filters", ""));
    if (filters.ok()) {
      out.filters = std::move(filters).value();
    } else {
      s.mistake("transfer.filters", filters.error().what);
    }
  }
}

void read_limits(Settings& s, TransportSettings& out) {
  const auto cores = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  out.threads = static_cast<std::size_t>(
      s.integer("limits.threads", std::min<std::int64_t>(cores, 4), IntRange{1, 64}));
  net::AdmissionLimits& a = out.admission;
  a.connections =
      static_cast<std::size_t>(s.integer("limits.connections", 2000, IntRange{1, 100'000}));
  a.per_address =
      static_cast<std::size_t>(s.integer("limits.per_address", 200, IntRange{1, 100'000}));
  out.handshake_timeout = seconds(s, "limits.handshake_s", 10, IntRange{1, 60});
  out.idle_timeout = seconds(s, "limits.idle_s", 10, IntRange{1, 600});
  out.operation_base = seconds(s, "limits.operation_base_s", 30, IntRange{1, 3600});
  out.minimum_rate = static_cast<std::uint64_t>(
      s.integer("limits.minimum_rate", 10'000, IntRange{100, 1000 * kMega}));
  out.drain = seconds(s, "limits.drain_s", 10, IntRange{0, 600});
  a.failures = static_cast<std::size_t>(s.integer("throttle.failures", 10, IntRange{1, 10'000}));
  a.failure_window = seconds(s, "throttle.window_s", 60, IntRange{1, 86'400});
  a.block = seconds(s, "throttle.block_s", 300, IntRange{1, 86'400});
  for (const std::string& text : s.list("throttle.exempt")) {
    auto network = net::Network::parse(text);
    if (network.ok()) {
      a.exempt.push_back(*network);
    } else {
      s.mistake("throttle.exempt", network.error().what);
    }
  }
  out.audit_file = s.text("audit.file", "");
  out.audit_max_bytes = static_cast<std::uint64_t>(
      s.integer("audit.max_bytes", 100 * kMega, IntRange{kMega / 10, 100'000 * kMega}));
  out.audit_keep = static_cast<std::size_t>(s.integer("audit.keep", 10, IntRange{1, 1000}));
  out.status_file = s.text("status.file", "");
  out.status_interval = seconds(s, "status.interval_s", 5, IntRange{1, 3600});
}

}  // namespace

Result<TransportSettings> read_transport_settings(Settings settings, Micros now) {
  TransportSettings out;
  read_general(settings, out);
  read_limits(settings, out);
  const std::size_t count = settings.tables("listener");
  if (count == 0) settings.mistake("listener", "at least one [[listener]] is needed");
  if (count > kMaxListeners) settings.mistake("listener", "too many");
  std::set<std::string> names;
  for (std::size_t i = 0; i < std::min(count, kMaxListeners); ++i) {
    ListenerSettings listener = ListenerReader(settings, i, now).read();
    if (!names.insert(listener.name).second) {
      settings.mistake("listener." + std::to_string(i) + ".name",
                       "'" + listener.name + "' is used twice");
    }
    out.listeners.push_back(std::move(listener));
  }
  YAGURA_CHECK(settings.finish());
  return out;
}

std::vector<std::string> findings(const TransportSettings& settings, Micros now) {
  constexpr Micros kSoon = 14 * kDay;
  std::vector<std::string> out;
  for (const ListenerSettings& l : settings.listeners) {
    if (l.min_level == Level::kNone && l.optin) {
      std::string text = "listener " + l.name + " serves without encryption, decided by " +
                         l.optin->by + " until " + l.optin->until_text;
      if (l.optin->until <= now) {
        text = "listener " + l.name + " refuses unencrypted connections since " +
               l.optin->until_text + " is over";
      } else if (l.optin->until - now < kSoon) {
        text += "; that is soon";
      }
      out.push_back(std::move(text));
      if (!l.password_digest.empty()) {
        out.push_back("listener " + l.name +
                      " takes a password without encryption: anybody on "
                      "the way can read and reuse it");
      }
    }
    if (l.min_level == Level::kTls) {
      out.push_back("listener " + l.name + " does not authenticate its clients by certificate");
    }
  }
  if (settings.refusals == RefusalTexts::kReference) {
    out.push_back("refusals tell their reason: peers can probe which files exist");
  }
  if (settings.listing) out.push_back("LS and MV are allowed: any peer may list and remove files");
  return out;
}

}  // namespace yagura::tentacle
