"""`yagura describe` tells what ss, ps and stat tell (GEN-18)."""
import grp
import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import unittest
from pathlib import Path

from lib.process import binary, temp_dir, tool
from lib.stack import Stack
from test_up import Up

PARTS = {"yagura-tentacled", "yagura-server", "yagura-console", "yagura-agent"}


def describe(data, *options, **kw):
    return subprocess.run([binary("yagura"), "describe", "--data", str(data), *options],
                          capture_output=True, text=True, timeout=60, **kw)


def components(data):
    done = describe(data, "--json")
    return {c["name"]: c for c in json.loads(done.stdout)["components"]}, done.returncode


def status(pid):
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def listening(pid):
    """What ss says that a process waits on: {(protocol, port)}."""
    out = subprocess.run([tool("ss"), "-H", "-lntup"], capture_output=True, text=True, check=True).stdout
    found = set()
    for line in out.splitlines():
        if f"pid={pid}," in line:
            columns = line.split()
            found.add((columns[0], int(columns[4].rsplit(":", 1)[1])))
    return found


@unittest.skipUnless(os.geteuid() == 0, "the kernel shows descriptors of other processes to root alone")
class DescribeTest(unittest.TestCase):
    def up(self):
        base = temp_dir("yagura-describe-")
        os.chmod(base, 0o755)
        self.addCleanup(shutil.rmtree, base, True)
        up = Up(base)
        self.addCleanup(up.kill)
        up.await_line(r"Sign in")
        return up

    def check_rights(self, part):
        seen = status(part["pid"])
        uid, gid = int(seen["Uid"].split()[1]), int(seen["Gid"].split()[1])
        self.assertEqual(part["uid"], uid, part["name"])
        self.assertEqual(part["account"], f"{pwd.getpwuid(uid).pw_name}:{grp.getgrgid(gid).gr_name}")
        self.assertEqual(part["no_new_privs"], seen["NoNewPrivs"] == "1", part["name"])
        self.assertEqual(part["seccomp"], int(seen["Seccomp"]), part["name"])
        self.assertEqual(part["capabilities"] == "none", int(seen["CapEff"], 16) == 0, part["name"])
        self.assertEqual(part["executable"], os.readlink(f"/proc/{part['pid']}/exe"))

    def check_files(self, part):
        self.assertTrue(part["files"], part["name"])
        for file in part["files"]:
            if file["removed"]:
                continue
            real = os.stat(file["path"])
            self.assertEqual(int(file["mode"], 8), stat.S_IMODE(real.st_mode), file)
            self.assertEqual(file["folder"], stat.S_ISDIR(real.st_mode), file)
            self.assertEqual(file["account"].split(":")[0], pwd.getpwuid(real.st_uid).pw_name, file)

    def test_a_running_installation_is_described_as_it_is(self):
        up = self.up()
        parts, code = components(up.data)
        self.assertEqual(code, 0, parts)
        self.assertEqual(set(parts), PARTS | {"yagura up"})
        supervised = {p["name"]: p["pid"] for p in
                      json.loads((up.data / "run/status.json").read_text())["programs"]}
        for name in PARTS:
            part = parts[name]
            self.assertEqual(part["pid"], supervised[name])
            self.assertEqual(part["not_assessed"], [])
            self.check_rights(part)
            self.check_files(part)
        self.assertEqual(parts["yagura up"]["pid"], up.process.pid)

        # What each part promises to the outside (docs/security.md).
        def ports(name):
            return {(s["protocol"], s["port"]) for s in parts[name]["listening"]}
        self.assertEqual(ports("yagura-tentacled"), {("tcp", up.transport_port)})
        self.assertEqual(ports("yagura-console"), {("tcp", up.console_port)})
        for name in ("yagura-server", "yagura-agent", "yagura up"):
            self.assertEqual(ports(name), set(), name)
        for name in PARTS:
            self.assertNotEqual(parts[name]["uid"], 0, name)
            self.assertEqual(parts[name]["capabilities"], "none", name)
            self.assertTrue(parts[name]["no_new_privs"], name)
            self.assertEqual(parts[name]["seccomp"], 2, name)
        if tool("ss"):
            for name, part in parts.items():
                self.assertEqual(ports(name), listening(part["pid"]), name)

        # Who touches what: the transport no database, the data server the spool and the database.
        def paths(name):
            return {f["path"] for f in parts[name]["files"]}
        database = str(up.data / "db/yagura.db")
        self.assertNotIn(database, paths("yagura-tentacled"))
        self.assertNotIn(database, paths("yagura-agent"))
        self.assertIn(database, paths("yagura-server"))
        self.assertIn(str(up.data / "spool/incoming"), paths("yagura-tentacled"))
        for name in PARTS:
            logs = {p for p in paths(name) if p.startswith(f"{up.data}/log/")}
            self.assertFalse([p for p in logs if not Path(p).name.startswith((name, "transfers"))],
                             f"{name} holds a log of another")

        certificate = parts["yagura-tentacled"]["certificates"][0]
        self.assertEqual(certificate["file"], str(up.data / "pki/transport.pem"))
        if tool("openssl"):
            said = subprocess.run([tool("openssl"), "x509", "-noout", "-fingerprint", "-sha256", "-in",
                                   certificate["file"]], capture_output=True, text=True, check=True).stdout
            self.assertEqual(certificate["sha256"], said.split("=")[1].strip().replace(":", "").lower())

        text = describe(up.data).stdout
        self.assertRegex(text, rf"yagura-tentacled  pid {parts['yagura-tentacled']['pid']}\n")
        self.assertRegex(text, rf"listens +tcp 127\.0\.0\.1:{up.transport_port}\n")
        self.assertRegex(text, r"listens +on nothing\n")

    def test_programs_started_one_by_one_are_found_and_absent_ones_said(self):
        stack = Stack()
        self.addCleanup(stack.close)
        program = stack.start("tentacled")
        parts, code = components(stack.data)
        self.assertEqual(set(parts), PARTS)
        self.assertEqual(parts["yagura-tentacled"]["pid"], program.pid)
        self.assertEqual([n for n, p in parts.items() if p["running"]], ["yagura-tentacled"])
        self.assertIsNone(parts["yagura-console"]["listening"], "what does not run has no sockets to speak of")
        self.assertTrue(parts["yagura-console"]["certificates"])
        self.assertEqual(code, 0)
        # Another installation's programs are not this one's.
        other = Stack()
        self.addCleanup(other.close)
        self.assertFalse([p for p in components(other.data)[0].values() if p["running"]])

    def test_without_rights_nothing_is_claimed(self):
        stack = Stack()
        self.addCleanup(stack.close)
        stack.start("tentacled")
        os.chmod(stack.data, 0o755)
        os.chmod(stack.data / "conf", 0o755)
        (stack.data / "conf/server.toml").chmod(0o644)
        done = describe(stack.data, "--json", user="nobody", group="nogroup", extra_groups=[])
        part = {c["name"]: c for c in json.loads(done.stdout)["components"]}["yagura-tentacled"]
        self.assertEqual(done.returncode, 2)
        if not part["running"]:
            self.skipTest("/proc hides other accounts' processes here")
        self.assertIsNone(part["listening"])
        self.assertIsNone(part["files"])
        reasons = {m["fact"]: m["reason"] for m in part["not_assessed"]}
        self.assertIn("run it with sudo", reasons["descriptors"])
        text = describe(stack.data, user="nobody", group="nogroup", extra_groups=[]).stdout
        self.assertIn("not assessed", text)
        self.assertFalse(re.search(r"yagura-tentacled  pid \d+(?:\n  .*)*listens +on nothing", text))

    def test_what_is_no_installation_is_said(self):
        folder = temp_dir("yagura-describe-")
        self.addCleanup(shutil.rmtree, folder, True)
        done = describe(folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is no installation", done.stderr)


if __name__ == "__main__":
    unittest.main()
