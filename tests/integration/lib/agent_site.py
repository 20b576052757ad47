"""A transport daemon and agents around it, for the tests of yagura-agent."""
import hashlib
import subprocess
import urllib.parse
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from .process import Program, binary, free_port, temp_dir


def openssl(*args, cwd):
    subprocess.run(["openssl", *args], cwd=cwd, check=True, capture_output=True)


def make_pki(folder, server_name="localhost"):
    """A CA, a server certificate for localhost and 127.0.0.1, and a client certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem", cwd=folder)
    for name, use, alternative in (("transport", "serverAuth", f"DNS:{server_name},IP:127.0.0.1"),
                                   ("agent", "clientAuth", "DNS:agent")):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr", cwd=folder)
        (folder / "extensions").write_text(
            f"extendedKeyUsage={use}\nsubjectAltName={alternative}\nbasicConstraints=CA:false\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "2", "-extfile", "extensions", "-out", f"{name}.pem", cwd=folder)
        (folder / f"{name}.key").chmod(0o600)
    (folder / "index.txt").touch()
    (folder / "ca.cnf").write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=2\n")
    openssl("ca", "-gencrl", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-out", "ca.crl", cwd=folder)
    return folder


class Item:
    """One item of the spool: envelope fields and the payload, checked against each other."""

    def __init__(self, path):
        header, _, self.payload = path.read_bytes().partition(b"\n\n")
        lines = header.decode().split("\n")
        assert lines[0] == "yagura-spool 1", lines[0]
        self.fields = dict(line.split(" ", 1) for line in lines[1:])
        self.name = urllib.parse.unquote(self.fields["name"])
        assert len(self.payload) == int(self.fields["length"])
        assert hashlib.sha256(self.payload).hexdigest() == self.fields["sha256"]

    def document(self):
        return ElementTree.fromstring(self.payload)

    def modules(self):
        return {m.findtext("name"): m.findtext("data") for m in self.document().iter("module")}


class Site:
    """A folder with one transport daemon and the settings of agents that report to it."""

    def __init__(self, mutual_tls=False, max_size=None):
        self.folder = temp_dir("yagura-agent-test-")
        self.port = free_port()
        self.mutual_tls = mutual_tls
        self.incoming = self.folder / "spool" / "incoming"
        self.incoming.mkdir(parents=True)
        (self.folder / "spool" / "outgoing").mkdir()
        listener = f'name = "test"\naddress = "127.0.0.1"\nport = {self.port}\n'
        if mutual_tls:
            pki = make_pki(self.folder / "pki")
            listener += (f'min_level = 4\ncertificate = "{pki}/transport.pem"\nkey = "{pki}/transport.key"\n'
                         f'ca = "{pki}/ca.pem"\ncrl = "{pki}/ca.crl"\nbind_identity = false\n')
        else:
            listener += 'min_level = 1\nplaintext_optin = {by = "test", until = "2999-12-31"}\n'
        transfer = f"[transfer]\nmax_size = {max_size}\n" if max_size else ""
        self.transport_settings = self.folder / "tentacled.toml"
        self.transport_settings.write_text(
            "[process]\nallow_root = true\n"
            f'[spool]\nincoming = "{self.incoming}"\noutgoing = "{self.folder}/spool/outgoing"\n'
            f"min_free_percent = 0\n{transfer}[[listener]]\n{listener}")
        self.programs = []

    def start_transport(self):
        return self._start([binary("yagura-tentacled"), "--config", self.transport_settings], "tentacled.log")

    def agent_settings(self, extra="", name="agent", file="agent.conf"):
        """Writes the settings of an agent and returns their path."""
        text = (f"server_ip 127.0.0.1\nserver_port {self.port}\nagent_name {name}\n"
                f"yagura_state {self.folder}/{name}-state\nyagura_allow_root 1\ninterval 1\n")
        if self.mutual_tls:
            text += (f"yagura_ca {self.folder}/pki/ca.pem\nyagura_cert {self.folder}/pki/agent.pem\n"
                     f"yagura_key {self.folder}/pki/agent.key\n")
        path = self.folder / file
        path.write_text(text + extra)
        path.chmod(0o640)
        return path

    def start_agent(self, settings, log="agent.log"):
        return self._start([binary("yagura-agent"), "--config", settings], log)

    def run_agent(self, settings, *options, timeout=60):
        return subprocess.run([binary("yagura-agent"), "--config", str(settings), *options], timeout=timeout,
                              capture_output=True, text=True, check=False)

    def _start(self, argv, log):
        program = Program(argv, self.folder / log)
        self.programs.append(program)
        return program.start()

    def items(self):
        """What has arrived, in order of arrival."""
        return [Item(p) for p in sorted(self.incoming.glob("*.item"))]

    def buffer(self, name="agent"):
        return self.folder / f"{name}-state" / "buffer"

    def buffered(self, name="agent"):
        """Reports that wait, oldest first."""
        return sorted(p for p in self.buffer(name).glob("*.report"))

    def close(self):
        for program in self.programs:
            program.kill()
