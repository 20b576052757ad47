#include "base/settings.h"

#include <set>

#include <toml++/toml.h>

#include "base/file.h"

namespace yagura {
namespace {

constexpr std::size_t kMaxConfigBytes = 1024UL * 1024;

std::vector<std::string> split(std::string_view key) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at <= key.size()) {
    const std::size_t dot = std::min(key.find('.', at), key.size());
    parts.emplace_back(key.substr(at, dot - at));
    at = dot + 1;
  }
  return parts;
}

void leaves(const toml::node& node, const std::string& prefix,
            std::vector<std::pair<std::string, toml::source_index>>& out) {
  if (const toml::table* table = node.as_table()) {
    for (const auto& [key, value] : *table) {
      const std::string name(key.str());
      leaves(value, prefix.empty() ? name : prefix + "." + name, out);
    }
    return;
  }
  if (const toml::array* array = node.as_array(); array != nullptr && array->is_array_of_tables()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      leaves((*array)[i], prefix + "." + std::to_string(i), out);
    }
    return;
  }
  out.emplace_back(prefix, node.source().begin.line);
}

}  // namespace

struct Settings::State {
  toml::table table;
  std::string origin;
  std::set<std::string, std::less<>> asked;
  std::vector<std::string> mistakes;

  const toml::node* find(std::string_view key) {
    asked.emplace(key);
    const toml::node* node = &table;
    for (const std::string& part : split(key)) {
      if (const toml::table* t = node->as_table()) {
        node = t->get(part);
      } else if (const toml::array* a = node->as_array()) {
        std::size_t index = 0;
        for (const char c : part)
          index = index * 10 + static_cast<std::size_t>(c - '0');
        node = a->get(index);
      } else {
        return nullptr;
      }
      if (node == nullptr) return nullptr;
    }
    return node;
  }

  void wrong(std::string_view key, const toml::node* node, std::string_view what) {
    std::string where = origin;
    if (node != nullptr) where += ":" + std::to_string(node->source().begin.line);
    mistakes.push_back(where + ": " + std::string(key) + ": " + std::string(what));
  }
};

Settings::Settings(std::unique_ptr<State> state) : state_(std::move(state)) {}
Settings::Settings(Settings&&) noexcept = default;
Settings& Settings::operator=(Settings&&) noexcept = default;
Settings::~Settings() = default;

Result<Settings> Settings::load(const std::string& path) {
  YAGURA_TRY(text, read_file(path, kMaxConfigBytes));
  return parse(text, path);
}

Result<Settings> Settings::parse(std::string_view text, std::string origin) {
  auto state = std::make_unique<State>();
  state->origin = std::move(origin);
  try {
    state->table = toml::parse(text);
  } catch (const toml::parse_error& e) {
    return Error{ErrorCode::kInvalid, state->origin + ":" + std::to_string(e.source().begin.line) +
                                          ": " + std::string(e.description())};
  }
  return Settings(std::move(state));
}

bool Settings::has(std::string_view key) const {
  return state_->find(key) != nullptr;
}

std::string Settings::text(std::string_view key, std::string_view fallback) {
  const toml::node* node = state_->find(key);
  if (node == nullptr) return std::string(fallback);
  if (const auto value = node->value_exact<std::string>()) return *value;
  state_->wrong(key, node, "expected a text in quotes");
  return std::string(fallback);
}

std::string Settings::required_text(std::string_view key) {
  if (!has(key)) state_->wrong(key, nullptr, "missing");
  std::string value = text(key, "");
  if (has(key) && value.empty()) state_->wrong(key, state_->find(key), "must not be empty");
  return value;
}

std::string Settings::choice(std::string_view key, std::string_view fallback,
                             const std::vector<std::string>& allowed) {
  std::string value = text(key, fallback);
  std::string names;
  for (const std::string& a : allowed) {
    if (a == value) return value;
    names += names.empty() ? a : ", " + a;
  }
  state_->wrong(key, state_->find(key), "'" + value + "' is not one of: " + names);
  return std::string(fallback);
}

std::int64_t Settings::integer(std::string_view key, std::int64_t fallback, IntRange range) {
  const toml::node* node = state_->find(key);
  if (node == nullptr) return fallback;
  const auto value = node->value_exact<std::int64_t>();
  if (!value) {
    state_->wrong(key, node, "expected a whole number");
    return fallback;
  }
  if (*value < range.min || *value > range.max) {
    state_->wrong(key, node,
                  std::to_string(*value) + " is not between " + std::to_string(range.min) +
                      " and " + std::to_string(range.max));
    return fallback;
  }
  return *value;
}

bool Settings::flag(std::string_view key, bool fallback) {
  const toml::node* node = state_->find(key);
  if (node == nullptr) return fallback;
  if (const auto value = node->value_exact<bool>()) return *value;
  state_->wrong(key, node, "expected true or false");
  return fallback;
}

std::vector<std::string> Settings::list(std::string_view key) {
  std::vector<std::string> out;
  const toml::node* node = state_->find(key);
  if (node == nullptr) return out;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    state_->wrong(key, node, "expected a list of texts");
    return out;
  }
  for (const toml::node& item : *array) {
    if (const auto value = item.value_exact<std::string>()) {
      out.push_back(*value);
    } else {
      state_->wrong(key, node, "expected a list of texts");
    }
  }
  return out;
}

std::size_t Settings::tables(std::string_view key) {
  const toml::node* node = state_->find(key);
  if (node == nullptr) return 0;
  const toml::array* array = node->as_array();
  if (array == nullptr || (!array->empty() && !array->is_array_of_tables())) {
    state_->wrong(key, node, "expected [[" + std::string(key) + "]] sections");
    return 0;
  }
  return array->size();
}

void Settings::mistake(std::string_view key, std::string_view what) {
  state_->wrong(key, state_->find(key), what);
}

Status Settings::finish() {
  std::vector<std::pair<std::string, toml::source_index>> all;
  leaves(state_->table, "", all);
  for (const auto& [key, line] : all) {
    if (!state_->asked.contains(key)) {
      state_->mistakes.push_back(state_->origin + ":" + std::to_string(line) + ": " + key +
                                 ": unknown setting");
    }
  }
  if (state_->mistakes.empty()) return {};
  std::string what;
  for (const std::string& m : state_->mistakes)
    what += what.empty() ? m : "\n" + m;
  return Error{ErrorCode::kInvalid, what};
}

}  // namespace yagura
