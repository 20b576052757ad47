"""Starting real programs for tests: free ports, temporary folders, readiness, stopping by pid."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(os.environ.get("YAGURA_BIN", ROOT / "build" / "release" / "bin"))


def binary(name):
    """Path of one of our programs; fails loudly if it was not built."""
    path = BIN / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built; run 'make build' or set YAGURA_BIN")
    return str(path)


def tool(name):
    """Path of a program of the system, or None: callers skip with a reason."""
    return shutil.which(name) or next(
        (p for d in ("/usr/sbin", "/sbin", "/usr/lib/openssh") if os.path.exists(p := f"{d}/{name}")), None)


def free_port(host="127.0.0.1"):
    """A TCP port nobody uses at this moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((host, 0))
        return s.getsockname()[1]


def temp_dir(prefix="yagura-"):
    """A temporary folder; remove it with shutil.rmtree or through TestCase.addCleanup."""
    return Path(tempfile.mkdtemp(prefix=prefix))


def wait_until(predicate, timeout=20.0, what="condition"):
    """Polls `predicate` until it is true and returns its value; fails after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout} s: {what}")
        time.sleep(0.02)  # poll interval, not synchronisation: the loop ends on the event


class Program:
    """A child process with its output in a file. With `ready=True` start() returns once the program
    has said on --ready-fd that it serves."""

    def __init__(self, argv, log, ready=True, env=None, cwd=None):
        self.argv = [str(a) for a in argv]
        self.log = Path(log)
        self.ready = ready
        self.env = env
        self.cwd = cwd
        self.process = None

    def start(self, timeout=30.0):
        argv, pass_fds, read_fd = list(self.argv), (), None
        if self.ready:
            read_fd, write_fd = os.pipe()
            argv += ["--ready-fd", str(write_fd)]
            pass_fds = (write_fd,)
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(argv, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                            pass_fds=pass_fds, env=self.env, cwd=self.cwd)
        if self.ready:
            os.close(write_fd)
            self._await_ready(read_fd, timeout)
        return self

    def _await_ready(self, read_fd, timeout):
        os.set_blocking(read_fd, False)
        deadline = time.monotonic() + timeout
        try:
            while time.monotonic() < deadline:
                try:
                    got = os.read(read_fd, 1)
                except BlockingIOError:
                    time.sleep(0.01)
                    continue
                if got:
                    return
                break
        finally:
            os.close(read_fd)
        self.kill()
        raise RuntimeError(f"{self.argv[0]} did not become ready:\n{self.output()[-4000:]}")

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, timeout=20.0):
        """Asks the program to stop in order; returns its exit status."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self):
        """kill -9: what a crash or power loss looks like from outside."""
        if self.running():
            self.process.kill()
        if self.process is not None:
            self.process.wait()

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""
