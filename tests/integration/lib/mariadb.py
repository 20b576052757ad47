"""A private MariaDB server for tests: own folder, own port on 127.0.0.1, own CA, TLS required.

    db = MariaDb.or_skip(self)          # skips the test with a reason if MariaDB is not installed
    db.start(); self.addCleanup(db.stop)
    toml = "[database]\\n" + db.toml()   # for a program of ours
    db.sql("SELECT COUNT(*) FROM agent")  # rows as lists of texts, as the server's administrator

Runs as user mysql when the tests run as root, else as the current user. Three accounts, all REQUIRE SSL:
owner (may change the schema), server and console (data only, and the procedures of the partitions).
"""
import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from .process import free_port, temp_dir, tool, wait_until

DATABASE = "yagura"
# Name of the account -> rights on the whole database.
ACCOUNTS = {
    "owner": "ALL PRIVILEGES",
    "server": "SELECT, INSERT, UPDATE, DELETE, EXECUTE",
    "console": "SELECT, INSERT, UPDATE, DELETE, EXECUTE",
}


def run(argv, **kwargs):
    """Runs a program to its end; its output is in the error if it fails."""
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)
    if done.returncode != 0:
        raise RuntimeError(f"{argv[0]} failed ({done.returncode}):\n{done.stdout.decode(errors='replace')[-4000:]}")
    return done.stdout.decode()


