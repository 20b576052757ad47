#include "tentacle/server_connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "tentacle/name_rules.h"

namespace yagura::tentacle {
namespace {

constexpr std::size_t kBodyChunk = 64UL * 1024;

std::optional<Refusal> refusal_of(StoreOutcome outcome) {
  switch (outcome) {
    case StoreOutcome::kStored:
    case StoreOutcome::kRepeated:
      return std::nullopt;
    case StoreOutcome::kExists:
      return Refusal::kExists;
    case StoreOutcome::kNoRoom:
      return Refusal::kNoRoom;
    case StoreOutcome::kFailed:
      return Refusal::kStorage;
  }
  return Refusal::kStorage;
}

std::string_view word(ServerSession::End end) {
  switch (end) {
    case ServerSession::End::kQuit:
      return "quit";
    case ServerSession::End::kUnknownCommand:
      return "unknown-command";
    case ServerSession::End::kLineTooLong:
      return "line-too-long";
    case ServerSession::End::kWrongPassword:
      return "wrong-password";
  }
  return "quit";
}

Level level_of(const net::Peer& peer, const ListenerSettings& listener) {
  if (!peer.encrypted) return Level::kNone;
  if (peer.tls.peer_fingerprint.empty()) return Level::kTls;
  return listener.min_level == Level::kMutual ? Level::kMutual : Level::kCertificate;
}

}  // namespace

ServerConnection::ServerConnection(net::Connection& connection, TransportContext& context,
                                   const ListenerSettings& listener, const SessionRules& rules)
    : connection_(connection),
      context_(context),
      listener_(listener),
      session_(rules),
      began_(SystemClock().now()) {}

void ServerConnection::make_info() {
  info_ = std::make_shared<ConnectionInfo>();
  info_->id = context_.next_connection.fetch_add(1, std::memory_order_relaxed);
  info_->peer = connection_.peer();
  info_->level = level_of(info_->peer, listener_);
  if (info_->peer.tls.peer_subject.size() > kMaxSubject) {
    info_->peer.tls.peer_subject.resize(kMaxSubject);
  }
}

// ---------------------------------------------------------------- events

void ServerConnection::on_open() {
  make_info();
  if (!info_->peer.encrypted && listener_.optin && listener_.optin->until <= began_) {
    result_ = "plaintext-ended";
    connection_.abort();
    return;
  }
  last_progress_ = connection_.now();
  set_deadline();
}

std::size_t ServerConnection::on_bytes(std::string_view bytes) {
  if (session_.missing() > 0) last_progress_ = connection_.now();
  std::string_view input = bytes;
  pump(input);
  return bytes.size() - input.size();
}

void ServerConnection::on_sent() {
  last_progress_ = connection_.now();
  if (body_) send_body();
  set_deadline();
}

void ServerConnection::on_end(net::Connection& connection) {
  if (session_.idle()) {
    connection.close();
  } else {
    connection.abort();
  }
}

void ServerConnection::on_deadline(net::Connection& connection) {
  if (waiting_ == Waiting::kRefusal) {
    waiting_ = Waiting::kNone;
    session_.refuse(refusal_);
    end_operation();
    go_on();
    return;
  }
  if (waiting_ == Waiting::kClose) {
    connection.close();
    return;
  }
  result_ = "deadline";
  connection.abort();
}

void ServerConnection::on_drain(net::Connection& connection) {
  draining_ = true;
  if (session_.idle() && waiting_ == Waiting::kNone) {
    result_ = "shutdown";
    connection.close();
  }
}

void ServerConnection::on_close(net::CloseReason reason) {
  if (!info_) make_info();
  if (reason == net::CloseReason::kHandshake) fail("certificate", connection_.failure());
  if (uploading_) {
    log_transfer("lost", "");
    ++context_.counters->lost;
  }
  if (body_) log_transfer("lost", "");
  context_.log->connection_ended(*info_, began_, wall(), transfers_,
                                 result_.empty() ? net::to_string(reason) : result_,
                                 connection_.failure());
}

// ---------------------------------------------------------------- the session's steps

void ServerConnection::pump(std::string_view& input) {
  while (step(input)) {
  }
  answer();
  set_deadline();
}

/// One step; false when there is nothing to do until bytes, the disk or the clock come.
bool ServerConnection::step(std::string_view& input) {
  using Step = ServerSession::Step;
  if (waiting_ == Waiting::kClose) {
    input = {};
    return false;
  }
  switch (session_.next(input)) {
    case Step::kNeedBytes:
      return false;
    case Step::kWait:
      connection_.pause();
      return false;
    case Step::kAuthenticated:
      connection_.prove();
      last_progress_ = connection_.now();
      return true;
    case Step::kOffered:
      offered();
      return true;
    case Step::kData:
      take_data(session_.data());
      return true;
    case Step::kReceived:
      received();
      return true;
    case Step::kWanted:
      wanted();
      return true;
    case Step::kGo:
      last_progress_ = connection_.now();
      send_body();
      return true;
    case Step::kDeclined:
      log_transfer("declined", "");
      body_.reset();
      end_operation();
      return true;
    case Step::kRefused:
      begin_operation();
      refuse(session_.refusal());
      return true;
    case Step::kEnd:
      ended();
      return false;
  }
  return false;
}

void ServerConnection::begin_operation() {
  ++tag_;
  ++transfers_;
  operation_began_ = wall();
  last_progress_ = connection_.now();
  const TransportSettings& s = *context_.settings;
  // The announced size of an upload that is about to be refused may be any number.
  const std::uint64_t size = std::min(session_.request().size, s.max_size);
  operation_end_ =
      connection_.now() + s.operation_base + static_cast<Micros>(size / s.minimum_rate) * kSecond;
}

void ServerConnection::end_operation() {
  last_progress_ = connection_.now();
}

/// Why an offered file is refused before a byte of it is taken; nothing if it is welcome.
std::optional<Refusal> ServerConnection::objection() const {
  const ServerSession::Request& request = session_.request();
  const TransportSettings& s = *context_.settings;
  if (!may_use(request.name)) return Refusal::kForbidden;
  const std::vector<std::string> reserved = s.filters.directories();
  if (std::find(reserved.begin(), reserved.end(), request.name) != reserved.end()) {
    return Refusal::kInvalidName;
  }
  if (!context_.spool->has_room()) return Refusal::kNoRoom;
  // A packed file's true size is not known before it is here.
  if (request.verb == Verb::kSend && context_.spool->conflicts(request.name, request.size)) {
    return Refusal::kExists;
  }
  return std::nullopt;
}

void ServerConnection::offered() {
  connection_.prove();
  begin_operation();
  if (const auto reason = objection()) {
    refuse(*reason);
    return;
  }
  payload_ = std::make_unique<Payload>();
  payload_status_ = Status();
  uploading_ = true;
  if (session_.request().verb == Verb::kZsend) {
    archive_ =
        std::make_unique<ZipReader>(context_.settings->max_size, [this](std::string_view bytes) {
          return payload_->append(bytes, context_.spool->temporary());
        });
  }
  session_.accept();
}

/// Takes what comes even after a failure: the answer is due only after the last byte.
void ServerConnection::take_data(std::string_view bytes) {
  context_.counters->bytes_in.fetch_add(bytes.size(), std::memory_order_relaxed);
  if (!payload_status_.ok()) return;
  payload_status_ =
      archive_ ? archive_->feed(bytes) : payload_->append(bytes, context_.spool->temporary());
}

void ServerConnection::received() {
  uploading_ = false;
  const std::unique_ptr<ZipReader> archive = std::move(archive_);
  const std::unique_ptr<Payload> payload = std::move(payload_);
  if (archive && payload_status_.ok()) payload_status_ = archive->finish();
  if (!payload_status_.ok()) {
    const bool ours = payload_status_.error().code == ErrorCode::kUnavailable;
    refuse(archive && !ours ? Refusal::kBadArchive : Refusal::kStorage);
    return;
  }
  const ServerSession::Request& request = session_.request();
  StoreJob job;
  job.envelope.id = SystemRandom().hex(16);
  job.envelope.received = wall();
  job.envelope.peer = info_->peer.text;
  job.envelope.level = info_->level;
  job.envelope.fingerprint = info_->peer.tls.peer_fingerprint;
  job.envelope.subject = info_->peer.tls.peer_subject;
  job.envelope.name = request.name;
  job.payload = std::move(*payload);
  if (context_.settings->configuration_uploads == ConfigurationUploads::kPublish) {
    job.publish_directory = context_.settings->filters.directory(request.name).value_or("");
  }
  job.remote = connection_.remote();
  job.connection = info_;
  job.verb = tentacle::word(request.verb);
  job.began = operation_began_;
  job.tag = tag_;
  waiting_ = Waiting::kStore;
  if (!context_.spool->submit(std::move(job))) refuse(Refusal::kNoRoom);
}

void ServerConnection::on_stored(std::uint64_t tag, StoreOutcome outcome) {
  if (waiting_ != Waiting::kStore || tag != tag_) return;
  waiting_ = Waiting::kNone;
  const auto refusal = refusal_of(outcome);
  if (!refusal) {
    session_.stored();
    end_operation();
  } else if (context_.settings->refusals == RefusalTexts::kReference) {
    session_.refuse(*refusal);
    end_operation();
  } else {
    refusal_ = *refusal;
    waiting_ = Waiting::kRefusal;
    due_ = connection_.now() + kRefusalDelay;
  }
  go_on();
}

void ServerConnection::wanted() {
  connection_.prove();
  begin_operation();
  const ServerSession::Request& request = session_.request();
  if (context_.outgoing == nullptr) return refuse(Refusal::kMissing);
  if (!may_use(request.name)) return refuse(Refusal::kForbidden);
  waiting_ = Waiting::kFetch;
  const bool queued =
      context_.fetches->submit([outgoing = context_.outgoing, verb = request.verb,
                                name = request.name, tag = tag_, remote = connection_.remote()] {
        auto found = std::make_shared<Result<Body>>(outgoing->find(verb, name));
        remote.post([tag, found](net::Protocol& protocol) {
          static_cast<ServerConnection&>(protocol).on_found(tag, std::move(*found));
        });
      });
  if (!queued) refuse(Refusal::kMissing);
}

void ServerConnection::on_found(std::uint64_t tag, Result<Body> found) {
  if (waiting_ != Waiting::kFetch || tag != tag_) return;
  waiting_ = Waiting::kNone;
  if (!found.ok()) {
    refuse(Refusal::kMissing);
  } else {
    body_ = std::make_unique<Body>(std::move(found).value());
    body_sent_ = 0;
    session_.offer(body_->size);
    const TransportSettings& s = *context_.settings;
    last_progress_ = connection_.now();
    operation_end_ = last_progress_ + s.operation_base +
                     static_cast<Micros>(body_->size / s.minimum_rate) * kSecond;
  }
  go_on();
}

/// Sends as much as the socket takes; goes on in on_sent().
void ServerConnection::send_body() {
  while (body_sent_ < body_->size && connection_.unsent() == 0) {
    std::string chunk;
    if (!body_->file.valid()) {
      chunk = std::move(body_->bytes);
    } else {
      chunk.resize(
          static_cast<std::size_t>(std::min<std::uint64_t>(kBodyChunk, body_->size - body_sent_)));
      const ssize_t n =
          ::pread(body_->file.get(), chunk.data(), chunk.size(), static_cast<off_t>(body_sent_));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {  // cut short meanwhile: the announced size can no longer be kept
        result_ = "file-changed";
        connection_.abort();
        return;
      }
      chunk.resize(static_cast<std::size_t>(n));
    }
    body_sent_ += chunk.size();
    connection_.send(std::move(chunk));
  }
  if (body_sent_ < body_->size || connection_.unsent() > 0) return;
  log_transfer("sent", "");
  const std::unique_ptr<Body> body = std::move(body_);
  context_.counters->bytes_out.fetch_add(body->size, std::memory_order_relaxed);
  ++context_.counters->sent;
  if (session_.request().verb == Verb::kMv) {
    const Status removed = context_.outgoing->remove(*body);
    if (!removed.ok()) log::warning("move-failed", {{"error", removed.error()}});
  }
  session_.sent();
  end_operation();
  go_on();
}

void ServerConnection::ended() {
  answer();
  result_ = word(session_.end());
  switch (session_.end()) {
    case ServerSession::End::kQuit:
      connection_.close();
      return;
    case ServerSession::End::kWrongPassword:
      fail(result_, "");
      waiting_ = Waiting::kClose;
      due_ = connection_.now() + kFailureDelay;
      connection_.pause();
      return;
    case ServerSession::End::kUnknownCommand:
    case ServerSession::End::kLineTooLong:
      fail(result_, "");
      connection_.close();
      return;
  }
}

// ---------------------------------------------------------------- helpers

void ServerConnection::refuse(Refusal reason) {
  waiting_ = Waiting::kNone;
  log_transfer("refused", to_string(reason));
  ++context_.counters->refused;
  if (context_.settings->refusals == RefusalTexts::kReference) {
    session_.refuse(reason);
    end_operation();
    return;
  }
  refusal_ = reason;
  waiting_ = Waiting::kRefusal;
  due_ = connection_.now() + kRefusalDelay;
}

/// After an answer that did not come from inside pump().
void ServerConnection::go_on() {
  answer();
  if (draining_ && waiting_ == Waiting::kNone && session_.idle()) {
    result_ = "shutdown";
    connection_.close();
    return;
  }
  if (waiting_ == Waiting::kNone) connection_.resume();
  set_deadline();
}

void ServerConnection::answer() {
  std::string output = session_.take_output();
  if (!output.empty()) connection_.send(std::move(output));
}

void ServerConnection::set_deadline() {
  const TransportSettings& s = *context_.settings;
  switch (waiting_) {
    case Waiting::kRefusal:
    case Waiting::kClose:
      connection_.set_deadline(due_);
      return;
    case Waiting::kStore:
    case Waiting::kFetch:
      connection_.set_deadline(connection_.now() + kStoreLimit);
      return;
    case Waiting::kNone:
      break;
  }
  const Micros idle = last_progress_ + s.idle_timeout;
  const bool in_operation = uploading_ || body_ != nullptr;
  connection_.set_deadline(in_operation ? std::min(idle, operation_end_) : idle);
}

/// Names that belong to one agent may be used only with that agent's certificate, if the operator
/// wants names bound (TEN-07; spec tentacle §18.4).
bool ServerConnection::may_use(std::string_view name) const {
  if (!listener_.bind_identity) return true;
  const std::string& subject = info_->peer.tls.peer_subject;
  if (subject.empty()) return false;
  const std::string own_digest = crypto::md5_hex(subject);
  if (kind_of(name) == FileKind::kData) {
    return name.starts_with(subject + ".") || name.starts_with(own_digest + ".");
  }
  const std::string_view owner = owner_digest(name);
  return owner.empty() || owner == own_digest;
}

void ServerConnection::fail(std::string_view reason, std::string_view detail) {
  ++context_.counters->failures;
  connection_.report_failure();
  log::warning("peer-failed", {{"peer", info_->peer.text},
                               {"reason", reason},
                               {"listener", info_->peer.listener},
                               {"detail", detail}});
  context_.log->failure(*info_, reason, detail);
}

void ServerConnection::log_transfer(std::string_view result, std::string_view reason) {
  const ServerSession::Request& request = session_.request();
  LoggedTransfer transfer;
  transfer.verb = tentacle::word(request.verb);
  transfer.file = request.name;
  transfer.size = body_ ? body_->size : request.size;
  transfer.result = result;
  transfer.reason = reason;
  transfer.began = operation_began_;
  transfer.ended = wall();
  context_.log->transfer(*info_, transfer);
}

}  // namespace yagura::tentacle
