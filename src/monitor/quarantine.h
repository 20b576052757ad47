// The quarantine folder (spec server §1.6, §4.1.4): the payload of each refused document and beside
// it a reason file, both named after the item, so that writing them twice changes nothing. The row
// and the event are written by the batch's transaction; the files come first.
//
//   <item id>.data          the payload, group passwords blanked
//   <item id>.reason.json   code, params, text, provenance
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file.h"
#include "monitor/ingest_types.h"

namespace yagura::monitor {

/// The payload with the value of every group_password (attribute or element, also in UTF-16)
/// overwritten by '*'. Works on any bytes.
std::string without_group_password(std::string_view payload);

/// One thread at a time.
class Quarantine {
 public:
  struct Limits {
    std::size_t max_items = 20'000;
    std::uint64_t max_bytes = 1024ULL * 1024 * 1024;
  };

  /// Opens the folder and counts what lies in it.
  static Result<Quarantine> open(const std::string& folder, Limits limits);

  /// Writes payload and reason. The name of the payload's file; empty when the folder is full (then
  /// the database row alone tells of the document). Not durable before sync().
  Result<std::string> store(const Provenance& from, const Rejection& why,
                            std::string_view agent_name, std::string_view payload, Micros now);
  /// Makes everything stored so far durable: call before the commit that lets the originals go.
  Status sync();
  /// Removes both files of an item; fine if they are gone.
  Status remove(std::string_view file);

  [[nodiscard]] std::size_t items() const { return items_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  Quarantine(Directory folder, Limits limits) : folder_(std::move(folder)), limits_(limits) {}
  Status write(const std::string& name, std::string_view bytes);

  Directory folder_;
  Limits limits_;
  std::size_t items_ = 0;
  std::uint64_t bytes_ = 0;
  bool dirty_ = false;
};

}  // namespace yagura::monitor
