#include "setup/describe.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/settings.h"
#include "crypto/x509.h"
#include "setup/supervisor_status.h"

namespace yagura::setup {
namespace {

constexpr std::size_t kMaxSmallFile = 1024UL * 1024;
constexpr std::size_t kMaxListeners = 32;
constexpr std::string_view kSupervisor = "yagura up";
constexpr std::string_view kDemo = "yagura-demo";

struct Part {
  const char* name;
  const char* settings;
};
constexpr std::array kParts{
    Part{"yagura-tentacled", "conf/tentacled.toml"}, Part{"yagura-server", "conf/server.toml"},
    Part{"yagura-console", "conf/console.toml"}, Part{"yagura-agent", "conf/agent.conf"}};

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// The value of "--option VALUE" or "--option=VALUE".
std::optional<std::string> option(const std::vector<std::string>& arguments,
                                  const std::string& name) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == name && i + 1 < arguments.size()) return arguments[i + 1];
    if (arguments[i].starts_with(name + "=")) return arguments[i].substr(name.size() + 1);
  }
  return std::nullopt;
}

bool same_place(const std::optional<std::string>& one, const std::string& other) {
  if (!one) return false;
  std::error_code ec;
  const auto a = std::filesystem::weakly_canonical(*one, ec);
  const auto b = std::filesystem::weakly_canonical(other, ec);
  return !ec && a == b;
}

/// Which part of `installation` a process is; empty if none.
std::string part_name(const std::vector<std::string>& arguments, const Installation& installation) {
  if (arguments.empty()) return "";
  const std::string program = base_name(arguments[0]);
  for (const Part& part : kParts) {
    if (program == part.name &&
        same_place(option(arguments, "--config"), installation.path(part.settings))) {
      return part.name;
    }
  }
  if (program != "yagura" || arguments.size() < 2 ||
      !same_place(option(arguments, "--data"), installation.root())) {
    return "";
  }
  if (arguments[1] == "up") return std::string(kSupervisor);
  return arguments[1] == "demo" ? std::string(kDemo) : "";
}

struct Running {
  std::string name;
  pid_t pid = 0;
  pid_t parent = 0;
};

/// Processes of the installation that /proc shows, without the short-lived ones which a part
/// starts of itself (the agent's rounds of delivery).
Result<std::vector<Running>> find_running(const Installation& installation) {
  YAGURA_TRY(pids, list_processes());
  std::vector<Running> all;
  for (const pid_t pid : pids) {
    std::string name = part_name(read_command_line(pid), installation);
    if (name.empty()) continue;
    const auto status = read_process_status(pid);
    all.push_back({std::move(name), pid, status.ok() ? status->parent : 0});
  }
  std::vector<Running> out;
  for (const Running& one : all) {
    const bool child = std::any_of(all.begin(), all.end(), [&one](const Running& other) {
      return other.pid == one.parent && other.name == one.name;
    });
    if (!child) out.push_back(one);
  }
  return out;
}

/// `yagura up` without --data: known by being the parent of what it started.
void add_supervisor(std::vector<Running>& running) {
  const auto known = [&running](std::string_view name) {
    return std::any_of(running.begin(), running.end(),
                       [name](const Running& r) { return r.name == name; });
  };
  if (known(kSupervisor)) return;
  for (const Running& one : running) {
    const auto arguments = read_command_line(one.parent);
    if (arguments.size() > 1 && base_name(arguments[0]) == "yagura" && arguments[1] == "up") {
      running.push_back({std::string(kSupervisor), one.parent, 0});
      return;
    }
  }
}

Component look_at(const Running& running) {
  Component out;
  out.name = running.name;
  out.pid = running.pid;
  out.status = read_process_status(running.pid);
  out.executable = read_executable(running.pid);
  out.descriptors = read_descriptors(running.pid);
  const auto explain = [](auto& fact) {
    if (!fact.ok() && fact.error().code == ErrorCode::kDenied) {
      fact = Error{ErrorCode::kDenied, "the kernel shows this to root only: run it with sudo"};
    }
  };
  explain(out.executable);
  explain(out.descriptors);
  return out;
}

