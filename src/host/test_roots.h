// Recorded hosts for the tests of this folder (tests/fixtures/host).
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "host/root.h"

namespace yagura::host {

inline Root fixture(const std::string& name) {
  auto root = Root::open(std::string(YAGURA_SOURCE_DIR) + "/tests/fixtures/host/" + name);
  EXPECT_TRUE(root.ok()) << root.error().what;
  return std::move(root).value();
}

}  // namespace yagura::host
