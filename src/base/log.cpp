#include "base/log.h"

#include <atomic>
#include <memory>

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"

namespace yagura::log {
namespace {

constexpr std::size_t kMaxValueBytes = 1024;

std::atomic<Level> g_level{Level::kInfo};
std::string g_process = "yagura";

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("yagura",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return instance;
}

std::string_view word(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

/// Length of the well-formed UTF-8 sequence at `at`, or 0; C1 controls (U+0080..9F) count as 0.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(at);
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80U) return 0;
  }
  const unsigned second = byte(at + 1);
  if (lead == 0xc2 && second < 0xa0) return 0;
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
      (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return length;
}

}  // namespace

Status init(const Options& options) {
  try {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(options.file, options.max_bytes,
                                                                    options.keep);
    }
    auto made = std::make_shared<spdlog::logger>("yagura", std::move(sink));
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::info);
    logger() = std::move(made);
  } catch (const spdlog::spdlog_ex& e) {
    return Error{ErrorCode::kUnavailable, "opening log " + options.file + ": " + e.what()};
  }
  g_level = options.level;
  g_process = options.process;
  return {};
}

Result<Level> parse_level(std::string_view text) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    if (text == word(level)) return level;
  }
  return Error{ErrorCode::kInvalid,
               "log level '" + std::string(text) + "': expected debug, info, warning or error"};
}

bool enabled(Level level) {
  return level >= g_level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view id, std::initializer_list<Field> fields) {
  std::string line = format_utc(SystemClock().now());
  line += ' ';
  line += word(level);
  line += ' ';
  line += g_process;
  line += ' ';
  line += id;
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    line += escape(field.value);
  }
  logger()->log(level >= Level::kWarning ? spdlog::level::err : spdlog::level::info, line);
}

std::string escape(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  bool quote = text.empty();
  bool cut = false;
  if (text.size() > kMaxValueBytes) {
    text = text.substr(0, kMaxValueBytes);
    cut = true;
  }
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
      quote = true;
      ++i;
    } else if (u >= 0x20 && u < 0x7f) {
      if (c == ' ' || c == '=') quote = true;
      out += c;
      ++i;
    } else if (const std::size_t n = u >= 0x80 ? utf8_length(text, i) : 0; n > 0) {
      out.append(text, i, n);
      i += n;
    } else {
      out += "\\x";
      out += kDigits[u >> 4U];
      out += kDigits[u & 15U];
      quote = true;
      ++i;
    }
  }
  if (cut) out += "...";
  if (quote) out = '"' + out + '"';
  return out;
}

}  // namespace yagura::log
