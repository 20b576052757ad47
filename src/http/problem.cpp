#include "http/problem.h"

#include "text/json.h"

namespace yagura::http {
namespace {

void write_param(text::JsonWriter& json, const Param& param) {
  json.key(param.first);
  if (const auto* number = std::get_if<std::int64_t>(&param.second)) {
    json.value(*number);
  } else {
    json.value(std::get<std::string>(param.second));
  }
}

void write_fields(text::JsonWriter& json, const std::vector<FieldProblem>& fields) {
  json.key("fields").begin_array();
  for (const FieldProblem& field : fields) {
    json.begin_object().field("field", field.field).field("code", field.code);
    json.key("params").begin_object();
    for (const Param& p : field.params)
      write_param(json, p);
    json.end_object().end_object();
  }
  json.end_array();
}

}  // namespace

Response respond(const Problem& problem, std::string_view request_id) {
  text::JsonWriter json;
  json.begin_object();
  json.field("type", "urn:yagura:problem:" + std::string(problem.kind.code));
  json.field("title", problem.kind.title);
  json.field("status", problem.kind.status);
  json.field("code", problem.kind.code);
  json.key("params").begin_object();
  for (const Param& p : problem.params)
    write_param(json, p);
  if (!problem.fields.empty()) write_fields(json, problem.fields);
  json.end_object();
  json.field("request_id", request_id);
  json.end_object();

  Response response;
  response.status = problem.kind.status;
  response.set("Content-Type", "application/problem+json");
  for (const Param& p : problem.params) {
    const auto* seconds = std::get_if<std::int64_t>(&p.second);
    if (p.first == "retry_after_s" && seconds != nullptr) {
      response.set("Retry-After", std::to_string(*seconds));
    }
  }
  response.body = json.take();
  return response;
}

}  // namespace yagura::http
