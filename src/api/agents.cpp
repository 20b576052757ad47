// Agents: list, detail, edit, admit and turn away.
#include "api/dto_common.h"
#include "api/etag.h"
#include "api/resources.h"
#include "monitor/change_agents.h"
#include "monitor/query_agents.h"

namespace yagura::api {

namespace {
template <typename T, typename V>
void count_fields(V& v) {
  v.field("normal", &T::normal, "");
  v.field("critical", &T::critical, "");
  v.field("warning", &T::warning, "");
  v.field("unknown", &T::unknown, "");
  v.field("not_init", &T::not_init, "");
}
}  // namespace

template <>
struct Describe<monitor::StatusCounts> {
  static constexpr std::string_view kName = "StatusCounts";
  template <typename V>
  static void fields(V& v) {
    count_fields<monitor::StatusCounts>(v);
  }
};

template <>
struct Describe<monitor::ModuleTally> {
  static constexpr std::string_view kName = "ModuleCounts";
  template <typename V>
  static void fields(V& v) {
    v.field("total", &monitor::ModuleTally::total, "");
    count_fields<monitor::ModuleTally>(v);
  }
};

template <>
struct Describe<monitor::WorstModule> {
  static constexpr std::string_view kName = "WorstModule";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::WorstModule;
    v.field("module_id", &T::module_id, "");
    v.field("module", &T::module, "Name of the module");
    v.field("status", &T::status, "");
    v.field("value", &T::value, "Latest value");
    v.time("since", &T::since, "Since when it has this status");
  }
};

template <>
struct Describe<monitor::AgentSummary> {
  static constexpr std::string_view kName = "AgentSummary";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::AgentSummary;
    v.field("id", &T::id, "");
    v.field("name", &T::name, "Name the agent gives itself; its identity");
    v.field("alias", &T::alias, "Name shown to people");
    v.field("address", &T::address, "");
    v.field("os_name", &T::os_name, "");
    v.field("os_version", &T::os_version, "");
    v.field("group", &T::group, "");
    v.field("status", &T::status, "Worst status of its modules");
    v.time("status_since", &T::status_since, "");
    v.time("last_contact", &T::last_contact, "When its last report was received");
    v.field("interval_s", &T::interval_s, "Seconds between reports");
    v.field("disabled", &T::disabled, "");
    v.field("approval", &T::approval, "");
    v.field("modules", &T::modules, "How many modules have which status");
    v.field("worst", &T::worst, "The module that decides the status; null when all is well");
    v.field("demo", &T::demo, "Made by the demonstration, not by a real host");
  }
};

template <>
struct Describe<monitor::CustomField> {
  static constexpr std::string_view kName = "CustomField";
  template <typename V>
  static void fields(V& v) {
    v.field("name", &monitor::CustomField::name, "");
    v.field("value", &monitor::CustomField::value, "");
  }
};

template <>
struct Describe<monitor::AgentTransport> {
  static constexpr std::string_view kName = "AgentTransport";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::AgentTransport;
    v.field("level", &T::level,
            "How the last report came: local, none, tls, certificate, mutual; empty = not known");
    v.field("peer", &T::peer, "Address it came from");
  }
};

template <>
struct Describe<monitor::Completeness> {
  static constexpr std::string_view kName = "Completeness";
  template <typename V>
  static void fields(V& v) {
    v.field("missing", &monitor::Completeness::missing,
            "Stable words: description, address, department, responsible, location, modules, "
            "inventory, encryption");
  }
};

template <>
struct Describe<monitor::AgentDetail> {
  static constexpr std::string_view kName = "AgentDetail";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::AgentDetail;
    Describe<monitor::AgentSummary>::fields(v);
    v.field("description", &T::description, "");
    v.field("agent_version", &T::agent_version, "");
    v.field("mode", &T::mode, "How much the agent's reports may change");
    v.field("timezone_offset_h", &T::timezone_offset_h, "");
    v.field("quiet", &T::quiet, "Events and alerts are held back");
    v.field("addresses", &T::addresses, "");
    v.field("custom_fields", &T::custom_fields, "");
    v.field("bound_fingerprint", &T::bound_fingerprint,
            "SHA-256 of the client certificate this name belongs to; empty = none");
    v.field("transport", &T::transport, "");
    v.time("created_at", &T::created_at, "");
    v.time("first_contact", &T::first_contact, "");
    v.field("completeness", &T::completeness, "");
  }
};

template <>
struct Describe<monitor::AgentFilter> {
  static constexpr std::string_view kName = "AgentFilter";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::AgentFilter;
    v.field("q", &T::q, "Part of alias, name or address; case does not matter",
            {.max_length = 200});
    v.field("status", &T::status, "Only these statuses");
    v.field("group", &T::group, "Only this group", {.min = 1});
    v.field("approval", &T::approval, "");
    v.field("sort", &T::sort, "Default: worst");
    v.field("order", &T::order,
            "Default: worst first (desc), name asc, last_contact newest first (desc)");
    page_fields<T>(v);
  }
};

