"""The operator's manual, done: what docs/operator.md tells people to type works as it says."""
import os
import shutil
import sqlite3
import subprocess
import unittest

from lib.process import binary, tool, wait_until
from lib.stack import Stack


def run(*argv):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=120)


def init(stack):
    """`yagura init` once more, with the options the installation was made with."""
    return run(binary("yagura"), "init", "--data", stack.data, "--console-port", stack.console_port,
               "--transport-port", stack.transport_port, "--transport-address", "127.0.0.1")


@unittest.skipUnless(tool("sqlite3"), "the sqlite3 program is not installed")
class BackupTest(unittest.TestCase):
    def agent_once(self, stack):
        conf = stack.data / "conf/agent.conf"
        return run(binary("yagura-agent"), "--config", conf, "--once")

    def hosts(self, stack):
        return {name for (name,) in stack.query("SELECT name FROM agent")}

    def test_restored_from_a_backup_of_the_running_site(self):
        stack = Stack()
        self.addCleanup(stack.close)
        for name in ("tentacled", "server", "console"):
            stack.start(name)
        sent = self.agent_once(stack)
        self.assertEqual(sent.returncode, 0, sent.stderr)
        known = wait_until(lambda: self.hosts(stack), what="the report stored")

        backup = stack.base / "backup"
        backup.mkdir()
        done = run("sqlite3", stack.data / "db/yagura.db", f".backup {backup}/yagura.db")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run("tar", "-C", stack.data, "-cf", backup / "site.tar", "conf", "pki", "enroll", "quarantine")
        self.assertEqual(done.returncode, 0, done.stderr)

        for program in stack.programs.values():
            program.kill()
        owner = os.stat(stack.data)
        shutil.rmtree(stack.data)
        stack.data.mkdir(mode=0o750)
        self.assertEqual(run("tar", "-C", stack.data, "-xf", backup / "site.tar").returncode, 0)
        (stack.data / "db").mkdir(mode=0o750)
        shutil.copy(backup / "yagura.db", stack.data / "db/yagura.db")
        (stack.data / "db/yagura.db").chmod(0o600)
        if os.geteuid() == 0:
            for path in [stack.data, *stack.data.rglob("*")]:
                os.chown(path, owner.st_uid, owner.st_gid)
        made = init(stack)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("as before", made.stdout, "the administrator is still there")
        with sqlite3.connect(f"file:{stack.data}/db/yagura.db?mode=ro", uri=True) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(self.hosts(stack), known)

        # It goes on: the same CA admits the same agent.
        for name in ("tentacled", "server"):
            stack.start(name)
        before = stack.query("SELECT MAX(last_contact) FROM agent_state")
        sent = self.agent_once(stack)
        self.assertEqual(sent.returncode, 0, sent.stderr)
        wait_until(lambda: stack.query("SELECT MAX(last_contact) FROM agent_state") > before, what="a new report")
        self.assertEqual(stack.query("SELECT COUNT(*) FROM quarantine"), [(0,)])


if __name__ == "__main__":
    unittest.main()
