// Supervisor: keeps the processes of one installation running (yagura up).
//
// Starts them in order, each after the one before serves; restarts what dies with a growing delay;
// stops all in reverse order. It shares nothing with them but their command lines.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "base/signals.h"

namespace yagura::setup {

struct ProgramSpec {
  std::string name;     ///< "yagura-server"
  std::string program;  ///< path of the executable
  std::vector<std::string> args;
  std::string output_file;  ///< what it prints before its own log is open
};

/// What happened, for the terminal and the log.
struct SupervisorEvent {
  enum class Kind { kReady, kDied, kRestarting, kStopped } kind;
  std::string program;
  std::string detail;
};

/// Not thread-safe; the process must be single-threaded, because children are made with fork.
class Supervisor {
 public:
  using Listener = std::function<void(const SupervisorEvent&)>;

  /// `state` receives status.json: pids and restart counts, for `yagura doctor`.
  Supervisor(std::vector<ProgramSpec> programs, const Clock& clock, Directory state,
             Listener listener);
  ~Supervisor();

  /// Starts all programs. On failure the ones that run are stopped again and the error holds the
  /// last lines that the failing program printed.
  Status start();
  /// Watches until a stop signal comes, then stops all in reverse order.
  Status run(StopSignals& signals);
  /// Asks each to stop in reverse order, waits, and kills what does not end within 20 s.
  void stop();

 private:
  struct Entry;
  Status launch(Entry& entry);
  Status await_ready(Entry& entry);
  void handle_death(Entry& entry);
  void restart_due();
  int next_wait_ms() const;
  void write_status() const;

  std::vector<std::unique_ptr<Entry>> entries_;
  const Clock& clock_;
  Directory state_;
  Listener listener_;
};

}  // namespace yagura::setup
