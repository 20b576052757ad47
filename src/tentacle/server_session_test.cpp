// The server's half of the protocol against the conformance cases of the specification (§19) that
// need no socket, with a host that behaves like the reference's storage directory.
#include "tentacle/server_session.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tentacle/command.h"
#include "tentacle/file_filters.h"
#include "tentacle/zip.h"

namespace yagura::tentacle {
namespace {

/// A storage directory in memory; answers everything at once.
class Host {
 public:
  explicit Host(SessionRules rules = {}) : rules_(std::move(rules)), session_(rules_) {
    rules_.texts = RefusalTexts::kReference;
  }

  std::map<std::string, std::string> files;  // "conf/x.conf" -> bytes
  bool closed = false;
  ServerSession::End end = ServerSession::End::kQuit;

  /// Feeds one segment; returns what the server sends.
  std::string feed(std::string_view segment) {
    std::string_view input = segment;
    std::string out;
    for (;;) {
      const auto step = session_.next(input);
      if (step == ServerSession::Step::kGo) {
        out += session_.take_output() + body_;
        session_.sent();
        continue;
      }
      if (!handle(step)) break;
    }
    return out + session_.take_output();
  }
  ServerSession& session() { return session_; }

 private:
  bool handle(ServerSession::Step step) {
    using Step = ServerSession::Step;
    switch (step) {
      case Step::kNeedBytes:
      case Step::kWait:
        return false;
      case Step::kEnd:
        closed = true;
        end = session_.end();
        return false;
      case Step::kAuthenticated:
      case Step::kDeclined:
      case Step::kGo:
        return true;
      case Step::kOffered:
        if (files.contains(path(session_.request().name))) {
          session_.refuse(Refusal::kExists);
        } else {
          received_.clear();
          session_.accept();
        }
        return true;
      case Step::kData:
        received_.append(session_.data());
        return true;
      case Step::kReceived:
        store();
        return true;
      case Step::kWanted:
        look_up();
        return true;
      case Step::kRefused:
        session_.refuse(session_.refusal());
        return true;
    }
    return false;
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    const auto directory = filters_.directory(name);
    return directory ? *directory + "/" + name : name;
  }

  void store() {
    const ServerSession::Request& request = session_.request();
    if (request.verb == Verb::kZsend) {
      auto plain = expand_zip(received_, rules_.max_size);
      if (!plain.ok()) return session_.refuse(Refusal::kBadArchive);
      received_ = std::move(plain).value();
    }
    files[path(request.name)] = received_;
    session_.stored();
  }

  void look_up() {
    const ServerSession::Request& request = session_.request();
    if (request.verb == Verb::kLs) {
      body_ = ".\n..\n";
      return session_.offer(body_.size());
    }
    const auto found = files.find(path(request.name));
    if (found == files.end() || found->second.empty()) return session_.refuse(Refusal::kMissing);
    body_ = found->second;
    if (request.verb == Verb::kZrecv) body_ = make_zip(request.name, body_).value();
    session_.offer(body_.size());
  }

