// Any bytes as packed samples: decoding ends, and what was decoded comes back from its own
// encoding.
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "report/sample_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yagura::report;
  SampleDecoder decoder({reinterpret_cast<const char*>(data), size});
  std::vector<PackedSample> samples;
  while (const auto sample = decoder.next())
    samples.push_back(*sample);
  if (samples.size() > size) std::abort();

  const auto again = decode_samples(encode_samples(samples));
  if (!again.ok() || again->size() != samples.size()) std::abort();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if ((*again)[i].slot != samples[i].slot || std::bit_cast<std::uint64_t>((*again)[i].value) !=
                                                   std::bit_cast<std::uint64_t>(samples[i].value)) {
      std::abort();
    }
  }
  return 0;
}
