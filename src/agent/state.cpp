#include "agent/state.h"

#include "base/log.h"
#include "text/numbers.h"

namespace yagura::agent {
namespace {

constexpr std::string_view kHeader = "yagura-agent-state 1";
constexpr const char* kFile = "state";
constexpr const char* kDamagedFile = "state.damaged";

std::string escape(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = digit(text[i + 1]), low = digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(static_cast<unsigned char>(high * 16 + low));
    i += 2;
  }
  return out;
}

std::string_view take(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  const std::string_view word = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return word;
}

/// One line behind the header; false if it is not understood.
bool read_line(std::string_view line, StateData& out) {
  const std::string_view key = take(line, ' ');
  if (key == "lost" || key == "refused" || key == "resets") {
    const auto n = text::parse_integer<std::uint64_t>(line);
    if (!n) return false;
    (key == "lost"      ? out.lost_reports
     : key == "refused" ? out.refused_reports
                        : out.state_resets) = *n;
    return true;
  }
  const auto name = unescape(take(line, ' '));
  if (!name || name->empty()) return false;
  if (key == "ran") {
    const auto time = text::parse_integer<Micros>(line);
    if (time) out.last_run[*name] = *time;
    return time.has_value();
  }
  if (key == "log") {
    const auto inode = text::parse_integer<std::uint64_t>(take(line, ' '));
    const auto offset = text::parse_integer<std::uint64_t>(line);
    if (inode && offset) out.log_positions[*name] = {*inode, *offset};
    return inode && offset;
  }
  return false;
}

}  // namespace

std::string write_state(const StateData& data) {
  std::string out = std::string(kHeader) + "\n";
  out += "lost " + std::to_string(data.lost_reports) + "\n";
  out += "refused " + std::to_string(data.refused_reports) + "\n";
  out += "resets " + std::to_string(data.state_resets) + "\n";
  for (const auto& [name, time] : data.last_run) {
    out += "ran " + escape(name) + " " + std::to_string(time) + "\n";
  }
  for (const auto& [name, position] : data.log_positions) {
    out += "log " + escape(name) + " " + std::to_string(position.inode) + " " +
           std::to_string(position.offset) + "\n";
  }
  return out;
}

Result<StateData> parse_state(std::string_view text) {
  StateData out;
  if (take(text, '\n') != kHeader) {
    return Error{ErrorCode::kInvalid, "line 1: '" + std::string(kHeader) + "' expected"};
  }
  for (int line = 2; !text.empty(); ++line) {
    if (!read_line(take(text, '\n'), out)) {
      return Error{ErrorCode::kInvalid, "line " + std::to_string(line) + " is not understood"};
    }
  }
  return out;
}

Result<State> State::open(const Directory& directory) {
  State out(directory);
  const auto text = directory.read(kFile, kMaxStateBytes);
  if (!text.ok()) {
    if (text.error().code == ErrorCode::kNotFound) return out;
    return text.error();
  }
  auto data = parse_state(*text);
  if (data.ok()) {
    out.data_ = std::move(data).value();
    out.saved_ = out.data_;
    return out;
  }
  log::error("agent-state-damaged", {{"file", directory.path() + "/" + kFile},
                                     {"reason", data.error()},
                                     {"kept_as", kDamagedFile}});
  YAGURA_CHECK(directory.rename(kFile, directory, kDamagedFile));
  out.data_.state_resets = 1;
  YAGURA_CHECK(out.save());
  return out;
}

Status State::save() {
  if (data_ == saved_) return {};
  YAGURA_CHECK(directory_->write_durable(kFile, write_state(data_), 0600));
  saved_ = data_;
  return {};
}

}  // namespace yagura::agent
