#include "tentacle/name_rules.h"

#include <algorithm>
#include <array>

namespace yagura::tentacle {
namespace {

constexpr std::string_view kForbidden = "?[]/\\=+<>:;',*~|";
constexpr std::size_t kDigestDigits = 32;

constexpr std::array<bool, 256> make_allowed() {
  std::array<bool, 256> allowed{};
  for (unsigned byte = 0x20; byte < 256; ++byte)
    allowed[byte] = byte != 0x7f;
  for (const char c : kForbidden)
    allowed[static_cast<unsigned char>(c)] = false;
  return allowed;
}
constexpr std::array<bool, 256> kAllowed = make_allowed();

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  if (name.front() == '.' || name.front() == ' ' || name.back() == ' ') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return kAllowed[static_cast<unsigned char>(c)]; });
}

FileKind kind_of(std::string_view name) {
  if (name.ends_with(".data")) return FileKind::kData;
  if (name.ends_with(".conf")) return FileKind::kConfiguration;
  if (name.ends_with(".md5")) return FileKind::kChecksum;
  if (name.ends_with(".zip")) return FileKind::kCollection;
  return FileKind::kOther;
}

std::string_view owner_digest(std::string_view name) {
  const FileKind kind = kind_of(name);
  if (kind != FileKind::kConfiguration && kind != FileKind::kChecksum) return {};
  const std::string_view digest = name.substr(0, name.find('.'));
  if (digest.size() != kDigestDigits || !std::all_of(digest.begin(), digest.end(), is_lower_hex)) {
    return {};
  }
  return digest;
}

}  // namespace yagura::tentacle
