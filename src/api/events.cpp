// Events: list and validate.
#include "api/dto_common.h"
#include "api/resources.h"
#include "monitor/query_events.h"

namespace yagura::api {

namespace {
struct Validation {
  std::optional<std::string> comment;
};
}  // namespace

template <>
struct Describe<Validation> {
  static constexpr std::string_view kName = "EventValidation";
  template <typename V>
  static void fields(V& v) {
    v.field("comment", &Validation::comment, "", {.max_length = 2000, .lines = Lines::kMany});
  }
};

template <>
struct Describe<monitor::EventView> {
  static constexpr std::string_view kName = "Event";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::EventView;
    v.field("id", &T::id, "");
    v.time("at", &T::at, "");
    v.field("type", &T::type, "");
    v.field("severity", &T::severity, "");
    v.field("status", &T::status, "");
    v.field("code", &T::code, "Names the text; empty = `text` is all there is");
    v.field("params", &T::params, "What the text speaks of");
    v.field("text", &T::text, "The text in English");
    v.field("agent", &T::agent, "");
    v.field("module", &T::module, "");
    v.field("group", &T::group, "null = belongs to the platform");
    v.field("acknowledged_by", &T::acknowledged_by, "Empty = nobody yet");
    v.time("acknowledged_at", &T::acknowledged_at, "");
    v.field("owner", &T::owner, "");
    v.field("tags", &T::tags, "");
  }
};

template <>
struct Describe<monitor::EventFilter> {
  static constexpr std::string_view kName = "EventFilter";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::EventFilter;
    v.field("agent", &T::agent, "Only this agent", {.min = 1});
    v.field("module", &T::module, "Only this module", {.min = 1});
    v.field("severity", &T::severity, "");
    v.field("status", &T::status, "");
    v.field("type", &T::type, "");
    v.field("from", &T::from, "Seconds since the epoch, inclusive", {.min = 0});
    v.field("to", &T::to, "Seconds since the epoch, exclusive", {.min = 0});
    v.field("q", &T::q, "Part of the text or of the agent's alias", {.max_length = 200});
    page_fields<T>(v);
  }
};

template <>
struct Describe<monitor::EventPage> {
  static constexpr std::string_view kName = "EventPage";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::EventPage;
    v.field("items", &T::items, "Newest first");
    v.field("next_cursor", &T::next_cursor, "cursor of the next page; null = this is the last");
    v.field("total", &T::total, "Events that match, on all pages; counted up to 10000");
  }
};

namespace {

using http::Method;

Reply<monitor::EventPage> list(Context& context, const monitor::EventFilter& filter,
                               None& /*body*/) {
  if (!monitor::has_valid_cursor(filter)) return cursor_problem();
  return monitor::list_events(context.db, context.actor(), filter);
}

Reply<monitor::EventView> validate(Context& context, const None& /*query*/, Validation& body) {
  return monitor::validate_event(context.db, context.actor(), EventId{context.id},
                                 body.comment.value_or(""), context.now());
}

}  // namespace

void add_events(Operations& operations) {
  operations.push_back(operation({.method = Method::kGet,
                                  .path = "/api/v2/events",
                                  .name = "list_events",
                                  .summary = "Events, newest first",
                                  .access = Access::needs(identity::Bit::kER),
                                  .audit = Audit::read_only(),
                                  .rate = RateClass::kRead},
                                 list));
  operations.push_back(operation({.method = Method::kPost,
                                  .path = "/api/v2/events/{id}/validate",
                                  .name = "validate_event",
                                  .summary = "Mark an event as seen and dealt with",
                                  .access = Access::needs(identity::Bit::kEW),
                                  .audit = Audit::act(audit::Category::kEvent, "event.validate"),
                                  .rate = RateClass::kWrite},
                                 validate));
}

}  // namespace yagura::api
