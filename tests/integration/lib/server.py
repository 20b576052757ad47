"""A yagura-server of its own: folders, settings, items as the transport writes them, its database."""
import hashlib
import json
import os
import pwd
import shutil
import sqlite3
import time
import uuid

from .process import Program, binary, temp_dir, wait_until

ACCOUNT = "nobody"  # what the server becomes when the tests run as root


def escape(text):
    """Bytes outside 0x21..0x7e, and '%', as %XX: how the envelope writes names."""
    return "".join(chr(b) if 0x21 <= b <= 0x7E and b != 0x25 else f"%{b:02X}" for b in text.encode())


def stamp(when):
    return time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(when))


def document(name, modules, attributes="", when=None):
    """An agent's data file; `modules` maps names to values, or is the XML itself."""
    if isinstance(modules, dict):
        modules = "".join(f"<module><name>{n}</name><data>{v}</data></module>" for n, v in modules.items())
    when = stamp(time.time() if when is None else when)
    return (f"<?xml version='1.0' encoding='UTF-8'?>\n<agent_data agent_name='{name}' timestamp='{when}' "
            f"{attributes}>{modules}</agent_data>").encode()


class ServerSite:
    """One data server. Several may share a database: give the second `database=first`."""

    def __init__(self, test, sections="", mariadb=None, name="s1", database=None, autocreate=None):
        self.folder = temp_dir("yagura-server-")
        test.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.mariadb = mariadb if mariadb else (database.mariadb if database else None)
        self.incoming, self.local = self.folder / "incoming", self.folder / "local"
        self.quarantine = self.folder / "quarantine"
        self.log = self.folder / "log" / "server.log"
        self.database = database.database if database else self.folder / "db" / "yagura.db"
        self.config = self.folder / "server.toml"
        self.uid = None
        for path in [self.incoming, self.local, self.log.parent, self.folder / "db"]:
            path.mkdir()
        text = (f'[log]\nfile = "{self.log}"\nlevel = "debug"\n[server]\nname = "{name}"\nkeepalive_s = 5\n'
                f'[quarantine]\ndirectory = "{self.quarantine}"\n')
        spool = f'[spool]\nincoming = "{self.incoming}"\nlocal = "{self.local}"\n'
        if os.geteuid() == 0:
            account = pwd.getpwnam(ACCOUNT)
            self.uid = account.pw_uid
            text += f'[process]\nuser = "{ACCOUNT}"\n'
            spool += f'owners = ["root", "{ACCOUNT}"]\nlocal_owners = ["root", "{ACCOUNT}"]\n'
            self.folder.chmod(0o755)
            for path in [self.folder, self.incoming, self.local, self.log.parent, self.folder / "db"]:
                os.chown(path, account.pw_uid, account.pw_gid)
        text += spool + "[ingest]\nmax_backlog_days = 0\ntime_zone = \"UTC\"\n"
        text += self._database_section()
        text += autocreate if autocreate is not None else (
            '[autocreate]\nmode = "on"\nmax_per_hour = 0\nmax_per_peer_per_hour = 0\n')
        self.config.write_text(text + sections)
        self.program = Program([binary("yagura-server"), "--config", self.config], self.folder / "output.log")
        test.addCleanup(self.program.kill)

    def _database_section(self):
        if self.mariadb is None:
            return f'[database]\ndialect = "sqlite"\npath = "{self.database}"\n'
        password = self.folder / "password"
        shutil.copy(self.mariadb.password_file("owner"), password)
        password.chmod(0o600)
        if self.uid is not None:
            os.chown(password, self.uid, -1)
        return "[database]\n" + self.mariadb.toml(password_file=str(password))

    # -- running

    def start(self):
        self.program.start()
        return self

    def status(self):
        """/proc/PID/status as a dict."""
        with open(f"/proc/{self.program.pid}/status", encoding="ascii", errors="replace") as f:
            return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)

    def resident_kb(self):
        return int(self.status()["VmRSS"].split()[0])

    def log_text(self):
        parts = [self.log, self.folder / "output.log"]
        return "".join(p.read_text(errors="replace") for p in parts if p.exists())

    # -- giving it work

    def put(self, payload, name="agent.1.data", peer="192.0.2.1", level="1", fingerprint="-", item=None, received=None):
        """An item, as yagura-tentacled leaves it; the path of its file."""
        item = item or uuid.uuid4().hex
        received = int((received or time.time()) * 1e6)
        header = (f"yagura-spool 1\nid {item}\nreceived {received}\npeer {peer}\nlevel {level}\n"
                  f"fingerprint {fingerprint}\nsubject -\nname {escape(name)}\nlength {len(payload)}\n"
                  f"sha256 {hashlib.sha256(payload).hexdigest()}\n\n")
        path = self.incoming / f"{received:016x}-{item}.item"
        temporary = self.incoming / f".tmp-{item}"
        temporary.write_bytes(header.encode() + payload)
        temporary.rename(path)
        return path

    def waiting(self):
        return [p for p in self.incoming.iterdir() if p.name.endswith(".item")]

    def drain(self, timeout=60):
        wait_until(lambda: not self.waiting(), timeout, "the spool runs empty")

    # -- looking at what became of it

    def sql(self, text, *params):
        """Rows as tuples (SQLite) or lists of texts (MariaDB, without parameters)."""
        if self.mariadb is not None:
            assert not params
            return self.mariadb.sql(text)
        db = sqlite3.connect(self.database, timeout=30)
        try:
            with db:
                return db.execute(text, params).fetchall()
        finally:
            db.close()

    def number(self, text, *params):
        return int(self.sql(text, *params)[0][0])

    def reasons(self):
        """The reason files of the quarantine."""
        return [json.loads(p.read_text()) for p in self.quarantine.glob("*.reason.json")]
