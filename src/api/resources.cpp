#include "api/resources.h"

namespace yagura::api {

Operations all_operations() {
  Operations out;
  add_session(out);
  add_agents(out);
  add_modules(out);
  add_events(out);
  add_platform(out);
  add_preferences(out);
  return out;
}

}  // namespace yagura::api
