// Compact binary form of the live states of one agent: the column agent.latest (design §5).
// Lossless for everything ModuleState holds (texts up to kMaxStateText), versioned,
// endian-independent. The reader accepts any bytes: damage gives kInvalid, never a crash or a huge
// allocation.
//
// Layout, integers little-endian, "varint" = 7 bits a byte, lowest first:
//   version 1 byte · base of receive times 8 bytes · base of sample times 8 bytes · count varint
//   per module, in ascending slot order: slot minus the previous slot minus 1 (varint) · word 4
//   bytes · the fields whose presence and form the word tells, see state_codec.cpp check 4 bytes:
//   folded fingerprint64 of everything before it
// Times that equal their base cost nothing, whole seconds apart from it 2 or 3 bytes. 40 modules of
// a healthy host take about 500 bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "monitor/state.h"

namespace yagura::monitor {

/// Most modules in one block; a reader refuses more.
constexpr std::size_t kMaxCodecModules = 100'000;
/// Largest slot number.
constexpr std::uint32_t kMaxCodecSlot = 0x7fff'ffff;

/// One module of an agent; `slot` is its number within the agent.
struct SlotState {
  std::uint32_t slot = 0;
  ModuleState state;
  bool operator==(const SlotState&) const = default;
};

/// A state to write, without copying it.
struct SlotView {
  std::uint32_t slot = 0;
  const ModuleState* state = nullptr;
};

/// Appends the block to `out`. `states` must have strictly ascending slots ≤ kMaxCodecSlot and
/// texts within kMaxStateText and finite numbers, else the process ends: that is a broken invariant
/// of the caller.
void encode_states(std::span<const SlotView> states, std::string& out);
void encode_states(std::span<const SlotState> states, std::string& out);

/// Slots come back strictly ascending.
Result<std::vector<SlotState>> decode_states(std::string_view bytes);
/// Same into `states`, whose memory is used again; after an error its content is unspecified.
yagura::Status decode_states(std::string_view bytes, std::vector<SlotState>& states);

}  // namespace yagura::monitor
