"""The transport daemon under abuse: slow and silent peers, brute force, full disks, kill -9
(requirements TEN-08, TEN-09, TEN-10; conformance cases C26, C39, C44, C45)."""
import ctypes
import os
import resource
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from lib.process import tool, wait_until
from lib.transport import PLAIN, Transport

STOCK = tool("tentacle_client")


class TransportTest(unittest.TestCase):
    def transport(self, *args, **kwargs):
        made = Transport(*args, **kwargs)
        self.addCleanup(made.close)
        return made.start()


class SlowPeers(TransportTest):
    def test_twenty_silent_connections_with_a_limit_of_ten(self):
        """C39"""
        t = self.transport(general="[limits]\nconnections = 10")
        silent = [t.connect() for _ in range(20)]
        for wire in silent:
            self.addCleanup(wire.close)
        began = time.monotonic()
        with t.connect() as agent:
            self.assertEqual(agent.send_file(b"a.data", b"abc"), (b"SEND OK\n", b"SEND OK\n"))
        self.assertLess(time.monotonic() - began, 2)
        wait_until(lambda: t.status()["connections"]["evicted"] >= 11, what="evictions in the status file")

    def test_slow_loris_is_cut(self):
        """Half commands, dripped commands and dripped data end; none of it holds a place for long."""
        t = self.transport(general="[limits]\nidle_s = 2\noperation_base_s = 3\nminimum_rate = 1000000")
        half = t.connect()
        half.say(b"SEND <hel")
        dripping = t.connect()
        uploading = t.connect()
        for wire in (half, dripping, uploading):
            self.addCleanup(wire.close)
        self.assertEqual(uploading.ask(b"SEND <drip.data> SIZE 1000\n"), b"SEND OK\n")
        ended = {}
        began = time.monotonic()
        stop = threading.Event()

        def drip(name, wire, byte):
            try:
                while not stop.wait(0.3):  # the drip itself is what is tested
                    wire.say(byte)
            except OSError:
                ended[name] = time.monotonic() - began
        threads = [threading.Thread(target=drip, args=("command", dripping, b"S")),
                   threading.Thread(target=drip, args=("data", uploading, b"x"))]
        for thread in threads:
            thread.start()
        self.assertEqual(half.rest(), b"")
        self.assertLess(time.monotonic() - began, 5)
        wait_until(lambda: len(ended) == 2, 20, "both drips cut")
        stop.set()
        for thread in threads:
            thread.join()
        self.assertLess(ended["command"], 6, "a command must be complete within the idle time")
        self.assertLess(ended["data"], 8, "a whole upload has a deadline")
        self.assertEqual(t.items(), [])
        self.assertEqual(t.leftovers(), [])

    def test_five_hundred_slow_senders_beside_normal_clients(self):
        t = self.transport(general="[limits]\nconnections = 2000\nper_address = 2000\nidle_s = 60")
        with t.connect() as wire:
            wire.send_file(b"warm.data", b"x" * 12000)
        before = t.rss_kb()
        slow = [t.connect() for _ in range(500)]
        for n, wire in enumerate(slow):
            self.addCleanup(wire.close)
            wire.say(b"SEND <slow%d.data> SIZE 12000\n" % n)
        for wire in slow:
            self.assertEqual(wire.line(), b"SEND OK\n")
            wire.say(b"x" * 1000)
        times = []
        for i in range(100):
            began = time.monotonic()
            with t.connect() as wire:
                self.assertEqual(wire.send_file(b"quick%d.data" % i, b"y" * 12000)[1], b"SEND OK\n")
            times.append(time.monotonic() - began)
        grown = t.rss_kb() - before
        print(f"\n  500 slow senders: p99 {sorted(times)[98] * 1000:.1f} ms, memory +{grown / 1024:.1f} MB")
        self.assertLess(grown, 30 * 1024)
        self.assertEqual(len(t.items()), 101)

    def test_resets_do_not_hurt(self):
        t = self.transport()
        for i in range(200):
            wire = t.connect()
            wire.say(b"SEND <r%d> SIZE 100000\n" % i)
            if i % 2:
                wire.line()
                wire.say(b"x" * 50000)
            wire.reset()
        with t.connect() as wire:
            self.assertEqual(wire.send_file(b"a.data", b"abc")[1], b"SEND OK\n")
        self.assertEqual(len(t.items()), 1)


