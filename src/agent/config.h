// The agent's settings: pandora_agent.conf as its users know it (spec agent-conf §1 to §8), read
// completely and with file:line for everything that is wrong.
//
// One directive a line; '#' comments; the last occurrence of a global token wins. What a directive
// means is listed in docs/agent.md. Tokens that only make sense for the original agent (remote
// configuration, relays, UDP commands ...) are known and refused with a reason when they are
// switched on: this agent's configuration can be changed on its own host only (AGT-02). Unknown
// tokens are warned about, so that a spelling mistake is seen and an old file still works.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/condition.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "report/agent_report.h"
#include "text/cron.h"

namespace yagura::agent {

/// Where a module's value comes from.
enum class Source {
  kNone,
  kNative,               ///< module_native NAME [ARGUMENT]: a reader of our own
  kExec,                 ///< module_exec: standard output of a shell command
  kPlugin,               ///< module_plugin: XML printed by a shell command
  kProc,                 ///< module_proc, module_service: 1 if the command line is running
  kCpuProc,              ///< module_cpuproc: its CPU %
  kMemProc,              ///< module_memproc: its memory, MB
  kFreeDisk,             ///< module_freedisk: MB
  kFreePercentDisk,      ///< module_freepercentdisk
  kOccupiedPercentDisk,  ///< module_occupiedpercentdisk
  kCpuUsage,             ///< module_cpuusage: user CPU %
  kFreeMemory,           ///< module_freememory: MB
  kFreePercentMemory,    ///< module_freepercentmemory
  kLogTail,              ///< module_regexp FILE: new lines of a log that match module_pattern
};

/// True for sources that start a program.
constexpr bool is_command(Source source) {
  return source == Source::kExec || source == Source::kPlugin;
}

/// module_absoluteinterval: independent of restarts.
struct AbsoluteInterval {
  bool once = false;
  std::int64_t seconds = 0;
};

struct ModuleConfig {
  /// Everything that goes into the report as it stands: name, type, description, unit, thresholds
  /// ...
  report::ModuleReport head;
  Source source = Source::kNone;
  std::string argument;  ///< command, mount point, file or "NAME [ARGUMENT]"
  int interval = 1;      ///< in runs; 0 = once after the start
  std::optional<AbsoluteInterval> absolute;
  std::optional<text::Cron> cron;
  int timeout_s = 0;  ///< 0 = the agent's own limit
  std::vector<Condition> preconditions;
  std::vector<Condition> conditions;
  std::string save_variable;  ///< module_save
  std::string pattern;        ///< module_pattern; empty = every line
  std::string origin;         ///< "file:line" of module_begin
};

/// One server to deliver to.
struct ServerConfig {
  std::string host;
  std::uint16_t port = 41121;
  bool tls = false;
  std::string ca_file;             ///< yagura_ca, or -f of server_opts
  std::string certificate_file;    ///< yagura_cert, or -e
  std::string key_file;            ///< yagura_key, or -k
  std::string expected_name;       ///< yagura_server_name
  std::string pinned_fingerprint;  ///< yagura_pin
  bool verify = true;              ///< yagura_tls_verify 0 switches it off
  std::string proxy;               ///< -y of server_opts
  std::string local_address;       ///< -b
  bool compressed = false;         ///< -z
  crypto::Secret password;         ///< server_pwd, or -x
};

enum class SecondaryMode { kNever, kOnError, kAlways };
enum class NativeSet { kAuto, kAlways, kNever };

struct Config {
  std::string file;       ///< the file it was read from
  std::string directory;  ///< its folder ("confdir")

  ServerConfig server;
  ServerConfig secondary;
  SecondaryMode secondary_mode = SecondaryMode::kNever;
  int transfer_timeout_s = 30;

  std::string agent_name;   ///< empty = the host's name
  std::string agent_alias;  ///< empty = the host's name
  std::string parent_agent_name, description, group, custom_id, url_address;
  std::vector<std::string> secondary_groups;
  crypto::Secret group_password;
  std::string address;  ///< "auto", a list, or empty = not told
  double timezone_offset_h = 0;
  bool autotime = false;
  std::optional<int> agent_mode;
  std::optional<double> latitude, longitude, altitude;
  std::string position_description;
  std::vector<std::pair<std::string, std::string>> custom_fields;

  int interval_s = 300;
  int delayed_startup_s = 0;
  int nice = 10;
  int threads = 4;  ///< agent_threads: commands at the same time
  bool debug = false;
  bool once = false;  ///< cron_mode
  bool standby = false;
  std::string log_file;         ///< empty = standard error
  std::string state_directory;  ///< buffer, counters, log positions
  std::string user;             ///< pandora_user
  bool allow_root = false;
  bool keep_undelivered = true;                 ///< xml_buffer
  std::uint64_t min_free_bytes = 64ULL << 20U;  ///< temporal_min_size
  std::size_t buffer_files = 1024;              ///< temporal_max_files
  std::uint64_t buffer_bytes = 1024ULL << 20U;  ///< temporal_max_size
  int reports_per_round = 100;                  ///< yagura_reports_per_round
  int command_timeout_s = 60;                   ///< yagura_command_timeout
  NativeSet native_set = NativeSet::kAuto;
  bool self_modules = true;  ///< yagura_self_modules
  /// Why module commands must not run (AGT-05); empty = they may.
  std::string commands_refused;

  std::vector<ModuleConfig> modules;
};

/// Something to tell the operator about the file.
struct Finding {
  enum class Severity {
    kWarning,  ///< understood, but look at it
    kModule,   ///< this module is left out
    kError,    ///< the agent does not start with this
  };
  Severity severity = Severity::kWarning;
  std::string where;  ///< "file:line"
  std::string what;
};

struct ConfigReading {
  Config config;
  std::vector<Finding> findings;

  /// False if the agent must not start with it.
  [[nodiscard]] bool usable() const;
  /// "file:line: severity: text" lines.
  [[nodiscard]] std::string text() const;
};

constexpr std::size_t kMaxConfigBytes = 1024UL * 1024;
constexpr std::size_t kMaxConfigLine = 64UL * 1024;
constexpr std::size_t kMaxConfigModules = 2000;
constexpr std::size_t kMaxIncludedFiles = 256;
constexpr std::size_t kMaxFindings = 500;

/// Texts of the files that a pattern of an `include` line names, with their paths.
using IncludeFiles =
    std::function<Result<std::vector<std::pair<std::string, std::string>>>(const std::string&)>;

/// Reads a text. Pure but for `include`. `file` names the text in messages.
ConfigReading parse_config(std::string_view text, const std::string& file,
                           const IncludeFiles& include);

/// Reads the file and what it includes, and decides whether its commands may be trusted: every file
/// must belong to root or this account and must not be writable by others, nor may its folder be
/// (AGT-05). Fails only if the file itself cannot be read.
Result<ConfigReading> load_config(const std::string& file);

}  // namespace yagura::agent
