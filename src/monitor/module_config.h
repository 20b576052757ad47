// The configuration of one module and how agent documents create and change it.
// Source: spec agent-data §5, §6; spec server §7.2. Pure: no database, no clock.
//
// Two structs, because 100,000 modules live in memory and only a few fields are asked for on each
// sample: ModuleConfig is what evaluation needs (keep it in the cache), ModuleTexts is the rest
// (only in the database). Of the two texts that every document may change the cache keeps digests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/fingerprint.h"
#include "monitor/types.h"
#include "report/agent_report.h"

namespace yagura::monitor {

/// Longest module name taken from a document, bytes.
constexpr std::size_t kMaxModuleName = 600;
/// Longest description, unit, instruction …, bytes; longer ones are cut at a character.
constexpr std::size_t kMaxModuleText = 65'535;
/// Largest module interval, seconds (10 years).
constexpr std::int64_t kMaxIntervalS = 315'360'000;
/// Largest flip-flop or escalation count.
constexpr std::int64_t kMaxRepeat = 65'534;

/// A numeric threshold as configured; lo == hi means "not set". See thresholds.h.
struct Range {
  double lo = 0;
  double hi = 0;
  bool operator==(const Range&) const = default;
};

/// The regular expressions of a module, compiled once; defined in text_patterns.h.
class TextPatterns;
/// Immutable and shared by copies of the configuration; nullptr when both texts are empty. An
/// expression that does not compile is kept as text and never matches (§10).
std::shared_ptr<const TextPatterns> make_patterns(std::string_view warning,
                                                  std::string_view critical);
/// What evaluation needs of a module. Defaults are those of a module nobody configured.
struct ModuleConfig {
  std::string name;
  std::shared_ptr<const TextPatterns> patterns;  ///< str_warning / str_critical; may be null
  Range warning;
  Range critical;
  double min = 0;  ///< bounds (integers); min == max = no check
  double max = 0;
  double post_process = 0;  ///< factor; 0 = none
  std::uint64_t description_digest = fingerprint64({});
  std::uint64_t extended_info_digest = fingerprint64({});
  std::int32_t interval_s = 0;        ///< 0 = the agent's interval
  std::int32_t ff_interval_s = 0;     ///< interval while a change is awaited; 0 = ordinary
  std::int32_t ff_timeout_s = 0;      ///< asynchronous types: longest run that counts; 0 = any
  std::uint32_t disabled_events = 0;  ///< bit 1 << EventType
  std::uint16_t min_ff = 0;           ///< min_ff_event
  std::uint16_t min_ff_normal = 0;    ///< used when each_ff
  std::uint16_t min_ff_warning = 0;
  std::uint16_t min_ff_critical = 0;
  std::uint16_t warning_time = 0;  ///< escalation: warnings that may follow a warning; 0 = never
  ModuleType type = ModuleType::kGenericData;
  bool each_ff : 1 = false;
  bool cumulative_ff : 1 = false;  ///< ff_type 1
  bool warning_inverse : 1 = false;
  bool critical_inverse : 1 = false;
  bool percentage_warning : 1 = false;
  bool percentage_critical : 1 = false;
  bool quiet : 1 = false;
  bool disabled : 1 = false;
  bool ignore_unknown : 1 = false;
  bool history : 1 = true;
  bool policy_linked : 1 = false;  ///< documents change nothing

  /// Digest the cache keeps of a text (fingerprint.h).
  static std::uint64_t digest_of(std::string_view text) { return fingerprint64(text); }
  [[nodiscard]] bool event_disabled(EventType event) const {
    return (disabled_events >> static_cast<unsigned>(event) & 1U) != 0;
  }
};

/// The string thresholds as texts, for the database and the API; empty when not set.
std::string_view str_warning(const ModuleConfig& config);
std::string_view str_critical(const ModuleConfig& config);

/// The interval of the unknown rule (§12): the module's own, else the agent's.
constexpr std::int32_t effective_interval_s(const ModuleConfig& config,
                                            std::int32_t agent_interval_s) {
  return config.interval_s > 0 ? config.interval_s : agent_interval_s;
}

/// Everything else about a module: written when it is created, shown and used in events.
struct ModuleTexts {
  std::string description;
  std::string unit;
  std::string module_group;  ///< name from the catalogue; empty = none
  std::string crontab;       ///< valid expression or empty
  std::string custom_id;
  std::string extended_info;  ///< lines "name: value" separated by LF, raw: escape on output
  std::string critical_instructions;
  std::string warning_instructions;
  std::string unknown_instructions;
  std::vector<std::string> tags;             ///< names from the catalogue
  std::vector<std::string> alert_templates;  ///< names as sent, not checked
  std::string parent;                        ///< name of a module of the same agent; may not exist
};

/// Names that exist on the server. Views must outlive the call only.
struct Catalogue {
  std::span<const std::string> tags;           ///< compared exactly
  std::span<const std::string> module_groups;  ///< compared without case (ASCII)
};

struct CreationContext {
  std::int32_t agent_interval_s = 300;
  bool may_create = true;          ///< the mode allows it, or this document creates the agent
  bool has_keep_alive = false;     ///< the agent already has a keep_alive module
  std::size_t modules = 0;         ///< modules the agent has
  std::size_t max_modules = 2000;  ///< quota (spec agent-data §17.5)
};

/// A module to create, or why not. `config` and `texts` are meaningful when `reason` is kNone.
struct NewModule {
  Reason reason = Reason::kNone;
  ModuleConfig config;
  ModuleTexts texts;
  [[nodiscard]] bool ok() const { return reason == Reason::kNone; }
};

/// A name as it is stored and looked up: without CR and LF, otherwise untouched.
std::string module_name(std::string_view name);

/// The module that an unknown name in a document creates: table §5 column "cr".
NewModule config_from_report(const report::ModuleReport& module, const Catalogue& catalogue,
                             const CreationContext& context);

/// One field that changed. `field` is the element's name and static. `before` is empty for
/// description and extended_info, of which only digests are kept.
struct FieldChange {
  std::string_view field;
  std::string before;
  std::string after;
};

struct UpdateOptions {
  /// Thresholds in the document also change existing modules (off = compatible, §6.2).
  bool thresholds_from_agent = false;
};

/// What a document changes of a known module. Empty `changes` = nothing, and nothing allocated.
struct ModuleUpdate {
  std::vector<FieldChange> changes;
  std::optional<std::string> description;    ///< the new text, when changed
  std::optional<std::string> extended_info;  ///< the new text, when changed
  [[nodiscard]] bool any() const { return !changes.empty(); }
};

/// Applies §6.2 to `config` (interval, digests, forced thresholds) and reports what changed. Call
/// it only when the agent's mode learns (agent_rules.h: LearnRights::update_modules). Does nothing
/// for a policy-linked module.
ModuleUpdate update_from_report(ModuleConfig& config, const report::ModuleReport& module,
                                std::int32_t agent_interval_s, const UpdateOptions& options = {});

/// What the document wants of the link to a parent module (§5, element use "data").
struct ParentWish {
  enum class Kind { kLeave, kLink, kUnlink } kind = Kind::kLeave;
  std::string_view name;  ///< for kLink; an unknown name leaves the link as it is
};
ParentWish parent_wish(const report::ModuleReport& module);

/// True if the document names another type than the stored one: evaluation uses the stored type
/// (§6.3), the caller logs it once.
bool type_differs(const ModuleConfig& config, const report::ModuleReport& module);

}  // namespace yagura::monitor
