// Service: the life of an agent — collect, keep, deliver, sleep; one process, no listening socket.
//
//   YAGURA_TRY(service, Service::open(config, clock, random));
//   const Service::End end = service->run(signals);   // until it is told to stop or to reload
//
// A report is in the buffer before anything is sent. Collecting keeps its pace whatever the server
// does: rounds of delivery run in processes of their own (shipper.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/buffer.h"
#include "agent/config.h"
#include "agent/host_view.h"
#include "agent/runner.h"
#include "agent/shipper.h"
#include "agent/state.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/signals.h"
#include "host/root.h"

namespace yagura::agent {

/// Not thread-safe.
class Service {
 public:
  enum class End { kStop, kReload };

  /// Opens the state folder (made with mode 0700 if missing), which belongs to one agent at a time:
  /// kConflict while another one holds it. Everything handed in must outlive the service.
  static Result<std::unique_ptr<Service>> open(const Config& config, const Clock& clock,
                                               Random& random);

  /// Runs until SIGTERM, SIGINT (kStop) or SIGHUP (kReload).
  End run(StopSignals& signals);

  /// One run and one round of delivery; for --once and cron_mode. `delivery` tells how it ended,
  /// empty error = everything in the buffer is delivered.
  struct Once {
    RunOutput output;
    ShipResult delivery;
  };
  Result<Once> run_once(StopSignals& signals);

  /// The name it reports under.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  /// A server with its own buffer, pace and last outcome.
  struct Destination {
    ShipperProcess::Target target;
    Buffer buffer;
    BackOff back_off;
    Micros next_round = 0;  ///< steady time
    bool waiting = true;    ///< something may be in the buffer
    std::string last;       ///< "ok" or the last error
    std::optional<ShipperProcess> round;
    Suspicions suspicions;
  };

  Service(const Config& config, const Clock& clock, Random& random, host::Root root,
          Directory directory, UniqueFd lock);
  Status open_parts();
  Result<RunOutput> collect_and_store(int stop_fd);
  void store(const std::string& document, Micros created);
  void start_rounds();
  void take_results();
  void handle_result(Destination& destination, const ShipResult& result);
  void save_state();
  void log_run(const RunOutput& output, std::size_t bytes) const;
  [[nodiscard]] SelfFigures figures() const;
  bool pause(StopSignals& signals, Micros until, std::optional<End>& end);
  void finish_rounds();

  const Config& config_;
  const Clock& clock_;
  Random& random_;
  host::Root root_;
  Directory directory_;
  UniqueFd lock_;
  std::string name_;
  HostView view_;
  std::optional<State> state_;
  std::optional<Runner> runner_;
  std::vector<Destination> destinations_;
};

}  // namespace yagura::agent
