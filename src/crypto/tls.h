// The one TLS policy of Yagura (GEN-03): TLS 1.2 or newer, AEAD cipher suites with forward secrecy,
// server preference, no renegotiation, no compression. Every listener and every client of every
// process gets its context here, and nowhere else.
#pragma once

#include <memory>
#include <string>

#include <openssl/types.h>

#include "base/result.h"

namespace yagura::crypto {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const;
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

/// What a server asks of its clients.
enum class ClientCertificate {
  kNone,      ///< not asked for
  kOptional,  ///< asked for; if shown, it must chain to `ca_file`
  kRequired,  ///< must be shown and chain to `ca_file`
};

struct ServerTls {
  std::string certificate_file;  ///< PEM chain, leaf first
  std::string key_file;          ///< PEM; refused when others may read or the group may write it
  ClientCertificate client = ClientCertificate::kNone;
  std::string ca_file;   ///< CAs that client certificates must chain to
  std::string crl_file;  ///< revocation list; empty = not checked. Rebuild the context to reload
  /// Old clients of the agent protocol may need a wider list; empty = the policy's own.
  std::string legacy_ciphers;
};

struct ClientTls {
  /// CAs the server must chain to; empty = the system's store.
  std::string ca_file;
  std::string crl_file;
  std::string certificate_file;  ///< shown to the server if it asks; empty = none
  std::string key_file;
  /// False only by the operator's explicit word; the link is then reported as unverified.
  bool verify = true;
};

/// Session resumption is on (tickets, rotated keys by OpenSSL; 2 h).
Result<SslContext> make_server_context(const ServerTls& options);
/// The caller still sets the expected host name or address per connection: expect_peer().
Result<SslContext> make_client_context(const ClientTls& options);

/// Requires that the peer's certificate names `host` (DNS name or IP address) and sends SNI for a
/// DNS name. Call before the handshake.
Status expect_peer(SSL* ssl, const std::string& host);

/// What was negotiated, for logs, provenance and the list of links. Empty strings if unknown.
struct TlsInfo {
  std::string version;  ///< "TLSv1.3"
  std::string cipher;   ///< "TLS_AES_256_GCM_SHA384"
  bool resumed = false;
  std::string peer_fingerprint;  ///< SHA-256 of the peer's certificate, 64 hex digits
  std::string peer_subject;      ///< common name of the peer's certificate
};
TlsInfo describe(const SSL* ssl);

/// The newest error of this thread's OpenSSL queue as text; the queue is empty afterwards.
std::string last_error();

}  // namespace yagura::crypto
