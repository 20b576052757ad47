#include "host/processes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include <fcntl.h>
#include <unistd.h>

#include "host/parse.h"

namespace yagura::host {
namespace {

constexpr std::size_t kMaxStatLine = 4096;
/// The kernel cuts /proc/PID/comm to this length.
constexpr std::size_t kCommBytes = 15;

bool is_pid(std::string_view name) {
  return !name.empty() && name.size() <= 10 &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// One read(2) into `buffer`: the kernel gives the whole line at once.
std::string_view read_small(int proc, const std::string& path, std::span<char> buffer) {
  const UniqueFd fd(::openat(proc, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) return {};
  const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
  if (n <= 0) return {};
  return {buffer.data(), static_cast<std::size_t>(n)};
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

Result<Process> parse_process(std::string_view stat) {
  const Error malformed{ErrorCode::kInvalid, "/proc/PID/stat: unknown format"};
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return malformed;
  }
  Process out;
  const auto pid = to_u64(trim(stat.substr(0, open)));
  if (!pid || *pid > INT32_MAX) return malformed;
  out.pid = static_cast<int>(*pid);
  out.name = stat.substr(open + 1, close - open - 1);
  Words words(trim(stat.substr(close + 1)));
  const std::string_view state = words.next();
  const auto parent = to_u64(words.next());
  if (state.size() != 1 || !parent || *parent > INT32_MAX) return malformed;
  out.state = state.front();
  out.parent = static_cast<int>(*parent);
  words.skip(9);  // pgrp session tty tpgid flags minflt cminflt majflt cmajflt
  const auto user = to_u64(words.next()), system = to_u64(words.next());
  words.skip(4);  // cutime cstime priority nice
  const auto threads = to_u64(words.next());
  words.skip(1);  // itrealvalue
  const auto start = to_u64(words.next());
  words.skip(1);  // vsize
  const auto rss = to_u64(words.next());
  if (!user || !system || !threads || !start || !rss) return malformed;
  out.cpu_ticks = *user + *system;
  out.threads = *threads;
  out.start_ticks = *start;
  out.rss_pages = *rss;
  return out;
}

Result<ProcessTable> read_processes(const Root& root) {
  YAGURA_TRY(names, root.list("/proc", kMaxProcesses));
  YAGURA_TRY(proc, root.open_at("/proc", O_RDONLY | O_DIRECTORY));
  ProcessTable out;
  std::array<char, kMaxStatLine> buffer;  // NOLINT: filled by read
  for (const std::string& name : names) {
    if (!is_pid(name)) continue;
    const std::string_view text = read_small(proc.get(), name + "/stat", buffer);
    auto process = parse_process(text);
    if (process.ok()) out.processes.push_back(std::move(process).value());
  }
  if (out.processes.empty()) {
    return Error{ErrorCode::kUnavailable, "/proc: no process can be read"};
  }
  // Process 1 is always there; when it is hidden, so are all foreign ones.
  out.visible_all = std::any_of(out.processes.begin(), out.processes.end(),
                                [](const Process& p) { return p.pid == 1; });
  return out;
}

ProcessCounts count_processes(const ProcessTable& table) {
  ProcessCounts out;
  for (const Process& process : table.processes) {
    ++out.total;
    out.threads += process.threads;
    if (process.state == 'R') ++out.running;
    if (process.state == 'Z') ++out.zombies;
  }
  return out;
}

Result<std::string> read_command_line(const Root& root, int pid) {
  YAGURA_TRY(text, root.read("/proc/" + std::to_string(pid) + "/cmdline", kMaxCommandLineBytes));
  while (!text.empty() && text.back() == '\0')
    text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

std::vector<Process> find_by_command_line(const Root& root, const ProcessTable& table,
                                          std::string_view wanted) {
  std::vector<Process> out;
  for (const Process& process : table.processes) {
    const auto line = read_command_line(root, process.pid);
    if (line.ok() && !line->empty() && trim(*line) == wanted) out.push_back(process);
  }
  return out;
}

std::vector<Process> find_by_name(const Root& root, const ProcessTable& table,
                                  std::string_view wanted) {
  std::vector<Process> out;
  for (const Process& process : table.processes) {
    if (process.name == wanted) {
      out.push_back(process);
      continue;
    }
    // Only a name that fills the kernel's field can be a cut one: spare the other files.
    if (process.name.size() < kCommBytes || !wanted.starts_with(process.name)) continue;
    const auto line = read_command_line(root, process.pid);
    if (!line.ok()) continue;
    if (base_name(std::string_view(*line).substr(0, line->find(' '))) == wanted) {
      out.push_back(process);
    }
  }
  return out;
}

}  // namespace yagura::host
