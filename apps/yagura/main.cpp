// yagura: the command line. Reads options, calls src/setup.
#include <climits>
#include <cstdio>
#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/log.h"
#include "base/version.h"
#include "setup/database.h"
#include "setup/demo.h"
#include "setup/describe.h"
#include "setup/doctor.h"
#include "setup/installation.h"
#include "setup/supervisor_status.h"
#include "setup/up.h"

namespace {

using namespace yagura;  // NOLINT: main only

const SystemClock kClock;

int fail(const Error& error) {
  std::fprintf(stderr, "yagura: %s\n", error.what.c_str());
  return 1;
}

std::string program_folder() {
  std::error_code ec;
  return std::filesystem::read_symlink("/proc/self/exe", ec).parent_path().string();
}

Result<setup::Installation> installation_in(std::string data) {
  if (data.empty()) {
    YAGURA_TRY(folder, setup::default_data_directory());
    data = std::move(folder);
  }
  YAGURA_CHECK(setup::act_as_owner(data));
  return setup::Installation::open(data);
}

int run_up(const setup::UpOptions& options) {
  auto signals = StopSignals::block();
  if (!signals.ok()) return fail(signals.error());
  const Status done = setup::up(options, program_folder(), *signals, kClock);
  return done.ok() ? 0 : fail(done.error());
}

int run_init(const setup::UpOptions& options) {
  const Status done = setup::init(options, program_folder(), kClock);
  return done.ok() ? 0 : fail(done.error());
}

int run_doctor(const std::string& data, bool json) {
  const auto installation = installation_in(data);
  if (!installation.ok()) return fail(installation.error());
  const auto findings = setup::examine(*installation, {program_folder()}, kClock);
  const std::string text =
      json ? setup::render_json(findings) + "\n" : setup::render(findings, ::isatty(1) == 1);
  std::fputs(text.c_str(), stdout);
  return setup::exit_status(findings);
}

/// Stays the caller: the kernel shows the descriptors of our daemons to root alone.
int run_describe(std::string data, bool json) {
  if (data.empty()) {
    auto folder = setup::default_data_directory();
    if (!folder.ok()) return fail(folder.error());
    data = std::move(folder).value();
  }
  const auto installation = setup::Installation::open(data);
  if (!installation.ok()) return fail(installation.error());
  const auto components = setup::describe(*installation);
  if (!components.ok()) return fail(components.error());
  const std::string text =
      json ? setup::render_json(*components) + "\n" : setup::render(*components);
  std::fputs(text.c_str(), stdout);
  return setup::exit_status(*components);
}

int run_host_add(const std::string& data, const std::string& name, const std::string& server,
                 std::uint16_t port) {
  const auto installation = installation_in(data);
  if (!installation.ok()) return fail(installation.error());
  if (port == 0) {
    const auto configured = installation->transport_port();
    if (!configured.ok()) return fail(configured.error());
    port = *configured;
  }
  const std::string address = server.empty() ? setup::local_names().host_name : server;
  const auto folder = installation->enroll(name, address, port, kClock);
  if (!folder.ok()) return fail(folder.error());
  std::printf(
      "%s holds certificate and settings of %s (its key is in there: copy it over a safe way)\n\n"
      "On %s:\n  yagura-agent --config %s/agent.conf\n\n"
      "It reports to %s port %u; its certificate admits it, nobody has to approve it.\n",
      folder->c_str(), name.c_str(), name.c_str(), name.c_str(), address.c_str(), unsigned{port});
  return 0;
}

int run_host_revoke(const std::string& data, const std::string& name) {
  const auto installation = installation_in(data);
  if (!installation.ok()) return fail(installation.error());
  if (const Status done = installation->revoke(name, kClock); !done.ok()) return fail(done.error());
  const Status told = setup::reload_transport(*installation);
  std::printf(
      "the certificate of %s is revoked; %s\n", name.c_str(),
      told.ok() ? "the transport refuses it from now on"
                : ("the transport heeds it at its next start (" + told.error().what + ")").c_str());
  return 0;
}

int run_password_reset(const std::string& data, const std::string& user) {
  const auto installation = installation_in(data);
  if (!installation.ok()) return fail(installation.error());
  const auto password = setup::reset_password(*installation, user, kClock);
  if (!password.ok()) return fail(password.error());
  std::printf("one-time password of %s: %s (to be changed at the next sign-in; sessions ended)\n",
              user.c_str(), std::string(password->reveal()).c_str());
  return 0;
}

int run_demo(const std::string& data, bool feed) {
  const auto installation = installation_in(data);
  if (!installation.ok()) return fail(installation.error());
  auto signals = StopSignals::block();
  if (!signals.ok()) return fail(signals.error());
  auto db = setup::open_database(*installation);
  if (!db.ok()) return fail(db.error());
  if (feed) {
    const Status done = setup::feed_demo(*installation, **db, kClock, *signals);
    return done.ok() ? 0 : fail(done.error());
  }
  const auto removed = setup::remove_demo(**db);
  if (!removed.ok()) return fail(removed.error());
  std::printf("removed %lld simulated hosts and %lld rows that belonged to them\n",
              static_cast<long long>(removed->agents), static_cast<long long>(removed->rows));
  return 0;
}

int print(const Result<std::string>& text) {
  if (!text.ok()) return fail(text.error());
  std::fputs(text->c_str(), stdout);
  return 0;
}

/// --ready-fd of the supervisor: these commands serve as soon as they run.
void say_ready(int fd) {
  if (fd < 0) return;
  const char byte = '1';
  [[maybe_unused]] const ssize_t n = ::write(fd, &byte, 1);
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Yagura: monitoring that can be trusted with root on every host"};
  app.set_version_flag("--version", std::string("yagura ") + kVersion);
  app.require_subcommand(1);

  std::string data;
  const auto with_data = [&data](CLI::App* command) {
    command->add_option("--data", data, "data folder (default: the user's state folder)");
    return command;
  };

  setup::UpOptions up;
  CLI::App* up_command =
      app.add_subcommand("up", "make an installation if there is none, and run it");
  CLI::App* init_command =
      app.add_subcommand("init", "make an installation without starting anything");
  for (CLI::App* command : {up_command, init_command}) {
    command->add_option("--data", up.data, "data folder (default: the user's state folder)");
    command->add_option("--console-port", up.console_port, "port of the console")
        ->capture_default_str()
        ->check(CLI::Range(1, 65535));
    command->add_option("--transport-port", up.transport_port, "port for agents")
        ->capture_default_str()
        ->check(CLI::Range(1, 65535));
    command->add_option("--console-address", up.console_address, "address the console listens on")
        ->capture_default_str();
    command
        ->add_option("--transport-address", up.transport_address,
                     "address the transport listens on")
        ->capture_default_str();
    command->add_flag("--demo", up.demo,
                      "add a simulated fleet of 200 hosts with a day of history");
  }

  bool json = false;
  CLI::App* doctor =
      with_data(app.add_subcommand("doctor", "explain the state of an installation"));
  doctor->add_flag("--json", json, "print one JSON document");

  CLI::App* describe = with_data(
      app.add_subcommand("describe", "show processes, rights, sockets and files as they are"));
  describe->add_flag("--json", json, "print one JSON document");

  std::string host_name;
  std::string server;
  std::uint16_t port = 0;
  CLI::App* host = app.add_subcommand("host", "hosts that report here");
  host->require_subcommand(1);
  CLI::App* host_add =
      with_data(host->add_subcommand("add", "make certificate and settings for a host"));
  host_add->add_option("name", host_name, "the host's name")->required();
  host_add->add_option("--server", server, "address under which the host reaches this machine");
  host_add->add_option("--port", port, "port of the transport (default: as configured)");

  CLI::App* host_revoke =
      with_data(host->add_subcommand("revoke", "refuse a host's certificate from now on"));
  host_revoke->add_option("name", host_name, "the host's name")->required();

  std::string user;
  CLI::App* password = app.add_subcommand("password", "passwords of the console");
  password->require_subcommand(1);
  CLI::App* password_reset =
      with_data(password->add_subcommand("reset", "give a user a new one-time password"));
  password_reset->add_option("user", user, "the user's name")->required();

  int ready_fd = -1;
  CLI::App* demo = app.add_subcommand("demo", "the simulated fleet");
  demo->require_subcommand(1);
  CLI::App* demo_remove =
      with_data(demo->add_subcommand("remove", "take the simulated fleet away"));
  CLI::App* demo_feed =
      with_data(demo->add_subcommand("feed", "let the simulated fleet report (run by up)"));
  demo_feed->add_option("--ready-fd", ready_fd, "descriptor on which to say that it runs");

  std::string settings_file;
  std::string role;
  std::string account;
  std::string database = "yagura";
  CLI::App* db = app.add_subcommand("db", "a MariaDB or MySQL database: schema and rights");
  db->require_subcommand(1);
  CLI::App* db_status = db->add_subcommand("status", "show link and schema");
  CLI::App* db_migrate = db->add_subcommand("migrate", "bring the schema up to this program");
  for (CLI::App* command : {db_status, db_migrate}) {
    command->add_option("--config", settings_file, "file with the section [database]")->required();
  }
  CLI::App* db_grants = db->add_subcommand("grants", "print the rights an account needs");
  db_grants->add_option("role", role, "owner, server or console")
      ->required()
      ->check(CLI::IsMember({"owner", "server", "console"}));
  db_grants->add_option("account", account, "name@host")->required();
  db_grants->add_option("--database", database, "name of the database")->capture_default_str();

  CLI11_PARSE(app, argc, argv);
  say_ready(ready_fd);
  if (up_command->parsed()) return run_up(up);
  if (init_command->parsed()) return run_init(up);
  if (doctor->parsed()) return run_doctor(data, json);
  if (describe->parsed()) return run_describe(data, json);
  if (host_add->parsed()) return run_host_add(data, host_name, server, port);
  if (password_reset->parsed()) return run_password_reset(data, user);
  if (host_revoke->parsed()) return run_host_revoke(data, host_name);
  if (db_status->parsed()) return print(setup::database_status(settings_file));
  if (db_migrate->parsed()) return print(setup::database_migrate(settings_file));
  if (db_grants->parsed()) return print(setup::database_grants(role, account, database));
  if (demo_remove->parsed()) return run_demo(data, false);
  if (demo_feed->parsed()) return run_demo(data, true);
  return 2;
}
