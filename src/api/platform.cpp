// Groups, health and quarantine.
#include "api/dto_common.h"
#include "api/resources.h"
#include "monitor/query_platform.h"

namespace yagura::api {

template <>
struct Describe<monitor::GroupView> {
  static constexpr std::string_view kName = "Group";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::GroupView;
    v.field("id", &T::id, "");
    v.field("name", &T::name, "");
    v.field("parent_id", &T::parent_id, "null = a group of the top level");
    v.field("agents", &T::agents, "Agents directly in it");
  }
};

template <>
struct Describe<monitor::GroupList> {
  static constexpr std::string_view kName = "GroupList";
  template <typename V>
  static void fields(V& v) {
    v.field("items", &monitor::GroupList::items, "");
  }
};

template <>
struct Describe<monitor::HealthCheck> {
  static constexpr std::string_view kName = "HealthCheck";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::HealthCheck;
    v.field("code", &T::code, "What was looked at");
    v.field("status", &T::status, "");
    v.field("params", &T::params, "");
  }
};

template <>
struct Describe<monitor::SpoolHealth> {
  static constexpr std::string_view kName = "SpoolHealth";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::SpoolHealth;
    v.field("items", &T::items, "Received, not yet stored");
    v.field("bytes", &T::bytes, "");
    v.field("oldest_age_s", &T::oldest_age_s, "");
    v.field("disk_free_percent", &T::disk_free_percent, "");
  }
};

template <>
struct Describe<monitor::IngestHealth> {
  static constexpr std::string_view kName = "IngestHealth";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::IngestHealth;
    v.field("items_per_s", &T::items_per_s, "");
    v.field("samples_per_s", &T::samples_per_s, "");
    v.field("lag_ms_p99", &T::lag_ms_p99, "Arrival to stored, 99th percentile of a minute");
    v.time("last_item_at", &T::last_item_at, "");
  }
};

template <>
struct Describe<monitor::LossCounters> {
  static constexpr std::string_view kName = "LossCounters";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::LossCounters;
    v.field("refused", &T::refused, "");
    v.field("quarantined", &T::quarantined, "");
    v.field("invalid_values", &T::invalid_values, "");
    v.field("duplicates", &T::duplicates, "");
  }
};

template <>
struct Describe<monitor::DatabaseHealth> {
  static constexpr std::string_view kName = "DatabaseHealth";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::DatabaseHealth;
    v.field("dialect", &T::dialect, "sqlite, mariadb or mysql");
    v.field("version", &T::version, "");
    v.field("location", &T::location, "File, or host and port");
    v.field("tls_version", &T::tls_version, "Empty = the link needs none");
    v.field("tls_cipher", &T::tls_cipher, "");
    v.field("latency_ms", &T::latency_ms, "One small question, there and back");
  }
};

template <>
struct Describe<monitor::ServerHealth> {
  static constexpr std::string_view kName = "ServerHealth";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::ServerHealth;
    v.field("name", &T::name, "");
    v.field("status", &T::status, "silent: its keep-alive is overdue");
    v.field("version", &T::version, "");
    v.time("last_keepalive", &T::last_keepalive, "");
  }
};

template <>
struct Describe<monitor::QuarantineHealth> {
  static constexpr std::string_view kName = "QuarantineHealth";
  template <typename V>
  static void fields(V& v) {
    v.field("items", &monitor::QuarantineHealth::items, "Held, not yet decided");
  }
};

template <>
struct Describe<monitor::LinkHealth> {
  static constexpr std::string_view kName = "LinkHealth";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::LinkHealth;
    v.field("name", &T::name, "");
    v.field("tls_version", &T::tls_version, "Empty = not encrypted");
    v.field("cipher", &T::cipher, "");
    v.field("verified", &T::verified, "The peer proved who it is");
  }
};

