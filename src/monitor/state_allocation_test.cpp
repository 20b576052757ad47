// The sample path of numbers allocates nothing: this file counts every allocation of the program.
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include "monitor/rules_test_util.h"
#include "monitor/unknown.h"

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace yagura::monitor {
namespace {

using testing::at;
using testing::Fed;

std::size_t allocated_by(const auto& work) {
  const std::size_t before = allocations;
  work();
  return allocations - before;
}

TEST(Allocations, TheCounterCounts) {
  std::string text;
  EXPECT_EQ(allocated_by([&text] { text.assign(100, 'x'); }), 1U);
}

TEST(Allocations, NoneForNumbersAndCounters) {
  for (const ModuleType type : {ModuleType::kGenericData, ModuleType::kGenericProc,
                                ModuleType::kAsyncData, ModuleType::kGenericDataInc}) {
    Fed fed(type);
    fed.config.critical = {50, 0};
    fed.config.min_ff = 1;
    EXPECT_EQ(allocated_by([&fed] {
                for (int i = 0; i < 60; ++i)
                  fed.feed(i % 7 < 4 ? "12,5" : "99.123", at(10, i));
                fed.feed("abc", at(11, 0));
                sweep(fed.config, fed.state, {}, {}, at(20, 0));
              }),
              0U)
        << traits(type).name;
  }
}

TEST(Allocations, NoneForAModuleThatDidNotChange) {
  report::ModuleReport module = testing::report_of("m", "1");
  module.type = "generic_data";
  module.description = "a description that does not fit into a small string";
  module.min_warning = "5";
  ModuleConfig config = config_from_report(module, {}, {}).config;
  EXPECT_EQ(allocated_by([&] { EXPECT_FALSE(update_from_report(config, module, 300).any()); }), 0U);
}

TEST(Allocations, NoneForATextThatDidNotChange) {
  Fed fed(ModuleType::kGenericDataString);
  const std::string text = "a text that does not fit into a small string";
  fed.feed(text, at(10, 0));
  EXPECT_EQ(allocated_by([&] { fed.feed(text, at(10, 1)); }), 0U);
}

}  // namespace
}  // namespace yagura::monitor
