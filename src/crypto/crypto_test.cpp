#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/password.h"
#include "crypto/tls.h"
#include "crypto/x509.h"

namespace yagura::crypto {
namespace {

using testing::HasSubstr;

const Micros kNow = SystemClock().now();

TEST(DigestTest, KnownVectors) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(md5_hex("spec-agent"), "fab778af5d9145345fea4ab8d1b3cbeb");
  Sha256Stream stream;
  stream.update("a");
  stream.update("bc");
  EXPECT_EQ(stream.finish(), sha256("abc"));
  EXPECT_EQ(stream.finish(), sha256(""));
  const Sha256Digest mac = hmac_sha256("key", "The quick brown fox jumps over the lazy dog");
  EXPECT_EQ(hex({reinterpret_cast<const char*>(mac.data()), 4}), "f7bc83f4");
}

TEST(PasswordTest, HashesVerifyAndCarryTheirCost) {
  const PasswordCost cheap{1, 8UL * 1024 * 1024};
  const Secret password(std::string("p\xc3\xa4ss word"));
  const auto hash = hash_password(password, cheap);
  ASSERT_TRUE(hash.ok());
  EXPECT_THAT(*hash, testing::StartsWith("$argon2id$"));
  EXPECT_TRUE(verify_password(*hash, password));
  EXPECT_FALSE(verify_password(*hash, Secret(std::string("other"))));
  EXPECT_FALSE(verify_password("", password));
  EXPECT_TRUE(needs_rehash(*hash));
  EXPECT_FALSE(needs_rehash(*hash, cheap));
}

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "yagura-tls-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    ca_ = std::make_unique<Identity>(make_ca("Test CA", kNow - kHour, kNow + kDay).value());
    write("ca.pem", ca_->certificate);
  }
  ~TlsTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    ::chmod(path(name).c_str(), 0600);
  }

  void issue_to(const std::string& name, const Identity& ca, CertificateUse use, Micros until) {
    CertificateRequest request;
    request.common_name = name;
    request.dns_names = {"host.example"};
    request.addresses = {"127.0.0.1", "::1"};
    request.use = use;
    request.not_before = kNow - kHour;
    request.not_after = until;
    const auto identity = issue(ca, request);
    ASSERT_TRUE(identity.ok()) << identity.error().what;
    write(name + ".pem", identity->certificate);
    write(name + ".key", identity->key.reveal());
  }

  /// Handshake between two ends in memory. Empty on success, else the failing side's reason.
  static std::string handshake(SSL_CTX* server_context, SSL_CTX* client_context,
                               const std::string& host, TlsInfo* seen_by_server = nullptr) {
    SSL* server = SSL_new(server_context);
    SSL* client = SSL_new(client_context);
    BIO* a = nullptr;
    BIO* b = nullptr;
    BIO_new_bio_pair(&a, 0, &b, 0);
    SSL_set_bio(server, a, a);
    SSL_set_bio(client, b, b);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    std::string result;
    EXPECT_TRUE(expect_peer(client, host).ok());
    for (int i = 0; i < 20; ++i) {
      const int c = SSL_do_handshake(client);
      if (c != 1 && SSL_get_error(client, c) == SSL_ERROR_SSL) {
        result = "client: " + last_error();
        break;
      }
      const int s = SSL_do_handshake(server);
      if (s != 1 && SSL_get_error(server, s) == SSL_ERROR_SSL) {
        result = "server: " + last_error();
        break;
      }
      if (c == 1 && s == 1) break;
      if (i == 19) result = "no end";
    }
    if (seen_by_server != nullptr) *seen_by_server = describe(server);
    SSL_free(server);
    SSL_free(client);
    return result;
  }

  std::string directory_;
  std::unique_ptr<Identity> ca_;
};

TEST_F(TlsTest, MutualHandshakeTellsWhoThePeerIs) {
  issue_to("server", *ca_, CertificateUse::kServer, kNow + kDay);
  issue_to("agent", *ca_, CertificateUse::kClient, kNow + kDay);
  auto server = make_server_context({path("server.pem"), path("server.key"),
                                     ClientCertificate::kRequired, path("ca.pem"), "", ""});
  ASSERT_TRUE(server.ok()) << server.error().what;
  auto client = make_client_context({path("ca.pem"), "", path("agent.pem"), path("agent.key")});
  ASSERT_TRUE(client.ok()) << client.error().what;
  TlsInfo info;
  EXPECT_EQ(handshake(server->get(), client->get(), "127.0.0.1", &info), "");
  EXPECT_EQ(info.peer_subject, "agent");
  EXPECT_EQ(info.version, "TLSv1.3");
  const auto inspected = inspect(std::string(
      (std::istreambuf_iterator<char>(*std::make_unique<std::ifstream>(path("agent.pem")))), {}));
  ASSERT_TRUE(inspected.ok());
  EXPECT_EQ(info.peer_fingerprint, inspected->fingerprint);
  EXPECT_EQ(handshake(server->get(), client->get(), "host.example"), "");
}

