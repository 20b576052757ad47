// Helpers of the reader's tests: documents from pieces, and what was read as values to compare.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "report/reader.h"
#include "text/time_text.h"

namespace yagura::report::testing_support {

inline Micros at(std::string_view rfc3339) {
  return text::parse_rfc3339(rfc3339).value();
}

inline const Micros kNow = at("2024-03-01T12:00:00Z");
inline const Micros kReceived = at("2024-03-01T11:59:00Z");

inline ReadOptions options() {
  ReadOptions o;
  o.now = kNow;
  o.received = kReceived;
  return o;
}

inline std::string document(std::string_view attributes, std::string_view children) {
  return "<?xml version='1.0' encoding='UTF-8'?>\n<agent_data " + std::string(attributes) + ">\n" +
         std::string(children) + "</agent_data>\n";
}

inline constexpr std::string_view kRoot =
    "agent_name='a1' interval='300' timestamp='2024/03/01 10:00:00'";

inline AgentReport agent(std::string_view bytes, const ReadOptions& o = options()) {
  auto result = read(bytes, o);
  if (const auto* refusal = std::get_if<Refusal>(&result)) {
    ADD_FAILURE() << to_string(refusal->code) << ": " << refusal->what;
    return {};
  }
  return std::get<AgentReport>(std::move(result));
}

inline AgentReport with_root(std::string_view attributes) {
  return agent(document(attributes, "<module><name>m</name><data>1</data></module>"));
}

inline AgentReport with_children(std::string_view children, const ReadOptions& o = options()) {
  return agent(document(kRoot, children), o);
}

/// One module from its children.
inline ModuleReport module(std::string_view children) {
  const AgentReport report =
      with_children("<module><name>m</name>" + std::string(children) + "</module>");
  EXPECT_EQ(report.modules.size(), 1U);
  return report.modules.empty() ? ModuleReport() : report.modules.front();
}

/// "refused code" or "agent".
inline std::string verdict(std::string_view bytes) {
  const auto result = read(bytes, options());
  if (const auto* refusal = std::get_if<Refusal>(&result))
    return std::string(to_string(refusal->code));
  return std::holds_alternative<AgentReport>(result) ? "agent" : "server";
}

inline std::vector<std::string> warning_ids(const AgentReport& report) {
  std::vector<std::string> ids;
  for (const auto& [id, text] : report.warnings)
    ids.push_back(id);
  return ids;
}

inline std::vector<std::string> values(const ModuleReport& module) {
  std::vector<std::string> out;
  for (const Sample& sample : module.samples)
    out.push_back(sample.value);
  return out;
}

}  // namespace yagura::report::testing_support
