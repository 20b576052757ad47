"""The console as an HTTP server: headers of every response, smuggling, strange paths, limits, process."""
import json
import signal
import subprocess
import unittest
from pathlib import Path

from lib.console import FAST_SETTINGS, Browser, raw_exchange
from lib.process import ROOT, binary, wait_until
from lib.stack import Stack

FIXED = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class ConsoleHttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(settings={"console.toml": lambda text: text + FAST_SETTINGS})
        cls.addClassCleanup(cls.stack.close)
        cls.program = cls.stack.start("console")
        cls.browser = Browser(cls.stack.console_port, cls.stack.pki / "ca.pem")
        cls.addClassCleanup(cls.browser.close)

    def raw(self, data):
        return raw_exchange(self.stack.console_port, self.stack.pki / "ca.pem", data)

    def check_headers(self, answer, what):
        for name, value in FIXED.items():
            self.assertEqual(answer.headers[name], value, f"{what}: {name}")
        policy = answer.headers["Content-Security-Policy"]
        for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
                     "frame-ancestors 'self'", "img-src 'self' data:"):
            self.assertIn(part, policy, what)
        self.assertNotIn("unsafe", policy)
        self.assertRegex(answer.headers["X-Request-Id"], r"^[0-9a-f]{16}$", what)
        self.assertNotIn("Server", answer.headers)

    def test_every_kind_of_response_carries_the_headers(self):
        document = json.loads((ROOT / "ui/openapi.json").read_text())
        seen = set()
        for path in [*document["paths"], "/", "/agents/5", "/healthz", "/api/v2/openapi.json", "/api/v2/none",
                     "/none.js", "/api"]:
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
                answer = self.browser.request(method, path.replace("{id}", "1"))
                self.check_headers(answer, f"{method} {path} {answer.status}")
                if answer.status >= 400 and method != "HEAD":
                    self.assertEqual(answer.json["request_id"], answer.headers["X-Request-Id"])
                    self.assertEqual(answer.json["type"], "urn:yagura:problem:" + answer.code)
                if answer.status == 405:
                    self.assertTrue(answer.headers["Allow"])
                seen.add(answer.status)
        self.assertTrue({200, 401, 404, 405} <= seen, seen)

    def test_requests_that_break_the_protocol_get_the_headers_too(self):
        for data in (b"GET /../etc HTTP/1.1\r\nHost: a\r\n\r\n", b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20000 + b"\r\n\r\n"):
            head = self.raw(data).split(b"\r\n\r\n")[0].decode()
            for name, value in FIXED.items():
                self.assertIn(f"{name}: {value}\r\n", head)
            self.assertIn("Connection: close", head)

    def test_start_page_has_a_fresh_nonce_each_time(self):
        pages = [self.browser.get("/") for _ in range(2)]
        for page in pages:
            self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
            self.assertEqual(page.headers["Cache-Control"], "no-store")
            self.assertNotIn(b"__CSP_NONCE__", page.body)
        policies = [p.headers["Content-Security-Policy"] for p in pages]
        if b"csp-nonce" not in pages[0].body:
            self.assertIn(b"scripts/build-ui", pages[0].body, "without front end the page says what to do")
            return
        self.assertNotEqual(policies[0], policies[1])
        nonce = policies[0].split("'nonce-")[1].split("'")[0]
        self.assertIn(nonce.encode(), pages[0].body)

    def test_smuggling_is_refused_and_ends_the_connection(self):
        inner = b"GET /api/v2/openapi.json HTTP/1.1\r\nHost: h\r\n\r\n"
        head = b"POST /api/v2/session HTTP/1.1\r\nHost: h\r\n"
        length = b"Content-Length: %d\r\n" % len(inner)
        for name, data in {
            "length and chunked": head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
            "chunked and length": head + b"Transfer-Encoding: chunked\r\n" + length + b"\r\n0\r\n\r\n" + inner,
            "two lengths": head + b"Content-Length: 0\r\n" + length + b"\r\n" + inner,
            "list of lengths": head + b"Content-Length: 0, 46\r\n\r\n" + inner,
            "signed length": head + b"Content-Length: +0\r\n\r\n" + inner,
            "folded": head + b"X: a\r\n Content-Length: 46\r\n\r\n" + inner,
            "bare line feed": head + b"X: a\nContent-Length: 46\r\n\r\n" + inner,
            "blank before colon": head + b"Content-Length : 46\r\n\r\n" + inner,
            "obfuscated chunked": head + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner,
            "twice chunked": head + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" + inner,
            "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + inner,
            "other host": b"GET https://other/ HTTP/1.1\r\nHost: a\r\n\r\n" + inner,
            "nul": b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n" + inner,
        }.items():
            got = self.raw(data)
            self.assertRegex(got, rb"^HTTP/1\.1 (400|501) ", name)
            self.assertEqual(got.count(b"HTTP/1.1 "), 1, f"{name}: one answer, then closed")
            self.assertNotIn(b'"openapi"', got, name)

    def test_strange_paths_are_refused(self):
        for path in ("/../x", "/a/../b", "/%2e%2e/x", "/a%2fb", "/a%5cb", "/a%00", "/a//b", "/a/./b", "/a\\b",
                     "/%c0%ae%c0%ae/", "/a%0d%0aX:1"):
            got = self.raw(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            self.assertRegex(got, rb"^HTTP/1\.1 400 ", path)

    def test_limits_of_head_target_and_body(self):
        self.assertRegex(self.raw(b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: a\r\n" * 200 + b"\r\n"), rb"^HTTP/1\.1 431 ")
        self.assertRegex(self.raw(b"GET /" + b"a" * 8000 + b" HTTP/1.1\r\nHost: h\r\n\r\n"), rb"^HTTP/1\.1 414 ")
        self.assertRegex(self.raw(b"POST /api/v2/session HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n"),
                         rb"^HTTP/1\.1 413 ")

    def test_plain_http_gets_nothing(self):
        import socket
        with socket.create_connection(("127.0.0.1", self.stack.console_port), timeout=20) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            self.assertNotIn(b"HTTP/1.1 200", sock.recv(4096))

    def test_openapi_document_is_the_committed_one(self):
        committed = (ROOT / "ui/openapi.json").read_text()
        served = self.browser.get("/api/v2/openapi.json")
        self.assertEqual(served.body.decode(), committed, "run yagura-console --print-openapi > ui/openapi.json")
        again = self.browser.get("/api/v2/openapi.json", headers={"If-None-Match": served.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        printed = subprocess.run([binary("yagura-console"), "--print-openapi"], capture_output=True, text=True)
        self.assertEqual(printed.stdout, committed)

    def test_healthz_is_tiny_and_public(self):
        answer = Browser(self.stack.console_port, self.stack.pki / "ca.pem").get("/healthz")
        self.assertEqual((answer.status, answer.body), (200, b"ok\n"))

    def test_access_log_has_everything_and_no_broken_lines(self):
        answer = self.browser.get("/api/v2/none?x=%0d%0a", headers={"User-Agent": "evil\tagent\x1b[2J"[:10]})
        request_id = answer.headers["X-Request-Id"]
        line = wait_until(lambda: next((x for x in self.stack.log("console").splitlines() if f"id={request_id}" in x),
                                       None), what="access log line")
        for part in (" request ", "peer=127.0.0.1", "method=GET", "path=/api/v2/none", "status=404", "tls=TLSv1.3"):
            self.assertIn(part, line)

    def test_process_gave_up_what_it_does_not_need(self):
        status = Path(f"/proc/{self.program.pid}/status").read_text()
        self.assertIn("NoNewPrivs:\t1", status)
        self.assertIn("Seccomp:\t2", status)
        uid = int(status.split("Uid:\t")[1].split()[0])
        self.assertNotEqual(uid, 0)

    def test_certificate_is_reloaded_on_hangup(self):
        self.program.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "certificate-reloaded" in self.stack.log("console"), what="reload")
        self.assertEqual(self.browser.get("/healthz").status, 200)


class ConsoleCommandTest(unittest.TestCase):
    def run_console(self, *arguments):
        return subprocess.run([binary("yagura-console"), *map(str, arguments)], capture_output=True, text=True)

    def test_version(self):
        self.assertRegex(self.run_console("--version").stdout, r"^yagura-console \d+\.\d+\.\d+")

    def test_check_config_names_every_mistake(self):
        stack = Stack()
        self.addCleanup(stack.close)
        path = stack.data / "conf/console.toml"
        good = self.run_console("--config", path, "--check-config")
        self.assertEqual((good.returncode, good.stdout), (0, "OK\n"))
        path.write_text(path.read_text() + "\n[session]\nidle_minutes = 0\nbind = \"never\"\nidel = 1\n")
        bad = self.run_console("--config", path, "--check-config")
        self.assertEqual(bad.returncode, 1)
        for part in ("session.idle_minutes: 0 is not between", "'never' is not one of", "session.idel: unknown setting"):
            self.assertIn(part, bad.stderr)

    def test_old_schema_is_refused_with_what_to_do(self):
        stack = Stack()
        self.addCleanup(stack.close)
        (stack.data / "db/yagura.db").write_bytes(b"")
        done = self.run_console("--config", stack.data / "conf/console.toml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("database", done.stderr)

    def test_running_requests_end_before_the_process(self):
        stack = Stack(settings={"console.toml": lambda text: text + FAST_SETTINGS})
        self.addCleanup(stack.close)
        program = stack.start("console")
        browser = Browser(stack.console_port, stack.pki / "ca.pem")
        self.addCleanup(browser.close)
        self.assertEqual(browser.get("/healthz").status, 200)
        self.assertEqual(program.stop(), 0)
        self.assertIn("stopped", stack.log("console"))


if __name__ == "__main__":
    unittest.main()
