"""kill -9 at random moments under load: every report answered SEND OK is stored exactly once.

YAGURA_CRASH_ROUNDS sets the number of rounds (default 100); YAGURA_CRASH_SEED repeats a run.
"""
import os
import random
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from lib.mariadb import MariaDb  # noqa: E402
from lib.process import wait_until  # noqa: E402
from lib.stack import Stack  # noqa: E402
from load import BASE_TIME, Fleet  # noqa: E402

ROUNDS = int(os.environ.get("YAGURA_CRASH_ROUNDS", "100"))
SEED = int(os.environ.get("YAGURA_CRASH_SEED", str(int(time.time()))))
AGENTS = 40


def admit_everybody(text):
    """Settings of the data server for many unknown agents over one certificate, with old times."""
    text = text.replace('mode = "approve"', 'mode = "on"\nmax_per_hour = 100000\nmax_per_peer_per_hour = 100000')
    return text + '\n[identity]\nagent_binding = "off"\n\n[ingest]\nmax_backlog_days = 3650\n'


def one_certificate_for_all(text):
    """The listener is the last table of the file: the fleet shares the local agent's certificate."""
    return text + "\nbind_identity = false\n"


SETTINGS = {"server.toml": admit_everybody, "tentacled.toml": one_certificate_for_all}


class ExactlyOnce(unittest.TestCase):
    def check(self, stack, fleet, query):
        """Exactly the reports 1..n of each agent, each once."""
        for name, number in fleet.accepted.items():
            if not number:
                continue
            rows = query("SELECT r.ts FROM report r JOIN agent a ON a.id = r.agent_id WHERE a.name = ?", name)
            numbers = sorted(int(ts) // 1_000_000 - BASE_TIME for (ts,) in rows)
            self.assertEqual(len(numbers), len(set(numbers)), f"{name}: stored twice (seed {SEED})")
            missing = set(range(1, number + 1)) - set(numbers)
            self.assertFalse(missing, f"{name}: accepted but not stored: {sorted(missing)[:5]} (seed {SEED})")
            # A report whose answer was lost in a crash may be stored; the agent then sends it again.
            self.assertLessEqual(set(numbers) - set(range(1, number + 1)), {number + 1}, name)

    def drain(self, stack):
        wait_until(lambda: not stack.spool_items(), 120, "the spool runs empty")

    def run_rounds(self, stack, query, victims, rounds):
        rng = random.Random(SEED)
        print(f"seed {SEED}, {rounds} rounds", file=sys.stderr)
        fleet = Fleet(stack.transport_port, stack.pki, AGENTS, seed=SEED).start(threads=3)
        try:
            kills = {v: 0 for v in victims}
            for _ in range(rounds):
                before = fleet.total()
                wait_until(lambda: fleet.total() > before, 60, "reports are accepted again")
                fleet.stopping.wait(rng.uniform(0.02, 0.35))  # a random moment, not synchronisation
                victim = rng.choice(list(victims))
                victims[victim]()
                kills[victim] += 1
        finally:
            fleet.stop()
        self.drain(stack)
        self.check(stack, fleet, query)
        print(f"{fleet.total()} reports accepted over {kills}, {fleet.broken} broken connections, "
              f"{fleet.refusals} refusals", file=sys.stderr)
        self.assertGreater(fleet.total(), rounds)

    def restart(self, stack, name):
        def act():
            stack.programs[name].kill()
            stack.start(name)
        return act

    def test_transport_and_server_with_sqlite(self):
        stack = Stack(SETTINGS)
        self.addCleanup(stack.close)
        stack.start("tentacled")
        stack.start("server")
        self.run_rounds(stack, stack.query,
                        {"transport": self.restart(stack, "tentacled"), "server": self.restart(stack, "server")},
                        ROUNDS)

    def test_transport_server_and_mariadb(self):
        database = MariaDb.or_skip(self)
        stack = Stack(SETTINGS)
        self.addCleanup(stack.close)
        stack.use_mariadb(database)
        stack.start("tentacled")
        stack.start("server")

        def crash_database():
            database.kill()
            database.start()

        def query(sql, name):
            # Names of our own making: letters, digits and '-'.
            return database.sql(sql.replace("?", f"'{name}'"))
        self.run_rounds(stack, query,
                        {"transport": self.restart(stack, "tentacled"), "server": self.restart(stack, "server"),
                         "database": crash_database}, max(10, ROUNDS // 4))


if __name__ == "__main__":
    unittest.main()
