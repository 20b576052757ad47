#include "crypto/secret.h"

#include <utility>

#include <openssl/crypto.h>

namespace yagura::crypto {

Secret::Secret(std::string&& text) : text_(text) {
  wipe(text);
}

Secret::Secret(Secret&& other) noexcept : text_(other.text_) {
  wipe(other.text_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(text_);
    text_ = other.text_;
    wipe(other.text_);
  }
  return *this;
}

Secret::~Secret() {
  wipe(text_);
}

Secret Secret::clone() const {
  return Secret(std::string(text_));
}

bool Secret::equals(std::string_view other) const {
  return constant_time_equal(text_, other);
}

void wipe(std::string& text) {
  if (!text.empty()) OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace yagura::crypto
