// What the agent remembers over restarts: loss counters, when modules with an interval of their own
// last ran, positions in logs. One small file, written durably and only when something changed.
//
// A damaged file is put aside and counted: the agent starts with empty memory rather than not at
// all.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace yagura::agent {

/// Where a watched log was read to.
struct LogPosition {
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;
  bool operator==(const LogPosition&) const = default;
};

struct StateData {
  std::uint64_t lost_reports = 0;  ///< dropped because the buffer was full or could not be written
  std::uint64_t refused_reports = 0;       ///< the server said that it will never take them
  std::uint64_t state_resets = 0;          ///< times this file was damaged
  std::map<std::string, Micros> last_run;  ///< by module name
  std::map<std::string, LogPosition> log_positions;  ///< by module name and file
  bool operator==(const StateData&) const = default;
};

constexpr std::size_t kMaxStateBytes = 4UL * 1024 * 1024;

/// Text form, one entry a line; names are %XX-escaped.
std::string write_state(const StateData& data);
/// kInvalid names the first wrong line.
Result<StateData> parse_state(std::string_view text);

/// Not thread-safe.
class State {
 public:
  /// Reads `state` in `directory`; missing = empty.
  static Result<State> open(const Directory& directory);

  StateData& data() { return data_; }
  [[nodiscard]] const StateData& data() const { return data_; }
  /// Writes if something changed since the last time.
  Status save();

 private:
  explicit State(const Directory& directory) : directory_(&directory) {}
  const Directory* directory_;
  StateData data_;
  StateData saved_;
};

}  // namespace yagura::agent
