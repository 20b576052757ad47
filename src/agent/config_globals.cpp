// Global directives of pandora_agent.conf (spec agent-conf §2) and the agent's own ones
// (yagura_...).
#include <algorithm>
#include <array>
#include <cmath>

#include "agent/config_reader.h"
#include "text/numbers.h"

namespace yagura::agent {
namespace {

using Severity = Finding::Severity;

constexpr std::string_view kDefaultState = "/var/lib/yagura-agent";

/// Known tokens without effect here, because what they tune does not exist in this agent.
constexpr std::array<std::string_view, 26> kWithoutEffect = {"server_path",
                                                             "server_path_md5",
                                                             "server_path_conf",
                                                             "server_path_zip",
                                                             "server_user",
                                                             "transfer_mode_user",
                                                             "encoding",
                                                             "logsize",
                                                             "logrotate",
                                                             "pandora_exec",
                                                             "secondary_server_path",
                                                             "secondary_server_user",
                                                             "secondary_transfer_timeout",
                                                             "udp_server_port",
                                                             "udp_server_auth_address",
                                                             "proxy_address",
                                                             "proxy_port",
                                                             "proxy_max_connection",
                                                             "proxy_timeout",
                                                             "group_id",
                                                             "startup_delay",
                                                             "disable_logfile",
                                                             "ehorus_conf",
                                                             "pandora_home",
                                                             "macro",
                                                             "secondary_transfer_mode"};

struct Unsupported {
  std::string_view token;
  std::string_view reason;
};

/// Switched on, these would let others steer the agent or need a part that it has not.
constexpr std::array<Unsupported, 9> kUnsupported = {{
    {"remote_config", "the configuration of this agent can only be changed on its own host"},
    {"udp_server", "this agent listens on no port"},
    {"proxy_mode", "run yagura-tentacled as a relay instead"},
    {"broker_agent", "run one agent for each name, with a configuration of its own"},
    {"file_collection", "this agent takes no programs from the server"},
    {"cmd_file", "this agent takes no commands from the server"},
    {"gis_exec", "write latitude and longitude instead"},
    {"agent_alias_cmd", "write agent_alias instead"},
    {"intensive_interval", "lower interval and raise module_interval instead"},
}};

bool is_on(const std::string& value) {
  return value != "0" && value != "no" && value != "false";
}

/// Takes the options of the original tentacle_client apart (spec tentacle §15.1).
void apply_client_options(Globals& globals, const RawDirective& opts, ServerConfig& server) {
  std::vector<std::string> words;
  for (std::string_view rest = opts.value; !rest.empty();) {
    rest = text::trim(rest);
    std::size_t end = 0;
    while (end < rest.size() && !text::is_space(rest[end]))
      ++end;
    std::string word(rest.substr(0, end));
    rest = rest.substr(end);
    std::erase_if(word, [](char c) { return c == '\'' || c == '"'; });
    if (!word.empty()) words.push_back(std::move(word));
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& option = words[i];
    const bool takes_value =
        option.size() == 2 && option[0] == '-' &&
        std::string_view("abefkprtxy").find(option[1]) != std::string_view::npos;
    if (takes_value && i + 1 == words.size()) {
      globals.add(Severity::kError, opts.where, opts.token + ": " + option + " needs a value");
      return;
    }
    std::string value = takes_value ? words[++i] : std::string{};
    if (option == "-c")
      server.tls = true;
    else if (option == "-e")
      server.tls = true, server.certificate_file = value;
    else if (option == "-k")
      server.key_file = value;
    else if (option == "-f")
      server.tls = true, server.ca_file = value;
    else if (option == "-x")
      server.password = crypto::Secret(std::move(value));
    else if (option == "-y")
      server.proxy = value;
    else if (option == "-b")
      server.local_address = value;
    else if (option == "-z")
      server.compressed = true;
    else if (option != "-v" && option != "-q" && option != "-r" && option != "-t") {
      globals.add(Severity::kError, opts.where,
                  opts.token + ": '" + option + "' is not an option of this agent");
    }
  }
}

void apply_server(Globals& globals, const std::string& prefix, ServerConfig& server) {
  globals.text(prefix + "server_ip", server.host);
  globals.integer(prefix + "server_port", server.port, 1, 65535);
  globals.flag(prefix + "server_ssl", server.tls);
  globals.secret(prefix + "server_pwd", server.password);
  if (const auto opts = globals.take(prefix + "server_opts")) {
    apply_client_options(globals, *opts, server);
  }
}

/// A file of the agent's own settings; relative names lie beside the configuration.
void take_file(Globals& globals, const std::string& token, const std::string& directory,
               std::string& out) {
  const auto entry = globals.take(token);
  if (!entry) return;
  out = entry->value.starts_with('/') ? entry->value : directory + "/" + entry->value;
}

/// The agent's own transport settings hold for both servers.
void apply_tls(Globals& globals, Config& config) {
  ServerConfig& server = config.server;
  const bool has_files = globals.has("yagura_ca") || globals.has("yagura_cert");
  take_file(globals, "yagura_ca", config.directory, server.ca_file);
  take_file(globals, "yagura_cert", config.directory, server.certificate_file);
  take_file(globals, "yagura_key", config.directory, server.key_file);
  globals.text("yagura_server_name", server.expected_name);
  globals.text("yagura_pin", server.pinned_fingerprint);
  globals.flag("yagura_tls_verify", server.verify);
  if (has_files) server.tls = true;
  ServerConfig& other = config.secondary;
  if (has_files) other.tls = true;
  if (other.tls) {
    if (other.ca_file.empty()) other.ca_file = server.ca_file;
    if (other.certificate_file.empty()) {
      other.certificate_file = server.certificate_file;
      other.key_file = server.key_file;
    }
  }
  other.verify = server.verify;
  for (const ServerConfig* s : {&server, &other}) {
    if (!s->key_file.empty() && s->certificate_file.empty()) {
      globals.add(Severity::kError, config.file, "a TLS key without its certificate (yagura_cert)");
    }
    if (!s->tls && !s->certificate_file.empty()) {
      globals.add(Severity::kError, config.file, "a TLS certificate but server_ssl is 0");
    }
  }
  if (server.tls && !server.verify) {
    globals.add(
        Severity::kWarning, config.file,
        "yagura_tls_verify 0: anyone between here and the server can read and change reports");
  }
}

void apply_transport(Globals& globals, Config& config) {
  config.server.host = "localhost";
  config.secondary.host = "localhost";
  apply_server(globals, "", config.server);
  apply_server(globals, "secondary_", config.secondary);
  apply_tls(globals, config);
  globals.integer("transfer_timeout", config.transfer_timeout_s, 1, 3600);
  if (const auto mode = globals.take("transfer_mode"); mode && mode->value != "tentacle") {
    globals.add(Severity::kError, mode->where,
                "transfer_mode '" + mode->value + "': this agent delivers with tentacle only");
  }
  if (const auto mode = globals.take("secondary_mode")) {
    if (mode->value == "on_error")
      config.secondary_mode = SecondaryMode::kOnError;
    else if (mode->value == "always")
      config.secondary_mode = SecondaryMode::kAlways;
    else if (mode->value != "never") {
      globals.add(Severity::kError, mode->where,
                  "secondary_mode '" + mode->value + "': never, on_error or always");
    }
  }
}

int agent_mode(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), text::to_lower);
  std::erase_if(text, [](char c) { return c == ' ' || c == '-' || c == '_'; });
  if (text.find("nolearn") != std::string::npos) return 0;
  if (text.find("autodisable") != std::string::npos) return 2;
  return 1;
}

