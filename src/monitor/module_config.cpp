#include "monitor/module_config.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "text/cron.h"
#include "text/numbers.h"
#include "text/utf8.h"

namespace yagura::monitor {

namespace {

using report::ModuleReport;
using Text = std::optional<std::string>;

std::string_view view(const Text& text) {
  return text ? std::string_view(*text) : std::string_view();
}

std::string cut(std::string_view text) {
  return std::string(text::truncate_utf8(text, kMaxModuleText));
}

/// A number as the database of the protocol's reference reads it: the leading number, else 0 (§5).
double number_or_zero(const Text& text) {
  return text ? text::leading_number(*text).value_or(0) : 0;
}

/// A whole number in [0, limit]; decimals are cut off.
std::int64_t count_of(const Text& text, std::int64_t limit) {
  const double number = number_or_zero(text);
  if (!(number > 0)) return 0;
  if (number >= static_cast<double>(limit)) return limit;
  return static_cast<std::int64_t>(number);
}

std::uint16_t repeats(const Text& text) {
  return static_cast<std::uint16_t>(count_of(text, kMaxRepeat));
}

std::int32_t seconds(const Text& text) {
  return static_cast<std::int32_t>(count_of(text, kMaxIntervalS));
}

bool flag(const Text& text) {
  return number_or_zero(text) != 0;
}

/// §5, §6.2: seconds of cron_interval, else the agent's interval times the multiplier (absent = 1).
std::int32_t interval_of(const ModuleReport& module, std::int32_t agent_interval_s) {
  if (module.cron_interval) return seconds(module.cron_interval);
  const double multiplier = module.module_interval ? number_or_zero(module.module_interval) : 1;
  const double interval = std::round(multiplier * agent_interval_s);
  if (!(interval > 0)) return 0;
  return static_cast<std::int32_t>(std::min(interval, static_cast<double>(kMaxIntervalS)));
}

std::string extended_info_of(const ModuleReport& module) {
  std::string info;
  for (const auto& [name, value] : module.extra) {
    if (!info.empty()) info += '\n';
    info.append(name).append(": ").append(value);
    if (info.size() > kMaxModuleText) return cut(info);
  }
  return info;
}

/// Splits at commas without trimming: "a, b" names the tags "a" and " b" (§5).
std::vector<std::string> known_tags(std::string_view list, const Catalogue& catalogue) {
  std::vector<std::string> tags;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view name = list.substr(0, comma);
    const bool exists =
        std::find(catalogue.tags.begin(), catalogue.tags.end(), name) != catalogue.tags.end();
    if (exists && std::find(tags.begin(), tags.end(), name) == tags.end()) tags.emplace_back(name);
    if (comma == std::string_view::npos) return tags;
    list.remove_prefix(comma + 1);
  }
}

std::string known_group(std::string_view name, const Catalogue& catalogue) {
  for (const std::string& group : catalogue.module_groups) {
    if (text::equals_ignoring_case(group, name)) return group;
  }
  return {};
}

ModuleTexts texts_of(const ModuleReport& module, const Catalogue& catalogue) {
  ModuleTexts texts;
  texts.description = cut(view(module.description));
  texts.unit = cut(view(module.unit));
  texts.module_group = known_group(view(module.module_group), catalogue);
  if (module.crontab && text::Cron::parse(*module.crontab).ok()) texts.crontab = *module.crontab;
  texts.custom_id = cut(view(module.custom_id));
  texts.extended_info = extended_info_of(module);
  texts.critical_instructions = cut(view(module.critical_instructions));
  texts.warning_instructions = cut(view(module.warning_instructions));
  texts.unknown_instructions = cut(view(module.unknown_instructions));
  if (module.tags) texts.tags = known_tags(*module.tags, catalogue);
  texts.alert_templates = module.alert_templates;
  const ParentWish parent = parent_wish(module);
  if (parent.kind == ParentWish::Kind::kLink) texts.parent = std::string(parent.name);
  return texts;
}

/// Sets `target` and notes the change; numbers are written as short as they read back.
void set_number(double& target, double value, std::string_view field,
                std::vector<FieldChange>& changes) {
  if (target == value) return;
  changes.push_back({field, text::format_shortest(target), text::format_shortest(value)});
  target = value;
}

struct ThresholdTexts {
  const Text& min_warning;
  const Text& max_warning;
  const Text& str_warning;
  const Text& min_critical;
  const Text& max_critical;
  const Text& str_critical;
};

/// Thresholds that the document names; absent ones stay.
void set_thresholds(ModuleConfig& config, const ThresholdTexts& wish,
                    std::vector<FieldChange>& changes) {
  const auto number = [&changes](const Text& text, double& target, std::string_view field) {
    if (text) set_number(target, number_or_zero(text), field, changes);
  };
  number(wish.min_warning, config.warning.lo, "min_warning");
  number(wish.max_warning, config.warning.hi, "max_warning");
  number(wish.min_critical, config.critical.lo, "min_critical");
  number(wish.max_critical, config.critical.hi, "max_critical");
  const std::string_view warning = wish.str_warning ? view(wish.str_warning) : str_warning(config);
  const std::string_view critical =
      wish.str_critical ? view(wish.str_critical) : str_critical(config);
  const bool warning_differs = warning != str_warning(config);
  const bool critical_differs = critical != str_critical(config);
  if (warning_differs) {
    changes.push_back({"str_warning", std::string(str_warning(config)), std::string(warning)});
  }
  if (critical_differs) {
    changes.push_back({"str_critical", std::string(str_critical(config)), std::string(critical)});
  }
  if (warning_differs || critical_differs) config.patterns = make_patterns(warning, critical);
}

void set_flag(bool before, const Text& text, std::string_view field,
              std::vector<FieldChange>& changes) {
  if (flag(text) == before) return;
  changes.push_back({field, before ? "1" : "0", before ? "0" : "1"});
}

/// The option "agent configuration updates thresholds".
void set_plain_thresholds(ModuleConfig& config, const ModuleReport& module,
                          std::vector<FieldChange>& changes) {
  set_thresholds(config,
                 {module.min_warning, module.max_warning, module.str_warning, module.min_critical,
                  module.max_critical, module.str_critical},
                 changes);
  if (module.warning_inverse) {
    set_flag(config.warning_inverse, module.warning_inverse, "warning_inverse", changes);
    config.warning_inverse = flag(module.warning_inverse);
  }
  if (module.critical_inverse) {
    set_flag(config.critical_inverse, module.critical_inverse, "critical_inverse", changes);
    config.critical_inverse = flag(module.critical_inverse);
  }
}

void set_forced_thresholds(ModuleConfig& config, const ModuleReport& module,
                           std::vector<FieldChange>& changes) {
  set_thresholds(
      config,
      {module.min_warning_forced, module.max_warning_forced, module.str_warning_forced,
       module.min_critical_forced, module.max_critical_forced, module.str_critical_forced},
      changes);
}

Reason refusal(const ModuleReport& module, const std::string& name,
               const std::optional<ModuleType>& type, const CreationContext& context) {
  if (name.empty()) return Reason::kNameEmpty;
  if (name.size() > kMaxModuleName) return Reason::kNameTooLong;
  if (!context.may_create) return Reason::kNotLearning;
  if (!type) return Reason::kUnknownType;
  if (module.has_list && module.samples.empty()) return Reason::kEmptyList;
  if (*type == ModuleType::kKeepAlive && context.has_keep_alive) return Reason::kSecondKeepAlive;
  if (context.modules >= context.max_modules) return Reason::kModuleLimit;
  return Reason::kNone;
}

}  // namespace

