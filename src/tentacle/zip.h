// ZIP archives of one member, as ZSEND and ZRECV carry them: streaming, with limits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura::tentacle {

/// Longest local header (fixed part, name, extra field) that is read.
constexpr std::size_t kMaxZipHeader = 64UL * 1024;

/// Expands the first member of an archive that comes in pieces. Stored and deflated members; the
/// checksum and the sizes must be right. What follows the first member is ignored, its name is too.
/// Not thread-safe.
class ZipReader {
 public:
  /// Gets the expanded bytes; an error ends the reading.
  using Sink = std::function<Status(std::string_view)>;

  /// kLimit as soon as more than `limit` bytes come out.
  ZipReader(std::uint64_t limit, Sink sink);
  ~ZipReader();
  ZipReader(ZipReader&&) noexcept;
  ZipReader& operator=(ZipReader&&) noexcept;

  /// kInvalid if this is no archive or a damaged one. After an error every call repeats it.
  Status feed(std::string_view bytes);
  /// All bytes have come: kInvalid if the member was not complete.
  Status finish();
  /// Expanded bytes so far.
  [[nodiscard]] std::uint64_t expanded() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// An archive with one deflated member called `name`, without times, paths or extra fields.
Result<std::string> make_zip(std::string_view name, std::string_view bytes);

/// The first member of a whole archive, at most `limit` bytes.
Result<std::string> expand_zip(std::string_view archive, std::size_t limit);

}  // namespace yagura::tentacle
