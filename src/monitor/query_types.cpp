#include "monitor/query_types.h"

#include "monitor/query_agents.h"
#include "monitor/query_modules.h"
#include "monitor/query_platform.h"

namespace yagura::monitor {

std::string_view to_string(AgentSort sort) {
  switch (sort) {
    case AgentSort::kName:
      return "name";
    case AgentSort::kLastContact:
      return "last_contact";
    case AgentSort::kWorst:
      break;
  }
  return "worst";
}

std::string_view to_string(SortOrder order) {
  return order == SortOrder::kAsc ? "asc" : "desc";
}

std::string_view to_string(HistoryResolution resolution) {
  switch (resolution) {
    case HistoryResolution::kRaw:
      return "raw";
    case HistoryResolution::kTrend:
      return "trend";
    case HistoryResolution::kAuto:
      break;
  }
  return "auto";
}

std::string_view to_string(HistoryKind kind) {
  return kind == HistoryKind::kText ? "text" : "number";
}

std::string_view to_string(HistoryForm form) {
  return form == HistoryForm::kRaw ? "raw" : "trend";
}

std::string_view to_string(HealthStatus status) {
  switch (status) {
    case HealthStatus::kDegraded:
      return "degraded";
    case HealthStatus::kFailing:
      return "failing";
    case HealthStatus::kOk:
      break;
  }
  return "ok";
}

std::string_view to_string(ServerState state) {
  switch (state) {
    case ServerState::kStopped:
      return "stopped";
    case ServerState::kSilent:
      return "silent";
    case ServerState::kUp:
      break;
  }
  return "up";
}

}  // namespace yagura::monitor
