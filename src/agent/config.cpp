#include "agent/config.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config_reader.h"
#include "base/file.h"
#include "text/numbers.h"

namespace yagura::agent {
namespace {

/// Reads the lines of the main file and of included ones.
class LineReader {
 public:
  explicit LineReader(Globals& globals) : globals_(globals) {}

  void read(std::string_view text, const std::string& file, bool included) {
    file_ = file;
    included_ = included;
    line_ = 0;
    while (!text.empty()) {
      ++line_;
      const std::size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
      if (line.size() > kMaxConfigLine) {
        globals_.add(Finding::Severity::kError, where(),
                     "line longer than " + std::to_string(kMaxConfigLine) + " bytes");
        continue;
      }
      read_line(line);
    }
    if (open_) {
      globals_.add(Finding::Severity::kModule, module_.where, "module_begin without module_end");
      open_ = false;
    }
  }

  std::vector<RawModule> take_modules() { return std::exchange(modules_, {}); }
  [[nodiscard]] const Macros& macros() const { return macros_; }
  [[nodiscard]] const std::vector<RawDirective>& includes() const { return includes_; }

 private:
  [[nodiscard]] std::string where() const { return file_ + ":" + std::to_string(line_); }

  void read_line(std::string_view line) {
    const bool first_column = !line.empty() && !text::is_space(line.front());
    const std::string_view body = text::trim(line);
    if (body.empty() || body.front() == '#') return;
    std::size_t end = 0;
    while (end < body.size() && !text::is_space(body[end]))
      ++end;
    RawDirective directive{std::string(body.substr(0, end)),
                           std::string(text::trim(body.substr(end))), where()};
    if (directive.token.starts_with("module_")) {
      read_module_line(std::move(directive));
    } else if (included_) {
      // Included files add modules; global settings in them have no effect (spec §8).
      globals_.add(Finding::Severity::kWarning, where(),
                   "'" + directive.token + "' has no effect in an included file");
    } else {
      read_global_line(std::move(directive), first_column);
    }
  }

  void read_global_line(RawDirective directive, bool first_column) {
    if (directive.value.empty()) {
      globals_.add(Finding::Severity::kWarning, where(),
                   "'" + directive.token + "' has no value: ignored");
      return;
    }
    const bool macro = directive.token.starts_with("macro");
    if ((macro || directive.token == "include") && !first_column) {
      globals_.add(Finding::Severity::kWarning, where(),
                   "'" + directive.token + "' must start in the first column: ignored");
    } else if (macro && directive.token.size() > 5) {
      macros_.emplace_back(directive.token.substr(5), directive.value);
    } else if (directive.token == "include") {
      includes_.push_back(std::move(directive));
    } else {
      globals_.put(std::move(directive));
    }
  }

  void read_module_line(RawDirective directive) {
    if (directive.token == "module_begin") {
      if (open_) {
        globals_.add(Finding::Severity::kModule, module_.where, "module_begin without module_end");
      }
      open_ = true;
      module_ = RawModule{where(), {}};
    } else if (directive.token == "module_end") {
      if (!open_) {
        globals_.add(Finding::Severity::kWarning, where(), "module_end without module_begin");
        return;
      }
      open_ = false;
      keep(std::move(module_));
    } else if (open_) {
      module_.directives.push_back(std::move(directive));
    } else if (directive.token == "module_plugin") {
      keep(RawModule{where(), {std::move(directive)}});
    } else if (directive.token == "module_proc_cmd" || directive.token == "module_freedisk_cmd") {
      globals_.add(
          Finding::Severity::kWarning, where(),
          "'" + directive.token + "' is not needed: processes and disks are read directly");
    } else {
      globals_.add(Finding::Severity::kWarning, where(),
                   "'" + directive.token + "' outside module_begin ... module_end: ignored");
    }
  }

  void keep(RawModule module) {
    if (modules_.size() >= kMaxConfigModules) {
      globals_.add(Finding::Severity::kModule, module.where,
                   "more than " + std::to_string(kMaxConfigModules) + " modules");
      return;
    }
    modules_.push_back(std::move(module));
  }

