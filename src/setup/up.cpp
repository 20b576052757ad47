#include "setup/up.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "base/settings.h"
#include "base/version.h"
#include "db/connection.h"
#include "db/migrations.h"
#include "db/options.h"
#include "identity/bootstrap.h"
#include "setup/demo.h"
#include "setup/supervisor.h"

namespace yagura::setup {
namespace {

constexpr const char* kAdministrator = "admin";

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

/// Held until the process ends: two supervisors in one folder would fight over its processes.
Result<UniqueFd> lock_installation(const Installation& installation) {
  const std::string path = installation.path("run/lock");
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd.valid()) return system_error(path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kConflict, "another 'yagura up' runs in " + installation.root() +
                                           ": stop it first, or name another folder with --data"};
  }
  return fd;
}

std::vector<ProgramSpec> programs(const Installation& installation, const std::string& folder,
                                  bool demo) {
  const auto spec = [&](const std::string& name, const std::string& file) {
    return ProgramSpec{name,
                       folder + "/" + name,
                       {"--config", installation.path(file)},
                       installation.path("log/" + name + ".out")};
  };
  std::vector<ProgramSpec> list{
      spec("yagura-tentacled", "conf/tentacled.toml"), spec("yagura-server", "conf/server.toml"),
      spec("yagura-console", "conf/console.toml"), spec("yagura-agent", "conf/agent.conf")};
  if (demo) {
    list.push_back({"yagura-demo",
                    folder + "/yagura",
                    {"demo", "feed", "--data", installation.root()},
                    installation.path("log/yagura-demo.out")});
  }
  return list;
}

void report_event(const SupervisorEvent& event) {
  switch (event.kind) {
    case SupervisorEvent::Kind::kReady:
      say("  " + event.program +
          std::string(18 - std::min<std::size_t>(17, event.program.size()), ' ') + "serves" +
          (event.detail.empty() ? "" : " " + event.detail));
      break;
    case SupervisorEvent::Kind::kDied:
      say("! " + event.program + " ended: " + event.detail);
      break;
    case SupervisorEvent::Kind::kRestarting:
      say("  " + event.program + " is started again");
      break;
    case SupervisorEvent::Kind::kStopped:
      say("  " + event.program + " stopped (" + event.detail + ")");
      break;
  }
}

void print_welcome(const Installation& installation, const UpOptions& options,
                   const crypto::Secret& password, const std::string& fingerprint) {
  const std::string host = options.console_address == "0.0.0.0" || options.console_address == "::"
                               ? local_names().host_name
                               : options.console_address;
  say("");
  say("Console      https://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") +
      ":" + std::to_string(options.console_port) + "/");
  say("Certificate  SHA-256 " + fingerprint);
  if (password.empty()) {
    say("Sign in      as before (lost the password? yagura password reset NAME)");
  } else {
    say("Sign in      user " + std::string(kAdministrator) + ", one-time password " +
        std::string(password.reveal()) + " (you choose your own at the first sign-in)");
  }
  say("Next host    yagura host add NAME --data " + installation.root());
  say("State        yagura doctor --data " + installation.root());
}

Result<std::unique_ptr<db::Connection>> open_database_of(const Installation& installation,
                                                         const std::string& settings_file) {
  YAGURA_TRY(settings, Settings::load(installation.path(settings_file)));
  YAGURA_TRY(options, db::read_options(settings));
  return db::connect(options);
}

/// With MariaDB the data server's account may not touch the accounts of people; the console's may.
Result<std::unique_ptr<db::Connection>> open_accounts(const Installation& installation) {
  return open_database_of(installation, "conf/console.toml");
}

}  // namespace

Result<std::unique_ptr<db::Connection>> open_database(const Installation& installation) {
  return open_database_of(installation, "conf/server.toml");
}

Result<crypto::Secret> reset_password(const Installation& installation, const std::string& user,
                                      const Clock& clock) {
  YAGURA_TRY(db, open_accounts(installation));
  SystemRandom random;
  return identity::reset_password(*db, user, {}, random, clock.now());
}

namespace {

struct Ready {
  Installation installation;
  std::string program_folder;
  UniqueFd lock;
  std::string fingerprint;
};

/// Everything up to the point where programs can be started.
Result<Ready> make_ready(UpOptions& options, const std::string& program_folder,
                         const Clock& clock) {
  if (options.data.empty()) {
    YAGURA_TRY(folder, default_data_directory());
    options.data = std::move(folder);
  }
  say("Yagura " + std::string(kVersion));
  YAGURA_TRY(settled, settle_account(options.data, program_folder));
  YAGURA_TRY(installation, Installation::prepare(options, clock));
  say("Data folder  " + installation.root() + (installation.is_new() ? " (new)" : "") +
      (settled.message.empty() ? "" : "; " + settled.message));
  YAGURA_TRY(lock, lock_installation(installation));
  YAGURA_CHECK(log::init({.process = "yagura", .file = installation.path("log/yagura.log")}));
  YAGURA_CHECK(
      check_port_free(options.transport_address, options.transport_port, "--transport-port"));
  YAGURA_CHECK(check_port_free(options.console_address, options.console_port, "--console-port"));
  YAGURA_TRY(fingerprint, installation.console_fingerprint());
  YAGURA_TRY(db, open_database(installation));
  YAGURA_CHECK(db::migrate(*db));
  if (options.demo) YAGURA_CHECK(seed_demo(installation, *db, clock, say));
  return Ready{std::move(installation), std::move(settled.program_folder), std::move(lock),
               std::move(fingerprint)};
}

/// Makes the first administrator if there is none; the password is empty otherwise. Last of all
/// steps, so that a password is never made that nobody gets to see.
Result<crypto::Secret> first_password(const Installation& installation, const Clock& clock) {
  YAGURA_TRY(db, open_accounts(installation));
  YAGURA_TRY(administrator, identity::has_administrator(*db));
  if (administrator) return crypto::Secret();
  SystemRandom random;
  YAGURA_TRY(first,
             identity::bootstrap_administrator(*db, kAdministrator, {}, random, clock.now()));
  return std::move(first.password);
}

}  // namespace

Status init(UpOptions options, const std::string& program_folder, const Clock& clock) {
  YAGURA_TRY(ready, make_ready(options, program_folder, clock));
  YAGURA_TRY(password, first_password(ready.installation, clock));
  print_welcome(ready.installation, options, password, ready.fingerprint);
  return {};
}

Status up(UpOptions options, const std::string& program_folder, StopSignals& signals,
          const Clock& clock) {
  YAGURA_TRY(ready, make_ready(options, program_folder, clock));
  YAGURA_TRY(state, Directory::open(ready.installation.path("run")));
  Supervisor supervisor(programs(ready.installation, ready.program_folder, options.demo), clock,
                        std::move(state), report_event);
  YAGURA_CHECK(supervisor.start());
  {
    YAGURA_TRY(password, first_password(ready.installation, clock));
    print_welcome(ready.installation, options, password, ready.fingerprint);
  }
  say("Stop         Ctrl-C");
  return supervisor.run(signals);
}

}  // namespace yagura::setup
