// Buffer: the agent's own durable spool. One file per report; a report is in it before anything is
// sent, and leaves it after the server's second "SEND OK" (or, counted, when a limit is reached).
//
// Names are <sequence, 16 hex digits>-<creation, 16 hex digits of microseconds>.report, so that a
// sorted listing is in order of creation whatever the clock did. Files are written under a
// temporary name, synced, renamed, and the folder synced: after a crash there are whole reports and
// at most one temporary file, which open() removes.
//
// When a limit is reached the OLDEST reports go: after an outage what is happening now matters more
// than the beginning of the outage, and the reference's choice (the newest) loses exactly that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace yagura::agent {

struct BufferLimits {
  std::size_t files = 1024;
  std::uint64_t bytes = 1024ULL << 20U;
  /// Below this much free space on the file system the buffer keeps the newest report only.
  std::uint64_t min_free_bytes = 0;
};

struct BufferedReport {
  std::string file;
  std::uint64_t sequence = 0;
  Micros created = 0;
  std::uint64_t bytes = 0;
};

/// Largest report that is read back; more than any server takes.
constexpr std::size_t kMaxReportBytes = 64UL * 1024 * 1024;
/// Refused reports kept for looking at; older ones go.
constexpr std::size_t kMaxRefusedKept = 16;

/// One process at a time may store; a forked sender may read and remove meanwhile.
class Buffer {
 public:
  /// Opens `name` beneath `parent`, making it (0700) and removing left-over temporary files.
  static Result<Buffer> open(const Directory& parent, const std::string& name,
                             const BufferLimits& limits);

  /// Durable after success. Returns how many old reports had to go to make room.
  Result<std::uint64_t> store(std::string_view document, Micros created);
  /// Oldest first.
  [[nodiscard]] Result<std::vector<BufferedReport>> list() const;
  [[nodiscard]] bool contains(const std::string& file) const { return directory_.stat(file).ok(); }
  [[nodiscard]] Result<std::string> read(const BufferedReport& report) const;
  /// Removing what is gone already is fine.
  Status remove(const BufferedReport& report) const;
  /// Moves a report that the server will never take into `refused`, where the newest are kept.
  Status set_aside(const BufferedReport& report) const;
  /// Removes everything; returns how many reports that were.
  Result<std::uint64_t> discard_all() const;

 private:
  Buffer(Directory directory, Directory refused, const BufferLimits& limits)
      : directory_(std::move(directory)), refused_(std::move(refused)), limits_(limits) {}
  Result<std::uint64_t> make_room(std::uint64_t bytes) const;
  [[nodiscard]] bool is_space_short() const;

  Directory directory_;
  Directory refused_;
  BufferLimits limits_;
  std::uint64_t next_sequence_ = 1;
};

/// Name of a report's file, and its parts again (nothing for other names).
std::string report_file_name(std::uint64_t sequence, Micros created);
bool parse_report_file_name(std::string_view name, BufferedReport& out);

}  // namespace yagura::agent
