#include "tentacle/spool_writer.h"

#include <condition_variable>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include "tentacle/spool_folder.h"
#include "tentacle/transport_test_support.h"

namespace yagura::tentacle {
namespace {

class Collector {
 public:
  void take(std::vector<StoreJob> jobs) {
    auto all = jobs_.lock();
    for (StoreJob& job : jobs)
      all->push_back(std::move(job));
    changed_.notify_all();
  }
  /// Waits until `count` jobs are back; their outcomes by name.
  std::vector<std::pair<std::string, StoreOutcome>> wait(std::size_t count) {
    auto all = jobs_.lock();
    EXPECT_TRUE(
        all.wait_for(changed_, std::chrono::seconds(20), [&] { return all->size() >= count; }));
    std::vector<std::pair<std::string, StoreOutcome>> out;
    for (const StoreJob& job : *all)
      out.emplace_back(job.envelope.name, job.outcome);
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  Guarded<std::vector<StoreJob>> jobs_;
  std::condition_variable changed_;
};

struct Fixture : TestFolder {
  Collector collector;
  std::unique_ptr<SpoolWriter> writer;

  explicit Fixture(SpoolOptions options = {}) {
    std::filesystem::create_directories(path() / "in");
    std::filesystem::create_directories(path() / "out/conf");
    open(std::move(options));
  }
  void open(SpoolOptions options) {
    options.incoming = *this / "in";
    options.outgoing = *this / "out";
    options.min_free_percent = 0;
    auto opened = SpoolWriter::open(
        options, [this](std::vector<StoreJob> jobs) { collector.take(std::move(jobs)); });
    ASSERT_TRUE(opened.ok()) << opened.error().what;
    writer = std::move(*opened);
  }
  void submit(const std::string& name, const std::string& bytes,
              const std::string& publish = "") const {
    StoreJob job;
    job.envelope.id = SystemRandom().hex(16);
    job.envelope.received = SystemClock().now();
    job.envelope.peer = "127.0.0.1";
    job.envelope.name = name;
    job.publish_directory = publish;
    ASSERT_TRUE(job.payload.append(bytes, writer->temporary()).ok());
    ASSERT_TRUE(writer->submit(std::move(job)));
  }
  [[nodiscard]] std::size_t files() const {
    std::size_t n = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path() / "in")) {
      if (entry.is_regular_file()) ++n;
    }
    return n;
  }
};

using Outcomes = std::vector<std::pair<std::string, StoreOutcome>>;

TEST(SpoolWriter, OneBatchOfManyNames) {
  Fixture f;
  for (int i = 0; i < 100; ++i)
    f.submit(std::to_string(i) + ".data", "abc");
  f.writer->start();  // everything waits already: batches of many
  const auto outcomes = f.collector.wait(100);
  for (const auto& [name, outcome] : outcomes)
    EXPECT_EQ(outcome, StoreOutcome::kStored) << name;
  EXPECT_EQ(f.files(), 100U);
  EXPECT_EQ(f.writer->state().items, 100U);
  EXPECT_EQ(f.writer->state().bytes, 300U);
}

TEST(SpoolWriter, TwinsInOneBatch) {
  Fixture f;
  f.submit("a.data", "abc");
  f.submit("a.data", "abc");
  f.submit("a.data", "xyz");
  f.writer->start();
  EXPECT_EQ(f.collector.wait(3), (Outcomes{{"a.data", StoreOutcome::kStored},
                                           {"a.data", StoreOutcome::kRepeated},
                                           {"a.data", StoreOutcome::kExists}}));
  EXPECT_EQ(f.files(), 1U);
}

TEST(SpoolWriter, QuotaHoldsWithinABatch) {
  SpoolOptions options;
  options.max_items = 2;
  Fixture f(options);
  for (const char* name : {"a", "b", "c"})
    f.submit(name, "abc");
  f.writer->start();
  const auto outcomes = f.collector.wait(3);
  EXPECT_EQ(std::count_if(outcomes.begin(), outcomes.end(),
                          [](const auto& o) { return o.second == StoreOutcome::kStored; }),
            2);
  EXPECT_EQ(std::count_if(outcomes.begin(), outcomes.end(),
                          [](const auto& o) { return o.second == StoreOutcome::kNoRoom; }),
            1);
  f.writer->refresh();
  EXPECT_FALSE(f.writer->has_room());
  for (const auto& entry : std::filesystem::directory_iterator(f.path() / "in")) {
    if (entry.is_regular_file()) std::filesystem::remove(entry);
  }
  f.writer->refresh();
  EXPECT_TRUE(f.writer->has_room()) << "what the data server takes makes room";
}

TEST(SpoolWriter, BytesAreAQuotaToo) {
  SpoolOptions options;
  options.max_bytes = 5;
  Fixture f(options);
  f.writer->start();
  f.submit("a", "abc");
  f.collector.wait(1);
  f.submit("b", "abc");
  EXPECT_EQ(f.collector.wait(2)[1],
            (std::pair<std::string, StoreOutcome>{"b", StoreOutcome::kNoRoom}));
}

TEST(SpoolWriter, UnwritableSpoolFails) {
  Fixture f;
  f.writer->start();
  std::filesystem::remove_all(f.path() / "in/.tmp");
  f.submit("a", "abc");
  EXPECT_EQ(f.collector.wait(1)[0].second, StoreOutcome::kFailed);
  EXPECT_EQ(f.files(), 0U);
  EXPECT_EQ(f.writer->state().items, 0U);
}

TEST(SpoolWriter, StopStoresWhatWaits) {
  Fixture f;
  for (int i = 0; i < 50; ++i)
    f.submit(std::to_string(i), "abc");
  f.writer->start();
  f.writer->stop();
  EXPECT_EQ(f.files(), 50U);
  EXPECT_EQ(f.collector.wait(50).size(), 50U);
}

TEST(SpoolWriter, RepeatedNamesMayBeAllowed) {
  SpoolOptions options;
  options.accept_same_name = true;
  Fixture f(options);
  f.writer->start();
  f.submit("a.conf", "abc");
  f.submit("a.conf", "xyz");
  f.collector.wait(2);
  EXPECT_EQ(f.files(), 2U);
}

TEST(SpoolWriter, LargePayloadsComeWhole) {
  Fixture f;
  f.writer->start();
  std::string bytes;
  while (bytes.size() < 3 * Payload::kMemoryBytes)
    bytes += std::to_string(bytes.size());
  StoreJob job;
  job.envelope.id = SystemRandom().hex(16);
  job.envelope.received = SystemClock().now();
  job.envelope.peer = "127.0.0.1";
  job.envelope.name = "big.data";
  for (std::size_t at = 0; at < bytes.size(); at += 1000) {
    ASSERT_TRUE(job.payload.append(bytes.substr(at, 1000), f.writer->temporary()).ok());
  }
  ASSERT_TRUE(f.writer->submit(std::move(job)));
  f.collector.wait(1);
  for (const auto& entry : std::filesystem::directory_iterator(f.path() / "in")) {
    if (!entry.is_regular_file()) continue;
    const std::string file = f.read("in/" + entry.path().filename().string());
    const auto parsed = parse_header(file);
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(file.substr(parsed->payload_offset), bytes);
    EXPECT_TRUE(verify_payload(parsed->envelope, bytes).ok());
  }
}

TEST(SpoolWriter, ClearsWhatCrashedWritersLeft) {
  TestFolder folder;
  std::filesystem::create_directories(folder.path() / "in/.tmp/dead");
  std::filesystem::create_directories(folder.path() / "in/.tmp/alive");
  folder.write("in/.tmp/dead/half.item", "half");
  folder.write("in/.tmp/alive/half.item", "half");
  const UniqueFd alive(::open((folder / "in/.tmp/alive").c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_EQ(::flock(alive.get(), LOCK_EX), 0);
  SpoolOptions options;
  options.incoming = folder / "in";
  auto writer = SpoolWriter::open(options, [](std::vector<StoreJob>) {});
  ASSERT_TRUE(writer.ok());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "in/.tmp/dead"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "in/.tmp/alive/half.item"))
      << "another daemon's";
}

TEST(SpoolFolder, RecognisesItemNames) {
  EXPECT_TRUE(is_item_name("000660d436f3bd66-891878952cca9f1d3767b120d5d1dd52.item"));
  for (const char* name :
       {".tmp", "a.item", "000660d436f3bd66-891878952cca9f1d3767b120d5d1dd52.itex",
        "000660d436f3bd66x891878952cca9f1d3767b120d5d1dd52.item"}) {
    EXPECT_FALSE(is_item_name(name)) << name;
  }
}

}  // namespace
}  // namespace yagura::tentacle
