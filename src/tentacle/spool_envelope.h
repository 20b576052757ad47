// The spool envelope: how the transport hands one received file to the data server (design §5).
//
// One file per item in the spool directory `incoming/`, named
//     <received, 16 hex digits of microseconds>-<item id, 32 hex digits>.item
// so that a directory listing sorted by name is sorted by arrival. Content:
//
//     yagura-spool 1\n
//     id <32 hex digits>\n
//     received <microseconds since the epoch>\n
//     peer <address>|local\n
//     level 1|2|3|4|local\n
//     fingerprint <64 hex digits>|-\n
//     subject <escaped>|-\n
//     name <escaped>\n
//     length <bytes>\n
//     sha256 <64 hex digits>\n
//     \n
//     <length payload bytes, untouched>
//
// <escaped> = every byte outside 0x21..0x7e, and '%', as %XX. The order of the lines is fixed and
// unknown lines are refused: writer and reader are always of one version step.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace yagura::tentacle {

/// Largest header; a reader refuses more.
constexpr std::size_t kMaxEnvelopeHeader = 4096;

/// Security level of the connection an item came over (requirements TEN-04 … TEN-07).
enum class Level {
  kLocal = 0,        ///< not received by the transport: put there by a trusted local writer
  kNone = 1,         ///< no encryption
  kTls = 2,          ///< TLS, client not authenticated
  kCertificate = 3,  ///< TLS, client showed a certificate, chain verified by the server
  kMutual = 4,       ///< both sides verified chain, dates, name and revocation
};

struct Envelope {
  std::string id;       ///< 32 lower-case hex digits, random
  Micros received = 0;  ///< server clock when the last byte was read
  std::string peer;     ///< address without port; "local" for Level::kLocal
  Level level = Level::kNone;
  std::string fingerprint;  ///< of the client certificate; empty = none
  std::string subject;      ///< common name of the client certificate; empty = none
  std::string name;         ///< file name exactly as announced
  std::uint64_t length = 0;
  std::string sha256;  ///< of the payload, 64 hex digits
};

/// The header including the empty line.
std::string write_header(const Envelope& envelope);
/// Name of the item's file in the spool.
std::string file_name(const Envelope& envelope);

struct ParsedEnvelope {
  Envelope envelope;
  std::size_t payload_offset = 0;
};
/// Reads the header at the start of `bytes`. kInvalid names the first wrong line. Does not check
/// length or digest against the payload: verify_payload does.
Result<ParsedEnvelope> parse_header(std::string_view bytes);
/// kInvalid if `payload` has another length or digest than the envelope says.
Status verify_payload(const Envelope& envelope, std::string_view payload);

}  // namespace yagura::tentacle
