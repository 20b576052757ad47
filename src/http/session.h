// HttpSession: the protocol of one connection between net/ and the worker pool. Private to http/.
//
// One request at a time: while it is worked on, reading is paused; the next one is read once the
// answer has left. So a client that does not read its answers cannot fill our memory.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "http/message.h"
#include "http/parser.h"
#include "http/server.h"
#include "net/server.h"

namespace yagura::http {

/// What a session hands to the pool.
struct Job {
  net::Remote connection;
  Request request;
};

/// What all sessions of a server share. Thread-safe.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  [[nodiscard]] virtual const ServerOptions& options() const = 0;
  [[nodiscard]] virtual const Clock& clock() const = 0;
  virtual std::string new_request_id() = 0;
  /// False if the queue is full.
  virtual bool submit(Job job) = 0;
};

class HttpSession final : public net::Protocol {
 public:
  HttpSession(SessionHost& host, net::Connection& connection);

  void on_open() override;
  std::size_t on_bytes(std::string_view bytes) override;
  void on_sent() override;
  void on_deadline(net::Connection& connection) override;
  void on_drain(net::Connection& connection) override;

  /// The answer of a worker, on the connection's thread.
  void answer(Response response);

 private:
  enum class Phase {
    kIdle,     ///< between requests
    kReading,  ///< some bytes of a request are here
    kWorking,  ///< a worker has it
    kDelayed,  ///< the answer waits for its time
    kSending,  ///< the answer is on its way
  };

  void read_progress();
  void dispatch();
  void refuse(const ParseFailure& failure);
  void send(const Response& response);
  void after_answer();

  SessionHost& host_;
  net::Connection& connection_;
  Phase phase_ = Phase::kIdle;
  RequestParser parser_;
  bool head_seen_ = false;
  bool draining_ = false;
  // Of the request under way:
  std::string request_id_;
  bool head_only_ = false;
  bool keep_alive_ = true;
  std::optional<Response> delayed_;
};

/// One line of the access log.
void log_access(const Request& request, const Response& response, Micros duration);

}  // namespace yagura::http
