// The root element of a document: its attributes into AgentReport or ServerReport (agent-data §3,
// §14.4, §14.8), and the times of the document, which depend on them (§7).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/reader.h"
#include "text/xml.h"

namespace yagura::report {

/// Collects what the reader mended or left out, at most kMaxWarnings of them.
class Warnings {
 public:
  void add(std::string_view id, std::string text);
  /// The list, with a last entry that counts what did not fit.
  std::vector<std::pair<std::string, std::string>> take();

 private:
  std::vector<std::pair<std::string, std::string>> list_;
  std::size_t dropped_ = 0;
};

/// Turns times of a document into UTC.
class DocumentTimes {
 public:
  DocumentTimes(const ReadOptions& options, double offset_h)
      : options_(&options), offset_h_(offset_h) {}

  /// The time of a sample or module; nothing = use the report's time. An unreadable or unbelievable
  /// one leaves a warning.
  std::optional<Micros> sample_time(std::string_view text, Warnings& warnings) const;
  /// Sets the report's own time from its timestamp attribute.
  void set_report_time(std::optional<std::string_view> text, AgentReport& report,
                       Warnings& warnings) const;

 private:
  [[nodiscard]] std::optional<Micros> convert(std::string_view text) const;
  [[nodiscard]] bool is_believable(Micros time) const;

  const ReadOptions* options_;
  double offset_h_;
};

enum class DocumentKind { kAgent, kServer, kUnsupported };

DocumentKind kind_of(std::span<const text::XmlAttribute> attributes);
/// Everything but the report's time; timezone_offset_h is set.
void read_agent_attributes(std::span<const text::XmlAttribute> attributes, AgentReport& report,
                           Warnings& warnings);
ServerReport read_server_attributes(std::span<const text::XmlAttribute> attributes,
                                    const ReadOptions& options);

/// The value of an attribute, nothing if it is absent.
std::optional<std::string_view> attribute(std::span<const text::XmlAttribute> attributes,
                                          std::string_view name);

/// The items of a comma list without the white space around them, empty ones left out.
std::vector<std::string> split_list(std::string_view text);

}  // namespace yagura::report