template <>
struct Describe<monitor::Health> {
  static constexpr std::string_view kName = "Health";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::Health;
    v.field("status", &T::status, "The worst of the checks");
    v.field("checks", &T::checks, "");
    v.field("spool", &T::spool, "");
    v.field("ingest", &T::ingest, "");
    v.field("losses", &T::losses, "Totals since the platform was set up");
    v.field("database", &T::database, "");
    v.field("servers", &T::servers, "");
    v.field("quarantine", &T::quarantine, "");
    v.field("links", &T::links, "Connections between the parts of the platform");
  }
};

template <>
struct Describe<monitor::QuarantineReason> {
  static constexpr std::string_view kName = "QuarantineReason";
  template <typename V>
  static void fields(V& v) {
    v.field("code", &monitor::QuarantineReason::code, "");
    v.field("params", &monitor::QuarantineReason::params, "");
  }
};

template <>
struct Describe<monitor::QuarantineItem> {
  static constexpr std::string_view kName = "QuarantineItem";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::QuarantineItem;
    v.field("id", &T::id, "");
    v.time("at", &T::at, "");
    v.field("reason", &T::reason, "");
    v.field("peer", &T::peer, "Address it came from");
    v.field("agent_name", &T::agent_name, "As the payload says; empty = could not be read");
    v.field("file_name", &T::file_name, "As announced");
    v.field("bytes", &T::bytes, "");
    v.field("state", &T::state, "held, released or deleted");
  }
};

template <>
struct Describe<monitor::QuarantineFilter> {
  static constexpr std::string_view kName = "QuarantineFilter";
  template <typename V>
  static void fields(V& v) {
    page_fields<monitor::QuarantineFilter>(v);
  }
};

template <>
struct Describe<monitor::QuarantinePage> {
  static constexpr std::string_view kName = "QuarantinePage";
  template <typename V>
  static void fields(V& v) {
    using T = monitor::QuarantinePage;
    v.field("items", &T::items, "Newest first");
    v.field("next_cursor", &T::next_cursor, "cursor of the next page; null = this is the last");
  }
};

namespace {

using http::Method;

Reply<monitor::GroupList> groups(Context& context, const None& /*query*/, None& /*body*/) {
  return monitor::list_groups(context.db, context.actor());
}

Reply<monitor::Health> health(Context& context, const None& /*query*/, None& /*body*/) {
  const http::Peer& peer = context.request.peer;
  // The browser checked the console's certificate, else it would not have sent the request.
  const monitor::LinkHealth own{.name = "browser-console",
                                .tls_version = peer.tls_version,
                                .cipher = peer.tls_cipher,
                                .verified = true};
  return monitor::read_health(context.db, context.actor(), own, context.now());
}

Reply<monitor::QuarantinePage> quarantine(Context& context, const monitor::QuarantineFilter& filter,
                                          None& /*body*/) {
  if (!monitor::has_valid_cursor(filter)) return cursor_problem();
  return monitor::list_quarantine(context.db, context.actor(), filter);
}

}  // namespace

void add_platform(Operations& operations) {
  operations.push_back(operation({.method = Method::kGet,
                                  .path = "/api/v2/groups",
                                  .name = "list_groups",
                                  .summary = "Groups in which the caller may see agents",
                                  .access = Access::needs(identity::Bit::kAR),
                                  .audit = Audit::read_only(),
                                  .rate = RateClass::kRead},
                                 groups));
  operations.push_back(operation({.method = Method::kGet,
                                  .path = "/api/v2/health",
                                  .name = "read_health",
                                  .summary = "How the platform itself is doing",
                                  .access = Access::needs(identity::Bit::kAR),
                                  .audit = Audit::read_only(),
                                  .rate = RateClass::kRead},
                                 health));
  operations.push_back(operation({.method = Method::kGet,
                                  .path = "/api/v2/quarantine",
                                  .name = "list_quarantine",
                                  .summary = "What was refused, newest first",
                                  .access = Access::needs(identity::Bit::kAW),
                                  .audit = Audit::read_only(),
                                  .rate = RateClass::kRead},
                                 quarantine));
}

}  // namespace yagura::api
