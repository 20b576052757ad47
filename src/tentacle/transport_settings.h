// Settings of the transport daemon (docs/transport.md is the manual).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/settings.h"
#include "crypto/secret.h"
#include "net/admission.h"
#include "tentacle/file_filters.h"
#include "tentacle/server_session.h"
#include "tentacle/spool_envelope.h"

namespace yagura::tentacle {

/// The word of the operator that lets a listener serve without encryption (TEN-04).
struct PlaintextOptIn {
  std::string by;
  std::string until_text;  ///< "YYYY-MM-DD", inclusive
  Micros until = 0;        ///< first moment at which it no longer holds
};

struct ListenerSettings {
  std::string name;
  std::string address;
  std::uint16_t port = 0;
  Level min_level = Level::kCertificate;
  std::optional<PlaintextOptIn> optin;
  std::string certificate;
  std::string key;
  std::string ca;
  std::string crl;
  std::string legacy_ciphers;
  /// password_digest() of the listener's password; empty = none.
  crypto::Secret password_digest;
  bool bind_identity = false;
  std::vector<net::Network> allowed;
  std::vector<net::Network> proxies;
};

/// What happens to configurations and checksums that agents upload.
enum class ConfigurationUploads {
  kSpool,    ///< items like all others: the data server decides
  kPublish,  ///< stored in `outgoing` if nothing of that name is there, as the reference does
};

struct TransportSettings {
  std::string log_file;
  log::Level log_level = log::Level::kInfo;
  std::string user;
  bool allow_root = false;

  std::string incoming;
  std::string outgoing;  ///< empty = nothing can be received
  std::uint64_t max_items = 0;
  std::uint64_t max_bytes = 0;
  unsigned min_free_percent = 0;
  Micros repeat_window = 0;

  std::uint64_t max_size = 0;
  RefusalTexts refusals = RefusalTexts::kUniform;
  ConfigurationUploads configuration_uploads = ConfigurationUploads::kSpool;
  bool accept_same_name = false;
  bool listing = false;
  FileFilters filters;

  std::size_t threads = 0;
  net::AdmissionLimits admission;
  Micros handshake_timeout = 0;
  Micros idle_timeout = 0;
  Micros operation_base = 0;
  std::uint64_t minimum_rate = 0;
  Micros drain = 0;

  std::string audit_file;  ///< empty = no transfer log
  std::uint64_t audit_max_bytes = 0;
  std::size_t audit_keep = 0;
  std::string status_file;  ///< empty = none
  Micros status_interval = 0;

  std::vector<ListenerSettings> listeners;
};

/// Reads and checks everything, also what depends on the date `now` (a plaintext opt-in that has
/// ended). The error names every mistake.
Result<TransportSettings> read_transport_settings(Settings settings, Micros now);

/// Sentences for the operator about what is allowed but unwise: plaintext, a password in clear.
std::vector<std::string> findings(const TransportSettings& settings, Micros now);

}  // namespace yagura::tentacle
