#include "monitor/event.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "monitor/rules_test_util.h"

namespace yagura::monitor {
namespace {

using testing::at;
using testing::module_of;
using enum StatusCode;

struct KindRow {
  StatusCode from, to;
  bool raises;
  EventType type;
  Severity severity;
  EventStatus status;
};

TEST(StatusEvents, TableOfTypesAndSeverities) {
  using enum EventType;
  const EventStatus fresh = EventStatus::kNew;
  const KindRow rows[] = {
      {kNormal, kCritical, true, kGoingUpCritical, Severity::kCritical, fresh},
      {kWarning, kCritical, true, kGoingUpCritical, Severity::kCritical, fresh},
      {StatusCode::kUnknown, kCritical, true, kGoingUpCritical, Severity::kCritical, fresh},
      {kNotInit, kCritical, true, kGoingUpCritical, Severity::kCritical, fresh},
      {kCritical, kWarning, true, kGoingDownWarning, Severity::kWarning, fresh},
      {kNormal, kWarning, true, kGoingUpWarning, Severity::kWarning, fresh},
      {kNotInit, kWarning, true, kGoingUpWarning, Severity::kWarning, fresh},
      {StatusCode::kUnknown, kWarning, true, kGoingUpWarning, Severity::kWarning, fresh},
      {kCritical, kNormal, true, kGoingDownNormal, Severity::kNormal, EventStatus::kValidated},
      {kWarning, kNormal, true, kGoingDownNormal, Severity::kNormal, EventStatus::kValidated},
      {StatusCode::kUnknown, kNormal, true, kGoingDownNormal, Severity::kNormal,
       EventStatus::kValidated},
      {kNormal, StatusCode::kUnknown, true, kGoingUnknown, Severity::kMinor, fresh},
      {kCritical, StatusCode::kUnknown, true, kGoingUnknown, Severity::kMinor, fresh},
  };
  for (const KindRow& row : rows) {
    const StatusEventKind kind = status_event_kind({.from = row.from, .to = row.to});
    EXPECT_EQ(kind.raises, row.raises);
    EXPECT_EQ(kind.type, row.type);
    EXPECT_EQ(kind.severity, row.severity);
    EXPECT_EQ(kind.status, row.status);
  }
  EXPECT_FALSE(status_event_kind({.from = kNotInit, .to = kNormal}).raises);
}

TEST(StatusEvents, Suppression) {
  const ModuleConfig config = module_of(ModuleType::kGenericData);
  const StatusChange critical{.from = kNormal, .to = kCritical};
  const StatusChange unknown{.from = kNormal, .to = StatusCode::kUnknown};
  const StatusChange back{.from = StatusCode::kUnknown, .to = kNormal, .returned_to_known = true};
  EXPECT_TRUE(raises_event(critical, config, {}));
  EXPECT_TRUE(raises_event(unknown, config, {}));
  EXPECT_TRUE(raises_event(back, config, {}));
  EXPECT_FALSE(raises_event({.from = kNotInit, .to = kNormal}, config, {}));
  EXPECT_FALSE(raises_event(critical, config, {.storm_protection = true}));
  EXPECT_FALSE(raises_event(critical, config, {.warming_up = true}));
  EXPECT_FALSE(raises_event(critical, config, {.agent_quiet = true}));
  ModuleConfig quiet = config;
  quiet.quiet = true;
  EXPECT_FALSE(raises_event(critical, quiet, {}));

  ModuleConfig no_critical = config;
  no_critical.disabled_events = 1U << static_cast<unsigned>(EventType::kGoingUpCritical);
  EXPECT_FALSE(raises_event(critical, no_critical, {}));
  EXPECT_TRUE(raises_event(unknown, no_critical, {}));

  EXPECT_FALSE(raises_event(unknown, config, {.unknown_events = false}));
  EXPECT_FALSE(raises_event(back, config, {.unknown_events = false}));
  EXPECT_TRUE(raises_event(critical, config, {.unknown_events = false}));
  ModuleConfig no_unknown = config;
  no_unknown.disabled_events = 1U << static_cast<unsigned>(EventType::kGoingUnknown);
  EXPECT_FALSE(raises_event(unknown, no_unknown, {}));
  EXPECT_FALSE(raises_event(back, no_unknown, {})) << "nobody was told that it was gone";
  EXPECT_TRUE(raises_event({.from = StatusCode::kUnknown, .to = kCritical}, no_unknown, {}))
      << "a real change";
}

TEST(StatusEvents, NumbersInTexts) {
  const std::pair<double, const char*> rows[] = {
      {12.5, "12.5"}, {20, "20"},     {0.04, "0"},  {-0.04, "0"},
      {-4, "-4"},     {99.96, "100"}, {100, "100"}, {1e15, "1000000000000000"}};
  for (const auto& [value, text] : rows)
    EXPECT_EQ(event_number(value), text);
}

TEST(StatusEvents, CompatibleTexts) {
  ModuleConfig config = module_of(ModuleType::kGenericData);
  config.name = "CPU load";
  ModuleState state;
  state.kind = ValueKind::kNumber;
  state.number = 97.25;
  const EventSubject subject{AgentId{3}, ModuleId{7}, GroupId{10}, "host"};
  const auto text = [&](StatusChange change) {
    return status_event(change, config, state, subject, at(10, 0), {}).text;
  };
  EXPECT_EQ(text({.from = kNormal, .to = kCritical}),
            "Module 'CPU load' is going to CRITICAL (97.2)");
  EXPECT_EQ(text({.from = kCritical, .to = kWarning}),
            "Module 'CPU load' is going to WARNING (97.2)");
  EXPECT_EQ(text({.from = kCritical, .to = kNormal}),
            "Module 'CPU load' is going to NORMAL (97.2)");
  EXPECT_EQ(text({.from = kNormal, .to = StatusCode::kUnknown}),
            "Module 'CPU load' is going to UNKNOWN");
  EXPECT_EQ(text({.from = kCritical, .to = kNormal, .silence_recovery = true}),
            "Module 'CPU load' is going to NORMAL (N/A)");
  state.kind = ValueKind::kText;
  state.text = "link down";
  EXPECT_EQ(text({.from = kNormal, .to = kCritical}),
            "Module 'CPU load' is going to CRITICAL (link down)");
}

TEST(StatusEvents, CodeParametersAndSubject) {
  const ModuleConfig config = module_of(ModuleType::kGenericData);
  ModuleState state;
  state.kind = ValueKind::kNumber;
  state.number = 20;
  const EventSubject subject{AgentId{3}, ModuleId{7}, GroupId{10}, "host"};
  const Event event = status_event({.from = kWarning, .to = kCritical}, config, state, subject,
                                   at(10, 0), {.auto_validation = false});
  EXPECT_EQ(event.code, "module-critical");
  EXPECT_EQ(event.params, (EventParams{{"module", "m"}, {"value", "20"}, {"from", "warning"}}));
  EXPECT_EQ(event.agent, AgentId{3});
  EXPECT_EQ(event.module, ModuleId{7});
  EXPECT_EQ(event.group, GroupId{10});
  EXPECT_EQ(event.at, at(10, 0));
  EXPECT_FALSE(event.validates_older);
  EXPECT_TRUE(status_event({.from = kNormal, .to = kCritical}, config, state, subject, 0, {})
                  .validates_older);
  const Event recovered = status_event({.from = kCritical, .to = kNormal, .silence_recovery = true},
                                       config, state, subject, 0, {});
  EXPECT_EQ(recovered.code, "module-recovered");
  EXPECT_EQ(recovered.severity, Severity::kMinor);
}

TEST(StatusEvents, LongValuesAreCut) {
  ModuleState state;
  state.kind = ValueKind::kText;
  state.text = std::string(kMaxEventValue - 1, 'a') + "é and more";
  EXPECT_EQ(event_value(state), std::string(kMaxEventValue - 1, 'a') + "…");
  state.kind = ValueKind::kNone;
  EXPECT_EQ(event_value(state), "N/A");
}

TEST(OtherEvents, EachHasItsOwnCodeAndText) {
  const EventSubject subject{AgentId{3}, {}, GroupId{10}, "web01"};
  const Event events[] = {new_agent_event(subject, "srv1", 1),
                          pending_agent_event(subject, "192.0.2.1", 1),
                          agent_refused_event("X", "no-group", "192.0.2.1", 1),
                          identity_failed_event(subject, "192.0.2.1", "password-wrong", 1),
                          binding_event(subject, "192.0.2.1", "aa", "bb", true, 1),
                          agent_clock_event(subject, 700 * kSecond, 1),
                          bad_document_event("a.1.data", "xml", 1),
                          too_many_files_event(subject, 11, 1),
                          embedded_event(subject, "disk full", 4, 1),
                          autodisabled_event(subject, 1),
                          reenabled_event(subject, 1)};
  std::set<std::string> codes;
  for (const Event& event : events) {
    codes.insert(event.code);
    EXPECT_FALSE(event.text.empty());
    EXPECT_FALSE(event.params.empty());
    EXPECT_FALSE(event.validates_older);
    EXPECT_EQ(event.at, 1);
  }
  EXPECT_EQ(codes.size(), std::size(events));
  EXPECT_EQ(events[0].text, "Agent [web01] created by srv1");
  EXPECT_EQ(events[0].type, EventType::kNewAgent);
  EXPECT_EQ(events[0].severity, Severity::kNormal);
  EXPECT_EQ(events[2].text, "Unable to create agent 'X': No valid group found.");
  EXPECT_EQ(events[2].type, EventType::kError);
  EXPECT_EQ(events[3].severity, Severity::kMajor);
  EXPECT_EQ(events[5].params[1].second, "700");
  EXPECT_EQ(events[6].text, "Unable to process XML data file 'a.1.data'.");
  EXPECT_EQ(events[6].severity, Severity::kMaintenance);
}

TEST(D49_EmbeddedEvent, SystemEventWithTheGroupOfTheAgent) {
  const EventSubject subject{AgentId{3}, {}, GroupId{10}, "web01"};
  const Event event = embedded_event(subject, "disk full", 4, 5);
  EXPECT_EQ(event.type, EventType::kSystem);
  EXPECT_EQ(event.severity, Severity::kCritical);
  EXPECT_EQ(event.text, "disk full");
  EXPECT_EQ(event.group, GroupId{10});
  EXPECT_EQ(embedded_event(subject, "x", 99, 5).severity, Severity::kMajor);
  EXPECT_EQ(embedded_event(subject, "x", -1, 5).severity, Severity::kMaintenance);
}

}  // namespace
}  // namespace yagura::monitor
