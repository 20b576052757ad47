// yagura-console: the web interface and its API over HTTPS.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "api/console.h"
#include "api/openapi.h"
#include "api/resources.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/settings.h"
#include "base/signals.h"
#include "base/version.h"

namespace {

using namespace yagura;  // NOLINT: the program's own file

struct Arguments {
  std::string config;
  bool check = false;
  bool print_openapi = false;
  int ready_fd = -1;
};

Result<api::ConsoleSettings> load(const std::string& path) {
  YAGURA_TRY(settings, Settings::load(path));
  return api::read_console_settings(std::move(settings));
}

/// One byte and the end: whoever started us may go on.
void tell_ready(int fd) {
  if (fd < 0) return;
  const char byte = '\n';
  const ssize_t ignored = ::write(fd, &byte, 1);
  static_cast<void>(ignored);
  ::close(fd);
}

Status serve(const api::ConsoleSettings& settings, int ready_fd) {
  YAGURA_TRY(signals, StopSignals::block());
  YAGURA_TRY(console, api::Console::bind(settings));
  sandbox::Options sandbox;
  sandbox.user = settings.user;
  sandbox.allow_root = settings.allow_root;
  sandbox.deny_exec = true;
  YAGURA_CHECK(sandbox::enter(sandbox));
  // From here on as the ordinary account: what is created below belongs to it.
  YAGURA_CHECK(log::init(settings.log));
  YAGURA_CHECK(console->start());
  log::info("ready", {{"version", kVersion},
                      {"pid", ::getpid()},
                      {"address", settings.listen.address},
                      {"port", console->port()}});
  tell_ready(ready_fd);
  for (;;) {
    const StopSignals::Signal signal = signals.wait();
    if (signal == StopSignals::Signal::kReload) console->reload();
    if (signal == StopSignals::Signal::kStop) break;
  }
  log::info("stopping");
  console->stop();
  log::info("stopped");
  return {};
}

int run(const Arguments& arguments) {
  if (arguments.print_openapi) {
    const auto operations = api::all_operations();
    std::fputs(api::openapi_document(operations).c_str(), stdout);
    return 0;
  }
  auto settings = load(arguments.config);
  if (!settings.ok()) {
    std::fprintf(stderr, "%s\n", settings.error().what.c_str());
    return 1;
  }
  if (arguments.check) {
    std::puts("OK");
    return 0;
  }
  const Status served = serve(*settings, arguments.ready_fd);
  if (served.ok()) return 0;
  std::fprintf(stderr, "%s\n", served.error().what.c_str());
  log::error("failed", {{"error", served.error()}});
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The web interface of Yagura and its API, over HTTPS"};
  app.set_version_flag("--version", std::string("yagura-console ") + kVersion);
  Arguments arguments;
  auto* config = app.add_option("--config", arguments.config, "Settings file (TOML)");
  auto* print = app.add_flag("--print-openapi", arguments.print_openapi,
                             "Print the OpenAPI document of the API and exit");
  app.add_flag("--check-config", arguments.check, "Check the settings and exit")->needs(config);
  app.add_option("--ready-fd", arguments.ready_fd,
                 "Descriptor that gets one byte once the program serves");
  app.callback([&] {
    if (config->count() + print->count() == 0) throw CLI::RequiredError("--config");
  });
  CLI11_PARSE(app, argc, argv);
  return run(arguments);
}
