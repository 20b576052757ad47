#include "tentacle/client_session.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

#include "tentacle/command.h"
#include "tentacle/name_rules.h"
#include "text/base64.h"

namespace yagura::tentacle {
namespace {

constexpr std::size_t kShownAnswer = 120;  // bytes of a foreign answer quoted in an error

/// A foreign line as it may stand in an error: printable and short.
std::string shown(std::string_view line) {
  std::string out(line.substr(0, kShownAnswer));
  std::replace_if(out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

}  // namespace

ProxyHandshake::ProxyHandshake(std::string_view host, std::uint16_t port, std::string_view user,
                               std::string_view password) {
  const bool v6 = host.find(':') != std::string_view::npos;
  request_ = "CONNECT ";
  request_.append(v6 ? "[" : "").append(host).append(v6 ? "]" : "");
  request_.append(":").append(std::to_string(port)).append(" HTTP/1.0\r\n");
  if (!user.empty()) {
    std::string credentials(user);
    credentials.append(":").append(password);
    request_.append("Proxy-Authorization: Basic ")
        .append(text::base64_encode(credentials))
        .append("\r\n");
  }
  request_.append("\r\n");
}

Result<bool> ProxyHandshake::feed(std::string_view& input) {
  while (!input.empty()) {
    answer_ += input.front();
    input.remove_prefix(1);
    if (answer_.size() > kMaxProxyAnswer) {
      return Error{ErrorCode::kUnavailable, "the proxy's answer has no end"};
    }
    if (!answer_.ends_with("\r\n\r\n") && !answer_.ends_with("\n\n")) continue;
    const std::string_view status(answer_.data(), answer_.find_first_of("\r\n"));
    if (status.starts_with("HTTP/") && status.find(" 200") == status.find(' ') &&
        (status.size() == status.find(' ') + 4 || status[status.find(' ') + 4] == ' ')) {
      return true;
    }
    const bool denied = status.find(" 407") != std::string_view::npos ||
                        status.find(" 403") != std::string_view::npos;
    return Error{denied ? ErrorCode::kDenied : ErrorCode::kUnavailable,
                 "the proxy answered '" + shown(status) + "'"};
  }
  return false;
}

void ClientSession::start_password(std::string_view digest) {
  assert(!busy());
  commands_.append("PASS ").append(digest).append("\n");
  state_ = State::kPassword;
}

Status ClientSession::start_send(std::string_view name, std::string_view bytes, Packing packing) {
  assert(!busy());
  if (!valid_name(name)) {
    return Error{ErrorCode::kInvalid, "'" + shown(name) + "' can be no file name in Tentacle"};
  }
  if (bytes.empty())
    return Error{ErrorCode::kInvalid, shown(name) + ": empty files cannot be sent"};
  verb_ = packing == Packing::kPlain ? "SEND" : "ZSEND";
  commands_.append(verb_).append(" <").append(name).append("> SIZE ");
  commands_.append(std::to_string(bytes.size())).append("\n");
  file_ = bytes;
  state_ = State::kOffer;
  return {};
}

Status ClientSession::start_receive(std::string_view name, std::size_t limit, Packing packing) {
  assert(!busy());
  if (!valid_name(name)) {
    return Error{ErrorCode::kInvalid, "'" + shown(name) + "' can be no file name in Tentacle"};
  }
  verb_ = packing == Packing::kPlain ? "RECV" : "ZRECV";
  commands_.append(verb_).append(" <").append(name).append(">\n");
  limit_ = limit;
  state_ = State::kSize;
  return {};
}

void ClientSession::start_quit() {
  assert(!busy());
  commands_.append("QUIT\n");
}

std::string_view ClientSession::output() const {
  return commands_.empty() ? payload_ : std::string_view(commands_);
}

void ClientSession::sent(std::size_t bytes) {
  if (!commands_.empty()) {
    commands_.erase(0, bytes);
  } else {
    payload_.remove_prefix(bytes);
  }
}

void ClientSession::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (state_ == State::kBody) {
      const std::size_t take =
          static_cast<std::size_t>(std::min<std::uint64_t>(expected_ - body_.size(), bytes.size()));
      body_.append(bytes.substr(0, take));
      bytes.remove_prefix(take);
      if (body_.size() == expected_) finish(std::move(body_));
      continue;
    }
    if (state_ == State::kIdle) return;  // nobody asked: nothing to answer
    const std::size_t end = bytes.find('\n');
    line_.append(bytes.substr(0, end));
    if (line_.size() > kMaxLine) {
      finish(Error{ErrorCode::kUnavailable, "the server's answer has no end"});
      return;
    }
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    on_line(std::exchange(line_, {}));
  }
}

void ClientSession::on_line(std::string_view line) {
  const bool ok = line == verb_ + " OK";
  switch (state_) {
    case State::kPassword:
      if (line == "PASS OK") return finish(std::string());
      return finish(Error{ErrorCode::kDenied, "the server refused the password"});
    case State::kOffer:
      if (!ok) break;
      payload_ = file_;
      state_ = State::kConfirm;
      return;
    case State::kConfirm:
      if (!payload_.empty()) {
        // The server cannot have the file, whatever it says, and still waits for the rest.
        return finish(Error{ErrorCode::kUnavailable, "the server answered before it had the file"});
      }
      if (!ok) break;
      return finish(std::string());
    case State::kSize:
      return on_size(line);
    case State::kIdle:
    case State::kBody:
      return;
  }
  finish(Error{ErrorCode::kDenied, "the server answered '" + shown(line) + "'"});
}

void ClientSession::on_size(std::string_view line) {
  const std::string head = verb_ + " SIZE ";
  std::uint64_t size = 0;
  const char* last = line.data() + line.size();
  std::from_chars_result number{nullptr, std::errc::invalid_argument};
  if (line.starts_with(head)) number = std::from_chars(line.data() + head.size(), last, size);
  if (number.ec != std::errc() || number.ptr != last) {
    return finish(Error{ErrorCode::kNotFound, "the server answered '" + shown(line) + "'"});
  }
  if (size > limit_ || size == 0) {
    // Any line but the go-ahead is swallowed and leaves the server ready. Some servers announce
    // empty files and then break the connection when asked for their no bytes: do not ask.
    commands_.append(verb_).append(" NO\n");
    if (size == 0) return finish(std::string());
    return finish(Error{ErrorCode::kLimit, "the file has " + std::to_string(size) +
                                               " bytes, allowed are " + std::to_string(limit_)});
  }
  expected_ = size;
  body_.reserve(static_cast<std::size_t>(size));
  commands_.append(verb_).append(" OK\n");
  state_ = State::kBody;
}

void ClientSession::lost(const std::string& why) {
  if (busy()) finish(Error{ErrorCode::kUnavailable, why});
}

void ClientSession::finish(Result<std::string> result) {
  result_ = std::move(result);
  state_ = State::kIdle;
  payload_ = {};
  file_ = {};
  body_ = {};
}

Result<std::string> ClientSession::take_result() {
  assert(!busy());
  return std::exchange(result_, Result<std::string>(std::string()));
}

}  // namespace yagura::tentacle
