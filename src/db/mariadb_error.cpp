#include "db/mariadb_error.h"

#include <algorithm>
#include <array>
#include <string>

namespace yagura::db {
namespace {

template <std::size_t N>
bool in(const std::array<unsigned, N>& numbers, unsigned number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

// Numbers as in the servers' manuals; the names in the order written.
// ER_CHECKREAD, ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_TABLE_DEF_CHANGED, ER_XA_RBDEADLOCK,
// ER_NEED_REPREPARE
constexpr std::array kRace = {1020U, 1205U, 1213U, 1412U, 1614U, 1615U};

// Unknown prepared statement (behind a proxy), WSREP not ready, shutdown, read-only (1290, 1792,
// 1836), connection killed, network read/write errors (1158..1161), client: 2002, 2003, 2005, 2006,
// 2012, 2013, 2014, 2027, 2055
constexpr std::array kLost = {1047U, 1053U, 1079U, 1158U, 1159U, 1160U, 1161U, 1243U,
                              1290U, 1317U, 1792U, 1836U, 1927U, 2002U, 2003U, 2005U,
                              2006U, 2012U, 2013U, 2014U, 2027U, 2055U};

// Full: too many connections (1040, 1203, 1226), out of disk or memory (1021, 1037, 1038, 1041,
// 1114, 1135), host blocked
constexpr std::array kFull = {1021U, 1037U, 1038U, 1040U, 1041U, 1114U,
                              1129U, 1135U, 1203U, 1226U, 4031U};

// Keys, NOT NULL, foreign keys, CHECK; and "exists already" of every kind of object.
constexpr std::array kConflicts = {1007U, 1022U, 1048U, 1050U, 1060U, 1061U, 1062U, 1068U,
                                   1169U, 1216U, 1217U, 1304U, 1359U, 1364U, 1396U, 1451U,
                                   1452U, 1517U, 1557U, 1586U, 1826U, 3819U, 4025U};

// "Is not there": database, table, column or key to drop, procedure, trigger, partition.
constexpr std::array kMissing = {1008U, 1051U, 1091U, 1305U, 1360U, 1507U};

// Credentials, rights, plain text refused (3159), TLS failed (2026), plugin refused (2059, 2061)
constexpr std::array kDenials = {1044U, 1045U, 1142U, 1143U, 1227U, 1370U, 1410U,
                                 1698U, 2026U, 2059U, 2061U, 3118U, 3159U, 4151U};

constexpr std::array kTimeouts = {1969U, 3024U};
constexpr std::array kTooBig = {1153U, 1390U, 2020U};

ErrorCode code_of(unsigned number) {
  if (in(kRace, number) || in(kConflicts, number)) return ErrorCode::kConflict;
  if (in(kLost, number) || in(kFull, number)) return ErrorCode::kUnavailable;
  if (in(kDenials, number)) return ErrorCode::kDenied;
  if (in(kMissing, number)) return ErrorCode::kNotFound;
  if (in(kTimeouts, number)) return ErrorCode::kTimeout;
  if (in(kTooBig, number)) return ErrorCode::kLimit;
  return ErrorCode::kInvalid;
}

/// Messages that begin with a value of the caller: 1062 and 1586 "Duplicate entry 'value' for key
/// 'name'", 1366 and 1292 "Incorrect ... value: 'value' for column".
std::string without_value(std::string_view message) {
  const std::size_t open = message.find('\'');
  const std::size_t after = message.rfind("' for ");
  if (open == std::string_view::npos || after == std::string_view::npos || after <= open) {
    return std::string(message.substr(0, open));
  }
  return std::string(message.substr(0, open)) + "(value)" + std::string(message.substr(after + 1));
}

}  // namespace

bool mariadb_lost_race(unsigned number) {
  return in(kRace, number);
}
bool mariadb_link_lost(unsigned number) {
  return in(kLost, number);
}

Error mariadb_error(unsigned number, std::string_view message) {
  const bool quotes_value = number == 1062 || number == 1586 || number == 1366 || number == 1292;
  return Error{code_of(number), (quotes_value ? without_value(message) : std::string(message)) +
                                    " (" + std::to_string(number) + ")"};
}

}  // namespace yagura::db
