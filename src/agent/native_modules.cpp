#include "agent/native_modules.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "text/numbers.h"

namespace yagura::agent {
namespace {

using Value = Result<std::string>;

std::string whole(std::uint64_t value) {
  return std::to_string(value);
}
std::string two_decimals(double value) {
  return text::format_shortest(std::round(value * 100) / 100);
}

/// A reader for one number of a Result that HostView holds.
template <auto Source, typename Get>
Value from(HostView& view, Get get) {
  const auto& source = (view.*Source)();
  if (!source.ok()) return source.error();
  return get(*source);
}

template <auto Field>
Value cpu(HostView& view, const std::string&) {
  return from<&HostView::cpu_usage>(view, [](const auto& u) { return two_decimals(u.*Field); });
}

template <auto Field>
Value load(HostView& view, const std::string&) {
  return from<&HostView::load>(view, [](const auto& l) { return two_decimals(l.*Field); });
}

template <auto Field>
Value sockets(HostView& view, const std::string&) {
  return from<&HostView::sockets>(view, [](const auto& s) { return whole(s.*Field); });
}

template <auto Field>
Value process_count(HostView& view, const std::string&) {
  return from<&HostView::processes>(view, [](const host::ProcessTable& table) -> Value {
    if (!table.visible_all) {
      return Error{
          ErrorCode::kDenied,
          "the kernel hides other accounts' processes (hidepid): needs the group that /proc "
          "is mounted with"};
    }
    return whole(host::count_processes(table).*Field);
  });
}

Value processes_blocked(HostView& view, const std::string&) {
  return from<&HostView::cpu>(view, [](const auto& c) { return whole(c.blocked); });
}

Value memory_used(HostView& view, const std::string&) {
  return from<&HostView::memory>(view,
                                 [](const auto& m) { return two_decimals(m.used_percent()); });
}

Value memory_available(HostView& view, const std::string&) {
  return from<&HostView::memory>(view, [](const auto& m) { return whole(m.available); });
}

Value memory_total(HostView& view, const std::string&) {
  return from<&HostView::memory>(view, [](const auto& m) { return whole(m.total); });
}

Value swap_used(HostView& view, const std::string&) {
  return from<&HostView::memory>(view,
                                 [](const auto& m) { return two_decimals(m.swap_used_percent()); });
}

Value uptime(HostView& view, const std::string&) {
  YAGURA_TRY(seconds, host::read_uptime(view.root()));
  return whole(static_cast<std::uint64_t>(seconds));
}

Value kernel_release(HostView& view, const std::string&) {
  return host::read_kernel_release(view.root());
}

Value process_running(HostView& view, const std::string& name) {
  return from<&HostView::processes>(view, [&](const host::ProcessTable& table) {
    return std::string(host::find_by_name(view.root(), table, name).empty() ? "0" : "1");
  });
}

Value process_instances(HostView& view, const std::string& name) {
  return from<&HostView::processes>(view, [&](const host::ProcessTable& table) {
    return whole(host::find_by_name(view.root(), table, name).size());
  });
}

Value disk_used(HostView& view, const std::string& mount) {
  YAGURA_TRY(usage, view.usage(mount));
  return two_decimals(usage.used_percent());
}

Value disk_free(HostView& view, const std::string& mount) {
  YAGURA_TRY(usage, view.usage(mount));
  return whole(usage.available);
}

Value disk_inodes_used(HostView& view, const std::string& mount) {
  YAGURA_TRY(usage, view.usage(mount));
  if (usage.inodes_total == 0) {
    return Error{ErrorCode::kNotFound, mount + ": this file system has no fixed number of inodes"};
  }
  return two_decimals(usage.inodes_used_percent());
}

/// The entry called `name` in a list of rates.
template <auto Source, auto Field>
Value rate(HostView& view, const std::string& name) {
  return from<Source>(view, [&](const auto& list) -> Value {
    const auto at =
        std::find_if(list.begin(), list.end(), [&](const auto& r) { return r.name == name; });
    if (at == list.end()) return Error{ErrorCode::kUnavailable, name + ": no rate in this run"};
    return two_decimals((*at).*Field);
  });
}

template <auto Field>
Value disk_io(HostView& view, const std::string& disk) {
  return rate<&HostView::disks, Field>(view, disk);
}

template <auto Field>
Value net(HostView& view, const std::string& interface) {
  return rate<&HostView::interfaces, Field>(view, interface);
}

Value net_link(HostView& view, const std::string& interface) {
  YAGURA_TRY(up, host::link_up(view.root(), interface));
  return std::string(up ? "1" : "0");
}

constexpr std::string_view kNumber = "generic_data", kBool = "generic_proc",
                           kText = "generic_data_string";
constexpr std::string_view kSystem = "System", kPerformance = "Performance",
                           kNetworking = "Networking";

// Thresholds: sustained values at which an administrator has something to do. CPU and memory near
// their end; swap only when it is really used; disks early enough to react; zombies and blocked
// processes when they pile up. A start less than ten minutes ago is a warning: hosts do not restart
// by themselves.
using H = host::CpuUsage;
using L = host::Load;
using S = host::Sockets;
using P = host::ProcessCounts;
using D = host::DiskRates;
using N = host::InterfaceRates;
constexpr auto kNatives = std::to_array<Native>({
    {"cpu_used", "", kNumber, "%", kPerformance, "CPU time in use, all CPUs together", "85", "",
     "95", "", true, &cpu<&H::used>},
    {"cpu_user", "", kNumber, "%", kPerformance, "CPU time spent in programs", "", "", "", "", true,
     &cpu<&H::user>},
    {"cpu_system", "", kNumber, "%", kPerformance, "CPU time spent in the kernel", "", "", "", "",
     true, &cpu<&H::system>},
    {"cpu_iowait", "", kNumber, "%", kPerformance, "CPU time idle while waiting for disks", "30",
     "", "60", "", true, &cpu<&H::iowait>},
    {"cpu_steal", "", kNumber, "%", kPerformance, "CPU time the hypervisor gave to others", "10",
     "", "25", "", true, &cpu<&H::steal>},
    {"cpu_busiest", "", kNumber, "%", kPerformance, "CPU time in use on the busiest CPU", "", "",
     "", "", true, &cpu<&H::busiest>},
    {"memory_used", "", kNumber, "%", kPerformance, "Memory that programs cannot get any more",
     "85", "", "95", "", true, &memory_used},
    {"memory_available", "", kNumber, "bytes", kPerformance, "Memory that programs can still get",
     "", "", "", "", true, &memory_available},
    {"memory_total", "", kNumber, "bytes", kSystem, "Memory of the host", "", "", "", "", false,
     &memory_total},
    {"swap_used", "", kNumber, "%", kPerformance, "Swap space in use", "50", "", "80", "", true,
     &swap_used},
    {"load_1", "", kNumber, "", kPerformance, "Load average of one minute", "", "", "", "", true,
     &load<&L::one>},
    {"load_5", "", kNumber, "", kPerformance, "Load average of five minutes", "", "", "", "", true,
     &load<&L::five>},
    {"load_15", "", kNumber, "", kPerformance, "Load average of fifteen minutes", "", "", "", "",
     true, &load<&L::fifteen>},
    {"uptime", "", kNumber, "s", kSystem, "Time since the host started", "", "600", "", "", true,
     &uptime},
    {"kernel_release", "", kText, "", kSystem, "Release of the running kernel", "", "", "", "",
     true, &kernel_release},
    {"processes_total", "", kNumber, "processes", kSystem, "Processes", "", "", "", "", true,
     &process_count<&P::total>},
    {"processes_running", "", kNumber, "processes", kSystem, "Processes that run or want to", "",
     "", "", "", true, &process_count<&P::running>},
    {"processes_blocked", "", kNumber, "processes", kSystem, "Processes waiting for a device", "5",
     "", "20", "", true, &processes_blocked},
    {"processes_zombies", "", kNumber, "processes", kSystem, "Ended processes nobody collected",
     "10", "", "100", "", true, &process_count<&P::zombies>},
    {"threads_total", "", kNumber, "threads", kSystem, "Threads of all processes", "", "", "", "",
     true, &process_count<&P::threads>},
    {"process_running", "PROCESS", kBool, "", kSystem, "A process of this name is running", "", "",
     "", "", false, &process_running},
    {"process_instances", "PROCESS", kNumber, "processes", kSystem, "Processes of this name", "",
     "", "", "", false, &process_instances},
    {"sockets_used", "", kNumber, "sockets", kNetworking, "Sockets of all kinds", "", "", "", "",
     true, &sockets<&S::used>},
    {"tcp_established", "", kNumber, "connections", kNetworking, "Established TCP connections", "",
     "", "", "", true, &sockets<&S::tcp_established>},
    {"tcp_time_wait", "", kNumber, "connections", kNetworking,
     "TCP connections waiting for late packets", "", "", "", "", false,
     &sockets<&S::tcp_time_wait>},
    {"disk_used", "MOUNT", kNumber, "%", kSystem, "Space in use, as df shows it", "85", "", "95",
     "", true, &disk_used},
    {"disk_free", "MOUNT", kNumber, "bytes", kSystem, "Space that ordinary accounts can still use",
     "", "", "", "", true, &disk_free},
    {"disk_inodes_used", "MOUNT", kNumber, "%", kSystem, "Inodes in use", "85", "", "95", "", true,
     &disk_inodes_used},
    {"disk_read", "DISK", kNumber, "bytes/s", kPerformance, "Bytes read from the disk", "", "", "",
     "", true, &disk_io<&D::read_bytes_s>},
    {"disk_write", "DISK", kNumber, "bytes/s", kPerformance, "Bytes written to the disk", "", "",
     "", "", true, &disk_io<&D::write_bytes_s>},
    {"disk_busy", "DISK", kNumber, "%", kPerformance, "Time with requests under way", "", "", "",
     "", true, &disk_io<&D::busy_percent>},
    {"net_in", "INTERFACE", kNumber, "bytes/s", kNetworking, "Bytes received", "", "", "", "", true,
     &net<&N::rx_bytes_s>},
    {"net_out", "INTERFACE", kNumber, "bytes/s", kNetworking, "Bytes sent", "", "", "", "", true,
     &net<&N::tx_bytes_s>},
    {"net_errors", "INTERFACE", kNumber, "packets/s", kNetworking,
     "Packets damaged or dropped, both directions", "1", "", "50", "", true, &net<&N::errors_s>},
    {"net_link", "INTERFACE", kBool, "", kNetworking, "The link is up", "", "", "", "", true,
     &net_link},
});

/// A module of the default set.
ModuleConfig instance(const Native& native, const std::string& argument) {
  ModuleConfig out;
  out.source = Source::kNative;
  out.argument = std::string(native.name);
  if (!argument.empty()) out.argument += " " + argument;
  out.head.name = out.argument;
  out.origin = "default set";
  fill_native_defaults({&native, argument}, out.head);
  return out;
}

/// The load is high when more wants to run than there are CPUs: thresholds by their number.
void set_load_thresholds(HostView& view, ModuleConfig& module) {
  const auto& cpu = view.cpu();
  if (!cpu.ok() || cpu->cpus.empty()) return;
  module.head.min_warning = whole(2 * cpu->cpus.size());
  module.head.min_critical = whole(4 * cpu->cpus.size());
}

void cut(std::vector<std::string>& names, std::size_t limit, std::string_view what,
         std::vector<std::string>& problems) {
  if (names.size() <= limit) return;
  problems.push_back(std::string(what) + ": " + std::to_string(names.size() - limit) + " of " +
                     std::to_string(names.size()) + " are not in the default set");
  names.resize(limit);
}

/// What the natives with an argument are repeated for on this host.
struct Instances {
  std::vector<std::string> mounts, disks, interfaces;
};

Instances find_instances(HostView& view, std::vector<std::string>& problems) {
  Instances out;
  if (const auto& mounts = view.mounts(); mounts.ok()) {
    for (const host::Mount& mount : host::monitored_mounts(*mounts)) {
      out.mounts.push_back(mount.mount_point);
    }
  } else {
    problems.push_back("disks: " + mounts.error().what);
  }
  if (const auto& disks = view.disks(); disks.ok()) {
    for (const host::DiskRates& disk : *disks)
      out.disks.push_back(disk.name);
  } else if (disks.error().code != ErrorCode::kNotFound) {
    problems.push_back("disk traffic: " + disks.error().what);
  }
  if (const auto& network = view.network(); network.ok()) {
    out.interfaces = host::monitored_interfaces(view.root(), *network);
  } else {
    problems.push_back("network: " + network.error().what);
  }
  cut(out.mounts, kMaxDefaultMounts, "file systems", problems);
  cut(out.disks, kMaxDefaultDisks, "disks", problems);
  cut(out.interfaces, kMaxDefaultInterfaces, "network interfaces", problems);
  return out;
}

}  // namespace

std::span<const Native> natives() {
  return kNatives;
}

const Native* find_native(std::string_view name) {
  const auto at = std::find_if(kNatives.begin(), kNatives.end(),
                               [&](const Native& n) { return n.name == name; });
  return at == kNatives.end() ? nullptr : &*at;
}

Result<NativeCall> parse_native_call(std::string_view text) {
  text = text::trim(text);
  std::size_t end = 0;
  while (end < text.size() && !text::is_space(text[end]))
    ++end;
  const std::string_view name = text.substr(0, end);
  NativeCall out{find_native(name), std::string(text::trim(text.substr(end)))};
  if (out.native == nullptr) {
    return Error{ErrorCode::kInvalid, "no native module is called '" + std::string(name) + "'"};
  }
  if (out.argument.empty() != out.native->argument.empty()) {
    return Error{ErrorCode::kInvalid,
                 out.argument.empty()
                     ? std::string(name) + " needs a " + std::string(out.native->argument)
                     : std::string(name) + " takes nothing behind it"};
  }
  return out;
}

void fill_native_defaults(const NativeCall& call, report::ModuleReport& head) {
  const Native& native = *call.native;
  const auto fill = [](std::optional<std::string>& slot, std::string_view text) {
    if (!slot && !text.empty()) slot = std::string(text);
  };
  const bool has_thresholds = head.min_warning || head.max_warning || head.min_critical ||
                              head.max_critical || head.str_warning || head.str_critical;
  fill(head.type, native.type);
  fill(head.unit, native.unit);
  fill(head.module_group, native.group);
  if (!head.description) {
    head.description = std::string(native.description);
    if (!call.argument.empty()) *head.description += ": " + call.argument;
  }
  if (has_thresholds) return;
  fill(head.min_warning, native.min_warning);
  fill(head.max_warning, native.max_warning);
  fill(head.min_critical, native.min_critical);
  fill(head.max_critical, native.max_critical);
}

std::vector<ModuleConfig> default_modules(HostView& view, std::vector<std::string>& problems) {
  const Instances instances = find_instances(view, problems);
  std::vector<ModuleConfig> out;
  for (const Native& native : kNatives) {
    if (!native.in_default_set) continue;
    if (native.argument.empty()) {
      out.push_back(instance(native, {}));
      if (native.name == "load_5") set_load_thresholds(view, out.back());
      continue;
    }
    const std::vector<std::string>& list = native.argument == "MOUNT"  ? instances.mounts
                                           : native.argument == "DISK" ? instances.disks
                                                                       : instances.interfaces;
    for (const std::string& argument : list)
      out.push_back(instance(native, argument));
  }
  return out;
}

}  // namespace yagura::agent
