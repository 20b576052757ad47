#include "tentacle/transfer_log.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "text/json.h"
#include "text/utf8.h"

namespace yagura::tentacle {
namespace {

constexpr auto kFlushInterval = std::chrono::milliseconds(200);
constexpr int kFlushesPerRefusals = 25;  // refused connections every 5 s
constexpr mode_t kMode = 0640;

text::JsonWriter record(std::string_view type, Micros time) {
  text::JsonWriter json;
  json.begin_object().field("time", format_utc(time)).field("type", type);
  return json;
}

void peer_fields(text::JsonWriter& json, const ConnectionInfo& connection) {
  const net::Peer& peer = connection.peer;
  json.field("connection", connection.id)
      .field("listener", peer.listener)
      .field("peer", peer.text)
      .field("port", peer.port)
      .field("level", static_cast<int>(connection.level));
  if (!peer.encrypted) return;
  json.field("tls", peer.tls.version).field("cipher", peer.tls.cipher);
  if (peer.tls.resumed) json.field("resumed", true);
  if (peer.tls.peer_fingerprint.empty()) return;
  json.field("certificate", peer.tls.peer_fingerprint).field("subject", peer.tls.peer_subject);
}

/// Names are bytes: what is no UTF-8 is given in hexadecimal too, so that nothing is lost.
void name_field(text::JsonWriter& json, std::string_view name) {
  json.field("file", name);
  if (!text::is_valid_utf8(name)) json.field("file_hex", crypto::hex(name));
}

std::string line(text::JsonWriter& json) {
  json.end_object();
  std::string out = json.take();
  out += '\n';
  return out;
}

}  // namespace

Status TransferLog::start() {
  if (options_.file.empty()) return {};
  YAGURA_CHECK(open_file(*file_.lock()));
  thread_ = std::thread([this] { run(); });
  return {};
}

void TransferLog::stop() {
  *stopping_.lock() = true;
  stop_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  write_refusals();
  flush();
}

Status TransferLog::reopen() {
  if (options_.file.empty()) return {};
  flush();
  return open_file(*file_.lock());
}

void TransferLog::run() {
  for (int round = 1;; ++round) {
    {
      auto stopping = stopping_.lock();
      if (stopping.wait_for(stop_changed_, kFlushInterval, [&] { return *stopping; })) return;
    }
    if (round % kFlushesPerRefusals == 0) write_refusals();
    flush();
  }
}

void TransferLog::connection_ended(const ConnectionInfo& connection, Micros began, Micros ended,
                                   std::uint64_t transfers, std::string_view result,
                                   std::string_view detail) {
  if (options_.file.empty()) return;
  text::JsonWriter json = record("connection", ended);
  peer_fields(json, connection);
  json.field("began", format_utc(began))
      .field("duration_ms", (ended - began) / 1000)
      .field("transfers", transfers)
      .field("result", result);
  if (!detail.empty()) json.field("detail", detail);
  add(line(json));
}

void TransferLog::transfer(const ConnectionInfo& connection, const LoggedTransfer& transfer) {
  if (options_.file.empty()) return;
  text::JsonWriter json = record("transfer", transfer.ended);
  peer_fields(json, connection);
  json.field("verb", transfer.verb);
  name_field(json, transfer.file);
  json.field("size", transfer.size);
  if (!transfer.sha256.empty()) json.field("sha256", transfer.sha256);
  if (!transfer.item.empty()) json.field("item", transfer.item);
  json.field("duration_ms", (transfer.ended - transfer.began) / 1000)
      .field("result", transfer.result);
  if (!transfer.reason.empty()) json.field("reason", transfer.reason);
  add(line(json));
}

void TransferLog::failure(const ConnectionInfo& connection, std::string_view reason,
                          std::string_view detail) {
  if (options_.file.empty()) return;
  text::JsonWriter json = record("failure", SystemClock().now());
  peer_fields(json, connection);
  json.field("reason", reason);
  if (!detail.empty()) json.field("detail", detail);
  add(line(json));
}

void TransferLog::turned_away(const std::string& listener, const net::Address& address,
                              net::Verdict verdict) {
  if (options_.file.empty()) return;
  auto refusals = refusals_.lock();
  RefusalKey key{listener, address.to_string(), std::string(net::to_string(verdict))};
  if (refusals->size() >= kMaxRefusedAddresses && !refusals->contains(key)) key.address = "others";
  ++(*refusals)[std::move(key)];
}

void TransferLog::write_refusals() {
  std::map<RefusalKey, std::uint64_t> counts;
  std::swap(counts, *refusals_.lock());
  const Micros now = SystemClock().now();
  for (const auto& [key, count] : counts) {
    text::JsonWriter json = record("turned-away", now);
    json.field("listener", key.listener)
        .field("peer", key.address)
        .field("reason", key.verdict)
        .field("connections", count);
    add(line(json));
  }
}

void TransferLog::add(std::string line) {
  bool full = false;
  {
    auto gathered = gathered_.lock();
    gathered->append(line);
    full = gathered->size() > kMaxGathered;
  }
  if (full) flush();
}

void TransferLog::flush() {
  if (options_.file.empty()) return;
  // The file's lock is taken first, so that lines keep their order when two threads flush.
  auto file = file_.lock();
  std::string lines;
  std::swap(lines, *gathered_.lock());
  if (!lines.empty()) write(*file, lines);
}

void TransferLog::write(File& file, const std::string& lines) {
  if (file.size > 0 && file.size + lines.size() > options_.max_bytes) {
    const Status rotated = rotate(file);
    if (!rotated.ok()) log::error("audit-rotation-failed", {{"error", rotated.error()}});
  }
  const Status written =
      file.fd.valid() ? write_all(file.fd.get(), lines)
                      : Status(Error{ErrorCode::kUnavailable, options_.file + " is not open"});
  if (written.ok()) {
    file.size += lines.size();
    return;
  }
  const auto count = static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
  lost_ += count;
  log::error("audit-write-failed", {{"error", written.error()}, {"records", count}});
}

Status TransferLog::open_file(File& file) {
  UniqueFd fd(
      ::open(options_.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, kMode));
  if (!fd.valid()) return system_error("audit file " + options_.file, errno);
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) return system_error("audit file " + options_.file, errno);
  if (!S_ISREG(st.st_mode)) {
    return Error{ErrorCode::kInvalid, "audit file " + options_.file + ": not a regular file"};
  }
  file.fd = std::move(fd);
  file.size = static_cast<std::uint64_t>(st.st_size);
  return {};
}

/// file -> file.1 -> file.2 ...; the oldest goes.
Status TransferLog::rotate(File& file) {
  const auto name = [this](std::size_t n) { return options_.file + "." + std::to_string(n); };
  for (std::size_t n = options_.keep - 1; n > 0; --n) {
    if (std::rename(name(n).c_str(), name(n + 1).c_str()) != 0 && errno != ENOENT) {
      return system_error("renaming " + name(n), errno);
    }
  }
  if (std::rename(options_.file.c_str(), name(1).c_str()) != 0) {
    return system_error("renaming " + options_.file, errno);
  }
  return open_file(file);
}

}  // namespace yagura::tentacle
