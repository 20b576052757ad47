#include "crypto/x509.h"

#include <array>
#include <cctype>
#include <ctime>
#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/digest.h"
#include "crypto/tls.h"

namespace yagura::crypto {
namespace {

template <typename T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* p) const { Free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509, X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO, BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION, X509_EXTENSION_free>>;

Error x509_error(const std::string& what) {
  return Error{ErrorCode::kInvalid, what + ": " + last_error()};
}

Bio reader(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::string content(BIO* bio) {
  char* data = nullptr;
  // BIO_get_mem_data is a macro with an old-style cast.
  const long size = BIO_ctrl(bio, BIO_CTRL_INFO, 0, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Result<Key> make_key() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) return x509_error("generating a key");
  return key;
}

Status set_serial(X509* certificate) {
  std::array<unsigned char, 16> raw{};
  if (RAND_bytes(raw.data(), raw.size()) != 1) return x509_error("random serial");
  raw[0] &= 0x7fU;
  BIGNUM* number = BN_bin2bn(raw.data(), raw.size(), nullptr);
  const bool ok = number != nullptr &&
                  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  if (!ok) return x509_error("serial number");
  return {};
}

Status set_names_and_dates(X509* certificate, const std::string& subject, const X509_NAME* issuer,
                           Micros not_before, Micros not_after) {
  X509_NAME* name = X509_get_subject_name(certificate);
  if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(subject.data()),
                                 static_cast<int>(subject.size()), -1, 0) != 1) {
    return x509_error("subject '" + subject + "'");
  }
  if (X509_set_issuer_name(certificate, issuer != nullptr ? issuer : name) != 1) {
    return x509_error("issuer");
  }
  if (ASN1_TIME_set(X509_getm_notBefore(certificate),
                    static_cast<std::time_t>(not_before / kSecond)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate),
                    static_cast<std::time_t>(not_after / kSecond)) == nullptr) {
    return x509_error("validity");
  }
  return {};
}

Status add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
    return x509_error("extension " + value);
  }
  return {};
}

// Names go into a GENERAL_NAMES list directly: OpenSSL's text form would let a name that holds a
// comma add another name.
Status add_alternative_names(X509* certificate, const CertificateRequest& request) {
  if (request.dns_names.empty() && request.addresses.empty()) return {};
  const std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES, GENERAL_NAMES_free>> names(
      GENERAL_NAMES_new());
  for (const std::string& dns : request.dns_names) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, dns.data(), static_cast<int>(dns.size()));
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    sk_GENERAL_NAME_push(names.get(), name);
  }
  for (const std::string& address : request.addresses) {
    ASN1_OCTET_STRING* ip = a2i_IPADDRESS(address.c_str());
    if (ip == nullptr) return x509_error("address '" + address + "'");
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, GEN_IPADD, ip);
    sk_GENERAL_NAME_push(names.get(), name);
  }
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) !=
      1) {
    return x509_error("subject alternative names");
  }
  return {};
}

Result<Identity> to_pem(X509* certificate, EVP_PKEY* key) {
  const Bio cert_bio(BIO_new(BIO_s_mem()));
  const Bio key_bio(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_X509(cert_bio.get(), certificate) != 1 ||
      PEM_write_bio_PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return x509_error("writing PEM");
  }
  return Identity{content(cert_bio.get()), Secret(content(key_bio.get()))};
}

Result<Certificate> parse_certificate(const std::string& pem) {
  Certificate certificate(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
  if (!certificate) return x509_error("reading a certificate");
  return certificate;
}

Result<Micros> to_micros(const ASN1_TIME* time) {
  std::tm tm{};
  if (ASN1_TIME_to_tm(time, &tm) != 1) return x509_error("certificate time");
  return static_cast<Micros>(::timegm(&tm)) * kSecond;
}

std::string one_line(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return content(bio.get());
}

}  // namespace

