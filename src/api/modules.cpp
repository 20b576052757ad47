// Modules of an agent and the history of one.
#include "api/dto_common.h"
#include "api/resources.h"
#include "monitor/query_modules.h"

namespace yagura::api {

template <>
struct Describe<monitor::ThresholdView> {
  static constexpr std::string_view kName = "Threshold";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::ThresholdView;
    v.field("min", &T::min, "");
    v.field("max", &T::max, "null with min set: no upper end");
    v.field("inverse", &T::inverse, "Matches outside instead of inside");
    v.field("text", &T::text, "Regular expression for texts; empty = none");
  }
};

template <>
struct Describe<monitor::Thresholds> {
  static constexpr std::string_view kName = "Thresholds";
  template <typename V>
  static void fields(V& v) {
    v.field("warning", &monitor::Thresholds::warning, "");
    v.field("critical", &monitor::Thresholds::critical, "");
  }
};

template <>
struct Describe<monitor::ModuleView> {
  static constexpr std::string_view kName = "Module";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::ModuleView;
    v.field("id", &T::id, "");
    v.field("agent_id", &T::agent_id, "");
    v.field("name", &T::name, "");
    v.field("description", &T::description, "");
    v.field("type", &T::type, "generic_data, generic_proc, ...");
    v.field("unit", &T::unit, "");
    v.field("module_group", &T::module_group, "");
    v.field("status", &T::status, "");
    v.time("status_since", &T::status_since, "");
    v.field("value", &T::value, "Latest value; null = none yet");
    v.time("value_at", &T::value_at, "The agent's time of that value");
    v.time("last_contact", &T::last_contact, "");
    v.field("interval_s", &T::interval_s, "");
    v.field("disabled", &T::disabled, "");
    v.field("thresholds", &T::thresholds, "");
    v.field("extended_info", &T::extended_info, "Lines \"name: value\" as the agent sent them");
  }
};

template <>
struct Describe<monitor::ModuleList> {
  static constexpr std::string_view kName = "ModuleList";
  template <typename V>
  static void fields(V& v) {
    v.field("items", &monitor::ModuleList::items, "");
  }
};

template <>
struct Describe<monitor::HistoryQuery> {
  static constexpr std::string_view kName = "HistoryQuery";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::HistoryQuery;
    constexpr std::int64_t kLatest = 253'402'300'799;  // end of the year 9999
    v.field("from", &T::from, "Start, seconds since the epoch; default: a day before `to`",
            {.min = 0, .max = kLatest});
    v.field("to", &T::to, "End, seconds since the epoch; default: now", {.min = 0, .max = kLatest});
    v.field("max_points", &T::max_points, "More are folded into buckets",
            {.min = 10, .max = monitor::kMaxHistoryPoints});
    v.field("resolution", &T::resolution, "auto, raw or trend");
  }
};

template <>
struct Describe<monitor::History> {
  static constexpr std::string_view kName = "History";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::History;
    v.field("module", &T::module, "");
    v.field("kind", &T::kind, "number: points or trend is filled; text: texts is");
    v.field("resolution", &T::resolution, "raw: values as they came; trend: folded into buckets");
    v.field("step_s", &T::step_s, "raw: interval of the module; trend: width of one bucket");
    v.field("from", &T::from, "Seconds since the epoch");
    v.field("to", &T::to, "Seconds since the epoch");
    v.field("points", &T::points, "[time, value]");
    v.field("trend", &T::trend, "[time, number of values, minimum, maximum, average]");
    v.field("texts", &T::texts, "[time, text]");
    v.field("gaps", &T::gaps, "[from, to] without values");
    v.field("truncated", &T::truncated, "More values than fit: only the newest are here");
  }
};

namespace {

using http::Method;

Reply<monitor::ModuleList> list(Context& context, const None& /*query*/, None& /*body*/) {
  return monitor::list_modules(context.db, context.actor(), AgentId{context.id});
}

Reply<monitor::History> history(Context& context, const monitor::HistoryQuery& query,
                                None& /*body*/) {
  monitor::HistoryQuery range = query;
  constexpr std::int64_t kDayS = 86'400;
  if (range.to == 0) range.to = context.now() / kSecond;
  if (range.from == 0) range.from = std::max<std::int64_t>(0, range.to - kDayS);
  if (range.from >= range.to) {
    return validation_failed({{"from", "not-before-to", {}}});
  }
  return monitor::read_history(context.db, context.actor(), ModuleId{context.id}, range,
                               context.now());
}

}  // namespace

void add_modules(Operations& operations) {
  operations.push_back(operation({.method = Method::kGet,
                                  .path = "/api/v2/agents/{id}/modules",
                                  .name = "list_modules",
                                  .summary = "Modules of an agent with their latest values",
                                  .access = Access::needs(identity::Bit::kAR),
                                  .audit = Audit::read_only(),
                                  .rate = RateClass::kRead},
                                 list));
  operations.push_back(operation({.method = Method::kGet,
                                  .path = "/api/v2/modules/{id}/history",
                                  .name = "read_history",
                                  .summary = "Values of a module over time",
                                  .access = Access::needs(identity::Bit::kAR),
                                  .audit = Audit::read_only(),
                                  .rate = RateClass::kRead},
                                 history));
}

}  // namespace yagura::api
