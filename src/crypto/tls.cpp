#include "crypto/tls.h"

#include <array>
#include <cerrno>
#include <utility>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "crypto/digest.h"

namespace yagura::crypto {
namespace {

// Forward secrecy and AEAD only; both suite families, because Debian's agents bring TLS 1.2
// and 1.3.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!PSK:!SRP";
constexpr const char* kCiphers13 =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr const unsigned char kSessionContext[] = "yagura";
constexpr long kSessionSeconds = 7200;

Error tls_error(const std::string& what) {
  return Error{ErrorCode::kInvalid, what + ": " + last_error()};
}

Status check_key_mode(const std::string& path) {
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0) return system_error("key file " + path, errno);
  // A group may read it (Debian's ssl-cert pattern); nobody else may, and only the owner may write.
  if ((st.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return Error{ErrorCode::kDenied,
                 "key file " + path + " is open to others: run chmod 600 " + path};
  }
  return {};
}

Status use_identity(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  YAGURA_CHECK(check_key_mode(key));
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return tls_error("certificate " + certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return tls_error("key " + key);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return tls_error("key " + key + " does not belong to certificate " + certificate);
  }
  return {};
}

Status trust(SSL_CTX* context, const std::string& ca_file, const std::string& crl_file) {
  if (SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
    return tls_error("CA file " + ca_file);
  }
  if (crl_file.empty()) return {};
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (lookup == nullptr || X509_load_crl_file(lookup, crl_file.c_str(), X509_FILETYPE_PEM) < 1) {
    return tls_error("revocation list " + crl_file);
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return {};
}

Result<SslContext> base_context(const SSL_METHOD* method) {
  SslContext context(SSL_CTX_new(method));
  if (!context) return tls_error("SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_set_cipher_list(context.get(), kCiphers12) != 1 ||
      SSL_CTX_set_ciphersuites(context.get(), kCiphers13) != 1 ||
      // SSL_CTX_set1_groups_list is a macro that casts away const.
      SSL_CTX_ctrl(context.get(), SSL_CTRL_SET_GROUPS_LIST, 0, const_cast<char*>(kGroups)) != 1) {
    return tls_error("TLS policy");
  }
  return context;
}

std::string common_name(const X509* certificate) {
  const X509_NAME* name = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string out(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return out;
}

}  // namespace

void SslContextDeleter::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

Result<SslContext> make_server_context(const ServerTls& options) {
  YAGURA_TRY(context, base_context(TLS_server_method()));
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (!options.legacy_ciphers.empty() &&
      SSL_CTX_set_cipher_list(context.get(), options.legacy_ciphers.c_str()) != 1) {
    return tls_error("cipher list '" + options.legacy_ciphers + "'");
  }
  YAGURA_CHECK(use_identity(context.get(), options.certificate_file, options.key_file));
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_SERVER);
  SSL_CTX_set_timeout(context.get(), kSessionSeconds);
  if (SSL_CTX_set_session_id_context(context.get(), &kSessionContext[0],
                                     sizeof kSessionContext - 1) != 1) {
    return tls_error("session id context");
  }
  if (options.client != ClientCertificate::kNone) {
    if (options.ca_file.empty()) {
      return Error{ErrorCode::kInvalid,
                   "client certificates are asked for, but no CA file says which to trust"};
    }
    YAGURA_CHECK(trust(context.get(), options.ca_file, options.crl_file));
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(options.ca_file.c_str());
    if (names == nullptr) return tls_error("CA file " + options.ca_file);
    SSL_CTX_set_client_CA_list(context.get(), names);
    SSL_CTX_set_verify(context.get(),
                       options.client == ClientCertificate::kRequired
                           ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                           : SSL_VERIFY_PEER,
                       nullptr);
  }
  return context;
}

Result<SslContext> make_client_context(const ClientTls& options) {
  YAGURA_TRY(context, base_context(TLS_client_method()));
  if (!options.certificate_file.empty()) {
    YAGURA_CHECK(use_identity(context.get(), options.certificate_file, options.key_file));
  }
  if (!options.verify) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context;
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (options.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
      return tls_error("the system's CA store");
    }
  } else {
    YAGURA_CHECK(trust(context.get(), options.ca_file, options.crl_file));
  }
  return context;
}

Status expect_peer(SSL* ssl, const std::string& host) {
  std::array<unsigned char, 16> address{};
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
                          ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl);
  if (is_address) {
    if (X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) != 1) return tls_error("peer " + host);
    return {};
  }
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size()) != 1) {
    return tls_error("peer " + host);
  }
  // SSL_set_tlsext_host_name is a macro with an old-style cast.
  if (SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host.c_str())) != 1) {
    return tls_error("SNI " + host);
  }
  return {};
}

TlsInfo describe(const SSL* ssl) {
  TlsInfo info;
  info.version = SSL_get_version(ssl);
  const char* cipher = SSL_get_cipher_name(ssl);
  info.cipher = cipher == nullptr ? "" : cipher;
  info.resumed = SSL_session_reused(ssl) == 1;
  X509* peer = SSL_get1_peer_certificate(ssl);
  if (peer == nullptr) return info;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(peer, EVP_sha256(), digest.data(), &size) == 1) {
    info.peer_fingerprint = hex({reinterpret_cast<const char*>(digest.data()), size});
  }
  info.peer_subject = common_name(peer);
  X509_free(peer);
  return info;
}

std::string last_error() {
  std::string out;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    out = reason != nullptr ? reason : "error " + std::to_string(code);
    if (reason == nullptr && ERR_SYSTEM_ERROR(code)) {
      out = system_error("system", ERR_GET_REASON(code)).what;
    }
  }
  return out.empty() ? "unknown TLS error" : out;
}

}  // namespace yagura::crypto
