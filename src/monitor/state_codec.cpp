#include "monitor/state_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "base/log.h"
#include "monitor/fingerprint.h"

namespace yagura::monitor {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCheckBytes = 4;
/// The fewest bytes one module takes: slot, word.
constexpr std::size_t kMinModuleBytes = 5;

// The word of a module, from bit 0 up:
//   status 3 · known 3 · last 3 · kind 2 · form of number 2 · reference set 1 ·
//   form of 7 times, 2 each · has text 1 · digest differs 1 · fast interval 1 · counts 1
constexpr unsigned kKnownShift = 3;
constexpr unsigned kLastShift = 6;
constexpr unsigned kKindShift = 9;
constexpr unsigned kNumberShift = 11;
constexpr unsigned kReferenceBit = 13;
constexpr unsigned kTimesShift = 14;
constexpr unsigned kTextBit = 28;
constexpr unsigned kDigestBit = 29;
constexpr unsigned kFastBit = 30;
constexpr unsigned kCountsBit = 31;

enum NumberForm : std::uint32_t { kZero = 0, kWhole = 1, kRaw = 2 };
enum TimeForm : std::uint32_t { kNever = 0, kEqual = 1, kSeconds = 2, kMicros = 3 };

/// Times in the order of the word: two relative to the base of receive times, the sample time
/// relative to its base, the rest relative to the module's own sample time.
constexpr std::array<Micros ModuleState::*, 6> kTimes = {
    &ModuleState::received,    &ModuleState::last_try,     &ModuleState::value_time,
    &ModuleState::last_stored, &ModuleState::status_since, &ModuleState::ff_start};
constexpr unsigned kReferenceTime = 6;  ///< seventh: ModuleState::reference.time

struct Bases {
  Micros received = 0;
  Micros value = 0;
};

Micros base_of(unsigned index, const Bases& bases, const ModuleState& state) {
  if (index < 2) return bases.received;
  return index == 2 ? bases.value : state.value_time;
}

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}
/// Differences wrap around, so every pair of times has one.
std::int64_t difference(Micros a, Micros b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
Micros sum(Micros a, std::int64_t b) {
  return static_cast<Micros>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

NumberForm form_of(double value) {
  constexpr double kMaxWhole = 9007199254740992.0;  // 2^53
  if (std::bit_cast<std::uint64_t>(value) == 0) return kZero;
  const bool whole = std::fabs(value) <= kMaxWhole && value == std::nearbyint(value) && value != 0;
  return whole ? kWhole : kRaw;
}

TimeForm form_of(Micros time, Micros base) {
  if (time == 0) return kNever;
  if (time == base) return kEqual;
  return difference(time, base) % kSecond == 0 ? kSeconds : kMicros;
}

std::uint32_t check_of(std::string_view bytes) {
  const std::uint64_t hash = fingerprint64(bytes);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

// --- writing -----------------------------------------------------------------------------------

/// Appends to a string through a window of its own, because push_back of single bytes is the whole
/// cost otherwise.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  ~Writer() { flush(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Makes room for `bytes` (at most a window).
  void reserve(std::size_t bytes) {
    if (used_ + bytes > window_.size()) flush();
  }
  void byte(std::uint8_t value) { window_[used_++] = static_cast<char>(value); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
      byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  template <typename Word>
  void fixed(Word value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
      byte(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void text(std::string_view bytes) {
    flush();
    out_.append(bytes);
  }
  void flush() {
    out_.append(window_.data(), used_);
    used_ = 0;
  }

 private:
  std::string& out_;
  std::array<char, 512> window_{};
  std::size_t used_ = 0;
};

void write_number(Writer& out, double value, NumberForm form) {
  if (form == kWhole) out.varint(zigzag(static_cast<std::int64_t>(value)));
  if (form == kRaw) out.fixed(std::bit_cast<std::uint64_t>(value));
}

void write_time(Writer& out, Micros time, Micros base, TimeForm form) {
  if (form == kSeconds) out.varint(zigzag(difference(time, base) / kSecond));
  if (form == kMicros) out.varint(zigzag(difference(time, base)));
}

std::array<std::uint16_t, 5> counts_of(const ModuleState& state) {
  return {state.same_count, state.counters[0], state.counters[1], state.counters[2],
          state.warning_count};
}

void write_counts(Writer& out, const std::array<std::uint16_t, 5>& counts) {
  std::uint8_t mask = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) mask = static_cast<std::uint8_t>(mask | (1U << i));
  }
  out.byte(mask);
  for (const std::uint16_t count : counts) {
    if (count != 0) out.varint(count);
  }
}

std::uint64_t usual_digest(std::string_view text) {
  return text.empty() ? 0 : fingerprint64(text);
}

void write_module(Writer& out, std::uint32_t slot_step, const ModuleState& state,
                  const Bases& bases) {
  constexpr std::size_t kMaxFixedPart = 160;
  const NumberForm number = form_of(state.number);
  const std::array<std::uint16_t, 5> counts = counts_of(state);
  const bool has_counts = counts != std::array<std::uint16_t, 5>{};
  const bool digest_differs = state.text_digest != usual_digest(state.text);
  std::uint32_t word = static_cast<std::uint32_t>(state.status) |
                       static_cast<std::uint32_t>(state.known) << kKnownShift |
                       static_cast<std::uint32_t>(state.last) << kLastShift |
                       static_cast<std::uint32_t>(state.kind) << kKindShift |
                       static_cast<std::uint32_t>(number) << kNumberShift |
                       static_cast<std::uint32_t>(state.reference.set) << kReferenceBit |
                       static_cast<std::uint32_t>(!state.text.empty()) << kTextBit |
                       static_cast<std::uint32_t>(digest_differs) << kDigestBit |
                       static_cast<std::uint32_t>(state.fast_interval_s != 0) << kFastBit |
                       static_cast<std::uint32_t>(has_counts) << kCountsBit;
  std::array<TimeForm, 7> forms{};
  for (unsigned i = 0; i < kTimes.size(); ++i) {
    forms[i] = form_of(state.*kTimes[i], base_of(i, bases, state));
    word |= static_cast<std::uint32_t>(forms[i]) << (kTimesShift + 2 * i);
  }
  forms[kReferenceTime] = form_of(state.reference.time, state.value_time);
  word |= static_cast<std::uint32_t>(forms[kReferenceTime]) << (kTimesShift + 2 * kReferenceTime);

  out.reserve(kMaxFixedPart);
  out.varint(slot_step);
  out.fixed(word);
  write_number(out, state.number, number);
  for (unsigned i = 0; i < kTimes.size(); ++i)
    write_time(out, state.*kTimes[i], base_of(i, bases, state), forms[i]);
  write_time(out, state.reference.time, state.value_time, forms[kReferenceTime]);
  if (state.reference.set) {
    const NumberForm form = form_of(state.reference.value);
    out.byte(static_cast<std::uint8_t>(form));
    write_number(out, state.reference.value, form);
  }
  if (state.fast_interval_s != 0) out.varint(zigzag(state.fast_interval_s));
  if (has_counts) write_counts(out, counts);
  if (digest_differs) out.fixed(state.text_digest);
  if (!state.text.empty()) {
    out.varint(state.text.size());
    out.text(state.text);
  }
}

/// The invariants of encode_states; breaking them would write a block nobody can read.
void require(bool condition, std::string_view what) {
  if (condition) return;
  log::error("state-codec-invariant", {{"what", what}});
  std::abort();
}

// --- reading -----------------------------------------------------------------------------------

/// Reads what Writer wrote; after the first missing byte everything is 0 and failed() is true.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - pos_; }
  void fail() { failed_ = true; }

  std::uint8_t byte() {
    if (pos_ >= bytes_.size()) {
      failed_ = true;
      return 0;
    }
    return static_cast<std::uint8_t>(bytes_[pos_++]);
  }
  std::uint64_t varint(std::uint64_t limit = ~std::uint64_t{0}) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      if (shift == 63 && next > 1) failed_ = true;
      value |= static_cast<std::uint64_t>(next & 0x7fU) << shift;
      if ((next & 0x80U) == 0) {
        if (value > limit) failed_ = true;
        return failed_ ? 0 : value;
      }
    }
    failed_ = true;
    return 0;
  }
  template <typename Word>
  Word fixed() {
    Word value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
      value = static_cast<Word>(value | static_cast<Word>(byte()) << (8 * i));
    return value;
  }
  std::string_view text(std::size_t size) {
    if (size > left()) {
      failed_ = true;
      return {};
    }
    pos_ += size;
    return bytes_.substr(pos_ - size, size);
  }

 private:
  std::string_view bytes_;
  std::size_t pos_ = 0;
  bool failed_ = false;
};

