#include "db/mariadb_greeting.h"

#include <mutex>
#include <string>

#include <mysql.h>
#include <sys/socket.h>

/// The library's hook on what it reads (mode 0) and writes (mode 1), called after each; exported
/// for such purposes and named in its own documentation, but declared in no installed header.
extern "C" int ma_pvio_register_callback(my_bool add,
                                         void (*hook)(int mode, MYSQL* mysql,
                                                      const unsigned char* bytes, size_t size));

namespace yagura::db {
namespace {

constexpr unsigned char kProtocolVersion = 10;
constexpr unsigned char kErrorPacket = 0xFF;
constexpr unsigned char kTlsOffered = 0x08;  // CLIENT_SSL, bit 11, in the second of two bytes

struct Watch {
  bool armed = false;
  bool cut = false;
  std::string seen;
};

Watch& watch() {
  thread_local Watch instance;
  return instance;
}

void hook(int mode, MYSQL* mysql, const unsigned char* bytes, size_t size) {
  Watch& w = watch();
  if (!w.armed || mode != 0) return;
  // A failed read has the size -1.
  if (size > 0 && size <= kMaxGreetingBytes) {
    w.seen.append(reinterpret_cast<const char*>(bytes), size);
  } else {
    w.seen.assign(kMaxGreetingBytes + 1, '\0');
  }
  const Greeting greeting = judge_greeting(w.seen);
  if (greeting == Greeting::kIncomplete) return;
  w.armed = false;
  if (greeting != Greeting::kNoTls) return;
  w.cut = true;
  ::shutdown(static_cast<int>(mysql_get_socket(mysql)), SHUT_RDWR);
}

}  // namespace

Greeting judge_greeting(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() > kMaxGreetingBytes) return Greeting::kNoTls;
  if (bytes.size() < 4) return Greeting::kIncomplete;
  const std::size_t length = byte(0) + (std::size_t{byte(1)} << 8U) + (std::size_t{byte(2)} << 16U);
  if (length == 0 || length + 4 > kMaxGreetingBytes) return Greeting::kNoTls;
  if (bytes.size() < length + 4) return Greeting::kIncomplete;
  const std::string_view packet = bytes.substr(4, length);
  if (static_cast<unsigned char>(packet[0]) == kErrorPacket) return Greeting::kRefusal;
  if (static_cast<unsigned char>(packet[0]) != kProtocolVersion) return Greeting::kNoTls;
  // Version text and its zero, thread id (4), half of the salt (8), zero (1), capabilities (2).
  const std::size_t version_end = packet.find('\0', 1);
  if (version_end == std::string_view::npos) return Greeting::kNoTls;
  const std::size_t capabilities = version_end + 1 + 4 + 8 + 1;
  if (capabilities + 1 >= packet.size()) return Greeting::kNoTls;
  const auto flags = static_cast<unsigned char>(packet[capabilities + 1]);
  return (flags & kTlsOffered) != 0 ? Greeting::kTls : Greeting::kNoTls;
}

GreetingGuard::GreetingGuard() {
  static std::once_flag hooked;
  std::call_once(hooked, [] { ma_pvio_register_callback(1, hook); });
  watch() = Watch{true, false, {}};
}

GreetingGuard::~GreetingGuard() {
  watch().armed = false;
}

bool GreetingGuard::cut() const {
  return watch().cut;
}

}  // namespace yagura::db
