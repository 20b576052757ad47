// Everything an installation can decide about ingestion (server.toml sections [ingest], [identity],
// [autocreate], [silence]; read by server_settings.h). Plain values, the defaults are the shipped
// ones (spec server §24).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "monitor/agent_rules.h"
#include "monitor/event.h"
#include "monitor/module_config.h"
#include "monitor/state.h"
#include "monitor/unknown.h"
#include "text/cidr.h"
#include "text/regex.h"

namespace yagura::monitor {

struct IngestPolicy {
  std::string server_name = "yagura";

  BindingMode binding = BindingMode::kWarn;
  PasswordCheck password_check = PasswordCheck::kAlways;

  CreationPolicy creation;
  text::NetworkList allowed_nets;              ///< of peers that may create; empty = any
  std::optional<text::Regex> name_expression;  ///< names that may be created
  std::optional<std::string> default_group = "Unknown";
  bool default_group_first = false;  ///< autocreate_group_force

  HeaderPolicy header;
  UpdateOptions update;
  TimePolicy time;
  SilencePolicy silence;
  EventGate events;

  std::size_t max_modules = 2000;            ///< per agent
  std::size_t max_inventories = 64;          ///< per agent
  std::size_t max_inventory_rows = 100'000;  ///< per inventory
  std::size_t max_log_sources = 64;          ///< per agent
  std::size_t max_log_lines = 5'000;         ///< per document and source (spec server §17.2)
  std::size_t max_log_bytes = 1024UL * 1024;
  std::size_t max_addresses = 256;  ///< remembered per agent
  std::size_t too_many_files = 10;  ///< documents of one agent in a batch: warning event
  bool accept_satellites = false;   ///< documents with server_name may add server rows
};

}  // namespace yagura::monitor
