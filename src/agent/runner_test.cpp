#include "agent/runner.h"

#include <gmock/gmock.h>

#include "agent/report_parts.h"
#include "agent/test_support.h"
#include "report/reader.h"
#include "report/writer.h"

namespace yagura::agent {
namespace {

using testing::HasSubstr;
using Kind = ModuleOutcome::Kind;

/// An agent with the settings of a text, over a recorded host.
class RunnerTest : public testing::Test {
 protected:
  RunnerTest()
      : root_(host::Root::open(std::string(YAGURA_SOURCE_DIR) + "/tests/fixtures/host/debian12-vm")
                  .value()),
        view_(root_, clock_,
              [](const std::string&) {
                return Result<host::Usage>(host::Usage{100, 50, 50, 10, 5});
              }),
        directory_(folder_.open()),
        state_(State::open(directory_).value()) {
    view_.prime();
  }

  Runner& agent(const std::string& text) {
    reading_ = parse_config(
        text, "a.conf",
        [](const std::string&) -> Result<std::vector<std::pair<std::string, std::string>>> {
          return Error{ErrorCode::kNotFound, "none"};
        });
    EXPECT_TRUE(reading_.usable()) << reading_.text();
    runner_.emplace(reading_.config, view_, state_, clock_);
    return *runner_;
  }

  static std::string value(const RunOutput& out, const std::string& name) {
    for (const auto& m : out.report.modules) {
      if (m.name == name) return m.samples.at(0).value;
    }
    return "(absent)";
  }
  static const report::ModuleReport& module(const RunOutput& out, const std::string& name) {
    for (const auto& m : out.report.modules) {
      if (m.name == name) return m;
    }
    ADD_FAILURE() << name << " is absent";
    return out.report.modules.at(0);
  }

  TempFolder folder_;
  SystemClock clock_;
  host::Root root_;
  HostView view_;
  Directory directory_;
  State state_;
  ConfigReading reading_;
  std::optional<Runner> runner_;
};

std::string exec(const std::string& name, const std::string& command,
                 const std::string& more = "") {
  return "module_begin\nmodule_name " + name + "\nmodule_exec " + command + "\n" + more +
         "module_end\n";
}

TEST_F(RunnerTest, ValuesOfCommands) {
  const auto out =
      agent(exec("one", "echo 12.5") +
            exec("two", "printf 'l1\\nl2\\n'", "module_type generic_data_string\n") +
            exec("none", "true") + exec("bad", "echo 4; false") + exec("blank", "echo"))
          .run({});
  EXPECT_EQ(value(out, "one"), "12.5");
  EXPECT_EQ(module(out, "one").module_interval, "1");
  EXPECT_EQ(value(out, "two"), "l1\nl2\n");
  for (const char* name : {"none", "bad", "blank"})
    EXPECT_EQ(value(out, name), "(absent)") << name;
  EXPECT_EQ(out.failed, 1U);
  EXPECT_EQ(value(out, "yagura_agent_failed_modules"), "1");
  EXPECT_EQ(value(out, "yagura_agent_problems"), "bad: exit status 1");
}

TEST_F(RunnerTest, PreconditionsAndConditions) {
  const auto touch = [this](const char* name) { return "touch " + folder_.file(name); };
  const auto out =
      agent(exec("no", "echo 1", "module_precondition > 10 echo 5\n") +
            exec("yes", "echo 1",
                 "module_precondition = 10 echo 10\nmodule_precondition (5,15) echo 10\n") +
            exec("fires", "echo 5",
                 "module_condition = 5 " + touch("A") + "\nmodule_condition > 3 " + touch("B") +
                     "\nmodule_condition < 3 " + touch("C") + "\nmodule_condition (3,8) " +
                     touch("D") + "\n"))
          .run({});
  EXPECT_EQ(value(out, "no"), "(absent)");
  EXPECT_EQ(value(out, "yes"), "1");
  for (const char* name : {"A", "B", "D"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_.file(name))) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.file("C")));
}

TEST_F(RunnerTest, OneHangingCommandCostsOneValue) {
  const SystemClock clock;
  const Micros begin = clock.steady();
  const auto out = agent(exec("hangs", "sleep 60", "module_timeout 1\n") + exec("fine", "echo 1") +
                         "module_begin\nmodule_native memory_used\nmodule_end\n")
                       .run({});
  EXPECT_LT(clock.steady() - begin, 30 * kSecond);
  EXPECT_EQ(value(out, "hangs"), "(absent)");
  EXPECT_EQ(value(out, "fine"), "1");
  EXPECT_EQ(value(out, "memory_used"), "75");
  EXPECT_THAT(value(out, "yagura_agent_problems"), HasSubstr("hangs: did not end in time"));
}

