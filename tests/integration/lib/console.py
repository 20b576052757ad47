"""A browser-like client of the console's API, and rows to look at."""
import http.client
import json
import re
import socket
import sqlite3
import ssl
import time

COOKIE = "__Host-yagura"
# Cheap password hashes and room for many requests: what is tested is not the cost.
FAST_SETTINGS = """
[password]
hash_memory_mib = 8
hash_operations = 1

[limits]
read_per_minute = 1000000
write_per_minute = 1000000
login_per_minute = 1000000
anonymous_per_minute = 1000000
"""


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Code of the problem document, or None."""
        if self.headers.get("Content-Type") != "application/problem+json":
            return None
        return self.json["code"]


class Browser:
    """Keeps the session cookie and the anti-forgery token as the front end does."""

    def __init__(self, port, ca):
        self.port = port
        self.tls = ssl.create_default_context(cafile=str(ca))
        self.cookie = None
        self.csrf = None
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def request(self, method, path, body=None, headers=None, csrf=True):
        if self.connection is None:
            self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls, timeout=60)
        send = {}
        if self.cookie:
            send["Cookie"] = f"{COOKIE}={self.cookie}"
        if self.csrf and csrf and method not in ("GET", "HEAD"):
            send["X-CSRF-Token"] = self.csrf
        data = None
        if body is not None:
            data = body if isinstance(body, (bytes, str)) else json.dumps(body)
            send["Content-Type"] = "application/json"
        send.update(headers or {})
        try:
            self.connection.request(method, path, body=data, headers=send)
            response = self.connection.getresponse()
            answer = Answer(response, response.read())
        except (http.client.HTTPException, OSError):
            self.close()
            raise
        if response.will_close:
            self.close()
        found = re.match(rf"{COOKIE}=([^;]*)", answer.headers.get("Set-Cookie", ""))
        if found:
            self.cookie = found.group(1) or None
        if path.startswith("/api/v2/session") and answer.status == 200:
            self.csrf = answer.json["csrf_token"]
        return answer

    def get(self, path, **kw):
        return self.request("GET", path, **kw)

    def post(self, path, body=None, **kw):
        return self.request("POST", path, body, **kw)

    def login(self, user, password):
        return self.post("/api/v2/session", {"user": user, "password": password})

    def change_password(self, current, new):
        return self.post("/api/v2/session/password", {"current": current, "new": new})


def raw_exchange(port, ca, data, timeout=20):
    """Sends bytes over TLS, returns everything that comes back until the server closes or is silent."""
    tls = ssl.create_default_context(cafile=str(ca))
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as plain:
        with tls.wrap_socket(plain, server_hostname="127.0.0.1") as sock:
            sock.sendall(data)
            got = b""
            try:
                while chunk := sock.recv(65536):
                    got += chunk
            except (TimeoutError, ssl.SSLError, ConnectionResetError):
                pass
            return got


class Rows:
    """Writes rows straight into an installation's SQLite database: what a test needs to look at."""

    def __init__(self, stack):
        self.path = stack.data / "db/yagura.db"

    def run(self, work):
        with sqlite3.connect(self.path, timeout=30) as db:
            return work(db)

    def execute(self, sql, *params):
        return self.run(lambda db: db.execute(sql, params).lastrowid)

    def user(self, name, password_of, profile=None, group=0, superadmin=0):
        """A user with the password hash of another one; `profile` by name in `group` (0 = all)."""
        user_id = self.execute(
            "INSERT INTO user_account (name, superadmin, password_hash, must_change_password, created_at)"
            " SELECT ?, ?, password_hash, 0, 1 FROM user_account WHERE name = ?", name, superadmin, password_of)
        if profile:
            self.execute("INSERT INTO user_assignment (user_id, profile_id, group_id)"
                         " SELECT ?, id, ? FROM profile WHERE name = ?", user_id, group, profile)
        return user_id

    def group(self, name, parent=0, propagate=0):
        return self.execute("INSERT INTO agent_group (name, parent_id, propagate) VALUES (?, ?, ?)",
                            name, parent, propagate)

    def agents(self, first, count, group, **columns):
        """Agents with ids first ... first+count-1, without modules."""
        now = int(time.time() * 1e6)
        values = {"status": 0, "status_rank": 3, "approval": 1, "address": "192.0.2.1", **columns}
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)

        def insert(db):
            db.executemany(
                f"INSERT INTO agent (id, name, alias, group_id, created_at, {names}) VALUES (?, ?, ?, ?, ?, {marks})",
                ((i, f"agent-{i:05}", f"Agent {i:05}", group, now, *values.values())
                 for i in range(first, first + count)))
            db.executemany("INSERT INTO agent_state (agent_id, last_contact, latest) VALUES (?, ?, x'')",
                           ((i, now - i * 1000) for i in range(first, first + count)))
        self.run(insert)

    def event(self, group=0, agent=0, **columns):
        values = {"at": int(time.time() * 1e6), "group_id": group, "agent_id": agent, "type": "system",
                  "severity": 2, "code": "test", "params": '{"agent":"x"}', "text": "a test event", **columns}
        return self.execute(f"INSERT INTO event ({', '.join(values)}) VALUES ({', '.join('?' for _ in values)})",
                            *values.values())
