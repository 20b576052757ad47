#include "monitor/data_server.h"

#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "base/version.h"
#include "db/migrations.h"

namespace yagura::monitor {
namespace {

std::string unique_holder(const std::string& name) {
  SystemRandom random;
  return name + " " + random.hex(8);
}

}  // namespace

Result<std::unique_ptr<DataServer>> DataServer::open(ServerSettings settings, const Clock& clock) {
  YAGURA_TRY(incoming, Directory::open(settings.incoming));
  std::optional<Directory> local;
  if (!settings.local.empty()) {
    YAGURA_TRY(opened, Directory::open(settings.local));
    local = std::move(opened);
  }
  YAGURA_TRY(quarantine, Quarantine::open(settings.quarantine, settings.quarantine_limits));
  return std::unique_ptr<DataServer>(new DataServer(
      std::move(settings), std::move(incoming), std::move(local), std::move(quarantine), clock));
}

DataServer::DataServer(ServerSettings settings, Directory incoming, std::optional<Directory> local,
                       Quarantine quarantine, const Clock& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      metrics_({settings_.name, kVersion, settings_.master_priority, settings_.keepalive_s,
                static_cast<std::int64_t>(settings_.ingest.parse_threads), settings_.incoming},
               *series_),
      mastership_(settings_.name, unique_holder(settings_.name), settings_.master_priority),
      tasks_(settings_.ingest.policy, *series_),
      retention_(settings_.retention, *series_, [this] { return stopping_.load(); }) {
  ingestor_ = std::make_unique<Ingestor>(
      settings_.ingest, std::move(incoming), std::move(local), std::move(quarantine),
      [this] { return db::connect(settings_.database); }, clock_);
}

DataServer::~DataServer() {
  stop();
}

Status DataServer::bring_schema_forward(db::Connection& db) {
  YAGURA_CHECK(db::migrate(db));
  YAGURA_CHECK(retention_.prepare_days(db, clock_.now()));
  return metrics_.announce(db, clock_.now());
}

Status DataServer::start(const std::function<bool()>& keep_trying) {
  for (bool told = false;;) {
    auto made = db::connect(settings_.database);
    Status done = made.ok() ? bring_schema_forward(**made) : Status(made.error());
    if (done.ok()) {
      db_ = std::move(made).value();
      break;
    }
    // Only an absent database is worth waiting for; wrong credentials, a refused certificate or a
    // schema of another version are for a person.
    if (done.error().code != ErrorCode::kUnavailable || !keep_trying()) return done;
    if (!told) log::warning("database-away", {{"reason", done.error()}});
    told = true;
    nap(backoff_.next());
  }
  backoff_.reset();
  warm_until_ = clock_.now() + settings_.warm_up_s * kSecond;
  YAGURA_CHECK(ingestor_->start());
  duties_ = std::thread([this] { duties(); });
  return {};
}

void DataServer::stop() {
  if (stopping_.exchange(true)) return;
  *stopped_.lock() = true;
  stop_changed_.notify_all();
  if (duties_.joinable()) duties_.join();
  ingestor_->stop();
  if (!db_ || db_->broken()) return;
  mastership_.resign(*db_);
  Status done = metrics_.write(*db_, ingestor_->status(), false, clock_.now(), clock_.steady());
  if (done.ok()) done = metrics_.farewell(*db_, clock_.now());
  if (!done.ok()) log::warning("no-farewell", {{"reason", done.error()}});
}

void DataServer::nap(Micros how_long) {
  auto stopped = stopped_.lock();
  stopped.wait_for(stop_changed_, std::chrono::microseconds(how_long), [&] { return *stopped; });
}

bool DataServer::due(Micros& last, Micros every) {
  const Micros steady = clock_.steady();
  if (last != 0 && steady - last < every) return false;
  last = steady;
  return true;
}

bool DataServer::ensure_connection() {
  if (db_ && !db_->broken()) return true;
  db_.reset();
  auto made = db::connect(settings_.database);
  if (!made.ok()) {
    nap(backoff_.next());
    return false;
  }
  db_ = std::move(made).value();
  backoff_.reset();
  mastership_.forget();
  // While the database was away nobody could report: silence of that time means nothing.
  warm_until_ = clock_.now() + settings_.warm_up_s * kSecond;
  log::info("warm-up", {{"seconds", settings_.warm_up_s}});
  return true;
}

void DataServer::duties() {
  while (!stopping_) {
    if (!ensure_connection()) continue;
    Status done = metrics(*db_);
    if (done.ok() && due(lease_at_, kLeaseEvery)) done = mastership_.update(*db_, clock_.now());
    if (done.ok() && mastership_.lease()) done = master_duties(*db_);
    if (!done.ok()) {
      // A lost lease is no fault: another server does the duties now.
      if (done.error().code == ErrorCode::kConflict) {
        mastership_.forget();
      } else {
        log::error("duty-failed", {{"reason", done.error()}});
      }
    }
    nap(kTick);
  }
}

Status DataServer::metrics(db::Connection& db) {
  if (!due(metrics_at_, kMetricsEvery)) return {};
  return metrics_.write(db, ingestor_->status(), mastership_.lease().has_value(), clock_.now(),
                        clock_.steady());
}

Status DataServer::master_duties(db::Connection& db) {
  const db::Lease& lease = *mastership_.lease();
  if (due(sweep_at_, kSweepEvery)) {
    YAGURA_CHECK(tasks_.mark_silent_servers(db, lease, clock_.now()));
    YAGURA_TRY(pass, tasks_.sweep(db, lease, clock_.now(), warm_until_));
    if (pass.unknown + pass.disabled > 0) {
      log::info("silence",
                {{"agents", pass.agents}, {"unknown", pass.unknown}, {"disabled", pass.disabled}});
    }
  }
  if (due(days_at_, kDay / 4)) YAGURA_CHECK(retention_.prepare_days(db, clock_.now()));
  if (due(fold_at_, kFoldEvery)) YAGURA_CHECK(retention_.fold(db, lease, clock_.now()));
  if (due(purge_at_, kPurgeEvery)) YAGURA_CHECK(retention_.purge(db, lease, clock_.now()));
  return {};
}

}  // namespace yagura::monitor
