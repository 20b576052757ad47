// Installation: the data folder of `yagura up` — folders, private site CA, certificates, settings.
//
//   conf/   settings of each process      pki/    site CA and certificates (keys 0600)
//   spool/  incoming, local, outgoing     db/     SQLite database
//   quarantine/  log/  run/  agent/       enroll/ folders for further hosts
//
// Everything is made on the first start and kept afterwards. A settings file is written anew when
// it still is what we wrote; once an operator has changed it, it is his and only checked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace yagura::setup {

struct UpOptions {
  std::string data;  ///< data folder; empty = default_data_directory()
  std::uint16_t console_port = 8443;
  std::uint16_t transport_port = 41121;
  std::string console_address = "127.0.0.1";
  std::string transport_address = "0.0.0.0";
  bool demo = false;
};

/// $XDG_STATE_HOME/yagura or ~/.local/state/yagura; /var/lib/yagura for root.
Result<std::string> default_data_directory();

struct Settled {
  std::string message;         ///< what was done, for the terminal; empty if nothing
  std::string program_folder;  ///< where the programs can be started from now on
};

/// As root: makes the system account "yagura" if it is missing, makes `data` its folder and becomes
/// that account for good; programs in a folder that the account cannot enter (a checkout below
/// /root) are copied to `data`/bin first. As an ordinary user: nothing but making the folder.
Result<Settled> settle_account(const std::string& data, const std::string& program_folder);

/// Login name of the account this process runs as; its number if it has none.
std::string current_account();

/// As root: becomes the account that `data` belongs to, so that what a command writes there (the
/// database's side files among it) stays usable for the programs. Otherwise nothing.
Status act_as_owner(const std::string& data);

class Installation {
 public:
  /// Makes what is missing in `options.data`, which must exist and belong to the caller.
  static Result<Installation> prepare(const UpOptions& options, const Clock& clock);
  /// Opens an existing one for looking at it; kNotFound if `data` is none.
  static Result<Installation> open(const std::string& data);

  [[nodiscard]] std::string path(const std::string& relative) const {
    return root_ + "/" + relative;
  }
  [[nodiscard]] const std::string& root() const { return root_; }
  /// True if this call of prepare() made the installation.
  [[nodiscard]] bool is_new() const { return is_new_; }
  /// SHA-256 fingerprint of the console's certificate as AA:BB:...
  [[nodiscard]] Result<std::string> console_fingerprint() const;

  /// The port that agents are told to connect to: the first listener of conf/tentacled.toml.
  [[nodiscard]] Result<std::uint16_t> transport_port() const;

  /// Writes a client certificate and settings for a further host into enroll/NAME and returns that
  /// folder. `server` is the address the agent shall connect to.
  Result<std::string> enroll(const std::string& name, const std::string& server, std::uint16_t port,
                             const Clock& clock) const;

  /// Puts the certificate of the host NAME on the revocation list. The transport heeds it as soon
  /// as it is told to read its files again (SIGHUP).
  Status revoke(const std::string& name, const Clock& clock) const;

 private:
  explicit Installation(std::string root) : root_(std::move(root)) {}
  Status make_folders();
  Status make_certificates(const Clock& clock) const;
  Status write_revocations(const Clock& clock) const;
  Status issue_certificate(const std::string& file, const std::string& common_name, bool server,
                           const Clock& clock) const;
  Status write_settings(const UpOptions& options) const;
  Status write_managed(const std::string& relative, const std::string& text) const;

  std::string root_;
  bool is_new_ = false;
};

/// Fails with a sentence that says who could be in the way and what to do, if `port` on `address`
/// cannot be listened on. `option` names the command line option that changes it.
Status check_port_free(const std::string& address, std::uint16_t port, const std::string& option);

/// Names and addresses of this machine, for its certificates.
struct HostNames {
  std::string host_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;
};
HostNames local_names();

}  // namespace yagura::setup
