// `yagura db`: the administrator's side of the database (docs/database.md). The settings file holds
// a section [database] and nothing else: that of the schema owner, which no running program uses.
#pragma once

#include <string>

#include "base/result.h"

namespace yagura::setup {

/// Link, schema and what is pending, as lines of text.
Result<std::string> database_status(const std::string& settings_file);

/// Applies pending migrations and tells what the schema is now.
Result<std::string> database_migrate(const std::string& settings_file);

/// The GRANT statements for an account of `role` (owner, server, console), one per line.
Result<std::string> database_grants(const std::string& role, const std::string& account,
                                    const std::string& database);

}  // namespace yagura::setup
