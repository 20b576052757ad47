#include "crypto/digest.h"

#include <cstdlib>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace yagura::crypto {
namespace {

// EVP_MD_fetch is slow on OpenSSL 3.0: once for the life of the process.
const EVP_MD* md(const char* name) {
  const EVP_MD* found = EVP_MD_fetch(nullptr, name, nullptr);
  if (found == nullptr) std::abort();
  return found;
}
const EVP_MD* sha256_md() {
  static const EVP_MD* instance = md("SHA256");
  return instance;
}
const EVP_MD* md5_md() {
  static const EVP_MD* instance = md("MD5");
  return instance;
}

void digest(const EVP_MD* algorithm, std::string_view bytes, std::uint8_t* out) {
  if (EVP_Digest(bytes.data(), bytes.size(), out, nullptr, algorithm, nullptr) != 1) std::abort();
}

std::string_view view(const Sha256Digest& d) {
  return {reinterpret_cast<const char*>(d.data()), d.size()};
}

}  // namespace

Sha256Digest sha256(std::string_view bytes) {
  Sha256Digest out{};
  digest(sha256_md(), bytes, out.data());
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  return hex(view(sha256(bytes)));
}

std::string md5_raw(std::string_view bytes) {
  std::string out(16, '\0');
  digest(md5_md(), bytes, reinterpret_cast<std::uint8_t*>(out.data()));
  return out;
}

std::string md5_hex(std::string_view bytes) {
  return hex(md5_raw(bytes));
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256Digest out{};
  unsigned length = 0;
  if (HMAC(sha256_md(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), out.data(),
           &length) == nullptr) {
    std::abort();
  }
  return out;
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto u = static_cast<unsigned char>(c);
    out.push_back(kDigits[u >> 4U]);
    out.push_back(kDigits[u & 15U]);
  }
  return out;
}

struct Sha256Stream::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { restart(); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  void restart() const {
    if (EVP_DigestInit_ex(context, sha256_md(), nullptr) != 1) std::abort();
  }
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::update(std::string_view bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) std::abort();
}

Sha256Digest Sha256Stream::finish() {
  Sha256Digest out{};
  if (EVP_DigestFinal_ex(state_->context, out.data(), nullptr) != 1) std::abort();
  state_->restart();
  return out;
}

}  // namespace yagura::crypto
