#include "setup/settings_files.h"

#include "setup/installation.h"

namespace yagura::setup {
namespace {

/// A TOML basic string. Paths and names come from the operator's own command line.
std::string quoted(const std::string& text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20 || u == 0x7f) {
      out += "\\u00";
      out += kDigits[u >> 4U];
      out += kDigits[u & 15U];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string line(const std::string& key, const std::string& value) {
  return key + " = " + quoted(value) + "\n";
}

/// The account that the programs drop to when somebody starts them as root.
std::string process_section() {
  return "[process]\n" + line("user", current_account()) + "\n";
}

std::string log_section(const std::string& root, const std::string& program) {
  return process_section() + "[log]\n" + line("file", root + "/log/" + program + ".log") + "\n";
}

std::string database_section(const std::string& root) {
  return "[database]\n" + line("dialect", "sqlite") + line("path", root + "/db/yagura.db") + "\n";
}

}  // namespace

std::string tentacled_settings(const std::string& root, const UpOptions& options) {
  return log_section(root, "yagura-tentacled") + "[spool]\n" +
         line("incoming", root + "/spool/incoming") + line("outgoing", root + "/spool/outgoing") +
         "\n[audit]\n" + line("file", root + "/log/transfers.jsonl") + "\n[status]\n" +
         line("file", root + "/run/tentacled.json") + "\n[[listener]]\n" + line("name", "agents") +
         line("address", options.transport_address) +
         "port = " + std::to_string(options.transport_port) + "\n" +
         "# 4 = certificates on both ends, verified by the site CA\n" + "min_level = 4\n" +
         line("certificate", root + "/pki/transport.pem") +
         line("key", root + "/pki/transport.key") + line("ca", root + "/pki/ca.pem") +
         line("crl", root + "/pki/crl.pem");
}

std::string server_settings(const std::string& root) {
  return log_section(root, "yagura-server") + "[spool]\n" +
         line("incoming", root + "/spool/incoming") + line("local", root + "/spool/local") +
         "\n[quarantine]\n" + line("directory", root + "/quarantine") + "\n" +
         database_section(root) +
         "[autocreate]\n# agents that nobody announced wait for approval; a certificate of the "
         "site CA\n"
         "# that names the agent announces it (yagura host add)\n" +
         line("mode", "approve") + "trust_certificates = true\n";
}

std::string console_settings(const std::string& root, const UpOptions& options) {
  return log_section(root, "yagura-console") + "[listen]\n" +
         line("address", options.console_address) +
         "port = " + std::to_string(options.console_port) + "\n" +
         line("certificate", root + "/pki/console.pem") + line("key", root + "/pki/console.key") +
         "\n" + database_section(root);
}

std::string agent_settings(const AgentSettings& settings) {
  std::string out = "server_ip " + settings.server + "\nserver_port " +
                    std::to_string(settings.port) + "\nserver_ssl 1\nyagura_ca " + settings.pki +
                    "/ca.pem\nyagura_cert " + settings.pki + "/agent.pem\nyagura_key " +
                    settings.pki + "/agent.key\nagent_name " + settings.name + "\ninterval " +
                    std::to_string(settings.interval_s) + "\ngroup Servers\naddress auto\n";
  if (!settings.root.empty()) {
    out += "pandora_user " + current_account() + "\n";
    out += "logfile " + settings.root + "/log/yagura-agent.log\nyagura_state " + settings.root +
           "/agent\n";
  }
  return out;
}

}  // namespace yagura::setup
