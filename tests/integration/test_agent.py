"""yagura-agent against the real transport: delivery, outages, crashes, rights."""
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest
from pathlib import Path

from lib.agent_site import Site
from lib.process import binary, tool, wait_until

STOCK = Path("/etc/pandorafms/pandora_agent.conf")


def transfer_name(report, agent="agent"):
    """Name under which a buffered report (SEQUENCE-CREATED.report) is sent."""
    created = int(report.name[17:33], 16)
    return f"{hashlib.md5(agent.encode()).hexdigest()}.{created}.data"


class AgentTest(unittest.TestCase):
    def site(self, **options):
        site = Site(**options)
        self.addCleanup(shutil.rmtree, site.folder, ignore_errors=True)
        self.addCleanup(site.close)
        return site


class Delivery(AgentTest):
    def test_one_run_arrives_with_the_values_of_this_host(self):
        site = self.site()
        site.start_transport()
        done = site.run_agent(site.agent_settings("group Servers\ndescription it's <b>\n"), "--once", "--print")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^memory_used = [0-9.]+ %$")
        (item,) = site.items()
        self.assertEqual(item.fields["level"], "1")
        self.assertRegex(item.name, r"^[0-9a-f]{32}\.[0-9]+\.data$")
        root = item.document()
        self.assertEqual(root.get("agent_name"), "agent")
        self.assertEqual(root.get("description"), "it's <b>")
        self.assertEqual(root.get("os_name"), "Linux")
        modules = item.modules()
        self.assertTrue(0 < float(modules["memory_used"]) < 100)
        self.assertTrue(0 <= float(modules["disk_used /"]) <= 100)
        self.assertEqual(modules["kernel_release"], os.uname().release)
        self.assertEqual(modules["yagura_agent_lost_reports"], "0")
        self.assertEqual(site.buffered(), [])

    def test_mutual_tls(self):
        site = self.site(mutual_tls=True)
        site.start_transport()
        done = site.run_agent(site.agent_settings(), "--once")
        self.assertEqual(done.returncode, 0, done.stderr)
        (item,) = site.items()
        self.assertEqual(item.fields["level"], "4")
        self.assertEqual(item.fields["subject"], "agent")
        self.assertIn('tls="TLSv1.3', done.stderr)

    def test_a_server_with_a_foreign_certificate_gets_nothing(self):
        site = self.site(mutual_tls=True)
        other = self.site(mutual_tls=True)
        site.start_transport()
        settings = site.agent_settings(f"yagura_ca {other.folder}/pki/ca.pem\n")
        done = site.run_agent(settings, "--once")
        self.assertEqual(done.returncode, 1)
        self.assertIn("certificate", done.stderr)
        self.assertEqual(site.items(), [])
        self.assertEqual(len(site.buffered()), 1)

    def test_secondary_on_error_and_always(self):
        primary, secondary = self.site(), self.site()
        secondary.start_transport()
        extra = f"secondary_server_ip 127.0.0.1\nsecondary_server_port {secondary.port}\n"
        done = primary.run_agent(primary.agent_settings(extra + "secondary_mode on_error\n"), "--once")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(secondary.items()), 1)
        self.assertEqual(primary.buffered(), [])
        primary.start_transport()
        done = primary.run_agent(primary.agent_settings(extra + "secondary_mode always\n"), "--once")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(primary.items()), 1)
        self.assertEqual(len(secondary.items()), 2)
        self.assertEqual(primary.items()[0].payload, secondary.items()[1].payload)

    def test_the_stock_configuration_of_debian_is_understood_and_reported(self):
        if not STOCK.exists():
            self.skipTest("package pandorafms-agent is not installed")
        site = self.site()
        site.start_transport()
        self.assertEqual(site.run_agent(STOCK, "--check-config").returncode, 0)
        settings = site.folder / "stock.conf"
        settings.write_text(STOCK.read_text() + site.agent_settings("logfile syslog\n").read_text())
        settings.chmod(0o640)
        done = site.run_agent(settings, "--once")
        self.assertEqual(done.returncode, 0, done.stderr)
        modules = site.items()[0].modules()
        self.assertRegex(modules["Load Average"], r"^[0-9.]+$")
        self.assertRegex(modules["proctotal"], r"^[0-9]+$")


