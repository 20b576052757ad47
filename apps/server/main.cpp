// yagura-server: turns the documents of the spool into state, history and events in the database.
// It opens no listening socket (SRV-06); after start-up the kernel would refuse one.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/settings.h"
#include "base/signals.h"
#include "base/version.h"
#include "monitor/data_server.h"
#include "monitor/server_settings.h"
#include "text/encoding.h"

namespace {

using namespace yagura;  // NOLINT: the program's own file

struct Arguments {
  std::string config;
  bool check = false;
  bool flows = false;
  int ready_fd = -1;
};

Result<monitor::ServerSettings> load(const std::string& path) {
  YAGURA_TRY(settings, Settings::load(path));
  return monitor::read_server_settings(std::move(settings));
}

Status init_log(const monitor::ServerSettings& settings) {
  log::Options options;
  options.process = "yagura-server";
  options.file = settings.log_file;
  options.level = settings.log_level;
  options.max_bytes = settings.log_max_bytes;
  options.keep = settings.log_keep;
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

Status serve(monitor::ServerSettings settings, int ready_fd) {
  YAGURA_TRY(signals, StopSignals::block());
  sandbox::Options sandbox;
  sandbox.user = settings.user;
  sandbox.allow_root = settings.allow_root;
  sandbox.deny_listen = true;
  sandbox.deny_exec = true;
  const std::vector<std::string> lacking = text::preload_encodings();
  YAGURA_CHECK(sandbox::enter(sandbox));
  YAGURA_CHECK(init_log(settings));
  for (const std::string& name : lacking) log::warning("encoding-missing", {{"name", name}});
  const SystemClock clock;
  bool stop = false;
  YAGURA_TRY(server, monitor::DataServer::open(std::move(settings), clock));
  YAGURA_CHECK(server->start([&] {
    stop = stop || signals.wait(0) == StopSignals::Signal::kStop;
    return !stop;
  }));
  log::info("ready", {{"version", kVersion}, {"pid", ::getpid()}});
  tell_ready(ready_fd);
  while (signals.wait() != StopSignals::Signal::kStop) {
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
    return 0;
  }
  if (arguments.flows) {
    std::puts(monitor::flows_json(*settings).c_str());
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
  CLI::App app{"Turns the documents of the spool into state, history and events in the database"};
  app.set_version_flag("--version", std::string("yagura-server ") + kVersion);
  Arguments arguments;
  app.add_option("--config", arguments.config, "Settings file (TOML)")->required();
  app.add_flag("--check-config", arguments.check, "Check the settings and exit");
  app.add_flag("--print-flows", arguments.flows,
               "Print the connections and files the server uses, as JSON, and exit");
  app.add_option("--ready-fd", arguments.ready_fd,
                 "Descriptor that gets one byte once the program serves");
  CLI11_PARSE(app, argc, argv);
  return run(arguments);
}
