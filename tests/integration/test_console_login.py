"""Signing in: forced change of the first password, sessions, lockout, forgery, what audit sees."""
import json
import statistics
import time
import unittest

from lib.console import COOKIE, FAST_SETTINGS, Browser, Rows
from lib.stack import Stack

PASSWORD = "correct-Horse-7-staple"
OTHER = "another-Long-Phrase-42"


class LoginTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        settings = FAST_SETTINGS + "\n[login]\naccount_failures = 4\nsource_failures = 1000\n"
        cls.stack = Stack(settings={"console.toml": lambda text: text + settings})
        cls.addClassCleanup(cls.stack.close)
        cls.stack.start("console")
        cls.rows = Rows(cls.stack)
        cls.first_login(cls.browser())

    @classmethod
    def browser(cls):
        browser = Browser(cls.stack.console_port, cls.stack.pki / "ca.pem")
        cls.addClassCleanup(browser.close)
        return browser

    @classmethod
    def first_login(cls, browser):
        """The flow of a fresh installation; leaves `admin` with PASSWORD."""
        answer = browser.login("admin", cls.stack.password)
        assert answer.status == 200, answer.body
        assert answer.json["must_change_password"] is True
        blocked = browser.get("/api/v2/agents")
        assert (blocked.status, blocked.code) == (403, "password-change-required"), blocked.body
        old_cookie = browser.cookie
        changed = browser.change_password(cls.stack.password, PASSWORD)
        assert changed.status == 200, changed.body
        assert changed.json["must_change_password"] is False
        assert browser.cookie != old_cookie, "a new session after the change"
        assert browser.get("/api/v2/agents").status == 200

    def setUp(self):
        # Each test starts with clean counters.
        self.rows.execute("DELETE FROM login_source")
        self.rows.execute("UPDATE user_account SET failed_attempts = 0, first_failure = 0, blocked_until = 0")

    def signed_in(self, user="admin", password=PASSWORD):
        browser = self.browser()
        answer = browser.login(user, password)
        self.assertEqual(answer.status, 200, answer.body)
        return browser

    def audit(self, action):
        return [dict(zip(("user", "session", "address", "request", "success", "changes", "object"), row))
                for row in self.stack.query(
                    "SELECT user_name, session_id, address, request_id, success, changes, object_name"
                    " FROM audit_pending WHERE action = ? ORDER BY id", action)]

    def test_session_document_and_cookie(self):
        browser = self.browser()
        answer = browser.login("admin", PASSWORD)
        cookie = answer.headers["Set-Cookie"]
        self.assertRegex(cookie, rf"^{COOKIE}=[A-Za-z0-9_-]{{43}}; Path=/; Secure; HttpOnly; SameSite=Strict$")
        session = answer.json
        self.assertEqual(session["user"], "admin")
        self.assertEqual(len(session["permissions"]), 26)
        self.assertEqual(len(session["csrf_token"]), 64)
        self.assertIsNone(session["language"])
        again = browser.get("/api/v2/session").json
        self.assertGreaterEqual(again.pop("expires_at"), session.pop("expires_at"))
        self.assertEqual(again, session)
        # The table holds no token: only its digest.
        hashes = [row[0] for row in self.stack.query("SELECT token_hash FROM user_session")]
        self.assertNotIn(browser.cookie, hashes)
        self.assertTrue(all(len(h) == 64 for h in hashes))
        record = self.audit("login.accepted")[-1]
        self.assertEqual((record["user"], record["address"], record["success"]), ("admin", "127.0.0.1", 1))
        self.assertEqual(record["request"], answer.headers["X-Request-Id"])

    def test_logout_ends_the_session_for_good(self):
        browser = self.signed_in()
        cookie, csrf = browser.cookie, browser.csrf
        done = browser.request("DELETE", "/api/v2/session")
        self.assertEqual(done.status, 204)
        self.assertIn("Max-Age=0", done.headers["Set-Cookie"])
        browser.cookie, browser.csrf = cookie, csrf  # replay
        self.assertEqual((browser.get("/api/v2/session").status), 401)
        self.assertEqual(browser.get("/api/v2/session").code, "not-signed-in")
        self.assertTrue(self.audit("session.close"))

    def test_fixation_the_cookie_of_before_is_not_taken_over(self):
        browser = self.browser()
        browser.cookie = "A" * 43
        self.assertEqual(browser.login("admin", PASSWORD).status, 200)
        self.assertNotEqual(browser.cookie, "A" * 43)

    def test_two_cookies_of_one_name_are_none(self):
        browser = self.signed_in()
        both = f"{COOKIE}={browser.cookie}; {COOKIE}={browser.cookie}"
        self.assertEqual(browser.get("/api/v2/session", headers={"Cookie": both}).status, 401)

    def test_refusals_look_alike(self):
        self.rows.user("disabled", "admin", "Administrator")
        self.rows.execute("UPDATE user_account SET disabled = 1 WHERE name = 'disabled'")
        self.rows.user("nobody", "admin")  # no assignment
        answers = [self.browser().login(user, password) for user, password in (
            ("admin", "wrong"), ("unknown-user", "wrong"), ("disabled", PASSWORD), ("nobody", PASSWORD),
            ("ADMIN", PASSWORD), ("", ""), ("x' OR '1'='1", "y"))]
        bodies = []
        for answer in answers:
            self.assertEqual((answer.status, answer.code), (401, "login-refused"))
            self.assertNotIn("Set-Cookie", answer.headers)
            document = answer.json
            document.pop("request_id")
            bodies.append(json.dumps(document))
        self.assertEqual(len(set(bodies)), 1, "one body for every reason")
        reasons = [json.loads(r["changes"])[0]["after"] for r in self.audit("login.refused")[-7:]]
        self.assertEqual(reasons, ["wrong-password", "unknown-user", "account-disabled", "no-assignment",
                                   "unknown-user", "unknown-user", "unknown-user"])

    def test_unknown_and_known_names_take_the_same_time(self):
        self.rows.user("timing", "admin", "Operator (Read)")
        times = {"timing": [], "stranger": []}
        browser = self.browser()
        for _ in range(12):
            for user in times:
                self.setUp()  # no delay, no block
                begin = time.perf_counter()
                browser.login(user, "wrong")
                times[user].append(time.perf_counter() - begin)
        known, unknown = (statistics.median(times[user]) for user in ("timing", "stranger"))
        print(f"login refused: known {known * 1e3:.1f} ms, unknown {unknown * 1e3:.1f} ms (median of 12)")
        # Answers leave on the server's quarter-second beat after a fixed time; what remains is that beat.
        self.assertGreater(min(known, unknown), 0.4)
        self.assertLess(abs(known - unknown), 0.25)

    def test_account_is_blocked_and_even_the_right_password_fails(self):
        self.rows.user("victim", "admin", "Operator (Read)")
        for _ in range(4):
            self.assertEqual(self.browser().login("victim", "wrong").code, "login-refused")
            self.rows.execute("DELETE FROM login_source")  # only the account's counter is looked at
        self.assertEqual(self.browser().login("victim", PASSWORD).code, "login-refused")
        self.assertEqual(json.loads(self.audit("login.refused")[-1]["changes"])[0]["after"], "account-blocked")
        self.assertEqual(self.audit("login.blocked")[-1]["object"], "victim")
        self.rows.execute("UPDATE user_account SET blocked_until = 1 WHERE name = 'victim'")
        self.assertEqual(self.browser().login("victim", PASSWORD).status, 200)
        self.assertEqual(self.stack.query("SELECT failed_attempts, blocked_until FROM user_account"
                                          " WHERE name = 'victim'"), [(0, 0)])

    def test_source_is_delayed(self):
        took = []
        for _ in range(3):
            begin = time.monotonic()
            self.browser().login("unknown-name", "wrong")
            took.append(time.monotonic() - begin)
        self.assertLess(took[0], 0.9)
        self.assertGreaterEqual(took[2], 1.0, "the third refusal is answered a second later")

    def test_sessions_of_other_networks_are_refused(self):
        browser = self.signed_in()
        self.rows.execute("UPDATE user_session SET network = '192.0.2.0/24'")
        self.assertEqual(browser.get("/api/v2/session").status, 401)

    def test_idle_and_absolute_end(self):
        for column, past in (("last_activity", 31 * 60), ("created_at", 13 * 3600)):
            browser = self.signed_in()
            self.rows.execute(f"UPDATE user_session SET {column} = {column} - ? WHERE token_hash ="
                              " (SELECT token_hash FROM user_session ORDER BY created_at DESC LIMIT 1)",
                              past * 1_000_000)
            self.assertEqual(browser.get("/api/v2/session").status, 401, column)

    def test_background_refresh_is_no_activity(self):
        browser = self.signed_in()
        self.rows.execute("UPDATE user_session SET last_activity = last_activity - 600000000")

        def last():
            return self.stack.query("SELECT MAX(last_activity) FROM user_session")[0][0]
        before = last()
        browser.get("/api/v2/session", headers={"X-Background-Refresh": "1"})
        self.assertEqual(last(), before)
        browser.get("/api/v2/session")
        self.assertGreater(last(), before)

    def test_oldest_session_ends_beyond_five(self):
        self.rows.user("many", "admin", "Operator (Read)")
        browsers = [self.signed_in("many") for _ in range(6)]
        states = [b.get("/api/v2/session").status for b in browsers]
        self.assertEqual(states, [401, 200, 200, 200, 200, 200])

    def test_forged_requests_change_nothing(self):
        self.rows.user("target", "admin", "Operator (Read)")
        browser = self.signed_in("target")
        stranger = self.signed_in()
        body = {"language": "ja", "theme": "dark", "density": "compact"}
        for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": stranger.csrf},
                        {"X-CSRF-Token": browser.csrf, "Origin": "https://evil.example"},
                        {"X-CSRF-Token": browser.csrf, "Origin": "null"},
                        {"X-CSRF-Token": browser.csrf, "Sec-Fetch-Site": "cross-site"},
                        {"X-CSRF-Token": browser.csrf, "Sec-Fetch-Site": "same-site"}):
            answer = browser.request("PUT", "/api/v2/me/preferences", body, headers=headers, csrf=False)
            self.assertEqual((answer.status, answer.code), (403, "csrf-refused"), headers)
        override = browser.request("GET", "/api/v2/me/preferences", headers={"X-HTTP-Method-Override": "PUT"})
        self.assertEqual(override.json["theme"], "auto")
        own = {"Origin": f"https://127.0.0.1:{self.stack.console_port}", "Sec-Fetch-Site": "same-origin"}
        self.assertEqual(browser.request("PUT", "/api/v2/me/preferences", body, headers=own).status, 200)
        login = self.browser().post("/api/v2/session", {"user": "admin", "password": PASSWORD},
                                    headers={"Origin": "https://evil.example"})
        self.assertEqual(login.code, "csrf-refused", "login forgery")
        form = self.browser().post("/api/v2/session", '{"user":"admin","password":"x"}',
                                   headers={"Content-Type": "text/plain"})
        self.assertEqual(form.code, "media-type-refused", "what a plain form can send")

    def test_password_rules(self):
        self.rows.user("policy", "admin", "Operator (Read)")
        browser = self.signed_in("policy")
        other = self.signed_in("policy")
        for new, code, params in (("short", "password-too-short", {"min": 12}),
                                  ("Password123456", "password-too-common", {}),
                                  ("policy-and-more-text", "password-too-common", {}),
                                  ("aaaaaaaaaaaaaaaa", "password-too-common", {}),
                                  (PASSWORD, "password-same", {})):
            answer = browser.change_password(PASSWORD, new)
            self.assertEqual((answer.status, answer.code), (422, code), new)
            self.assertEqual(answer.json["params"], params)
        wrong = browser.change_password("not it", OTHER)
        self.assertEqual((wrong.status, wrong.code), (403, "password-wrong"))
        self.assertEqual(browser.change_password(PASSWORD, OTHER).status, 200)
        self.assertEqual(other.get("/api/v2/session").status, 401, "other sessions end")
        self.assertEqual(browser.get("/api/v2/session").status, 200)
        self.assertEqual(browser.change_password(OTHER, PASSWORD).code, "password-same", "reuse")
        self.assertEqual(self.browser().login("policy", PASSWORD).status, 401)
        changed = [r for r in self.audit("password.change") if r["object"] == "policy" and r["success"]]
        self.assertEqual(len(changed), 1)
        self.assertIn('"(changed)"', changed[0]["changes"])

    def test_secrets_are_in_no_log_and_no_record(self):
        self.browser().login("admin", "canary-Secret-One")
        browser = self.signed_in()
        browser.change_password("canary-Secret-Two", "canary-Secret-Three")
        log = self.stack.log("console")
        dump = "\n".join(str(row) for table in ("audit_pending", "user_account", "user_session")
                         for row in self.stack.query(f"SELECT * FROM {table}"))
        for secret in ("canary-Secret", PASSWORD, browser.cookie, browser.csrf, self.stack.password):
            self.assertNotIn(secret, log)
            self.assertNotIn(secret, dump)

    def test_disabled_user_is_out_at_once(self):
        self.rows.user("leaver", "admin", "Operator (Read)")
        browser = self.signed_in("leaver")
        self.rows.execute("UPDATE user_account SET disabled = 1 WHERE name = 'leaver'")
        self.assertEqual(browser.get("/api/v2/session").status, 401)


class SourceBlockTest(unittest.TestCase):
    def test_a_source_that_guesses_is_shut_out_whatever_the_name(self):
        settings = FAST_SETTINGS + "\n[login]\naccount_failures = 1000\nsource_failures = 2\n"
        stack = Stack(settings={"console.toml": lambda text: text + settings})
        self.addCleanup(stack.close)
        stack.start("console")
        browser = Browser(stack.console_port, stack.pki / "ca.pem")
        self.addCleanup(browser.close)
        self.assertEqual(browser.login("a", "x").status, 401)
        self.assertEqual(browser.login("b", "x").status, 401)
        answer = browser.login("admin", stack.password)
        self.assertEqual((answer.status, answer.code), (429, "too-many-attempts"))
        wait = answer.json["params"]["retry_after_s"]
        self.assertTrue(0 < wait <= 900)
        self.assertEqual(answer.headers["Retry-After"], str(wait))


if __name__ == "__main__":
    unittest.main()
