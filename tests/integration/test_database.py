"""MariaDB for real: schema by its owner, programs with the rights they need and no more, TLS or nothing."""
import re
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from lib.console import FAST_SETTINGS, Browser
from lib.mariadb import ACCOUNTS, DATABASE, Authority, MariaDb
from lib.process import Program, binary, free_port, temp_dir, wait_until

DOCUMENTS, AGENTS = 400, 20
DOCS = Path(__file__).resolve().parents[2] / "docs" / "database.md"


class DatabaseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.db = MariaDb.or_skip(cls)
        cls.folder = temp_dir()
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)

    def settings(self, account="owner", **changes):
        path = self.folder / f"{account}.toml"
        path.write_text("[database]\n" + self.db.toml(account, **changes))
        return str(path)

    def yagura(self, *words):
        done = subprocess.run([binary("yagura"), *words], capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def least_rights(self):
        """Takes the wide rights of the test accounts and gives those the program prints."""
        for role in ("server", "console"):
            account = f"yagura_{role}@127.0.0.1"
            self.db.sql(f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'yagura_{role}'@'127.0.0.1'")
            status, grants = self.yagura("db", "grants", role, account, "--database", DATABASE)
            self.assertEqual(status, 0, grants)
            self.db.sql(grants)

    def test_schema_is_made_by_its_owner_alone(self):
        self.db.sql(f"DROP DATABASE {DATABASE}; CREATE DATABASE {DATABASE}", database="")
        status, text = self.yagura("db", "migrate", "--config", self.settings("server"))
        self.assertEqual(status, 1)
        self.assertIn("denied", text)
        status, text = self.yagura("db", "migrate", "--config", self.settings("owner"))
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"TLS +TLSv1\.[23], \S+, server verified")
        self.assertIn("0 pending", text)
        self.least_rights()
        for account in ("server", "console"):
            status, text = self.yagura("db", "migrate", "--config", self.settings(account))
            self.assertEqual(status, 0, text)  # nothing pending: reading is enough
        for row in self.db.sql("SHOW GRANTS FOR 'yagura_server'@'127.0.0.1'"):
            self.assertNotRegex(row[0], r"ALTER|CREATE|DROP|ALL PRIVILEGES|GRANT OPTION|FILE|SUPER")

    def test_a_server_of_another_ca_is_refused(self):
        other = Authority(self.folder / "other")
        status, text = self.yagura("db", "status", "--config", self.settings(tls_ca=str(other.certificate)))
        self.assertEqual(status, 1)
        self.assertIn("certificate", text)
        self.assertNotIn(self.db.password_file("owner").read_text().strip(), text)

    def test_password_file_that_others_may_read_is_refused(self):
        loose = self.folder / "loose.password"
        loose.write_text(self.db.password_file("owner").read_text())
        loose.chmod(0o644)
        status, text = self.yagura("db", "status", "--config", self.settings(password_file=str(loose)))
        self.assertEqual(status, 1)
        self.assertIn("set its mode to 0600", text)

    def test_plain_clients_are_refused_and_old_tls_too(self):
        password = self.db.password_file("server").read_text().strip()
        argv = [self.db.client, "--no-defaults", "--host=127.0.0.1", f"--port={self.db.port}", "--user=yagura_server",
                f"--password={password}", "--batch", "-e", "SHOW STATUS LIKE 'Ssl_cipher'"]
        plain = subprocess.run(argv + ["--skip-ssl"], capture_output=True, text=True)
        self.assertNotEqual(plain.returncode, 0)
        safe = subprocess.run(argv + ["--ssl", f"--ssl-ca={self.db.authority.certificate}"],
                              capture_output=True, text=True)
        self.assertRegex(safe.stdout, r"Ssl_cipher\s+\S+")
        old = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.db.port}", "-starttls", "mysql",
                              "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], capture_output=True, stdin=subprocess.DEVNULL)
        self.assertNotEqual(old.returncode, 0)

    def test_server_configuration_of_the_manual_works(self):
        """The block of docs/database.md, with this server's own files."""
        block = re.search(r"```ini\n\[mariadbd\]\n(.*?)```", DOCS.read_text(), re.S).group(1)
        folder = self.db.authority.folder
        lines = [line.replace("/etc/mysql/tls/", f"{folder}/") for line in block.splitlines()
                 if line and not line.startswith("bind_address")]
        other = MariaDb.or_skip(self, tls=False, options=lines)
        self.assertEqual(other.sql("SELECT @@require_secure_transport, @@local_infile", database=""), [["1", "0"]])
        self.assertEqual(other.sql("SELECT @@tls_version", database=""), [["TLSv1.2,TLSv1.3"]])

    def test_accounts_of_the_manual_work(self):
        block = re.search(r"```sql\n(.*?)```", DOCS.read_text(), re.S).group(1)
        password = self.folder / "manual.password"
        password.touch(0o600)
        password.write_text("correct horse battery\n")
        sql = re.sub(r"10\.0\.0\.\d+", "127.0.0.1", block).replace("…", "correct horse battery")
        sql = sql.replace("yagura_", "manual_").replace("DATABASE yagura", "DATABASE manual")
        self.db.sql(sql, database="")
        settings = {"name": "manual", "password_file": str(password)}
        for role, command in (("owner", "migrate"), ("server", "status"), ("console", "status")):
            status, grants = self.yagura("db", "grants", role, f"manual_{role}@127.0.0.1", "--database", "manual")
            self.assertEqual(status, 0, grants)
            self.db.sql(grants)
            status, text = self.yagura("db", command, "--config",
                                       self.settings(role, user=f"manual_{role}", **settings))
            self.assertEqual(status, 0, text)
            self.assertIn("0 pending", text)

    def test_programs_run_with_these_rights_and_lose_nothing_when_the_database_dies(self):
        self.yagura("db", "migrate", "--config", self.settings("owner"))
        self.least_rights()
        for name in ("incoming", "local", "quarantine"):
            (self.folder / name).mkdir()
        config = self.folder / "server.toml"
        config.write_text(f"""
process.allow_root = true
log.file = "{self.folder}/server.log"
spool.incoming = "{self.folder}/incoming"
spool.local = "{self.folder}/local"
quarantine.directory = "{self.folder}/quarantine"
autocreate.mode = "on"
autocreate.max_per_hour = 0
autocreate.max_per_peer_per_hour = 0
[database]
{self.db.toml("server")}""")
        server = Program([binary("yagura-server"), "--config", config], self.folder / "server.out")
        self.addCleanup(server.kill)
        server.start()
        for i in range(DOCUMENTS // 2):
            self.drop_document(i)
        self.wait_for_reports(1)
        self.db.kill()
        for i in range(DOCUMENTS // 2, DOCUMENTS):
            self.drop_document(i)
        self.db.start()
        self.wait_for_reports(DOCUMENTS)
        self.assertEqual(self.db.sql("SELECT COUNT(*) FROM report"), [[str(DOCUMENTS)]])  # none twice
        self.assertEqual(self.db.sql("SELECT COUNT(*) FROM agent WHERE name LIKE 'host-%'"), [[str(AGENTS)]])
        self.assertEqual(list((self.folder / "quarantine").glob("*.reason*")), [])
        ciphers = self.db.sql("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'yagura_server'")
        self.assertGreater(int(ciphers[0][0]), 0)
        self.assertEqual(server.stop(), 0, server.output())
        self.assertNotIn("denied", (self.folder / "server.log").read_text())

    def drop_document(self, i):
        """A report of host-(i mod AGENTS), one minute after its last."""
        at = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(time.time() - 60 * (DOCUMENTS - i) // AGENTS))
        text = (f'<?xml version="1.0" encoding="UTF-8"?>\n<agent_data agent_name="host-{i % AGENTS}" interval="300" '
                f'os_name="Linux" os_version="12" version="1" timestamp="{at}" timezone_offset="0">'
                f'<module><name>load</name><type>generic_data</type><data>{i}</data></module></agent_data>')
        hidden = self.folder / f".{i}.tmp"
        hidden.write_text(text)
        hidden.rename(self.folder / "local" / f"host-{i % AGENTS}.{i}.data")

    def wait_for_reports(self, least):
        def count():
            return int(self.db.sql("SELECT COUNT(*) FROM report")[0][0]) >= least
        wait_until(count, 90, f"{least} reports stored")

    def test_console_runs_with_its_rights(self):
        self.yagura("db", "migrate", "--config", self.settings("owner"))
        self.least_rights()
        certificate, key = self.db.authority.issue("console")
        port = free_port()
        config = self.folder / "console.toml"
        config.write_text(f"""
process.allow_root = true
log.file = "{self.folder}/console.log"
[listen]
address = "127.0.0.1"
port = {port}
certificate = "{certificate}"
key = "{key}"
{FAST_SETTINGS}
[database]
{self.db.toml("console")}""")
        console = Program([binary("yagura-console"), "--config", config], self.folder / "console.out")
        self.addCleanup(console.kill)
        console.start()
        browser = Browser(port, self.db.authority.certificate)
        self.addCleanup(browser.close)
        refused = browser.request("POST", "/api/v2/session", {"user": "nobody", "password": "wrong"})
        self.assertEqual(refused.status, 401, refused.body)
        self.assertEqual(self.db.sql("SELECT success FROM audit_pending WHERE action LIKE 'login%'"), [["0"]])
        self.assertEqual(console.stop(), 0, console.output())
        self.assertNotIn("denied", (self.folder / "console.log").read_text())

    def test_every_account_has_a_role(self):
        for role in ACCOUNTS:
            status, text = self.yagura("db", "grants", role, "a@b")
            self.assertEqual(status, 0, text)
            self.assertIn("GRANT", text)
        status, text = self.yagura("db", "grants", "server", "a'@b")
        self.assertEqual(status, 1)


if __name__ == "__main__":
    unittest.main()
