#include "audit/record.h"

#include "text/json.h"

namespace yagura::audit {
namespace {

std::string changes_json(const std::vector<FieldChange>& changes) {
  text::JsonWriter json;
  json.begin_array();
  for (const FieldChange& change : changes) {
    json.begin_object().field("field", change.field);
    json.field("before", change.before).field("after", change.after).end_object();
  }
  json.end_array();
  return json.take();
}

}  // namespace

std::string_view to_string(Category category) {
  switch (category) {
    case Category::kLogin:
      return "login";
    case Category::kUser:
      return "user";
    case Category::kAgent:
      return "agent";
    case Category::kModule:
      return "module";
    case Category::kGroup:
      return "group";
    case Category::kEvent:
      return "event";
    case Category::kQuarantine:
      return "quarantine";
    case Category::kSettings:
      return "settings";
    case Category::kSystem:
      break;
  }
  return "system";
}

Status append(db::Connection& db, const Record& record) {
  const std::string changes = changes_json(record.changes);
  const Source& source = record.source;
  auto done = db.execute(
      "INSERT INTO audit_pending (at, user_name, realm, session_id, address, request_id, category,"
      " action, object_type, object_id, object_name, success, changes)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {record.at, source.user, source.realm, source.session, source.address, source.request_id,
       to_string(record.category), record.action, record.object_type, record.object_id,
       record.object_name, std::int64_t{record.success}, changes});
  if (!done) return done.error().with("audit record");
  return {};
}

}  // namespace yagura::audit
