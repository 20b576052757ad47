"""yagura-server on MariaDB over verified TLS: refusals, a database that dies under load, several servers."""
import subprocess
import threading
import time
import unittest

from lib.mariadb import Authority, MariaDb
from lib.process import binary, wait_until
from lib.server import ServerSite, document


class Link(unittest.TestCase):
    def test_the_link_is_tls_and_the_server_row_says_so(self):
        db = MariaDb.or_skip(self)
        site = ServerSite(self, mariadb=db).start()
        site.put(document("host", {"m": 1}))
        site.drain()
        self.assertEqual(site.number("SELECT COUNT(*) FROM report"), 1)
        wait_until(lambda: site.sql("SELECT database_tls_version FROM server")[0][0].startswith("TLSv1."), 20,
                   "the row names the TLS version")
        self.assertNotEqual(site.sql("SELECT database_tls_cipher FROM server")[0][0], "")

    def test_a_certificate_of_another_authority_is_refused(self):
        db = MariaDb.or_skip(self)
        site = ServerSite(self, mariadb=db)
        other = Authority(site.folder / "other")
        site.config.write_text(site.config.read_text().replace(str(db.authority.certificate), str(other.certificate)))
        site.folder.joinpath("other").chmod(0o755)
        # Not --ready-fd: the program must not become ready, and must not fall back to a link without TLS.
        done = subprocess.Popen([binary("yagura-server"), "--config", site.config], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
        try:
            done.wait(8)
        except subprocess.TimeoutExpired:
            done.terminate()
            done.wait(20)
        finally:
            done.stdout.close()
        self.assertNotIn(" ready ", site.log_text())
        self.assertEqual(db.sql("SHOW TABLES"), [])


class Loss(unittest.TestCase):
    def test_a_database_killed_under_load_loses_nothing_and_stores_nothing_twice(self):
        db = MariaDb.or_skip(self)
        site = ServerSite(self, mariadb=db).start()
        agents, rounds, begin = 20, 30, int(time.time()) - 600
        stop_after = threading.Event()

        def load():
            for i in range(rounds):
                for a in range(agents):
                    site.put(document(f"host{a}", {"m": i}, when=begin + i))
                if i == 5:
                    stop_after.set()
                time.sleep(0.05)

        sender = threading.Thread(target=load)
        sender.start()
        stop_after.wait(30)
        db.kill()
        sender.join()
        self.assertTrue(site.waiting())  # the spool holds what cannot be stored
        db.start()
        site.drain(120)
        self.assertEqual(site.number("SELECT COUNT(*) FROM report"), agents * rounds)
        self.assertEqual(site.number("SELECT COUNT(*) FROM (SELECT DISTINCT agent_id, ts FROM report) x"),
                         agents * rounds)
        self.assertEqual(site.number("SELECT COUNT(*) FROM agent"), agents)
        self.assertEqual(site.number("SELECT COUNT(*) FROM quarantine"), 0)
        self.assertTrue(site.program.running())


class SeveralServers(unittest.TestCase):
    def test_two_servers_share_agents_and_a_successor_becomes_master(self):
        db = MariaDb.or_skip(self)
        first = ServerSite(self, mariadb=db, name="s1").start()
        second = ServerSite(self, database=first, name="s2").start()
        agents, rounds, begin = 10, 20, int(time.time()) - 600
        for i in range(rounds):
            for a in range(agents):
                (first if (i + a) % 2 else second).put(document(f"host{a}", {"m": i}, when=begin + i))
        first.drain()
        second.drain()
        self.assertEqual(first.number("SELECT COUNT(*) FROM agent"), agents)
        self.assertEqual(first.number("SELECT COUNT(*) FROM module"), agents)
        self.assertEqual(first.number("SELECT COUNT(*) FROM report"), agents * rounds)
        self.assertEqual(first.number(f"SELECT COUNT(*) FROM agent_state WHERE version = {rounds + 1}"), agents)
        masters = "SELECT name FROM server WHERE is_master = 1 AND status = 1"
        wait_until(lambda: first.sql(masters) == [["s1"]], 30, "the lowest name is master")
        first.program.kill()
        wait_until(lambda: second.sql(masters) == [["s2"]], 90, "the other takes over")
        wait_until(lambda: second.sql("SELECT status FROM server WHERE name = 's1'") == [["-1"]], 60, "s1 is down")
        self.assertEqual(second.number("SELECT COUNT(*) FROM event WHERE code = 'server-down'"), 1)


if __name__ == "__main__":
    unittest.main()
