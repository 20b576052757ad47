// Any text as a cron expression or a time: results must keep their promises.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/cron.h"
#include "text/time_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yagura;
  if (size < 4) return 0;
  const Micros now = (1'600'000'000 + (data[0] << 16) + (data[1] << 8) + data[2]) * kSecond;
  const auto zone = text::TimeZone::fixed((data[3] - 128) * 450);
  const std::string_view text(reinterpret_cast<const char*>(data) + 4, size - 4);

  if (const auto cron = text::Cron::parse(text); cron.ok()) {
    const auto next = cron->next_run(now, data[0], zone);
    if (next && (*next < now + data[0] * kSecond || !cron->matches(*next, zone))) std::abort();
  }
  if (const auto time = text::parse_agent_time(text, zone)) {
    if (time->time < 0) std::abort();
    const auto again = text::parse_agent_time(text::format_agent_time(time->time, zone), zone);
    const Micros whole = time->time - time->time % kSecond;
    // Year 10000 in the zone has a fifth digit and is no agent's time any more.
    if (again && again->time != whole) std::abort();
  }
  if (const auto time = text::parse_rfc3339(text)) {
    if (text::parse_rfc3339(format_utc(*time)) != *time - *time % 1000) std::abort();
  }
  return 0;
}
