// The settings files that `yagura up` writes: pure text, tested by letting each process check it.
#pragma once

#include <cstdint>
#include <string>

namespace yagura::setup {

struct UpOptions;

std::string tentacled_settings(const std::string& root, const UpOptions& options);
std::string server_settings(const std::string& root);
std::string console_settings(const std::string& root, const UpOptions& options);

struct AgentSettings {
  std::string root;  ///< installation folder for spool and log; empty = beside the settings file
  std::string pki;   ///< folder of ca.pem, agent.pem, agent.key
  std::string name;
  std::string server;
  std::uint16_t port = 41121;
  int interval_s = 300;
};
std::string agent_settings(const AgentSettings& settings);

}  // namespace yagura::setup
