// yagura-tentacled: receives files from agents over Tentacle and puts them durably into the spool.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/settings.h"
#include "base/signals.h"
#include "base/version.h"
#include "tentacle/transport_server.h"
#include "tentacle/transport_settings.h"

namespace {

using namespace yagura;  // NOLINT: the program's own file

struct Arguments {
  std::string config;
  bool check = false;
  int ready_fd = -1;
};

Result<tentacle::TransportSettings> load(const std::string& path) {
  YAGURA_TRY(settings, Settings::load(path));
  return tentacle::read_transport_settings(std::move(settings), SystemClock().now());
}

Status init_log(const tentacle::TransportSettings& settings) {
  log::Options options;
  options.process = "yagura-tentacled";
  options.file = settings.log_file;
  options.level = settings.log_level;
  return log::init(options);
}

/// One byte and the end: whoever started us may go on.
void tell_ready(int fd) {
  if (fd < 0) return;
  const char byte = '\n';
  const ssize_t ignored = ::write(fd, &byte, 1);
  static_cast<void>(ignored);
  ::close(fd);
}

Status serve(tentacle::TransportSettings settings, int ready_fd) {
  YAGURA_TRY(signals, StopSignals::block());
  sandbox::Options sandbox;
  sandbox.user = settings.user;
  sandbox.allow_root = settings.allow_root;
  sandbox.deny_exec = true;
  tentacle::TransportSettings log_settings;
  log_settings.log_file = settings.log_file;
  log_settings.log_level = settings.log_level;
  YAGURA_TRY(server, tentacle::TransportServer::bind(std::move(settings)));
  // From here on as the ordinary account: what is created below belongs to it.
  YAGURA_CHECK(sandbox::enter(sandbox));
  YAGURA_CHECK(init_log(log_settings));
  YAGURA_CHECK(server->start());
  log::info("ready", {{"version", kVersion}, {"pid", ::getpid()}});
  tell_ready(ready_fd);
  for (;;) {
    const StopSignals::Signal signal = signals.wait();
    if (signal == StopSignals::Signal::kReload) server->reload();
    if (signal == StopSignals::Signal::kStop) break;
  }
  log::info("stopping");
  server->stop();
  log::info("stopped");
  return {};
}

int run(const Arguments& arguments) {
  auto settings = load(arguments.config);
  if (!settings.ok()) {
    std::fprintf(stderr, "%s\n", settings.error().what.c_str());
    return 1;
  }
  if (arguments.check) {
    std::puts("OK");
    for (const std::string& text : tentacle::findings(*settings, SystemClock().now())) {
      std::printf("note: %s\n", text.c_str());
    }
    return 0;
  }
  const Status served = serve(std::move(settings).value(), arguments.ready_fd);
  if (served.ok()) return 0;
  std::fprintf(stderr, "%s\n", served.error().what.c_str());
  log::error("failed", {{"error", served.error()}});
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Receives files from agents over Tentacle and stores them durably in the spool"};
  app.set_version_flag("--version", std::string("yagura-tentacled ") + kVersion);
  Arguments arguments;
  app.add_option("--config", arguments.config, "Settings file (TOML)")->required();
  app.add_flag("--check-config", arguments.check, "Check the settings and exit");
  app.add_option("--ready-fd", arguments.ready_fd,
                 "Descriptor that gets one byte once the program serves");
  CLI11_PARSE(app, argc, argv);
  return run(arguments);
}
