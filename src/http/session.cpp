#include "http/session.h"

#include <utility>

#include "base/log.h"
#include "http/problem.h"

namespace yagura::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

void log_access(const Request& request, const Response& response, Micros duration) {
  log::info("request", {{"id", request.id},
                        {"peer", request.peer.address},
                        {"user", response.user},
                        {"method", to_string(request.method)},
                        {"path", request.path},
                        {"query", request.query},
                        {"status", response.status},
                        {"bytes", response.content().size()},
                        {"ms", static_cast<double>(duration) / 1000.0},
                        {"tls", request.peer.tls_version},
                        {"cipher", request.peer.tls_cipher},
                        {"agent", request.header("user-agent").value_or("")}});
}

HttpSession::HttpSession(SessionHost& host, net::Connection& connection)
    : host_(host), connection_(connection) {}

void HttpSession::on_open() {
  connection_.set_deadline(connection_.now() + host_.options().head_timeout);
}

std::size_t HttpSession::on_bytes(std::string_view bytes) {
  if (phase_ != Phase::kIdle && phase_ != Phase::kReading) return 0;
  if (phase_ == Phase::kIdle) {
    phase_ = Phase::kReading;
    parser_ = RequestParser();
    head_seen_ = false;
    connection_.set_deadline(connection_.now() + host_.options().head_timeout);
  }
  const std::size_t used = parser_.feed(bytes);
  read_progress();
  return used;
}

void HttpSession::read_progress() {
  using State = RequestParser::State;
  switch (parser_.state()) {
    case State::kHead:
      return;
    case State::kBody:
      if (!std::exchange(head_seen_, true)) {
        connection_.set_deadline(connection_.now() + host_.options().body_timeout);
        if (parser_.take_expects_continue()) connection_.send(std::string(kContinue));
      }
      return;
    case State::kComplete:
      return dispatch();
    case State::kFailed:
      return refuse(parser_.failure());
  }
}

void HttpSession::dispatch() {
  Request request = parser_.take();
  const net::Peer& peer = connection_.peer();
  request.peer = {
      .address = peer.text, .tls_version = peer.tls.version, .tls_cipher = peer.tls.cipher};
  request.id = host_.new_request_id();
  request.received = host_.clock().now();
  request_id_ = request.id;
  head_only_ = request.method == Method::kHead;
  keep_alive_ = request.keep_alive;
  phase_ = Phase::kWorking;
  connection_.prove();
  connection_.pause();
  connection_.set_deadline(0);
  if (!host_.submit({connection_.remote(), std::move(request)})) {
    log::warning("request-queue-full", {{"id", request_id_}, {"peer", peer.text}});
    answer(respond(Problem{kUnavailable, {{"retry_after_s", std::int64_t{1}}}, {}}, request_id_));
  }
}

void HttpSession::refuse(const ParseFailure& failure) {
  request_id_ = host_.new_request_id();
  head_only_ = false;
  keep_alive_ = false;
  const std::string& peer = connection_.peer().text;
  log::warning("request-refused", {{"id", request_id_},
                                   {"peer", peer},
                                   {"status", failure.status},
                                   {"code", failure.code},
                                   {"reason", failure.what}});
  connection_.pause();
  send(respond(Problem{{failure.code, failure.status, reason(failure.status)}, {}, {}},
               request_id_));
}

void HttpSession::answer(Response response) {
  if (phase_ != Phase::kWorking) return;
  if (response.delay > 0) {
    connection_.set_deadline(connection_.now() + std::min(response.delay, kMaxResponseDelay));
    delayed_ = std::move(response);
    phase_ = Phase::kDelayed;
    return;
  }
  send(response);
}

void HttpSession::send(const Response& response) {
  phase_ = Phase::kSending;
  keep_alive_ = keep_alive_ && !draining_;
  std::string bytes =
      write_head(response, request_id_, keep_alive_ ? Connection::kKeepAlive : Connection::kClose);
  if (!head_only_) bytes += response.content();
  connection_.set_deadline(connection_.now() + host_.options().send_timeout);
  connection_.send(std::move(bytes));
  if (connection_.unsent() == 0) after_answer();
}

void HttpSession::on_sent() {
  if (phase_ == Phase::kSending) after_answer();
}

void HttpSession::after_answer() {
  if (!keep_alive_ || draining_) {
    connection_.finish();
    return;
  }
  phase_ = Phase::kIdle;
  connection_.set_deadline(connection_.now() + host_.options().idle_timeout);
  connection_.resume();
}

void HttpSession::on_deadline(net::Connection& connection) {
  switch (phase_) {
    case Phase::kReading:
      refuse({kRequestTimeout.status, kRequestTimeout.code, "the request came too slowly"});
      return;
    case Phase::kDelayed: {
      const Response response = std::move(*std::exchange(delayed_, std::nullopt));
      send(response);
      return;
    }
    case Phase::kIdle:
      connection.close();
      return;
    case Phase::kSending:
    case Phase::kWorking:
      connection.abort();
      return;
  }
}

void HttpSession::on_drain(net::Connection& connection) {
  draining_ = true;
  if (phase_ == Phase::kIdle || phase_ == Phase::kReading) connection.close();
}

}  // namespace yagura::http