double read_number(Reader& in, std::uint32_t form) {
  switch (form) {
    case kZero:
      return 0;
    case kWhole:
      return static_cast<double>(unzigzag(in.varint()));
    case kRaw: {
      const double value = std::bit_cast<double>(in.fixed<std::uint64_t>());
      if (!std::isfinite(value)) in.fail();
      return value;
    }
    default:
      in.fail();
      return 0;
  }
}

Micros read_time(Reader& in, Micros base, std::uint32_t form) {
  switch (form) {
    case kEqual:
      return base;
    case kSeconds: {
      // The largest zigzag number whose seconds fit into Micros in both directions.
      constexpr std::uint64_t kMaxSeconds =
          2 * (std::uint64_t{std::numeric_limits<Micros>::max()} / std::uint64_t{kSecond});
      return sum(base, unzigzag(in.varint(kMaxSeconds)) * kSecond);
    }
    case kMicros:
      return sum(base, unzigzag(in.varint()));
    default:
      return 0;
  }
}

void read_counts(Reader& in, bool present, ModuleState& state) {
  const std::uint8_t mask = present ? in.byte() : std::uint8_t{0};
  std::array<std::uint16_t, 5> counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if ((mask >> i & 1U) != 0) counts[i] = static_cast<std::uint16_t>(in.varint(0xffff));
  }
  if (mask >> counts.size() != 0) in.fail();
  state.same_count = counts[0];
  std::copy(counts.begin() + 1, counts.begin() + 4, std::begin(state.counters));
  state.warning_count = counts[4];
}