std::string module_name(std::string_view name) {
  std::string clean(name);
  std::erase_if(clean, [](char c) { return c == '\r' || c == '\n'; });
  return clean;
}

NewModule config_from_report(const ModuleReport& module, const Catalogue& catalogue,
                             const CreationContext& context) {
  NewModule created;
  std::string name = module_name(module.name);
  const auto type = module.type ? module_type_from_name(*module.type) : ModuleType::kGenericData;
  created.reason = refusal(module, name, type, context);
  if (!created.ok()) return created;

  created.texts = texts_of(module, catalogue);
  ModuleConfig& config = created.config;
  config.name = std::move(name);
  config.type = *type;
  config.interval_s = interval_of(module, context.agent_interval_s);
  config.min = std::round(number_or_zero(module.min));
  config.max = std::round(number_or_zero(module.max));
  config.post_process =
      module.post_process ? text::parse_value(*module.post_process).value_or(0) : 0;
  config.min_ff = repeats(module.min_ff_event);
  config.min_ff_normal = repeats(module.min_ff_event_normal);
  config.min_ff_warning = repeats(module.min_ff_event_warning);
  config.min_ff_critical = repeats(module.min_ff_event_critical);
  config.each_ff = flag(module.each_ff);
  config.cumulative_ff = flag(module.ff_type);
  config.ff_timeout_s = seconds(module.ff_timeout);
  config.ff_interval_s = seconds(module.module_ff_interval);
  config.quiet = flag(module.quiet);
  config.disabled = flag(module.disabled);
  config.description_digest = fingerprint64(created.texts.description);
  config.extended_info_digest = fingerprint64(created.texts.extended_info);
  std::vector<FieldChange> ignored;  // a new module has no "before"
  set_plain_thresholds(config, module, ignored);
  set_forced_thresholds(config, module, ignored);
  return created;
}

ModuleUpdate update_from_report(ModuleConfig& config, const ModuleReport& module,
                                std::int32_t agent_interval_s, const UpdateOptions& options) {
  ModuleUpdate update;
  if (config.policy_linked) return update;

  // An empty description never erases; extended info follows the document also to nothing (§6.2).
  if (module.description && !module.description->empty()) {
    const std::string_view kept = text::truncate_utf8(*module.description, kMaxModuleText);
    const std::uint64_t digest = fingerprint64(kept);
    if (digest != config.description_digest) {
      config.description_digest = digest;
      update.description = std::string(kept);
      update.changes.push_back({"description", {}, *update.description});
    }
  }
  std::string info = extended_info_of(module);
  const std::uint64_t info_digest = fingerprint64(info);
  if (info_digest != config.extended_info_digest) {
    config.extended_info_digest = info_digest;
    update.changes.push_back({"extended_info", {}, info});
    update.extended_info = std::move(info);
  }
  const std::int32_t interval = interval_of(module, agent_interval_s);
  if (interval != config.interval_s) {
    update.changes.push_back(
        {"interval_s", std::to_string(config.interval_s), std::to_string(interval)});
    config.interval_s = interval;
  }
  if (options.thresholds_from_agent) set_plain_thresholds(config, module, update.changes);
  set_forced_thresholds(config, module, update.changes);
  return update;
}

ParentWish parent_wish(const ModuleReport& module) {
  if (flag(module.module_parent_unlink)) return {ParentWish::Kind::kUnlink, {}};
  if (module.module_parent && !module.module_parent->empty()) {
    return {ParentWish::Kind::kLink, *module.module_parent};
  }
  return {};
}

bool type_differs(const ModuleConfig& config, const ModuleReport& module) {
  return module.type && *module.type != traits(config.type).name;
}

}  // namespace yagura::monitor
