// PendingIndex: what lies in the spool, by file name and by announced name. It recognises an upload
// that a client repeats because the final answer got lost (spec tentacle §17.2), and it is the
// count that the quota is checked against. Rebuilt from the directory at start; never larger than
// the spool may be.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "crypto/digest.h"

namespace yagura::tentacle {

/// Not thread-safe.
class PendingIndex {
 public:
  /// Most consumed names that are remembered for the repeat window.
  static constexpr std::size_t kMaxRemembered = 200'000;

  /// `repeat_window`: how long a name that ends in ".data" is remembered after its item was taken
  /// away by the data server. 0 = not at all.
  explicit PendingIndex(Micros repeat_window) : repeat_window_(repeat_window) {}

  enum class Match {
    kNew,       ///< nothing known under that name
    kSame,      ///< the same bytes are pending, or were taken a short while ago
    kDifferent  ///< other bytes are pending
  };
  struct Known {
    Match match = Match::kNew;
    /// For pending matches: the file that must still exist for the match to hold.
    std::string file;
  };
  [[nodiscard]] Known look_up(std::string_view name, const crypto::Sha256Digest& digest) const;
  /// Size of the pending item called `name`, its file in `file`; 0 if there is none.
  [[nodiscard]] std::uint64_t pending_size(std::string_view name, std::string& file) const;

  /// An item that is, or is about to be, in the spool. An item of the same name is superseded.
  void add(const std::string& file, std::string_view name, const crypto::Sha256Digest& digest,
           std::uint64_t size);
  /// An item of another writer, of which only the size matters.
  void add_foreign(const std::string& file, std::uint64_t size);
  /// The item could not be stored after all.
  void drop(const std::string& file);
  /// The item is no longer in the spool: the data server has taken it.
  void consumed(const std::string& file, Micros now);

  /// Compares with a listing of the directory that was begun after begin_scan(): what is missing
  /// was consumed. Returns the listed files that are unknown here.
  void begin_scan() { ++scan_; }
  std::vector<std::string> reconcile(const std::unordered_set<std::string>& listed, Micros now);

  [[nodiscard]] std::size_t items() const { return items_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Item {
    std::string name;  // empty = foreign
    std::uint64_t size = 0;
    std::uint64_t scan = 0;  // added during this scan
  };
  struct Name {
    std::string file;  // empty = consumed
    crypto::Sha256Digest digest{};
    std::uint64_t size = 0;
    Micros consumed_at = 0;
  };

  void forget_old(Micros now);

  Micros repeat_window_;
  std::uint64_t scan_ = 0;
  std::uint64_t bytes_ = 0;
  std::unordered_map<std::string, Item> items_;
  std::unordered_map<std::string, Name> names_;
  std::deque<std::pair<Micros, std::string>> remembered_;  // consumed names, oldest first
};

}  // namespace yagura::tentacle
