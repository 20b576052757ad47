// Certificates: the site CA and what it issues (setup pki), all ECDSA P-256.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace yagura::crypto {

/// A certificate and its key as PEM text.
struct Identity {
  std::string certificate;
  Secret key;
};

enum class CertificateUse { kServer, kClient };

struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;  ///< IPv4 or IPv6 literals
  CertificateUse use = CertificateUse::kServer;
  Micros not_before = 0;
  Micros not_after = 0;
};

/// Self-signed CA that may sign leaf certificates only (pathlen 0).
Result<Identity> make_ca(const std::string& common_name, Micros not_before, Micros not_after);
Result<Identity> issue(const Identity& ca, const CertificateRequest& request);

/// A revocation list (PEM) of the CA: certificates with these serial numbers (hexadecimal) count no
/// more. Checkers refuse everything once `next_update` has passed: renew it long before.
Result<std::string> make_crl(const Identity& ca, const std::vector<std::string>& serials,
                             Micros this_update, Micros next_update);

struct CertificateInfo {
  std::string subject;
  std::string issuer;
  std::string serial;       ///< lower-case hexadecimal
  std::string fingerprint;  ///< SHA-256 over the DER form, 64 hex digits
  Micros not_before = 0;
  Micros not_after = 0;
};
/// Reads the first certificate of a PEM text.
Result<CertificateInfo> inspect(const std::string& pem);

}  // namespace yagura::crypto
