#include "tentacle/transport_status.h"

#include <unistd.h>

#include "base/file.h"
#include "crypto/x509.h"
#include "text/json.h"

namespace yagura::tentacle {
namespace {

constexpr std::size_t kMaxCertificateFile = 1024UL * 1024;

/// The end of the certificate's life, or nothing if it cannot be read.
std::string certificate_end(const std::string& path) {
  const auto pem = read_file(path, kMaxCertificateFile);
  if (!pem.ok()) return {};
  const auto info = crypto::inspect(*pem);
  return info.ok() ? format_utc(info->not_after) : std::string();
}

void write_listeners(text::JsonWriter& json, const TransportSettings& settings,
                     const TransportStatus& status) {
  json.key("listeners").begin_array();
  for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
    const ListenerSettings& l = settings.listeners[i];
    json.begin_object()
        .field("name", l.name)
        .field("address", l.address)
        .field("port", i < status.ports.size() ? status.ports[i] : l.port)
        .field("min_level", static_cast<int>(l.min_level))
        .field("password", !l.password_digest.empty())
        .field("bind_identity", l.bind_identity);
    if (!l.certificate.empty()) {
      json.field("certificate_not_after", certificate_end(l.certificate));
    }
    if (l.optin) {
      json.key("plaintext_optin")
          .begin_object()
          .field("by", l.optin->by)
          .field("until", l.optin->until_text)
          .end_object();
    }
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string write_status(const TransportSettings& settings, const TransportCounters& counters,
                         const TransportStatus& status) {
  text::JsonWriter json;
  json.begin_object()
      .field("time", format_utc(status.now))
      .field("started", format_utc(status.started))
      .field("pid", static_cast<std::int64_t>(::getpid()))
      .field("serving", status.serving);
  json.key("connections")
      .begin_object()
      .field("open", status.connections.open)
      .field("admitted", status.connections.admitted)
      .field("refused", status.connections.refused)
      .field("evicted", status.connections.evicted)
      .field("blocked_addresses", status.connections.blocked_addresses)
      .field("failures", counters.failures.load())
      .end_object();
  json.key("transfers")
      .begin_object()
      .field("stored", counters.stored.load())
      .field("repeated", counters.repeated.load())
      .field("refused", counters.refused.load())
      .field("lost", counters.lost.load())
      .field("sent", counters.sent.load())
      .field("bytes_in", counters.bytes_in.load())
      .field("bytes_out", counters.bytes_out.load())
      .end_object();
  json.key("spool")
      .begin_object()
      .field("items", status.spool.items)
      .field("bytes", status.spool.bytes)
      .field("oldest_age_s",
             status.spool.oldest == 0 ? 0 : (status.now - status.spool.oldest) / kSecond)
      .field("disk_free_percent", status.spool.free_percent)
      .field("accepting", status.spool.has_room)
      .end_object();
  json.field("audit_records_lost", status.audit_lost);
  write_listeners(json, settings, status);
  json.key("findings").begin_array();
  for (const std::string& text : findings(settings, status.now))
    json.value(text);
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace yagura::tentacle
