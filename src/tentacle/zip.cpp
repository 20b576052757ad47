#include "tentacle/zip.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include <zlib.h>

namespace yagura::tentacle {
namespace {

constexpr std::string_view kLocal("PK\x03\x04", 4);
constexpr std::string_view kCentral("PK\x01\x02", 4);
constexpr std::string_view kTail("PK\x05\x06", 4);
constexpr std::string_view kDescriptor("PK\x07\x08", 4);
constexpr std::size_t kLocalFixed = 30;
constexpr unsigned kFlagEncrypted = 1U;
constexpr unsigned kFlagDescriptor = 8U;
constexpr unsigned kFlagUtf8 = 0x800U;
constexpr unsigned kStored = 0;
constexpr unsigned kDeflated = 8;
constexpr std::uint32_t kUnknownSize = 0xffffffffU;  // "see the ZIP64 field"
constexpr std::size_t kChunk = 32UL * 1024;

std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = width; i > 0; --i) {
    value = value << 8U | static_cast<unsigned char>(bytes[at + i - 1]);
  }
  return value;
}

void put(std::string& out, std::uint32_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    out += static_cast<char>(value >> (8 * i) & 0xffU);
  }
}

Error broken(std::string_view what) {
  return Error{ErrorCode::kInvalid, "ZIP archive: " + std::string(what)};
}

uInt clamp(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

std::uint32_t checksum(std::uint32_t before, std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

struct ZipReader::State {
  enum class Phase { kHeader, kStoredBody, kDeflatedBody, kDescriptor, kDone, kFailed };

  std::uint64_t limit = 0;
  Sink sink;
  Phase phase = Phase::kHeader;
  std::string pending;  // header or descriptor, until it is complete
  bool descriptor = false;
  std::uint32_t crc_expected = 0;
  std::uint32_t size_expected = 0;  // expanded; meaningful unless kUnknownSize
  std::uint32_t packed_expected = 0;
  std::uint32_t crc = 0;
  std::uint64_t expanded = 0;
  z_stream inflater{};
  bool inflating = false;
  Status failure;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (inflating) ::inflateEnd(&inflater);
  }

  Status header(std::string_view& bytes);
  Status stored(std::string_view& bytes);
  Status deflated(std::string_view& bytes);
  Status descriptor_bytes(std::string_view& bytes);
  Status member_complete();
  Status emit(std::string_view bytes);
};

Status ZipReader::State::emit(std::string_view bytes) {
  if (bytes.size() > limit - expanded) {
    return Error{ErrorCode::kLimit,
                 "ZIP archive: expands to more than " + std::to_string(limit) + " bytes"};
  }
  expanded += bytes.size();
  crc = checksum(crc, bytes);
  return bytes.empty() ? Status{} : sink(bytes);
}

Status ZipReader::State::header(std::string_view& bytes) {
  const auto take_until = [&](std::size_t size) {
    const std::size_t take = std::min(bytes.size(), size - std::min(size, pending.size()));
    pending.append(bytes.substr(0, take));
    bytes.remove_prefix(take);
    return pending.size() >= size;
  };
  const bool fixed = take_until(kLocalFixed);
  if (!kLocal.starts_with(std::string_view(pending).substr(0, kLocal.size()))) {
    return broken("does not begin with a member");
  }
  if (!fixed) return {};
  const std::size_t size = kLocalFixed + little(pending, 26, 2) + little(pending, 28, 2);
  if (size > kMaxZipHeader) return broken("header too long");
  if (!take_until(size)) return {};

  const unsigned flags = little(pending, 6, 2);
  const unsigned method = little(pending, 8, 2);
  if ((flags & kFlagEncrypted) != 0) return broken("encrypted");
  descriptor = (flags & kFlagDescriptor) != 0;
  crc_expected = little(pending, 14, 4);
  packed_expected = little(pending, 18, 4);
  size_expected = little(pending, 22, 4);
  pending.clear();
  if (method == kStored) {
    // Without sizes in the header the end of a stored member cannot be known.
    if (descriptor || size_expected == kUnknownSize) return broken("stored without a size");
    phase = Phase::kStoredBody;
    return size_expected == 0 ? member_complete() : Status{};
  }
  if (method != kDeflated) return broken("method " + std::to_string(method) + " is not known");
  if (::inflateInit2(&inflater, -MAX_WBITS) != Z_OK) {
    return Error{ErrorCode::kUnavailable, "zlib does not start"};
  }
  inflating = true;
  phase = Phase::kDeflatedBody;
  return {};
}

Status ZipReader::State::stored(std::string_view& bytes) {
  const std::string_view part = bytes.substr(
      0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), size_expected - expanded)));
  bytes.remove_prefix(part.size());
  YAGURA_CHECK(emit(part));
  return expanded == size_expected ? member_complete() : Status{};
}

