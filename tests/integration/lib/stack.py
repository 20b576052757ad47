"""A whole installation in a temporary folder, its programs started one by one."""
import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

from .process import Program, binary, free_port, temp_dir


class Stack:
    """`yagura init` in a temporary folder; programs are started and killed by the test."""

    def __init__(self, settings=None):
        self.base = temp_dir("yagura-stack-")
        os.chmod(self.base, 0o755)  # the programs run under an account of their own
        self.data = self.base / "data"
        self.console_port, self.transport_port = free_port(), free_port()
        done = subprocess.run(
            [binary("yagura"), "init", "--data", str(self.data), "--console-port", str(self.console_port),
             "--transport-port", str(self.transport_port), "--transport-address", "127.0.0.1"],
            capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        found = re.search(r"one-time password (\S+)", done.stdout)
        self.password = found.group(1) if found else None
        for name, edit in (settings or {}).items():
            self.edit(name, edit)
        self.programs = {}

    def use_mariadb(self, database):
        """Puts the [database] section of a lib.mariadb.MariaDb into server.toml and console.toml. The
        schema is made by the data server at its first start."""
        password = self.data / "conf/database.password"
        shutil.copy(database.password_file("owner"), password)
        owner = self.data.stat()
        os.chown(password, owner.st_uid, owner.st_gid)
        password.chmod(0o600)
        section = "[database]\n" + database.toml(password_file=str(password)) + "\n"
        for name in ("server.toml", "console.toml"):
            self.edit(name, lambda text: re.sub(r"\[database\]\n(?:[^\[\n].*\n|\n)*", lambda _: section, text))

    def edit(self, name, change):
        """Applies `change` (a function of the text) to a settings file."""
        path = self.data / "conf" / name
        path.write_text(change(path.read_text()))

    @property
    def pki(self):
        return self.data / "pki"

    def start(self, name):
        """name: tentacled, server, console or agent."""
        suffix = "agent.conf" if name == "agent" else f"{name}.toml"
        program = Program([binary(f"yagura-{name}"), "--config", self.data / "conf" / suffix],
                          self.base / f"{name}.out")
        self.programs[name] = program.start()
        return program

    def log(self, name):
        path = self.data / "log" / f"yagura-{name}.log"
        text = path.read_text(errors="replace") if path.exists() else ""
        return text + (self.base / f"{name}.out").read_text(errors="replace")

    def query(self, sql, *params):
        """Rows of the SQLite database, read without disturbing the writers."""
        with sqlite3.connect(f"file:{self.data}/db/yagura.db?mode=ro", uri=True, timeout=30) as db:
            return db.execute(sql, params).fetchall()

    def spool_items(self):
        return [p for p in (self.data / "spool/incoming").iterdir() if p.name.endswith(".item")]

    def close(self):
        for program in reversed(list(self.programs.values())):
            program.kill()
        shutil.rmtree(self.base, ignore_errors=True)

