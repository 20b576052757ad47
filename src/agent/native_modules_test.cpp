#include "agent/native_modules.h"

#include <set>

#include <gmock/gmock.h>

#include "agent/host_sources.h"
#include "agent/test_support.h"

namespace yagura::agent {
namespace {

using testing::HasSubstr;

Result<host::Usage> fake_usage(const std::string& mount) {
  if (mount == "/srv/backup") return Error{ErrorCode::kDenied, "/srv/backup: Permission denied"};
  return host::Usage{100ULL << 20U, 40ULL << 20U, 30ULL << 20U, 1000, 250};
}

class Natives : public testing::Test {
 protected:
  explicit Natives(const std::string& host = "debian12-vm")
      : root_(host::Root::open(std::string(YAGURA_SOURCE_DIR) + "/tests/fixtures/host/" + host)
                  .value()),
        view_(root_, clock_, fake_usage) {
    view_.prime();
  }

  std::string value(const std::string& call) {
    const auto text = read_host_source(view_, Source::kNative, call);
    return text.ok() ? *text : "error: " + text.error().what;
  }
  std::string source(Source source, const std::string& argument) {
    const auto text = read_host_source(view_, source, argument);
    return text.ok() ? *text : "error: " + text.error().what;
  }

  ManualClock clock_{1'700'000'000 * kSecond};
  host::Root root_;
  HostView view_;
};

TEST_F(Natives, ValuesOfARecordedHost) {
  EXPECT_EQ(value("memory_used"), "75");
  EXPECT_EQ(value("memory_available"), "1024000000");
  EXPECT_EQ(value("swap_used"), "25");
  EXPECT_EQ(value("load_1"), "0.52");
  EXPECT_EQ(value("uptime"), "93784");
  EXPECT_EQ(value("kernel_release"), "6.1.0-28-amd64");
  EXPECT_EQ(value("processes_total"), "7");
  EXPECT_EQ(value("processes_zombies"), "1");
  EXPECT_EQ(value("processes_blocked"), "1");
  EXPECT_EQ(value("threads_total"), "19");
  EXPECT_EQ(value("tcp_established"), "7");
  EXPECT_EQ(value("process_running sshd"), "1");
  EXPECT_EQ(value("process_running nginx"), "0");
  EXPECT_EQ(value("process_instances sshd"), "1");
  EXPECT_EQ(value("net_link eth0"), "1");
  EXPECT_EQ(value("net_link eth1"), "0");
  EXPECT_EQ(value("disk_used /"), "66.67");
  EXPECT_EQ(value("disk_inodes_used /"), "75");
  EXPECT_EQ(value("disk_free /"), std::to_string(30 << 20));
}

TEST_F(Natives, RatesCompareWithTheRunBefore) {
  clock_.advance(10 * kSecond);
  EXPECT_EQ(value("net_in eth0"), "0");
  EXPECT_EQ(value("disk_busy vda"), "0");
  EXPECT_THAT(value("cpu_used"), HasSubstr("no CPU time passed"));  // a recorded host stands still
}

TEST_F(Natives, FailuresSayWhy) {
  clock_.advance(kSecond);
  EXPECT_THAT(value("disk_used /srv/backup"), HasSubstr("Permission denied"));
  EXPECT_THAT(value("disk_used /nowhere"), HasSubstr("nothing is mounted on /nowhere"));
  EXPECT_THAT(value("net_in eth7"), HasSubstr("eth7"));
  EXPECT_THAT(value("net_link eth7"), HasSubstr("No such file"));
}

TEST_F(Natives, SourcesOfTheOriginalAgent) {
  EXPECT_EQ(source(Source::kProc, "/usr/sbin/mariadbd"), "1");
  EXPECT_EQ(source(Source::kProc, "mariadbd"), "0");
  // 600 s of CPU in 93774 s of life
  EXPECT_EQ(source(Source::kCpuProc, "/usr/sbin/mariadbd"), "0.6");
  EXPECT_EQ(source(Source::kMemProc, "/usr/sbin/mariadbd"), "200");
  EXPECT_THAT(source(Source::kCpuProc, "none"), HasSubstr("no process 'none'"));
  EXPECT_EQ(source(Source::kFreeDisk, "/"), "30");
  EXPECT_EQ(source(Source::kFreePercentDisk, "/"), "30");
  EXPECT_EQ(source(Source::kOccupiedPercentDisk, "/"), "70");
  EXPECT_EQ(source(Source::kFreeMemory, ""), "488");
  EXPECT_EQ(source(Source::kFreePercentMemory, ""), "12");
}

TEST_F(Natives, TheDefaultSetCoversWhatIsThere) {
  std::vector<std::string> problems;
  const auto modules = default_modules(view_, problems);
  // A clock that stands still gives no disk rates; nothing else is missing.
  EXPECT_THAT(problems, testing::ElementsAre(HasSubstr("no time passed")));
  std::set<std::string> names;
  for (const ModuleConfig& m : modules) {
    EXPECT_TRUE(names.insert(m.head.name).second) << m.head.name;
    EXPECT_TRUE(m.head.type.has_value());
    EXPECT_TRUE(m.head.description.has_value());
    EXPECT_TRUE(parse_native_call(m.argument).ok());
  }
  for (const char* name : {"cpu_used", "disk_used /", "disk_used /srv/backup", "net_in eth0",
                           "net_link wg0", "uptime"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_FALSE(names.contains("net_in lo"));
  const auto load = std::find_if(modules.begin(), modules.end(),
                                 [](const ModuleConfig& m) { return m.head.name == "load_5"; });
  ASSERT_NE(load, modules.end());
  EXPECT_EQ(load->head.min_warning, "4");
  EXPECT_EQ(load->head.min_critical, "8");
}

class EmptyHost : public Natives {
 protected:
  EmptyHost() : Natives("empty") {}
};

TEST_F(EmptyHost, NothingCanBeAssessedAndThatIsSaid) {
  std::vector<std::string> problems;
  for (const ModuleConfig& m : default_modules(view_, problems)) {
    EXPECT_THAT(value(m.argument), testing::StartsWith("error: ")) << m.argument;
  }
  EXPECT_EQ(problems.size(), 2U);
}

TEST(NativeTable, NamesAreUniqueAndDescribed) {
  std::set<std::string_view> names;
  for (const Native& native : natives()) {
    EXPECT_TRUE(names.insert(native.name).second) << native.name;
    EXPECT_FALSE(native.description.empty());
    EXPECT_NE(native.read, nullptr);
    EXPECT_EQ(find_native(native.name), &native);
  }
  EXPECT_EQ(find_native("nonsense"), nullptr);
  EXPECT_FALSE(parse_native_call("cpu_used extra").ok());
  EXPECT_FALSE(parse_native_call("disk_used").ok());
  EXPECT_FALSE(parse_native_call("").ok());
  EXPECT_EQ(parse_native_call(" disk_used  /var/lib/my data ")->argument, "/var/lib/my data");
}

TEST(NativeTable, EachIsInTheManual) {
  const auto manual = read_file(std::string(YAGURA_SOURCE_DIR) + "/docs/agent.md", 1 << 20);
  ASSERT_TRUE(manual.ok());
  for (const Native& native : natives()) {
    EXPECT_THAT(*manual, HasSubstr("`" + std::string(native.name) + "`"));
  }
}

TEST(NativeTable, OwnThresholdsReplaceAllOfTheDefaults) {
  report::ModuleReport head;
  head.max_warning = "10";
  fill_native_defaults(parse_native_call("disk_used /").value(), head);
  EXPECT_EQ(head.min_warning, std::nullopt);
  EXPECT_EQ(head.min_critical, std::nullopt);
  EXPECT_EQ(head.unit, "%");
  EXPECT_EQ(head.description, "Space in use, as df shows it: /");
}

}  // namespace
}  // namespace yagura::agent
