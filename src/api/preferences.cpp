// What a user chose for the web interface.
#include <array>

#include "api/language.h"
#include "api/resources.h"
#include "identity/user.h"

namespace yagura::api {

namespace {

enum class Theme { kAuto, kLight, kDark };
std::string_view to_string(Theme theme) {
  constexpr std::array<std::string_view, 3> kNames = {"auto", "light", "dark"};
  return kNames.at(static_cast<std::size_t>(theme));
}

enum class Density { kComfortable, kCompact };
std::string_view to_string(Density density) {
  return density == Density::kCompact ? "compact" : "comfortable";
}

struct PreferencesView {
  std::optional<Language> language;
  Theme theme = Theme::kAuto;
  Density density = Density::kComfortable;
};
struct PreferencesChange : PreferencesView {};

}  // namespace

template <>
struct Words<Theme> {
  static constexpr std::array kAll = {Theme::kAuto, Theme::kLight, Theme::kDark};
};
template <>
struct Words<Density> {
  static constexpr std::array kAll = {Density::kComfortable, Density::kCompact};
};

template <>
struct Describe<PreferencesView> {
  static constexpr std::string_view kName = "Preferences";
  template <typename V>
  static void fields(V& v) {
    using T = PreferencesView;
    v.field("language", &T::language, "null = that of the browser", {.null = Null::kAllowed});
    v.field("theme", &T::theme, "auto = as the system says");
    v.field("density", &T::density, "");
  }
};

template <>
struct Describe<PreferencesChange> {
  static constexpr std::string_view kName = "PreferencesChange";
  template <typename V>
  static void fields(V& v) {
    Describe<PreferencesView>::fields(v);
  }
};

namespace {

using http::Method;

Reply<PreferencesView> show(Context& context, const None& /*query*/, None& /*body*/) {
  YAGURA_TRY(saved, identity::load_preferences(context.db, context.actor().id()));
  PreferencesView view;
  view.language = stored_word<Language>(saved.language.value_or(""));
  view.theme = stored_word<Theme>(saved.theme).value_or(view.theme);
  view.density = stored_word<Density>(saved.density).value_or(view.density);
  return view;
}

Reply<PreferencesView> save(Context& context, const None& /*query*/, PreferencesChange& change) {
  identity::Preferences chosen;
  if (change.language) chosen.language = to_string(*change.language);
  chosen.theme = to_string(change.theme);
  chosen.density = to_string(change.density);
  YAGURA_CHECK(identity::save_preferences(context.db, context.actor(), chosen, context.now()));
  return PreferencesView(change);
}

}  // namespace

void add_preferences(Operations& operations) {
  constexpr std::string_view kPath = "/api/v2/me/preferences";
  operations.push_back(operation({.method = Method::kGet,
                                  .path = kPath,
                                  .name = "show_preferences",
                                  .summary = "One's own choices for the web interface",
                                  .access = Access::signed_in(),
                                  .audit = Audit::read_only(),
                                  .rate = RateClass::kRead},
                                 show));
  operations.push_back(operation({.method = Method::kPut,
                                  .path = kPath,
                                  .name = "save_preferences",
                                  .summary = "Replace one's own choices for the web interface",
                                  .access = Access::signed_in(),
                                  .audit = Audit::act(audit::Category::kUser, "preferences.update"),
                                  .rate = RateClass::kWrite},
                                 save));
}

}  // namespace yagura::api
