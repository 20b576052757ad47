// Character encodings of agent documents: which one it is, and the way to UTF-8 (agent-data §2.1).
//
// Decisions: a byte order mark wins over the declaration. ISO-8859-1 is read as windows-1252,
// EUC-KR as its superset CP949, GB2312 and GBK as GB18030, Shift_JIS as CP932, EUC-JP as eucJP-MS:
// what Windows programs of these countries really write. US-ASCII with high bytes is read as UTF-8.
// Ill-formed UTF-8 is read as windows-1252, ill-formed bytes of others become U+FFFD; both are
// reported, so that nothing is lost and nothing silent.
//
// UTF-8, UTF-16, US-ASCII and windows-1252 need no table of the system. All others go through
// iconv, whose tables are shared objects: preload() opens them before a sandbox closes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yagura::text {

/// A text in UTF-8. `utf8` points into the bytes that were given, or into `owned`: keep both.
class DecodedText {
 public:
  /// How faithful it is.
  enum class Fidelity {
    kExact,
    kFallback,  ///< was said (or taken) to be UTF-8, is not; read as windows-1252
    kDamaged,   ///< some bytes were none of the encoding's; U+FFFD stands for them
  };

  static DecodedText view(std::string_view utf8) { return DecodedText(utf8, {}, Fidelity::kExact); }
  static DecodedText own(std::string utf8, Fidelity fidelity) {
    return DecodedText({}, std::move(utf8), fidelity);
  }

  [[nodiscard]] std::string_view utf8() const { return owned_.empty() ? view_ : owned_; }
  [[nodiscard]] Fidelity fidelity() const { return fidelity_; }

 private:
  DecodedText(std::string_view view, std::string owned, Fidelity fidelity)
      : view_(view), owned_(std::move(owned)), fidelity_(fidelity) {}

  std::string_view view_;
  std::string owned_;
  Fidelity fidelity_;
};

/// The XML declaration (if any) is looked for in this many bytes.
constexpr std::size_t kMaxDeclarationBytes = 1024;
/// Longest name of an encoding (XML allows any length).
constexpr std::size_t kMaxEncodingNameBytes = 40;

/// The `encoding` of an XML declaration at the very beginning of `ascii` (a text in any encoding
/// that contains ASCII); empty if there is no declaration or it names none.
std::string_view declared_encoding(std::string_view ascii);

/// An XML document in UTF-8, without byte order mark; the declaration stays as it is. kInvalid for
/// an encoding nobody knows, kUnavailable when this machine lacks the table for a known one.
Result<DecodedText> decode_xml(std::string_view bytes);

/// Bytes of a named encoding (case-insensitive, with the aliases of the registry that occur) to
/// UTF-8. Errors as decode_xml().
Result<DecodedText> decode(std::string_view bytes, std::string_view encoding);

/// windows-1252 as browsers read it: the five undefined bytes are the C1 controls. Never fails.
std::string decode_windows_1252(std::string_view bytes);

/// Opens every converter and keeps it for the life of the process; call once at start, before a
/// sandbox closes. The canonical names of those this machine lacks.
std::vector<std::string> preload_encodings();

}  // namespace yagura::text