class BruteForce(TransportTest):
    def test_guessing_is_slow_and_then_blocked_and_others_go_on(self):
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        (folder / "password").write_text("secret\n")
        t = self.transport(PLAIN + f'\npassword_file = "{folder}/password"',
                           "[throttle]\nfailures = 5\nwindow_s = 60\nblock_s = 60")

        def guess(n):
            began = time.monotonic()
            with t.connect(source="127.0.0.2") as wire:
                try:
                    wire.say(b"PASS %032x\n" % n)
                except OSError:
                    pass
                self.assertEqual(wire.rest(), b"")
            return time.monotonic() - began
        for n in range(5):
            self.assertGreaterEqual(guess(n), 1.0, "every failure costs its second")
        self.assertLess(guess(99), 0.5, "blocked: closed at once, not even heard")
        for n in range(300):
            guess(n)
        with t.connect(source="127.0.0.3") as other:
            self.assertEqual(other.ask(b"PASS 9e769017c85f064977fe6a658f207fa6\n"), b"PASS OK\n")
            self.assertEqual(other.send_file(b"a.data", b"abc")[1], b"SEND OK\n")
        wait_until(lambda: t.status()["connections"]["blocked_addresses"] == 1, what="the block in the status")
        failures = t.audit("failure")
        self.assertEqual(len(failures), 5)
        self.assertEqual({(f["peer"], f["reason"]) for f in failures}, {("127.0.0.2", "wrong-password")})
        self.assertIn("peer-failed peer=127.0.0.2 reason=wrong-password", t.program.output())
        wait_until(lambda: sum(r["connections"] for r in t.audit("turned-away")) >= 301, 20,
                   "the refused connections in the audit log")


