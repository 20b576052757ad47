#include "report/module_fields.h"

#include <array>
#include <cstddef>

namespace yagura::report {
namespace {

using M = ModuleReport;

constexpr std::array kFields = std::to_array<ModuleField>({
    {"name", ModuleElement::kName, nullptr},
    {"data", ModuleElement::kData, nullptr},
    {"datalist", ModuleElement::kDataList, nullptr},
    {"timestamp", ModuleElement::kTimestamp, nullptr},
    {"alert_template", ModuleElement::kAlertTemplate, nullptr},
    {"type", ModuleElement::kField, &M::type},
    {"status", ModuleElement::kField, &M::status},
    {"description", ModuleElement::kField, &M::description},
    {"unit", ModuleElement::kField, &M::unit},
    {"module_group", ModuleElement::kField, &M::module_group},
    {"module_interval", ModuleElement::kField, &M::module_interval},
    {"cron_interval", ModuleElement::kField, &M::cron_interval},
    {"crontab", ModuleElement::kField, &M::crontab},
    {"min", ModuleElement::kField, &M::min},
    {"max", ModuleElement::kField, &M::max},
    {"post_process", ModuleElement::kField, &M::post_process},
    {"min_warning", ModuleElement::kField, &M::min_warning},
    {"max_warning", ModuleElement::kField, &M::max_warning},
    {"str_warning", ModuleElement::kField, &M::str_warning},
    {"warning_inverse", ModuleElement::kField, &M::warning_inverse},
    {"min_critical", ModuleElement::kField, &M::min_critical},
    {"max_critical", ModuleElement::kField, &M::max_critical},
    {"str_critical", ModuleElement::kField, &M::str_critical},
    {"critical_inverse", ModuleElement::kField, &M::critical_inverse},
    {"min_warning_forced", ModuleElement::kField, &M::min_warning_forced},
    {"max_warning_forced", ModuleElement::kField, &M::max_warning_forced},
    {"str_warning_forced", ModuleElement::kField, &M::str_warning_forced},
    {"min_critical_forced", ModuleElement::kField, &M::min_critical_forced},
    {"max_critical_forced", ModuleElement::kField, &M::max_critical_forced},
    {"str_critical_forced", ModuleElement::kField, &M::str_critical_forced},
    {"min_ff_event", ModuleElement::kField, &M::min_ff_event},
    {"each_ff", ModuleElement::kField, &M::each_ff},
    {"min_ff_event_normal", ModuleElement::kField, &M::min_ff_event_normal},
    {"min_ff_event_warning", ModuleElement::kField, &M::min_ff_event_warning},
    {"min_ff_event_critical", ModuleElement::kField, &M::min_ff_event_critical},
    {"ff_type", ModuleElement::kField, &M::ff_type},
    {"ff_timeout", ModuleElement::kField, &M::ff_timeout},
    {"module_ff_interval", ModuleElement::kField, &M::module_ff_interval},
    {"custom_id", ModuleElement::kField, &M::custom_id},
    {"tags", ModuleElement::kField, &M::tags},
    {"quiet", ModuleElement::kField, &M::quiet},
    {"disabled", ModuleElement::kField, &M::disabled},
    {"critical_instructions", ModuleElement::kField, &M::critical_instructions},
    {"warning_instructions", ModuleElement::kField, &M::warning_instructions},
    {"unknown_instructions", ModuleElement::kField, &M::unknown_instructions},
    {"module_parent", ModuleElement::kField, &M::module_parent},
    {"module_parent_unlink", ModuleElement::kField, &M::module_parent_unlink},
    {"severity", ModuleElement::kField, &M::severity},
    {"message", ModuleElement::kField, &M::message},
    {"stacktrace", ModuleElement::kField, &M::stacktrace},
});

constexpr std::size_t kSlots = 256;
constexpr std::uint8_t kEmpty = 0xFF;
using Slots = std::array<std::uint8_t, kSlots>;

constexpr std::size_t slot_of(std::string_view name, std::uint32_t seed) {
  std::uint32_t hash = static_cast<std::uint32_t>(name.size());
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, name.size() / 2, name.size() - 1}) {
    hash = (hash ^ static_cast<std::uint8_t>(name[at])) * seed;
  }
  return hash >> 24U;
}

constexpr bool fill(Slots& slots, std::uint32_t seed) {
  slots.fill(kEmpty);
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    std::uint8_t& slot = slots[slot_of(kFields[i].name, seed)];
    if (slot != kEmpty) return false;
    slot = static_cast<std::uint8_t>(i);
  }
  return true;
}

/// A seed that gives every name a slot of its own, found by the compiler.
consteval std::uint32_t find_seed() {
  Slots slots{};
  std::uint32_t seed = 0x9E3779B1U;
  while (!fill(slots, seed))
    seed = seed * 0x2C1B3C6DU + 2U;
  return seed;
}

constexpr std::uint32_t kSeed = find_seed();
constexpr Slots kTable = [] {
  Slots slots{};
  fill(slots, kSeed);
  return slots;
}();

}  // namespace

std::span<const ModuleField> module_fields() {
  return kFields;
}

const ModuleField* find_module_field(std::string_view name) {
  if (name.size() < 2) return nullptr;
  const std::uint8_t index = kTable[slot_of(name, kSeed)];
  if (index == kEmpty || kFields[index].name != name) return nullptr;
  return &kFields[index];
}

}  // namespace yagura::report
