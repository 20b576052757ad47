"""One command: `yagura up` makes an installation, runs it, heals it, explains it and stops it."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

from lib.console import Browser
from lib.process import binary, free_port, temp_dir, wait_until

PASSWORD = "lantern-Over-the-moat-42"


class Up:
    """A running `yagura up` and everything it printed so far."""

    def __init__(self, base, *options, console_port=None, transport_port=None):
        self.data = base / "data"
        self.console_port = console_port or free_port()
        self.transport_port = transport_port or free_port()
        self.lines = []
        self.process = subprocess.Popen(
            [binary("yagura"), "up", "--data", str(self.data), "--console-port", str(self.console_port),
             "--transport-port", str(self.transport_port), "--transport-address", "127.0.0.1", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def text(self):
        return "\n".join(self.lines)

    def await_line(self, pattern, timeout=60):
        def look():
            if self.process.poll() is not None:
                self.reader.join(5)
            found = re.search(pattern, self.text())
            if not found and self.process.poll() is not None:
                raise RuntimeError(f"yagura up ended:\n{self.text()}")
            return found
        return wait_until(look, timeout, pattern)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()


class UpTest(unittest.TestCase):
    def setUp(self):
        self.base = temp_dir("yagura-up-")
        os.chmod(self.base, 0o755)
        self.addCleanup(shutil.rmtree, self.base, True)

    def up(self, *options, **kw):
        up = Up(self.base, *options, **kw)
        self.addCleanup(up.kill)
        return up

    def sign_in(self, up, timeout=60):
        password = up.await_line(r"one-time password (\S+)", timeout).group(1)
        browser = Browser(up.console_port, up.data / "pki/ca.pem")
        self.addCleanup(browser.close)
        self.assertEqual(browser.login("admin", password).status, 200)
        self.assertEqual(browser.change_password(password, PASSWORD).status, 200)
        return browser

    def status(self, up):
        return {p["name"]: p for p in json.loads((up.data / "run/status.json").read_text())["programs"]}

    def doctor(self, up, *options):
        return subprocess.run([binary("yagura"), "doctor", "--data", str(up.data), *options],
                              capture_output=True, text=True, timeout=120)

    def test_first_data_within_a_minute_then_healing_and_a_clean_end(self):
        began = time.monotonic()
        up = self.up()
        browser = self.sign_in(up)
        up.await_line(r"Console +https://127\.0\.0\.1:%d/" % up.console_port)
        up.await_line(r"SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}")
        up.await_line(r"yagura host add NAME --data")

        def local_host():
            items = browser.get("/api/v2/agents").json["items"]
            return items[0] if items and items[0]["modules"]["total"] > 5 else None
        host = wait_until(local_host, 60, "the local host's data")
        self.assertLess(time.monotonic() - began, 60)
        self.assertEqual(host["approval"], "approved")
        self.assertEqual(host["alias"], socket.gethostname())
        modules = browser.get(f"/api/v2/agents/{host['id']}/modules").json["items"]
        self.assertTrue([m for m in modules if m["value"] and m["value"]["kind"] == "number"])

        # What dies is started again.
        victim = self.status(up)["yagura-server"]["pid"]
        os.kill(victim, signal.SIGKILL)
        up.await_line(r"yagura-server ended: signal 9; starting again in 1 s")
        up.await_line(r"yagura-server +serves again", 30)
        self.assertNotEqual(self.status(up)["yagura-server"]["pid"], victim)

        # The doctor sees all of it and nothing that is wrong.
        report = self.doctor(up, "--json")
        states = [(f["check"], f["state"], f["what"]) for f in json.loads(report.stdout)["findings"]]
        self.assertFalse([s for s in states if s[1] == "problem"], report.stdout)
        self.assertIn(report.returncode, (0, 2))
        self.assertTrue([s for s in states if s[0] == "programs" and "started again 1 times" in s[2]], states)
        self.assertTrue([s for s in states if s[0] == "transport" and "TLSv1.3" in s[2]], states)

        pids = [p["pid"] for p in self.status(up).values()]
        self.assertEqual(up.stop(), 0)
        for pid in pids:
            self.assertFalse(os.path.exists(f"/proc/{pid}") and "yagura" in open(f"/proc/{pid}/comm").read())

        # Stopped: the doctor says so and what to do.
        report = self.doctor(up)
        self.assertEqual(report.returncode, 1)
        self.assertIn("what to do: start 'yagura up'", report.stdout)

    def test_a_busy_port_and_a_second_start_are_explained(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            up = self.up(console_port=taken.getsockname()[1])
            self.assertEqual(up.process.wait(60), 1)
            up.reader.join(10)
            self.assertRegex(up.text(), r"port \d+ is in use by another program.*--console-port")
        running = self.up()
        running.await_line(r"Sign in")
        second = self.up()
        self.assertEqual(second.process.wait(60), 1)
        second.reader.join(10)
        self.assertIn("another 'yagura up' runs in", second.text())

    def test_demo_fleet_comes_marked_lives_and_goes(self):
        up = self.up("--demo")
        browser = self.sign_in(up, 300)
        page = browser.get("/api/v2/agents?limit=300").json
        demo = [a for a in page["items"] if a["demo"]]
        self.assertEqual(len(demo), 200)
        self.assertGreater(page["counts"]["critical"], 0)
        module = browser.get(f"/api/v2/agents/{demo[0]['id']}/modules").json["items"][0]
        now = int(time.time())
        history = browser.get(f"/api/v2/modules/{module['id']}/history?from={now - 86400}&to={now}").json
        self.assertGreater(len(history.get("points") or history.get("texts")), 100)
        removed = subprocess.run([binary("yagura"), "demo", "remove", "--data", str(up.data)],
                                 capture_output=True, text=True, timeout=120)
        self.assertRegex(removed.stdout, r"removed 200 simulated hosts and \d+ rows", removed.stderr)
        left = browser.get("/api/v2/agents?limit=300").json["items"]
        self.assertFalse([a for a in left if a["demo"] or a["name"].startswith("demo-")])

    def test_an_enrolled_host_reports_and_a_revoked_one_does_not(self):
        up = self.up()
        browser = self.sign_in(up)
        added = subprocess.run([binary("yagura"), "host", "add", "web1", "--data", str(up.data),
                                "--server", "127.0.0.1"], capture_output=True, text=True, timeout=60)
        self.assertEqual(added.returncode, 0, added.stderr)
        # As on the other host: the folder copied somewhere, run by an ordinary account.
        folder = self.base / "elsewhere"
        shutil.copytree(up.data / "enroll/web1", folder)
        with open(folder / "agent.conf", "a") as conf:
            conf.write(f"yagura_state {folder}/state\nyagura_allow_root 1\n")

        def once():
            return subprocess.run([binary("yagura-agent"), "--config", str(folder / "agent.conf"), "--once"],
                                  capture_output=True, text=True, timeout=120, cwd="/")
        first = once()
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        wait_until(lambda: [a for a in browser.get("/api/v2/agents").json["items"]
                            if a["name"] == "web1" and a["approval"] == "approved"], 30, "web1 is there")
        revoked = subprocess.run([binary("yagura"), "host", "revoke", "web1", "--data", str(up.data)],
                                 capture_output=True, text=True, timeout=60)
        self.assertIn("the transport refuses it from now on", revoked.stdout, revoked.stderr)

        def refused():
            before = json.loads(json.dumps([a["last_contact"] for a in browser.get("/api/v2/agents").json["items"]
                                            if a["name"] == "web1"]))
            done = once()
            after = [a["last_contact"] for a in browser.get("/api/v2/agents").json["items"] if a["name"] == "web1"]
            return done.returncode != 0 and before == after
        wait_until(refused, 60, "the revoked certificate is refused")


if __name__ == "__main__":
    unittest.main()
