// Cost of the monitoring rules for one report of 40 modules (goal: 320,000 samples a second with
// everything else, so a sample may cost at most about 2 µs here).
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "monitor/module_config.h"
#include "monitor/state.h"
#include "monitor/state_codec.h"
#include "monitor/unknown.h"

namespace {

using namespace yagura;
using namespace yagura::monitor;

constexpr std::size_t kModules = 40;
constexpr Micros kStart = 1'709'251'200 * kSecond;

/// One agent as ingestion holds it: 34 numbers, 2 counters, 4 texts with expressions.
struct Agent {
  std::vector<ModuleConfig> configs;
  std::vector<SlotState> states;
  std::vector<report::ModuleReport> report;

  Agent() {
    const std::vector<std::string> tags;
    for (std::size_t i = 0; i < kModules; ++i) {
      report::ModuleReport module;
      module.name = "module number " + std::to_string(i);
      module.description = "What this module of the example measures, in one sentence";
      module.type = i < 34 ? "generic_data" : i < 36 ? "generic_data_inc" : "generic_data_string";
      module.min_warning = "90";
      module.max_warning = "95";
      module.min_critical = "95";
      module.str_critical = "ERROR|FATAL";
      module.min_ff_event = i % 2 == 0 ? "0" : "2";
      module.samples.push_back({"", std::nullopt});
      NewModule created = config_from_report(module, {tags, tags}, {});
      states.push_back({static_cast<std::uint32_t>(i), initial_state(created.config.type)});
      configs.push_back(std::move(created.config));
      report.push_back(std::move(module));
    }
  }

  void values(std::size_t round) {
    for (std::size_t i = 0; i < kModules; ++i) {
      report[i].samples[0].value = i < 34   ? std::to_string(20 + (round + i) % 7) + ".25"
                                   : i < 36 ? std::to_string(round * 1000)
                                            : "service is running since " + std::to_string(i);
    }
  }
};

void apply_report(benchmark::State& bench) {
  Agent agent;
  std::size_t round = 0;
  std::size_t changes = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    agent.values(++round);
    bench.ResumeTiming();
    const Micros now = kStart + static_cast<Micros>(round) * 300 * kSecond;
    for (std::size_t i = 0; i < kModules; ++i) {
      const SampleInput sample = sample_of(agent.report[i], 0, agent.configs[i].type, now);
      const Outcome outcome = apply_sample(agent.configs[i], agent.states[i].state, sample,
                                           {.received = now, .time = {}});
      changes += outcome.change ? 1U : 0U;
    }
  }
  benchmark::DoNotOptimize(changes);
  bench.SetItemsProcessed(bench.iterations() * static_cast<std::int64_t>(kModules));
}

void update_known_modules(benchmark::State& bench) {
  Agent agent;
  std::size_t changes = 0;
  for (auto _ : bench) {
    for (std::size_t i = 0; i < kModules; ++i)
      changes += update_from_report(agent.configs[i], agent.report[i], 300).changes.size();
  }
  benchmark::DoNotOptimize(changes);
  bench.SetItemsProcessed(bench.iterations() * static_cast<std::int64_t>(kModules));
}

void sweep_modules(benchmark::State& bench) {
  Agent agent;
  for (SlotState& entry : agent.states)
    entry.state.received = kStart;
  for (auto _ : bench) {
    for (std::size_t i = 0; i < kModules; ++i)
      benchmark::DoNotOptimize(next_deadline(agent.configs[i], agent.states[i].state, {}, {}));
  }
  bench.SetItemsProcessed(bench.iterations() * static_cast<std::int64_t>(kModules));
}

/// A state after some reports, as the codec meets it.
Agent lived() {
  Agent agent;
  for (std::size_t round = 1; round < 10; ++round) {
    agent.values(round);
    const Micros now = kStart + static_cast<Micros>(round) * 300 * kSecond;
    for (std::size_t i = 0; i < kModules; ++i)
      apply_sample(agent.configs[i], agent.states[i].state,
                   sample_of(agent.report[i], 0, agent.configs[i].type, now),
                   {.received = now + 1'234'567, .time = {}});
  }
  return agent;
}

void encode_40(benchmark::State& bench) {
  const Agent agent = lived();
  std::string out;
  for (auto _ : bench) {
    out.clear();
    encode_states(std::span<const SlotState>(agent.states), out);
    benchmark::DoNotOptimize(out.data());
  }
  bench.counters["bytes"] = static_cast<double>(out.size());
}

void decode_40(benchmark::State& bench) {
  std::string bytes;
  encode_states(std::span<const SlotState>(lived().states), bytes);
  std::vector<SlotState> states;
  for (auto _ : bench)
    benchmark::DoNotOptimize(decode_states(bytes, states).ok());
}

BENCHMARK(apply_report);
BENCHMARK(update_known_modules);
BENCHMARK(sweep_modules);
BENCHMARK(encode_40);
BENCHMARK(decode_40);

}  // namespace

BENCHMARK_MAIN();
