// ETags of things that people edit: the second of two editors is told, not overwritten.
#pragma once

#include <optional>
#include <string>

#include "http/message.h"

namespace yagura::api {

/// "\"<revision>\"".
std::string etag_of(const std::string& revision);
/// The revision in If-Match: exactly one strong tag. Nothing for everything else, also for "*".
std::optional<std::string> revision_of(const http::Request& request);

}  // namespace yagura::api
