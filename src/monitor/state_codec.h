// Compact binary form of the live states of one agent: the column agent.latest (design §5).
// Lossless for everything ModuleState holds (texts up to kMaxStateText), versioned,
// endian-independent. The reader accepts any bytes: damage gives kInvalid, never a crash or a huge
// allocation.
//
// Layout: version 1 byte · base time 8 bytes LE · count varint · per module in ascending slot
// order: slot delta varint · flags varint (which fields differ from their default) · fields in flag
// order. Times are zigzag varint differences from the base time, whole numbers zigzag varints,
// other doubles 8 bytes LE. The last 4 bytes are CRC-32C-like check bits (FNV-1a, folded) over the
// rest.
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
/// texts within kMaxStateText, else the process ends: that is a broken invariant of the caller.
void encode_states(std::span<const SlotView> states, std::string& out);

/// Slots come back strictly ascending.
Result<std::vector<SlotState>> decode_states(std::string_view bytes);

}  // namespace yagura::monitor
