"""A transport daemon in a temporary folder, its certificates, and a raw client that says exactly what
a test wants to say."""
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
from pathlib import Path

from .process import Program, binary, free_port, temp_dir, tool, wait_until

PLAIN = 'min_level = 1\nplaintext_optin = { by = "test", until = "2999-12-31" }'

CA_CONFIG = """[ca]
default_ca = site
[site]
database = {dir}/index.txt
crlnumber = {dir}/crlnumber
default_md = sha256
default_crl_days = 30
"""


class Pki:
    """A site CA made with the openssl program."""

    def __init__(self, folder):
        self.dir = Path(folder)
        self.dir.mkdir(parents=True, exist_ok=True)
        (self.dir / "index.txt").write_text("")
        (self.dir / "crlnumber").write_text("01\n")
        (self.dir / "ca.cnf").write_text(CA_CONFIG.format(dir=self.dir))
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", self.key("ca"), "-out", self.pem("ca"), "-days", "30",
                      "-subj", "/CN=Test CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.issue("server", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        self.revoke()

    def pem(self, name):
        return str(self.dir / f"{name}.pem")

    def key(self, name):
        return str(self.dir / f"{name}.key")

    @property
    def crl(self):
        return str(self.dir / "crl.pem")

    def issue(self, name, extension="extendedKeyUsage=clientAuth"):
        request, extensions = self.dir / f"{name}.csr", self.dir / f"{name}.ext"
        extensions.write_text(extension + "\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", self.key(name), "-out", request, "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", request, "-CA", self.pem("ca"), "-CAkey", self.key("ca"),
                      "-CAcreateserial", "-out", self.pem(name), "-days", "20", "-extfile", extensions)
        os.chmod(self.key(name), 0o600)

    def revoke(self, *names):
        """Revokes, then writes the list anew."""
        ca = ("ca", "-config", self.dir / "ca.cnf", "-cert", self.pem("ca"), "-keyfile", self.key("ca"))
        for name in names:
            self._openssl(*ca, "-revoke", self.pem(name))
        self._openssl(*ca, "-gencrl", "-out", self.crl)

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run([tool("openssl"), *map(str, arguments)], capture_output=True, text=True,
                              timeout=60)
        if done.returncode:
            raise RuntimeError(f"openssl {arguments}: {done.stderr}")


class Transport:
    """yagura-tentacled with one listener called "main"; `listener` are its settings beside name,
    address and port, `general` what stands before it."""

    def __init__(self, listener=PLAIN, general="", base=None, spool=""):
        self.base = Path(base) if base else temp_dir("yagura-transport-")
        self.port = free_port()
        self.incoming, self.outgoing = self.base / "in", self.base / "out"
        for path in (self.incoming, *(self.outgoing / d for d in ("conf", "md5", "collections"))):
            path.mkdir(parents=True, exist_ok=True)
        self.audit_file, self.status_file = self.base / "audit.jsonl", self.base / "status.json"
        self.config = self.base / "tentacled.toml"
        self.config.write_text(
            f"""[log]
level = "debug"
[process]
allow_root = true
[spool]
incoming = "{self.incoming}"
outgoing = "{self.outgoing}"
min_free_percent = 0
{spool}
[audit]
file = "{self.audit_file}"
[status]
file = "{self.status_file}"
interval_s = 1
{general}
[[listener]]
name = "main"
address = "127.0.0.1"
port = {self.port}
{listener}
""")
        self.program = None

    def start(self, **options):
        self.program = Program([binary("yagura-tentacled"), "--config", self.config],
                               self.base / "tentacled.out", **options).start()
        return self

    def stop(self):
        return self.program.stop()

    def close(self):
        if self.program:
            self.program.kill()
        shutil.rmtree(self.base, ignore_errors=True)

    def items(self):
        """[(name, payload)] by arrival."""
        return [(name, payload) for name, payload, _ in self.envelopes()]

    def envelopes(self):
        out = []
        for path in sorted(self.incoming.glob("*.item")):
            head, payload = path.read_bytes().split(b"\n\n", 1)
            fields = dict(line.split(b" ", 1) for line in head.split(b"\n"))
            assert len(payload) == int(fields[b"length"]), path
            name = fields[b"name"].decode()
            out.append((bytes.fromhex("".join(
                name[i + 1:i + 3] if c == "%" else f"{ord(c):02x}" for i, c in _units(name))), payload, fields))
        return out

    def leftovers(self):
        """Files in temporary folders."""
        return [p for p in (self.incoming / ".tmp").rglob("*") if p.is_file()]

    def audit(self, kind=None):
        if not self.audit_file.exists():
            return []
        records = [json.loads(line) for line in self.audit_file.read_text().splitlines()]
        return [r for r in records if kind in (None, r["type"])]

    def status(self):
        return json.loads(self.status_file.read_text())

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.program.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kb(self):
        text = Path(f"/proc/{self.program.pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS:")).split()[1])

    def connect(self, context=None, timeout=20.0, source=None):
        return Wire(self.port, context, timeout, source)


def _units(name):
    """(index, character) of an escaped name, each %XX once."""
    i = 0
    while i < len(name):
        yield i, name[i]
        i += 3 if name[i] == "%" else 1


class Wire:
    """A connection on which a test says exactly what it wants."""

    def __init__(self, port, context=None, timeout=20.0, source=None):
        raw = socket.create_connection(("127.0.0.1", port), timeout,
                                       source_address=(source, 0) if source else None)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname="127.0.0.1") if context else raw
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def say(self, data):
        self.socket.sendall(data)

    def line(self):
        """The next line with its line feed; what there is if the connection ends."""
        while b"\n" not in self.buffer:
            more = self._receive()
            if not more:
                break
            self.buffer += more
        line, feed, self.buffer = self.buffer.partition(b"\n")
        return line + feed

    def take(self, size):
        while len(self.buffer) < size:
            more = self._receive()
            if not more:
                break
            self.buffer += more
        out, self.buffer = self.buffer[:size], self.buffer[size:]
        return out

    def rest(self):
        """Everything until the server closes."""
        while more := self._receive():
            self.buffer += more
        out, self.buffer = self.buffer, b""
        return out

    def ask(self, data):
        self.say(data)
        return self.line()

    def send_file(self, name, data, verb=b"SEND"):
        """The two answers."""
        first = self.ask(b"%s <%s> SIZE %d\n" % (verb, name, len(data)))
        return (first, self.ask(data)) if first == verb + b" OK\n" else (first, b"")

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with a reset instead of an ordinary end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _receive(self):
        try:
            return self.socket.recv(65536)
        except (ConnectionResetError, ssl.SSLError, BrokenPipeError):
            return b""


def client_context(pki, name=None, minimum=ssl.TLSVersion.TLSv1_2, maximum=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki.pem("ca"))
    context.minimum_version = minimum
    if maximum:
        context.maximum_version = maximum
    if name:
        context.load_cert_chain(pki.pem(name), pki.key(name))
    return context


__all__ = ["PLAIN", "Pki", "Transport", "Wire", "client_context", "wait_until"]
