// Any bytes as an agent's document: reading ends in a report or a refusal, and a report that our
// writer writes reads back as the same report.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "report/data_file_name.h"
#include "report/reader.h"
#include "report/writer.h"
#include "text/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yagura;
  static report::Reader reader;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)report::is_data_file_name(bytes);

  report::ReadOptions options;
  options.now = options.received = 1'709'294'400 * kSecond;
  const auto first = reader.read(bytes, options);
  const auto* agent = std::get_if<report::AgentReport>(&first);
  if (agent == nullptr) return 0;
  if (agent->agent_name.empty() || agent->modules.size() > report::kMaxModules) std::abort();

  const std::string written = report::write(*agent);
  if (!text::is_valid_utf8(written)) std::abort();
  const auto second = reader.read(written, options);
  const auto* again = std::get_if<report::AgentReport>(&second);
  if (again == nullptr) std::abort();
  // Times before 1970 with their offset taken off are not written in a way that can be read.
  if (again->warnings.empty() && report::write(*again) != written) std::abort();
  return 0;
}
