// Every reader against the machine the tests run on: formats that no fixture foresaw show here.
#include <algorithm>
#include <fstream>

#include <unistd.h>

#include "base/clock.h"
#include "host/addresses.h"
#include "host/cpu.h"
#include "host/diskio.h"
#include "host/memory.h"
#include "host/mounts.h"
#include "host/network.h"
#include "host/processes.h"
#include "host/sockets.h"
#include "host/system.h"
#include "host/test_roots.h"

namespace yagura::host {
namespace {

class RealHost : public testing::Test {
 protected:
  Root root_ = Root::open("/").value();
};

TEST_F(RealHost, CpuMemoryLoadAndUptime) {
  const auto cpu = read_cpu(root_);
  ASSERT_TRUE(cpu.ok()) << cpu.error().what;
  EXPECT_EQ(static_cast<long>(cpu->cpus.size()), ::sysconf(_SC_NPROCESSORS_ONLN));
  const auto memory = read_memory(root_);
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(memory->total, static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                               static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  EXPECT_TRUE(read_load(root_).ok());
  const auto uptime = read_uptime(root_);
  ASSERT_TRUE(uptime.ok());
  const double now_s = static_cast<double>(SystemClock().now()) / 1e6;
  EXPECT_NEAR(static_cast<double>(cpu->boot_time_s), now_s - *uptime, 5.0);
}

TEST_F(RealHost, FindsThisVeryProcess) {
  const auto table = read_processes(root_);
  ASSERT_TRUE(table.ok());
  const auto self = std::find_if(table->processes.begin(), table->processes.end(),
                                 [](const Process& p) { return p.pid == ::getpid(); });
  ASSERT_NE(self, table->processes.end());
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_EQ(self->name, "host_test");
  const auto line = read_command_line(root_, ::getpid());
  ASSERT_TRUE(line.ok());
  const auto found = find_by_command_line(root_, *table, *line);
  EXPECT_TRUE(std::any_of(found.begin(), found.end(),
                          [](const Process& p) { return p.pid == ::getpid(); }));
}

TEST_F(RealHost, MountsWithTheRootAndItsUsage) {
  const auto mounts = read_mounts(root_);
  ASSERT_TRUE(mounts.ok());
  const auto watched = monitored_mounts(*mounts);
  ASSERT_TRUE(std::any_of(watched.begin(), watched.end(),
                          [](const Mount& m) { return m.mount_point == "/"; }));
  UsageProbe probe;
  for (const Mount& mount : watched) {
    const auto usage = probe.usage(mount);
    ASSERT_TRUE(usage.ok()) << mount.mount_point;
    EXPECT_GE(usage->total, usage->free);
  }
}

TEST_F(RealHost, NetworkDisksSocketsKernelAndName) {
  const auto interfaces = read_interfaces(root_, 1);
  ASSERT_TRUE(interfaces.ok());
  EXPECT_TRUE(std::any_of(interfaces->interfaces.begin(), interfaces->interfaces.end(),
                          [](const InterfaceCounters& i) { return i.name == "lo"; }));
  EXPECT_TRUE(read_disks(root_, 1).ok());
  EXPECT_TRUE(read_sockets(root_).ok());
  EXPECT_TRUE(read_kernel_release(root_).ok());
  EXPECT_TRUE(read_os_release(root_).ok());
  std::string name(256, '\0');
  ASSERT_EQ(::gethostname(name.data(), name.size()), 0);
  EXPECT_EQ(read_hostname(root_).value(), name.c_str());
  const auto addresses = read_addresses();
  ASSERT_TRUE(addresses.ok());
  for (const std::string& address : *addresses) {
    EXPECT_FALSE(address.starts_with("127.")) << address;
    EXPECT_NE(address, "::1");
    EXPECT_FALSE(address.starts_with("fe80:")) << address;
  }
}

}  // namespace
}  // namespace yagura::host
