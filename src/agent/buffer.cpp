#include "agent/buffer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include <sys/statvfs.h>

namespace yagura::agent {
namespace {

constexpr std::string_view kSuffix = ".report";
constexpr std::string_view kTemporaryPrefix = ".tmp-";
constexpr std::size_t kHexDigits = 16;
constexpr const char* kRefused = "refused";
/// More entries than any setting allows: something else writes here.
constexpr std::size_t kMaxEntries = 2'100'000;

Result<Directory> open_folder(const Directory& parent, const std::string& name) {
  auto folder = parent.subdirectory(name);
  if (folder.ok() || folder.error().code != ErrorCode::kNotFound) return folder;
  if (::mkdirat(parent.fd(), name.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_error("creating " + parent.path() + "/" + name, errno);
  }
  YAGURA_CHECK(parent.sync());
  return parent.subdirectory(name);
}

bool parse_hex(std::string_view text, std::uint64_t& out) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return error == std::errc{} && stop == text.data() + text.size();
}

Status ignore_missing(Status status) {
  if (!status.ok() && status.error().code == ErrorCode::kNotFound) return {};
  return status;
}

Result<std::vector<BufferedReport>> list_reports(const Directory& directory) {
  YAGURA_TRY(names, directory.list(kMaxEntries));
  std::vector<BufferedReport> out;
  for (const std::string& name : names) {
    BufferedReport report;
    if (!parse_report_file_name(name, report)) continue;
    const auto st = directory.stat(name);
    if (!st.ok() || !S_ISREG(st->st_mode)) continue;
    report.file = name;
    report.bytes = static_cast<std::uint64_t>(st->st_size);
    out.push_back(std::move(report));
  }
  std::sort(out.begin(), out.end(),
            [](const BufferedReport& a, const BufferedReport& b) { return a.file < b.file; });
  return out;
}

}  // namespace

std::string report_file_name(std::uint64_t sequence, Micros created) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%016llx-%016llx",
                static_cast<unsigned long long>(sequence),
                static_cast<unsigned long long>(created));
  return std::string(text.data()) + std::string(kSuffix);
}

bool parse_report_file_name(std::string_view name, BufferedReport& out) {
  if (name.size() != 2 * kHexDigits + 1 + kSuffix.size() || name[kHexDigits] != '-' ||
      !name.ends_with(kSuffix)) {
    return false;
  }
  std::uint64_t created = 0;
  if (!parse_hex(name.substr(0, kHexDigits), out.sequence) ||
      !parse_hex(name.substr(kHexDigits + 1, kHexDigits), created) || created > INT64_MAX) {
    return false;
  }
  out.created = static_cast<Micros>(created);
  return true;
}

Result<Buffer> Buffer::open(const Directory& parent, const std::string& name,
                            const BufferLimits& limits) {
  YAGURA_TRY(directory, open_folder(parent, name));
  YAGURA_TRY(refused, open_folder(directory, kRefused));
  YAGURA_TRY(names, directory.list(kMaxEntries));
  for (const std::string& entry : names) {
    if (entry.starts_with(kTemporaryPrefix)) YAGURA_CHECK(ignore_missing(directory.remove(entry)));
  }
  YAGURA_TRY(reports, list_reports(directory));
  YAGURA_TRY(set_aside, list_reports(refused));
  Buffer out(std::move(directory), std::move(refused), limits);
  for (const auto* list : {&reports, &set_aside}) {
    if (!list->empty()) {
      out.next_sequence_ = std::max(out.next_sequence_, list->back().sequence + 1);
    }
  }
  return out;
}

bool Buffer::is_space_short() const {
  if (limits_.min_free_bytes == 0) return false;
  struct statvfs st{};
  if (::fstatvfs(directory_.fd(), &st) != 0) return false;
  return st.f_bavail * st.f_frsize < limits_.min_free_bytes;
}

Result<std::uint64_t> Buffer::make_room(std::uint64_t bytes) const {
  YAGURA_TRY(reports, list_reports(directory_));
  std::uint64_t total = bytes;
  for (const BufferedReport& report : reports)
    total += report.bytes;
  std::size_t left = reports.size();
  std::uint64_t dropped = 0;
  const std::size_t allowed = is_space_short() ? 1 : limits_.files;
  for (const BufferedReport& report : reports) {
    if (left + 1 <= allowed && total <= limits_.bytes) break;
    YAGURA_CHECK(remove(report));
    total -= report.bytes;
    --left;
    ++dropped;
  }
  return dropped;
}

Result<std::uint64_t> Buffer::store(std::string_view document, Micros created) {
  YAGURA_TRY(dropped, make_room(document.size()));
  const std::string name = report_file_name(next_sequence_, std::max<Micros>(0, created));
  Status written = directory_.write_durable(name, document, 0600);
  if (!written.ok() && written.error().code == ErrorCode::kUnavailable) {
    // The disk may be full: an old report less is better than none of now.
    YAGURA_TRY(reports, list_reports(directory_));
    if (!reports.empty()) {
      YAGURA_CHECK(remove(reports.front()));
      ++dropped;
      written = directory_.write_durable(name, document, 0600);
    }
  }
  if (!written.ok()) return written.error();
  ++next_sequence_;
  return dropped;
}

Result<std::vector<BufferedReport>> Buffer::list() const {
  return list_reports(directory_);
}

Result<std::string> Buffer::read(const BufferedReport& report) const {
  return directory_.read(report.file, kMaxReportBytes);
}

Status Buffer::remove(const BufferedReport& report) const {
  return ignore_missing(directory_.remove(report.file));
}

Status Buffer::set_aside(const BufferedReport& report) const {
  YAGURA_CHECK(ignore_missing(directory_.rename(report.file, refused_, report.file)));
  YAGURA_TRY(kept, list_reports(refused_));
  for (std::size_t i = 0; i + kMaxRefusedKept < kept.size(); ++i) {
    YAGURA_CHECK(ignore_missing(refused_.remove(kept[i].file)));
  }
  return {};
}

Result<std::uint64_t> Buffer::discard_all() const {
  YAGURA_TRY(reports, list_reports(directory_));
  for (const BufferedReport& report : reports)
    YAGURA_CHECK(remove(report));
  return reports.size();
}

}  // namespace yagura::agent