void apply_identity(Globals& globals, Config& config) {
  globals.text("agent_name", config.agent_name);
  globals.text("agent_alias", config.agent_alias);
  globals.text("parent_agent_name", config.parent_agent_name);
  globals.text("description", config.description);
  globals.text("group", config.group);
  globals.secret("group_password", config.group_password);
  globals.text("address", config.address);
  globals.text("custom_id", config.custom_id);
  globals.text("url_address", config.url_address);
  globals.flag("autotime", config.autotime);
  std::optional<double> offset;
  globals.real("timezone_offset", offset, -24, 24);
  config.timezone_offset_h = offset.value_or(0);
  globals.real("latitude", config.latitude, -90, 90);
  globals.real("longitude", config.longitude, -180, 180);
  globals.real("altitude", config.altitude, -100'000, 100'000'000);
  globals.text("position_description", config.position_description);
  if (const auto mode = globals.take("agent_mode")) config.agent_mode = agent_mode(mode->value);
  if (const auto groups = globals.take("secondary_groups")) {
    for (std::string_view rest = groups->value; !rest.empty();) {
      const std::size_t comma = rest.find(',');
      const std::string_view name = text::trim(rest.substr(0, comma));
      if (!name.empty()) config.secondary_groups.emplace_back(name);
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
  }
  if (const auto command = globals.take("agent_name_cmd")) {
    // A name that a command or chance decides is not an identity; and the agent never writes into
    // its own configuration, which belongs to root.
    globals.add(config.agent_name.empty() ? Severity::kError : Severity::kWarning, command->where,
                "agent_name_cmd is not run: write agent_name");
  }
}

void apply_custom_fields(Globals& globals, Config& config) {
  const std::vector<RawDirective> fields = globals.take_all("custom_field");
  const auto find = [&](const std::string& token) -> const RawDirective* {
    const auto at = std::find_if(fields.begin(), fields.end(),
                                 [&](const RawDirective& f) { return f.token == token; });
    return at == fields.end() ? nullptr : &*at;
  };
  for (const RawDirective& field : fields) {
    if (!field.token.ends_with("_name")) continue;
    const std::string stem = field.token.substr(0, field.token.size() - 5);
    const RawDirective* value = find(stem + "_value");
    config.custom_fields.emplace_back(field.value, value == nullptr ? "" : value->value);
  }
}

void apply_buffer(Globals& globals, Config& config) {
  globals.flag("xml_buffer", config.keep_undelivered);
  std::uint64_t megabytes = config.min_free_bytes >> 20U;
  globals.integer("temporal_min_size", megabytes, 0, 1'000'000'000);
  config.min_free_bytes = megabytes << 20U;
  megabytes = config.buffer_bytes >> 20U;
  globals.integer("temporal_max_size", megabytes, 1, 1'000'000);
  config.buffer_bytes = megabytes << 20U;
  globals.integer("temporal_max_files", config.buffer_files, 1, 1'000'000);
  globals.integer("yagura_reports_per_round", config.reports_per_round, 1, 10'000);
  const auto temporal = globals.take("temporal");
  globals.text("yagura_state", config.state_directory);
  if (!config.state_directory.empty()) return;
  config.state_directory = kDefaultState;
  if (!temporal) return;
  const std::string& folder = temporal->value;
  if (folder == "/tmp" || folder == "/var/tmp" || folder == "/dev/shm") {
    globals.add(Severity::kWarning, temporal->where,
                "temporal " + folder + " is shared with every account: reports are kept in " +
                    config.state_directory + " (set yagura_state to change it)");
  } else {
    config.state_directory = folder;
  }
}

void apply_operation(Globals& globals, Config& config) {
  globals.integer("interval", config.interval_s, 1, 86'400 * 7);
  globals.integer("delayed_startup", config.delayed_startup_s, 0, 86'400);
  globals.integer("pandora_nice", config.nice, 0, 19);
  globals.integer("agent_threads", config.threads, 1, 64);
  globals.integer("yagura_command_timeout", config.command_timeout_s, 1, 86'400);
  globals.flag("debug", config.debug);
  globals.flag("cron_mode", config.once);
  globals.flag("standby", config.standby);
  globals.text("pandora_user", config.user);
  globals.flag("yagura_allow_root", config.allow_root);
  globals.flag("yagura_self_modules", config.self_modules);
  globals.text("logfile", config.log_file);
  if (config.log_file == "syslog") {
    globals.add(Severity::kWarning, config.file,
                "logfile syslog: the log goes to standard error, where systemd takes it up");
    config.log_file.clear();
  }
  if (const auto set = globals.take("yagura_native_modules")) {
    if (set->value == "always")
      config.native_set = NativeSet::kAlways;
    else if (set->value == "never")
      config.native_set = NativeSet::kNever;
    else if (set->value != "auto") {
      globals.add(Severity::kError, set->where,
                  "yagura_native_modules '" + set->value + "': auto, always or never");
    }
  }
}

void report_rest(Globals& globals) {
  for (const Unsupported& unsupported : kUnsupported) {
    const auto directive = globals.take(std::string(unsupported.token));
    if (directive && is_on(directive->value)) {
      globals.add(Severity::kWarning, directive->where,
                  directive->token + " is not offered: " + std::string(unsupported.reason));
    }
  }
  for (const std::string_view token : kWithoutEffect)
    (void)globals.take(std::string(token));
  for (const auto& [token, directive] : globals.rest()) {
    if (token.starts_with("process_") || token.starts_with("service_")) continue;
    globals.add(Severity::kWarning, directive.where, "unknown directive '" + token + "': ignored");
  }
}

}  // namespace

void Globals::put(RawDirective directive) {
  std::string token = directive.token;
  tokens_.insert_or_assign(std::move(token), std::move(directive));
}

std::optional<RawDirective> Globals::take(const std::string& token) {
  auto node = tokens_.extract(token);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

std::vector<RawDirective> Globals::take_all(const std::string& prefix) {
  std::vector<RawDirective> out;
  for (auto at = tokens_.lower_bound(prefix);
       at != tokens_.end() && at->first.starts_with(prefix);) {
    out.push_back(std::move(at->second));
    at = tokens_.erase(at);
  }
  return out;
}

void Globals::add(Severity severity, const std::string& where, std::string what) {
  if (findings_.size() >= kMaxFindings) return;
  findings_.push_back({severity, where, std::move(what)});
}

void Globals::text(const std::string& token, std::string& out) {
  if (auto directive = take(token)) out = std::move(directive->value);
}

void Globals::secret(const std::string& token, crypto::Secret& out) {
  if (auto directive = take(token)) out = crypto::Secret(std::move(directive->value));
}

void Globals::flag(const std::string& token, bool& out) {
  const auto directive = take(token);
  if (!directive) return;
  const std::string& value = directive->value;
  if (value == "1" || value == "yes" || value == "true")
    out = true;
  else if (value == "0" || value == "no" || value == "false")
    out = false;
  else
    add(Severity::kError, directive->where, token + " '" + value + "': 1 or 0");
}

void Globals::real(const std::string& token, std::optional<double>& out, double low, double high) {
  const auto directive = take(token);
  if (!directive) return;
  const auto value = text::parse_decimal(directive->value);
  if (!value || *value < low || *value > high) {
    add(Severity::kError, directive->where,
        token + " '" + directive->value + "': a number from " + text::format_shortest(low) +
            " to " + text::format_shortest(high));
    return;
  }
  out = *value;
}

bool Globals::take_integer(const std::string& token, std::int64_t low, std::int64_t high,
                           std::int64_t& out) {
  const auto directive = take(token);
  if (!directive) return false;
  const auto value = text::parse_integer<std::int64_t>(directive->value);
  if (!value || *value < low || *value > high) {
    add(Severity::kError, directive->where,
        token + " '" + directive->value + "': a whole number from " + std::to_string(low) + " to " +
            std::to_string(high));
    return false;
  }
  out = *value;
  return true;
}

void apply_globals(Globals& globals, Config& config) {
  apply_transport(globals, config);
  apply_identity(globals, config);
  apply_custom_fields(globals, config);
  apply_buffer(globals, config);
  apply_operation(globals, config);
  report_rest(globals);
}

}  // namespace yagura::agent
