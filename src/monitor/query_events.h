// Reading events, and the one act on them so far: validation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "identity/actor.h"
#include "monitor/query_types.h"

namespace yagura::monitor {

struct EventView {
  EventId id;
  Micros at = 0;
  EventType type = EventType::kSystem;
  Severity severity = Severity::kInformational;
  EventStatus status = EventStatus::kNew;
  std::string code;
  TextParams params;
  std::string text;  ///< English
  std::optional<AgentRef> agent;
  std::optional<ModuleRef> module;
  std::optional<GroupRef> group;
  std::string acknowledged_by;
  std::optional<Micros> acknowledged_at;
  std::string owner;
  std::vector<std::string> tags;
};

struct EventFilter {
  std::optional<AgentId> agent;
  std::optional<ModuleId> module;
  std::vector<Severity> severity;
  std::vector<EventStatus> status;
  std::vector<EventType> type;
  std::optional<std::int64_t> from;  ///< seconds since the epoch, inclusive
  std::optional<std::int64_t> to;    ///< seconds since the epoch, exclusive
  std::string q;                     ///< part of the English text or of the agent's alias
  std::int64_t limit = kDefaultPage;
  std::string cursor;
};

/// Counting stops here: on a site with millions of events nobody waits for the exact number.
constexpr std::int64_t kMaxEventTotal = 10'000;

struct EventPage {
  std::vector<EventView> items;  ///< newest first
  std::optional<std::string> next_cursor;
  std::int64_t total = 0;  ///< of the filter, all pages; at most kMaxEventTotal
};

/// False for a cursor that this list did not give out: ask before listing.
bool has_valid_cursor(const EventFilter& filter);
Result<EventPage> list_events(db::Connection& db, const identity::Actor& actor,
                              const EventFilter& filter);

/// Marks an event as seen and dealt with; needs EW in its group. Validating a validated event
/// changes nothing and is no error. Audited.
Result<EventView> validate_event(db::Connection& db, const identity::Actor& actor, EventId id,
                                 const std::string& comment, Micros now);

}  // namespace yagura::monitor