TEST_F(RunnerTest, CommandsRunBesideEachOtherInTheOrderOfTheFile) {
  std::string text = "agent_threads 8\n";
  for (int i = 0; i < 8; ++i)
    text += exec("m" + std::to_string(i), "sleep 1; echo x");
  const SystemClock clock;
  const Micros begin = clock.steady();
  const auto out = agent(text).run({});
  EXPECT_LT(clock.steady() - begin, 6 * kSecond);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(out.report.modules.at(i).name, "m" + std::to_string(i));
  }
}

TEST_F(RunnerTest, SavedVariablesReachTheCommandsBehind) {
  const auto out = agent(exec("first", "printf 'a b\\nc\\n'", "module_save FIRST\n") +
                         exec("second", "echo \"<$FIRST>\"", "module_type generic_data_string\n"))
                       .run({});
  EXPECT_EQ(value(out, "second"), "<a b>");
}

TEST_F(RunnerTest, UntrustedConfigurationsRunNoCommand) {
  Runner& runner = agent(exec("cmd", "touch " + folder_.file("ran")) +
                         "module_begin\nmodule_native load_1\nmodule_end\n");
  reading_.config.commands_refused = "a.conf may be written by others";
  const auto out = runner.run({});
  EXPECT_FALSE(std::filesystem::exists(folder_.file("ran")));
  EXPECT_EQ(value(out, "load_1"), "0.52");
  EXPECT_THAT(value(out, "yagura_agent_problems"), HasSubstr("may be written by others"));
}

TEST_F(RunnerTest, PluginsAddModulesAndOnlyWellFormedOnes) {
  const std::string good =
      "<module><name><![CDATA[p & 1]]></name><type>generic_data</type><data>42</data></module>"
      "<module><name>p2</name><data>7</data><unit>%</unit></module>"
      "<inventory><inventory_module><name>CPU</name><datalist><data>a;b</data></datalist>"
      "</inventory_module></inventory>";
  folder_.put("good.xml", good);
  folder_.put("bad.xml", "<module><name>x</name><data>1</data>");
  const auto out = agent("module_plugin cat " + folder_.file("good.xml") + "\nmodule_plugin cat " +
                         folder_.file("good.xml") + "; exit 1\nmodule_plugin cat " +
                         folder_.file("bad.xml") + "\n" + exec("after", "echo 1"))
                       .run({});
  EXPECT_EQ(out.plugin_parts, good);
  EXPECT_EQ(value(out, "after"), "1");
  EXPECT_EQ(out.failed, 2U);
}

TEST_F(RunnerTest, LogTails) {
  folder_.put("log", "before\n");
  const std::string tail =
      "module_regexp " + folder_.file("log") + "\nmodule_pattern err\nmodule_end\n";
  Runner& runner = agent("module_begin\nmodule_name count\n" + tail +
                         "module_begin\nmodule_name seen\nmodule_type generic_proc\n" + tail +
                         "module_begin\nmodule_name text\nmodule_type async_string\n" + tail +
                         "module_begin\nmodule_name log\nmodule_type log\n" + tail);
  const auto first = runner.run({});
  EXPECT_EQ(value(first, "count"), "(absent)");
  folder_.append("log", "err 1\nfine\nerr 2\n");
  const auto second = runner.run({});
  EXPECT_EQ(value(second, "count"), "2");
  EXPECT_EQ(value(second, "seen"), "1");
  EXPECT_EQ(value(second, "text"), "err 1\nerr 2\n");
  ASSERT_EQ(second.report.logs.size(), 1U);
  EXPECT_EQ(second.report.logs[0].source, "log");
  EXPECT_EQ(second.report.logs[0].data, "err 1\nerr 2\n");
  const auto third = runner.run({});
  EXPECT_EQ(value(third, "count"), "0");
  EXPECT_EQ(value(third, "seen"), "0");
  EXPECT_EQ(value(third, "text"), "(absent)");
}