class Outages(AgentTest):
    def test_what_was_kept_arrives_in_order_and_exactly_once(self):
        site = self.site()
        agent = site.start_agent(site.agent_settings())
        wait_until(lambda: len(site.buffered()) >= 4, what="four reports without a server")
        kept = {transfer_name(p): p.read_bytes() for p in site.buffered()}
        site.start_transport()
        names = lambda: [i.name for i in site.items()]
        wait_until(lambda: set(kept) <= set(names()), timeout=60, what="delivery of what was kept")
        wait_until(lambda: len(names()) > len(kept), what="a report from after the outage")
        self.assertEqual(agent.stop(), 0)
        arrived = names()
        self.assertEqual(arrived, sorted(arrived))
        self.assertEqual(len(arrived), len(set(arrived)))
        by_name = {i.name: i.payload for i in site.items()}
        for name, payload in kept.items():
            self.assertEqual(by_name[name], payload)
        self.assertIn("delivery-failed", agent.output())

    def test_limits_drop_the_oldest_and_say_so(self):
        site = self.site()
        agent = site.start_agent(site.agent_settings("temporal_max_files 2\n"))
        state = site.folder / "agent-state" / "state"
        wait_until(lambda: state.exists() and re.search(r"(?m)^lost [3-9]", state.read_text()), what="losses")
        agent.stop()
        self.assertEqual(len(site.buffered()), 2)
        lost = int(re.search(r"(?m)^lost (\d+)$", state.read_text()).group(1))
        self.assertEqual(int(site.buffered()[0].name[:16], 16), lost + 1)
        site.start_transport()
        site.run_agent(site.agent_settings(), "--once")
        self.assertEqual(site.items()[-1].modules()["yagura_agent_lost_reports"], str(lost))

    def test_without_a_buffer_undelivered_reports_are_counted_as_lost(self):
        site = self.site()
        done = site.run_agent(site.agent_settings("xml_buffer 0\n"), "--once")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(site.buffered(), [])
        self.assertIn("lost 1\n", (site.folder / "agent-state" / "state").read_text())

    def test_kill_9_at_any_point_loses_nothing_that_was_written(self):
        site = self.site()
        settings = site.agent_settings()
        site.start_transport()
        written = {}
        for round_number in range(10):
            agent = site.start_agent(settings, f"agent-{round_number}.log")
            before = len(site.items()) + len(site.buffered())
            # Killed at another moment of the cycle each time: as soon as a report is in the buffer,
            # or when one has arrived.
            if round_number % 2:
                wait_until(lambda: len(site.items()) + len(site.buffered()) > before, what="a report")
            else:
                arrived = len(site.items())
                wait_until(lambda: len(site.items()) > arrived, what="an arrival")
            agent.kill()
            for report in site.buffered():
                try:
                    written[transfer_name(report)] = report.read_bytes()
                except FileNotFoundError:  # its sender lived a moment longer and has delivered it
                    continue
        agent = site.start_agent(settings)
        wait_until(lambda: not set(written) - {i.name for i in site.items()}, timeout=60,
                   what="delivery of everything that was written")
        agent.stop()
        arrived = [i.name for i in site.items()]
        self.assertEqual(len(arrived), len(set(arrived)), "a report arrived twice")
        by_name = {i.name: i.payload for i in site.items()}
        for name, payload in written.items():
            self.assertEqual(by_name[name], payload)
        self.assertGreater(len(arrived), 5)

    def test_one_report_the_server_declines_does_not_hold_up_the_others(self):
        site = self.site(max_size=60000)
        big = site.folder / "text"
        big.write_text("x" * 100000)
        agent = site.start_agent(site.agent_settings(
            f"module_begin\nmodule_name text\nmodule_type async_string\nmodule_exec cat {big}\nmodule_end\n"))
        wait_until(lambda: site.buffered(), what="the large report")
        big.write_text("small")
        first = site.buffered()[0]
        site.start_transport()
        refused = site.buffer() / "refused" / first.name
        wait_until(refused.exists, timeout=60, what="the large report set aside")
        agent.stop()
        self.assertGreaterEqual(len(site.items()), 2)
        self.assertIn("report-refused", agent.output())
        self.assertRegex((site.folder / "agent-state" / "state").read_text(), r"(?m)^refused [1-9]")

    def test_a_server_that_never_answers_does_not_stop_the_collecting(self):
        site = self.site()
        with socket.create_server(("127.0.0.1", site.port)):
            agent = site.start_agent(site.agent_settings("transfer_timeout 60\n"))
            wait_until(lambda: len(site.buffered()) >= 4, what="reports beside a hanging delivery")
            agent.stop()