  Globals& globals_;
  std::string file_;
  bool included_ = false;
  std::size_t line_ = 0;
  bool open_ = false;
  RawModule module_;
  std::vector<RawModule> modules_;
  Macros macros_;
  std::vector<RawDirective> includes_;
};

void warn_of_equal_names(ConfigReading& out) {
  std::set<std::string> seen;
  for (const ModuleConfig& module : out.config.modules) {
    if (module.source == Source::kPlugin && module.head.name.empty()) continue;
    if (seen.insert(module.head.name).second || out.findings.size() >= kMaxFindings) continue;
    out.findings.push_back(
        {Finding::Severity::kWarning, module.origin,
         "a second module called '" + module.head.name + "': the server keeps one value for both"});
  }
}

/// Why a file or folder of this owner and mode may hold commands for us; empty = it may.
std::string distrust(const std::string& path, const struct stat& st) {
  if (st.st_uid != 0 && st.st_uid != ::geteuid()) {
    return path + " belongs to uid " + std::to_string(st.st_uid) +
           ": it must belong to root or to the agent's account";
  }
  // A sticky folder lets nobody replace the files of others.
  const bool sticky = S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) != 0;
  if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky) {
    return path + " may be written by others: remove that right (chmod go-w)";
  }
  return {};
}

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : file.substr(0, slash);
}

/// Reads one configuration file and remembers in `refused` the first reason not to trust it.
Result<std::string> read_trusted(const std::string& file, std::string& refused) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) return system_error(file, errno);
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) return system_error(file, errno);
  if (!S_ISREG(st.st_mode)) return Error{ErrorCode::kInvalid, file + ": not a regular file"};
  if (refused.empty()) refused = distrust(file, st);
  const std::string folder = folder_of(file);
  struct stat folder_st{};
  if (::stat(folder.c_str(), &folder_st) != 0) return system_error(folder, errno);
  if (refused.empty()) refused = distrust(folder, folder_st);
  // The descriptor, not the name: what was checked is what is read.
  return read_file("/proc/self/fd/" + std::to_string(fd.get()), kMaxConfigBytes);
}

}  // namespace

bool ConfigReading::usable() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& f) { return f.severity == Finding::Severity::kError; });
}

std::string ConfigReading::text() const {
  std::string out;
  for (const Finding& finding : findings) {
    const std::string_view word = finding.severity == Finding::Severity::kWarning ? "warning"
                                  : finding.severity == Finding::Severity::kModule
                                      ? "module left out"
                                      : "error";
    out += finding.where + ": " + std::string(word) + ": " + finding.what + "\n";
  }
  return out;
}

ConfigReading parse_config(std::string_view text, const std::string& file,
                           const IncludeFiles& include) {
  ConfigReading out;
  out.config.file = file;
  out.config.directory = folder_of(file);
  Globals globals(out.findings);
  LineReader lines(globals);
  lines.read(text, file, false);
  std::vector<RawModule> own = lines.take_modules();
  const std::vector<RawDirective> includes = lines.includes();
  for (const RawDirective& directive : includes) {
    const auto files = include(directive.value);
    if (!files.ok()) {
      globals.add(Finding::Severity::kModule, directive.where,
                  "include " + directive.value + ": " + files.error().what);
      continue;
    }
    for (const auto& [path, content] : *files)
      lines.read(content, path, true);
  }
  std::vector<RawModule> all = lines.take_modules();
  all.insert(all.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  apply_globals(globals, out.config);
  for (const RawModule& raw : all) {
    if (auto module = build_module(raw, lines.macros(), out.findings)) {
      out.config.modules.push_back(std::move(*module));
    }
  }
  warn_of_equal_names(out);
  return out;
}

Result<ConfigReading> load_config(const std::string& file) {
  std::string refused;
  YAGURA_TRY(text, read_trusted(file, refused));
  const IncludeFiles include =
      [&refused](
          const std::string& pattern) -> Result<std::vector<std::pair<std::string, std::string>>> {
    glob_t found{};
    const int rc = ::glob(pattern.c_str(), 0, nullptr, &found);
    std::vector<std::string> paths;
    for (std::size_t i = 0; rc == 0 && i < found.gl_pathc; ++i)
      paths.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
    if (paths.empty()) return Error{ErrorCode::kNotFound, "no such file"};
    if (paths.size() > kMaxIncludedFiles) {
      return Error{ErrorCode::kLimit, "more than " + std::to_string(kMaxIncludedFiles) + " files"};
    }
    std::vector<std::pair<std::string, std::string>> out;
    for (const std::string& path : paths) {
      YAGURA_TRY(content, read_trusted(path, refused));
      out.emplace_back(path, std::move(content));
    }
    return out;
  };
  ConfigReading out = parse_config(text, file, include);
  crypto::wipe(text);
  const bool runs_commands =
      std::any_of(out.config.modules.begin(), out.config.modules.end(), [](const ModuleConfig& m) {
        return is_command(m.source) || !m.preconditions.empty() || !m.conditions.empty();
      });
  if (!refused.empty() && runs_commands) {
    out.findings.push_back({Finding::Severity::kModule, file,
                            "commands of this configuration are not run: " + refused});
  }
  out.config.commands_refused = std::move(refused);
  return out;
}

}  // namespace yagura::agent