template <>
struct Describe<monitor::AgentPage> {
  static constexpr std::string_view kName = "AgentPage";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::AgentPage;
    v.field("items", &T::items, "");
    v.field("next_cursor", &T::next_cursor, "cursor of the next page; null = this is the last");
    v.field("total", &T::total, "Agents that match, on all pages");
    v.field("counts", &T::counts, "Agents that match without the status filter, by status");
  }
};

template <>
struct Describe<monitor::AgentPatch> {
  static constexpr std::string_view kName = "AgentPatch";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::AgentPatch;
    v.field("alias", &T::alias, "", {.max_length = 200});
    v.field("description", &T::description, "", {.max_length = 2000, .lines = Lines::kMany});
    v.field("group_id", &T::group_id, "", {.min = 1});
    v.field("disabled", &T::disabled, "");
    v.field("quiet", &T::quiet, "");
    v.field("mode", &T::mode, "");
  }
};

namespace {

using http::Method;
using monitor::AgentDetail;

Reply<AgentDetail> with_etag(Result<AgentDetail> agent) {
  if (!agent) return agent.error();
  const std::string tag = etag_of(agent->revision);
  Reply<AgentDetail> reply(std::move(*agent));
  reply.headers.push_back({"ETag", tag});
  return reply;
}

Reply<monitor::AgentPage> list(Context& context, const monitor::AgentFilter& filter,
                               None& /*body*/) {
  if (!monitor::has_valid_cursor(filter)) return cursor_problem();
  return monitor::list_agents(context.db, context.actor(), filter);
}

Reply<AgentDetail> show(Context& context, const None& /*query*/, None& /*body*/) {
  return with_etag(monitor::find_agent(context.db, context.actor(), AgentId{context.id}));
}

Reply<AgentDetail> change(Context& context, const None& /*query*/, monitor::AgentPatch& patch) {
  const auto revision = revision_of(context.request);
  if (!revision) return Problem{problems::kPreconditionRequired, {}, {}};
  auto changed = monitor::change_agent(context.db, context.actor(), AgentId{context.id}, patch,
                                       *revision, context.now());
  if (!changed && changed.error().code == ErrorCode::kConflict) {
    return Problem{problems::kPreconditionFailed, {}, {}};
  }
  return with_etag(std::move(changed));
}

Reply<AgentDetail> approve(Context& context, const None& /*query*/, None& /*body*/) {
  return with_etag(monitor::decide_agent(context.db, context.actor(), AgentId{context.id},
                                         monitor::Approval::kApproved, context.now()));
}

Reply<AgentDetail> reject(Context& context, const None& /*query*/, None& /*body*/) {
  return with_etag(monitor::decide_agent(context.db, context.actor(), AgentId{context.id},
                                         monitor::Approval::kRejected, context.now()));
}

}  // namespace

void add_agents(Operations& operations) {
  using enum identity::Bit;
  constexpr auto kCategory = audit::Category::kAgent;
  operations.push_back(operation({.method = Method::kGet,
                                  .path = "/api/v2/agents",
                                  .name = "list_agents",
                                  .summary = "Agents, worst first",
                                  .access = Access::needs(kAR),
                                  .audit = Audit::read_only(),
                                  .rate = RateClass::kRead},
                                 list));
  operations.push_back(operation({.method = Method::kGet,
                                  .path = "/api/v2/agents/{id}",
                                  .name = "show_agent",
                                  .summary = "One agent in full, with its ETag",
                                  .access = Access::needs(kAR),
                                  .audit = Audit::read_only(),
                                  .rate = RateClass::kRead},
                                 show));
  operations.push_back(
      operation({.method = Method::kPatch,
                 .path = "/api/v2/agents/{id}",
                 .name = "change_agent",
                 .summary = "Edit an agent; If-Match carries the ETag that was read",
                 .access = Access::needs(kAD),
                 .audit = Audit::act(kCategory, "agent.update"),
                 .rate = RateClass::kWrite},
                change));
  operations.push_back(operation({.method = Method::kPost,
                                  .path = "/api/v2/agents/{id}/approve",
                                  .name = "approve_agent",
                                  .summary = "Admit an agent that created itself",
                                  .access = Access::needs(kAW),
                                  .audit = Audit::act(kCategory, "agent.approve"),
                                  .rate = RateClass::kWrite},
                                 approve));
  operations.push_back(operation({.method = Method::kPost,
                                  .path = "/api/v2/agents/{id}/reject",
                                  .name = "reject_agent",
                                  .summary = "Turn away an agent that created itself",
                                  .access = Access::needs(kAW),
                                  .audit = Audit::act(kCategory, "agent.reject"),
                                  .rate = RateClass::kWrite},
                                 reject));
}

}  // namespace yagura::api
