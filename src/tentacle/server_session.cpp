#include "tentacle/server_session.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "crypto/secret.h"
#include "tentacle/name_rules.h"

namespace yagura::tentacle {
namespace {

bool is_upload(Verb verb) {
  return verb == Verb::kSend || verb == Verb::kZsend;
}

/// The part of a refusal after "<VERB> ERR", as the reference writes it.
std::string_view reference_reason(Verb verb, Refusal refusal) {
  if (verb == Verb::kLs || verb == Verb::kMv) return "";
  if (!is_upload(verb)) {
    return refusal == Refusal::kInvalidName ? " (file has an invalid file name)"
                                            : " (file does not exist)";
  }
  switch (refusal) {
    case Refusal::kInvalidName:
      return " (invalid file name)";
    case Refusal::kTooBig:
      return " (file is too big)";
    case Refusal::kExists:
      return " (file already exists)";
    default:
      return "";
  }
}

}  // namespace

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::kInvalidName:
      return "invalid-name";
    case Refusal::kTooBig:
      return "size";
    case Refusal::kExists:
      return "exists";
    case Refusal::kMissing:
      return "missing";
    case Refusal::kForbidden:
      return "forbidden";
    case Refusal::kNoRoom:
      return "no-room";
    case Refusal::kStorage:
      return "storage";
    case Refusal::kBadArchive:
      return "bad-archive";
  }
  return "storage";
}

ServerSession::ServerSession(const SessionRules& rules)
    : rules_(rules), state_(rules.password_digest.empty() ? State::kReady : State::kPassword) {}

bool ServerSession::idle() const {
  return state_ == State::kPassword || state_ == State::kReady || state_ == State::kGoAhead ||
         state_ == State::kEnded;
}

std::string ServerSession::take_output() {
  return std::exchange(output_, {});
}

ServerSession::Step ServerSession::next(std::string_view& input) {
  switch (state_) {
    case State::kOffer:
    case State::kStore:
    case State::kLookup:
    case State::kSending:
    case State::kRejected:
      return Step::kWait;
    case State::kEnded:
      return Step::kEnd;
    case State::kBody: {
      if (input.empty()) return Step::kNeedBytes;
      const std::size_t take =
          static_cast<std::size_t>(std::min<std::uint64_t>(missing_, input.size()));
      data_ = input.substr(0, take);
      input.remove_prefix(take);
      missing_ -= take;
      if (missing_ == 0) state_ = State::kComplete;
      return Step::kData;
    }
    case State::kComplete:
      state_ = State::kStore;
      return Step::kReceived;
    case State::kPassword:
    case State::kReady:
    case State::kGoAhead:
      break;
  }
  std::string_view line;
  if (!take_line(input, line)) {
    return partial_.size() >= kMaxLine ? finish(End::kLineTooLong) : Step::kNeedBytes;
  }
  return on_line(line);
}

/// A line may be kMaxLine bytes with its line feed; as soon as it cannot fit any more it is refused
/// by next(), without waiting for its end.
bool ServerSession::take_line(std::string_view& input, std::string_view& line) {
  const std::size_t room = kMaxLine - partial_.size();
  const std::size_t end = input.substr(0, room).find('\n');
  if (end == std::string_view::npos) {
    const std::size_t take = std::min(room, input.size());
    partial_.append(input.substr(0, take));
    input.remove_prefix(take);
    return false;
  }
  if (partial_.empty()) {
    line = input.substr(0, end);
  } else {
    partial_.append(input.substr(0, end));
    line_ = std::exchange(partial_, {});
    line = line_;
  }
  input.remove_prefix(end + 1);
  return true;
}

ServerSession::Step ServerSession::on_line(std::string_view line) {
  if (state_ == State::kGoAhead) {
    if (line == go_ahead(request_.verb)) {
      state_ = State::kSending;
      return Step::kGo;
    }
    state_ = State::kReady;
    return Step::kDeclined;
  }
  if (state_ == State::kPassword) {
    const std::string expected = "PASS " + rules_.password_digest;
    if (!crypto::constant_time_equal(expected, line)) return finish(End::kWrongPassword);
    state_ = State::kReady;
    output_ += "PASS OK\n";
    return Step::kAuthenticated;
  }
  return on_command(line);
}

ServerSession::Step ServerSession::on_command(std::string_view line) {
  std::optional<Command> command = parse_command(line);
  if (!command || command->verb == Verb::kPass) return finish(End::kUnknownCommand);
  if (command->verb == Verb::kQuit) return finish(End::kQuit);
  if ((command->verb == Verb::kLs || command->verb == Verb::kMv) && !rules_.listing) {
    return finish(End::kUnknownCommand);
  }
  return begin(std::move(*command));
}

ServerSession::Step ServerSession::begin(Command command) {
  request_ = Request{command.verb, std::move(command.name), command.size};
  // LS names a filter, not a file: the empty text means the root.
  const bool name_ok =
      valid_name(request_.name) || (request_.verb == Verb::kLs && request_.name.empty());
  if (!name_ok) return reject(Refusal::kInvalidName);
  if (!is_upload(request_.verb)) {
    state_ = State::kLookup;
    return Step::kWanted;
  }
  if (request_.size < 1 || request_.size > rules_.max_size) return reject(Refusal::kTooBig);
  state_ = State::kOffer;
  return Step::kOffered;
}

ServerSession::Step ServerSession::reject(Refusal reason) {
  refusal_ = reason;
  state_ = State::kRejected;
  return Step::kRefused;
}

ServerSession::Step ServerSession::finish(End end) {
  end_ = end;
  state_ = State::kEnded;
  return Step::kEnd;
}

void ServerSession::accept() {
  assert(state_ == State::kOffer);
  missing_ = request_.size;
  state_ = State::kBody;
  output_.append(word(request_.verb)).append(" OK\n");
}

void ServerSession::stored() {
  assert(state_ == State::kStore);
  state_ = State::kReady;
  output_.append(word(request_.verb)).append(" OK\n");
}

void ServerSession::offer(std::uint64_t size) {
  assert(state_ == State::kLookup && size > 0);
  state_ = State::kGoAhead;
  output_.append(word(request_.verb)).append(" SIZE ").append(std::to_string(size)).append("\n");
}

void ServerSession::sent() {
  assert(state_ == State::kSending);
  state_ = State::kReady;
}

void ServerSession::refuse(Refusal reason) {
  assert(state_ == State::kOffer || state_ == State::kStore || state_ == State::kLookup ||
         state_ == State::kRejected);
  state_ = State::kReady;
  output_.append(word(request_.verb)).append(" ERR");
  if (rules_.texts == RefusalTexts::kReference) {
    output_.append(reference_reason(request_.verb, reason));
  }
  output_.append("\n");
}

}  // namespace yagura::tentacle
