// What reading, writing and packing reports costs. Prints microseconds a document; passes no
// judgement.
//
// The documents look like those of a Unix agent with 40 modules (about 11 kB). With
// YAGURA_BENCH_DOCUMENTS=<folder> the files of a folder are read as well.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/file.h"
#include "report/reader.h"
#include "report/sample_codec.h"
#include "report/writer.h"
#include "text/encoding.h"
#include "text/numbers.h"
#include "text/xml.h"
#include "text/xml_scan.h"

namespace {

using namespace yagura;

constexpr Micros kNow = 1'700'000'000 * kSecond;

std::string module_xml(int i) {
  const std::string n = std::to_string(i);
  std::string xml = "<module>\n\t<name><![CDATA[Disk_Latency_" + n +
                    "]]></name>\n\t<description><![CDATA[synthetic Disk_Latency_" + n +
                    "]]></description>\n";
  if (i % 10 == 0) {
    return xml +
           "\t<type>generic_data_string</type>\n\t<module_group>General</module_group>\n"
           "\t<data><![CDATA[state idle 2 of host bench-000017]]></data>\n</module>\n";
  }
  if (i % 7 == 0) {
    return xml +
           "\t<type>generic_proc</type>\n\t<module_group>System</module_group>\n"
           "\t<data><![CDATA[1]]></data>\n</module>\n";
  }
  xml +=
      "\t<type>generic_data</type>\n\t<unit><![CDATA[ms]]></unit>\n"
      "\t<module_group>Performance</module_group>\n";
  if (i % 3 == 0) {
    xml +=
        "\t<min_warning><![CDATA[20]]></min_warning>\n\t<max_warning><![CDATA[60]]></max_warning>\n"
        "\t<min_critical><![CDATA[60]]></min_critical>\n\t<max_critical><![CDATA[0]]></"
        "max_critical>\n";
  }
  return xml + "\t<data><![CDATA[" + std::to_string(i * 3) + ".27]]></data>\n</module>\n";
}

std::string document() {
  std::string xml =
      "<?xml version='1.0' encoding='UTF-8'?>\n<agent_data description='' group='Servers' "
      "os_name='Linux' os_version='Debian GNU/Linux 12' interval='300' version='7.0NG.776' "
      "timestamp='2023/11/14 22:13:20' agent_name='bench-000017' agent_alias='bench-000017' "
      "timezone_offset='0' custom_id='' url_address='' address='10.0.0.17' agent_mode='1'>\n";
  for (int i = 0; i < 40; ++i)
    xml += module_xml(i);
  return xml + "</agent_data>\n";
}

report::ReadOptions options() {
  report::ReadOptions o;
  o.now = o.received = kNow;
  return o;
}

void read_all(benchmark::State& state, const std::vector<std::string>& documents) {
  report::Reader reader;
  std::size_t next = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string& document = documents[next++ % documents.size()];
    auto result = reader.read(document, options());
    if (!std::holds_alternative<report::AgentReport>(result)) state.SkipWithError("refused");
    benchmark::DoNotOptimize(result);
    bytes += document.size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void BM_ReadDocument(benchmark::State& state) {
  read_all(state, {document()});
}
BENCHMARK(BM_ReadDocument)->Unit(benchmark::kMicrosecond);

void BM_ReadShiftJisDocument(benchmark::State& state) {
  std::string xml = document();
  xml.replace(xml.find("UTF-8"), 5, "Shift_JIS");
  read_all(state, {xml});
}
BENCHMARK(BM_ReadShiftJisDocument)->Unit(benchmark::kMicrosecond);

void BM_ReadFolder(benchmark::State& state) {
  const char* folder = std::getenv("YAGURA_BENCH_DOCUMENTS");
  std::vector<std::string> documents;
  if (folder != nullptr) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      auto bytes = read_file(entry.path(), report::kMaxDocumentBytes);
      if (bytes.ok()) documents.push_back(std::move(bytes).value());
    }
  }
  if (documents.empty()) return state.SkipWithError("YAGURA_BENCH_DOCUMENTS names no documents");
  read_all(state, documents);
}
BENCHMARK(BM_ReadFolder)->Unit(benchmark::kMicrosecond);

class Ignore final : public text::XmlHandler {
 public:
  bool on_start(std::string_view /*name*/, std::span<const text::XmlAttribute> /*a*/) override {
    return true;
  }
  void on_end() override {}
  void on_text(std::string_view /*piece*/) override {}
};

/// The XML readers alone: what is left of BM_ReadDocument is ours.
void BM_ExpatOnly(benchmark::State& state) {
  const std::string xml = document();
  text::XmlParser parser;
  Ignore ignore;
  for (auto _ : state) {
    auto failure = parser.parse(xml, ignore, {});
    benchmark::DoNotOptimize(failure);
  }
}
BENCHMARK(BM_ExpatOnly)->Unit(benchmark::kMicrosecond);

void BM_ScanOnly(benchmark::State& state) {
  const std::string xml = document();
  Ignore ignore;
  for (auto _ : state) {
    if (text::scan_xml(xml, ignore, {}) != text::XmlScan::kDone) state.SkipWithError("unsure");
  }
}
BENCHMARK(BM_ScanOnly)->Unit(benchmark::kMicrosecond);

void BM_WriteDocument(benchmark::State& state) {
  auto read = report::read(document(), options());
  const auto& parsed = std::get<report::AgentReport>(read);
  for (auto _ : state) {
    auto xml = report::write(parsed);
    benchmark::DoNotOptimize(xml);
  }
}
BENCHMARK(BM_WriteDocument)->Unit(benchmark::kMicrosecond);

std::vector<report::PackedSample> forty_samples() {
  std::vector<report::PackedSample> samples;
  for (std::uint32_t i = 0; i < 40; ++i)
    samples.push_back({i, (2017 + 1311 * i) / 100.0});
  return samples;
}

void BM_EncodeSamples(benchmark::State& state) {
  const auto samples = forty_samples();
  for (auto _ : state) {
    auto body = report::encode_samples(samples);
    benchmark::DoNotOptimize(body);
  }
  state.counters["bytes"] = static_cast<double>(report::encode_samples(samples).size());
}
BENCHMARK(BM_EncodeSamples);

void BM_DecodeSamples(benchmark::State& state) {
  const std::string body = report::encode_samples(forty_samples());
  for (auto _ : state) {
    report::SampleDecoder decoder(body);
    double sum = 0;
    while (const auto sample = decoder.next())
      sum += sample->value;
    benchmark::DoNotOptimize(sum);
  }
}
BENCHMARK(BM_DecodeSamples);

void BM_ParseValue(benchmark::State& state) {
  for (auto _ : state) {
    auto value = text::parse_value("4182.03");
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(BM_ParseValue);

}  // namespace

BENCHMARK_MAIN();
