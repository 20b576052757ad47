// Secret: text that must not leak. It wipes itself and cannot be copied, printed, compared with ==
// or turned into JSON or a log field: misuse does not compile (secret_misuse_test proves it).
#pragma once

#include <string>
#include <string_view>

namespace yagura::crypto {

class Secret {
 public:
  Secret() = default;
  /// Takes the text over; the source is wiped.
  explicit Secret(std::string&& text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] bool empty() const { return text_.empty(); }
  /// A deliberate second copy, so that each is seen in the code.
  [[nodiscard]] Secret clone() const;
  /// Constant-time comparison; the time depends on the lengths only.
  [[nodiscard]] bool equals(std::string_view other) const;
  /// The text itself, for the one call that needs it. Never store or print the view.
  [[nodiscard]] std::string_view reveal() const { return text_; }

  bool operator==(const Secret&) const = delete;

 private:
  std::string text_;
};

/// Overwrites memory in a way the compiler keeps.
void wipe(std::string& text);

/// Compares without telling where the first difference is.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace yagura::crypto
