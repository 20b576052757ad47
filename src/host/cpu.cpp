#include "host/cpu.h"

#include <algorithm>

#include "host/parse.h"

namespace yagura::host {
namespace {

CpuTimes parse_times(Words words) {
  CpuTimes t;
  for (std::uint64_t* field :
       {&t.user, &t.nice, &t.system, &t.idle, &t.iowait, &t.irq, &t.softirq, &t.steal}) {
    *field = to_u64(words.next()).value_or(0);
  }
  return t;
}

/// Differences by column, never negative.
CpuTimes difference(const CpuTimes& a, const CpuTimes& b) {
  const auto d = [](std::uint64_t x, std::uint64_t y) { return advance(x, y).value_or(0); };
  return {d(a.user, b.user),     d(a.nice, b.nice), d(a.system, b.system),   d(a.idle, b.idle),
          d(a.iowait, b.iowait), d(a.irq, b.irq),   d(a.softirq, b.softirq), d(a.steal, b.steal)};
}

double total(const CpuTimes& t) {
  return static_cast<double>(t.user) + static_cast<double>(t.nice) + static_cast<double>(t.system) +
         static_cast<double>(t.idle) + static_cast<double>(t.iowait) + static_cast<double>(t.irq) +
         static_cast<double>(t.softirq) + static_cast<double>(t.steal);
}

double used_percent(const CpuTimes& t) {
  const double all = total(t);
  if (all <= 0) return 0;
  return 100.0 * (all - static_cast<double>(t.idle) - static_cast<double>(t.iowait)) / all;
}

}  // namespace

Result<CpuSnapshot> parse_cpu(std::string_view stat) {
  CpuSnapshot out;
  bool found = false;
  Lines lines(stat);
  while (const auto line = lines.next()) {
    Words words(*line);
    const std::string_view key = words.next();
    if (key == "cpu") {
      out.all = parse_times(words);
      found = true;
    } else if (key.starts_with("cpu") && to_u64(key.substr(3))) {
      if (out.cpus.size() < kMaxCpus) out.cpus.push_back(parse_times(words));
    } else if (key == "ctxt") {
      out.context_switches = to_u64(words.next()).value_or(0);
    } else if (key == "btime") {
      out.boot_time_s = to_u64(words.next()).value_or(0);
    } else if (key == "procs_running") {
      out.running = to_u64(words.next()).value_or(0);
    } else if (key == "procs_blocked") {
      out.blocked = to_u64(words.next()).value_or(0);
    }
  }
  if (!found) return Error{ErrorCode::kInvalid, "/proc/stat: no line 'cpu'"};
  return out;
}

Result<CpuSnapshot> read_cpu(const Root& root) {
  YAGURA_TRY(text, root.read("/proc/stat", kMaxStatBytes));
  return parse_cpu(text);
}

Result<CpuUsage> cpu_usage(const CpuSnapshot& earlier, const CpuSnapshot& later) {
  const CpuTimes d = difference(earlier.all, later.all);
  const double all = total(d);
  if (all <= 0) return Error{ErrorCode::kUnavailable, "/proc/stat: no CPU time passed"};
  const auto share = [all](std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
    return 100.0 * (static_cast<double>(a) + static_cast<double>(b) + static_cast<double>(c)) / all;
  };
  CpuUsage out;
  out.used = used_percent(d);
  out.user = share(d.user, d.nice);
  out.system = share(d.system, d.irq, d.softirq);
  out.iowait = share(d.iowait);
  out.steal = share(d.steal);
  out.busiest = out.used;
  // CPUs can be switched off and on between the two: then they do not correspond.
  if (earlier.cpus.size() == later.cpus.size()) {
    for (std::size_t i = 0; i < later.cpus.size(); ++i) {
      out.busiest = std::max(out.busiest, used_percent(difference(earlier.cpus[i], later.cpus[i])));
    }
  }
  return out;
}

}  // namespace yagura::host
