#include "agent/log_tail.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

namespace yagura::agent {
namespace {

struct OpenLog {
  UniqueFd fd;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
};

Result<OpenLog> open_log(const std::string& file) {
  OpenLog out;
  out.fd = UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!out.fd.valid()) return system_error(file, errno);
  struct stat st{};
  if (::fstat(out.fd.get(), &st) != 0) return system_error(file, errno);
  if (!S_ISREG(st.st_mode)) return Error{ErrorCode::kInvalid, file + ": not a regular file"};
  out.inode = st.st_ino;
  out.size = static_cast<std::uint64_t>(st.st_size);
  return out;
}

Result<std::string> read_at(const OpenLog& log, std::uint64_t offset, std::size_t limit) {
  std::string out;
  out.resize(std::min<std::uint64_t>(limit, log.size - offset));
  std::size_t used = 0;
  while (used < out.size()) {
    const ssize_t n = ::pread(log.fd.get(), out.data() + used, out.size() - used,
                              static_cast<off_t>(offset + used));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("reading a log", errno);
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  out.resize(used);
  return out;
}

void take_lines(std::string_view text, const std::optional<text::Regex>& pattern, LogTail& out) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, std::min(end, kMaxTailLine));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (pattern && !pattern->found_in(line)) continue;
    ++out.matches;
    if (out.lines.size() < kMaxTailLines) out.lines.emplace_back(line);
  }
}

/// Reads whole lines from `offset`; an unfinished last line waits for its end, unless `final`.
Status read_from(const OpenLog& log, std::uint64_t offset, bool final,
                 const std::optional<text::Regex>& pattern, LogTail& out) {
  YAGURA_TRY(text, read_at(log, offset, kMaxTailBytes));
  std::size_t whole = text.rfind('\n');
  whole = whole == std::string::npos ? 0 : whole + 1;
  // A line longer than everything we read at once would stand still for ever.
  if (final || text.size() == kMaxTailBytes) whole = whole == 0 ? text.size() : whole;
  if (final) whole = text.size();
  take_lines(std::string_view(text).substr(0, whole), pattern, out);
  out.position = {log.inode, offset + whole};
  return {};
}

}  // namespace

Result<LogTail> read_log_tail(const std::string& file, const std::optional<LogPosition>& from,
                              const std::optional<text::Regex>& pattern) {
  YAGURA_TRY(log, open_log(file));
  LogTail out;
  if (!from) {
    out.position = {log.inode, log.size};
    return out;
  }
  std::uint64_t offset = from->offset;
  if (from->inode != log.inode) {
    const auto rotated = open_log(file + ".1");
    if (rotated.ok() && rotated->inode == from->inode && rotated->size > offset) {
      YAGURA_CHECK(read_from(*rotated, offset, true, pattern, out));
    }
    offset = 0;
  } else if (log.size < offset) {
    offset = 0;
  }
  YAGURA_CHECK(read_from(log, offset, false, pattern, out));
  return out;
}

}  // namespace yagura::agent
