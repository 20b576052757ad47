// Opening a connection to MariaDB or MySQL: host list, TLS, session settings (SRV-04, SRV-15).
//
// TLS is never left to the client library's defaults, which are opportunistic and unverified: TLS
// is enforced, the certificate checked, and after the handshake version and cipher are looked at
// again before the first statement. The password is sent only after that. LOAD DATA LOCAL is off (a
// hostile server could ask for files), and only challenge-response or hashed authentication is
// allowed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <mysql.h>

#include "base/result.h"
#include "db/connection.h"

namespace yagura::db {

struct CloseMysql {
  void operator()(MYSQL* mysql) const { mysql_close(mysql); }
};
using MysqlHandle = std::unique_ptr<MYSQL, CloseMysql>;

struct MariaDbLink {
  MysqlHandle mysql;
  Flavor flavor = Flavor::kMariaDb;
  bool array_binding = false;        ///< the server takes arrays and the options allow it
  std::size_t max_packet = 1 << 20;  ///< bytes of a statement with its values
  LinkInfo info;
};

/// Tries the hosts in order (or the socket) and returns the first that can write.
Result<MariaDbLink> open_mariadb(const Options& options);

/// Rows of a constant statement over the text protocol: session matters only.
Result<std::vector<std::vector<std::string>>> ask(MYSQL* mysql, std::string_view statement);

}  // namespace yagura::db
