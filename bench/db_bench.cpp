// What storing reports costs: for a batch of n reports, one transaction with n packed reports, n
// updates of agent rows and n marks of spool items, over both back ends, durable commits on disk.
//
// Columns: time of a batch, items_per_second = reports stored a second, client_us = CPU of this
// process and server_us = CPU of mariadbd, both in microseconds a report.
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "base/log.h"
#include "db/migrations.h"
#include "db/series.h"
#include "db/test_server.h"

namespace yagura::db {
namespace {

constexpr std::int64_t kAgents = 2'000;
constexpr std::int64_t kBodyBytes = 320;  // 40 modules packed

enum Way : std::int64_t { kSqlite, kArrays, kWide };

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "db_bench: %s\n", why.c_str());
  std::exit(1);
}

double cpu_seconds_here() {
  timespec t = {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

/// User and system time of a process so far, from /proc; 0 for pid 0.
double cpu_seconds_of(pid_t pid) {
  if (pid == 0) return 0;
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  unsigned long user = 0;
  unsigned long system = 0;
  const std::string rest = text.substr(text.rfind(')') + 2);
  std::sscanf(rest.c_str(), "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// The databases of this run; kept until its end.
struct Stage {
  TestFolder folder{TestFolder::Where::kDisk};
  std::unique_ptr<TestServer> server;

  Options options(Way way) {
    Options o;
    if (way == kSqlite) {
      o.path = folder.path() + "/bench.db";
      return o;
    }
    if (!server) {
      std::string why;
      server = TestServer::start(
          {.where = TestFolder::Where::kDisk,
           .options = {"innodb_buffer_pool_size=512M", "innodb_log_file_size=512M"}},
          why);
      if (!server) give_up(why);
    }
    o = server->options("t_empty");
    o.array_binding = way == kArrays;
    return o;
  }
};

Stage*& stage() {
  static Stage* instance = nullptr;
  return instance;
}

std::unique_ptr<Connection> open(Way way) {
  auto db = connect(stage()->options(way));
  if (!db.ok()) give_up(db.error().what);
  if (const Status done = migrate(**db, embedded_migrations().first(1)); !done.ok()) {
    give_up(done.error().what);
  }
  const Status made = (*db)->script(
      "CREATE TABLE IF NOT EXISTS bench_agent (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT "
      "NULL, last_contact BIGINT NOT NULL, latest MEDIUMBLOB NOT NULL) CLUSTERED;"
      "DELETE FROM bench_agent; DELETE FROM report; DELETE FROM ingested_item;");
  if (!made.ok()) give_up(made.error().what);
  Batch agents(4);
  for (std::int64_t i = 0; i < kAgents; ++i)
    agents.add({i, 0, 0, Blob{""}});
  if (const auto done = (*db)->bulk("INSERT INTO bench_agent VALUES (?, ?, ?, ?)", agents);
      !done.ok()) {
    give_up(done.error().what);
  }
  return std::move(*db);
}

/// One batch as the data server writes it. `serial` counts the reports of the whole run.
Status store(Connection& db, const Series& series, std::int64_t n, std::int64_t& serial,
             const std::string& body) {
  std::vector<NewReport> reports;
  std::vector<std::string> ids;
  Batch agents(4);
  Batch items(2);
  for (std::int64_t i = 0; i < n; ++i, ++serial) {
    reports.push_back({serial % kAgents, serial * kSecond, serial, body});
    agents.add({serial, serial * kSecond, Blob{body}, serial % kAgents});
    // Item ids are random in life: spread them over the key.
    const std::uint64_t spread = static_cast<std::uint64_t>(serial) * 0x9E3779B97F4A7C15ULL;
    std::string id(16, '\0');
    for (std::size_t k = 0; k < 8; ++k)
      id[k] = static_cast<char>(spread >> (8 * k));
    for (std::size_t k = 0; k < 8; ++k)
      id[8 + k] = static_cast<char>(serial >> (8 * k));
    ids.push_back(std::move(id));
  }
  for (const std::string& id : ids)
    items.add({Blob{id}, serial});
  return transaction(db, [&](Connection& t) -> Status {
    YAGURA_CHECK(series.append(t, reports));
    YAGURA_CHECK(t.bulk(
        "UPDATE bench_agent SET version = ?, last_contact = ?, latest = ? WHERE id = ?", agents));
    YAGURA_CHECK(t.bulk("INSERT INTO ingested_item (item_id, stored_at) VALUES (?, ?)", items));
    return {};
  });
}

void store_reports(benchmark::State& state) {
  const auto way = static_cast<Way>(state.range(0));
  const std::int64_t n = state.range(1);
  const std::unique_ptr<Connection> db = open(way);
  const std::unique_ptr<Series> series = make_sql_series();
  const std::string body(static_cast<std::size_t>(kBodyBytes), '\x5A');
  const pid_t server = way == kSqlite ? 0 : stage()->server->pid();
  std::int64_t serial = 0;
  const double here = cpu_seconds_here();
  const double there = cpu_seconds_of(server);
  for (auto _ : state) {
    if (const Status done = store(*db, *series, n, serial, body); !done.ok()) {
      state.SkipWithError(done.error().what.c_str());
      break;
    }
  }
  const auto rows = static_cast<double>(serial);
  state.SetItemsProcessed(serial);
  state.counters["client_us"] = (cpu_seconds_here() - here) * 1e6 / rows;
  state.counters["server_us"] = (cpu_seconds_of(server) - there) * 1e6 / rows;
  constexpr const char* kNames[] = {"SQLite", "MariaDB TLS, arrays", "MariaDB TLS, wide inserts"};
  state.SetLabel(kNames[way]);
}

}  // namespace
}  // namespace yagura::db

int main(int argc, char** argv) {
  using namespace yagura::db;
  benchmark::Initialize(&argc, argv);
  Stage whole_run;
  stage() = &whole_run;
  const bool mariadb = TestServer::installed();
  if (!mariadb) std::fprintf(stderr, "db_bench: MariaDB is not installed, SQLite alone\n");
  for (const Way way : {kSqlite, kArrays, kWide}) {
    if (way != kSqlite && !mariadb) continue;
    for (const std::int64_t n : {50, 100, 200, 500, 1000}) {
      benchmark::RegisterBenchmark("store_reports", store_reports)
          ->Args({way, n})
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
}
