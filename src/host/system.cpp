#include "host/system.h"

#include <algorithm>
#include <cmath>

#include "host/parse.h"

namespace yagura::host {
namespace {

constexpr std::size_t kMaxSmallBytes = 4096;

/// The value of an os-release line: double or single quotes around it, backslash before $ " \ `.
std::string unquote(std::string_view text) {
  text = trim(text);
  const char quote = text.empty() ? '\0' : text.front();
  const bool quoted = quote == '"' || quote == '\'';
  if (quoted) text.remove_prefix(1);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == quote) break;
    if (text[i] == '\\' && quote != '\'' && i + 1 < text.size()) ++i;
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != 0x7f) out += text[i];
  }
  return out;
}

}  // namespace

Result<Load> parse_load(std::string_view loadavg) {
  Words words(trim(loadavg));
  const auto one = to_fraction(words.next());
  const auto five = to_fraction(words.next());
  const auto fifteen = to_fraction(words.next());
  if (!one || !five || !fifteen) {
    return Error{ErrorCode::kInvalid, "/proc/loadavg: three averages expected"};
  }
  const std::string_view tasks = words.next();
  const std::size_t slash = tasks.find('/');
  const auto threads =
      slash == std::string_view::npos ? std::nullopt : to_u64(tasks.substr(slash + 1));
  return Load{*one, *five, *fifteen, threads.value_or(0)};
}

Result<Load> read_load(const Root& root) {
  YAGURA_TRY(text, root.read("/proc/loadavg", kMaxSmallBytes));
  return parse_load(text);
}

Result<double> parse_uptime(std::string_view uptime) {
  Words words(trim(uptime));
  const auto seconds = to_fraction(words.next());
  if (!seconds) return Error{ErrorCode::kInvalid, "/proc/uptime: a number expected"};
  return *seconds;
}

Result<double> read_uptime(const Root& root) {
  YAGURA_TRY(text, root.read("/proc/uptime", kMaxSmallBytes));
  return parse_uptime(text);
}

Result<std::string> read_kernel_release(const Root& root) {
  YAGURA_TRY(text, root.read_value("/proc/sys/kernel/osrelease"));
  if (text.empty()) return Error{ErrorCode::kInvalid, "/proc/sys/kernel/osrelease: empty"};
  return text;
}

Result<std::string> read_hostname(const Root& root) {
  for (const char* path : {"/proc/sys/kernel/hostname", "/etc/hostname"}) {
    auto text = root.read_value(path);
    if (text.ok() && !text->empty()) return text;
  }
  return Error{ErrorCode::kUnavailable,
               "neither /proc/sys/kernel/hostname nor /etc/hostname names this host"};
}

Result<OsRelease> parse_os_release(std::string_view text) {
  OsRelease out;
  Lines lines(text);
  while (const auto line = lines.next()) {
    const std::string_view entry = trim(*line);
    const std::size_t equals = entry.find('=');
    if (entry.starts_with('#') || equals == std::string_view::npos) continue;
    const std::string_view key = entry.substr(0, equals);
    const std::string_view value = entry.substr(equals + 1);
    if (key == "ID") out.id = unquote(value);
    if (key == "NAME") out.name = unquote(value);
    if (key == "VERSION_ID") out.version_id = unquote(value);
    if (key == "PRETTY_NAME") out.pretty_name = unquote(value);
  }
  if (out.id.empty() && out.name.empty() && out.pretty_name.empty()) {
    return Error{ErrorCode::kInvalid, "os-release: neither ID, NAME nor PRETTY_NAME"};
  }
  return out;
}

Result<OsRelease> read_os_release(const Root& root) {
  auto text = root.read("/etc/os-release", kMaxOsReleaseBytes);
  if (!text.ok()) text = root.read("/usr/lib/os-release", kMaxOsReleaseBytes);
  if (!text.ok()) return text.error();
  return parse_os_release(*text);
}

}  // namespace yagura::host
