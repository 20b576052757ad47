#include "setup/describe.h"

#include <algorithm>
#include <cstdlib>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"

namespace yagura::setup {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kStatus =
    "Name:\tyagura-tentacle\nPPid:\t17\nUid:\t0\t998\t998\t998\nGid:\t0\t997\t997\t997\n"
    "CapEff:\t0000000000000400\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";

TEST(ProcessStatus, TakesEffectiveRights) {
  const auto status = parse_process_status(kStatus);
  ASSERT_TRUE(status.ok()) << status.error().what;
  EXPECT_EQ(status->parent, 17);
  EXPECT_EQ(status->uid, 998U);
  EXPECT_EQ(status->gid, 997U);
  EXPECT_EQ(capability_names(status->capabilities), "net_bind_service");
  EXPECT_TRUE(status->no_new_privs);
  EXPECT_EQ(status->seccomp, 2);
}

TEST(ProcessStatus, AMissingLineIsNoAnswer) {
  for (const std::string line : {"Uid:", "CapEff:", "NoNewPrivs:", "Seccomp:"}) {
    std::string text = kStatus;
    text.replace(text.find(line), line.size(), "Other:");
    const auto status = parse_process_status(text);
    ASSERT_FALSE(status.ok()) << line;
    EXPECT_THAT(status.error().what, HasSubstr(line));
  }
}

TEST(Capabilities, NamesOrNone) {
  EXPECT_EQ(capability_names(0), "none");
  EXPECT_EQ(capability_names(1U | 1U << 21U), "chown, sys_admin");
  EXPECT_EQ(capability_names(1ULL << 63U), "63");
}

TEST(Listening, OnlyWaitingSocketsOfTheProcess) {
  constexpr const char* kTcp =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:A0A1 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 "
      "41 1 0\n"
      "   1: 0100007F:A0A1 0100007F:C001 01 00000000:00000000 00:00000000 00000000   998        0 "
      "42 1 0\n"
      "   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "43 1 0\n"
      "nonsense\n";
  std::vector<ListeningSocket> out;
  add_listening(kTcp, "tcp", {41, 42}, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].address, "127.0.0.1");
  EXPECT_EQ(out[0].port, 41121);
}

TEST(Listening, OtherTables) {
  std::vector<ListeningSocket> out;
  add_listening(
      "  0: 00000000000000000000000001000000:20FB 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000 998 0 7 1 0\n",
      "tcp6", {7}, out);
  add_listening(
      "  0: 00000000:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 8 2 0\n"
      "  1: 0100007F:9000 0100007F:0035 01 00000000:00000000 00:00000000 00000000 0 0 9 2 0\n",
      "udp", {8, 9}, out);
  add_listening(
      "0: 00000002 00000000 00010000 0001 01 10 /run/x.sock\n"
      "1: 00000003 00000000 00000000 0001 03 11 /run/x.sock\n",
      "unix", {10, 11}, out);
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].address, "::1");
  EXPECT_EQ(out[0].port, 8443);
  EXPECT_EQ(out[1].port, 514);
  EXPECT_EQ(out[2].address, "/run/x.sock");
}

/// A listening socket on a port of the kernel's choice.
UniqueFd listen_somewhere(std::uint16_t& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(fd.get(), 1), 0);
  EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  port = ntohs(address.sin_port);
  return fd;
}

TEST(Descriptors, OfThisVeryProcess) {
  std::string folder = testing::TempDir() + "describe-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto directory = Directory::open(folder);
  ASSERT_TRUE(directory.ok());
  const auto file = directory->open_file("data", O_RDWR | O_CREAT, 0640);
  ASSERT_TRUE(file.ok());
  std::uint16_t port = 0;
  const UniqueFd socket = listen_somewhere(port);

  const auto seen = read_descriptors(::getpid());
  ASSERT_TRUE(seen.ok()) << seen.error().what;
  const auto listens = [&](const ListeningSocket& s) {
    return s.protocol == "tcp" && s.address == "127.0.0.1" && s.port == port;
  };
  EXPECT_EQ(std::count_if(seen->listening.begin(), seen->listening.end(), listens), 1);
  const auto find = [&](const std::string& path) {
    return std::find_if(seen->files.begin(), seen->files.end(),
                        [&](const OpenFile& f) { return f.path == path; });
  };
  ASSERT_NE(find(folder), seen->files.end());
  EXPECT_TRUE(find(folder)->folder);
  ASSERT_NE(find(folder + "/data"), seen->files.end());
  EXPECT_TRUE(find(folder + "/data")->writable);
  EXPECT_EQ(find(folder + "/data")->mode & 0137U, 0U);
  EXPECT_EQ(find(folder + "/data")->account, account_name(::geteuid(), ::getegid()));

  ASSERT_TRUE(directory->remove("data").ok());
  const auto later = read_descriptors(::getpid());
  ASSERT_TRUE(later.ok());
  const auto gone = std::find_if(later->files.begin(), later->files.end(),
                                 [&](const OpenFile& f) { return f.path == folder + "/data"; });
  ASSERT_NE(gone, later->files.end());
  EXPECT_TRUE(gone->removed);
  ::rmdir(folder.c_str());
}

TEST(Describe, WhatCannotBeSeenIsSaidAndNeverEmpty) {
  Component c;
  c.name = "yagura-console";
  c.pid = 7;
  c.status = parse_process_status(kStatus);
  c.executable = std::string("/usr/bin/yagura-console");
  c.descriptors = Error{ErrorCode::kDenied, "root only"};
  c.certificates.emplace_back(Error{ErrorCode::kNotFound, "/x.pem: no such file"});
  const std::string text = render({c});
  EXPECT_THAT(text, HasSubstr("not assessed: root only"));
  EXPECT_THAT(text, Not(HasSubstr("on nothing")));
  EXPECT_THAT(render_json({c}), HasSubstr(R"("listening":null)"));
  EXPECT_THAT(render_json({c}), HasSubstr(R"({"fact":"descriptors","reason":"root only"})"));
  EXPECT_EQ(exit_status({c}), 2);
  c.descriptors = OpenDescriptors{};
  c.certificates.clear();
  EXPECT_THAT(render({c}), HasSubstr("on nothing"));
  EXPECT_EQ(exit_status({c}), 0);
}

TEST(Describe, NamesOfFilesDoNotSteerTheTerminal) {
  Component c;
  c.name = "x";
  c.pid = 7;
  c.descriptors = OpenDescriptors{{}, {{"/tmp/\x1b[2Ja\n", false, false, false, "a:a", 0600}}};
  EXPECT_THAT(render({c}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render({c}), HasSubstr("/tmp/?[2Ja?"));
}

}  // namespace
}  // namespace yagura::setup
