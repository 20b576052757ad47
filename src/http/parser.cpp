#include "http/parser.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/target.h"

namespace yagura::http {
namespace {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

constexpr std::size_t kMaxChunkLine = 16UL * 1024;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// Lines of the head: only CRLF ends a line, none starts with a blank (obs-fold), no control byte
// but HTAB inside. Beast would accept folding and join the lines.
std::optional<ParseFailure> check_lines(std::string_view head) {
  std::size_t lines = 0;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.empty()) break;
    if (++lines > kMaxRequestHeaders + 1) {
      return ParseFailure{431, "headers-too-large", "too many header lines"};
    }
    if (line.front() == ' ' || line.front() == '\t') {
      return ParseFailure{400, "bad-request", "folded header line"};
    }
    for (const char c : line) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
        return ParseFailure{400, "bad-request", "control byte in the head"};
      }
    }
  }
  return std::nullopt;
}

struct HeadFacts {
  std::size_t lengths = 0;
  std::size_t encodings = 0;
  std::size_t hosts = 0;
  std::string encoding;
  std::string length;
  std::string host;
  bool expects_continue = false;
  bool expects_other = false;
};

HeadFacts gather(const std::vector<Header>& headers) {
  HeadFacts facts;
  for (const Header& h : headers) {
    if (h.name == "content-length") {
      ++facts.lengths;
      facts.length = h.value;
    } else if (h.name == "transfer-encoding") {
      ++facts.encodings;
      facts.encoding = lower(h.value);
    } else if (h.name == "host") {
      ++facts.hosts;
      facts.host = h.value;
    } else if (h.name == "expect") {
      facts.expects_continue = lower(h.value) == "100-continue";
      facts.expects_other = !facts.expects_continue;
    }
  }
  return facts;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Framing rules of RFC 9112 §6.3 read strictly: one way to tell the length of the body, or none.
std::optional<ParseFailure> check_framing(const HeadFacts& facts, unsigned version) {
  const auto bad = [](std::string what) {
    return ParseFailure{400, "bad-request", std::move(what)};
  };
  if (facts.lengths > 1) return bad("Content-Length twice");
  if (facts.encodings > 1) return bad("Transfer-Encoding twice");
  if (facts.lengths == 1 && facts.encodings == 1) {
    return bad("Content-Length and Transfer-Encoding");
  }
  if (facts.lengths == 1 && !all_digits(facts.length)) return bad("wrong Content-Length");
  if (facts.encodings == 1 && version != 11) return bad("Transfer-Encoding before HTTP/1.1");
  if (facts.encodings == 1 && facts.encoding != "chunked") {
    return ParseFailure{501, "transfer-encoding-refused", "Transfer-Encoding is not chunked"};
  }
  if (facts.hosts > 1) return bad("Host twice");
  if (facts.hosts == 0 && version == 11) return bad("no Host");
  if (facts.expects_other) return bad("unknown Expect");
  return std::nullopt;
}

}  // namespace

struct RequestParser::Impl {
  State state = State::kHead;
  std::string head;
  std::size_t scanned = 0;
  bhttp::request_parser<bhttp::string_body> beast_parser;
  Request request;
  ParseFailure failure;
  std::string pending;
  bool expects_continue = false;
  bool any = false;

  Impl() {
    beast_parser.header_limit(static_cast<std::uint32_t>(kMaxRequestHead));
    beast_parser.body_limit(kMaxRequestBody);
    beast_parser.eager(true);
  }

  void fail(ParseFailure why) {
    failure = std::move(why);
    state = State::kFailed;
  }

  void fail(const beast::error_code& ec) {
    if (ec == bhttp::error::body_limit) {
      return fail(ParseFailure{413, "body-too-large", "body above the limit"});
    }
    if (ec == bhttp::error::header_limit) {
      return fail(ParseFailure{431, "headers-too-large", "head above the limit"});
    }
    if (ec == bhttp::error::bad_version) {
      return fail(ParseFailure{505, "http-version-refused", "HTTP version"});
    }
    fail(ParseFailure{400, "bad-request", ec.message()});
  }

  std::size_t feed_head(std::string_view bytes);
  void finish_head();
  bool start_request();
  std::size_t feed_body(std::string_view bytes);
  void finish_if_done();
};