Status ZipReader::State::deflated(std::string_view& bytes) {
  std::array<char, kChunk> out;
  while (!bytes.empty()) {
    // zlib's interface predates const.
    inflater.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    inflater.avail_in = clamp(bytes.size());
    inflater.next_out = reinterpret_cast<Bytef*>(out.data());
    inflater.avail_out = static_cast<uInt>(out.size());
    const uInt before = inflater.avail_in;
    const int rc = ::inflate(&inflater, Z_NO_FLUSH);
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) return broken("damaged data");
    bytes.remove_prefix(before - inflater.avail_in);
    YAGURA_CHECK(emit({out.data(), out.size() - inflater.avail_out}));
    if (rc == Z_STREAM_END) {
      if (!descriptor) return member_complete();
      phase = Phase::kDescriptor;
      return {};
    }
    // No progress is possible only when zlib wants more input.
    if (rc == Z_BUF_ERROR && before == inflater.avail_in) return {};
  }
  return {};
}

/// CRC and sizes after the data, with or without a signature before them. A wide (ZIP64) descriptor
/// begins with the same CRC and, for every size we allow, with the same low words.
Status ZipReader::State::descriptor_bytes(std::string_view& bytes) {
  constexpr std::size_t kPlain = 12;
  constexpr std::size_t kSigned = 16;
  while (!bytes.empty()) {
    const bool has_signature = std::string_view(pending).starts_with(kDescriptor);
    if (pending.size() >= kDescriptor.size() &&
        pending.size() == (has_signature ? kSigned : kPlain)) {
      break;
    }
    pending += bytes.front();
    bytes.remove_prefix(1);
  }
  const bool has_signature = std::string_view(pending).starts_with(kDescriptor);
  if (pending.size() < (has_signature ? kSigned : kPlain)) return {};
  const std::size_t at = has_signature ? kDescriptor.size() : 0;
  crc_expected = little(pending, at, 4);
  packed_expected = little(pending, at + 4, 4);
  // In a wide descriptor these four bytes are the upper half of the packed size: not a size.
  size_expected = kUnknownSize;
  return member_complete();
}

Status ZipReader::State::member_complete() {
  if (crc != crc_expected) return broken("checksum");
  if (size_expected != kUnknownSize && expanded != size_expected) return broken("size");
  if (inflating && packed_expected != kUnknownSize && inflater.total_in != packed_expected) {
    return broken("packed size");
  }
  phase = Phase::kDone;
  return {};
}

ZipReader::ZipReader(std::uint64_t limit, Sink sink) : state_(std::make_unique<State>()) {
  state_->limit = limit;
  state_->sink = std::move(sink);
}
ZipReader::~ZipReader() = default;
ZipReader::ZipReader(ZipReader&&) noexcept = default;
ZipReader& ZipReader::operator=(ZipReader&&) noexcept = default;