Result<Identity> make_ca(const std::string& common_name, Micros not_before, Micros not_after) {
  YAGURA_TRY(key, make_key());
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  YAGURA_CHECK(set_serial(certificate.get()));
  YAGURA_CHECK(set_names_and_dates(certificate.get(), common_name, nullptr, not_before, not_after));
  X509_set_pubkey(certificate.get(), key.get());
  X509* self = certificate.get();
  YAGURA_CHECK(add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  YAGURA_CHECK(add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign"));
  YAGURA_CHECK(add_extension(self, self, NID_subject_key_identifier, "hash"));
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) return x509_error("signing");
  return to_pem(certificate.get(), key.get());
}

Result<Identity> issue(const Identity& ca, const CertificateRequest& request) {
  YAGURA_TRY(issuer, parse_certificate(ca.certificate));
  const std::string_view ca_key_pem = ca.key.reveal();
  const Key ca_key(PEM_read_bio_PrivateKey(reader(ca_key_pem).get(), nullptr, nullptr, nullptr));
  if (!ca_key) return x509_error("reading the CA's key");
  YAGURA_TRY(key, make_key());
  const Certificate certificate(X509_new());
  X509* leaf = certificate.get();
  X509_set_version(leaf, X509_VERSION_3);
  YAGURA_CHECK(set_serial(leaf));
  YAGURA_CHECK(set_names_and_dates(leaf, request.common_name, X509_get_subject_name(issuer.get()),
                                   request.not_before, request.not_after));
  X509_set_pubkey(leaf, key.get());
  YAGURA_CHECK(add_extension(leaf, issuer.get(), NID_basic_constraints, "critical,CA:FALSE"));
  YAGURA_CHECK(add_extension(leaf, issuer.get(), NID_key_usage, "critical,digitalSignature"));
  YAGURA_CHECK(add_extension(leaf, issuer.get(), NID_ext_key_usage,
                             request.use == CertificateUse::kServer ? "serverAuth" : "clientAuth"));
  YAGURA_CHECK(add_extension(leaf, issuer.get(), NID_subject_key_identifier, "hash"));
  YAGURA_CHECK(add_extension(leaf, issuer.get(), NID_authority_key_identifier, "keyid:always"));
  YAGURA_CHECK(add_alternative_names(leaf, request));
  if (X509_sign(leaf, ca_key.get(), EVP_sha256()) == 0) return x509_error("signing");
  return to_pem(leaf, key.get());
}

namespace {

Status add_revoked(X509_CRL* crl, const std::string& serial, const ASN1_TIME* when) {
  BIGNUM* number = nullptr;
  if (BN_hex2bn(&number, serial.c_str()) != static_cast<int>(serial.size())) {
    BN_free(number);
    return Error{ErrorCode::kInvalid, "serial number '" + serial + "' is not hexadecimal"};
  }
  X509_REVOKED* entry = X509_REVOKED_new();
  ASN1_INTEGER* integer = BN_to_ASN1_INTEGER(number, nullptr);
  BN_free(number);
  X509_REVOKED_set_serialNumber(entry, integer);
  ASN1_INTEGER_free(integer);
  X509_REVOKED_set_revocationDate(entry, const_cast<ASN1_TIME*>(when));
  if (X509_CRL_add0_revoked(crl, entry) != 1) return x509_error("revocation list");
  return {};
}

}  // namespace

Result<std::string> make_crl(const Identity& ca, const std::vector<std::string>& serials,
                             Micros this_update, Micros next_update) {
  YAGURA_TRY(issuer, parse_certificate(ca.certificate));
  const std::string_view ca_key_pem = ca.key.reveal();
  const Key key(PEM_read_bio_PrivateKey(reader(ca_key_pem).get(), nullptr, nullptr, nullptr));
  if (!key) return x509_error("reading the CA's key");
  const std::unique_ptr<X509_CRL, Deleter<X509_CRL, X509_CRL_free>> crl(X509_CRL_new());
  using Time = std::unique_ptr<ASN1_TIME, Deleter<ASN1_TIME, ASN1_TIME_free>>;
  const Time from(ASN1_TIME_set(nullptr, static_cast<std::time_t>(this_update / kSecond)));
  const Time until(ASN1_TIME_set(nullptr, static_cast<std::time_t>(next_update / kSecond)));
  if (X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) != 1 ||
      X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.get())) != 1 ||
      X509_CRL_set1_lastUpdate(crl.get(), from.get()) != 1 ||
      X509_CRL_set1_nextUpdate(crl.get(), until.get()) != 1) {
    return x509_error("revocation list");
  }
  for (const std::string& serial : serials) {
    YAGURA_CHECK(add_revoked(crl.get(), serial, from.get()));
  }
  X509_CRL_sort(crl.get());
  if (X509_CRL_sign(crl.get(), key.get(), EVP_sha256()) == 0) return x509_error("signing");
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509_CRL(bio.get(), crl.get()) != 1) return x509_error("writing PEM");
  return content(bio.get());
}

Result<CertificateInfo> inspect(const std::string& pem) {
  YAGURA_TRY(certificate, parse_certificate(pem));
  CertificateInfo info;
  info.subject = one_line(X509_get_subject_name(certificate.get()));
  info.issuer = one_line(X509_get_issuer_name(certificate.get()));
  BIGNUM* serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate.get()), nullptr);
  char* digits = serial == nullptr ? nullptr : BN_bn2hex(serial);
  if (digits != nullptr) info.serial = digits;
  OPENSSL_free(digits);
  BN_free(serial);
  for (char& c : info.serial)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) != 1) {
    return x509_error("fingerprint");
  }
  info.fingerprint = hex({reinterpret_cast<const char*>(digest.data()), size});
  YAGURA_TRY(not_before, to_micros(X509_get0_notBefore(certificate.get())));
  YAGURA_TRY(not_after, to_micros(X509_get0_notAfter(certificate.get())));
  info.not_before = not_before;
  info.not_after = not_after;
  return info;
}

}  // namespace yagura::crypto
