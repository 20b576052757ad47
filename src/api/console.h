// Console: the whole process behind its main(): HTTPS server, dispatcher, database pool.
//
//   YAGURA_TRY(console, Console::bind(settings));   // reads the key, takes the port
//   YAGURA_CHECK(sandbox::enter(...));
//   YAGURA_CHECK(console->start());
//   ...
//   console->stop();
#pragma once

#include <memory>

#include "api/console_settings.h"
#include "base/result.h"

namespace yagura::api {

class Console {
 public:
  /// Reads certificate and key and binds the port, which may need rights that are given up later.
  static Result<std::unique_ptr<Console>> bind(const ConsoleSettings& settings);
  ~Console();

  /// Looks at the schema and starts to serve. A database that is away is no failure: requests get
  /// 503 until it comes back. A schema that does not fit is.
  Status start();
  /// Takes the certificate files as they are now (SIGHUP).
  void reload();
  /// Lets running requests end, then stops.
  void stop();
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  explicit Console(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace yagura::api
