#include "agent/command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

namespace yagura::agent {
namespace {

constexpr const char* kShell = "/bin/sh";
constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// After the shell has ended, its output is read for this long: children that hold the pipe open in
/// the background must not hold us.
constexpr Micros kDrain = 200'000;

/// posix_spawn's two attribute objects, destroyed in every case.
class SpawnSetup {
 public:
  SpawnSetup() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  void prepare(int output, const std::string& directory) {
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// Starts the shell as leader of a process group of its own.
Result<pid_t> start(const CommandOptions& options, int output) {
  SpawnSetup setup;
  setup.prepare(output, options.directory);
  std::string shell = kShell, dash_c = "-c", command = options.command;
  std::array<char*, 4> argv = {shell.data(), dash_c.data(), command.data(), nullptr};
  std::vector<std::string> environment = options.environment;
  std::vector<char*> envp;
  for (std::string& entry : environment)
    envp.push_back(entry.data());
  envp.push_back(nullptr);
  pid_t pid = -1;
  const int rc =
      ::posix_spawn(&pid, kShell, &setup.actions_, &setup.attributes_, argv.data(), envp.data());
  if (rc != 0) return system_error(std::string("starting ") + kShell, rc);
  return pid;
}

/// A started command: makes sure that nothing of it survives.
class Running {
 public:
  Running(pid_t pid, UniqueFd output, int stop_fd)
      : pid_(pid),
        stop_fd_(stop_fd),
        output_(std::move(output)),
        ended_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { (void)finish(); }

  /// Waits for output or the end, at most until `deadline`.
  Status collect(std::string& out, Micros deadline) {
    bool open = true;
    bool running = true;
    while (open || running) {
      const Micros left = deadline - clock_.steady();
      if (left <= 0) {
        if (!running) return {};  // only a background child holds the pipe
        return Error{ErrorCode::kTimeout, "did not end in time"};
      }
      std::array<pollfd, 3> fds = {pollfd{open ? output_.get() : -1, POLLIN, 0},
                                   pollfd{running ? ended_.get() : -1, POLLIN, 0},
                                   pollfd{stop_fd_, POLLIN, 0}};
      const int n = ::poll(fds.data(), fds.size(), static_cast<int>(left / 1000 + 1));
      if (n < 0 && errno != EINTR) return system_error("poll", errno);
      if (n <= 0) continue;
      if (fds[2].revents != 0) return Error{ErrorCode::kUnavailable, "stopped"};
      if (fds[0].revents != 0) {
        YAGURA_TRY(more, read_some(out));
        open = more;
      }
      if (fds[1].revents != 0 && running) {
        running = false;
        deadline = std::min(deadline, clock_.steady() + kDrain);
      }
    }
    return {};
  }

  /// Kills what is left of the group and returns the exit status of the shell.
  int finish() {
    if (pid_ < 0) return status_;
    ::kill(-pid_, SIGKILL);
    int raw = 0;
    while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    return status_;
  }

 private:
  /// False at the end of the output.
  Result<bool> read_some(std::string& out) {
    std::array<char, 16384> buffer;  // NOLINT: filled by read
    const ssize_t n = ::read(output_.get(), buffer.data(), buffer.size());
    if (n < 0) {
      if (errno == EINTR || errno == EAGAIN) return true;
      return system_error("reading output", errno);
    }
    if (out.size() + static_cast<std::size_t>(n) > kMaxCommandOutput) {
      return Error{ErrorCode::kLimit,
                   "more than " + std::to_string(kMaxCommandOutput) + " bytes of output"};
    }
    out.append(buffer.data(), static_cast<std::size_t>(n));
    return n > 0;
  }

  SystemClock clock_;
  pid_t pid_;
  int stop_fd_;
  UniqueFd output_;
  UniqueFd ended_;
  int status_ = 0;
};

}  // namespace

Result<CommandOutcome> run_command(const CommandOptions& options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return system_error("pipe", errno);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  // The command's end blocks, as programs expect of their standard output.
  if (::fcntl(writer.get(), F_SETFL, 0) != 0) return system_error("fcntl", errno);
  const SystemClock clock;
  const Micros begin = clock.steady();
  YAGURA_TRY(pid, start(options, writer.get()));
  writer.reset();
  Running running(pid, std::move(reader), options.stop_fd);
  CommandOutcome out;
  YAGURA_CHECK(running.collect(out.output, begin + options.timeout));
  out.exit_status = running.finish();
  out.duration = clock.steady() - begin;
  return out;
}

std::vector<std::string> command_environment(
    const std::string& config_directory, const std::string& agent_name,
    const std::vector<std::pair<std::string, std::string>>& saved) {
  const auto inherited = [](const char* name) -> std::string {
    const char* value = ::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes it
    return value == nullptr ? std::string{} : std::string(name) + "=" + value;
  };
  std::vector<std::string> out = {
      std::string("PATH=") + kPath + ":" + config_directory + "/plugins",
      "LANG=C.UTF-8",
      "SHELL=/bin/sh",
      "PANDORA_HOME=" + config_directory,
      "PANDORA_AGENT=" + agent_name,
  };
  for (const char* name : {"HOME", "USER", "LOGNAME", "TZ"}) {
    if (std::string entry = inherited(name); !entry.empty()) out.push_back(std::move(entry));
  }
  for (const auto& [name, value] : saved)
    out.push_back(name + "=" + value);
  return out;
}

}  // namespace yagura::agent
