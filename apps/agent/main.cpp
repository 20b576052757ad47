// yagura-agent: watches the host it runs on and delivers reports. Wiring only.
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include <getopt.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config.h"
#include "agent/service.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/version.h"
#include "text/numbers.h"

namespace {

using namespace yagura;         // NOLINT: the program's own names
using namespace yagura::agent;  // NOLINT

constexpr const char* kUsage =
    "Usage: yagura-agent --config FILE [options]\n"
    "  --config FILE    settings (pandora_agent.conf syntax)\n"
    "  --check-config   says what is wrong with the settings and ends\n"
    "  --once           one run and one delivery, then ends\n"
    "  --print          with --once: prints what was collected\n"
    "  --ready-fd N     writes one byte there once the agent is at work\n"
    "  --version        prints the version\n";

struct CommandLine {
  std::string config;
  bool check = false, once = false, print = false;
  int ready_fd = -1;
};

/// Nothing when the program is to end with `exit_status`.
std::optional<CommandLine> parse_arguments(int argc, char** argv, int& exit_status) {
  static const std::array<option, 8> kOptions = {{{"config", required_argument, nullptr, 'c'},
                                                  {"check-config", no_argument, nullptr, 'k'},
                                                  {"once", no_argument, nullptr, 'o'},
                                                  {"print", no_argument, nullptr, 'p'},
                                                  {"ready-fd", required_argument, nullptr, 'r'},
                                                  {"version", no_argument, nullptr, 'v'},
                                                  {"help", no_argument, nullptr, 'h'},
                                                  {nullptr, 0, nullptr, 0}}};
  CommandLine out;
  exit_status = 2;
  int choice = 0;
  while ((choice = getopt_long(argc, argv, "", kOptions.data(), nullptr)) != -1) {  // NOLINT
    switch (choice) {
      case 'c':
        out.config = optarg;
        break;
      case 'k':
        out.check = true;
        break;
      case 'o':
        out.once = true;
        break;
      case 'p':
        out.print = true;
        break;
      case 'r':
        out.ready_fd = text::parse_integer<int>(optarg).value_or(-1);
        break;
      case 'v':
        std::printf("yagura-agent %s\n", kVersion);
        exit_status = 0;
        return std::nullopt;
      case 'h':
        std::fputs(kUsage, stdout);
        exit_status = 0;
        return std::nullopt;
      default:
        std::fputs(kUsage, stderr);
        return std::nullopt;
    }
  }
  if (out.config.empty() || optind != argc) {
    std::fputs(kUsage, stderr);
    return std::nullopt;
  }
  return out;
}

int check_config(const ConfigReading& reading) {
  std::fputs(reading.text().c_str(), stdout);
  const bool good =
      std::none_of(reading.findings.begin(), reading.findings.end(),
                   [](const Finding& f) { return f.severity != Finding::Severity::kWarning; });
  if (good) std::puts("OK");
  return good ? 0 : 1;
}

void log_findings(const ConfigReading& reading) {
  for (const Finding& finding : reading.findings) {
    const bool warning = finding.severity == Finding::Severity::kWarning;
    log::write(warning ? log::Level::kWarning : log::Level::kError, "config-finding",
               {{"where", finding.where}, {"what", finding.what}});
  }
}

Status start_log(const Config& config) {
  log::Options options;
  options.process = "yagura-agent";
  options.file = config.log_file;
  options.level = config.debug ? log::Level::kDebug : log::Level::kInfo;
  return log::init(options);
}

bool starts_programs(const Config& config) {
  return std::any_of(config.modules.begin(), config.modules.end(), [](const ModuleConfig& m) {
    return is_command(m.source) || !m.preconditions.empty() || !m.conditions.empty();
  });
}

/// Gives up what this configuration does not need: listening always (AGT-03), starting programs
/// when no module does.
Status give_up_rights(const Config& config) {
  sandbox::Options options;
  options.user = config.user;
  options.allow_root = config.allow_root;
  options.deny_listen = true;
  options.deny_exec = !starts_programs(config);
  return sandbox::enter(options);
}

void print(const Service::Once& once) {
  for (const ModuleOutcome& o : once.output.outcomes) {
    switch (o.kind) {
      case ModuleOutcome::Kind::kValue:
        std::printf("%s = %s%s%s\n", o.name.c_str(), o.value.c_str(), o.unit.empty() ? "" : " ",
                    o.unit.c_str());
        break;
      case ModuleOutcome::Kind::kNothing:
        std::printf("%s: no value\n", o.name.c_str());
        break;
      case ModuleOutcome::Kind::kSkipped:
        std::printf("%s: not run, precondition false\n", o.name.c_str());
        break;
      case ModuleOutcome::Kind::kUnavailable:
        std::printf("%s: not on this host: %s\n", o.name.c_str(), o.reason.c_str());
        break;
      case ModuleOutcome::Kind::kFailed:
        std::printf("%s: FAILED: %s\n", o.name.c_str(), o.reason.c_str());
        break;
    }
  }
}

int run_once(Service& service, StopSignals& signals, const Config& config, bool with_print) {
  if (config.standby) {
    log::info("standby");
    return 0;
  }
  const auto once = service.run_once(signals);
  if (!once.ok()) {
    log::error("run-failed", {{"reason", once.error()}});
    return 1;
  }
  if (with_print) print(*once);
  return once->delivery.error.empty() ? 0 : 1;
}

void say_ready(int& ready_fd) {
  log::info("ready", {{"version", kVersion}});
  if (ready_fd < 0) return;
  if (::write(ready_fd, "1", 1) != 1) log::warning("ready-fd-unwritable");
  ::close(std::exchange(ready_fd, -1));
}

/// Reads the file again; keeps the old settings when the new ones are unusable.
void reload(const std::string& file, bool may_start_programs, ConfigReading& reading) {
  auto fresh = load_config(file);
  if (!fresh.ok() || !fresh->usable()) {
    log::error("config-not-reloaded",
               {{"reason", fresh.ok() ? fresh->text() : fresh.error().what}});
    return;
  }
  reading = std::move(fresh).value();
  if (!may_start_programs && starts_programs(reading.config) &&
      reading.config.commands_refused.empty()) {
    reading.config.commands_refused =
        "the agent was started without commands and gave up the right to start programs; restart "
        "it";
  }
  const Status logging = start_log(reading.config);
  if (!logging.ok()) log::error("log-not-opened", {{"reason", logging.error()}});
  log_findings(reading);
  log::info("config-reloaded");
}

int serve(CommandLine& line, ConfigReading& reading, StopSignals& signals) {
  const bool may_start_programs = starts_programs(reading.config);
  const SystemClock clock;
  SystemRandom random;
  for (;;) {
    auto service = Service::open(reading.config, clock, random);
    if (!service.ok()) {
      log::error("start-failed", {{"reason", service.error()}});
      return 1;
    }
    if (line.once || reading.config.once) {
      return run_once(**service, signals, reading.config, line.print);
    }
    say_ready(line.ready_fd);
    const Service::End end = (*service)->run(signals);
    service->reset();
    if (end == Service::End::kStop) break;
    reload(line.config, may_start_programs, reading);
  }
  log::info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  int exit_status = 0;
  auto line = parse_arguments(argc, argv, exit_status);
  if (!line) return exit_status;
  auto reading = load_config(line->config);
  if (!reading.ok()) {
    std::fprintf(stderr, "yagura-agent: %s\n", reading.error().what.c_str());
    return 1;
  }
  if (line->check) return check_config(*reading);
  if (!reading->usable()) {
    std::fputs(reading->text().c_str(), stderr);
    return 1;
  }
  auto signals = StopSignals::block();
  Status ready = signals.ok() ? give_up_rights(reading->config) : Status(signals.error());
  if (ready.ok()) ready = start_log(reading->config);
  if (!ready.ok()) {
    std::fprintf(stderr, "yagura-agent: %s\n", ready.error().what.c_str());
    return 1;
  }
  ::setpriority(PRIO_PROCESS, 0, reading->config.nice);
  log_findings(*reading);
  return serve(*line, *reading, *signals);
}
