// The status file: what `yagura doctor` and the health page know about a running transport.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "net/admission.h"
#include "tentacle/server_connection.h"
#include "tentacle/spool_writer.h"
#include "tentacle/transport_settings.h"

namespace yagura::tentacle {

struct TransportStatus {
  Micros now = 0;
  Micros started = 0;
  bool serving = true;
  net::Admission::Counts connections;
  SpoolState spool;
  std::uint64_t audit_lost = 0;
  std::vector<std::uint16_t> ports;  ///< in the order of the listeners
};

/// One JSON object, documented in docs/transport.md.
std::string write_status(const TransportSettings& settings, const TransportCounters& counters,
                         const TransportStatus& status);

}  // namespace yagura::tentacle
