#include "setup/supervisor_status.h"

#include <cerrno>

#include <boost/json.hpp>
#include <signal.h>

#include "base/file.h"

namespace yagura::setup {
namespace {

constexpr std::size_t kMaxStatusBytes = 65536;

Result<ProgramStatus> read_program(const boost::json::value& value) {
  const boost::json::object* object = value.if_object();
  const boost::json::value* name = object != nullptr ? object->if_contains("name") : nullptr;
  const boost::json::value* pid = object != nullptr ? object->if_contains("pid") : nullptr;
  const boost::json::value* restarts =
      object != nullptr ? object->if_contains("restarts") : nullptr;
  if (name == nullptr || !name->is_string() || pid == nullptr || !pid->is_int64() ||
      restarts == nullptr || !restarts->is_int64()) {
    return Error{ErrorCode::kInvalid, "run/status.json: a program's entry is incomplete"};
  }
  return ProgramStatus{std::string(name->get_string()), static_cast<pid_t>(pid->get_int64()),
                       restarts->get_int64()};
}

}  // namespace

bool ProgramStatus::alive() const {
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

Result<std::vector<ProgramStatus>> read_status(const Installation& installation) {
  YAGURA_TRY(text, read_file(installation.path("run/status.json"), kMaxStatusBytes));
  boost::system::error_code ec;
  const boost::json::value document = boost::json::parse(text, ec);
  const boost::json::object* root = ec ? nullptr : document.if_object();
  const boost::json::value* programs = root != nullptr ? root->if_contains("programs") : nullptr;
  if (programs == nullptr || !programs->is_array()) {
    return Error{ErrorCode::kInvalid, "run/status.json cannot be understood"};
  }
  std::vector<ProgramStatus> out;
  for (const boost::json::value& value : programs->get_array()) {
    YAGURA_TRY(program, read_program(value));
    out.push_back(std::move(program));
  }
  return out;
}

Status reload_transport(const Installation& installation) {
  YAGURA_TRY(programs, read_status(installation));
  for (const ProgramStatus& program : programs) {
    if (program.name != "yagura-tentacled" || !program.alive()) continue;
    if (::kill(program.pid, SIGHUP) != 0) return system_error("telling the transport", errno);
    return {};
  }
  return Error{ErrorCode::kUnavailable, "the transport does not run"};
}

}  // namespace yagura::setup
