"""yagura-server as a process: what it may not do, what it survives, what it refuses."""
import os
import shutil
import subprocess
import time
import unittest

from lib.process import binary, tool, wait_until
from lib.server import ServerSite, document, stamp

PRELOAD = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static int filtered(void) {
  char line[256]; int yes = 0; FILE* f = fopen("/proc/thread-self/status", "r");
  while (f && fgets(line, sizeof line, f)) if (!strncmp(line, "Seccomp:\t2", 10)) yes = 1;
  if (f) fclose(f);
  return yes;
}
static int done = 0;
/* umask(2) is called on entering the sandbox; getpid() by the log line "ready": the filter is on then. */
pid_t getpid(void) {
  static __thread int busy = 0;
  if (!busy && !done && filtered()) {
    busy = done = 1;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(0x7f000001)}};
    bind(s, (struct sockaddr*)&a, sizeof a);
    errno = 0; int listened = listen(s, 1); int e1 = errno;
    char* argv[] = {"/bin/true", NULL};
    errno = 0; int executed = execve("/bin/true", argv, NULL); int e2 = errno;
    FILE* out = fopen(getenv("PROBE_FILE"), "w");
    if (out) { fprintf(out, "listen %d %d exec %d %d\n", listened, e1, executed, e2); fclose(out); }
    close(s); busy = 0;
  }
  extern long syscall(long, ...);
  return (pid_t)syscall(39);
}
"""


class Confinement(unittest.TestCase):
    def test_it_has_no_privilege_and_no_socket(self):
        site = ServerSite(self).start()
        status = site.status()
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(status[kind], 16), 0, kind)
        self.assertNotIn("0", status["Uid"].split())
        self.assertNotIn("0", status["Gid"].split())
        fds = f"/proc/{site.program.pid}/fd"
        names = [os.readlink(f"{fds}/{fd}") for fd in os.listdir(fds)]
        self.assertEqual([n for n in names if n.startswith("socket:")], [])

    def test_the_kernel_refuses_listen_and_exec(self):
        compiler = tool("cc") or tool("gcc")
        if not compiler or os.uname().machine != "x86_64":
            self.skipTest("needs a C compiler on x86-64 to look from inside the process")
        site = ServerSite(self)
        source, library = site.folder / "probe.c", site.folder / "probe.so"
        source.write_text(PRELOAD)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True, capture_output=True)
        result = site.folder / "log" / "probe"
        site.program.env = dict(os.environ, LD_PRELOAD=str(library), PROBE_FILE=str(result))
        site.start()
        wait_until(result.exists, 20, "the probe ran")
        self.assertEqual(result.read_text().split(), ["listen", "-1", "1", "exec", "-1", "1"])  # 1 = EPERM

    def test_it_refuses_to_stay_root(self):
        if os.geteuid() != 0:
            self.skipTest("only root can try")
        site = ServerSite(self)
        site.config.write_text(site.config.read_text().replace('user = "nobody"', 'user = ""'))
        done = subprocess.run([binary("yagura-server"), "--config", site.config], capture_output=True, text=True,
                              timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("refusing to run as root", done.stderr)


class Settings(unittest.TestCase):
    def run_with(self, site, *arguments):
        return subprocess.run([binary("yagura-server"), "--config", site.config, *arguments], capture_output=True,
                              text=True, timeout=30)

    def test_every_mistake_is_named_with_its_line(self):
        site = ServerSite(self, sections='[status]\nunknown_intervalls = 3\nasync_recovery = "yes"\n'
                                         '[retention]\nevents_days = -1\n')
        for arguments in (("--check-config",), ()):
            done = self.run_with(site, *arguments)
            self.assertEqual(done.returncode, 1)
            for text in ("status.unknown_intervalls: unknown setting", "status.async_recovery: expected true or false",
                         "retention.events_days: -1 is not between"):
                self.assertIn(text, done.stderr)
            self.assertRegex(done.stderr, r"server\.toml:\d+: status\.unknown_intervalls")

    def test_check_version_and_flows(self):
        site = ServerSite(self)
        self.assertEqual(self.run_with(site, "--check-config").stdout, "OK\n")
        self.assertRegex(self.run_with(site, "--version").stdout, r"^yagura-server \d+\.\d+\.\d+")
        flows = self.run_with(site, "--print-flows").stdout
        self.assertIn('"listens":[]', flows)
        self.assertIn(str(site.incoming), flows)
        self.assertFalse(site.database.exists())


class Life(unittest.TestCase):
    def test_reports_become_rows_and_the_server_tells_how_it_is(self):
        site = ServerSite(self).start()
        for i in range(20):
            site.put(document(f"host{i}", {"cpu": i, "load": 0.5}))
        site.drain()
        self.assertEqual(site.number("SELECT COUNT(*) FROM agent"), 20)
        self.assertEqual(site.number("SELECT COUNT(*) FROM report"), 20)
        wait_until(lambda: site.number("SELECT items_total FROM server WHERE name='s1'") == 20, 20, "totals")
        row = site.sql("SELECT status, spool_items, samples_total, delay_p99_ms, disk_free_percent, resident_bytes, "
                       "is_master FROM server")[0]
        self.assertEqual(row[:3], (1, 0, 40))
        self.assertGreater(row[3], 0)
        self.assertGreater(row[4], 0)
        self.assertGreater(row[5], 1 << 20)
        self.assertEqual(row[6], 1)
        self.assertEqual(site.program.stop(), 0)
        self.assertEqual(site.number("SELECT status FROM server"), 0)
        self.assertIn("stopped", site.log_text())

    def test_each_document_is_traceable_by_its_item_id(self):
        site = ServerSite(self).start()
        path = site.put(b"no xml")
        site.drain()
        item = path.name[17:49]
        self.assertIn(f"item={item}", site.log_text())
        self.assertEqual(site.sql("SELECT item_id FROM quarantine"), [(item,)])
        self.assertEqual(site.reasons()[0]["item"], item)

    def test_a_crash_between_commit_and_unlink_stores_nothing_twice(self):
        site = ServerSite(self).start()
        payload = document("host", "<module><name>m</name><min_critical>10</min_critical><data>50</data></module>")
        path = site.put(payload, item="ab" * 16, received=1_700_000_000)
        kept = path.read_bytes()
        site.drain()
        counts = "SELECT (SELECT COUNT(*) FROM report), (SELECT COUNT(*) FROM event), (SELECT version FROM agent_state)"
        before = site.sql(counts)
        site.program.kill()
        path.write_bytes(kept)
        site.start()
        site.drain()
        self.assertEqual(site.sql(counts), before)

    def test_held_documents_are_stored_when_an_operator_approves(self):
        site = ServerSite(self, autocreate='[autocreate]\nmode = "approve"\n').start()
        site.put(document("new", {"m": 1}, "group_password='canary-pass'"))
        site.drain()
        self.assertEqual(site.sql("SELECT approval, disabled FROM agent"), [(0, 1)])
        self.assertEqual(site.number("SELECT COUNT(*) FROM module"), 0)
        site.sql("UPDATE agent SET approval = 1, disabled = 0")
        site.sql("UPDATE agent_state SET version = version + 1")
        wait_until(lambda: site.number("SELECT COUNT(*) FROM module") == 1, 20, "the held document is stored")
        self.assertEqual(site.number("SELECT COUNT(*) FROM pending_document"), 0)


class Refusals(unittest.TestCase):
    def set_group_password(self, site, group, password):
        """As the command line does: an Argon2id hash; made by Python's libsodium call in the server's own format."""
        import ctypes
        import ctypes.util
        name = ctypes.util.find_library("sodium")
        if name is None:
            self.skipTest("libsodium is not installed")
        sodium = ctypes.CDLL(name)
        sodium.sodium_init()
        out = ctypes.create_string_buffer(128)
        text = password.encode()
        self.assertEqual(sodium.crypto_pwhash_str(out, text, ctypes.c_ulonglong(len(text)), ctypes.c_ulonglong(1),
                                                  ctypes.c_size_t(8 << 20)), 0)
        site.sql("UPDATE agent_group SET password_hash = ?, updated_at = updated_at + 1 WHERE name = ?",
                 out.value.decode(), group)

    def test_foreign_files_are_quarantined(self):
        if os.geteuid() != 0:
            self.skipTest("only root can make files of another account")
        site = ServerSite(self).start()
        for mode, letter in ((0o644, "c"), (0o600, "d")):
            path = site.incoming / ".tmp-foreign"
            path.write_bytes(b"x")
            os.chmod(path, mode)
            os.chown(path, 1, 1)
            path.rename(site.incoming / f"{mode:016x}-{letter * 32}.item")
        site.drain()
        wait_until(lambda: site.number("SELECT COUNT(*) FROM quarantine WHERE code='foreign-owner'") == 2, 20, "rows")
        self.assertEqual(site.number("SELECT COUNT(*) FROM event WHERE type='security'"), 2)

    def test_impersonation_stores_nothing_and_raises_one_event(self):
        site = ServerSite(self).start()
        site.put(document("web", {"m": 1}, "group='Servers'"))
        site.drain()
        self.set_group_password(site, "Servers", "right")
        time.sleep(1.2)  # groups are looked at once a second
        for value, attribute in ((2, ""), (3, "group_password='wrong'"), (4, "group_password='right'")):
            site.put(document("web", {"m": value}, f"group='Servers' {attribute}", when=time.time() + value))
            site.drain()
        self.assertEqual(sorted(r["code"] for r in site.reasons()), ["group-password-missing", "group-password-wrong"])
        self.assertEqual(site.number("SELECT COUNT(*) FROM event WHERE code='identity-check-failed'"), 1)
        self.assertEqual(site.number("SELECT severity FROM event WHERE code='identity-check-failed'"), 6)
        self.assertEqual(site.number("SELECT COUNT(*) FROM report"), 2)

    def test_no_learn_takes_values_and_nothing_else(self):
        site = ServerSite(self).start()
        site.put(document("fixed", {"m": 1}, "agent_mode='0' os_version='a' address='10.0.0.1' version='1'"))
        site.drain()
        before = site.sql("SELECT os_version, address, agent_version, interval_s FROM agent")
        more = ("<module><name>m</name><data>2</data></module><module><name>new</name><data>2</data></module>"
                "<inventory><inventory_module><name>i</name><datalist><data>r</data></datalist></inventory_module>"
                "</inventory><log_module><source>l</source><data>line</data></log_module>")
        site.put(document("fixed", more, "os_version='b' address='10.0.0.2' version='2' interval='60'",
                          when=time.time() + 1))
        site.drain()
        self.assertEqual(site.sql("SELECT os_version, address, agent_version, interval_s FROM agent"), before)
        for table in ("module", "agent_address"):
            self.assertEqual(site.number(f"SELECT COUNT(*) FROM {table}"), 1, table)
        for table in ("inventory_current", "log_source"):
            self.assertEqual(site.number(f"SELECT COUNT(*) FROM {table}"), 0, table)
        self.assertEqual(site.number("SELECT COUNT(*) FROM report"), 2)

    def test_flood_of_names_stays_within_the_limit_and_lets_others_through(self):
        site = ServerSite(self, autocreate='[autocreate]\nmode = "approve"\nmax_per_hour = 30\n'
                                           'max_per_peer_per_hour = 25\n').start()
        site.put(document("legit", {"m": 0}), peer="198.51.100.9")
        site.drain()
        site.sql("UPDATE agent SET approval = 1, disabled = 0")
        site.sql("UPDATE agent_state SET version = version + 1")
        wait_until(lambda: site.number("SELECT COUNT(*) FROM module") == 1, 20, "approved")
        count = 10_000
        for i in range(count):
            site.put(document(f"ghost{i}", {"m": 1}), peer=f"203.0.113.{i % 4}")
        begin = time.time()
        site.put(document("legit", {"m": 7}, when=begin + 1), peer="198.51.100.9")
        wait_until(lambda: site.number("SELECT COUNT(*) FROM report r JOIN agent a ON a.id = r.agent_id "
                                       "WHERE a.name = 'legit'") == 2, 30, "the legitimate report is stored")
        self.assertLess(time.time() - begin, 30)
        site.drain(120)
        pending = site.number("SELECT COUNT(*) FROM agent WHERE approval = 0")
        self.assertEqual(pending, 29)
        self.assertEqual(site.number("SELECT COUNT(*) FROM quarantine"), count - pending)
        self.assertLess(site.number("SELECT COUNT(*) FROM event"), 60)

    def test_xml_bombs_cost_little_and_are_quarantined(self):
        site = ServerSite(self).start()
        site.put(document("warm", {"m": 1}))
        site.drain()
        before = site.resident_kb()
        lol = "".join(f"<!ENTITY l{i} '{f'&l{i - 1};' * 10}'>" for i in range(1, 10))
        bombs = [
            f"<!DOCTYPE a [<!ENTITY l0 'lol'>{lol}]><agent_data agent_name='x'>&l9;</agent_data>".encode(),
            b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><agent_data agent_name='x'/>",
            b"<agent_data agent_name='x'>" + b"<a>" * 1000 + b"</a>" * 1000 + b"</agent_data>",
            b"<agent_data agent_name='x'><module><data>" + b"y" * 50_000_000 + b"</data></module></agent_data>",
            b"<agent_data agent_name='x'>" + b"<module><name>m</name></module>" * 25_000 + b"</agent_data>",
        ]
        for bomb in bombs:
            site.put(bomb)
        site.drain()
        self.assertEqual(site.number("SELECT COUNT(*) FROM quarantine"), len(bombs), site.sql("SELECT code FROM quarantine"))
        self.assertEqual(site.number("SELECT COUNT(*) FROM agent"), 1)
        self.assertLess(site.resident_kb() - before, 64 * 1024)
        self.assertEqual({r["code"] for r in site.reasons()}, {"doctype", "document-limit", "too-large"})

    def test_secrets_never_reach_log_or_disk(self):
        site = ServerSite(self).start()
        canary = "canary-3f9a1c"
        self.set_group_password(site, "Servers", "other")
        time.sleep(1.2)
        site.put(document("web", {"m": 1}, f"group='Servers' group_password='{canary}'"))
        site.put(f"<agent_data agent_name='q' group_password=\"{canary}\"><broken".encode())
        site.drain()
        site.program.stop()
        self.assertNotIn(canary, site.log_text())
        for path in list(site.quarantine.iterdir()) + [site.database]:
            self.assertNotIn(canary.encode(), path.read_bytes(), path)


class LocalFiles(unittest.TestCase):
    def test_plain_files_of_trusted_writers(self):
        site = ServerSite(self).start()
        (site.local / "host.1.data").write_bytes(document("host", {"m": 1}))
        (site.local / "README").write_bytes(b"not a data file")
        wait_until(lambda: site.number("SELECT COUNT(*) FROM report") == 1, 20, "the plain file is stored")
        wait_until(lambda: [p.name for p in site.local.iterdir()] == ["README"], 20, "only the stranger stays")
        self.assertEqual(site.sql("SELECT transport_level, transport_peer FROM agent"), [(0, "local")])


if __name__ == "__main__":
    unittest.main()
