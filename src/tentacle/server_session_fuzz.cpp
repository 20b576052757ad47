// The whole server session on arbitrary bytes, fed in pieces of arbitrary size, with a host that
// accepts and refuses by turns. Also the command parser on every line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tentacle/command.h"
#include "tentacle/name_rules.h"
#include "tentacle/server_session.h"

using yagura::tentacle::Refusal;
using yagura::tentacle::ServerSession;

namespace {

constexpr int kMostSteps = 100'000;

void check(bool holds) {
  if (!holds) std::abort();
}

/// Answers what the session waits for; false when it only waits for bytes.
bool host(ServerSession& session, ServerSession::Step step, unsigned turn) {
  using Step = ServerSession::Step;
  switch (step) {
    case Step::kNeedBytes:
    case Step::kWait:
    case Step::kEnd:
      return false;
    case Step::kOffered:
      check(yagura::tentacle::valid_name(session.request().name));
      check(session.request().size > 0 && session.request().size <= 1000);
      if (turn % 4 == 0) {
        session.refuse(Refusal::kExists);
      } else {
        session.accept();
      }
      return true;
    case Step::kReceived:
      check(session.missing() == 0);
      if (turn % 3 == 0) {
        session.refuse(Refusal::kStorage);
      } else {
        session.stored();
      }
      return true;
    case Step::kWanted:
      if (turn % 2 == 0) {
        session.refuse(Refusal::kMissing);
      } else {
        session.offer(turn + 1);
      }
      return true;
    case Step::kGo:
      session.sent();
      return true;
    case Step::kRefused:
      session.refuse(session.refusal());
      return true;
    case Step::kData:
      check(!session.data().empty());
      return true;
    case Step::kAuthenticated:
    case Step::kDeclined:
      return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  yagura::tentacle::SessionRules rules;
  rules.max_size = 1000;
  rules.listing = (data[0] & 1U) != 0;
  if ((data[0] & 2U) != 0) rules.password_digest = "9e769017c85f064977fe6a658f207fa6";
  if ((data[0] & 4U) != 0) rules.texts = yagura::tentacle::RefusalTexts::kReference;
  const std::size_t piece = static_cast<std::size_t>(data[1]) + 1;
  std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);

  ServerSession session(rules);
  int steps = 0;
  while (!bytes.empty()) {
    std::string_view input = bytes.substr(0, piece);
    const std::size_t given = input.size();
    ServerSession::Step step{};
    do {
      step = session.next(input);
      check(++steps < kMostSteps);
    } while (host(session, step, static_cast<unsigned>(steps)));
    if (step == ServerSession::Step::kEnd) break;
    check(input.empty());  // without an answer owed, everything was taken
    bytes.remove_prefix(given - input.size());
    check(session.take_output().size() < 4096 * given + 4096);
  }
  return 0;
}
