// Shell commands of the configuration: module_exec, module_plugin and conditions.
//
// They run through /bin/sh -c, unlike anything else in this product. The text comes from the
// operator's own local file and from nowhere else: not from the server (there is no remote
// configuration), not from module values, not from the environment. Its users write pipelines there
// (the stock file does), and a compatible agent must run them (spec agent-conf §4). load_config
// refuses commands when anybody but root or this account could have written them (AGT-05).
//
// What the reference lacks: a time limit always; the whole process group is killed at its end; the
// output has a limit; the environment is made anew; descriptors, signal mask and standard input are
// clean.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace yagura::agent {

struct CommandOptions {
  std::string command;
  Micros timeout = 60 * kSecond;
  /// NAME=value; nothing else is in the environment.
  std::vector<std::string> environment;
  /// Where it runs.
  std::string directory = "/";
  /// When readable, the command is ended with kUnavailable "stopped"; -1 = none. Not owned.
  int stop_fd = -1;
};

struct CommandOutcome {
  std::string output;   ///< standard output; standard error is thrown away
  int exit_status = 0;  ///< 128 + signal if a signal ended it
  Micros duration = 0;
};

/// More output than this ends the command.
constexpr std::size_t kMaxCommandOutput = 1024UL * 1024;

/// Runs until it ends. kTimeout and kLimit after killing its process group; what it left running in
/// that group is killed in every case. Blocking; safe from several threads.
Result<CommandOutcome> run_command(const CommandOptions& options);

/// The environment of commands (spec §8): PATH with `plugins` behind the system's folders, LANG,
/// HOME, SHELL, TZ, PANDORA_HOME, PANDORA_AGENT, and `saved` (module_save).
std::vector<std::string> command_environment(
    const std::string& config_directory, const std::string& agent_name,
    const std::vector<std::pair<std::string, std::string>>& saved);

}  // namespace yagura::agent
