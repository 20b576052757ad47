#include "api/openapi.h"

#include <algorithm>
#include <map>
#include <vector>

#include "api/cookie.h"
#include "http/problem.h"
#include "text/json.h"

namespace yagura::api {
namespace {

using text::JsonWriter;

// JSON with line breaks and two blanks a level, so that a change shows as a change of lines.
std::string pretty(std::string_view json) {
  std::string out;
  out.reserve(json.size() * 2);
  std::size_t depth = 0;
  bool quoted = false;
  const auto line = [&] { out.append("\n").append(depth * 2, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      out += c;
      if (c == '\\') out += json[++i];
      quoted = c != '"';
      continue;
    }
    const bool empty = i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']');
    if (c == '{' || c == '[') {
      out += c;
      ++depth;
      if (!empty) line();
    } else if (c == '}' || c == ']') {
      --depth;
      if (json[i - 1] != '{' && json[i - 1] != '[') line();
      out += c;
    } else {
      out += c;
      if (c == ',') line();
      if (c == ':') out += ' ';
      quoted = c == '"';
    }
  }
  return out + "\n";
}

std::string lower(std::string_view method) {
  std::string out(method);
  std::ranges::transform(out, out.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  return out;
}

void write_header_parameter(JsonWriter& json, std::string_view name, std::string_view doc,
                            bool required) {
  json.begin_object().field("name", name).field("in", "header").field("required", required);
  json.field("description", doc).key("schema").begin_object();
  json.field("type", "string").end_object().end_object();
}

void write_parameters(JsonWriter& json, const Operation& op, Components& components) {
  json.key("parameters").begin_array();
  if (op.spec.path->find("{id}") != std::string_view::npos) {
    json.begin_object().field("name", "id").field("in", "path").field("required", true);
    json.key("schema").begin_object().field("type", "integer").field("format", "int64");
    json.field("minimum", 1).end_object().end_object();
  }
  op.parameters(json, components);
  if (*op.spec.method != http::Method::kGet && op.spec.access->kind() != Access::Kind::kPublic) {
    write_header_parameter(json, "X-CSRF-Token", "csrf_token of the session", true);
  }
  if (*op.spec.method == http::Method::kPatch) {
    write_header_parameter(json, "If-Match", "ETag that was read", true);
  }
  if (*op.spec.method == http::Method::kGet && op.spec.access->kind() != Access::Kind::kPublic) {
    write_header_parameter(json, "X-Background-Refresh",
                           "1 when nobody acted: the request does not prolong the session", false);
  }
  json.end_array();
}

void write_content(JsonWriter& json, std::string_view type,
                   const std::function<void(JsonWriter&, Components&)>& schema,
                   Components& components) {
  json.key("content").begin_object().key(type).begin_object().key("schema").begin_object();
  schema(json, components);
  json.end_object().end_object().end_object();
}

void write_responses(JsonWriter& json, const Operation& op, Components& components) {
  json.key("responses").begin_object();
  json.key(op.has_answer ? "200" : "204").begin_object();
  json.field("description", op.has_answer ? "The answer" : "Done");
  if (op.has_answer) write_content(json, "application/json", op.answer_schema, components);
  json.end_object();
  json.key("default").begin_object().field("description", "A problem; its code tells which");
  write_content(
      json, "application/problem+json",
      [](JsonWriter& inner, Components&) { write_reference(inner, "Problem"); }, components);
  json.end_object().end_object();
}

void write_operation(JsonWriter& json, const Operation& op, Components& components) {
  const RouteSpec& spec = op.spec;
  json.key(lower(http::to_string(*spec.method))).begin_object();
  json.field("operationId", *spec.name).field("summary", *spec.summary);
  if (spec.access->kind() == Access::Kind::kPublic) {
    json.key("security").begin_array().end_array();
  }
  // What the machine-readable rights are, for the documentation and for tests over all routes.
  if (const auto bit = spec.access->bit()) json.field("x-permission", identity::to_string(*bit));
  if (spec.audit->category()) json.field("x-audit", spec.audit->action());
  write_parameters(json, op, components);
  if (op.has_body) {
    json.key("requestBody").begin_object().field("required", true);
    write_content(json, "application/json", op.request_schema, components);
    json.end_object();
  }
  write_responses(json, op, components);
  json.end_object();
}

void write_problem_schema(JsonWriter& json) {
  json.key("Problem").begin_object().field("type", "object");
  json.field("description", "RFC 9457; `code` is stable and names the text to show");
  json.key("properties").begin_object();
  for (const std::string_view name : {"type", "title", "request_id"}) {
    json.key(name).begin_object().field("type", "string").end_object();
  }
  json.key("status").begin_object().field("type", "integer").end_object();
  json.key("code").begin_object().field("type", "string").key("enum").begin_array();
  for (const ProblemKind& kind : kAllProblems)
    json.value(kind.code);
  json.end_array().end_object();
  json.key("params").begin_object().field("type", "object");
  json.key("properties").begin_object().key("fields").begin_object();
  json.field("type", "array").key("items").begin_object();
  write_reference(json, "FieldProblem");
  json.end_object().end_object();
  for (const std::string_view name : {"retry_after_s", "min"}) {
    json.key(name).begin_object().field("type", "integer").end_object();
  }
  json.end_object().end_object().end_object();
  json.key("required").begin_array();
  for (const std::string_view name : {"type", "title", "status", "code", "params", "request_id"}) {
    json.value(name);
  }
  json.end_array().end_object();
}

void write_field_problem_schema(JsonWriter& json) {
  json.key("FieldProblem").begin_object().field("type", "object");
  json.key("properties").begin_object();
  for (const std::string_view name : {"field", "code"}) {
    json.key(name).begin_object().field("type", "string").end_object();
  }
  json.key("params").begin_object().field("type", "object").key("additionalProperties");
  json.begin_object().key("type").begin_array().value("string").value("integer").end_array();
  json.end_object().end_object().end_object();
  json.key("required").begin_array().value("field").value("code").value("params").end_array();
  json.end_object();
}

void write_components(JsonWriter& json, const Components& components) {
  json.key("components").begin_object().key("securitySchemes").begin_object();
  json.key("session").begin_object().field("type", "apiKey").field("in", "cookie");
  json.field("name", kSessionCookie).end_object().end_object();
  json.key("schemas").begin_object();
  write_problem_schema(json);
  write_field_problem_schema(json);
  for (const auto& [name, schema] : components.schemas())
    json.key(name).raw(schema);
  json.end_object().end_object();
}

}  // namespace

std::string openapi_document(std::span<const Operation> operations) {
  std::vector<std::string_view> paths;
  std::map<std::string_view, std::vector<const Operation*>> by_path;
  for (const Operation& op : operations) {
    if (!by_path.contains(*op.spec.path)) paths.push_back(*op.spec.path);
    by_path[*op.spec.path].push_back(&op);
  }
  JsonWriter json;
  Components components;
  json.begin_object().field("openapi", "3.1.0");
  json.key("info").begin_object().field("title", "Yagura").field("version", "2");
  json.field("description",
             "Monitoring console. Times in objects are RFC 3339 UTC; in arrays of "
             "points and in query parameters they are seconds since the epoch.");
  json.end_object();
  json.key("security").begin_array().begin_object();
  json.key("session").begin_array().end_array().end_object().end_array();
  json.key("paths").begin_object();
  for (const std::string_view path : paths) {
    json.key(path).begin_object();
    for (const Operation* op : by_path[path])
      write_operation(json, *op, components);
    json.end_object();
  }
  json.end_object();
  write_components(json, components);
  json.end_object();
  return pretty(json.take());
}

}  // namespace yagura::api
