// The settings section [database], read the same way by every program (docs/database.md).
#pragma once

#include <string>

#include "base/result.h"
#include "base/settings.h"
#include "crypto/secret.h"
#include "db/connection.h"

namespace yagura::db {

/// Reads the section. What contradicts itself is noted in `settings` with its line, so that
/// Settings::finish() tells it together with all other mistakes; a password file that cannot be
/// used is an error here.
Result<Options> read_options(Settings& settings);

/// Why these options cannot be used (kInvalid): no host, TLS switched off on the way to another
/// machine (SRV-15), a check without its CA. connect() asks this too.
Status check_options(const Options& options);

/// The password: first line of a regular file of ours or root's that nobody else may read (0600 or
/// less; kDenied otherwise), at most 1 KiB. An empty path gives an empty secret.
Result<crypto::Secret> read_password(const std::string& path);

/// A host of the list with its port; "[::1]:3307", "db1", "db1:3307", "::1".
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
Result<HostPort> parse_host(const std::string& text, std::uint16_t default_port);

/// True for localhost, 127.0.0.0/8 and ::1: what never leaves this machine.
bool is_loopback(const std::string& host);

}  // namespace yagura::db
