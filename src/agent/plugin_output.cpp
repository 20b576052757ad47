#include "agent/plugin_output.h"

#include <algorithm>
#include <array>

#include "text/numbers.h"
#include "text/utf8.h"
#include "text/xml.h"

namespace yagura::agent {
namespace {

constexpr std::string_view kOpen = "<agent_data>";
constexpr std::string_view kClose = "</agent_data>";

/// Elements that may stand beside each other in a report (agent-data §5, §14).
constexpr std::array<std::string_view, 9> kParts = {"module",     "modules",   "inventory",
                                                    "log_module", "trap_data", "custom_fields",
                                                    "events",     "discovery", "cmd_report"};

/// Counts modules and finds what does not belong there.
class PartsHandler final : public text::XmlHandler {
 public:
  bool on_start(std::string_view name, std::span<const text::XmlAttribute>) override {
    ++depth_;
    if (name == "module") ++modules;
    if (depth_ != 2) return true;
    if (std::find(kParts.begin(), kParts.end(), name) != kParts.end()) return true;
    strange = "<" + std::string(name) + ">";
    return false;
  }
  void on_end() override { --depth_; }
  void on_text(std::string_view piece) override {
    if (depth_ == 1 && strange.empty() && !text::trim(piece).empty()) {
      strange = "text '" + std::string(text::truncate_utf8(text::trim(piece), 40)) + "'";
    }
  }

  std::uint64_t modules = 0;
  std::string strange;

 private:
  int depth_ = 0;
};

/// Plugins may print a declaration of their own.
std::string_view without_declaration(std::string_view output) {
  output = text::trim(output);
  if (!output.starts_with("<?xml")) return output;
  const std::size_t end = output.find("?>");
  return end == std::string_view::npos ? output : output.substr(end + 2);
}

}  // namespace

Result<PluginParts> check_plugin_output(std::string_view output) {
  PluginParts out;
  out.xml = text::sanitize_utf8(without_declaration(output));
  std::string document = std::string(kOpen) + out.xml + std::string(kClose);
  if (auto mended = text::mend_xml(document)) {
    document = std::move(*mended);
    out.xml = document.substr(kOpen.size(), document.size() - kOpen.size() - kClose.size());
  }
  PartsHandler handler;
  text::XmlParser parser;
  const auto failure = parser.parse(document, handler, {});
  if (!handler.strange.empty()) {
    return Error{ErrorCode::kInvalid,
                 "output of the plugin: " + handler.strange + " does not belong into a report"};
  }
  if (failure) return Error{ErrorCode::kInvalid, "output of the plugin: " + failure->what};
  out.modules = handler.modules;
  return out;
}

std::string insert_plugin_parts(std::string document, std::string_view parts) {
  if (parts.empty()) return document;
  const std::size_t end = document.rfind(kClose);
  if (end == std::string::npos) return document;
  document.insert(end, std::string(parts) + "\n");
  return document;
}

}  // namespace yagura::agent