  SessionRules rules_;
  ServerSession session_;
  FileFilters filters_;
  std::string received_;
  std::string body_;
};

SessionRules with_password() {
  SessionRules rules;
  rules.password_digest = password_digest("secret");
  return rules;
}

TEST(ServerSession, C01StoresAFile) {
  Host host;
  EXPECT_EQ(host.feed("SEND <a.1.data> SIZE 3\n"), "SEND OK\n");
  EXPECT_EQ(host.feed("abc"), "SEND OK\n");
  EXPECT_EQ(host.feed("QUIT\n"), "");
  EXPECT_TRUE(host.closed);
  EXPECT_EQ(host.files["a.1.data"], "abc");
}

TEST(ServerSession, C02RefusesAnExistingFile) {
  Host host;
  host.files["a.1.data"] = "old";
  EXPECT_EQ(host.feed("SEND <a.1.data> SIZE 3\n"), "SEND ERR (file already exists)\n");
  EXPECT_FALSE(host.closed);
  host.feed("QUIT\n");
  EXPECT_TRUE(host.closed);
  EXPECT_EQ(host.files["a.1.data"], "old");
}

TEST(ServerSession, C03C04C05KeepsTheSizeLimit) {
  Host host;
  EXPECT_EQ(host.feed("SEND <z> SIZE 0\n"), "SEND ERR (file is too big)\n");
  EXPECT_EQ(host.feed("SEND <z> SIZE 2000001\n"), "SEND ERR (file is too big)\n");
  EXPECT_EQ(host.feed("SEND <z> SIZE 99999999999999999999999999\n"),
            "SEND ERR (file is too big)\n");
  EXPECT_FALSE(host.closed);
  EXPECT_EQ(host.feed("SEND <z> SIZE 2000000\n"), "SEND OK\n");
}

TEST(ServerSession, C06AcceptsLeadingZeros) {
  Host host;
  EXPECT_EQ(host.feed("SEND <z0> SIZE 0003\n"), "SEND OK\n");
  EXPECT_EQ(host.feed("abc"), "SEND OK\n");
}

TEST(ServerSession, C07ClosesOnUnknownCommands) {
  for (const char* line : {"SEND <z> SIZE -3\n", "SEND  <z> SIZE 3\n", "SEND z SIZE 3\n",
                           "send <z> SIZE 3\n", "HELLO\n", " QUIT\n", "QUIT\r\n", "\n"}) {
    Host host;
    EXPECT_EQ(host.feed(line), "") << line;
    EXPECT_TRUE(host.closed) << line;
    EXPECT_EQ(host.end, ServerSession::End::kUnknownCommand) << line;
  }
}

TEST(ServerSession, C08C10RefusesNamesBeforeTheData) {
  Host host;
  for (const char c : std::string("?[]/\\=+<>:;',*~")) {
    EXPECT_EQ(host.feed("SEND <x" + std::string(1, c) + "y> SIZE 3\n"),
              "SEND ERR (invalid file name)\n")
        << c;
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string(".hid"),
        std::string("x\0y", 3), std::string("x\x01y"), std::string("x|"), std::string(" x"),
        std::string("x "), std::string(256, 'n')}) {
    EXPECT_EQ(host.feed("SEND <" + name + "> SIZE 3\n"), "SEND ERR (invalid file name)\n") << name;
  }
  EXPECT_FALSE(host.closed);
  EXPECT_TRUE(host.files.empty());
}

TEST(ServerSession, C09C11AcceptsNamesUnchanged) {
  Host host;
  for (const std::string& name :
       {std::string("x y"), std::string("x!y"), std::string("x\"y"), std::string("x#y"),
        std::string("x%y"), std::string("x(y"), std::string("x@y"), std::string("x`y"),
        std::string("x{y"), std::string("x\xC3\xB1y"), std::string(255, 'n')}) {
    EXPECT_EQ(host.feed("SEND <" + name + "> SIZE 3\n"), "SEND OK\n") << name;
    EXPECT_EQ(host.feed("abc"), "SEND OK\n") << name;
    EXPECT_EQ(host.files.count(name), 1U) << name;
  }
}

TEST(ServerSession, C12C13C14SortsByTheFinalExtension) {
  Host host;
  for (const char* name : {"x.conf", "h.conf01.1700000000.data", "x.md5", "x.zip", "xconf"}) {
    host.feed("SEND <" + std::string(name) + "> SIZE 3\n");
    host.feed("abc");
  }
  EXPECT_EQ(host.files.count("conf/x.conf"), 1U);
  EXPECT_EQ(host.files.count("h.conf01.1700000000.data"), 1U);
  EXPECT_EQ(host.files.count("md5/x.md5"), 1U);
  EXPECT_EQ(host.files.count("collections/x.zip"), 1U);
  EXPECT_EQ(host.files.count("xconf"), 1U);
  EXPECT_EQ(host.feed("RECV <x.conf>\n"), "RECV SIZE 3\n");
}

TEST(ServerSession, C15C19RefusesWhatItCannotSend) {
  Host host;
  host.files["e"] = "";
  EXPECT_EQ(host.feed("RECV <nofile>\n"), "RECV ERR (file does not exist)\n");
  EXPECT_EQ(host.feed("RECV <a/b>\n"), "RECV ERR (file has an invalid file name)\n");
  EXPECT_EQ(host.feed("RECV <../x>\n"), "RECV ERR (file has an invalid file name)\n");
  EXPECT_EQ(host.feed("RECV <e>\n"), "RECV ERR (file does not exist)\n");
  EXPECT_FALSE(host.closed);
}

TEST(ServerSession, C16C17SendsOnlyAfterTheGoAhead) {
  Host host;
  host.files["a.1.data"] = "abc";
  EXPECT_EQ(host.feed("RECV <a.1.data>\n"), "RECV SIZE 3\n");
  EXPECT_EQ(host.feed("RECV OK\n"), "abc");
  EXPECT_EQ(host.feed("RECV <a.1.data>\n"), "RECV SIZE 3\n");
  EXPECT_EQ(host.feed("RECV NO\n"), "");
  EXPECT_EQ(host.feed("RECV <a.1.data>\n"), "RECV SIZE 3\n");
  EXPECT_EQ(host.feed("ZRECV OK\n"), "") << "the verb must be the same";
  EXPECT_FALSE(host.closed);
  host.feed("QUIT\n");
  EXPECT_TRUE(host.closed);
}

TEST(ServerSession, C20C21C22DoesNotDependOnSegments) {
  Host host;
  EXPECT_EQ(host.feed("SE"), "");
  EXPECT_EQ(host.feed("ND <q> SI"), "");
  EXPECT_EQ(host.feed("ZE 3\n"), "SEND OK\n");
  EXPECT_EQ(host.feed("a"), "");
  EXPECT_EQ(host.feed("b"), "");
  EXPECT_EQ(host.feed("c"), "SEND OK\n");
  EXPECT_EQ(host.feed("SEND <q1> SIZE 3\n"), "SEND OK\n");
  EXPECT_EQ(host.feed("abcSEND <q2> SIZE 1\n"), "SEND OK\nSEND OK\n");
  EXPECT_EQ(host.feed("xQUIT\n"), "SEND OK\n");
  EXPECT_TRUE(host.closed);
  EXPECT_EQ(host.files["q2"], "x");
}

TEST(ServerSession, SecondAnswerWaitsForTheLastByte) {
  Host host;
  // A command and a part of its data in one segment: one answer, not two.
  EXPECT_EQ(host.feed("SEND <q> SIZE 3\nab"), "SEND OK\n");
  EXPECT_EQ(host.feed("c"), "SEND OK\n");
}

TEST(ServerSession, C23QuitWithASurplusLineFeed) {
  Host host;
  EXPECT_EQ(host.feed("QUIT\n\n"), "");
  EXPECT_TRUE(host.closed);
  EXPECT_EQ(host.end, ServerSession::End::kQuit);
}

TEST(ServerSession, C24ClosesOverlongLines) {
  Host at_limit;
  // 1,024 bytes with the line feed are read (and refused for the name's length).
  const std::string name(kMaxLine - 8, 'A');  // "RECV <" + name + ">\n"
  EXPECT_EQ(at_limit.feed("RECV <" + name + ">\n"), "RECV ERR (file has an invalid file name)\n");
  EXPECT_FALSE(at_limit.closed);

  Host beyond;
  EXPECT_EQ(beyond.feed(std::string(kMaxLine + 1, 'A')), "");
  EXPECT_TRUE(beyond.closed);
  EXPECT_EQ(beyond.end, ServerSession::End::kLineTooLong);

  Host dripped;
  for (std::size_t i = 0; i < kMaxLine - 1; ++i)
    dripped.feed("A");
  EXPECT_FALSE(dripped.closed);
  dripped.feed("A");
  EXPECT_TRUE(dripped.closed);
}

TEST(ServerSession, C27PasswordWithoutNeedIsUnknown) {
  Host host;
  EXPECT_EQ(host.feed("PASS 9e769017c85f064977fe6a658f207fa6\n"), "");
  EXPECT_TRUE(host.closed);
  EXPECT_EQ(host.end, ServerSession::End::kUnknownCommand);
}

TEST(ServerSession, C28DemandsTheRightDigest) {
  Host right(with_password());
  EXPECT_TRUE(right.session().needs_password());
  EXPECT_EQ(right.feed("PASS 9e769017c85f064977fe6a658f207fa6\n"), "PASS OK\n");
  EXPECT_FALSE(right.closed);
  EXPECT_EQ(right.feed("SEND <p1> SIZE 3\nabc"), "SEND OK\nSEND OK\n");
  for (const char* line :
       {"PASS 9E769017C85F064977FE6A658F207FA6\n", "PASS 7022cd14c42ff272619d6beacdc9ffde\n",
        "PASS \n", "SEND <a> SIZE 3\n", "QUIT\n", "PASS 9e769017c85f064977fe6a658f207fa6 \n"}) {
    Host wrong(with_password());
    EXPECT_EQ(wrong.feed(line), "") << line;
    EXPECT_TRUE(wrong.closed) << line;
    EXPECT_EQ(wrong.end, ServerSession::End::kWrongPassword) << line;
  }
}

TEST(ServerSession, C30SecondPasswordIsUnknown) {
  Host host(with_password());
  host.feed("PASS 9e769017c85f064977fe6a658f207fa6\n");
  EXPECT_EQ(host.feed("PASS 9e769017c85f064977fe6a658f207fa6\n"), "");
  EXPECT_TRUE(host.closed);
}

TEST(ServerSession, C31C32C33C34TakesArchives) {
  Host host;
  const std::string archive = make_zip("zt.1.data", "hello world\n").value();
  const std::string size = std::to_string(archive.size());
  EXPECT_EQ(host.feed("ZSEND <z.1.data> SIZE " + size + "\n"), "ZSEND OK\n");
  EXPECT_EQ(host.feed(archive), "ZSEND OK\n");
  EXPECT_EQ(host.files["z.1.data"], "hello world\n");

  EXPECT_EQ(host.feed("ZSEND <t> SIZE 40\n"), "ZSEND OK\n");
  EXPECT_EQ(host.feed(archive.substr(0, 40)), "ZSEND ERR\n");
  EXPECT_EQ(host.files.count("t"), 0U);
  EXPECT_FALSE(host.closed);

  SessionRules small;
  small.max_size = 300;
  Host limited(small);
  const std::string bomb = make_zip("b", std::string(100'000, 'a')).value();
  ASSERT_LE(bomb.size(), 300U);
  limited.feed("ZSEND <b> SIZE " + std::to_string(bomb.size()) + "\n");
  EXPECT_EQ(limited.feed(bomb), "ZSEND ERR\n");
}

TEST(ServerSession, C35PacksForZrecv) {
  Host host;
  host.files["z.1.data"] = "hello world\n";
  const std::string answer = host.feed("ZRECV <z.1.data>\n");
  EXPECT_TRUE(answer.starts_with("ZRECV SIZE "));
  EXPECT_EQ(expand_zip(host.feed("ZRECV OK\n"), 100).value(), "hello world\n");
}

TEST(ServerSession, C36ListingIsUnknownUnlessAllowed) {
  for (const char* line : {"LS <>\n", "MV <a.1.data>\n"}) {
    Host host;
    EXPECT_EQ(host.feed(line), "");
    EXPECT_TRUE(host.closed);
  }
  SessionRules rules;
  rules.listing = true;
  Host host(rules);
  EXPECT_EQ(host.feed("LS <>\n"), "LS SIZE 5\n");
  EXPECT_EQ(host.feed("LS OK\n"), ".\n..\n");
  EXPECT_EQ(host.feed("MV <p1>\n"), "MV ERR\n");
}

TEST(ServerSession, UniformTextsTellNoReason) {
  const SessionRules rules;
  for (const std::string line :
       {"SEND <a/b> SIZE 3\n", "SEND <a> SIZE 0\n", "SEND <..> SIZE 1\n"}) {
    ServerSession session(rules);
    std::string_view input = line;
    ASSERT_EQ(session.next(input), ServerSession::Step::kRefused);
    EXPECT_EQ(session.next(input), ServerSession::Step::kWait) << "nothing leaves before the host";
    EXPECT_EQ(session.take_output(), "");
    session.refuse(session.refusal());
    EXPECT_EQ(session.take_output(), "SEND ERR\n");
  }
}

// T7: what the reference's agent does in its first cycle with remote configuration.
TEST(ServerSession, T07FirstConfigurationCycle) {
  Host host;
  const std::string digest = "fab778af5d9145345fea4ab8d1b3cbeb";
  EXPECT_EQ(host.feed("RECV <" + digest + ".md5>\n"), "RECV ERR (file does not exist)\n");
  EXPECT_EQ(host.feed("SEND <" + digest + ".conf> SIZE 5\n"), "SEND OK\n");
  EXPECT_EQ(host.feed("conf\n"), "SEND OK\n");
  EXPECT_EQ(host.feed("SEND <" + digest + ".md5> SIZE 32\n"), "SEND OK\n");
  EXPECT_EQ(host.feed("83a633ce018310fca13299932812e267"), "SEND OK\n");
  EXPECT_EQ(host.feed("RECV <" + digest + ".md5>\n"), "RECV SIZE 32\n");
  EXPECT_EQ(host.feed("RECV OK\n"), "83a633ce018310fca13299932812e267");
}

}  // namespace
}  // namespace yagura::tentacle
