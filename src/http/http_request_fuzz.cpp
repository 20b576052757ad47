// The request parser on arbitrary bytes, fed in pieces: the first byte says how large the pieces
// are. Whatever comes out must keep the promises that handlers rely on.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/parser.h"
#include "http/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using yagura::http::RequestParser;
  if (size == 0) return 0;
  const std::size_t piece = data[0] == 0 ? size : data[0];
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  RequestParser parser;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    const std::size_t used = parser.feed(part);
    if (used > part.size()) std::abort();
    bytes.remove_prefix(used);
    if (parser.state() == RequestParser::State::kFailed) {
      if (parser.failure().status < 400 || parser.failure().code.empty()) std::abort();
      return 0;
    }
    if (parser.state() == RequestParser::State::kComplete) {
      const yagura::http::Request request = parser.take();
      if (!yagura::http::is_clean_text(request.path) || request.path.front() != '/' ||
          request.path.find("/..") != std::string::npos ||
          request.body.size() > yagura::http::kMaxRequestBody) {
        std::abort();
      }
      parser = RequestParser();
      continue;
    }
    if (used < part.size()) std::abort();  // unfinished, so everything belongs to the request
  }
  return 0;
}
