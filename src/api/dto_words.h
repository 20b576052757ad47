// Words of the enums that appear in the API.
#pragma once

#include <array>

#include "api/describe.h"
#include "monitor/query_agents.h"
#include "monitor/query_modules.h"
#include "monitor/query_platform.h"
#include "monitor/types.h"

namespace yagura::api {

template <>
struct Words<monitor::StatusCode> {
  using enum monitor::StatusCode;
  static constexpr std::array kAll = {kNormal, kCritical, kWarning, kUnknown, kNotInit};
};
template <>
struct Words<monitor::Severity> {
  using enum monitor::Severity;
  static constexpr std::array kAll = {kMaintenance, kInformational, kNormal, kWarning,
                                      kCritical,    kMinor,         kMajor};
};
template <>
struct Words<monitor::EventStatus> {
  using enum monitor::EventStatus;
  static constexpr std::array kAll = {kNew, kValidated, kInProcess};
};
template <>
struct Words<monitor::EventType> {
  static constexpr auto kAll = [] {
    std::array<monitor::EventType, monitor::kEventTypeCount> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
      all.at(i) = static_cast<monitor::EventType>(i);
    return all;
  }();
};
template <>
struct Words<monitor::AgentMode> {
  using enum monitor::AgentMode;
  static constexpr std::array kAll = {kNormal, kLearning, kAutodisable};
};
template <>
struct Words<monitor::Approval> {
  using enum monitor::Approval;
  static constexpr std::array kAll = {kPending, kApproved, kRejected};
};
template <>
struct Words<monitor::AgentSort> {
  using enum monitor::AgentSort;
  static constexpr std::array kAll = {kWorst, kName, kLastContact};
};
template <>
struct Words<monitor::SortOrder> {
  using enum monitor::SortOrder;
  static constexpr std::array kAll = {kAsc, kDesc};
};
template <>
struct Words<monitor::HistoryKind> {
  using enum monitor::HistoryKind;
  static constexpr std::array kAll = {kNumber, kText};
};
template <>
struct Words<monitor::HistoryForm> {
  using enum monitor::HistoryForm;
  static constexpr std::array kAll = {kRaw, kTrend};
};
template <>
struct Words<monitor::HealthStatus> {
  using enum monitor::HealthStatus;
  static constexpr std::array kAll = {kOk, kDegraded, kFailing};
};
template <>
struct Words<monitor::ServerState> {
  using enum monitor::ServerState;
  static constexpr std::array kAll = {kUp, kStopped, kSilent};
};
template <>
struct Words<monitor::HistoryResolution> {
  using enum monitor::HistoryResolution;
  static constexpr std::array kAll = {kAuto, kRaw, kTrend};
};

}  // namespace yagura::api