TEST_F(TlsTest, RefusesWrongNameForeignCaExpiredAndMissingCertificates) {
  issue_to("server", *ca_, CertificateUse::kServer, kNow + kDay);
  issue_to("old", *ca_, CertificateUse::kClient, kNow - kMinute);
  const auto foreign = make_ca("Other CA", kNow - kHour, kNow + kDay);
  issue_to("stranger", *foreign, CertificateUse::kClient, kNow + kDay);
  auto server = make_server_context({path("server.pem"), path("server.key"),
                                     ClientCertificate::kRequired, path("ca.pem"), "", ""});
  auto plain = make_client_context({path("ca.pem"), "", "", ""});
  auto old = make_client_context({path("ca.pem"), "", path("old.pem"), path("old.key")});
  auto stranger =
      make_client_context({path("ca.pem"), "", path("stranger.pem"), path("stranger.key")});
  EXPECT_THAT(handshake(server->get(), plain->get(), "other.example"),
              HasSubstr("certificate verify failed"));
  EXPECT_THAT(handshake(server->get(), plain->get(), "127.0.0.1"), HasSubstr("server:"));
  EXPECT_THAT(handshake(server->get(), old->get(), "127.0.0.1"),
              HasSubstr("certificate verify failed"));
  EXPECT_THAT(handshake(server->get(), stranger->get(), "127.0.0.1"),
              HasSubstr("certificate verify failed"));
}

TEST_F(TlsTest, RevokedCertificatesAreRefused) {
  issue_to("server", *ca_, CertificateUse::kServer, kNow + kDay);
  issue_to("good", *ca_, CertificateUse::kClient, kNow + kDay);
  issue_to("bad", *ca_, CertificateUse::kClient, kNow + kDay);
  std::ifstream bad_pem(path("bad.pem"));
  const auto bad_info = inspect(std::string(std::istreambuf_iterator<char>(bad_pem), {}));
  ASSERT_TRUE(bad_info.ok());
  const auto crl = make_crl(*ca_, {bad_info->serial}, kNow - kHour, kNow + kDay);
  ASSERT_TRUE(crl.ok()) << crl.error().what;
  write("crl.pem", *crl);
  auto server =
      make_server_context({path("server.pem"), path("server.key"), ClientCertificate::kRequired,
                           path("ca.pem"), path("crl.pem"), ""});
  ASSERT_TRUE(server.ok()) << server.error().what;
  auto good = make_client_context({path("ca.pem"), "", path("good.pem"), path("good.key")});
  auto bad = make_client_context({path("ca.pem"), "", path("bad.pem"), path("bad.key")});
  EXPECT_EQ(handshake(server->get(), good->get(), "127.0.0.1"), "");
  EXPECT_THAT(handshake(server->get(), bad->get(), "127.0.0.1"), HasSubstr("verify failed"));
  EXPECT_FALSE(make_crl(*ca_, {"xyz"}, kNow - kHour, kNow + kDay).ok());
}

TEST_F(TlsTest, RefusesTls11AndWeakCiphers) {
  issue_to("server", *ca_, CertificateUse::kServer, kNow + kDay);
  auto server = make_server_context(
      {path("server.pem"), path("server.key"), ClientCertificate::kNone, "", "", ""});
  auto client = make_client_context({path("ca.pem"), "", "", ""});
  SSL_CTX_set_min_proto_version(client->get(), 0);
  SSL_CTX_set_max_proto_version(client->get(), TLS1_1_VERSION);
  EXPECT_NE(handshake(server->get(), client->get(), "127.0.0.1"), "");
  auto weak = make_client_context({path("ca.pem"), "", "", ""});
  SSL_CTX_set_max_proto_version(weak->get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(weak->get(), "AES128-SHA");
  EXPECT_NE(handshake(server->get(), weak->get(), "127.0.0.1"), "");
}

TEST_F(TlsTest, KeyFilesThatOthersCanReadAreRefused) {
  issue_to("server", *ca_, CertificateUse::kServer, kNow + kDay);
  ::chmod(path("server.key").c_str(), 0644);
  const auto server = make_server_context(
      {path("server.pem"), path("server.key"), ClientCertificate::kNone, "", "", ""});
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(server.error().what, HasSubstr("chmod 600"));
}

TEST_F(TlsTest, AServerCertificateIsNoClientCertificate) {
  issue_to("server", *ca_, CertificateUse::kServer, kNow + kDay);
  auto server = make_server_context({path("server.pem"), path("server.key"),
                                     ClientCertificate::kRequired, path("ca.pem"), "", ""});
  auto client = make_client_context({path("ca.pem"), "", path("server.pem"), path("server.key")});
  EXPECT_NE(handshake(server->get(), client->get(), "127.0.0.1"), "");
}

}  // namespace
}  // namespace yagura::crypto