class Operation(AgentTest):
    def test_listens_on_nothing_and_has_given_up_its_rights(self):
        site = self.site()
        site.start_transport()
        agent = site.start_agent(site.agent_settings("module_plugin true\nyagura_native_modules always\n"))
        wait_until(lambda: len(site.items()) >= 2, what="two runs")
        listening = set()
        for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
            path = Path(f"/proc/{agent.pid}/net/{table}")
            for line in path.read_text().splitlines()[1:] if path.exists() else []:
                columns = line.split()
                if table.startswith("tcp") and columns[3] != "0A":
                    continue
                listening.add(columns[9])
        own = set()
        for fd in Path(f"/proc/{agent.pid}/fd").iterdir():
            try:
                own.update(re.findall(r"socket:\[(\d+)\]", os.readlink(fd)))
            except FileNotFoundError:
                continue
        self.assertEqual(own & listening, set())
        status = Path(f"/proc/{agent.pid}/status").read_text()
        self.assertRegex(status, r"(?m)^NoNewPrivs:\s+1$")
        self.assertRegex(status, r"(?m)^Seccomp:\s+2$")
        self.assertEqual(agent.stop(), 0)

    def test_links_neither_database_nor_http_nor_boost(self):
        program = binary("yagura-agent")
        if not tool("readelf"):
            self.skipTest("readelf is not installed")
        needed = subprocess.run([tool("readelf"), "-d", program], capture_output=True, text=True, check=True).stdout
        libraries = subprocess.run([tool("ldd"), program], capture_output=True, text=True, check=True).stdout
        self.assertIn("libcrypto", libraries)
        for name in ("boost", "sqlite", "mariadb", "mysql", "curl", "tomlplusplus", "sodium"):
            self.assertNotIn(name, needed)
            self.assertNotIn(name, libraries)

    def test_commands_of_a_configuration_that_others_may_write_do_not_run(self):
        site = self.site()
        site.start_transport()
        mark = site.folder / "mark"
        settings = site.agent_settings(
            f"module_begin\nmodule_name cmd\nmodule_exec touch {mark}; echo 1\nmodule_end\n"
            "module_begin\nmodule_native load_1\nmodule_end\n")
        settings.chmod(0o666)
        self.assertEqual(site.run_agent(settings, "--check-config").returncode, 1)
        site.run_agent(settings, "--once")
        self.assertFalse(mark.exists())
        modules = site.items()[0].modules()
        self.assertNotIn("cmd", modules)
        self.assertIn("load_1", modules)
        self.assertIn("may be written by others", modules["yagura_agent_problems"])
        settings.chmod(0o640)
        site.run_agent(settings, "--once")
        self.assertTrue(mark.exists())

    def test_runs_as_the_account_it_is_given(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to become another account")
        site = self.site()
        site.start_transport()
        site.folder.chmod(0o755)
        state = site.folder / "nobody-state"
        state.mkdir(mode=0o700)
        os.chown(state, 65534, 65534)
        settings = site.agent_settings(
            "pandora_user nobody\nyagura_allow_root 0\nyagura_native_modules always\n"
            "module_begin\nmodule_name uid\nmodule_exec id -u; id -G\n"
            "module_type generic_data_string\nmodule_end\n", name="nobody")
        done = site.run_agent(settings, "--once")
        self.assertEqual(done.returncode, 0, done.stderr)
        modules = site.items()[0].modules()
        self.assertEqual(modules["uid"], "65534\n65534\n")
        self.assertIn("cpu_used", modules)
        self.assertEqual(modules["yagura_agent_failed_modules"], "0", modules["yagura_agent_problems"])

    def test_refuses_root_unless_told_otherwise(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        site = self.site()
        done = site.run_agent(site.agent_settings("yagura_allow_root 0\n"), "--once")
        self.assertEqual(done.returncode, 1)
        self.assertIn("refusing to run as root", done.stderr)

    def test_one_agent_for_each_state_folder(self):
        site = self.site()
        settings = site.agent_settings()
        site.start_agent(settings)
        done = site.run_agent(settings, "--once")
        self.assertEqual(done.returncode, 1)
        self.assertIn("another agent uses this folder", done.stderr)

    def test_reloads_its_settings_and_keeps_the_old_ones_when_the_new_are_wrong(self):
        site = self.site()
        site.start_transport()
        settings = site.agent_settings()
        agent = site.start_agent(settings)
        wait_until(site.items, what="a report")
        site.agent_settings("description second\n")
        os.kill(agent.pid, signal.SIGHUP)
        wait_until(lambda: site.items()[-1].document().get("description") == "second", what="new settings")
        site.agent_settings("description third\ninterval never\n")
        os.kill(agent.pid, signal.SIGHUP)
        wait_until(lambda: "config-not-reloaded" in agent.output(), what="refusal of wrong settings")
        count = len(site.items())
        wait_until(lambda: len(site.items()) > count, what="a further report")
        self.assertEqual(site.items()[-1].document().get("description"), "second")
        self.assertEqual(agent.stop(), 0)

    def test_standby_neither_collects_nor_sends(self):
        site = self.site()
        site.start_transport()
        done = site.run_agent(site.agent_settings("standby 1\n"), "--once")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(site.items() + site.buffered(), [])
        # As a service it sleeps: what it used after a while is no more than what its start took.
        agent = site.start_agent(site.agent_settings("standby 1\ninterval 3600\n"))
        used = lambda: int(Path(f"/proc/{agent.pid}/schedstat").read_text().split()[0]) / 1e6
        begin, mark = used(), time.monotonic()
        wait_until(lambda: time.monotonic() > mark + 2, what="two seconds of standby")
        self.assertLess(used() - begin, 200)
        self.assertEqual(agent.stop(), 0)

    def test_check_config_names_every_mistake(self):
        site = self.site()
        settings = site.agent_settings("interval x\nmodule_begin\nmodule_name a\nmodule_end\n")
        done = site.run_agent(settings, "--check-config")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"agent\.conf:7: error: interval 'x'")
        self.assertRegex(done.stdout, r"agent\.conf:8: module left out: module without a source")
        self.assertEqual(site.run_agent(settings, "--once").returncode, 1)
        self.assertEqual(subprocess.run([binary("yagura-agent")], capture_output=True, check=False).returncode, 2)

    def test_a_stop_does_not_wait_for_a_hanging_command(self):
        site = self.site()
        agent = site.start_agent(site.agent_settings(
            "module_begin\nmodule_name slow\nmodule_exec touch " + str(site.folder / "started") +
            "; sleep 50\nmodule_end\n"))
        wait_until((site.folder / "started").exists, what="the command")
        self.assertEqual(agent.stop(timeout=15), 0)


if __name__ == "__main__":
    unittest.main()
