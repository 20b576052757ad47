// Signing in and out, and changing one's own password.
#include "identity/session.h"

#include "api/cookie.h"
#include "api/language.h"
#include "api/resources.h"
#include "identity/login.h"

namespace yagura::api {

namespace {

struct Credentials {
  std::string user;
  crypto::Secret password;
};

struct NewPassword {
  crypto::Secret current;
  crypto::Secret replacement;
};

struct SessionView {
  std::string user;
  std::string full_name;
  bool must_change_password = false;
  std::string csrf_token;
  std::vector<std::string> permissions;
  std::optional<Language> language;
  Micros expires_at = 0;
};

}  // namespace

template <>
struct Describe<Credentials> {
  static constexpr std::string_view kName = "Credentials";
  template <typename V>
  static void fields(V& v) {
    v.field("user", &Credentials::user, "Login name", {.max_length = identity::kMaxUserName});
    v.field("password", &Credentials::password, "", {.max_length = identity::kMaxPasswordBytes});
  }
};

template <>
struct Describe<NewPassword> {
  static constexpr std::string_view kName = "NewPassword";
  template <typename V>
  static void fields(V& v) {
    v.field("current", &NewPassword::current, "The present password",
            {.max_length = identity::kMaxPasswordBytes});
    v.field("new", &NewPassword::replacement, "The password from now on",
            {.max_length = identity::kMaxPasswordBytes});
  }
};

template <>
struct Describe<SessionView> {
  static constexpr std::string_view kName = "Session";
  template <typename V>
  static void fields(V& v) {
    v.field("user", &SessionView::user, "Login name");
    v.field("full_name", &SessionView::full_name, "");
    v.field("must_change_password", &SessionView::must_change_password,
            "While true every other route answers password-change-required");
    v.field("csrf_token", &SessionView::csrf_token,
            "Header X-CSRF-Token of every request that changes something");
    v.field("permissions", &SessionView::permissions,
            "Bits held in at least one group: AR, AW, AD, ...");
    v.field("language", &SessionView::language, "Chosen language; null = that of the browser");
    v.time("expires_at", &SessionView::expires_at, "When the session ends if nothing happens");
  }
};

namespace {

using http::Method;

Result<SessionView> view_of(Context& context, const identity::User& user,
                            const identity::Actor& actor, const identity::Session& session,
                            std::string_view token) {
  YAGURA_TRY(preferences, identity::load_preferences(context.db, user.id));
  return SessionView{.user = user.name,
                     .full_name = user.full_name,
                     .must_change_password = user.must_change_password,
                     .csrf_token = identity::csrf_token(token),
                     .permissions = actor.somewhere().words(),
                     .language = stored_word<Language>(preferences.language.value_or("")),
                     .expires_at = session.expires_at};
}

// The answer after a new session began: its cookie and its view.
Reply<SessionView> welcome(Context& context, std::string_view user_name,
                           const identity::OpenedSession& opened) {
  YAGURA_TRY(user, identity::find_user(context.db, user_name));
  audit::Source source{.user = user.name,
                       .realm = "local",
                       .session = opened.session.public_id,
                       .address = context.request.peer.address,
                       .request_id = context.request.id};
  YAGURA_TRY(actor, identity::load_actor(context.db, user, std::move(source)));
  YAGURA_TRY(view, view_of(context, user, actor, opened.session, opened.token.reveal()));
  Reply<SessionView> reply(std::move(view));
  reply.headers.push_back({"Set-Cookie", session_cookie(opened.token)});
  return reply;
}

Reply<SessionView> sign_in(Context& context, const None& /*query*/, Credentials& body) {
  YAGURA_TRY(result, identity::login(context.db, context.login,
                                     {.user = body.user,
                                      .password = std::move(body.password),
                                      .address = context.request.peer.address,
                                      .request_id = context.request.id}));
  using Outcome = identity::LoginResult::Outcome;
  if (result.outcome == Outcome::kTooMany) {
    return Problem{problems::kTooManyAttempts, {{"retry_after_s", result.retry_after_s}}, {}};
  }
  if (result.outcome == Outcome::kRefused) {
    Reply<SessionView> reply(Problem{problems::kLoginRefused, {}, {}});
    reply.delay = result.delay;
    return reply;
  }
  return welcome(context, body.user, *result.opened);
}

Reply<SessionView> show_session(Context& context, const None& /*query*/, None& /*body*/) {
  const SignedIn& who = *context.signed_in;
  return view_of(context, who.user, who.actor, who.session, context.session_token);
}

Reply<None> sign_out(Context& context, const None& /*query*/, None& /*body*/) {
  const SignedIn& who = *context.signed_in;
  YAGURA_CHECK(identity::logout(context.db, who.actor, who.session, context.now()));
  Reply<None> reply(None{});
  reply.headers.push_back({"Set-Cookie", expired_session_cookie()});
  return reply;
}

Problem problem_of(const identity::PolicyViolation& violation) {
  using Rule = identity::PolicyViolation::Rule;
  switch (violation.rule) {
    case Rule::kTooShort:
      return Problem{problems::kPasswordTooShort, {{"min", violation.min_length}}, {}};
    case Rule::kTooCommon:
      return Problem{problems::kPasswordTooCommon, {}, {}};
    case Rule::kSame:
      break;
  }
  return Problem{problems::kPasswordSame, {}, {}};
}

Reply<SessionView> change_password(Context& context, const None& /*query*/, NewPassword& body) {
  YAGURA_TRY(change,
             identity::change_password(context.db, context.login, context.actor(),
                                       std::move(body.current), std::move(body.replacement)));
  using Outcome = identity::PasswordChange::Outcome;
  switch (change.outcome) {
    case Outcome::kTooMany:
      return Problem{problems::kTooManyAttempts, {{"retry_after_s", change.retry_after_s}}, {}};
    case Outcome::kWrongPassword:
      return Problem{problems::kPasswordWrong, {}, {}};
    case Outcome::kPolicy:
      return problem_of(*change.violation);
    case Outcome::kChanged:
      break;
  }
  return welcome(context, context.signed_in->user.name, *change.opened);
}

}  // namespace

void add_session(Operations& operations) {
  constexpr std::string_view kPath = "/api/v2/session";
  operations.push_back(operation({.method = Method::kPost,
                                  .path = kPath,
                                  .name = "sign_in",
                                  .summary = "Sign in with name and password",
                                  .access = Access::everyone(),
                                  .audit = Audit::act(audit::Category::kLogin, "session.open"),
                                  .rate = RateClass::kLogin},
                                 sign_in));
  operations.push_back(operation({.method = Method::kGet,
                                  .path = kPath,
                                  .name = "show_session",
                                  .summary = "Who is signed in",
                                  .access = Access::before_password_change(),
                                  .audit = Audit::read_only(),
                                  .rate = RateClass::kRead},
                                 show_session));
  operations.push_back(operation({.method = Method::kDelete,
                                  .path = kPath,
                                  .name = "sign_out",
                                  .summary = "End the session",
                                  .access = Access::before_password_change(),
                                  .audit = Audit::act(audit::Category::kLogin, "session.close"),
                                  .rate = RateClass::kWrite},
                                 sign_out));
  operations.push_back(operation({.method = Method::kPost,
                                  .path = "/api/v2/session/password",
                                  .name = "change_password",
                                  .summary = "Change one's own password; all other sessions end",
                                  .access = Access::before_password_change(),
                                  .audit = Audit::act(audit::Category::kUser, "password.change"),
                                  .rate = RateClass::kLogin},
                                 change_password));
}

}  // namespace yagura::api
