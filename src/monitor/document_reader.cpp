#include "monitor/document_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/digest.h"
#include "report/data_file_name.h"
#include "tentacle/spool_envelope.h"
#include "text/utf8.h"

namespace yagura::monitor {
namespace {

using tentacle::kMaxEnvelopeHeader;

/// Kept in quarantine of a file beyond the limit, bytes.
constexpr std::size_t kKeptOfTooLarge = 64UL * 1024;

struct OpenFile {
  UniqueFd fd;
  struct stat st{};
};

/// Opens without following links and without waiting for a FIFO's writer.
Result<OpenFile> open_regular(const Directory& folder, const std::string& name) {
  OpenFile out;
  YAGURA_TRY(fd, folder.open_file(name, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  out.fd = std::move(fd);
  if (::fstat(out.fd.get(), &out.st) != 0) return system_error(name, errno);
  return out;
}

Status read_all(int fd, std::size_t size, std::string& out) {
  out.resize(size);
  std::size_t used = 0;
  while (used < size) {
    const ssize_t n = ::read(fd, out.data() + used, size - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read", errno);
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  out.resize(used);
  return {};
}

bool owner_allowed(uid_t owner, const std::vector<uid_t>& allowed) {
  if (allowed.empty()) return owner == ::geteuid();
  return std::find(allowed.begin(), allowed.end(), owner) != allowed.end();
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

Rejection rejection(std::string code, EventParams params, std::string text) {
  return {std::move(code), std::move(params), std::move(text)};
}

Rejection foreign(uid_t owner) {
  return rejection(
      "foreign-owner", {{"uid", number(owner)}},
      "the file belongs to uid " + number(owner) + ", which may not put documents here");
}

std::uint64_t first_bytes(const crypto::Sha256Digest& digest) {
  std::uint64_t out = 0;
  std::memcpy(&out, digest.data(), sizeof out);
  return out == 0 ? 1 : out;
}

/// A file that is there and cannot be opened is refused by what its name says about it: a foreign
/// account's private file, a link, a directory. Nothing = it is gone.
std::optional<Rejection> refuse_unopened(const Directory& folder, const std::string& name,
                                         const std::vector<uid_t>& owners, const Error& error) {
  const auto st = folder.stat(name);
  if (!st.ok()) return std::nullopt;
  if (!S_ISREG(st->st_mode)) return rejection("not-a-file", {}, "not a regular file");
  if (!owner_allowed(st->st_uid, owners)) return foreign(st->st_uid);
  return rejection("not-readable", {{"reason", error.what}}, error.what);
}

/// What must hold of any file before it is read.
std::optional<Rejection> refuse_file(const struct stat& st, const std::vector<uid_t>& owners,
                                     std::size_t limit) {
  if (!S_ISREG(st.st_mode)) return rejection("not-a-file", {}, "not a regular file");
  if (!owner_allowed(st.st_uid, owners)) return foreign(st.st_uid);
  if (static_cast<std::uint64_t>(st.st_size) > limit) {
    return rejection(
        "too-large",
        {{"bytes", number(static_cast<std::uint64_t>(st.st_size))}, {"limit", number(limit)}},
        "the file is larger than " + number(limit) + " bytes");
  }
  return std::nullopt;
}

Micros modified(const struct stat& st) {
  return st.st_mtim.tv_sec * kSecond + st.st_mtim.tv_nsec / 1000;
}

}  // namespace

Result<uid_t> uid_of(const std::string& account) {
  struct passwd entry{};
  struct passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  if (::getpwnam_r(account.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return Error{ErrorCode::kNotFound, "account '" + account + "' does not exist"};
  }
  return found->pw_uid;
}

DocumentReader::DocumentReader(const Directory& incoming, const Directory* local,
                               const ReadPolicy& policy, const Clock& clock)
    : incoming_(incoming), local_(local), policy_(policy), clock_(clock) {}

Document DocumentReader::read(const SpoolHandle& handle) {
  return handle.local ? read_local(handle) : read_item(handle);
}

Document DocumentReader::read_item(const SpoolHandle& handle) {
  Document out;
  out.handle = handle;
  out.from.item = handle.name.id;
  out.from.received = handle.name.received;
  const std::string name = handle.name.file_name();
  out.from.file_name = name;
  auto file = open_regular(incoming_, name);
  if (!file.ok()) {
    if (auto refused = refuse_unopened(incoming_, name, policy_.spool_owners, file.error())) {
      out.content = std::move(*refused);
    }
    return out;
  }
  out.from.bytes = static_cast<std::uint64_t>(file->st.st_size);
  if (auto refused = refuse_file(file->st, policy_.spool_owners,
                                 policy_.max_document_bytes + kMaxEnvelopeHeader)) {
    out.content = std::move(*refused);
    return out;
  }
  std::string bytes;
  if (Status read = read_all(file->fd.get(), out.from.bytes, bytes); !read.ok()) {
    log::error("item-unreadable", {{"item", name}, {"reason", read.error()}});
    return out;
  }
  auto parsed = tentacle::parse_header(bytes);
  if (!parsed.ok()) {
    out.content = rejection("provenance-unreadable", {{"reason", parsed.error().what}},
                            "the item's envelope cannot be read: " + parsed.error().what);
    return out;
  }
  const std::string_view payload = std::string_view(bytes).substr(parsed->payload_offset);
  const tentacle::Envelope& envelope = parsed->envelope;
  out.from.level = envelope.level;
  out.from.peer = envelope.peer;
  out.from.fingerprint = envelope.fingerprint;
  out.from.subject = text::sanitize_utf8(envelope.subject);
  out.from.file_name = text::sanitize_utf8(envelope.name);
  out.from.bytes = payload.size();
  const crypto::Sha256Digest digest = crypto::sha256(payload);
  const std::string_view digest_bytes(reinterpret_cast<const char*>(digest.data()),  // NOLINT
                                      digest.size());
  if (payload.size() != envelope.length || crypto::hex(digest_bytes) != envelope.sha256) {
    out.content = rejection("provenance-mismatch", {},
                            "length or digest of the payload differ from the envelope");
    return out;
  }
  out.from.digest = first_bytes(digest);
  if (envelope.id != to_hex(handle.name.id) || envelope.received != handle.name.received) {
    out.content =
        rejection("provenance-mismatch", {}, "the file's name says another item than its envelope");
    return out;
  }
  if (!report::is_data_file_name(envelope.name)) {
    out.content = rejection("not-a-data-file", {{"file", out.from.file_name}},
                            "only files named …NUMBER.data hold agent data");
    return out;
  }
  parse_into(payload, out);
  return out;
}

Document DocumentReader::read_local(const SpoolHandle& handle) {
  Document out;
  out.handle = handle;
  out.from.level = tentacle::Level::kLocal;
  out.from.peer = "local";
  out.from.file_name = text::sanitize_utf8(handle.local_name);
  if (local_ == nullptr) return out;
  auto file = open_regular(*local_, handle.local_name);
  if (!file.ok()) {
    if (auto refused =
            refuse_unopened(*local_, handle.local_name, policy_.local_owners, file.error())) {
      const crypto::Sha256Digest digest = crypto::sha256("unreadable\n" + handle.local_name);
      std::copy_n(digest.begin(), out.from.item.size(), out.from.item.begin());
      out.from.received = clock_.now();
      out.content = std::move(*refused);
    }
    return out;
  }
  out.from.received = modified(file->st);
  out.from.bytes = static_cast<std::uint64_t>(file->st.st_size);
  // The same file must be the same item after a crash: its id comes from what it is.
  const auto identity = [&](std::string_view content) {
    const crypto::Sha256Digest digest =
        crypto::sha256(handle.local_name + '\0' + number(file->st.st_ino) + '\0' +
                       std::to_string(out.from.received) + '\0' + std::string(content));
    std::copy_n(digest.begin(), out.from.item.size(), out.from.item.begin());
  };
  identity("");
  if (auto refused = refuse_file(file->st, policy_.local_owners, policy_.max_document_bytes)) {
    out.content = std::move(*refused);
    return out;
  }
  std::string bytes;
  if (Status read = read_all(file->fd.get(), out.from.bytes, bytes); !read.ok()) return out;
  identity(bytes);
  out.from.digest = first_bytes(crypto::sha256(bytes));
  parse_into(bytes, out);
  return out;
}

void DocumentReader::parse_into(std::string_view payload, Document& document) {
  report::ReadOptions options;
  options.received = document.from.received;
  options.now = clock_.now();
  options.time_zone = policy_.time_zone;
  options.use_document_time = policy_.use_document_time;
  report::Document parsed = reader_.read(payload, options);
  if (auto* refused = std::get_if<report::Refusal>(&parsed)) {
    document.content =
        rejection(std::string(report::to_string(refused->code)),
                  {{"file", document.from.file_name}, {"reason", refused->what}}, refused->what);
    return;
  }
  if (auto* server = std::get_if<report::ServerReport>(&parsed)) {
    document.content = std::move(*server);
    return;
  }
  auto& report = std::get<report::AgentReport>(parsed);
  for (const auto& [id, text] : report.warnings) {
    log::warning("document-warning", {{"item", to_hex(document.from.item)},
                                      {"file", document.from.file_name},
                                      {"agent", report.agent_name},
                                      {"warning", id},
                                      {"text", text}});
  }
  document.content = std::move(report);
}

Document DocumentReader::parse(std::string_view payload, Provenance from) {
  Document out;
  out.from = std::move(from);
  parse_into(payload, out);
  return out;
}

Result<std::string> DocumentReader::payload(const SpoolHandle& handle) const {
  const std::size_t limit = policy_.max_document_bytes + kMaxEnvelopeHeader;
  if (handle.local && local_ == nullptr) return Error{ErrorCode::kNotFound, "no local folder"};
  const Directory& folder = handle.local ? *local_ : incoming_;
  YAGURA_TRY(file,
             open_regular(folder, handle.local ? handle.local_name : handle.name.file_name()));
  if (!S_ISREG(file.st.st_mode)) return Error{ErrorCode::kInvalid, "not a regular file"};
  auto size = static_cast<std::size_t>(file.st.st_size);
  if (size > limit) size = kKeptOfTooLarge;  // enough to see what it was
  std::string bytes;
  YAGURA_CHECK(read_all(file.fd.get(), size, bytes));
  if (handle.local) return bytes;
  const auto parsed = tentacle::parse_header(bytes);
  if (!parsed.ok()) return bytes;
  return bytes.substr(parsed->payload_offset);
}

}  // namespace yagura::monitor
