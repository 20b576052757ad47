"""10,000 agents in the list: prints how long the API takes. Figures, no pass or fail on time."""
import json
import statistics
import time
import unittest

from lib.console import FAST_SETTINGS, Browser, Rows
from lib.stack import Stack

PASSWORD = "correct-Horse-7-staple"
AGENTS = 10_000


class AgentListScaleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(settings={"console.toml": lambda text: text + FAST_SETTINGS})
        cls.addClassCleanup(cls.stack.close)
        cls.stack.start("console")
        cls.rows = Rows(cls.stack)
        group = cls.rows.group("Scale")
        ranks = {1: 0, 2: 1, 3: 2, 0: 3, 4: 4}
        for first, count, status in ((1, 100, 1), (101, 400, 2), (501, 500, 3), (1001, 8900, 0), (9901, 100, 4)):
            cls.rows.agents(first, count, group, status=status, status_rank=ranks[status], modules_total=40)
        cls.browser = Browser(cls.stack.console_port, cls.stack.pki / "ca.pem")
        cls.addClassCleanup(cls.browser.close)
        cls.browser.login("admin", cls.stack.password)
        cls.browser.change_password(cls.stack.password, PASSWORD)

    def measure(self, query, rounds=200):
        times = []
        for _ in range(rounds):
            begin = time.perf_counter()
            answer = self.browser.get(f"/api/v2/agents{query}")
            times.append((time.perf_counter() - begin) * 1e3)
            self.assertEqual(answer.status, 200, answer.body)
        times.sort()
        print(f"agents{query or ' (first page)'}: median {statistics.median(times):.1f} ms,"
              f" p99 {times[int(rounds * 0.99) - 1]:.1f} ms, {len(answer.body)} bytes")
        return answer.json

    def test_list_of_ten_thousand(self):
        page = self.measure("")
        self.assertEqual(page["total"], AGENTS)
        self.assertEqual(page["counts"], {"normal": 8900, "critical": 100, "warning": 400, "unknown": 500, "not_init": 100})
        self.assertEqual({a["status"] for a in page["items"]}, {"critical"})
        self.measure("?limit=1000", rounds=50)
        found = self.measure("?q=agent%2009")
        self.assertEqual(found["total"], 1000)
        self.measure("?status=warning&sort=name")
        self.measure("?sort=last_contact")
        middle = self.browser.get("/api/v2/agents?limit=1000").json["next_cursor"]
        self.measure(f"?limit=100&cursor={middle}")

    def test_every_order_gives_every_agent_once(self):
        for sort in ("worst", "name", "last_contact"):
            for order in ("asc", "desc"):
                ids, cursor = [], ""
                while cursor is not None:
                    page = self.browser.get(f"/api/v2/agents?sort={sort}&order={order}&limit=1000&cursor={cursor}").json
                    ids += [a["id"] for a in page["items"]]
                    cursor = page["next_cursor"]
                self.assertEqual(len(ids), AGENTS, (sort, order))
                self.assertEqual(len(set(ids)), AGENTS, (sort, order))
                first_to_last = {("worst", "desc"): (1, 10000 - 0), ("name", "asc"): (1, AGENTS),
                                 ("last_contact", "desc"): (1, AGENTS)}.get((sort, order))
                if first_to_last:
                    self.assertEqual(ids[0], first_to_last[0], (sort, order))

    def test_cursor_of_another_order_is_refused(self):
        cursor = self.browser.get("/api/v2/agents?limit=1").json["next_cursor"]
        answer = self.browser.get(f"/api/v2/agents?sort=name&limit=1&cursor={cursor}")
        self.assertEqual(json.loads(answer.body)["params"]["fields"][0]["field"], "cursor")


if __name__ == "__main__":
    unittest.main()