class Authority:
    """A CA in `folder` made with the openssl program, and what it issues (valid for two days)."""

    def __init__(self, folder, name="Test database CA"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        self._request(self.certificate, self.key, name,
                      ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"])

    @staticmethod
    def _request(certificate, key, name, extensions, more=()):
        argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate, *more]
        for extension in extensions:
            argv += ["-addext", extension]
        run(argv)
        os.chmod(key, 0o600)

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1", use="serverAuth"):
        """(certificate, key) paths of a leaf called `name`."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        self._request(certificate, key, name,
                      ["basicConstraints=critical,CA:FALSE", f"subjectAltName={names}", f"extendedKeyUsage={use}"],
                      ["-CA", self.certificate, "-CAkey", self.key])
        return certificate, key


class MariaDb:
    """One server. start() may follow stop() or kill(): the data stays until remove()."""

    def __init__(self, tls=True, require_tls=True, tls_versions="TLSv1.2,TLSv1.3", server_names=None, options=()):
        self.mariadbd = tool("mariadbd")
        self.install = tool("mariadb-install-db")
        self.client = tool("mariadb")
        if not (self.mariadbd and self.install and self.client and tool("openssl")):
            raise FileNotFoundError("MariaDB server, client or openssl is not installed")
        self.folder = self._make_folder()
        self.port = free_port()
        self.socket = self.folder / "run" / "db.sock"
        self.log = self.folder / "run" / "server.log"
        self.tls, self.require_tls, self.tls_versions = tls, require_tls, tls_versions
        self.options = list(options)
        self.process = self.guardian = None
        self.authority = Authority(self.folder / "pki") if tls else None
        if tls:
            names = server_names or "DNS:localhost,IP:127.0.0.1"
            self.certificate, self.key = self.authority.issue("server", names)
            self.client_certificate, self.client_key = self.authority.issue(
                "client", "DNS:client.test", "clientAuth")
        self._prepare()

    @classmethod
    def or_skip(cls, test, **kwargs):
        """A server whose folder goes away with `test` (a TestCase, or a class in setUpClass)."""
        try:
            db = cls(**kwargs)
        except FileNotFoundError as reason:
            raise unittest.SkipTest(str(reason)) from None
        (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(db.remove)
        return db

    # -- making it

    @staticmethod
    def _make_folder():
        """In memory where there is room: a database server syncs a lot, and no test pulls the plug."""
        try:
            if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 1 << 30:
                return Path(tempfile.mkdtemp(prefix="yagura-mariadb-", dir="/dev/shm"))
        except OSError:
            pass
        return temp_dir("yagura-mariadb-")

    def _prepare(self):
        self.folder.chmod(0o755)
        (self.folder / "run").mkdir()
        (self.folder / "data").mkdir()
        if os.geteuid() == 0:
            owner = pwd.getpwnam("mysql")
            for path in [self.folder / "run", self.folder / "data"] + ([self.key] if self.tls else []):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        (self.folder / "run").chmod(0o755)
        self._write_options()
        run([self.install, f"--defaults-file={self.folder}/my.cnf", "--skip-test-db", *self._as_user(),
             "--auth-root-authentication-method=socket", f"--auth-root-socket-user={getpass.getuser()}"],
            cwd=self.folder)
        for name in ACCOUNTS:
            path = self.password_file(name)
            path.touch(0o600)
            path.write_text(f"{name}-{os.urandom(12).hex()}\n")
        self.start()
        self._accounts()

    def _as_user(self):
        return ["--user=mysql"] if os.geteuid() == 0 else []

    def _write_options(self):
        lines = ["[mariadbd]", f"datadir={self.folder}/data", f"socket={self.socket}", f"log_error={self.log}",
                 f"pid_file={self.folder}/run/db.pid", "bind_address=127.0.0.1", f"port={self.port}",
                 "skip_name_resolve=1", "character_set_server=utf8mb4", "innodb_buffer_pool_size=64M",
                 "innodb_log_file_size=48M", "innodb_flush_log_at_trx_commit=1", "local_infile=0"]
        if self.tls:
            lines += [f"ssl_cert={self.certificate}", f"ssl_key={self.key}",
                      f"ssl_ca={self.authority.certificate}", f"tls_version={self.tls_versions}"]
            if self.require_tls:
                lines.append("require_secure_transport=ON")
        (self.folder / "my.cnf").write_text("\n".join(lines + self.options) + "\n")

    def _accounts(self):
        self.sql(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin", database="")
        for name, rights in ACCOUNTS.items():
            password = self.password_file(name).read_text().strip()
            tls = "REQUIRE SSL" if self.tls and self.require_tls else ""
            self.sql(f"CREATE USER 'yagura_{name}'@'127.0.0.1' IDENTIFIED BY '{password}' {tls};"
                     f"GRANT {rights} ON {DATABASE}.* TO 'yagura_{name}'@'127.0.0.1'", database="")

    # -- running it

    def start(self, timeout=60.0):
        """Starts the server and waits until it answers."""
        if self.process is not None and self.process.poll() is None:
            return self
        with open(self.folder / "output.log", "ab") as out:
            self.process = subprocess.Popen(
                [self.mariadbd, f"--defaults-file={self.folder}/my.cnf", *self._as_user()],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        # Ends the server should the tests die without doing it: then its input closes without a word.
        self.guardian = subprocess.Popen(
            ["sh", "-c", 'read word || { kill -9 "$1"; rm -rf "$2"; }', "guardian", str(self.process.pid),
             str(self.folder)], stdin=subprocess.PIPE, start_new_session=True)
        wait_until(self._answers, timeout, "MariaDB answers")
        return self

    def _dismiss_guardian(self):
        if self.guardian is not None:
            self.guardian.communicate(b"all is well\n")
            self.guardian = None

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"mariadbd ended:\n{self.log.read_text(errors='replace')[-4000:]}")
        try:
            return self.sql("SELECT 1", database="") == [["1"]]
        except RuntimeError:
            return False

    def stop(self, timeout=60.0):
        self._dismiss_guardian()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout)

    def kill(self):
        """kill -9: a crash of the server."""
        self._dismiss_guardian()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def freeze(self):
        """The server stops answering without closing anything: a hung disk or network."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- using it

    def sql(self, text, database=DATABASE):
        """Runs `text` as the administrator over the Unix socket; rows as lists of texts (NULL = "NULL")."""
        argv = [self.client, "--no-defaults", "--protocol=socket", f"--socket={self.socket}", "--user=root", "--batch",
                "--skip-column-names", "--default-character-set=utf8mb4"] + ([database] if database else [])
        return [line.split("\t") for line in run(argv, input=text.encode()).splitlines()]

    def password_file(self, account):
        return self.folder / f"{account}.password"

    def settings(self, account="owner", **changes):
        """The [database] section for a program of ours, as a dict; `changes` replace keys, None removes one."""
        values = {"dialect": "mariadb", "hosts": ["127.0.0.1"], "port": self.port, "name": DATABASE,
                  "user": f"yagura_{account}", "password_file": str(self.password_file(account))}
        if self.tls:
            values |= {"tls": "verify_full", "tls_ca": str(self.authority.certificate)}
        else:
            values |= {"tls": "disabled"}
        values |= changes
        return {key: value for key, value in values.items() if value is not None}

    def toml(self, account="owner", **changes):
        """settings() as lines of TOML, without the [database] heading."""
        def value(v):
            if isinstance(v, bool):
                return "true" if v else "false"
            if isinstance(v, list):
                return "[" + ", ".join(value(item) for item in v) + "]"
            return str(v) if isinstance(v, int) else f'"{v}"'
        return "".join(f"{key} = {value(v)}\n" for key, v in self.settings(account, **changes).items())
