#include "host/processes.h"

#include <gmock/gmock.h>

#include "host/test_roots.h"

namespace yagura::host {
namespace {

std::vector<int> pids(const std::vector<Process>& list) {
  std::vector<int> out;
  for (const Process& p : list)
    out.push_back(p.pid);
  return out;
}

TEST(Processes, CountsAndLeavesOutWhatEnded) {
  const auto table = read_processes(fixture("debian12-vm"));
  ASSERT_TRUE(table.ok());
  EXPECT_TRUE(table->visible_all);
  const ProcessCounts counts = count_processes(*table);
  EXPECT_EQ(counts.total, 7U);
  EXPECT_EQ(counts.running, 1U);
  EXPECT_EQ(counts.zombies, 1U);
  EXPECT_EQ(counts.threads, 19U);
}

TEST(Processes, NamesMayHoldParenthesesAndLineEnds) {
  const auto p = parse_process(
      "803 (a) R 1 (b\nc) S 1 1 1 0 -1 4194560 100 0 0 0 3 4 0 0 20 0 6 0 2200 100000 10 1 0 0\n");
  ASSERT_TRUE(p.ok());
  EXPECT_EQ(p->name, "a) R 1 (b\nc");
  EXPECT_EQ(p->state, 'S');
  EXPECT_EQ(p->parent, 1);
  EXPECT_EQ(p->cpu_ticks, 7U);
  EXPECT_EQ(p->threads, 6U);
  EXPECT_EQ(p->start_ticks, 2200U);
  EXPECT_EQ(p->rss_pages, 10U);
  for (const char* bad : {"", "1", "1 (a", "1 (a) S", "x (a) S 1 1 1", ")1 (", "1 (a) SS 1"}) {
    EXPECT_FALSE(parse_process(bad).ok()) << bad;
  }
}

TEST(Processes, FoundByWholeCommandLine) {
  const Root root = fixture("debian12-vm");
  const auto table = read_processes(root);
  EXPECT_THAT(pids(find_by_command_line(root, *table, "/usr/sbin/mariadbd")),
              testing::ElementsAre(700));
  EXPECT_THAT(pids(find_by_command_line(root, *table, "/sbin/init splash")),
              testing::ElementsAre(1));
  EXPECT_TRUE(find_by_command_line(root, *table, "/sbin/init").empty());
  EXPECT_TRUE(find_by_command_line(root, *table, "").empty());
}

TEST(Processes, FoundByNameEvenWhenTheKernelCutIt) {
  const Root root = fixture("debian12-vm");
  const auto table = read_processes(root);
  EXPECT_THAT(pids(find_by_name(root, *table, "sshd")), testing::ElementsAre(640));
  EXPECT_THAT(pids(find_by_name(root, *table, "very-long-process-name")),
              testing::ElementsAre(801));
  EXPECT_TRUE(find_by_name(root, *table, "very-long-process-other").empty());
  EXPECT_TRUE(find_by_name(root, *table, "ssh").empty());
}

TEST(Processes, HiddenProcessesAreSaid) {
  EXPECT_EQ(read_processes(fixture("empty")).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace yagura::host
