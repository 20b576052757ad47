"""Load for the fault tests: many agents that send numbered reports and remember every answer.

Each agent sends report n = 1, 2, 3, ... with time base + n seconds and a module whose value is n. It
goes on to n + 1 only after the transport said the final SEND OK; otherwise it sends the same bytes
again, as real agents do. So after any number of crashes the database must hold exactly the reports
1 .. n of each agent, each once.
"""
import random
import socket
import ssl
import threading
import time

# Recent, so that retention leaves it alone; far enough back that no report lies in the future.
BASE_TIME = int(time.time()) - 6 * 3600


def document(agent, number, modules=8):
    when = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(BASE_TIME + number))
    rows = "".join(f"<module><name>m{i}</name><type>generic_data</type><data>{number + i}</data></module>"
                   for i in range(modules))
    return (f"<?xml version='1.0' encoding='UTF-8'?>\n<agent_data agent_name='{agent}' interval='300' "
            f"timestamp='{when}' os_name='Linux' group='Servers'>{rows}</agent_data>\n").encode()


class Refused(Exception):
    """The transport answered, but not with OK."""


def send(port, name, payload, context, timeout=8.0):
    """One file over one connection. Returns only after the second SEND OK."""
    with socket.create_connection(("127.0.0.1", port), timeout) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(raw, server_hostname="127.0.0.1") as s:
            s.sendall(f"SEND <{name}> SIZE {len(payload)}\n".encode())
            expect(s, b"SEND OK\n")
            s.sendall(payload)
            expect(s, b"SEND OK\n")
            s.sendall(b"QUIT\n")


def expect(s, wanted):
    got = b""
    while not got.endswith(b"\n"):
        piece = s.recv(256)
        if not piece:
            raise ConnectionError("closed before the answer")
        got += piece
    if got != wanted:
        raise Refused(got.decode(errors="replace").strip())


def client_context(pki):
    context = ssl.create_default_context(cafile=str(pki / "ca.pem"))
    context.load_cert_chain(str(pki / "agent.pem"), str(pki / "agent.key"))
    return context


class Fleet:
    """Threads that send until stop(); `accepted[agent]` is the highest number answered with SEND OK."""

    def __init__(self, port, pki, agents, seed=1, pause=0.0):
        self.port, self.context, self.pause = port, client_context(pki), pause
        self.names = [f"crash-{seed}-{i:03d}" for i in range(agents)]
        self.accepted = {name: 0 for name in self.names}
        self.refusals, self.broken = 0, 0
        self.stopping = threading.Event()
        self.threads = []

    def start(self, threads=4):
        parts = [self.names[i::threads] for i in range(threads)]
        self.threads = [threading.Thread(target=self._work, args=(part, i)) for i, part in enumerate(parts)]
        for t in self.threads:
            t.start()
        return self

    def _work(self, names, index):
        rng = random.Random(index)
        while not self.stopping.is_set():
            name = rng.choice(names)
            number = self.accepted[name] + 1
            try:
                send(self.port, f"{name}.{BASE_TIME + number}.data", document(name, number), self.context)
                self.accepted[name] = number
            except Refused:
                self.refusals += 1
                self.stopping.wait(0.05)
            except OSError:
                self.broken += 1
                self.stopping.wait(0.01)
            if self.pause:
                self.stopping.wait(self.pause)

    def total(self):
        return sum(self.accepted.values())

    def stop(self):
        self.stopping.set()
        for t in self.threads:
            t.join(60)
