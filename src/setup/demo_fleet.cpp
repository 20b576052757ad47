#include "setup/demo_fleet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/random.h"

namespace yagura::setup {
namespace {

using report::ModuleReport;

struct RoleText {
  const char* stem;
  const char* group;
  const char* alias;
};
constexpr std::array<RoleText, 7> kRoles{{{"web", "Web", "Web"},
                                          {"db", "Databases", "Database"},
                                          {"app", "Applications", "Application"},
                                          {"cache", "Applications", "Cache"},
                                          {"file", "Storage", "File server"},
                                          {"mail", "Mail", "Mail"},
                                          {"gw", "Network", "Gateway"}}};
constexpr std::array kSystems{"Debian GNU/Linux 12 (bookworm)", "Ubuntu 24.04.1 LTS",
                              "Rocky Linux 9.4 (Blue Onyx)", "SUSE Linux Enterprise Server 15 SP6"};
constexpr std::array kSites{"tyo", "osa", "fra", "iad"};

std::string number(double value, int decimals) {
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%.*f", decimals, value);
  return out.data();
}

ModuleReport numeric(const char* name, const char* description, const char* unit, double value,
                     int decimals) {
  ModuleReport m;
  m.name = name;
  m.type = "generic_data";
  m.description = description;
  if (*unit != '\0') m.unit = unit;
  m.module_group = "System";
  m.samples.push_back({number(value, decimals), std::nullopt});
  return m;
}

ModuleReport with_limits(ModuleReport m, double warning, double critical) {
  m.min_warning = number(warning, 0);
  m.max_warning = number(critical, 0);
  m.min_critical = number(critical, 0);
  m.max_critical = "0";
  return m;
}

ModuleReport service(const char* name, const char* description, bool up) {
  ModuleReport m;
  m.name = name;
  m.type = "generic_proc";
  m.description = description;
  m.module_group = "Application";
  m.samples.push_back({up ? "1" : "0", std::nullopt});
  return m;
}

ModuleReport words(const char* name, const char* description, std::string value) {
  ModuleReport m;
  m.name = name;
  m.type = "generic_data_string";
  m.description = description;
  m.module_group = "General";
  m.samples.push_back({std::move(value), std::nullopt});
  return m;
}

std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30U;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27U;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

double unit_interval(std::uint64_t x) {
  return static_cast<double>(mix(x) >> 11U) * 0x1.0p-53;
}

/// How far the story is along: 0 at the epoch, 1 a day later.
double progress(Micros time, Micros epoch) {
  return static_cast<double>(time - epoch) / static_cast<double>(kDay);
}

}  // namespace

DemoFleet::DemoFleet(std::uint64_t seed, int agents) {
  SeededRandom random(seed);
  constexpr std::array kWeights{
      Role::kWeb,  Role::kWeb,  Role::kDatabase, Role::kApplication, Role::kCache,
      Role::kFile, Role::kMail, Role::kRouter,   Role::kApplication, Role::kDatabase};
  std::array<int, kRoles.size()> counters{};
  for (int i = 0; i < agents; ++i) {
    Host host;
    host.role = kWeights[random.below(kWeights.size())];
    const RoleText& text = kRoles[static_cast<std::size_t>(host.role)];
    const char* site = kSites[random.below(kSites.size())];
    const std::string serial =
        std::to_string(100 + ++counters[static_cast<std::size_t>(host.role)]);
    host.name = std::string(kDemoPrefix) + text.stem + serial.substr(1) + "-" + site;
    host.alias = std::string(text.stem) + serial.substr(1) + "." + site + ".demo.example";
    host.address = "192.0.2." + std::to_string(1 + i % 250);
    host.os_version = kSystems[random.below(kSystems.size())];
    host.load = 0.3 + static_cast<double>(random.below(130)) / 100.0;
    host.phase = static_cast<double>(random.below(60)) / 1000.0;
    host.disk = 25.0 + static_cast<double>(random.below(45));
    host.seed = mix(seed * 1000003 + static_cast<std::uint64_t>(i));
    // One host in twelve has a story; the rest live quietly, as most of a fleet does.
    host.story = i % 12 == 5 ? static_cast<Story>(1 + random.below(5)) : Story::kNone;
    hosts_.push_back(std::move(host));
  }
}

Micros DemoFleet::offset(int host) const {
  return static_cast<Micros>(mix(hosts_[static_cast<std::size_t>(host)].seed) % 290) * kSecond;
}

std::vector<std::string> DemoFleet::groups() {
  return {"Web", "Databases", "Applications", "Storage", "Mail", "Network"};
}

double DemoFleet::noise(const Host& host, Micros time, std::uint64_t channel) {
  const auto step = static_cast<std::uint64_t>(time / kMinute);
  return unit_interval(host.seed ^ (step * 7919) ^ (channel << 48U)) * 2.0 - 1.0;
}

double DemoFleet::busy(const Host& host, Micros time) {
  const double day = static_cast<double>(time) / static_cast<double>(kDay) + host.phase;
  const double wave = 0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * (day - 0.2));
  const double lunch = 0.15 * std::exp(-std::pow((day - std::floor(day) - 0.52) * 24.0, 2.0));
  return host.load * (0.15 + 0.7 * wave + lunch + 0.06 * noise(host, time, 1));
}