Result<CertificateFact> look_at_certificate(const std::string& file) {
  YAGURA_TRY(pem, read_file(file, kMaxSmallFile));
  auto info = crypto::inspect(pem);
  if (!info.ok()) return info.error().with(file);
  return CertificateFact{file, info->subject, info->issuer, info->fingerprint, info->not_after};
}

/// Relative names of the agent's settings lie beside them.
std::string agent_certificate(const std::string& settings_file, const std::string& text) {
  constexpr std::string_view kKey = "yagura_cert ";
  std::string found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    if (line.starts_with(kKey)) found = line.substr(kKey.size());
    at = end + 1;
  }
  if (found.empty() || found.starts_with('/')) return found;
  return settings_file.substr(0, settings_file.rfind('/') + 1) + found;
}

Result<std::vector<std::string>> certificate_files(const Part& part, const std::string& file) {
  std::vector<std::string> out;
  const auto add = [&out](std::string name) {
    if (!name.empty() && std::find(out.begin(), out.end(), name) == out.end()) {
      out.push_back(std::move(name));
    }
  };
  if (std::string_view(part.settings).ends_with(".conf")) {
    YAGURA_TRY(text, read_file(file, kMaxSmallFile));
    add(agent_certificate(file, text));
    return out;
  }
  YAGURA_TRY(settings, Settings::load(file));
  add(settings.text("listen.certificate", ""));
  add(settings.text("database.tls_certificate", ""));
  const std::size_t listeners = std::min(settings.tables("listener"), kMaxListeners);
  for (std::size_t i = 0; i < listeners; ++i)
    add(settings.text("listener." + std::to_string(i) + ".certificate", ""));
  return out;
}

std::vector<Result<CertificateFact>> certificates(const Part& part,
                                                  const Installation& installation) {
  std::vector<Result<CertificateFact>> out;
  const auto files = certificate_files(part, installation.path(part.settings));
  if (!files.ok()) {
    out.emplace_back(files.error());
    return out;
  }
  for (const std::string& file : *files)
    out.push_back(look_at_certificate(file));
  return out;
}

}  // namespace

Result<std::vector<Component>> describe(const Installation& installation) {
  YAGURA_TRY(running, find_running(installation));
  add_supervisor(running);
  std::vector<Component> out;
  for (const Part& part : kParts) {
    const std::size_t before = out.size();
    for (const Running& one : running) {
      if (one.name == part.name) out.push_back(look_at(one));
    }
    if (out.size() == before) {
      out.emplace_back();
      out.back().name = part.name;
    }
    for (std::size_t i = before; i < out.size(); ++i)
      out[i].certificates = certificates(part, installation);
  }
  for (const Running& one : running) {
    if (one.name == kSupervisor || one.name == kDemo) out.push_back(look_at(one));
  }
  // The supervisor knows a process that /proc does not show: hidepid, not absence.
  if (const auto programs = read_status(installation); programs.ok()) {
    for (const ProgramStatus& program : *programs) {
      for (Component& c : out) {
        if (c.name != program.name || c.pid != 0 || !program.alive()) continue;
        if (!read_command_line(program.pid).empty()) continue;  // the number is another's by now
        c.pid = program.pid;
        const Error hidden{ErrorCode::kDenied,
                           "/proc hides the processes of other accounts: run it with sudo"};
        c.status = hidden;
        c.executable = hidden;
        c.descriptors = hidden;
      }
    }
  }
  return out;
}

int exit_status(const std::vector<Component>& components) {
  for (const Component& c : components) {
    if (std::any_of(c.certificates.begin(), c.certificates.end(),
                    [](const auto& fact) { return !fact.ok(); })) {
      return 2;
    }
    if (c.pid == 0) continue;
    if (!c.status.ok() || !c.executable.ok() || !c.descriptors.ok()) return 2;
  }
  return 0;
}

}  // namespace yagura::setup
