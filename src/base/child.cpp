#include "base/child.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace yagura {
namespace {

/// Runs in the child after fork: only async-signal-safe calls.
[[noreturn]] void become(const char* program, char* const* argv, int output, int null, int ready,
                         int report, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
    struct sigaction action{};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
  }
  // A Ctrl-C at the terminal reaches the parent alone, which then stops its children in order.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);
  dup2(null, 0);
  if (output >= 0) {
    dup2(output, 1);
    dup2(output, 2);
  }
  // Libraries open files without O_CLOEXEC (the log's sink): none of them reaches the program.
  syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  if (ready >= 0) fcntl(ready, F_SETFD, 0);
  execv(program, argv);
  const int failure = errno;
  [[maybe_unused]] const ssize_t n = write(report, &failure, sizeof failure);
  _exit(127);
}

Result<std::array<UniqueFd, 2>> make_pipe() {
  std::array<int, 2> raw{};
  if (::pipe2(raw.data(), O_CLOEXEC) != 0) return system_error("pipe", errno);
  return std::array<UniqueFd, 2>{UniqueFd(raw[0]), UniqueFd(raw[1])};
}

}  // namespace

Result<Child> spawn(const SpawnOptions& options) {
  YAGURA_TRY(report, make_pipe());
  std::array<UniqueFd, 2> ready;
  std::vector<std::string> words{options.program};
  words.insert(words.end(), options.args.begin(), options.args.end());
  if (options.ready_pipe) {
    YAGURA_TRY(made, make_pipe());
    ready = std::move(made);
    words.insert(words.end(), {"--ready-fd", std::to_string(ready[1].get())});
  }
  UniqueFd output;
  if (!options.output_file.empty()) {
    output.reset(
        ::open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!output.valid()) return system_error(options.output_file, errno);
  }
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null.valid()) return system_error("/dev/null", errno);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);

  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return system_error("fork", errno);
  if (pid == 0) {
    become(options.program.c_str(), argv.data(), output.get(), null.get(), ready[1].get(),
           report[1].get(), parent);
  }
  report[1].reset();
  int failure = 0;
  const ssize_t n = ::read(report[0].get(), &failure, sizeof failure);
  if (n == static_cast<ssize_t>(sizeof failure)) {
    ::waitpid(pid, nullptr, 0);
    return system_error("starting " + options.program, failure);
  }
  Child child;
  child.pid = pid;
  child.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!child.pidfd.valid()) return system_error("pidfd_open", errno);
  child.ready = std::move(ready[0]);
  return child;
}

std::string reap(const Child& child) {
  int status = 0;
  while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace yagura
