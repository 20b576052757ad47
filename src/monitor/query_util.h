// Small tools of the reading side: scopes as parameters, cursors, optional times. Private to the
// query files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "identity/actor.h"
#include "monitor/query_types.h"

namespace yagura::monitor {

/// A scope as one bound text: "" = all groups, else ",1,2,7,". The statements ask
/// `(? = '' OR INSTR(?, ',' || group_id || ',') > 0)`: the SQL stays constant whatever the scope.
std::string scope_text(const identity::GroupScope& scope);

/// Where the next page begins: the list's own name and the keys of the last row. Opaque to clients,
/// no secret and no right: everything in it is checked again.
std::string encode_cursor(std::string_view list, const std::vector<std::string>& keys);
/// Keys of a cursor of this list, exactly `count` of them; kInvalid for anything else.
Result<std::vector<std::string>> decode_cursor(std::string_view cursor, std::string_view list,
                                               std::size_t count);
/// A key that is a whole number.
Result<std::int64_t> cursor_number(const std::string& key);

/// 0 = never.
inline std::optional<Micros> time_or_none(Micros time) {
  return time > 0 ? std::optional<Micros>(time) : std::nullopt;
}

/// The parameters stored as a JSON object of texts. What is not that reads as empty.
TextParams read_params(std::string_view json);

/// Not found and not allowed are one answer (spec console-security §3.4).
inline Error not_found() {
  return Error{ErrorCode::kNotFound, "no such object"};
}

}  // namespace yagura::monitor
