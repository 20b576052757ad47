#include "monitor/quarantine.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "monitor/write_set.h"
#include "text/json.h"

namespace yagura::monitor {
namespace {

constexpr std::string_view kPayloadSuffix = ".data";
constexpr std::string_view kReasonSuffix = ".reason.json";
constexpr std::string_view kPasswordWord = "group_password";
constexpr mode_t kMode = 0600;

/// A text in which each character takes `width` bytes, the ASCII one at `offset` and zeros beside.
class Wide {
 public:
  Wide(std::string& bytes, std::size_t start, std::size_t width, std::size_t offset)
      : bytes_(bytes), start_(start), width_(width), offset_(offset) {}

  [[nodiscard]] std::size_t size() const {
    return bytes_.size() < start_ ? 0 : (bytes_.size() - start_) / width_;
  }
  /// The ASCII character at `i`, or NUL for everything else.
  [[nodiscard]] char at(std::size_t i) const {
    const std::size_t first = start_ + i * width_;
    for (std::size_t k = 0; k < width_; ++k) {
      if (k != offset_ && bytes_[first + k] != '\0') return '\0';
    }
    return bytes_[first + offset_];
  }
  void blank(std::size_t i) { bytes_[start_ + i * width_ + offset_] = '*'; }

 private:
  std::string& bytes_;
  std::size_t start_;
  std::size_t width_;
  std::size_t offset_;
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool word_at(const Wide& text, std::size_t at) {
  if (text.size() - at < kPasswordWord.size()) return false;
  for (std::size_t i = 0; i < kPasswordWord.size(); ++i) {
    if (text.at(at + i) != kPasswordWord[i]) return false;
  }
  return true;
}

void blank_until(Wide& text, std::size_t at, char end) {
  while (at < text.size() && text.at(at) != end)
    text.blank(at++);
}

void blank_passwords(Wide text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!word_at(text, at)) continue;
    at += kPasswordWord.size();
    while (at < text.size() && is_space(text.at(at)))
      ++at;
    if (at >= text.size()) return;
    if (text.at(at) == '>') {
      blank_until(text, at + 1, '<');
    } else if (text.at(at) == '=') {
      ++at;
      while (at < text.size() && is_space(text.at(at)))
        ++at;
      if (at >= text.size()) return;
      const char quote = text.at(at);
      // A value without quotes is no XML, but it may still be the password.
      if (quote == '\'' || quote == '"') {
        blank_until(text, at + 1, quote);
      } else {
        blank_until(text, at, '>');
      }
    }
  }
}

}  // namespace

std::string without_group_password(std::string_view payload) {
  std::string out(payload);
  blank_passwords(Wide(out, 0, 1, 0));
  if (out.find('\0') == std::string::npos) return out;
  for (const std::size_t start : {0U, 1U}) {
    for (const std::size_t offset : {0U, 1U})
      blank_passwords(Wide(out, start, 2, offset));
  }
  return out;
}

Result<Quarantine> Quarantine::open(const std::string& folder, Limits limits) {
  YAGURA_CHECK(make_directories(folder, 0700));
  YAGURA_TRY(directory, Directory::open(folder));
  Quarantine out(std::move(directory), limits);
  Status counted;
  YAGURA_CHECK(out.folder_.for_each([&](std::string_view name) {
    if (!name.ends_with(kPayloadSuffix)) return true;
    if (const auto st = out.folder_.stat(std::string(name)); st.ok()) {
      ++out.items_;
      out.bytes_ += static_cast<std::uint64_t>(st->st_size);
    }
    return true;
  }));
  return out;
}

/// Atomic for a reader, but synced later together with all others (sync()).
Status Quarantine::write(const std::string& name, std::string_view bytes) {
  const std::string temporary = ".tmp-" + name;
  YAGURA_TRY(fd, folder_.open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, kMode));
  Status written = write_all(fd.get(), bytes);
  if (written.ok()) written = folder_.rename(temporary, folder_, name);
  if (!written.ok()) {
    ::unlinkat(folder_.fd(), temporary.c_str(), 0);
    return written.error().with("quarantine");
  }
  dirty_ = true;
  return {};
}

Result<std::string> Quarantine::store(const Provenance& from, const Rejection& why,
                                      std::string_view agent_name, std::string_view payload,
                                      Micros now) {
  const std::string id = to_hex(from.item);
  const std::string file = id + std::string(kPayloadSuffix);
  const bool known = folder_.stat(file).ok();
  if (!known && (items_ >= limits_.max_items || bytes_ + payload.size() > limits_.max_bytes)) {
    log::warning("quarantine-full", {{"item", id}, {"items", items_}, {"bytes", bytes_}});
    return std::string();
  }
  text::JsonWriter json;
  json.begin_object()
      .field("at", format_utc(now))
      .field("code", why.code)
      .key("params")
      .raw(params_json(why.params))
      .field("text", why.text)
      .field("agent_name", agent_name)
      .field("item", id)
      .field("file_name", from.file_name)
      .field("received", format_utc(from.received))
      .field("peer", from.peer)
      .field("level", static_cast<int>(from.level))
      .field("fingerprint", from.fingerprint)
      .field("subject", from.subject)
      .field("bytes", from.bytes)
      .end_object();
  YAGURA_CHECK(write(file, without_group_password(payload)));
  YAGURA_CHECK(write(id + std::string(kReasonSuffix), json.take() + "\n"));
  if (!known) {
    ++items_;
    bytes_ += payload.size();
  }
  return file;
}

Status Quarantine::sync() {
  if (!dirty_) return {};
  // One call for all files of a batch: syncing each alone would take a disk's turn per file.
  if (::syncfs(folder_.fd()) != 0) return system_error("syncing " + folder_.path(), errno);
  dirty_ = false;
  return {};
}

Status Quarantine::remove(std::string_view file) {
  const std::string name(file);
  if (!name.ends_with(kPayloadSuffix)) return Error{ErrorCode::kInvalid, "no quarantined file"};
  const std::string id = name.substr(0, name.size() - kPayloadSuffix.size());
  if (const auto st = folder_.stat(name); st.ok()) {
    YAGURA_CHECK(folder_.remove(name));
    items_ -= items_ > 0 ? 1 : 0;
    bytes_ -= std::min(bytes_, static_cast<std::uint64_t>(st->st_size));
  }
  const std::string reason = id + std::string(kReasonSuffix);
  if (folder_.stat(reason).ok()) return folder_.remove(reason);
  return {};
}

}  // namespace yagura::monitor