class FullDisk(TransportTest):
    def refuses_and_recovers(self, t, free):
        """Fills the spool until a refusal, checks that nothing half-written remains, makes room."""
        stored = 0
        answers = ()
        for n in range(10_000):
            with t.connect() as wire:
                answers = wire.send_file(b"f%d.data" % n, os.urandom(40_000))
            if answers[1] != b"SEND OK\n":
                break
            stored += 1
        self.assertIn(b"SEND ERR\n", answers)
        self.assertEqual(len(t.items()), stored)
        self.assertEqual(t.leftovers(), [])
        self.assertTrue(t.program.running())
        free()

        def works():
            with t.connect() as wire:
                return b"SEND ERR\n" not in wire.send_file(b"after.data", b"abc")
        wait_until(works, 20, "room again")

    def test_quota(self):
        t = self.transport(spool="max_bytes = 2000000")
        self.refuses_and_recovers(t, lambda: [p.unlink() for p in t.incoming.glob("*.item")])

    @unittest.skipUnless(os.geteuid() == 0, "needs root to mount a small file system")
    def test_full_file_system(self):
        """C45"""
        base = Path(tempfile.mkdtemp(prefix="yagura-small-"))
        self.addCleanup(shutil.rmtree, base, True)
        libc = ctypes.CDLL(None, use_errno=True)
        (base / "in").mkdir()
        if libc.mount(b"tmpfs", str(base / "in").encode(), b"tmpfs", 0, b"size=2m") != 0:
            self.skipTest(f"mounting is not allowed here: {os.strerror(ctypes.get_errno())}")
        self.addCleanup(libc.umount2, str(base / "in").encode(), 2)
        t = self.transport(base=base)
        self.refuses_and_recovers(t, lambda: [p.unlink() for p in t.incoming.glob("*.item")])
        if STOCK:
            big = base / "big.data"
            big.write_bytes(os.urandom(1_900_000))
            (t.incoming / "filler").write_bytes(os.urandom(500_000))
            done = subprocess.run([STOCK, "-a", "127.0.0.1", "-p", str(t.port), str(big)],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn("SEND ERR", done.stderr)

    def test_minimum_of_free_space(self):
        t = Transport(spool="")
        self.addCleanup(t.close)
        t.config.write_text(t.config.read_text().replace("min_free_percent = 0", "min_free_percent = 90"))
        disk = os.statvfs(t.incoming)
        if disk.f_bavail * 100 // disk.f_blocks >= 90:
            self.skipTest("more than 90 % of this disk is free")
        t.start()
        with t.connect() as wire:
            self.assertEqual(wire.send_file(b"a.data", b"abc")[0], b"SEND ERR\n")
        wait_until(lambda: not t.status()["spool"]["accepting"], what="the status")
        self.assertIn("spool-full", t.program.output())

    def test_too_few_descriptors(self):
        """With every descriptor in use connections wait; the service comes back by itself."""
        t = Transport(general="[limits]\nconnections = 2000\nper_address = 2000")
        self.addCleanup(t.close)
        t.start()
        resource.prlimit(t.program.pid, resource.RLIMIT_NOFILE, (64, 64))
        wires = []
        for _ in range(100):
            wires.append(t.connect())
        for wire in wires:
            wire.close()
        with t.connect() as wire:
            self.assertEqual(wire.send_file(b"a.data", b"abc")[1], b"SEND OK\n")


class Crash(TransportTest):
    def test_kill_between_data_and_answer(self):
        """C44, many times: after kill -9 every acknowledged file is there, whole; nothing is half."""
        t = Transport(general="[limits]\nper_address = 1000")
        self.addCleanup(t.close)
        acknowledged = {}
        for round_number in range(6):
            t.start()
            lock, stop = threading.Lock(), threading.Event()

            def sender(number, round_number=round_number, lock=lock, stop=stop):
                i = 0
                while not stop.is_set():
                    name = b"k%d-%d-%d.data" % (round_number, number, i)
                    data = name * (10 + 3000 * (i % 3))
                    i += 1
                    try:
                        with t.connect() as wire:
                            if wire.send_file(name, data)[1] == b"SEND OK\n":
                                with lock:
                                    acknowledged[name] = data
                    except OSError:
                        return
            threads = [threading.Thread(target=sender, args=(n,)) for n in range(6)]
            for thread in threads:
                thread.start()
            target = len(acknowledged) + 60
            wait_until(lambda target=target: len(acknowledged) > target, 60, "traffic")
            t.program.kill()
            stop.set()
            for thread in threads:
                thread.join(60)
        t.start()
        self.assertEqual(t.leftovers(), [], "what the killed ones left is cleared at the start")
        stored = dict(t.items())
        for name, data in acknowledged.items():
            self.assertEqual(stored.get(name), data, name)
        for name, data in stored.items():  # whole, acknowledged or not
            self.assertEqual(data, name * (10 + 3000 * (int(name.split(b"-")[2].split(b".")[0]) % 3)))
        # What the killed daemons acknowledged is in the audit log too.
        logged = {r["file"].encode() for r in t.audit("transfer") if r["result"] == "stored"}
        self.assertLessEqual(set(acknowledged), logged)

    def test_repetition_after_a_lost_answer(self):
        t = self.transport()
        wire = t.connect()
        self.assertEqual(wire.ask(b"SEND <a.1.data> SIZE 3\n"), b"SEND OK\n")
        wire.say(b"abc")
        wire.reset()  # the client never saw the second answer
        wait_until(lambda: t.items() or t.audit("transfer"), what="the first upload")
        with t.connect() as again:
            self.assertEqual(again.send_file(b"a.1.data", b"abc"), (b"SEND OK\n", b"SEND OK\n"))
        self.assertEqual(t.items(), [(b"a.1.data", b"abc")])

    def test_two_daemons_share_one_spool(self):
        first = self.transport()
        second = Transport()
        self.addCleanup(second.close)
        second.config.write_text(second.config.read_text().replace(str(second.incoming), str(first.incoming)))
        second.start()
        for n in range(20):
            with (first, second)[n % 2].connect() as wire:
                self.assertEqual(wire.send_file(b"n%d.data" % n, b"abc")[1], b"SEND OK\n")
        first.program.kill()
        with second.connect() as wire:
            self.assertEqual(wire.send_file(b"last.data", b"abc")[1], b"SEND OK\n")
        self.assertEqual(len(first.items()), 21)
        wait_until(lambda: second.status()["spool"]["items"] == 21, what="a count of all items")


class Refusals(TransportTest):
    def test_all_causes_look_and_take_alike(self):
        """TEN-09: bytes equal, times of one distribution."""
        t = self.transport(general="[limits]\nidle_s = 100")
        (t.outgoing / "conf" / "there.conf").write_text("x")
        (t.outgoing / "conf" / "dir.conf").mkdir()
        os.symlink("/etc/passwd", t.outgoing / "conf" / "link.conf")
        with t.connect() as wire:
            wire.send_file(b"pending.data", b"abc")
            causes = {b"RECV <nofile.conf>\n": [], b"RECV <../x>\n": [], b"RECV <pending.data>\n": [],
                      b"RECV <dir.conf>\n": [], b"RECV <link.conf>\n": [], b"RECV <x>\n": []}
            for _ in range(8):
                for request, times in causes.items():
                    began = time.monotonic()
                    self.assertEqual(wire.ask(request), b"RECV ERR\n")
                    times.append(time.monotonic() - began)
        middles = sorted(sorted(times)[4] for times in causes.values())
        self.assertGreaterEqual(middles[0], 0.25)
        self.assertLess(middles[-1] - middles[0], 0.3)


if __name__ == "__main__":
    unittest.main()
