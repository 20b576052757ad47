"""The transport daemon with real clients: Debian's tentacle_client and pandora_agent (4.1), TLS by
Python's ssl, the levels of requirement TEN-04 ... TEN-07."""
import hashlib
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import warnings
from pathlib import Path

from lib.process import binary, tool, wait_until
from lib.transport import PLAIN, Pki, Transport, client_context

STOCK = tool("tentacle_client")
AGENT = tool("pandora_agent")


class TransportTest(unittest.TestCase):
    def transport(self, *args, **kwargs):
        made = Transport(*args, **kwargs)
        self.addCleanup(made.close)
        return made.start()

    def pki(self):
        if not tool("openssl"):
            self.skipTest("the openssl program is not installed")
        folder = tempfile.mkdtemp(prefix="yagura-pki-")
        self.addCleanup(shutil.rmtree, folder, True)
        return Pki(folder)


@unittest.skipUnless(STOCK, "Debian's tentacle_client (package pandorafms-agent) is not installed")
class StockClient(TransportTest):
    """Conformance case C40."""

    def run_client(self, transport, *args, env=None, cwd=None):
        return subprocess.run([STOCK, "-v", "-a", "127.0.0.1", "-p", str(transport.port), *args],
                              capture_output=True, text=True, timeout=60, cwd=cwd or transport.base,
                              env={**os.environ, **(env or {})})

    def test_sends_two_files(self):
        t = self.transport()
        (t.base / "zt.1.data").write_bytes(b"hello world\nsecond line without end")
        (t.base / "zt.2.data").write_bytes(os.urandom(300_000))
        done = self.run_client(t, "zt.1.data", "zt.2.data")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Server responded SEND OK", done.stdout)
        self.assertIn("File sent", done.stdout)
        self.assertEqual(done.stderr, "")
        self.assertEqual(t.items(), [(b"zt.1.data", (t.base / "zt.1.data").read_bytes()),
                                     (b"zt.2.data", (t.base / "zt.2.data").read_bytes())])

    def test_receives_and_misses(self):
        t = self.transport()
        content = os.urandom(200_000)
        (t.outgoing / "collections" / "fc_1.zip").write_bytes(content)
        done = self.run_client(t, "-g", "fc_1.zip")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Received file 'fc_1.zip'", done.stdout)
        self.assertEqual((t.base / "fc_1.zip").read_bytes(), content)
        missing = self.run_client(t, "-g", "nofile.md5")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("Server responded RECV ERR", missing.stderr)

    def test_refused_files_fail(self):
        t = self.transport()
        (t.base / "empty.data").write_bytes(b"")
        self.assertEqual(self.run_client(t, "empty.data").returncode, 1)
        self.assertEqual(self.run_client(t, "absent.data").returncode, 1)
        self.assertEqual(t.items(), [])

    def test_password(self):
        secret = Transport(PLAIN + '\npassword_file = "{}"')
        self.addCleanup(secret.close)
        password = secret.base / "password"
        password.write_text("secret\n")
        secret.config.write_text(secret.config.read_text().replace("{}", str(password)))
        secret.start()
        (secret.base / "a.data").write_bytes(b"abc")
        self.assertEqual(self.run_client(secret, "-x", "secret", "a.data").returncode, 0)
        self.assertEqual(self.run_client(secret, "-x", "wrong", "a.data").returncode, 1)
        self.assertEqual(self.run_client(secret, "a.data").returncode, 1)
        self.assertEqual(len(secret.items()), 1)
        self.assertIn("warning", secret.program.output())

    def test_tls_with_a_certificate_of_a_trusted_ca(self):
        """Version 4.1 with -c verifies against the system's store; SSL_CERT_FILE stands for it."""
        if subprocess.run(["perl", "-MIO::Socket::SSL", "-e", "1"], capture_output=True).returncode:
            self.skipTest("Perl's IO::Socket::SSL is not installed")
        pki = self.pki()
        t = self.transport(f'min_level = 2\ncertificate = "{pki.pem("server")}"\nkey = "{pki.key("server")}"')
        (t.base / "a.data").write_bytes(b"abc")
        done = self.run_client(t, "-c", "a.data", env={"SSL_CERT_FILE": pki.pem("ca")})
        self.assertEqual(done.returncode, 0, done.stderr)
        name, payload, fields = t.envelopes()[0]
        self.assertEqual((name, payload, fields[b"level"]), (b"a.data", b"abc", b"2"))
        untrusted = self.run_client(t, "-c", "a.data", env={"SSL_CERT_FILE": "/dev/null"})
        self.assertNotEqual(untrusted.returncode, 0)

    def test_three_hundred_at_once(self):
        t = self.transport(general="[limits]\nconnections = 1000\nper_address = 1000")
        files = []
        for i in range(300):
            path = t.base / f"c{i}.1.data"
            path.write_bytes(f"content {i}\n".encode() * 50)
            files.append(path)
        running = [subprocess.Popen([STOCK, "-a", "127.0.0.1", "-p", str(t.port), "-t", "10", str(path)],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for path in files]
        for process in running:
            _, errors = process.communicate(timeout=120)
            self.assertEqual((process.returncode, errors), (0, b""))
        self.assertEqual(sorted(t.items()), sorted((p.name.encode(), p.read_bytes()) for p in files))


@unittest.skipUnless(AGENT, "Debian's pandora_agent (package pandorafms-agent) is not installed")
class StockAgent(TransportTest):
    def agent(self, transport, extra=""):
        home = transport.base / "agent"
        home.mkdir()
        (home / "tmp").mkdir()
        (home / "pandora_agent.conf").write_text(f"""server_ip 127.0.0.1
server_port {transport.port}
server_path /nowhere
temporal {home}/tmp
logfile {home}/agent.log
agent_name stock-agent
interval 300
transfer_mode tentacle
xml_buffer 0
{extra}
module_begin
module_name five
module_type generic_data
module_exec echo 5
module_end
""")
        process = subprocess.Popen([AGENT, str(home)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)

        def end():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        self.addCleanup(end)
        return home

    def test_delivers_its_report(self):
        t = self.transport()
        home = self.agent(t)
        wait_until(t.items, 60, "a report in the spool")
        name, payload = t.items()[0]
        self.assertRegex(name, rb"^stock-agent\.\d+\.data$")
        self.assertRegex(payload, rb"<name>(<!\[CDATA\[)?five(\]\]>)?</name>")
        wait_until(lambda: not list((home / "tmp").glob("*.data")), 20, "the agent to drop what was taken")

    def test_remote_configuration_cycle(self):
        """Transcript T7 against a server that publishes first uploads, as the reference does."""
        t = self.transport(general='[transfer]\nconfiguration_uploads = "publish"')
        self.agent(t, "remote_config 1")
        digest = hashlib.md5(b"stock-agent").hexdigest()
        published = t.outgoing / "conf" / f"{digest}.conf"
        wait_until(published.exists, 60, "the published configuration")
        wait_until((t.outgoing / "md5" / f"{digest}.md5").exists, 60, "its checksum")
        wait_until(t.items, 60, "a report in the spool")
        self.assertIn(b"agent_name stock-agent", published.read_bytes())
        self.assertEqual((t.outgoing / "md5" / f"{digest}.md5").read_bytes().strip(),
                         hashlib.md5(published.read_bytes()).hexdigest().encode())


class Levels(TransportTest):
    def files(self, pki, level, **more):
        lines = {"min_level": level, "certificate": f'"{pki.pem("server")}"', "key": f'"{pki.key("server")}"',
                 **more}
        return "\n".join(f"{k} = {v}" for k, v in lines.items())

    def deliver(self, t, context, name=b"a.data"):
        with t.connect(context) as wire:
            return wire.send_file(name, b"abc")

    def test_level_2_encrypts(self):
        pki = self.pki()
        t = self.transport(self.files(pki, 2))
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            name = version.name.encode()
            context = client_context(pki, minimum=version, maximum=version)
            self.assertEqual(self.deliver(t, context, name), (b"SEND OK\n", b"SEND OK\n"))
        wait_until(lambda: len(t.audit("transfer")) == 2, what="audit records")
        self.assertEqual({r["tls"] for r in t.audit("transfer")}, {"TLSv1.2", "TLSv1.3"})
        with t.connect() as plain:
            plain.say(b"SEND <a> SIZE 3\n")
            self.assertNotIn(b"SEND", plain.rest())

    def test_old_protocols_are_refused(self):
        pki = self.pki()
        t = self.transport(self.files(pki, 2))
        context = client_context(pki)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old on purpose
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            t.connect(context)

    def test_level_4_with_revocation_without_restart(self):
        pki = self.pki()
        for name in ("host1", "host2"):
            pki.issue(name)
        t = self.transport(self.files(pki, 4, ca=f'"{pki.pem("ca")}"', crl=f'"{pki.crl}"'))
        for name in ("host1", "host2"):
            self.assertEqual(self.deliver(t, client_context(pki, name), f"{name}.1.data".encode()),
                             (b"SEND OK\n", b"SEND OK\n"))
        self.assertEqual([fields[b"level"] for _, _, fields in t.envelopes()], [b"4", b"4"])
        # A name that belongs to another certificate.
        self.assertEqual(self.deliver(t, client_context(pki, "host1"), b"host2.2.data")[0], b"SEND ERR\n")

        pki.revoke("host1")
        t.program.process.send_signal(signal.SIGHUP)
        wait_until(lambda: " reloaded" in t.program.output(), what="the reload")
        with t.connect(client_context(pki, "host1")) as wire:
            try:
                answer = wire.ask(b"SEND <host1.2.data> SIZE 3\n")
            except OSError:
                answer = b""
            self.assertEqual(answer, b"")
        self.assertEqual(self.deliver(t, client_context(pki, "host2"), b"host2.2.data"),
                         (b"SEND OK\n", b"SEND OK\n"))

    def test_both_on_one_port_while_agents_move(self):
        pki = self.pki()
        t = self.transport(self.files(pki, 1, plaintext_optin='{ by = "test", until = "2999-12-31" }'))
        self.assertEqual(self.deliver(t, None, b"plain")[1], b"SEND OK\n")
        self.assertEqual(self.deliver(t, client_context(pki), b"tls")[1], b"SEND OK\n")
        self.assertEqual([f[b"level"] for _, _, f in t.envelopes()], [b"1", b"2"])
        self.assertTrue(any("without encryption" in text for text in t.status()["findings"]))

    def test_key_open_to_others_is_refused(self):
        pki = self.pki()
        os.chmod(pki.key("server"), 0o644)
        t = Transport(self.files(pki, 2))
        self.addCleanup(t.close)
        with self.assertRaises(RuntimeError) as failure:
            t.start()
        self.assertIn("chmod 600", str(failure.exception))


class Start(TransportTest):
    def check(self, t):
        return subprocess.run([binary("yagura-tentacled"), "--config", t.config, "--check-config"],
                              capture_output=True, text=True, timeout=30)

    def test_check_config(self):
        good = Transport()
        self.addCleanup(good.close)
        done = self.check(good)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith("OK\n"))
        self.assertIn("without encryption", done.stdout)
        bad = Transport("min_level = 1\nmisspelt = 1")
        self.addCleanup(bad.close)
        done = self.check(bad)
        self.assertEqual(done.returncode, 1)
        self.assertIn("plaintext_optin", done.stderr)
        self.assertIn("misspelt", done.stderr)

    def test_refuses_plaintext_whose_date_is_over(self):
        t = Transport('min_level = 1\nplaintext_optin = { by = "test", until = "2020-01-31" }')
        self.addCleanup(t.close)
        with self.assertRaises(RuntimeError) as failure:
            t.start()
        self.assertIn("ended on 2020-01-31", str(failure.exception))

    @unittest.skipUnless(os.geteuid() == 0, "needs root to be refused as root")
    def test_refuses_root_unless_told(self):
        t = Transport()
        self.addCleanup(t.close)
        t.config.write_text(t.config.read_text().replace("allow_root = true", "allow_root = false"))
        with self.assertRaises(RuntimeError) as failure:
            t.start()
        self.assertIn("refusing to run as root", str(failure.exception))

    @unittest.skipUnless(os.geteuid() == 0, "needs root to give it up")
    def test_gives_root_up_and_cannot_execute(self):
        t = Transport()
        self.addCleanup(t.close)
        t.config.write_text(t.config.read_text().replace("allow_root = true", 'user = "nobody"'))
        shutil.chown(t.base, "nobody")
        for path in t.base.rglob("*"):
            shutil.chown(path, "nobody")
        os.chmod(t.base, 0o755)
        t.start()
        status = Path(f"/proc/{t.program.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        self.assertNotIn("0", fields["Uid"].split())
        self.assertEqual(int(fields["CapEff"], 16), 0)
        self.assertEqual(fields["NoNewPrivs"].strip(), "1")
        self.assertEqual(fields["Seccomp"].strip(), "2")
        with t.connect() as wire:
            self.assertEqual(wire.send_file(b"a", b"abc")[1], b"SEND OK\n")

    def test_port_in_use_is_told(self):
        first = self.transport()
        second = Transport()
        self.addCleanup(second.close)
        second.config.write_text(second.config.read_text().replace(f"port = {second.port}",
                                                                   f"port = {first.port}"))
        with self.assertRaises(RuntimeError) as failure:
            second.start()
        self.assertIn("in use", str(failure.exception))

    def test_version(self):
        done = subprocess.run([binary("yagura-tentacled"), "--version"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^yagura-tentacled \d+\.\d+")


class Drain(TransportTest):
    def test_sigterm_lets_the_running_transfer_end(self):
        t = self.transport()
        idle, busy = t.connect(), t.connect()
        self.addCleanup(idle.close)
        self.addCleanup(busy.close)
        self.assertEqual(busy.ask(b"SEND <a.data> SIZE 6\n"), b"SEND OK\n")
        busy.say(b"abc")
        t.program.process.send_signal(signal.SIGTERM)
        self.assertEqual(idle.rest(), b"")

        def refused():
            try:
                t.connect().close()
            except ConnectionError:
                return True
            return False
        wait_until(refused, 5, "nobody new is let in")
        self.assertTrue(t.program.running())
        self.assertEqual(busy.ask(b"def"), b"SEND OK\n")
        self.assertEqual(busy.rest(), b"")
        self.assertEqual(t.program.process.wait(20), 0)
        self.assertEqual(t.items(), [(b"a.data", b"abcdef")])
        self.assertFalse(t.status()["serving"])

    def test_stop_under_load_loses_no_acknowledged_file(self):
        t = self.transport(general="[limits]\nper_address = 1000\ndrain_s = 5")
        acknowledged, lock = set(), threading.Lock()

        def sender(number):
            for i in range(1000):
                name = f"s{number}-{i}.data".encode()
                try:
                    with t.connect() as wire:
                        if wire.send_file(name, name * 20)[1] != b"SEND OK\n":
                            return
                except OSError:
                    return
                with lock:
                    acknowledged.add(name)

        threads = [threading.Thread(target=sender, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(acknowledged) > 100, 60, "some traffic")
        began = time.monotonic()
        self.assertEqual(t.stop(), 0)
        self.assertLess(time.monotonic() - began, 15)
        for thread in threads:
            thread.join(60)
        stored = dict(t.items())
        self.assertLessEqual(acknowledged, set(stored))
        for name in acknowledged:
            self.assertEqual(stored[name], name * 20)


if __name__ == "__main__":
    unittest.main()
