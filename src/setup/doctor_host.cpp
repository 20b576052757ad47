// Looks at files, settings, certificates, programs, disk and clock.
#include <array>
#include <cerrno>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "crypto/x509.h"
#include "setup/doctor_checks.h"
#include "setup/supervisor_status.h"

namespace yagura::setup {
namespace {

constexpr std::size_t kMaxSmallFile = 1024UL * 1024;
constexpr Micros kRenewSoon = 30 * kDay;
constexpr double kLowDiskPercent = 10.0;

using State = Finding::State;

std::string days(Micros span) {
  return std::to_string(span / kDay) + " days";
}

struct Secret {
  const char* path;
  mode_t forbidden;
};
// What must stay closed: keys and folders with keys or refused payloads.
constexpr std::array kClosed{Secret{"pki", 077},
                             Secret{"pki/ca.key", 077},
                             Secret{"pki/transport.key", 077},
                             Secret{"pki/console.key", 077},
                             Secret{"pki/agent.key", 077},
                             Secret{"quarantine", 077},
                             Secret{"db", 027},
                             Secret{"spool/incoming", 027},
                             Secret{"conf", 027}};

}  // namespace

void check_files(const DoctorContext& context, std::vector<Finding>& out) {
  std::size_t wrong = 0;
  for (const Secret& item : kClosed) {
    const std::string path = context.installation.path(item.path);
    struct stat st{};
    if (::stat(path.c_str(), &st) != 0) {
      ++wrong;
      const bool absent = errno == ENOENT;
      out.push_back({absent ? State::kProblem : State::kNotAssessed, "files",
                     system_error(path, errno).what,
                     absent ? "start 'yagura up' once more: it makes what is missing"
                            : "run this as the account that owns the installation"});
    } else if ((st.st_mode & item.forbidden) != 0) {
      ++wrong;
      out.push_back(
          {State::kProblem, "files", path + " is open to others",
           "chmod " + std::string(S_ISDIR(st.st_mode) ? "u=rwx" : "u=rw") + ",go= " + path});
    }
  }
  if (wrong == 0) {
    out.push_back({State::kOk, "files",
                   std::to_string(kClosed.size()) + " folders and keys are closed to others", ""});
  }
}

void check_settings(const DoctorContext& context, std::vector<Finding>& out) {
  struct Item {
    const char* program;
    const char* file;
  };
  for (const Item& item :
       {Item{"yagura-tentacled", "conf/tentacled.toml"}, Item{"yagura-server", "conf/server.toml"},
        Item{"yagura-console", "conf/console.toml"}, Item{"yagura-agent", "conf/agent.conf"}}) {
    const std::string file = context.installation.path(item.file);
    const auto child = spawn({context.options.program_folder + "/" + item.program,
                              {"--config", file, "--check-config"},
                              "/dev/null",
                              false});
    if (!child.ok()) {
      out.push_back({State::kNotAssessed, "settings", child.error().what,
                     "build the programs, or name their folder"});
      continue;
    }
    const std::string how = reap(*child);
    if (how == "exit status 0") {
      out.push_back({State::kOk, "settings", file + " is complete and valid", ""});
    } else {
      out.push_back({State::kProblem, "settings", file + " is refused by " + item.program,
                     "see every mistake with its line: " + std::string(item.program) +
                         " --config " + file + " --check-config"});
    }
  }
}

void check_certificates(const DoctorContext& context, std::vector<Finding>& out) {
  for (const char* name : {"ca", "transport", "console", "agent"}) {
    const std::string path = context.installation.path(std::string("pki/") + name + ".pem");
    const auto pem = read_file(path, kMaxSmallFile);
    const auto info =
        pem.ok() ? crypto::inspect(*pem) : Result<crypto::CertificateInfo>(pem.error());
    if (!info.ok()) {
      out.push_back({State::kNotAssessed, "certificates", info.error().what, ""});
      continue;
    }
    const Micros left = info->not_after - context.clock.now();
    if (left < 0) {
      out.push_back({State::kProblem, "certificates", path + " expired " + days(-left) + " ago",
                     "start 'yagura up' again: it issues a new one"});
    } else if (left < kRenewSoon) {
      out.push_back({State::kNotice, "certificates", path + " expires in " + days(left),
                     "start 'yagura up' again: it issues a new one"});
    } else {
      out.push_back({State::kOk, "certificates", path + " is valid for " + days(left), ""});
    }
  }
}

void check_programs(const DoctorContext& context, std::vector<Finding>& out) {
  const auto programs = read_status(context.installation);
  if (!programs.ok()) {
    const bool never = programs.error().code == ErrorCode::kNotFound;
    out.push_back({never ? State::kProblem : State::kNotAssessed, "programs",
                   never ? "no supervisor has run here yet" : programs.error().what,
                   "start it with 'yagura up'"});
    return;
  }
  for (const ProgramStatus& p : *programs) {
    if (!p.alive()) {
      out.push_back({State::kProblem, "programs", p.name + " does not run",
                     "start 'yagura up'; if it runs, read log/" + p.name + ".out"});
    } else if (p.restarts > 0) {
      out.push_back(
          {State::kNotice, "programs",
           p.name + " runs, but had to be started again " + std::to_string(p.restarts) + " times",
           "read its log in " + context.installation.path("log")});
    } else {
      out.push_back(
          {State::kOk, "programs", p.name + " runs (pid " + std::to_string(p.pid) + ")", ""});
    }
  }
}

void check_disk(const DoctorContext& context, std::vector<Finding>& out) {
  struct statvfs vfs{};
  if (::statvfs(context.installation.root().c_str(), &vfs) != 0 || vfs.f_blocks == 0) {
    out.push_back({State::kNotAssessed, "disk", system_error("statvfs", errno).what, ""});
    return;
  }
  const double free = 100.0 * static_cast<double>(vfs.f_bavail) / static_cast<double>(vfs.f_blocks);
  const std::string what = std::to_string(static_cast<int>(free)) + " % of the disk under " +
                           context.installation.root() + " is free";
  if (free < kLowDiskPercent) {
    out.push_back({State::kProblem, "disk", what,
                   "make room or move the data folder: the transport refuses agents before the "
                   "disk is full"});
  } else {
    out.push_back({State::kOk, "disk", what, ""});
  }
}

void check_clock(const DoctorContext&, std::vector<Finding>& out) {
  struct timex state{};
  const int rc = ::adjtimex(&state);
  if (rc < 0) {
    out.push_back({State::kNotAssessed, "clock", system_error("adjtimex", errno).what, ""});
  } else if (rc == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
    out.push_back({State::kNotice, "clock", "the kernel says that the clock is not synchronised",
                   "install chrony or systemd-timesyncd; certificates and the order of events "
                   "depend on time"});
  } else {
    out.push_back({State::kOk, "clock", "the clock is synchronised", ""});
  }
}

}  // namespace yagura::setup
