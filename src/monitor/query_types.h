// What the reading side of monitoring hands out: plain data for the API and the command line.
//
// Texts in it come from agents and are hostile until escaped by whoever shows them. Times are
// microseconds (UTC); absent = never.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "monitor/types.h"

namespace yagura::monitor {

/// Lists: how many items when the caller does not say, and at most.
constexpr std::int64_t kDefaultPage = 100;
constexpr std::int64_t kMaxPage = 1000;

struct NumberValue {
  double number = 0;
};
struct TextValue {
  std::string text;
};
using LatestValue = std::variant<NumberValue, TextValue>;

/// Texts as code and parameters, to be put into words in the reader's language.
using TextParams = std::vector<std::pair<std::string, std::string>>;

struct GroupRef {
  GroupId id;
  std::string name;
};
struct AgentRef {
  AgentId id;
  std::string alias;
};
struct ModuleRef {
  ModuleId id;
  std::string name;
};

}  // namespace yagura::monitor
