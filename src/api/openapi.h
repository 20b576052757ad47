// The OpenAPI 3.1 document, generated from the operations and the descriptions of their types: it
// cannot differ from what the program does. The front end's types are generated from it.
#pragma once

#include <span>
#include <string>

#include "api/operation.h"

namespace yagura::api {

/// Pretty-printed, the same text for the same program (no times, no hosts).
std::string openapi_document(std::span<const Operation> operations);

}  // namespace yagura::api
