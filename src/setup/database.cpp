#include "setup/database.h"

#include "base/settings.h"
#include "db/connection.h"
#include "db/grants.h"
#include "db/migrations.h"
#include "db/options.h"

namespace yagura::setup {
namespace {

Result<std::unique_ptr<db::Connection>> open(const std::string& settings_file) {
  YAGURA_TRY(settings, Settings::load(settings_file));
  YAGURA_TRY(options, db::read_options(settings));
  YAGURA_CHECK(settings.finish());
  return db::connect(options);
}

Result<std::string> describe(db::Connection& connection) {
  YAGURA_TRY(link, connection.link());
  YAGURA_TRY(schema, db::schema_state(connection));
  std::string text = "database  " + link.location + ", " + link.server_version + "\n";
  if (link.tls_version.empty()) {
    text += "TLS       none\n";
  } else {
    text += "TLS       " + link.tls_version + ", " + link.tls_cipher +
            (link.tls_verified ? ", server verified" : ", SERVER NOT VERIFIED") +
            ", its certificate ends " + link.certificate_expires + "\n";
  }
  return text + "schema    " + std::to_string(schema.applied) + " of " +
         std::to_string(schema.newest) + ", " + std::to_string(schema.pending) + " pending\n";
}

}  // namespace

Result<std::string> database_status(const std::string& settings_file) {
  YAGURA_TRY(connection, open(settings_file));
  return describe(*connection);
}

Result<std::string> database_migrate(const std::string& settings_file) {
  YAGURA_TRY(connection, open(settings_file));
  YAGURA_CHECK(db::migrate(*connection));
  return describe(*connection);
}

Result<std::string> database_grants(const std::string& role, const std::string& account,
                                    const std::string& database) {
  const db::Role which = role == "owner"    ? db::Role::kOwner
                         : role == "server" ? db::Role::kServer
                                            : db::Role::kConsole;
  YAGURA_TRY(parsed, db::parse_account(account));
  YAGURA_TRY(tables, db::schema_tables());
  YAGURA_TRY(statements, db::grant_statements(which, parsed, database, tables));
  std::string text;
  for (const std::string& statement : statements)
    text += statement + "\n";
  return text;
}

}  // namespace yagura::setup
