// Every resource of the API adds its operations here; routes() is the whole table. One resource =
// one file agents.cpp, events.cpp ...: routes, permissions, audit categories, descriptions,
// handlers.
#pragma once

#include <vector>

#include "api/operation.h"

namespace yagura::api {

using Operations = std::vector<Operation>;

void add_session(Operations& operations);
void add_agents(Operations& operations);
void add_modules(Operations& operations);
void add_events(Operations& operations);
void add_platform(Operations& operations);
void add_preferences(Operations& operations);

/// Every operation, in the order of the reference.
Operations all_operations();

}  // namespace yagura::api
