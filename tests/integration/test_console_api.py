"""The API's rules over all routes: who may do what, what is recorded, conflicts, unknown parameters."""
import json
import unittest

from lib.console import FAST_SETTINGS, Browser, Rows
from lib.process import ROOT
from lib.stack import Stack

PASSWORD = "correct-Horse-7-staple"
DOCUMENT = json.loads((ROOT / "ui/openapi.json").read_text())
OPERATIONS = [(path, method, op) for path, methods in DOCUMENT["paths"].items() for method, op in methods.items()]
# A valid body for each route that takes one, so that nothing but the permission can refuse it.
BODIES = {
    "change_agent": {"alias": "x"},
    "validate_event": {},
    "save_preferences": {"language": None, "theme": "auto", "density": "compact"},
    "change_password": {"current": "wrong", "new": "wrong"},
}


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(settings={"console.toml": lambda text: text + FAST_SETTINGS})
        cls.addClassCleanup(cls.stack.close)
        cls.stack.start("console")
        rows = cls.rows = Rows(cls.stack)
        cls.admin = cls.browser()
        cls.admin.login("admin", cls.stack.password)
        assert cls.admin.change_password(cls.stack.password, PASSWORD).status == 200
        # A (passes rights on) > B (does not) > C, and a foreign group D.
        cls.a = rows.group("A", propagate=1)
        cls.b = rows.group("B", parent=cls.a)
        cls.c = rows.group("C", parent=cls.b)
        cls.d = rows.group("D")
        for n, group in enumerate((cls.a, cls.b, cls.c, cls.d)):
            rows.agents(1001 + n, 1, group)
        rows.agents(1010, 1, cls.a, approval=0, disabled=1, status_rank=5)
        rows.user("viewer", "admin", "Operator (Read)")
        rows.user("operator", "admin", "Operator (Write)")
        rows.user("chief", "admin", "Chief Operator")
        rows.user("coordinator", "admin", "Group Coordinator")
        rows.user("local", "admin", "Group Coordinator", group=cls.a)
        cls.events = [rows.event(group=g, agent=1001 + n) for n, g in enumerate((cls.a, cls.b, cls.c, cls.d))]
        cls.system_event = rows.event()
        cls.users = {}
        for name in ("viewer", "operator", "chief", "coordinator", "local"):
            cls.users[name] = cls.browser()
            assert cls.users[name].login(name, PASSWORD).status == 200

    @classmethod
    def browser(cls):
        browser = Browser(cls.stack.console_port, cls.stack.pki / "ca.pem")
        cls.addClassCleanup(browser.close)
        return browser

    def call(self, browser, path, method, op, object_id="1001"):
        headers = {"If-Match": '"0"'} if method == "patch" else {}
        return browser.request(method.upper(), path.replace("{id}", object_id), BODIES.get(op["operationId"]),
                               headers=headers)

    def records(self, action):
        return [{"user": row[0], "success": row[1], "object": row[2], "changes": json.loads(row[3]), "request": row[4]}
                for row in self.stack.query("SELECT user_name, success, object_id, changes, request_id"
                                            " FROM audit_pending WHERE action = ? ORDER BY id", action)]

    # ---------------------------------------------------------------- permissions

    def test_nobody_gets_anything_without_signing_in(self):
        for path, method, op in OPERATIONS:
            if op.get("security") == []:
                continue
            answer = self.call(self.browser(), path, method, op)
            self.assertEqual((answer.status, answer.code), (401, "not-signed-in"), f"{method} {path}")

    def test_every_route_that_changes_something_is_audited_and_refused_to_a_viewer(self):
        for path, method, op in OPERATIONS:
            self.assertEqual(method != "get", "x-audit" in op, f"{method} {path}")
            if method == "get" or "x-permission" not in op:
                continue
            before = len(self.records("access.refused"))
            answer = self.call(self.users["viewer"], path, method, op)
            self.assertEqual((answer.status, answer.code), (403, "permission-denied"), f"{method} {path}")
            refused = self.records("access.refused")
            self.assertEqual(len(refused), before + 1, f"{method} {path}")
            self.assertEqual(refused[-1]["changes"][0]["after"], op["x-permission"])
            self.assertEqual((refused[-1]["user"], refused[-1]["success"]), ("viewer", 0))
            self.assertEqual(refused[-1]["request"], answer.headers["X-Request-Id"])

    def test_bits_of_each_profile_decide(self):
        matrix = {"AR": {"viewer", "operator", "chief", "coordinator"}, "ER": {"viewer", "operator", "chief", "coordinator"},
                  "AD": {"chief", "coordinator"}, "AW": {"coordinator"}, "EW": {"operator", "chief", "coordinator"}}
        for path, method, op in OPERATIONS:
            if "x-permission" not in op:
                continue
            for name in ("viewer", "operator", "chief", "coordinator"):
                answer = self.call(self.users[name], path, method, op, object_id="999999")
                allowed = name in matrix[op["x-permission"]]
                self.assertEqual(answer.status != 403, allowed, f"{name}: {method} {path} -> {answer.status}")

    def test_groups_limit_what_is_seen(self):
        local = self.users["local"]
        names = {a["id"] for a in local.get("/api/v2/agents").json["items"]}
        self.assertEqual(names, {1001, 1002, 1010}, "A and its child B; B passes nothing on to C")
        self.assertEqual(local.get("/api/v2/agents").json["total"], 3)
        self.assertEqual(sum(local.get("/api/v2/agents").json["counts"].values()), 3)
        self.assertEqual({g["name"] for g in local.get("/api/v2/groups").json["items"]}, {"A", "B"})
        for agent, status in ((1001, 200), (1002, 200), (1003, 404), (1004, 404), (9999, 404)):
            self.assertEqual(local.get(f"/api/v2/agents/{agent}").status, status, agent)
            self.assertEqual(local.get(f"/api/v2/agents/{agent}/modules").status, status, agent)
        seen = {e["id"] for e in local.get("/api/v2/events").json["items"]}
        self.assertTrue(set(self.events[:2]) <= seen)
        self.assertFalse({*self.events[2:], self.system_event} & seen, "no foreign and no system events")
        self.assertEqual(local.post(f"/api/v2/events/{self.events[3]}/validate", {}).status, 404)
        self.assertEqual(local.post(f"/api/v2/events/{self.system_event}/validate", {}).status, 404)
        self.assertEqual(local.get("/api/v2/quarantine").code, "permission-denied")

    def test_secondary_groups_count(self):
        self.rows.agents(1020, 1, self.d)
        self.rows.execute("INSERT INTO agent_secondary_group (agent_id, group_id) VALUES (1020, ?)", self.a)
        self.addCleanup(self.rows.execute, "DELETE FROM agent WHERE id = 1020")
        self.assertEqual(self.users["local"].get("/api/v2/agents/1020").status, 200)
        self.assertIn(1020, {a["id"] for a in self.users["local"].get("/api/v2/agents").json["items"]})

    def test_move_needs_the_right_in_both_groups(self):
        local = self.users["local"]
        etag = local.get("/api/v2/agents/1002").headers["ETag"]
        answer = local.request("PATCH", "/api/v2/agents/1002", {"group_id": self.d}, headers={"If-Match": etag})
        self.assertEqual(answer.code, "permission-denied")
        answer = local.request("PATCH", "/api/v2/agents/1002", {"group_id": 987654}, headers={"If-Match": etag})
        self.assertEqual(answer.code, "permission-denied", "a group that is not there looks the same")

    def test_chief_may_disable_but_not_rename(self):
        chief = self.users["chief"]
        etag = chief.get("/api/v2/agents/1004").headers["ETag"]
        renamed = chief.request("PATCH", "/api/v2/agents/1004", {"alias": "y"}, headers={"If-Match": etag})
        self.assertEqual(renamed.code, "permission-denied")
        off = chief.request("PATCH", "/api/v2/agents/1004", {"disabled": True}, headers={"If-Match": etag})
        self.assertEqual(off.status, 200, off.body)
        self.assertEqual(self.stack.query("SELECT disabled, status_rank FROM agent WHERE id = 1004"), [(1, 5)])
        on = chief.request("PATCH", "/api/v2/agents/1004", {"disabled": False}, headers={"If-Match": off.headers["ETag"]})
        self.assertEqual(on.status, 200)
        self.assertEqual(self.stack.query("SELECT disabled, disabled_at, status_rank FROM agent WHERE id = 1004"),
                         [(0, 0, 3)])

    # ---------------------------------------------------------------- acts and their records

    def test_agent_is_edited_with_etag_and_recorded(self):
        first = self.admin.get("/api/v2/agents/1001")
        etag = first.headers["ETag"]
        version = self.stack.query("SELECT version FROM agent_state WHERE agent_id = 1001")[0][0]
        change = {"alias": "Web <1> 東京", "description": "two\nlines", "mode": "normal", "quiet": True}
        done = self.admin.request("PATCH", "/api/v2/agents/1001", change, headers={"If-Match": etag})
        self.assertEqual(done.status, 200, done.body)
        for key, value in change.items():
            self.assertEqual(done.json[key], value)
        self.assertNotEqual(done.headers["ETag"], etag)
        self.assertEqual(self.stack.query("SELECT version FROM agent_state WHERE agent_id = 1001")[0][0], version + 1,
                         "data servers must read the agent anew")
        record = self.records("agent.update")[-1]
        self.assertEqual(record["object"], "1001")
        self.assertEqual({c["field"]: (c["before"], c["after"]) for c in record["changes"]},
                         {"alias": ("Agent 01001", "Web <1> 東京"), "description": ("", "two\nlines"),
                          "mode": ("learning", "normal"), "quiet": ("0", "1")})
        self.assertEqual(record["request"], done.headers["X-Request-Id"])
        # The second editor with the old version is told; nothing is changed, nothing recorded.
        count = len(self.records("agent.update"))
        stale = self.admin.request("PATCH", "/api/v2/agents/1001", {"alias": "z"}, headers={"If-Match": etag})
        self.assertEqual((stale.status, stale.code), (412, "precondition-failed"))
        blind = self.admin.request("PATCH", "/api/v2/agents/1001", {"alias": "z"})
        self.assertEqual((blind.status, blind.code), (428, "precondition-required"))
        any_version = self.admin.request("PATCH", "/api/v2/agents/1001", {"alias": "z"}, headers={"If-Match": "*"})
        self.assertEqual(any_version.code, "precondition-required")
        same = self.admin.request("PATCH", "/api/v2/agents/1001", {"quiet": True},
                                  headers={"If-Match": done.headers["ETag"]})
        self.assertEqual(same.headers["ETag"], done.headers["ETag"], "no change, no new version")
        self.assertEqual(len(self.records("agent.update")), count)

    def test_agent_is_approved_and_rejected(self):
        done = self.admin.post("/api/v2/agents/1010/approve")
        self.assertEqual((done.status, done.json["approval"], done.json["disabled"]), (200, "approved", False))
        self.assertEqual(self.stack.query("SELECT approval, disabled, status_rank FROM agent WHERE id = 1010"), [(1, 0, 3)])
        self.assertEqual(self.records("agent.approve")[-1]["changes"][0],
                         {"field": "approval", "before": "pending", "after": "approved"})
        self.assertEqual(self.admin.post("/api/v2/agents/1010/approve").status, 200)
        self.assertEqual(len(self.records("agent.approve")), 1, "deciding twice is one act")
        rejected = self.admin.post("/api/v2/agents/1010/reject")
        self.assertEqual((rejected.json["approval"], rejected.json["disabled"]), ("rejected", True))
        self.assertEqual(self.stack.query("SELECT status_rank FROM agent WHERE id = 1010"), [(5,)])

    def test_event_is_validated_once(self):
        event = self.rows.event(group=self.a, agent=1001)
        done = self.users["operator"].post(f"/api/v2/events/{event}/validate", {"comment": "seen"})
        self.assertEqual((done.status, done.json["status"], done.json["acknowledged_by"]), (200, "validated", "operator"))
        self.assertEqual(self.stack.query("SELECT user_name, comment FROM event_comment WHERE event_id = ?", event),
                         [("operator", "seen")])
        again = self.admin.post(f"/api/v2/events/{event}/validate")
        self.assertEqual((again.status, again.json["acknowledged_by"]), (200, "operator"))
        records = [r for r in self.records("event.validate") if r["object"] == str(event)]
        self.assertEqual(len(records), 1)
        self.assertEqual(records[0]["changes"][0], {"field": "status", "before": "new", "after": "validated"})

    def test_preferences(self):
        user = self.users["coordinator"]
        self.assertEqual(user.get("/api/v2/me/preferences").json,
                         {"language": None, "theme": "auto", "density": "comfortable"})
        chosen = {"language": "en", "theme": "dark", "density": "compact"}
        self.assertEqual(user.request("PUT", "/api/v2/me/preferences", chosen).json, chosen)
        self.assertEqual(user.get("/api/v2/session").json["language"], "en")
        self.assertEqual(len(self.records("preferences.update")), 1)
        user.request("PUT", "/api/v2/me/preferences", chosen)
        self.assertEqual(len(self.records("preferences.update")), 1, "nothing changed, nothing recorded")
        for wrong in ({"language": "fr"} | chosen | {"language": "fr"}, {"theme": "dark"}, chosen | {"extra": 1}):
            self.assertEqual(user.request("PUT", "/api/v2/me/preferences", wrong).code, "validation-failed")

    def test_a_record_that_cannot_be_written_undoes_the_change(self):
        self.rows.execute("ALTER TABLE audit_pending RENAME TO audit_away")
        try:
            etag = self.admin.get("/api/v2/agents/1001").headers["ETag"]
            failed = self.admin.request("PATCH", "/api/v2/agents/1001", {"alias": "unrecorded"}, headers={"If-Match": etag})
            self.assertGreaterEqual(failed.status, 500)
            self.assertEqual(self.admin.get("/api/v2/agents/1001").headers["ETag"], etag)
            self.assertGreaterEqual(self.browser().login("admin", PASSWORD).status, 500, "no unrecorded login")
        finally:
            self.rows.execute("ALTER TABLE audit_away RENAME TO audit_pending")

    # ---------------------------------------------------------------- parameters

    def test_unknown_and_wrong_parameters_are_refused_on_every_route(self):
        for path, method, op in OPERATIONS:
            if method != "get":
                continue
            answer = self.admin.get(path.replace("{id}", "1001") + "?nonsense=1")
            self.assertEqual(answer.code, "validation-failed", path)
            self.assertEqual(answer.json["params"]["fields"], [{"field": "nonsense", "code": "unknown", "params": {}}])
        for query, field, code in (("limit=0", "limit", "out-of-range"), ("limit=1001", "limit", "out-of-range"),
                                   ("limit=x", "limit", "wrong-type"), ("status=bad", "status", "unknown-word"),
                                   ("status=critical,bad", "status", "unknown-word"), ("limit=1&limit=2", "limit", "repeated"),
                                   ("sort=; DROP TABLE agent", "sort", "unknown-word"), ("cursor=!!", "cursor", "invalid"),
                                   ("cursor=YWJj", "cursor", "invalid"), ("q=" + "a" * 201, "q", "too-long"),
                                   ("group=0", "group", "out-of-range")):
            answer = self.admin.get("/api/v2/agents?" + query.replace(" ", "%20"))
            self.assertEqual((answer.status, answer.code), (422, "validation-failed"), query)
            problem = answer.json["params"]["fields"][0]
            self.assertEqual((problem["field"], problem["code"]), (field, code), query)

    def test_bodies_are_checked_completely(self):
        etag = self.admin.get("/api/v2/agents/1001").headers["ETag"]
        answer = self.admin.request("PATCH", "/api/v2/agents/1001", {
            "alias": 5, "description": "a" * 2001, "group_id": "1", "is_admin": True, "mode": "wild", "quiet": "yes"},
            headers={"If-Match": etag})
        self.assertEqual({p["field"]: p["code"] for p in answer.json["params"]["fields"]},
                         {"alias": "wrong-type", "description": "too-long", "group_id": "wrong-type", "is_admin": "unknown",
                          "mode": "unknown-word", "quiet": "wrong-type"})
        for body in ("{", "[]", "", "nul", '{"alias":"a"}{}', '{"alias":"\\u0007"}', '{"alias":null}'):
            answer = self.admin.request("PATCH", "/api/v2/agents/1001", body or b" ", headers={"If-Match": etag})
            self.assertEqual(answer.code, "validation-failed", body)

    def test_ids_have_one_form(self):
        for text in ("0", "-1", "01001", "1001%20", "1e3", "abc", "99999999999999999999"):
            self.assertEqual(self.admin.get(f"/api/v2/agents/{text}").status, 404, text)

    # ---------------------------------------------------------------- lists

    def test_events_are_filtered_and_paged(self):
        base = 1_700_000_000
        for n in range(25):
            self.rows.event(at=(base + n // 5) * 1_000_000, group=self.a, agent=1001, severity=n % 7,
                            type="security" if n % 2 else "system", text=f"number {n}")
        url = f"/api/v2/events?from={base}&to={base + 100}"
        seen, cursor = [], ""
        while cursor is not None:
            page = self.admin.get(f"{url}&limit=7&cursor={cursor}").json
            self.assertEqual(page["total"], 25)
            seen += [e["text"] for e in page["items"]]
            cursor = page["next_cursor"]
        self.assertEqual(len(seen), 25)
        self.assertEqual(len(set(seen)), 25)
        self.assertEqual(seen[0], "number 24")
        self.assertEqual(self.admin.get(url + "&type=security").json["total"], 12)
        self.assertEqual(self.admin.get(url + "&severity=critical,major").json["total"], 6)
        self.assertEqual(self.admin.get(url + "&q=NUMBER%201").json["total"], 11)
        self.assertEqual(self.admin.get(url + "&agent=1002").json["total"], 0)
        self.assertEqual(self.admin.get(url + "&status=validated").json["total"], 0)
        event = self.admin.get(url + "&limit=1").json["items"][0]
        self.assertEqual(event["params"], {"agent": "x"})
        self.assertEqual(event["agent"]["id"], 1001)

    def test_quarantine_is_paged(self):
        for n in range(5):
            self.rows.execute(
                "INSERT INTO quarantine (at, code, params, text, server_name, item_id, peer, level, bytes, file_name)"
                " VALUES (?, 'not-xml', '{\"line\":\"3\"}', 't', 's', ?, '192.0.2.9', 1, 10, 'a<b>.data')", 1000 + n, f"{n:032}")
        first = self.admin.get("/api/v2/quarantine?limit=3").json
        second = self.admin.get(f"/api/v2/quarantine?limit=3&cursor={first['next_cursor']}").json
        self.assertEqual([i["id"] for i in first["items"] + second["items"]], [5, 4, 3, 2, 1])
        self.assertIsNone(second["next_cursor"])
        self.assertEqual(first["items"][0]["reason"], {"code": "not-xml", "params": {"line": "3"}})

    def test_health_tells_of_servers_and_links(self):
        health = self.admin.get("/api/v2/health").json
        self.assertEqual(health["status"], "failing", "no data server runs here")
        self.assertIn({"code": "data-server", "status": "failing", "params": {}}, health["checks"])
        self.assertEqual(health["database"]["dialect"], "sqlite")
        self.assertEqual(health["links"][0]["tls_version"], "TLSv1.3")


if __name__ == "__main__":
    unittest.main()
