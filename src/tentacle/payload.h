// Payload: the bytes of one upload while they come. Small ones stay in memory; larger ones go to an
// unnamed file in the spool's file system, so that many slow senders of large files cost disk, not
// memory, and a crash leaves nothing behind.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/file.h"
#include "base/result.h"
#include "crypto/digest.h"

namespace yagura::tentacle {

class Payload {
 public:
  /// More than this goes to a file.
  static constexpr std::size_t kMemoryBytes = 64UL * 1024;

  Payload() = default;

  /// `temporary` is where the unnamed file is made; only used if the payload grows large.
  Status append(std::string_view bytes, const Directory& temporary);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// SHA-256 of everything; for small payloads computed here. Call once.
  crypto::Sha256Digest digest();
  /// Writes `header` and the payload to `fd`, which is empty.
  [[nodiscard]] Status write_to(int fd, std::string_view header) const;

 private:
  Status spill(const Directory& temporary);

  std::string memory_;
  UniqueFd file_;
  std::unique_ptr<crypto::Sha256Stream> stream_;  // of what went to the file
  std::uint64_t size_ = 0;
};

}  // namespace yagura::tentacle
