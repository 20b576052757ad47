// Measures ingestion end to end: spool items on disk -> rows in a database, everything included.
//
//   ingest_bench --folder /var/tmp/x --agents 2000 --modules 40 --rounds 5
//   ingest_bench --folder /var/tmp/x --socket /run/mysqld/mysqld.sock --user u --database d
//                --database-pid 1234 --rounds 5 --half
//
// Round 0 makes the agents ("new"), the other rounds are reports of known agents. The documents are
// written beside the spool first and moved in by rename, so that writing them is not measured.
// --half sends a last round at half of the rate just measured and tells the delays.
// Prints one JSON line per phase; never passes or fails.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "db/connection.h"
#include "db/migrations.h"
#include "monitor/ingestor.h"
#include "tentacle/spool_envelope.h"
#include "text/numbers.h"

namespace {

using yagura::Micros;

struct Options {
  std::string folder = "/tmp/yagura-ingest-bench";
  int agents = 2000;
  int modules = 40;
  int rounds = 4;
  int threads = 2;
  int batch = 192;
  bool half = false;
  int inventory_every = 0;
  yagura::db::Options database;
  int database_pid = 0;
};

/// One module of the usual mix: 70 % numbers, 15 % booleans, 10 % texts, 5 % counters.
struct Plan {
  enum Kind { kNumber, kBoolean, kText, kCounter } kind = kNumber;
  std::string name;
  double base = 0;
  double swing = 0;
  double warning = 0;
  double critical = 0;
};

std::vector<Plan> plan_of(int agent, int modules) {
  static const struct {
    const char* name;
    double base, swing, warning, critical;
  } kNumbers[] = {{"CPU_User", 22, 9, 70, 90},
                  {"CPU_IOWait", 4, 3, 10, 16},
                  {"Load_Average", 1.2, 0.8, 4, 8},
                  {"Memory_Used", 61, 6, 80, 92},
                  {"Swap_Used", 9, 4, 40, 70},
                  {"Disk_Used", 58, 2, 80, 95},
                  {"Disk_Latency", 3.5, 2.5, 20, 60},
                  {"Net_In", 4200, 1900, 60000, 90000},
                  {"TCP_Connections", 140, 60, 800, 1500},
                  {"Processes", 210, 25, 600, 900}};
  std::mt19937_64 random(static_cast<std::uint64_t>(agent) * 7919 + 1);
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<Plan> out;
  for (int i = 0; i < modules; ++i) {
    const int place = i * 7 % 20;
    Plan plan;
    if (place < 14) {
      const auto& model = kNumbers[static_cast<std::size_t>(i) % std::size(kNumbers)];
      plan = {Plan::kNumber, model.name, model.base * (0.8 + 0.4 * unit(random)),
              model.swing,   0,          0};
      if (unit(random) < 0.35) {
        plan.warning = model.warning;
        plan.critical = model.critical;
      }
    } else if (place < 17) {
      plan = {Plan::kBoolean, "Service", 0, 0, 0, 0};
    } else if (place < 19) {
      plan = {Plan::kText, "State_Text", 0, 0, 0, 0};
    } else {
      plan = {Plan::kCounter, "Packets", 50 + 5000 * unit(random), 0, 0, 0};
    }
    plan.name += "_" + std::to_string(i);
    out.push_back(plan);
  }
  return out;
}

std::string stamp_text(Micros when) {
  const std::time_t seconds = static_cast<std::time_t>(when / yagura::kSecond);
  std::tm tm{};
  ::gmtime_r(&seconds, &tm);
  char buffer[64];
  std::strftime(buffer, sizeof buffer, "%Y/%m/%d %H:%M:%S", &tm);
  return buffer;
}

std::string value_of(const Plan& plan, std::mt19937_64& random, Micros when) {
  static const char* const kWords[] = {"ok", "idle", "busy"};
  std::uniform_real_distribution<double> unit(0, 1);
  std::normal_distribution<double> normal(0, 1);
  std::string out;
  switch (plan.kind) {
    case Plan::kNumber: {
      double value = plan.base + plan.swing * normal(random);
      const double chance = unit(random);
      if (plan.critical > 0 && chance < 0.01) {
        value = plan.critical * (1.02 + 0.1 * unit(random));
      } else if (plan.critical > 0 && chance < 0.03) {
        value = plan.warning + (plan.critical - plan.warning) * unit(random) * 0.9;
      }
      out = yagura::text::format_fixed(std::max(value, 0.0), 2);
      break;
    }
    case Plan::kBoolean:
      out = unit(random) < 0.0075 ? "0" : "1";
      break;
    case Plan::kText:
      out = std::string("state ") + kWords[random() % 3] + " " + std::to_string(random() % 4);
      break;
    case Plan::kCounter:
      out = yagura::text::format_fixed(
          plan.base * static_cast<double>(when / yagura::kSecond % 10'000'000) +
              static_cast<double>(random() % 4000),
          0);
      break;
  }
  return out;
}

std::string inventory(int agent, int round) {
  std::string out =
      "<inventory>\n<inventory_module>\n<name><![CDATA[Software]]></name>\n<datalist>\n";
  for (int p = 0; p < 600; ++p) {
    out += "<data><![CDATA[package-" + std::to_string(agent % 50) + "-" + std::to_string(p) +
           ";1." + std::to_string(p % 200 == round ? round : 0) +
           ";a package for general use]]></data>\n";
  }
  return out + "</datalist>\n</inventory_module>\n</inventory>\n";
}

std::string threshold(const std::string& element, double value) {
  return "\t<" + element + "><![CDATA[" + yagura::text::format_shortest(value) + "]]></" + element +
         ">\n";
}

std::string document(const Options& options, int agent, int round, Micros when) {
  const std::vector<Plan> plans = plan_of(agent, options.modules);
  std::mt19937_64 random(static_cast<std::uint64_t>(agent) * 1'000'003 +
                         static_cast<unsigned>(round));
  const std::string name = "bench-" + std::to_string(agent);
  std::string out =
      "<?xml version='1.0' encoding='UTF-8'?>\n<agent_data description='' "
      "group='Servers' os_name='Linux' os_version='Debian GNU/Linux 12' "
      "interval='300' version='7.0NG.776(Build 240328)' timestamp='" +
      stamp_text(when) + "' agent_name='" + name + "' agent_alias='" + name +
      "' timezone_offset='0' custom_id='' url_address='' address='10.1." +
      std::to_string(agent / 250 % 250) + "." + std::to_string(agent % 250) + "' agent_mode='1'>\n";
  static const char* const kTypes[] = {"generic_data", "generic_proc", "generic_data_string",
                                       "generic_data_inc"};
  for (const Plan& plan : plans) {
    out += "<module>\n\t<name><![CDATA[" + plan.name +
           "]]></name>\n\t<description><![CDATA[measured " + plan.name +
           "]]></description>\n\t<type>" + kTypes[plan.kind] + "</type>\n";
    if (plan.kind == Plan::kNumber) out += "\t<unit><![CDATA[%]]></unit>\n";
    out += "\t<module_group>System</module_group>\n";
    if (plan.critical > 0) {
      out += threshold("min_warning", plan.warning);
      out += threshold("max_warning", plan.critical);
      out += threshold("min_critical", plan.critical);
      out += "\t<max_critical><![CDATA[0]]></max_critical>\n";
    }
    out += "\t<data><![CDATA[" + value_of(plan, random, when) + "]]></data>\n</module>\n";
  }
  if (options.inventory_every > 0 && agent % options.inventory_every == 0) {
    out += inventory(agent, round);
  }
  return out + "</agent_data>\n";
}

/// Writes an item under a temporary name; its final name comes back.
std::string write_item(const std::string& folder, const std::string& payload, int agent,
                       Micros at) {
  static yagura::SystemRandom random;
  yagura::tentacle::Envelope envelope;
  envelope.id = random.hex(16);
  envelope.received = at;
  envelope.peer = "127.0.0.1";
  envelope.level = yagura::tentacle::Level::kTls;
  envelope.name = "bench-" + std::to_string(agent) + ".1.data";
  envelope.length = payload.size();
  envelope.sha256 = yagura::crypto::sha256_hex(payload);
  const std::string name = yagura::tentacle::file_name(envelope);
  std::FILE* file = std::fopen((folder + "/" + name).c_str(), "wb");
  const std::string header = yagura::tentacle::write_header(envelope);
  std::fwrite(header.data(), 1, header.size(), file);
  std::fwrite(payload.data(), 1, payload.size(), file);
  std::fclose(file);
  return name;
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double own_cpu() {
  struct rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const struct timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double process_cpu(int pid) {
  if (pid == 0) return 0;
  const auto text = yagura::read_file("/proc/" + std::to_string(pid) + "/stat", 65536);
  if (!text.ok()) return 0;
  const std::size_t at = text->rfind(')');
  long long user = 0;
  long long system = 0;
  std::sscanf(text->c_str() + at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld",
              &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

long resident_kb() {
  const auto text = yagura::read_file("/proc/self/status", 65536);
  long kb = 0;
  if (text.ok()) {
    if (const std::size_t at = text->find("VmRSS:"); at != std::string::npos) {
      kb = std::strtol(text->c_str() + at + 6, nullptr, 10);
    }
  }
  return kb;
}

void wait_for(yagura::monitor::Ingestor& ingestor, std::uint64_t items) {
  while (ingestor.status().counters.items < items) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

struct Bench {
  Options options;
  std::string incoming;
  std::string staging;
  yagura::SystemClock clock;
  std::unique_ptr<yagura::monitor::Ingestor> ingestor;
  std::uint64_t sent = 0;
  double rate = 0;

  void report(const char* phase, int items, double wall, double cpu, double database_cpu) {
    const auto status = ingestor->status();
    std::printf(
        "{\"phase\":\"%s\",\"files\":%d,\"files_per_s\":%.0f,\"samples_per_s\":%.0f,"
        "\"cpu_us_per_file\":%.1f,\"database_cpu_us_per_file\":%.1f,\"rss_mb\":%.1f,"
        "\"events\":%llu,\"invalid\":%llu,\"quarantined\":%llu,\"delay_p99_ms\":%.1f}\n",
        phase, items, items / wall, items * options.modules / wall, cpu * 1e6 / items,
        database_cpu * 1e6 / items, static_cast<double>(resident_kb()) / 1024.0,
        static_cast<unsigned long long>(status.counters.events),
        static_cast<unsigned long long>(status.counters.invalid_values),
        static_cast<unsigned long long>(status.counters.quarantined),
        static_cast<double>(status.delay_p99) / 1000.0);
    std::fflush(stdout);
  }

  std::vector<std::string> stage(int round) {
    std::vector<std::string> names;
    const Micros when = clock.now() - (options.rounds + 1 - round) * 300 * yagura::kSecond;
    for (int a = 0; a < options.agents; ++a) {
      names.push_back(write_item(staging, document(options, a, round, when), a, clock.now()));
    }
    return names;
  }

  void full_speed(int round) {
    const std::vector<std::string> names = stage(round);
    ::sync();
    const double cpu = own_cpu();
    const double database_cpu = process_cpu(options.database_pid);
    const double start = seconds_now();
    for (const std::string& name : names) {
      std::rename((staging + "/" + name).c_str(), (incoming + "/" + name).c_str());
    }
    sent += names.size();
    wait_for(*ingestor, sent);
    const double wall = seconds_now() - start;
    if (round > 0) rate = std::max(rate, options.agents / wall);
    report(round == 0 ? "new" : "known", options.agents, wall, own_cpu() - cpu,
           process_cpu(options.database_pid) - database_cpu);
  }

  void half_load(int round) {
    std::this_thread::sleep_for(std::chrono::seconds(61));  // the delays of before are forgotten
    const Micros when = clock.now();
    std::vector<std::string> documents;
    for (int a = 0; a < options.agents; ++a) {
      documents.push_back(document(options, a, round, when));
    }
    const double gap = 1.0 / (rate / 2);
    const double start = seconds_now();
    for (int a = 0; a < options.agents; ++a) {
      const double due = start + a * gap;
      while (seconds_now() < due)
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      const std::string name =
          write_item(staging, documents[static_cast<std::size_t>(a)], a, clock.now());
      std::rename((staging + "/" + name).c_str(), (incoming + "/" + name).c_str());
    }
    sent += documents.size();
    wait_for(*ingestor, sent);
    report("half_load", options.agents, seconds_now() - start, 0, 0);
  }
};

Options parse(int argc, char** argv) {
  Options out;
  out.database.tls = yagura::db::Options::Tls::kDisabled;
  std::map<std::string, std::string> given;
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    if (key == "--half") {
      out.half = true;
    } else if (i + 1 < argc) {
      given[key] = argv[++i];
    }
  }
  const auto number = [&](const char* key, int& value) {
    if (given.contains(key)) value = std::stoi(given[key]);
  };
  if (given.contains("--folder")) out.folder = given["--folder"];
  number("--agents", out.agents);
  number("--modules", out.modules);
  number("--rounds", out.rounds);
  number("--threads", out.threads);
  number("--batch", out.batch);
  number("--inventory-every", out.inventory_every);
  number("--database-pid", out.database_pid);
  if (given.contains("--socket")) {
    out.database.dialect = yagura::db::Dialect::kMariaDb;
    out.database.socket = given["--socket"];
    out.database.user = given["--user"];
    out.database.database = given["--database"];
  } else {
    out.database.path = out.folder + "/bench.db";
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  Bench bench;
  bench.options = parse(argc, argv);
  const Options& options = bench.options;
  bench.incoming = options.folder + "/incoming";
  bench.staging = options.folder + "/staging";
  for (const std::string& folder : {bench.incoming, bench.staging}) {
    if (!yagura::make_directories(folder, 0700).ok()) return 1;
  }
  const auto connect = [&] { return yagura::db::connect(options.database); };
  {
    auto db = connect();
    if (!db.ok() || !yagura::db::migrate(**db).ok()) {
      std::fprintf(stderr, "no database: %s\n", db.ok() ? "migration" : db.error().what.c_str());
      return 1;
    }
  }
  auto incoming = yagura::Directory::open(bench.incoming);
  auto quarantine = yagura::monitor::Quarantine::open(options.folder + "/quarantine", {});
  if (!incoming.ok() || !quarantine.ok()) return 1;
  yagura::monitor::IngestorOptions settings;
  settings.policy.creation.mode = yagura::monitor::AutoCreate::kOn;
  settings.policy.creation.max_per_hour = UINT32_MAX;
  settings.policy.creation.max_per_peer_per_hour = UINT32_MAX;
  settings.parse_threads = static_cast<std::size_t>(options.threads);
  settings.batch = static_cast<std::size_t>(options.batch);
  bench.ingestor = std::make_unique<yagura::monitor::Ingestor>(
      settings, std::move(incoming).value(), std::nullopt, std::move(quarantine).value(), connect,
      bench.clock);
  if (!bench.ingestor->start().ok()) return 1;
  for (int round = 0; round <= options.rounds; ++round)
    bench.full_speed(round);
  if (options.half) bench.half_load(options.rounds + 1);
  bench.ingestor->stop();
  return 0;
}
