// The reader of agent data files: bytes in, AgentReport out. Pure (no clock, no files).
//
// Sources: agent-data §2, §3, §5, §7, §14; server §6.2, §6.4 to §6.6. Decisions where those leave a
// choice:
//  - Limits: the stricter of the two documents (depth 16). Beyond any of them a document is
//  refused.
//  - "Where one value is wanted, the first child of that name that is pure text": kept. Attributes
//    `name`, `type`, `data` of <module> count when no such child is there.
//  - <modules> around <module> elements is transparent: no producer means to have its data dropped.
//  - timezone_offset is applied once to every time the document spells out; not to AUTO, to the
//  receive
//    time and to ISO times that name their own zone, which need no correction.
//  - '%%' in values (Windows agents double each '%') is kept: whether a '%' was doubled cannot be
//    known from the document.
//  - Ill-formed UTF-8 is read as windows-1252; forbidden control bytes become U+FFFD; "]]>" in data
//  is
//    kept as text. Each leaves a warning. Everything else that is not well-formed is refused.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "report/agent_report.h"
#include "text/time_zone.h"

namespace yagura::report {

constexpr std::size_t kMaxDocumentBytes = 2'000'000;
constexpr std::size_t kMaxDepth = 16;
/// <module> elements of one document.
constexpr std::size_t kMaxModules = 20'000;
/// Elements of any name: enough for the largest inventories within kMaxDocumentBytes.
constexpr std::size_t kMaxElements = 200'000;
constexpr std::size_t kMaxAttributes = 64;
constexpr std::size_t kMaxTextBytes = 1024UL * 1024;
/// Per <log_module> (server §17); the rest is cut off with a warning.
constexpr std::size_t kMaxLogLines = 5'000;
/// Warnings kept of one document; the last one counts the others.
constexpr std::size_t kMaxWarnings = 50;

struct ReadOptions {
  /// When the transport received the file, or its last modification.
  Micros received = 0;
  /// The server's clock.
  Micros now = 0;
  /// Zone of times that name none: the server's.
  text::TimeZone time_zone;
  /// false: the receive time replaces every time of the document (`use_xml_timestamp 0`).
  bool use_document_time = true;
  /// Whether <timestamp> directly in a <module> counts (agent-data §7.2).
  bool module_timestamps = true;
  /// Times further ahead of `now` are not believed (agent-data §7.1).
  std::int64_t max_future_s = 86'400;
};

/// A document of a satellite or server (root attribute `server_name`): its sign of life (§14.8).
struct ServerReport {
  std::string server_name;
  int server_type = 13;
  std::optional<std::string> version;
  std::optional<std::int64_t> threads, modules, keepalive_s;
  bool disabled = false;
  std::optional<bool> remote_config;
  Micros time = 0;
};

enum class RefusalCode {
  kMalformed,    ///< no well-formed XML, or no document of ours
  kDoctype,      ///< has a DOCTYPE: never looked into
  kEncoding,     ///< an encoding nobody knows, or no table for it here
  kLimit,        ///< one of the limits above
  kNoName,       ///< agent_name absent or empty (agent-data §3): dropped with a log line
  kUnsupported,  ///< connection_source or ipam_source documents
};

/// Stable word: "malformed-xml", "doctype", "encoding", "document-limit", "no-agent-name",
/// "unsupported-document".
std::string_view to_string(RefusalCode code);

/// True where a file is to be quarantined as `_BADXML` (agent-data §1.3).
constexpr bool is_bad_xml(RefusalCode code) {
  return code != RefusalCode::kNoName && code != RefusalCode::kUnsupported;
}

struct Refusal {
  RefusalCode code = RefusalCode::kMalformed;
  std::string what;  ///< for administrators, with line and column where known
};

using Document = std::variant<AgentReport, ServerReport, Refusal>;

/// Reusable: keeps its parser and buffers from one document to the next. Not thread-safe: one per
/// thread.
class Reader {
 public:
  Reader();
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  /// Never throws and never fails as a whole: what cannot be read is a Refusal.
  Document read(std::string_view bytes, const ReadOptions& options);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The same with a reader made for the occasion.
Document read(std::string_view bytes, const ReadOptions& options);

}  // namespace yagura::report
