// Digests and keyed digests (OpenSSL EVP). MD5 exists only for names of the agent protocol.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace yagura::crypto {

using Sha256Digest = std::array<std::uint8_t, 32>;

Sha256Digest sha256(std::string_view bytes);
/// Lower-case hexadecimal, 64 characters.
std::string sha256_hex(std::string_view bytes);
/// 16 raw bytes. For the file names and the password line of the Tentacle protocol, nothing else.
std::string md5_raw(std::string_view bytes);
std::string md5_hex(std::string_view bytes);
Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes);
/// Lower-case hexadecimal of any bytes.
std::string hex(std::string_view bytes);

/// SHA-256 over pieces as they come. Not thread-safe.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void update(std::string_view bytes);
  /// The digest of everything so far; the stream starts anew.
  Sha256Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace yagura::crypto