StatusCode read_status(Reader& in, std::uint32_t bits) {
  const auto status = status_from_code(static_cast<int>(bits & 7U));
  if (!status) in.fail();
  return status.value_or(StatusCode::kNotInit);
}

/// Sets every field of `state`, which may hold another module's.
void read_module(Reader& in, const Bases& bases, ModuleState& state) {
  const auto word = in.fixed<std::uint32_t>();
  const auto bit = [word](unsigned index) { return (word >> index & 1U) != 0; };
  const auto pair = [word](unsigned shift) { return word >> shift & 3U; };
  state.status = read_status(in, word);
  state.known = read_status(in, word >> kKnownShift);
  state.last = read_status(in, word >> kLastShift);
  if (pair(kKindShift) > static_cast<std::uint32_t>(ValueKind::kText)) in.fail();
  state.kind = static_cast<ValueKind>(pair(kKindShift));
  state.number = read_number(in, pair(kNumberShift));
  for (unsigned i = 0; i < kTimes.size(); ++i)
    state.*kTimes[i] = read_time(in, base_of(i, bases, state), pair(kTimesShift + 2 * i));
  state.reference.time = read_time(in, state.value_time, pair(kTimesShift + 2 * kReferenceTime));
  state.reference.set = bit(kReferenceBit);
  state.reference.value = state.reference.set ? read_number(in, in.byte()) : 0;
  state.fast_interval_s = 0;
  if (bit(kFastBit)) {
    state.fast_interval_s = static_cast<std::int32_t>(unzigzag(in.varint(0xffff'ffffULL)));
  }
  read_counts(in, bit(kCountsBit), state);
  if (bit(kDigestBit)) state.text_digest = in.fixed<std::uint64_t>();
  state.text.clear();
  if (bit(kTextBit)) {
    const auto size = static_cast<std::size_t>(in.varint(kMaxStateText));
    state.text = in.text(size);
  }
  if (!bit(kDigestBit)) state.text_digest = usual_digest(state.text);
}

Error damaged(std::string_view what) {
  return Error{ErrorCode::kInvalid, "module states: " + std::string(what)};
}

std::uint32_t slot_of(const SlotView& view) {
  return view.slot;
}
std::uint32_t slot_of(const SlotState& entry) {
  return entry.slot;
}
const ModuleState& state_of(const SlotView& view) {
  return *view.state;
}
const ModuleState& state_of(const SlotState& entry) {
  return entry.state;
}

template <typename Entry>
Bases bases_of(std::span<const Entry> states) {
  Bases bases;
  for (const Entry& entry : states) {
    bases.received = std::max(bases.received, state_of(entry).received);
    bases.value = std::max(bases.value, state_of(entry).value_time);
  }
  return bases;
}

template <typename Entry>
void encode(std::span<const Entry> states, std::string& out) {
  require(states.size() <= kMaxCodecModules, "too many modules");
  const std::size_t start = out.size();
  const Bases bases = bases_of(states);
  Writer writer(out);
  writer.byte(kVersion);
  writer.fixed(static_cast<std::uint64_t>(bases.received));
  writer.fixed(static_cast<std::uint64_t>(bases.value));
  writer.varint(states.size());
  std::int64_t previous = -1;
  for (const Entry& entry : states) {
    const std::uint32_t slot = slot_of(entry);
    const ModuleState& state = state_of(entry);
    require(slot > previous && slot <= kMaxCodecSlot, "slots out of order");
    require(state.text.size() <= kMaxStateText, "text too long");
    require(std::isfinite(state.number) && std::isfinite(state.reference.value),
            "number not finite");
    write_module(writer, static_cast<std::uint32_t>(slot - previous - 1), state, bases);
    previous = slot;
  }
  writer.flush();
  writer.fixed(check_of(std::string_view(out).substr(start)));
}

}  // namespace

void encode_states(std::span<const SlotView> states, std::string& out) {
  encode(states, out);
}
void encode_states(std::span<const SlotState> states, std::string& out) {
  encode(states, out);
}

Result<std::vector<SlotState>> decode_states(std::string_view bytes) {
  std::vector<SlotState> states;
  YAGURA_CHECK(decode_states(bytes, states));
  return states;
}

yagura::Status decode_states(std::string_view bytes, std::vector<SlotState>& states) {
  if (bytes.size() <= kCheckBytes) return damaged("too short");
  const std::string_view body = bytes.substr(0, bytes.size() - kCheckBytes);
  Reader tail(bytes.substr(body.size()));
  if (static_cast<std::uint8_t>(body.front()) != kVersion) return damaged("unknown version");
  if (tail.fixed<std::uint32_t>() != check_of(body)) return damaged("check bits differ");

  Reader in(body.substr(1));
  Bases bases;
  bases.received = static_cast<Micros>(in.fixed<std::uint64_t>());
  bases.value = static_cast<Micros>(in.fixed<std::uint64_t>());
  const std::uint64_t count = in.varint(kMaxCodecModules);
  if (in.failed() || count > in.left() / kMinModuleBytes) return damaged("truncated");

  states.resize(count);
  std::uint64_t next = 0;
  for (SlotState& entry : states) {
    const std::uint64_t slot = next + in.varint(kMaxCodecSlot);
    if (slot > kMaxCodecSlot) return damaged("slot out of range");
    entry.slot = static_cast<std::uint32_t>(slot);
    read_module(in, bases, entry.state);
    if (in.failed()) return damaged("a module is malformed");
    next = slot + 1;
  }
  if (in.left() != 0) return damaged("bytes after the last module");
  return {};
}

}  // namespace yagura::monitor