TEST_F(RunnerTest, RunOnceModulesAreAsynchronous) {
  Runner& runner = agent(exec("inv", "echo 1", "module_absoluteinterval once\n"));
  const auto first = runner.run({});
  EXPECT_EQ(module(first, "inv").type, "async_data");
  EXPECT_EQ(module(first, "inv").module_interval, "0");
  EXPECT_EQ(value(runner.run({}), "inv"), "(absent)");
}

TEST_F(RunnerTest, WithoutModulesTheDefaultSetIsReported) {
  const auto out =
      agent("group Servers\naddress 192.0.2.7, 192.0.2.8\ndescription it's <b>\n").run({});
  EXPECT_EQ(out.report.agent_name, "web01");
  EXPECT_EQ(out.report.agent_alias, "web01");
  EXPECT_EQ(out.report.os_name, "Linux");
  EXPECT_EQ(out.report.os_version, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(out.report.addresses, (std::vector<std::string>{"192.0.2.7", "192.0.2.8"}));
  EXPECT_EQ(value(out, "memory_used"), "75");
  EXPECT_EQ(value(out, "disk_used /"), "50");
  EXPECT_EQ(value(agent("yagura_native_modules never\n").run({}), "memory_used"), "(absent)");
  EXPECT_EQ(
      value(agent("yagura_native_modules always\n" + exec("x", "echo 1")).run({}), "memory_used"),
      "75");
  EXPECT_TRUE(
      agent("yagura_native_modules never\nyagura_self_modules 0\n").run({}).report.modules.empty());
}

TEST_F(RunnerTest, AValueThatDoesNotFitCostsOnlyItself) {
  const auto out =
      agent(exec("big", "head -c 900000 /dev/zero | tr '\\0' x", "module_type async_string\n") +
            exec("bigger", "head -c 900000 /dev/zero | tr '\\0' y", "module_type async_string\n") +
            exec("small", "echo 1"))
          .run({});
  EXPECT_EQ(value(out, "big").size(), 900000U);
  EXPECT_EQ(value(out, "bigger"), "(absent)");
  EXPECT_EQ(value(out, "small"), "1");
  EXPECT_THAT(value(out, "yagura_agent_problems"), HasSubstr("bigger: no room in this report"));
}

TEST_F(RunnerTest, ReportsReadBackAsWritten) {
  SelfFigures self{2, 3, 1, "connection refused"};
  auto out =
      agent("description it's <b> & \"more\"\ngroup_password p\n" +
            exec("odd ]]> name", "printf 'a ]]> b <c>'", "module_type generic_data_string\n") +
            "module_begin\nmodule_native disk_used /\nmodule_end\n")
          .run(self);
  const std::string text =
      report::write(out.report, {.time_zone = text::TimeZone::fixed(9 * 3600), .name_zone = true});
  report::ReadOptions options;
  options.now = options.received = clock_.now() + kHour;
  const auto document = report::read(text, options);
  ASSERT_TRUE(std::holds_alternative<report::AgentReport>(document)) << text;
  const auto& read = std::get<report::AgentReport>(document);
  EXPECT_TRUE(read.warnings.empty()) << read.warnings.at(0).second;
  EXPECT_EQ(read.description, "it's <b> & \"more\"");
  EXPECT_EQ(read.group_password, "p");
  EXPECT_EQ(read.time / kSecond, out.report.time / kSecond);
  ASSERT_EQ(read.modules.size(), out.report.modules.size());
  EXPECT_EQ(read.modules[0].name, "odd ]]> name");
  EXPECT_EQ(read.modules[0].samples.at(0).value, "a ]]> b <c>");
  EXPECT_EQ(read.modules[1].min_critical, "95");
  EXPECT_EQ(read.modules[2].name, "yagura_agent_buffered");
  EXPECT_EQ(read.modules[2].samples.at(0).value, "2");
}

TEST(ValueOfOutput, LosesTheEndOfASingleLineOnly) {
  EXPECT_EQ(value_of_output("a\n"), "a");
  EXPECT_EQ(value_of_output("a\r\n"), "a");
  EXPECT_EQ(value_of_output("a"), "a");
  EXPECT_EQ(value_of_output("a\nb\n"), "a\nb\n");
  EXPECT_EQ(value_of_output("a\nb"), "a\nb");
  EXPECT_EQ(value_of_output(" \n\t\n"), std::nullopt);
  EXPECT_EQ(value_of_output(""), std::nullopt);
}

}  // namespace
}  // namespace yagura::agent