Status ZipReader::feed(std::string_view bytes) {
  using Phase = State::Phase;
  State& s = *state_;
  while (!bytes.empty()) {
    Status status;
    switch (s.phase) {
      case Phase::kHeader:
        status = s.header(bytes);
        break;
      case Phase::kStoredBody:
        status = s.stored(bytes);
        break;
      case Phase::kDeflatedBody:
        status = s.deflated(bytes);
        break;
      case Phase::kDescriptor:
        status = s.descriptor_bytes(bytes);
        break;
      case Phase::kDone:
        return {};
      case Phase::kFailed:
        return s.failure;
    }
    if (!status.ok()) {
      s.phase = Phase::kFailed;
      s.failure = status;
      return status;
    }
  }
  return {};
}

Status ZipReader::finish() {
  if (state_->phase == State::Phase::kFailed) return state_->failure;
  if (state_->phase != State::Phase::kDone) return broken("ends early");
  return {};
}

std::uint64_t ZipReader::expanded() const {
  return state_->expanded;
}

Result<std::string> make_zip(std::string_view name, std::string_view bytes) {
  if (bytes.size() >= kUnknownSize || name.size() > 0xffffU) {
    return Error{ErrorCode::kLimit, "too large for a ZIP archive without ZIP64"};
  }
  z_stream deflater{};
  if (::deflateInit2(&deflater, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    return Error{ErrorCode::kUnavailable, "zlib does not start"};
  }
  std::string packed(::deflateBound(&deflater, static_cast<uLong>(bytes.size())), '\0');
  deflater.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  deflater.avail_in = clamp(bytes.size());
  deflater.next_out = reinterpret_cast<Bytef*>(packed.data());
  deflater.avail_out = clamp(packed.size());
  const int rc = ::deflate(&deflater, Z_FINISH);
  packed.resize(static_cast<std::size_t>(deflater.total_out));
  ::deflateEnd(&deflater);
  if (rc != Z_STREAM_END) return Error{ErrorCode::kInternal, "zlib did not finish"};

  // What local header and central directory have in common: versions, flags, times, CRC, sizes.
  std::string common;
  put(common, 20, 2);
  put(common, kFlagUtf8, 2);
  put(common, kDeflated, 2);
  put(common, 0, 2);       // time 00:00:00
  put(common, 0x0021, 2);  // 1980-01-01: the real time is nobody's business
  put(common, checksum(0, bytes), 4);
  put(common, static_cast<std::uint32_t>(packed.size()), 4);
  put(common, static_cast<std::uint32_t>(bytes.size()), 4);
  put(common, static_cast<std::uint32_t>(name.size()), 2);
  put(common, 0, 2);  // extra field

  std::string out;
  out.reserve(packed.size() + 2 * (common.size() + name.size()) + 64);
  out.append(kLocal).append(common).append(name).append(packed);
  const std::size_t central = out.size();
  out.append(kCentral);
  put(out, 20, 2);  // made by
  out.append(common);
  put(out, 0, 2);            // comment
  put(out, 0, 2);            // disk
  put(out, 0, 2);            // internal attributes
  put(out, 0x81a00000U, 4);  // -rw-r-----
  put(out, 0, 4);            // offset of the local header
  out.append(name);
  const std::size_t central_size = out.size() - central;
  out.append(kTail);
  put(out, 0, 2);
  put(out, 0, 2);
  put(out, 1, 2);
  put(out, 1, 2);
  put(out, static_cast<std::uint32_t>(central_size), 4);
  put(out, static_cast<std::uint32_t>(central), 4);
  put(out, 0, 2);
  return out;
}

Result<std::string> expand_zip(std::string_view archive, std::size_t limit) {
  std::string out;
  ZipReader reader(limit, [&out](std::string_view bytes) {
    out.append(bytes);
    return Status{};
  });
  YAGURA_CHECK(reader.feed(archive));
  YAGURA_CHECK(reader.finish());
  return out;
}

}  // namespace yagura::tentacle