// Collects until the empty line; what follows it is given back to the caller as not taken.
std::size_t RequestParser::Impl::feed_head(std::string_view bytes) {
  const std::size_t before = head.size();
  const std::size_t room = kMaxRequestHead + 1 - std::min(before, kMaxRequestHead + 1);
  head.append(bytes.substr(0, room));
  // A bare LF or CR is refused at once: waiting for an empty line that never comes helps nobody.
  for (; scanned < head.size(); ++scanned) {
    const char c = head[scanned];
    if (c == '\n' && (scanned == 0 || head[scanned - 1] != '\r')) {
      fail(ParseFailure{400, "bad-request", "bare line feed"});
      return bytes.size();
    }
    if (scanned > 0 && head[scanned - 1] == '\r' && c != '\n') {
      fail(ParseFailure{400, "bad-request", "bare carriage return"});
      return bytes.size();
    }
    if (scanned == 1 && c == '\n') {
      fail(ParseFailure{400, "bad-request", "empty line before the request"});
      return bytes.size();
    }
    if (scanned >= kMaxRequestHead) break;
    if (c == '\n' && scanned >= 3 && head[scanned - 2] == '\n') {
      const std::size_t taken = scanned + 1 - before;
      head.resize(scanned + 1);
      finish_head();
      return taken;
    }
  }
  if (head.size() > kMaxRequestHead) {
    fail(ParseFailure{431, "headers-too-large", "head above the limit"});
  }
  return std::min(bytes.size(), room);
}

bool RequestParser::Impl::start_request() {
  const auto& message = beast_parser.get();
  const auto method = parse_method(std::string_view(message.method_string()));
  if (!method) {
    fail(ParseFailure{501, "method-unknown", "unknown method"});
    return false;
  }
  request.method = *method;
  for (const auto& field : message) {
    request.headers.push_back(
        {lower(std::string_view(field.name_string())), std::string(field.value())});
  }
  const HeadFacts facts = gather(request.headers);
  if (message.version() != 10 && message.version() != 11) {
    fail(ParseFailure{505, "http-version-refused", "HTTP version"});
    return false;
  }
  if (auto failed = check_framing(facts, message.version())) {
    fail(std::move(*failed));
    return false;
  }
  auto target = parse_target(std::string_view(message.target()), facts.host);
  if (!target) {
    const bool too_long = target.error().code == ErrorCode::kLimit;
    fail(ParseFailure{too_long ? 414 : 400, too_long ? "target-too-long" : "bad-request",
                      target.error().what});
    return false;
  }
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.keep_alive = beast_parser.keep_alive();
  expects_continue = facts.expects_continue && message.version() == 11;
  return true;
}

void RequestParser::Impl::finish_head() {
  if (auto failed = check_lines(head)) return fail(std::move(*failed));
  beast::error_code ec;
  beast_parser.put(boost::asio::buffer(head), ec);
  if (ec && ec != bhttp::error::need_more) return fail(ec);
  if (!beast_parser.is_header_done()) {
    return fail(ParseFailure{400, "bad-request", "incomplete head"});
  }
  head.clear();
  head.shrink_to_fit();
  if (!start_request()) return;
  state = State::kBody;
  finish_if_done();
}

// Beast leaves an unfinished chunk line untaken; `pending` keeps it until more bytes come.
std::size_t RequestParser::Impl::feed_body(std::string_view bytes) {
  const std::size_t before = pending.size();
  pending.append(bytes);
  std::size_t used = 0;
  while (used < pending.size() && state == State::kBody) {
    beast::error_code ec;
    const std::size_t n =
        beast_parser.put(boost::asio::buffer(pending.data() + used, pending.size() - used), ec);
    used += n;
    if (ec && ec != bhttp::error::need_more) {
      fail(ec);
      return bytes.size();
    }
    finish_if_done();
    if (ec || n == 0) break;
  }
  pending.erase(0, used);
  if (state == State::kComplete) {
    pending.clear();
    return used - before;
  }
  if (pending.size() > kMaxChunkLine) {
    fail(ParseFailure{400, "bad-request", "chunk line or trailer above the limit"});
  }
  return bytes.size();
}

void RequestParser::Impl::finish_if_done() {
  if (!beast_parser.is_done()) return;
  request.body = std::move(beast_parser.get().body());
  state = State::kComplete;
}

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;
RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) {
  std::size_t taken = 0;
  impl_->any = impl_->any || !bytes.empty();
  if (impl_->state == State::kHead) taken = impl_->feed_head(bytes);
  if (impl_->state == State::kBody) taken += impl_->feed_body(bytes.substr(taken));
  return taken;
}

RequestParser::State RequestParser::state() const {
  return impl_->state;
}
bool RequestParser::started() const {
  return impl_->any;
}
const ParseFailure& RequestParser::failure() const {
  return impl_->failure;
}

bool RequestParser::take_expects_continue() {
  return std::exchange(impl_->expects_continue, false) && impl_->state == State::kBody;
}

Request RequestParser::take() {
  return std::move(impl_->request);
}

}  // namespace yagura::http
