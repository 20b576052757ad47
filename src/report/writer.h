// Writes an AgentReport as the XML that our agent sends and every Pandora-compatible data server
// reads. Pure; the opposite of report/reader.h: what is written reads back the same, warnings,
// logs' encoding and characters that XML forbids (U+FFFD) aside.
#pragma once

#include <string>

#include "report/agent_report.h"
#include "text/time_zone.h"

namespace yagura::report {

struct WriteOptions {
  /// Zone of the time stamps: the agent's. The server reads them in its own zone and adds
  /// timezone_offset, so the caller sets that to the difference (hours, server minus agent).
  text::TimeZone time_zone;
  /// Appends the zone to every time ("2024/03/01 10:00:00+09:00"): the moment is then certain
  /// wherever the server is and across clock changes. Readers that do not know it see the agent's
  /// local time, to which timezone_offset applies as ever.
  bool name_zone = false;
};

/// UTF-8, LF line ends, every text escaped. `timestamp` is left out when `time` is 0 (the server
/// then takes the time of receipt). Times are written to the second.
std::string write(const AgentReport& report, const WriteOptions& options = {});

}  // namespace yagura::report
