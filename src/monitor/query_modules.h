// Reading modules of an agent with their latest values, and the history of one module.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "db/connection.h"
#include "identity/actor.h"
#include "monitor/query_types.h"

namespace yagura::monitor {

/// One threshold as a person configured it; no numbers and no text = not set.
struct ThresholdView {
  std::optional<double> min;
  std::optional<double> max;
  bool inverse = false;
  std::string text;
};
struct Thresholds {
  ThresholdView warning;
  ThresholdView critical;
};

struct ModuleView {
  ModuleId id;
  AgentId agent_id;
  std::string name;
  std::string description;
  std::string type;  ///< "generic_data", ...
  std::string unit;
  std::string module_group;
  StatusCode status = StatusCode::kNotInit;
  std::optional<Micros> status_since;
  std::optional<LatestValue> value;
  std::optional<Micros> value_at;
  std::optional<Micros> last_contact;
  std::int64_t interval_s = 0;
  bool disabled = false;
  Thresholds thresholds;
  std::string extended_info;
};

struct ModuleList {
  std::vector<ModuleView> items;
};

/// Worst first, then by name. kNotFound for an agent the actor may not see.
Result<ModuleList> list_modules(db::Connection& db, const identity::Actor& actor, AgentId agent);

enum class HistoryResolution : std::uint8_t { kAuto, kRaw, kTrend };
std::string_view to_string(HistoryResolution resolution);

constexpr std::int64_t kMaxHistoryPoints = 10'000;
constexpr std::int64_t kDefaultHistoryPoints = 1'000;

/// Times in whole seconds since the epoch, as the charts count.
struct HistoryQuery {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::int64_t max_points = kDefaultHistoryPoints;
  HistoryResolution resolution = HistoryResolution::kAuto;
};

using Point = std::tuple<double, double>;                                     ///< t, value
using TrendPoint = std::tuple<double, std::int64_t, double, double, double>;  ///< t,n,min,max,avg
using TextPoint = std::tuple<double, std::string>;
using Gap = std::tuple<double, double>;

enum class HistoryKind : std::uint8_t { kNumber, kText };
std::string_view to_string(HistoryKind kind);
enum class HistoryForm : std::uint8_t { kRaw, kTrend };
std::string_view to_string(HistoryForm form);

/// Exactly one of points, trend and texts is filled, as `kind` and `resolution` say.
struct History {
  ModuleRef module;
  HistoryKind kind = HistoryKind::kNumber;
  HistoryForm resolution = HistoryForm::kRaw;
  std::int64_t step_s = 0;  ///< raw: the module's interval; trend: width of one bucket
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::vector<Point> points;
  std::vector<TrendPoint> trend;
  std::vector<TextPoint> texts;
  std::vector<Gap> gaps;   ///< longer than two intervals without a value
  bool truncated = false;  ///< more data than one answer may hold: only the newest is here
};

Result<History> read_history(db::Connection& db, const identity::Actor& actor, ModuleId module,
                             const HistoryQuery& query, Micros now);

}  // namespace yagura::monitor
