#include "agent/config.h"

#include <gmock/gmock.h>

#include "agent/test_support.h"

namespace yagura::agent {
namespace {

using testing::HasSubstr;
using Severity = Finding::Severity;

Result<std::vector<std::pair<std::string, std::string>>> no_includes(const std::string&) {
  return Error{ErrorCode::kNotFound, "no such file"};
}

ConfigReading parse(const std::string& text) {
  return parse_config(text, "a.conf", no_includes);
}

/// Findings of a severity as "where: what" lines.
std::string findings(const ConfigReading& reading, Severity severity) {
  std::string out;
  for (const Finding& f : reading.findings) {
    if (f.severity == severity) out += f.where + ": " + f.what + "\n";
  }
  return out;
}

TEST(Config, AnEmptyFileMeansDefaults) {
  const auto reading = parse("");
  EXPECT_TRUE(reading.findings.empty()) << reading.text();
  const Config& c = reading.config;
  EXPECT_EQ(c.server.host, "localhost");
  EXPECT_EQ(c.server.port, 41121);
  EXPECT_FALSE(c.server.tls);
  EXPECT_EQ(c.interval_s, 300);
  EXPECT_EQ(c.state_directory, "/var/lib/yagura-agent");
  EXPECT_TRUE(c.keep_undelivered);
  EXPECT_EQ(c.native_set, NativeSet::kAuto);
}

TEST(Config, ReadsGlobalDirectivesAndTheLastOneWins) {
  const auto reading = parse(
      "# comment\r\n"
      "server_ip 192.0.2.1\r\n"
      "\tserver_port\t 41122 \r\n"
      "interval 60\n"
      "interval 300\n"
      "description it's <b> & more\n"
      "group_password s3cret\n"
      "server_pwd with 'quote\n"
      "agent_mode no-learn\n"
      "latitude 35.5\nlongitude -139.25\n"
      "secondary_groups A, B ,\n"
      "custom_field1_name Serial Number\ncustom_field1_value A1\ncustom_field2_name Rack\n"
      "temporal /srv/agent\n");
  EXPECT_TRUE(reading.findings.empty()) << reading.text();
  const Config& c = reading.config;
  EXPECT_EQ(c.server.host, "192.0.2.1");
  EXPECT_EQ(c.server.port, 41122);
  EXPECT_EQ(c.interval_s, 300);
  EXPECT_EQ(c.description, "it's <b> & more");
  EXPECT_EQ(c.group_password.reveal(), "s3cret");
  EXPECT_EQ(c.server.password.reveal(), "with 'quote");
  EXPECT_EQ(c.agent_mode, 0);
  EXPECT_EQ(c.latitude, 35.5);
  EXPECT_EQ(c.longitude, -139.25);
  EXPECT_EQ(c.secondary_groups, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(c.custom_fields, (std::vector<std::pair<std::string, std::string>>{
                                 {"Serial Number", "A1"}, {"Rack", ""}}));
  EXPECT_EQ(c.state_directory, "/srv/agent");
}

TEST(Config, AgentModeWords) {
  EXPECT_EQ(parse("agent_mode Autodisable\n").config.agent_mode, 2);
  EXPECT_EQ(parse("agent_mode learn\n").config.agent_mode, 1);
  EXPECT_EQ(parse("agent_mode No Learn\n").config.agent_mode, 0);
  EXPECT_EQ(parse("").config.agent_mode, std::nullopt);
}

TEST(Config, TransportOptions) {
  const auto own = parse(
      "yagura_ca /pki/ca.pem\nyagura_cert /pki/agent.pem\nyagura_key /pki/agent.key\n"
      "yagura_server_name transport\nsecondary_mode always\nsecondary_server_ip b\n");
  EXPECT_TRUE(own.findings.empty()) << own.text();
  EXPECT_TRUE(own.config.server.tls);
  EXPECT_EQ(own.config.server.key_file, "/pki/agent.key");
  EXPECT_EQ(own.config.server.expected_name, "transport");
  EXPECT_EQ(own.config.secondary_mode, SecondaryMode::kAlways);
  EXPECT_TRUE(own.config.secondary.tls);
  EXPECT_EQ(own.config.secondary.ca_file, "/pki/ca.pem");

  // What enrolment writes beside the certificates works wherever the folder is put.
  const auto beside = parse_config("yagura_ca ./ca.pem\n", "/etc/yagura/agent.conf", no_includes);
  EXPECT_EQ(beside.config.server.ca_file, "/etc/yagura/./ca.pem");

  const auto stock = parse("server_opts -v -e /a.pem -k /a.key -f /ca.pem -x 'pw' -r 5 -z\n");
  EXPECT_TRUE(stock.findings.empty()) << stock.text();
  EXPECT_TRUE(stock.config.server.tls);
  EXPECT_EQ(stock.config.server.certificate_file, "/a.pem");
  EXPECT_EQ(stock.config.server.ca_file, "/ca.pem");
  EXPECT_EQ(stock.config.server.password.reveal(), "pw");
  EXPECT_TRUE(stock.config.server.compressed);

  EXPECT_TRUE(parse("server_ssl yes\n").config.server.tls);
  EXPECT_THAT(findings(parse("yagura_tls_verify 0\nserver_ssl 1\n"), Severity::kWarning),
              HasSubstr("anyone"));
}

TEST(Config, MistakesNameFileAndLine) {
  const auto reading = parse(
      "server_port 70000\n"
      "interval 0\n"
      "\n"
      "debug maybe\n"
      "transfer_mode ftp\n"
      "secondary_mode sometimes\n"
      "server_opts -Q\n"
      "yagura_key /k\n"
      "latitude 91\n");
  EXPECT_FALSE(reading.usable());
  const std::string text = reading.text();
  for (const char* part : {"a.conf:1: error: server_port '70000': a whole number from 1 to 65535",
                           "a.conf:2: error: interval '0'", "a.conf:4: error: debug 'maybe'",
                           "a.conf:5: error: transfer_mode 'ftp'",
                           "a.conf:6: error: secondary_mode", "a.conf:7: error: server_opts: '-Q'",
                           "a TLS key without its certificate", "a.conf:9: error: latitude"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(Config, TheServerCannotSteerThisAgent) {
  const auto reading = parse(
      "remote_config 1\nudp_server 1\nproxy_mode 1\nbroker_agent x\nfile_collection fc_1\n"
      "cmd_file c\nagent_name a\nagent_name_cmd __rand__\n");
  EXPECT_TRUE(reading.usable());
  EXPECT_EQ(reading.findings.size(), 7U) << reading.text();
  EXPECT_TRUE(parse("remote_config 0\nudp_server 0\nproxy_mode 0\n").findings.empty());
  EXPECT_FALSE(parse("agent_name_cmd hostname -f\n").usable());
}

TEST(Config, UnknownAndMisplacedDirectivesAreWarnedAbout) {
  const auto reading = parse("servr_ip x\nserver_ip\n include /x\nmodule_name x\nmodule_end\n");
  EXPECT_TRUE(reading.usable());
  const std::string text = findings(reading, Severity::kWarning);
  EXPECT_THAT(text, HasSubstr("a.conf:1: unknown directive 'servr_ip'"));
  EXPECT_THAT(text, HasSubstr("a.conf:2: 'server_ip' has no value"));
  EXPECT_THAT(text, HasSubstr("a.conf:3: 'include' must start in the first column"));
  EXPECT_THAT(text, HasSubstr("a.conf:4: 'module_name' outside"));
  EXPECT_THAT(text, HasSubstr("a.conf:5: module_end without module_begin"));
}

TEST(Config, ASharedTemporalFolderIsNotUsed) {
  const auto reading = parse("temporal /tmp\n");
  EXPECT_EQ(reading.config.state_directory, "/var/lib/yagura-agent");
  EXPECT_THAT(findings(reading, Severity::kWarning), HasSubstr("shared"));
  EXPECT_EQ(parse("temporal /tmp\nyagura_state /x\n").config.state_directory, "/x");
}

TEST(Config, Modules) {
  const auto reading = parse(
      "module_begin\n"
      "  module_name  disk root \n"
      "  module_type generic_data\n"
      "  module_exec df / | tail -1\n"
      "  module_interval 2\n"
      "  module_timeout 5\n"
      "  module_unit %\n"
      "  module_min_warning 70\n"
      "  module_max_critical nonsense\n"
      "  module_crontab 0 22-6 * * *\n"
      "  module_precondition > 10 echo 5\n"
      "  module_condition = 5 touch A\n"
      "  module_save RESULT\n"
      "  module_alert_template One\n"
      "  module_frobnicate 1\n"
      "module_end\n"
      "module_plugin pandora_df\n"
      "module_begin\nmodule_native disk_used /var\nmodule_end\n"
      "module_begin\nmodule_name off\nmodule_exec x\nmodule_disabled 1\nmodule_end\n");
  ASSERT_EQ(reading.config.modules.size(), 3U) << reading.text();
  const ModuleConfig& m = reading.config.modules[0];
  EXPECT_EQ(m.head.name, "disk root");
  EXPECT_EQ(m.source, Source::kExec);
  EXPECT_EQ(m.argument, "df / | tail -1");
  EXPECT_EQ(m.interval, 2);
  EXPECT_EQ(m.timeout_s, 5);
  EXPECT_EQ(m.head.unit, "%");
  EXPECT_EQ(m.head.min_warning, "70");
  EXPECT_EQ(m.head.max_critical, std::nullopt);
  EXPECT_TRUE(m.cron.has_value());
  EXPECT_EQ(m.head.crontab, "0 22-6 * * *");
  EXPECT_EQ(m.preconditions.size(), 1U);
  EXPECT_EQ(m.conditions.size(), 1U);
  EXPECT_EQ(m.save_variable, "RESULT");
  EXPECT_EQ(m.head.alert_templates, std::vector<std::string>{"One"});
  EXPECT_EQ(m.origin, "a.conf:1");
  EXPECT_EQ(reading.config.modules[1].source, Source::kPlugin);
  EXPECT_EQ(reading.config.modules[2].head.name, "disk_used /var");
  EXPECT_EQ(reading.config.modules[2].head.unit, "%");
  EXPECT_EQ(reading.config.modules[2].head.min_critical, "95");
  const std::string warnings = findings(reading, Severity::kWarning);
  EXPECT_THAT(warnings, HasSubstr("a.conf:9: module_max_critical 'nonsense' is not a number"));
  EXPECT_THAT(warnings, HasSubstr("a.conf:15: unknown directive 'module_frobnicate'"));
}

TEST(Config, UnusableModulesAreLeftOutWithAReason) {
  const auto reading = parse(
      "module_begin\nmodule_name a\nmodule_end\n"
      "module_begin\nmodule_exec x\nmodule_end\n"
      "module_begin\nmodule_name b\nmodule_exec x\nmodule_precondition >= 1 echo 5\nmodule_end\n"
      "module_begin\nmodule_name c\nmodule_native no_such\nmodule_end\n"
      "module_begin\nmodule_name d\nmodule_native disk_used\nmodule_end\n"
      "module_begin\nmodule_name e\nmodule_ping 127.0.0.1\nmodule_end\n"
      "module_begin\nmodule_name f\nmodule_exec\nmodule_end\n"
      "module_begin\nmodule_name g\nmodule_regexp /x\nmodule_pattern (\nmodule_end\n"
      "module_begin\nmodule_name h\nmodule_exec x\n");
  EXPECT_TRUE(reading.config.modules.empty());
  EXPECT_TRUE(reading.usable());
  const std::string text = findings(reading, Severity::kModule);
  for (const char* part :
       {"a.conf:1: module without a source", "a.conf:4: module without module_name",
        "a.conf:10: module_precondition: unknown operator '>='",
        "a.conf:14: module_native: no native module is called 'no_such'",
        "a.conf:18: module_native: disk_used needs a MOUNT",
        "a.conf:22: module_ping exists on Windows agents only",
        "a.conf:26: module_exec needs a value", "a.conf:31: module_pattern",
        "a.conf:33: module_begin without module_end"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(Config, ABadCronExpressionRunsAlways) {
  const auto reading =
      parse("module_begin\nmodule_name a\nmodule_exec x\nmodule_crontab */5 * * * *\nmodule_end\n");
  ASSERT_EQ(reading.config.modules.size(), 1U);
  EXPECT_FALSE(reading.config.modules[0].cron.has_value());
  EXPECT_THAT(findings(reading, Severity::kWarning), HasSubstr("a.conf:4: module_crontab"));
}

TEST(Config, AbsoluteIntervals) {
  const auto interval = [](const std::string& text) {
    const auto reading = parse(
        "module_begin\nmodule_name a\nmodule_exec x\n"
        "module_absoluteinterval " +
        text + "\nmodule_end\n");
    return reading.config.modules.at(0).absolute;
  };
  EXPECT_TRUE(interval("once")->once);
  EXPECT_EQ(interval("90s")->seconds, 90);
  EXPECT_EQ(interval("2m")->seconds, 120);
  EXPECT_EQ(interval("1h")->seconds, 3600);
  EXPECT_EQ(interval("1d")->seconds, 86400);
  EXPECT_EQ(interval("3")->seconds, -3);
  for (const char* bad : {"0", "-1", "1w", "h", "x"})
    EXPECT_FALSE(interval(bad).has_value()) << bad;
}

TEST(Config, MacrosReplaceInAllTextsOfModules) {
  const auto reading = parse(
      "macroHOST web01\n"
      " macroNOT here\n"
      "description HOST\n"
      "module_begin\nmodule_macroHOST own\nmodule_name x HOST y\nmodule_exec echo HOST\n"
      "module_precondition = 1 echo HOST\nmodule_end\n"
      "module_begin\nmodule_name LOCALHOST\nmodule_exec x\nmodule_end\n");
  ASSERT_EQ(reading.config.modules.size(), 2U);
  EXPECT_EQ(reading.config.modules[0].head.name, "x own y");
  EXPECT_EQ(reading.config.modules[0].argument, "echo own");
  EXPECT_EQ(reading.config.modules[0].preconditions[0].command, "echo own");
  EXPECT_EQ(reading.config.modules[1].head.name, "LOCALweb01");
  EXPECT_EQ(reading.config.description, "HOST");
}

TEST(Config, MacrosCannotGrowWithoutEnd) {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += "macroA" + std::to_string(i % 10) + " A" + std::to_string((i + 1) % 10) + "A" +
            std::to_string((i + 1) % 10) + "\n";
  }
  text +=
      "module_begin\nmodule_name a\nmodule_exec " + std::string(1000, 'A') + "0A1\nmodule_end\n";
  const auto reading = parse(text);
  ASSERT_EQ(reading.config.modules.size(), 1U);
  EXPECT_LE(reading.config.modules[0].argument.size(), kMaxConfigLine);
}

TEST(Config, IncludedFilesAddModulesOnlyAndComeFirst) {
  const IncludeFiles include =
      [](const std::string& pattern) -> Result<std::vector<std::pair<std::string, std::string>>> {
    EXPECT_EQ(pattern, "/etc/more/*.conf");
    return std::vector<std::pair<std::string, std::string>>{
        {"/etc/more/a.conf",
         "interval 60\nmodule_begin\nmodule_name inc\nmodule_exec x\nmodule_end\n"}};
  };
  const auto reading = parse_config(
      "include /etc/more/*.conf\nmodule_begin\nmodule_name own\nmodule_exec x\nmodule_end\n",
      "a.conf", include);
  EXPECT_EQ(reading.config.interval_s, 300);
  ASSERT_EQ(reading.config.modules.size(), 2U);
  EXPECT_EQ(reading.config.modules[0].head.name, "inc");
  EXPECT_EQ(reading.config.modules[0].origin, "/etc/more/a.conf:2");
  EXPECT_THAT(findings(parse("include /none\n"), Severity::kModule), HasSubstr("no such file"));
}

TEST(Config, DangerousSaveVariablesAreRefused) {
  for (const char* bad : {"PATH", "LD_PRELOAD", "IFS", "1A", "A-B", "PANDORA_HOME"}) {
    const auto reading =
        parse(std::string("module_begin\nmodule_name a\nmodule_exec x\nmodule_save ") + bad +
              "\nmodule_end\n");
    EXPECT_TRUE(reading.config.modules.at(0).save_variable.empty()) << bad;
  }
}

TEST(Config, LimitsOfLinesModulesAndFindings) {
  EXPECT_FALSE(parse("description " + std::string(kMaxConfigLine, 'x') + "\n").usable());
  std::string many;
  for (std::size_t i = 0; i <= kMaxConfigModules; ++i) {
    many += "module_begin\nmodule_name m" + std::to_string(i) + "\nmodule_exec x\nmodule_end\n";
  }
  const auto reading = parse(many);
  EXPECT_EQ(reading.config.modules.size(), kMaxConfigModules);
  EXPECT_THAT(findings(reading, Severity::kModule), HasSubstr("more than"));
  std::string wrong;
  for (std::size_t i = 0; i < kMaxFindings + 50; ++i)
    wrong += "t" + std::to_string(i) + " 1\n";
  EXPECT_EQ(parse(wrong).findings.size(), kMaxFindings);
}

TEST(Config, EqualNamesAreWarnedAbout) {
  const auto reading = parse(
      "module_begin\nmodule_name a\nmodule_exec x\nmodule_end\n"
      "module_begin\nmodule_name a\nmodule_exec y\nmodule_end\n");
  EXPECT_THAT(findings(reading, Severity::kWarning), HasSubstr("a second module called 'a'"));
}

// AGT-05: who could write the file decides whether its commands run.
TEST(Config, CommandsNeedAFileThatOthersCannotWrite) {
  const TempFolder folder;
  const std::string text = "module_begin\nmodule_name a\nmodule_exec x\nmodule_end\n";
  const std::string file = folder.put("agent.conf", text, 0640);
  auto reading = load_config(file);
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading->config.commands_refused, "");
  EXPECT_EQ(reading->config.modules.size(), 1U);
  ::chmod(file.c_str(), 0666);
  reading = load_config(file);
  EXPECT_THAT(reading->config.commands_refused, HasSubstr("may be written by others"));
  EXPECT_THAT(findings(*reading, Severity::kModule), HasSubstr("commands"));
  ::chmod(file.c_str(), 0640);
  ::chmod(folder.path().c_str(), 0777);
  reading = load_config(file);
  EXPECT_THAT(reading->config.commands_refused, HasSubstr("may be written by others"));
  ::chmod(folder.path().c_str(), 0700);
  folder.put("inc.conf", text, 0622);
  folder.put("agent.conf", "include " + folder.file("inc*.conf") + "\n", 0640);
  reading = load_config(file);
  EXPECT_THAT(reading->config.commands_refused, HasSubstr("inc.conf"));
  EXPECT_EQ(reading->config.modules.size(), 1U);
}

TEST(Config, ForeignOwnersAreNotTrusted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  const TempFolder folder;
  const std::string file = folder.put("agent.conf", "module_plugin x\n", 0600);
  ASSERT_EQ(::chown(file.c_str(), 12345, 0), 0);
  EXPECT_THAT(load_config(file)->config.commands_refused, HasSubstr("belongs to uid 12345"));
}

TEST(Config, UnreadableFilesAreErrors) {
  const TempFolder folder;
  EXPECT_EQ(load_config(folder.file("none")).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(load_config(folder.path()).ok());
  const std::string big = folder.put("big", std::string(kMaxConfigBytes + 1, '#'));
  EXPECT_EQ(load_config(big).error().code, ErrorCode::kLimit);
}

TEST(Config, TheStockFileOfDebianIsUnderstood) {
  const std::string file = "/etc/pandorafms/pandora_agent.conf";
  if (::access(file.c_str(), R_OK) != 0)
    GTEST_SKIP() << "package pandorafms-agent is not installed";
  const auto reading = load_config(file);
  ASSERT_TRUE(reading.ok());
  EXPECT_TRUE(reading->usable()) << reading->text();
  EXPECT_EQ(findings(*reading, Severity::kModule), "");
  EXPECT_EQ(findings(*reading, Severity::kError), "");
  EXPECT_EQ(reading->config.modules.size(), 9U);
  EXPECT_EQ(reading->config.address, "auto");
}

}  // namespace
}  // namespace yagura::agent