std::optional<report::AgentReport> DemoFleet::report(int index, Micros time, Micros epoch) const {
  const Host& host = hosts_[static_cast<std::size_t>(index)];
  const double into = progress(time, epoch);
  if (host.story == Story::kGoesSilent && into > 0.35 && into < 0.42) return std::nullopt;
  report::AgentReport r;
  r.agent_name = host.name;
  r.agent_alias = host.alias;
  r.version = "demo";
  r.os_name = "Linux";
  r.os_version = host.os_version;
  r.description = std::string(kRoles[static_cast<std::size_t>(host.role)].alias) +
                  " of the demonstration fleet (simulated)";
  r.group = kRoles[static_cast<std::size_t>(host.role)].group;
  r.addresses = {host.address};
  r.interval_s = static_cast<int>(kInterval / kSecond);
  r.time = time;
  add_system(host, time, into, r.modules);
  add_role(host, time, into, r.modules);
  return r;
}

void DemoFleet::add_system(const Host& host, Micros time, double into,
                           std::vector<ModuleReport>& out) {
  double cpu = std::clamp(55.0 * busy(host, time) + 4.0 * noise(host, time, 2), 0.5, 99.0);
  if (host.story == Story::kCpuSaturates && into > 0.8) {
    cpu = std::clamp(93.0 + 5.0 * noise(host, time, 3), 85.0, 100.0);
  }
  const double memory = std::clamp(
      48.0 + 14.0 * host.load + 6.0 * busy(host, time) + noise(host, time, 4), 10.0, 97.0);
  double swap = std::max(0.0, 1.5 + noise(host, time, 5));
  if (host.story == Story::kSwapping) swap = std::clamp(20.0 + 55.0 * into, 0.0, 88.0);
  double disk = host.disk + into * 0.4;
  if (host.story == Story::kDiskFills) disk = std::min(99.4, 78.0 + 19.0 * into);

  out.push_back(
      with_limits(numeric("CPU usage", "Share of processor time in use", "%", cpu, 1), 80, 92));
  out.push_back(with_limits(
      numeric("Load average", "Runnable tasks, mean over 5 minutes", "", cpu / 22.0, 2), 8, 16));
  out.push_back(
      with_limits(numeric("Memory usage", "Memory that programs hold", "%", memory, 1), 85, 95));
  out.push_back(with_limits(numeric("Swap usage", "Swap space in use", "%", swap, 1), 40, 75));
  out.push_back(with_limits(
      numeric("Disk usage /", "Space used on the root file system", "%", 30.0 + host.disk / 8.0, 1),
      85, 95));
  out.push_back(with_limits(
      numeric("Disk usage /srv", "Space used on the data file system", "%", disk, 1), 85, 95));
  const double traffic = 900.0 * busy(host, time) * (1.0 + 0.2 * noise(host, time, 6));
  out.push_back(
      numeric("Network in", "Received on all interfaces", "kB/s", std::max(1.0, traffic), 1));
  out.push_back(
      numeric("Network out", "Sent on all interfaces", "kB/s", std::max(1.0, traffic * 1.7), 1));
  out.push_back(numeric("Processes", "Number of processes", "",
                        std::floor(140.0 + 40.0 * host.load + 6.0 * noise(host, time, 7)), 0));
  out.push_back(numeric("Uptime", "Time since the last boot", "s",
                        static_cast<double>(time / kSecond % 8'640'000), 0));
  out.push_back(service("SSH service", "sshd answers", true));
  out.push_back(
      words("Kernel", "Running kernel", "6.1.0-" + std::to_string(20 + host.seed % 9) + "-amd64"));
}

void DemoFleet::add_role(const Host& host, Micros time, double into,
                         std::vector<ModuleReport>& out) {
  const double load = busy(host, time);
  const bool failed =
      host.story == Story::kServiceFails && ((into > 0.55 && into < 0.6) || into > 0.93);
  switch (host.role) {
    case Role::kWeb:
      out.push_back(service("nginx", "Web server answers", !failed));
      out.push_back(numeric("Requests", "HTTP requests", "1/s", failed ? 0.0 : 420.0 * load, 1));
      out.push_back(with_limits(numeric("Response time", "95th percentile", "ms",
                                        failed ? 0.0 : 40.0 + 180.0 * load * load, 1),
                                400, 900));
      break;
    case Role::kDatabase:
      out.push_back(service("mariadb", "Database answers", !failed));
      out.push_back(with_limits(numeric("Connections", "Open database connections", "",
                                        std::floor(20.0 + 90.0 * load), 0),
                                140, 180));
      out.push_back(numeric("Queries", "Statements", "1/s", failed ? 0.0 : 1600.0 * load, 0));
      break;
    case Role::kApplication:
      out.push_back(service("application", "Application answers its health check", !failed));
      out.push_back(with_limits(numeric("Heap usage", "Java heap in use", "%",
                                        45.0 + 30.0 * std::fabs(noise(host, time, 8)), 1),
                                88, 96));
      break;
    case Role::kCache:
      out.push_back(service("redis", "Cache answers", !failed));
      out.push_back(numeric("Hit rate", "Requests answered from memory", "%",
                            94.0 + 3.0 * noise(host, time, 9), 1));
      break;
    case Role::kFile:
      out.push_back(service("nfs-server", "File service answers", !failed));
      out.push_back(words("Last backup", "Result of the nightly backup",
                          failed ? "failed: target full" : "ok"));
      out.back().str_critical = "^failed";
      break;
    case Role::kMail:
      out.push_back(service("postfix", "Mail service answers", !failed));
      out.push_back(with_limits(numeric("Mail queue", "Messages waiting", "",
                                        std::floor(failed ? 900.0 * into : 14.0 * load), 0),
                                200, 500));
      break;
    case Role::kRouter:
      out.push_back(service("keepalived", "Address fail-over works", !failed));
      out.push_back(numeric("Sessions", "Tracked connections", "", std::floor(9000.0 * load), 0));
      break;
  }
}

}  // namespace yagura::setup
