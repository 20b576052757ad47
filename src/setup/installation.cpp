#include "setup/installation.h"

#include <array>
#include <cctype>

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/settings.h"
#include "crypto/digest.h"
#include "crypto/x509.h"
#include "setup/settings_files.h"

namespace yagura::setup {
namespace {

constexpr Micros kCaLife = 3650 * kDay;
constexpr Micros kLeafLife = 397 * kDay;
/// The revocation list is written anew at every start; it outlives the leaf certificates, so that a
/// long run without a restart never refuses everybody.
constexpr Micros kCrlLife = 400 * kDay;
/// Serial numbers of revoked certificates, one a line.
constexpr const char* kRevokedFile = "revoked.txt";
/// A certificate with less than this left is issued anew at the next start.
constexpr Micros kRenewBefore = 60 * kDay;
/// Clocks of hosts differ: certificates are valid from a little before now.
constexpr Micros kBackdate = kHour;
constexpr std::size_t kMaxSmallFile = 1024UL * 1024;
constexpr std::size_t kMaxHostName = 255;

constexpr std::array kFolders{"conf",
                              "pki",
                              "spool",
                              "spool/incoming",
                              "db",
                              "spool/local",
                              "spool/outgoing",
                              "spool/outgoing/conf",
                              "log",
                              "quarantine",
                              "run",
                              "spool/outgoing/md5",
                              "agent",
                              "spool/outgoing/collections",
                              "enroll"};

Result<crypto::Identity> load_identity(const Directory& pki, const std::string& name) {
  YAGURA_TRY(certificate, pki.read(name + ".pem", kMaxSmallFile));
  YAGURA_TRY(key, pki.read(name + ".key", kMaxSmallFile));
  return crypto::Identity{std::move(certificate), crypto::Secret(std::move(key))};
}

Status store_identity(const Directory& folder, const std::string& name,
                      const crypto::Identity& identity) {
  YAGURA_CHECK(folder.write_durable(name + ".key", identity.key.reveal(), 0600));
  return folder.write_durable(name + ".pem", identity.certificate, 0644);
}

std::string first_line_mark(const std::string& text) {
  return "# written by yagura up " + crypto::sha256_hex(text).substr(0, 16) +
         " (change this file and it is yours: it will not be written again)\n";
}

}  // namespace

Result<Installation> Installation::prepare(const UpOptions& options, const Clock& clock) {
  Installation made(options.data);
  YAGURA_CHECK(made.make_folders());
  YAGURA_CHECK(made.make_certificates(clock));
  YAGURA_CHECK(made.write_settings(options));
  return made;
}

Result<Installation> Installation::open(const std::string& data) {
  struct stat st{};
  if (::stat((data + "/conf/server.toml").c_str(), &st) != 0) {
    return Error{ErrorCode::kNotFound,
                 data +
                     " is no installation (conf/server.toml is missing): name its folder with "
                     "--data, or make one with 'yagura up'"};
  }
  return Installation(data);
}

Status Installation::make_folders() {
  struct stat st{};
  is_new_ = ::stat(path("pki/ca.pem").c_str(), &st) != 0;
  for (const char* folder : kFolders)
    YAGURA_CHECK(make_directories(path(folder), 0750));
  if (::chmod(path("pki").c_str(), 0700) != 0) return system_error(path("pki"), errno);
  if (::chmod(path("quarantine").c_str(), 0700) != 0) {
    return system_error(path("quarantine"), errno);
  }
  return {};
}

Status Installation::make_certificates(const Clock& clock) const {
  YAGURA_TRY(pki, Directory::open(path("pki")));
  if (!pki.stat("ca.pem").ok()) {
    const Micros now = clock.now();
    YAGURA_TRY(ca, crypto::make_ca("Yagura site CA " + local_names().host_name, now - kBackdate,
                                   now + kCaLife));
    YAGURA_CHECK(store_identity(pki, "ca", ca));
  }
  YAGURA_CHECK(write_revocations(clock));
  YAGURA_CHECK(issue_certificate("transport", "yagura-tentacled", true, clock));
  YAGURA_CHECK(issue_certificate("console", "yagura-console", true, clock));
  return issue_certificate("agent", local_names().host_name, false, clock);
}

Status Installation::write_revocations(const Clock& clock) const {
  YAGURA_TRY(pki, Directory::open(path("pki")));
  std::vector<std::string> serials;
  if (pki.stat(kRevokedFile).ok()) {
    YAGURA_TRY(text, pki.read(kRevokedFile, kMaxSmallFile));
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      if (end > at) serials.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }
  YAGURA_TRY(ca, load_identity(pki, "ca"));
  YAGURA_TRY(crl, crypto::make_crl(ca, serials, clock.now() - kBackdate, clock.now() + kCrlLife));
  return pki.write_durable("crl.pem", crl, 0644);
}

Status Installation::revoke(const std::string& name, const Clock& clock) const {
  YAGURA_TRY(root, Directory::open(root_));
  YAGURA_TRY(pem, root.read("enroll/" + name + "/agent.pem", kMaxSmallFile));
  YAGURA_TRY(info, crypto::inspect(pem));
  YAGURA_TRY(pki, root.subdirectory("pki"));
  std::string list;
  if (pki.stat(kRevokedFile).ok()) {
    YAGURA_TRY(text, pki.read(kRevokedFile, kMaxSmallFile));
    list = std::move(text);
  }
  if (list.find(info.serial) == std::string::npos) list += info.serial + "\n";
  YAGURA_CHECK(pki.write_durable(kRevokedFile, list, 0600));
  return write_revocations(clock);
}

Status Installation::issue_certificate(const std::string& file, const std::string& common_name,
                                       bool server, const Clock& clock) const {
  YAGURA_TRY(pki, Directory::open(path("pki")));
  const Micros now = clock.now();
  if (const auto present = pki.read(file + ".pem", kMaxSmallFile); present.ok()) {
    YAGURA_TRY(info, crypto::inspect(*present));
    if (info.not_after - now > kRenewBefore) return {};
  }
  YAGURA_TRY(ca, load_identity(pki, "ca"));
  crypto::CertificateRequest request;
  request.common_name = common_name;
  request.use = server ? crypto::CertificateUse::kServer : crypto::CertificateUse::kClient;
  request.not_before = now - kBackdate;
  request.not_after = now + kLeafLife;
  if (server) {
    const HostNames names = local_names();
    request.dns_names = names.dns_names;
    request.addresses = names.addresses;
  }
  YAGURA_TRY(identity, crypto::issue(ca, request));
  return store_identity(pki, file, identity);
}

Status Installation::write_settings(const UpOptions& options) const {
  YAGURA_CHECK(write_managed("conf/tentacled.toml", tentacled_settings(root_, options)));
  YAGURA_CHECK(write_managed("conf/server.toml", server_settings(root_)));
  YAGURA_CHECK(write_managed("conf/console.toml", console_settings(root_, options)));
  return write_managed("conf/agent.conf",
                       agent_settings({root_, root_ + "/pki", local_names().host_name, "127.0.0.1",
                                       options.transport_port, 30}));
}

Status Installation::write_managed(const std::string& relative, const std::string& text) const {
  YAGURA_TRY(root, Directory::open(root_));
  const std::string wanted = first_line_mark(text) + text;
  if (const auto present = root.read(relative, kMaxSmallFile); present.ok()) {
    const std::size_t line = present->find('\n');
    const std::string body = line == std::string::npos ? "" : present->substr(line + 1);
    const bool ours = present->compare(0, line + 1, first_line_mark(body)) == 0;
    if (!ours || *present == wanted) return {};
  }
  const std::size_t slash = relative.rfind('/');
  YAGURA_TRY(folder, root.subdirectory(relative.substr(0, slash)));
  return folder.write_durable(relative.substr(slash + 1), wanted, 0640);
}

Result<std::string> Installation::console_fingerprint() const {
  YAGURA_TRY(pem, read_file(path("pki/console.pem"), kMaxSmallFile));
  YAGURA_TRY(info, crypto::inspect(pem));
  std::string out;
  for (std::size_t i = 0; i < info.fingerprint.size(); i += 2) {
    if (i > 0) out += ':';
    out += static_cast<char>(std::toupper(static_cast<unsigned char>(info.fingerprint[i])));
    out += static_cast<char>(std::toupper(static_cast<unsigned char>(info.fingerprint[i + 1])));
  }
  return out;
}

Result<std::uint16_t> Installation::transport_port() const {
  YAGURA_TRY(settings, Settings::load(path("conf/tentacled.toml")));
  const std::int64_t port = settings.integer("listener.0.port", 0, {1, 65535});
  if (port == 0) return Error{ErrorCode::kInvalid, path("conf/tentacled.toml") + ": no listener"};
  return static_cast<std::uint16_t>(port);
}

Result<std::string> Installation::enroll(const std::string& name, const std::string& server,
                                         std::uint16_t port, const Clock& clock) const {
  const bool fits =
      !name.empty() && name.size() <= kMaxHostName && name.front() != '.' &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
          std::string::npos;
  if (!fits) {
    return Error{ErrorCode::kInvalid,
                 "host name '" + name + "': use letters, digits, '.', '-' and '_'"};
  }
  const std::string relative = "enroll/" + name;
  YAGURA_CHECK(make_directories(path(relative), 0700));
  YAGURA_TRY(pki, Directory::open(path("pki")));
  YAGURA_TRY(folder, Directory::open(path(relative)));
  YAGURA_TRY(ca, load_identity(pki, "ca"));
  crypto::CertificateRequest request;
  request.common_name = name;
  request.use = crypto::CertificateUse::kClient;
  request.not_before = clock.now() - kBackdate;
  request.not_after = clock.now() + kLeafLife;
  YAGURA_TRY(identity, crypto::issue(ca, request));
  YAGURA_CHECK(store_identity(folder, "agent", identity));
  YAGURA_CHECK(folder.write_durable("ca.pem", ca.certificate, 0644));
  YAGURA_CHECK(
      folder.write_durable("agent.conf", agent_settings({"", ".", name, server, port, 300}), 0640));
  return path(relative);
}

}  // namespace yagura::setup
