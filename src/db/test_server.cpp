#include "db/test_server.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "crypto/x509.h"

namespace yagura::db {
namespace {

constexpr auto kStartTimeout = std::chrono::seconds(30);

constexpr std::uintmax_t kRoomInMemory = 1024UL * 1024 * 1024;

std::string find_program(const std::string& name) {
  for (const std::string folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/bin/"}) {
    if (::access((folder + name).c_str(), X_OK) == 0) return folder + name;
  }
  return {};
}

pid_t spawn(std::vector<std::string> words, const std::string& log) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::close(0);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string read_text(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

const passwd* mysql_user() {
  return ::geteuid() == 0 ? ::getpwnam("mysql") : nullptr;
}

std::string login_name() {
  const passwd* me = ::getpwuid(::geteuid());
  return me == nullptr ? "root" : me->pw_name;
}

std::string option_file(const std::string& folder, std::uint16_t port, const TestServer::Setup& s) {
  std::string text =
      "[mariadbd]\ndatadir=" + folder + "/data\nsocket=" + folder +
      "/run/db.sock\nlog_error=" + folder + "/run/server.log\npid_file=" + folder +
      "/run/db.pid\nbind_address=127.0.0.1\nport=" + std::to_string(port) +
      "\nskip_name_resolve=1\ncharacter_set_server=utf8mb4\ninnodb_buffer_pool_size=64M\n"
      "innodb_log_file_size=48M\nlocal_infile=0\n";
  if (s.tls) {
    text += "ssl_cert=" + folder + "/server.pem\nssl_key=" + folder +
            "/server.key\nssl_ca=" + folder + "/ca.pem\ntls_version=" + s.tls_versions +
            "\nrequire_secure_transport=ON\n";
  }
  for (const std::string& line : s.options)
    text += line + "\n";
  return text;
}

bool write_pki(const TestFolder& folder, const TestServer::Setup& setup, std::string& why) {
  const Micros now = SystemClock().now();
  const auto ca = crypto::make_ca("Test database CA", now - kDay, now + 2 * kDay);
  const auto other = crypto::make_ca("Another CA", now - kDay, now + 2 * kDay);
  if (!ca.ok() || !other.ok()) return why = "no CA", false;
  const auto server =
      crypto::issue(*ca, {"db.test", setup.names, setup.addresses, crypto::CertificateUse::kServer,
                          now - kDay, now + 2 * kDay});
  if (!server.ok()) return why = server.error().what, false;
  folder.write("ca.pem", ca->certificate, 0644);
  folder.write("other.pem", other->certificate, 0644);
  folder.write("server.pem", server->certificate, 0644);
  folder.write("server.key", server->key.reveal(), 0600);
  return true;
}

}  // namespace

TestFolder::TestFolder(Where where) {
  std::error_code error;
  const auto room = std::filesystem::space("/dev/shm", error);
  const bool in_memory = where == Where::kMemory && !error && room.available > kRoomInMemory &&
                         ::access("/dev/shm", W_OK) == 0;
  std::string pattern =
      (in_memory ? std::string("/dev/shm") : std::filesystem::temp_directory_path().string()) +
      "/yagura-db-XXXXXX";
  path_ = ::mkdtemp(pattern.data());
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TestFolder::write(const std::string& name, std::string_view text, unsigned mode) const {
  const std::string path = path_ + "/" + name;
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
  return path;
}

std::uint16_t free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return 0;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

bool TestServer::install(const Setup& setup, std::string& why) {
  const std::string program = find_program("mariadb-install-db");
  const std::string& folder = folder_.path();
  port_ = free_port();
  tls_ = setup.tls;
  ::chmod(folder.c_str(), 0755);
  if (setup.tls && !write_pki(folder_, setup, why)) return false;
  folder_.write("my.cnf", option_file(folder, port_, setup), 0644);
  folder_.write("tester.password", "correct horse\n", 0600);
  for (const std::string name : {"/data", "/run", "/server.key"}) {
    if (name != "/server.key") ::mkdir((folder + name).c_str(), 0755);
    if (const passwd* user = mysql_user()) {
      if (::chown((folder + name).c_str(), user->pw_uid, user->pw_gid) != 0 && setup.tls) {
        why = "chown failed";
        return false;
      }
    }
  }
  std::vector<std::string> words = {program, "--defaults-file=" + folder + "/my.cnf",
                                    "--skip-test-db", "--auth-root-authentication-method=socket",
                                    "--auth-root-socket-user=" + login_name()};
  if (mysql_user() != nullptr) words.emplace_back("--user=mysql");
  if (wait_for(spawn(words, folder + "/install.log")) != 0) {
    why = "mariadb-install-db failed: " + read_text(folder + "/install.log");
    return false;
  }
  return true;
}

bool TestServer::run(std::string& why) {
  std::vector<std::string> words = {find_program("mariadbd"),
                                    "--defaults-file=" + folder_.path() + "/my.cnf"};
  if (mysql_user() != nullptr) words.emplace_back("--user=mysql");
  pid_ = spawn(words, folder_.path() + "/output.log");
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      why = "mariadbd ended: " + read_text(folder_.path() + "/run/server.log");
      return false;
    }
    const Result<std::unique_ptr<Connection>> answer = connect(admin());
    if (answer.ok()) return true;
    why = "mariadbd does not answer: " + answer.error().what;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // poll interval
  }
  return false;
}

bool TestServer::installed() {
  return !find_program("mariadb-install-db").empty() && !find_program("mariadbd").empty();
}

std::unique_ptr<TestServer> TestServer::start(const Setup& setup, std::string& why) {
  std::unique_ptr<TestServer> server(new TestServer(setup.where));
  if (!server->install(setup, why) || !server->run(why)) return nullptr;
  Result<std::unique_ptr<Connection>> admin = connect(server->admin());
  const std::string account = "'tester'@'127.0.0.1'";
  const Status made =
      (*admin)->script("CREATE USER " + account + " IDENTIFIED BY 'correct horse'" +
                       (setup.tls ? " REQUIRE SSL" : "") + "; GRANT ALL ON \"t\\_%\".* TO " +
                       account + ";" + "CREATE DATABASE t_empty;");
  if (!made.ok()) {
    why = made.error().what;
    return nullptr;
  }
  return server;
}

TestServer::~TestServer() {
  kill_now();
}

void TestServer::kill_now() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
  pid_ = 0;
}

Options TestServer::options(const std::string& database) const {
  Options o;
  o.dialect = Dialect::kMariaDb;
  o.hosts = {"127.0.0.1"};
  o.port = port_;
  o.database = database;
  o.user = "tester";
  o.password_file = folder_.path() + "/tester.password";
  o.tls = tls_ ? Options::Tls::kVerifyFull : Options::Tls::kDisabled;
  if (tls_) o.tls_ca = folder_.path() + "/ca.pem";
  return o;
}

Options TestServer::admin() const {
  Options o;
  o.dialect = Dialect::kMariaDb;
  o.socket = folder_.path() + "/run/db.sock";
  o.database = "mysql";
  o.user = "root";
  o.tls = Options::Tls::kDisabled;
  return o;
}

}  // namespace yagura::db
