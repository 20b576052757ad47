// The demonstration fleet: simulated hosts that report like real ones (yagura up --demo).
//
// Pure: the same seed and time give the same report, so a day of history can be made at once and
// continued live without a break. Each host has a role (web, database, ...) with its own modules,
// a daily rhythm, and a few have a story: a disk that fills up, a service that fails, a host that
// goes silent. Nothing here looks at a real host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "report/agent_report.h"

namespace yagura::setup {

/// Demo agents' names start with it: that is how they are marked and found again.
inline constexpr const char* kDemoPrefix = "demo-";

class DemoFleet {
 public:
  static constexpr int kDefaultAgents = 200;
  static constexpr Micros kInterval = 5 * kMinute;

  DemoFleet(std::uint64_t seed, int agents);

  [[nodiscard]] int size() const { return static_cast<int>(hosts_.size()); }
  /// Moment within the interval at which this host reports, so that not all come at once.
  [[nodiscard]] Micros offset(int host) const;
  /// The report of `host` at `time`; nothing while the story says that the host is silent.
  /// `epoch` is the start of the history, which the stories refer to.
  [[nodiscard]] std::optional<report::AgentReport> report(int host, Micros time,
                                                          Micros epoch) const;
  /// Groups that the hosts belong to.
  [[nodiscard]] static std::vector<std::string> groups();

 private:
  enum class Role { kWeb, kDatabase, kApplication, kCache, kFile, kMail, kRouter };
  enum class Story { kNone, kDiskFills, kServiceFails, kGoesSilent, kCpuSaturates, kSwapping };
  struct Host {
    Role role;
    Story story;
    std::string name;
    std::string alias;
    std::string address;
    std::string os_version;
    double load;   ///< how busy it is by nature, 0.3 .. 1.6
    double phase;  ///< shift of its daily rhythm, in days
    double disk;   ///< use of its data disk at the epoch, percent
    std::uint64_t seed;
  };

  [[nodiscard]] static double noise(const Host& host, Micros time, std::uint64_t channel);
  [[nodiscard]] static double busy(const Host& host, Micros time);
  static void add_system(const Host& host, Micros time, double into,
                         std::vector<report::ModuleReport>& out);
  static void add_role(const Host& host, Micros time, double into,
                       std::vector<report::ModuleReport>& out);

  std::vector<Host> hosts_;
};

}  // namespace yagura::setup
