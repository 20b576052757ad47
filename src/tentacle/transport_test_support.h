// For tests: a transport server in this process, with its folders, certificates and settings text.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"
#include "crypto/x509.h"
#include "net/test_client.h"
#include "tentacle/spool_envelope.h"
#include "tentacle/transport_server.h"

namespace yagura::tentacle {

class TestFolder {
 public:
  TestFolder() { std::filesystem::create_directories(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    std::filesystem::permissions(path_ / name, std::filesystem::perms(0600));
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    return read_file(path_ / name, 10'000'000).value_or("");
  }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("yagura-transport-" + SystemRandom().hex(8));
};

/// A CA with one server and any client certificates, as PEM files in a folder.
class TestPki {
 public:
  explicit TestPki(const TestFolder& folder, const std::string& prefix = "")
      : folder_(folder), prefix_(prefix) {
    const Micros now = SystemClock().now();
    auto ca = crypto::make_ca("Test CA " + prefix, now - kDay, now + kDay);
    EXPECT_TRUE(ca.ok());
    ca_ = std::make_unique<crypto::Identity>(std::move(*ca));
    folder_.write(prefix_ + "ca.pem", ca_->certificate);
    issue("server", crypto::CertificateUse::kServer);
  }
  void issue(const std::string& name, crypto::CertificateUse use, Micros begins = -kDay,
             Micros ends = kDay) {
    const Micros now = SystemClock().now();
    crypto::CertificateRequest request;
    request.common_name = name;
    request.use = use;
    if (use == crypto::CertificateUse::kServer) request.addresses = {"127.0.0.1"};
    request.not_before = now + begins;
    request.not_after = now + ends;
    const auto leaf = crypto::issue(*ca_, request);
    ASSERT_TRUE(leaf.ok()) << leaf.error().what;
    folder_.write(prefix_ + name + ".pem", leaf->certificate);
    folder_.write(prefix_ + name + ".key", std::string(leaf->key.reveal()));
  }
  /// A client's context; `name` empty = without a certificate.
  [[nodiscard]] crypto::SslContext client(const std::string& name = "") const {
    crypto::ClientTls tls;
    tls.ca_file = folder_ / (prefix_ + "ca.pem");
    if (!name.empty()) {
      tls.certificate_file = folder_ / (prefix_ + name + ".pem");
      tls.key_file = folder_ / (prefix_ + name + ".key");
    }
    auto context = crypto::make_client_context(tls);
    EXPECT_TRUE(context.ok());
    return std::move(*context);
  }

 private:
  const TestFolder& folder_;
  std::string prefix_;
  std::unique_ptr<crypto::Identity> ca_;
};

struct StoredItem {
  Envelope envelope;
  std::string payload;
};

class TestTransport {
 public:
  /// `listener`: lines of the one [[listener]] beside name, address and port; `general`: tables.
  TestTransport(const TestFolder& folder, const std::string& listener, const std::string& general)
      : folder_(folder) {
    std::filesystem::create_directories(folder.path() / "in");
    for (const char* name : {"conf", "md5", "collections"}) {
      std::filesystem::create_directories(folder.path() / "out" / name);
    }
    text_ = general + "\n[audit]\nfile = \"" + (folder / "audit.jsonl") +
            "\"\n[status]\nfile = \"" + (folder / "status.json") +
            "\"\n[[listener]]\nname = \"main\"\naddress = \"127.0.0.1\"\nport = 0\n" + listener +
            "\n";
  }
  static std::string spool(const TestFolder& folder, const std::string& more = "") {
    return "[spool]\nincoming = \"" + (folder / "in") + "\"\noutgoing = \"" + (folder / "out") +
           "\"\nmin_free_percent = 0\n" + more + "\n";
  }
  static constexpr const char* kPlain =
      "min_level = 1\nplaintext_optin = { by = \"test\", until = \"2999-12-31\" }";

  [[nodiscard]] Status start() {
    YAGURA_TRY(settings, Settings::parse(text_, "test.toml"));
    YAGURA_TRY(read, read_transport_settings(std::move(settings), SystemClock().now()));
    YAGURA_TRY(server, TransportServer::bind(std::move(read)));
    server_ = std::move(server);
    return server_->start();
  }
  TransportServer& server() { return *server_; }
  [[nodiscard]] std::uint16_t port() const { return server_->port("main"); }
  [[nodiscard]] net::TestClient connect() const { return net::TestClient(port()); }
  void stop() { server_.reset(); }

  /// What lies in the spool, by arrival.
  [[nodiscard]] std::vector<StoredItem> items() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "in")) {
      if (entry.is_regular_file()) names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    std::vector<StoredItem> out;
    for (const std::string& name : names) {
      const std::string bytes = folder_.read("in/" + name);
      auto parsed = parse_header(bytes);
      EXPECT_TRUE(parsed.ok()) << name;
      StoredItem item{parsed->envelope, bytes.substr(parsed->payload_offset)};
      EXPECT_TRUE(verify_payload(item.envelope, item.payload).ok()) << name;
      EXPECT_EQ(file_name(item.envelope), name);
      out.push_back(std::move(item));
    }
    return out;
  }
  /// True if no temporary file is left.
  [[nodiscard]] bool clean() const {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_.path() / "in" / ".tmp")) {
      if (entry.is_regular_file()) return false;
    }
    return true;
  }
  [[nodiscard]] std::string audit() const { return folder_.read("audit.jsonl"); }

 private:
  const TestFolder& folder_;
  std::string text_;
  std::unique_ptr<TransportServer> server_;
};

}  // namespace yagura::tentacle
