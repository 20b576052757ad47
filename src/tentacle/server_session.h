// ServerSession: the server's half of the Tentacle protocol without any I/O. Bytes go in, steps and
// answer bytes come out; the daemon, the tests and the fuzzer drive the same object.
//
//   std::string_view input = ...;
//   for (;;) {
//     switch (session.next(input)) {            // takes from the front of `input`
//       case Step::kOffered: ... session.accept() or session.refuse(reason); break;
//       case Step::kData:    store(session.data()); break;
//       case Step::kReceived: ... session.stored() or session.refuse(reason); break;
//       case Step::kNeedBytes: case Step::kWait: write(session.take_output()); return;
//       ...
//     }
//   }
//
// The session keeps the order of the protocol, the names and the limits; what exists, what there is
// room for and when an answer leaves is the host's business. It answers a refusal only when the
// host says so, which lets the host delay every refusal alike (TEN-09).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tentacle/command.h"

namespace yagura::tentacle {

/// Why something was refused. Logs tell them apart; the peer sees one text for all, unless the
/// texts of the reference are asked for.
enum class Refusal {
  kInvalidName,
  kTooBig,      ///< larger than the limit, or empty
  kExists,      ///< a pending file of that name with other content
  kMissing,     ///< nothing to send under that name
  kForbidden,   ///< the peer may not use that name
  kNoRoom,      ///< quota or disk
  kStorage,     ///< writing failed
  kBadArchive,  ///< a compressed body that is no sound archive, or expands beyond the limit
};
/// Stable lower-case word, for logs.
std::string_view to_string(Refusal refusal);

enum class RefusalTexts {
  kUniform,    ///< "<VERB> ERR" and nothing more (TEN-09)
  kReference,  ///< the reasons in parentheses that the reference sends
};

struct SessionRules {
  /// Largest file in bytes on the wire, inclusive.
  std::uint64_t max_size = 2'000'000;
  /// Digest that PASS must bring, see password_digest(); empty = no password, PASS is unknown.
  std::string password_digest;
  /// LS and MV are known commands.
  bool listing = false;
  RefusalTexts texts = RefusalTexts::kUniform;
};

/// Not thread-safe. `rules` must outlive it.
class ServerSession {
 public:
  enum class Step {
    kNeedBytes,      ///< everything was taken, more bytes are needed
    kWait,           ///< the host owes an answer: accept, refuse, stored, offer, sent
    kAuthenticated,  ///< the password was right; go on
    kOffered,        ///< request(): an upload. Answer accept() or refuse()
    kData,           ///< data(): the next bytes of the upload; go on
    kReceived,       ///< the upload is complete. Answer stored() or refuse()
    kWanted,         ///< request(): a download. Answer offer() or refuse()
    kGo,             ///< the peer wants the body: send it, then sent()
    kDeclined,       ///< the peer does not want the body; go on
    kRefused,        ///< refusal(): the session itself refuses request(). Answer refuse(refusal())
    kEnd,            ///< close, nothing more will come; end() says why
  };
  enum class End { kQuit, kUnknownCommand, kLineTooLong, kWrongPassword };

  struct Request {
    Verb verb = Verb::kSend;
    std::string name;
    std::uint64_t size = 0;  ///< uploads: announced bytes
  };

  explicit ServerSession(const SessionRules& rules);

  /// Takes bytes from the front of `input` until something is to be done. data() stays valid as
  /// long as the memory behind `input`.
  Step next(std::string_view& input);

  void accept();                   ///< after kOffered
  void stored();                   ///< after kReceived
  void offer(std::uint64_t size);  ///< after kWanted; `size` > 0
  void sent();                     ///< after kGo, once the body is queued
  void refuse(Refusal reason);     ///< after kOffered, kReceived, kWanted, kRefused

  [[nodiscard]] const Request& request() const { return request_; }
  [[nodiscard]] std::string_view data() const { return data_; }
  [[nodiscard]] Refusal refusal() const { return refusal_; }
  [[nodiscard]] End end() const { return end_; }
  /// True between operations: the peer may leave now without losing anything.
  [[nodiscard]] bool idle() const;
  /// True if the peer has still to give the password.
  [[nodiscard]] bool needs_password() const { return state_ == State::kPassword; }
  /// Bytes of the current upload that have not come yet.
  [[nodiscard]] std::uint64_t missing() const { return missing_; }
  /// Answers to send, in order; empty if there are none.
  std::string take_output();

 private:
  enum class State {
    kPassword,
    kReady,
    kOffer,     // waits for accept/refuse
    kBody,      // upload bytes
    kComplete,  // all bytes came; kReceived is due
    kStore,     // waits for stored/refuse
    kLookup,    // waits for offer/refuse
    kGoAhead,   // waits for the peer's "RECV OK"
    kSending,   // waits for sent
    kRejected,  // waits for refuse(refusal())
    kEnded,
  };

  Step on_line(std::string_view line);
  Step on_command(std::string_view line);
  Step begin(Command command);
  Step reject(Refusal reason);
  Step finish(End end);
  bool take_line(std::string_view& input, std::string_view& line);

  const SessionRules& rules_;
  State state_;
  std::string partial_;  // begin of a line whose end has not come yet
  std::string line_;     // a line put together from parts
  Request request_;
  std::uint64_t missing_ = 0;
  std::string_view data_;
  Refusal refusal_ = Refusal::kInvalidName;
  End end_ = End::kQuit;
  std::string output_;
};

}  // namespace yagura::tentacle
