"""kvctl's commands beyond status and membership, as users and scripts meet them.

Run as `kvctl_commands_test.py KVCTL`.
"""

import json
import os
import subprocess
import sys
import unittest

import kvctl_cli_test
from kvctl_cli_test import (CONFLICT, CONNECT, DEGRADED, FAILED, OK, REFUSED, UNAVAILABLE, USAGE,
                            KvctlTest)


class Reading(KvctlTest):
    def schema(self, schema, *words, code=OK):
        told = self.expect(code, "-o", "json", *words).json()
        self.assertEqual(told["schema"], schema)
        return told

    def test_parts_of_the_status(self):
        self.assertEqual(len(self.schema("kvctl.nodes/v1", "nodes")["nodes"]), 3)
        self.expect(OK, "nodes", out="n2")
        self.expect(OK, "topology", out="+-- slots 0-16383  primary n1")
        self.assertEqual(self.schema("kvctl.topology/v1", "topology")["shards"][0]["primary"], "n1")
        self.expect(OK, "health", out="HEALTHY  survives 1 more")
        self.cluster["n3"].stop()
        self.assertEqual(self.schema("kvctl.health/v1", "health", code=DEGRADED)["survives"], 0)
        self.cluster["n1"].stop()
        self.expect(UNAVAILABLE, "health", at="n2", out="UNAVAILABLE")

    def test_whether_one_node_may_take_requests(self):
        self.expect(OK, "health", "--local", out="READY  n1 is serving")
        self.cluster["n1"].serving = False
        self.cluster["n1"].why = "its lease has ended"
        self.expect(FAILED, "health", "--local", out="NOT READY  n1 is not serving: its lease")

    def test_history_of_all_nodes(self):
        entry = {"epoch": 3, "at_ms": 1_795_238_000_000, "kind": "failover", "from": "n3",
                 "to": "n1", "reason": "n3 was silent", "unavailable_ms": None}
        self.cluster["n2"].epochs = [entry]
        self.cluster["n1"].epochs = [{**entry, "unavailable_ms": 1023}]
        for name in ("n1", "n2"):
            self.expect(OK, "history", at=name, out="1023 ms")
        self.assertEqual(len(self.schema("kvctl.history/v1", "history")["epochs"]), 1)

    def test_events_in_the_order_of_the_log(self):
        def event(node, lsn, name, epoch=3):
            return {"at_ms": 1_795_238_000_000 - lsn, "node": node, "event": name, "epoch": epoch,
                    "lsn": lsn, "detail": "d=1"}
        self.cluster["n1"].events = [event("n1", 7, "serving-began"), event("n1", 2, "old", 2)]
        self.cluster["n2"].events = [event("n2", 5, "epoch-began")]
        told = self.schema("kvctl.events/v1", "events")
        self.assertEqual([e["event"] for e in told["events"]],
                         ["old", "epoch-began", "serving-began"])
        self.assertEqual(len(self.schema("kvctl.events/v1", "events", "--epoch", "3")["events"]), 2)
        self.expect(OK, "events", "--limit", "1", out="serving-began")

    def test_a_node_that_does_not_know_the_command(self):
        for node in self.cluster.nodes:
            node.errors["EVENTS"] = "ERR unknown subcommand 'EVENTS'"
        self.expect(FAILED, "events", err="n1: it does not know HOLDFAST EVENTS")
        del self.cluster["n2"].errors["EVENTS"]
        self.expect(OK, "events", err="warning: n1: it does not know HOLDFAST EVENTS")

    def test_garbage_is_passed_over(self):
        self.cluster["n1"].events = {"no": "list"}
        self.expect(OK, "events", err="n1 answers something that cannot be read")

    def test_top_slowlog_and_clients(self):
        for node in self.cluster.nodes:
            node.replies["INFO"] = "instantaneous_ops_per_sec:84\r\nused_memory:1048576\r\n"
            node.replies["SLOWLOG"] = [[1, 1_795_238_000, 12_345, ["SET", "k"], "1.2.3.4:5", ""]]
            node.replies["CLIENT"] = "id=3 addr=1.2.3.4:5 name=app age=7 idle=0 cmd=get\n"
        self.expect(OK, "top", out="1.0 MiB")
        self.assertEqual(self.schema("kvctl.top/v1", "top")["nodes"][0]["ops_per_second"], 84)
        self.expect(OK, "slowlog", out="12.345 ms")
        self.assertEqual(len(self.schema("kvctl.slowlog/v1", "slowlog")["entries"]), 3)
        self.expect(OK, "clients", out="1.2.3.4:5")
        self.assertEqual(self.schema("kvctl.clients/v1", "clients")["clients"][2]["node"], "n3")

    def test_logs_of_this_machine(self):
        for node in self.cluster.nodes:
            node.settings.update(dir="/nowhere", logfile="")
        self.expect(FAILED, "logs", err="/nowhere/kvnode.log")
        self.cluster["n2"].settings.update(dir=os.path.dirname(__file__), logfile="fake_node.py")
        self.expect(OK, "logs", "n2", "--grep", "_preflight(self", out="n2      def _preflight")
        self.expect(USAGE, "logs", "n22", err='Did you mean "n2"?')

    def test_logs_of_another_machine(self):
        for listed in self.cluster.configuration["nodes"]:
            # Reaches this machine, and does not look like it.
            listed["host"] = "0.0.0.0"
        for node in self.cluster.nodes:
            node.settings.update(dir="/data", logfile="node.log")
        self.expect(FAILED, "logs", "n2", "--lines", "7",
                    err="n2 is not on this machine; on 0.0.0.0: tail -n 7 /data/node.log")
        self.expect(FAILED, "logs", err="kvctl events")

    def test_verify(self):
        self.expect(OK, "verify", out="equal: 3 members at LSN 10")
        self.cluster["n2"].digest = "d2"
        self.assertFalse(self.schema("kvctl.verify/v1", "verify", code=FAILED)["equal"])
        self.cluster["n3"].errors["DIGEST"] = "TRYAGAIN the log is executed up to 11 already"
        self.expect(FAILED, "verify", err="[WRITES_GO_ON, exit 1]")
        self.cluster["n1"].stop()
        self.expect(UNAVAILABLE, "verify", at="n2", err="there is no primary")

    def test_doctor(self):
        self.expect(OK, "doctor", out="0 warnings, 0 failures")
        self.cluster["n2"].settings["maxmemory"] = "1"
        told = self.schema("kvctl.doctor/v1", "doctor", code=DEGRADED)
        self.assertEqual([f["id"] for f in told["findings"] if f["grade"] == "WARN"], ["D004"])
        self.cluster["n3"].stop()
        self.expect(DEGRADED, "doctor", out="FAIL  D002  n3: ")

    def test_call(self):
        for node in self.cluster.nodes:
            node.replies["ECHO"] = lambda words: words
        self.expect(OK, "call", "ECHO", "a", "--", "--b", out='1) "a"\n2) "--b"')
        self.expect(OK, "call", "--all", "PING", out="n3  PONG")
        run = self.expect(OK, "-o", "json", "call", "--replicas", "PING")
        self.assertEqual(run.json()["replies"], {"n2": "PONG", "n3": "PONG"})
        self.expect(FAILED, "call", "NONSENSE", err="NONSENSE")
        self.expect(USAGE, "call", err="a command is missing")
        self.expect(USAGE, "call", "--all", "--primary", "PING", err="--all")


class Config(KvctlTest):
    def test_get_and_diff(self):
        self.cluster["n3"].settings["maxmemory"] = "5"
        self.expect(OK, "config", "get", "maxm*", out="maxmemory  0   0   5")
        run = self.expect(OK, "-o", "json", "config", "diff")
        self.assertEqual(run.json()["settings"], {"maxmemory": {"n1": "0", "n2": "0", "n3": "5"}})
        self.expect(OK, "config", "diff", "--all", out="port")
        self.expect(USAGE, "config", "get", "maxmemry", err='Did you mean "maxmemory"?')

    def test_set_on_all_nodes(self):
        self.expect(REFUSED, "config", "set", "maxmemory", "8gb", err="add -y")
        run = self.expect(OK, "config", "set", "maxmemory", "8gb", "-y", out="8gb on n1 n2 n3")
        self.assertIn("n1  0 -> 8gb", run.err)
        self.assertEqual({n.settings["maxmemory"] for n in self.cluster.nodes}, {"8gb"})
        self.expect(USAGE, "config", "set", "maxmemry", "8gb", "-y", err="[UNKNOWN_SETTING, exit 2]")
        self.cluster["n2"].replies["CONFIG"] = (
            lambda words: ValueError("ERR argument") if words[0] == "SET" else ["maxmemory", "1"])
        self.expect(FAILED, "config", "set", "maxmemory", "x", "-y", err="it is set on n1")

    def test_explain(self):
        self.expect(OK, "config", "explain", "min-in-sync", out="a number from 0")
        run = self.expect(OK, "-o", "json", "config", "explain", "maxmemory")
        self.assertEqual((run.json()["default"], run.json()["live"]), ("0", True))
        self.expect(USAGE, "config", "explain", "maxmemry", err='Did you mean "maxmemory"?')


class WhenSomethingIsLost(KvctlTest):
    def lose(self):
        """Nobody leads, n2 and n3 are left and hold nothing that is vouched for."""
        self.cluster["n1"].stop()
        self.cluster.configuration["group"]["status"] = "lost"
        for name in ("n2", "n3"):
            self.cluster[name].role = "lost"

    def test_failover_of_a_primary_that_serves_is_a_switchover(self):
        self.expect(REFUSED, "failover", "--to", "n2", err="kvctl switchover --to n2")

    def test_failover_waits_for_the_election(self):
        def elect(words):
            if len(self.cluster["n2"].told) > 2:
                self.cluster.lead(self.cluster["n2"])
        self.cluster["n1"].stop()
        self.cluster["n2"].on_told = elect
        self.expect(OK, "failover", "--to", "n2", at="n3", out="n2 leads epoch 4, nothing was lost")

    def test_data_is_given_up_only_by_the_clusters_name(self):
        self.lose()
        self.expect(REFUSED, "failover", "--to", "n2", at="n2", err="[WOULD_LOSE_DATA, exit 7]")
        words = ("failover", "--to", "n2", "--allow-data-loss")
        for consent in ((), ("-y",), ("--confirm=n2",), ("--confirm-data-loss=sho",)):
            self.expect(REFUSED, *words, *consent, at="n2", err="add --confirm-data-loss=shop")
        self.assertEqual(self.changes(), [])
        run = self.expect(OK, *words, "--confirm-data-loss=shop", at="n2", out="n2 leads epoch 4")
        self.assertIn("lost for ever", run.err)
        self.assertEqual(self.changes(), [["RECOVER", "shop"]])

    def test_recover_shows_and_recovers(self):
        self.expect(OK, "recover", err="nothing to recover")
        self.expect(REFUSED, "recover", "--node", "n2", "--confirm-data-loss=shop",
                    err="[SERVES, exit 7]")
        self.lose()
        self.expect(UNAVAILABLE, "recover", at="n2", err="kvctl recover --node n2")
        self.expect(REFUSED, "recover", "--node", "n3", "-y", at="n2", err="--confirm-data-loss=shop")
        self.expect(OK, "recover", "--node", "n3", "--confirm-data-loss=shop", at="n2",
                    out="n3 leads")

    def test_a_plan_of_another_version(self):
        self.lose()
        words = ("recover", "--node", "n3", "--confirm-data-loss=shop")
        plan = json.loads(self.expect(OK, "-o", "json", *words, "--dry-run", at="n2").out)["plan"]
        self.cluster.configuration["version"] += 1
        self.expect(CONFLICT, *words, "--plan", plan, at="n2", err="[PLAN_CHANGED, exit 8]")

    def test_destroy(self):
        self.expect(REFUSED, "destroy", "-y", err="add --confirm-data-loss=shop")
        self.expect(OK, "destroy", "--confirm-data-loss=shop", out="done: n2 n3 n1 ended")
        for node in self.cluster.nodes:
            self.assertEqual(node.told[-1], ["SHUTDOWN", "NOSAVE", "NOW"])


class ReplaceNode(KvctlTest):
    def setUp(self):
        self.new_cluster(nodes=4, members=3)

    def test_joins_before_the_other_leaves(self):
        def sync(words):
            node = self.cluster["n4"]
            if words[0] == "STATUS" and node.member and node.role == "learner":
                self.cluster.sync(node)
        self.cluster["n1"].on_told = sync
        self.expect(OK, "replace-node", "n3", self.cluster["n4"].text, "-y",
                    out="done: n4 is in sync, n3 is out of shop")
        self.assertEqual([words[0] for words in self.changes()], ["ADD-NODE", "REMOVE-NODE"])
        self.assertEqual(self.changes()[0][-1], "VOTER")

    def test_refused(self):
        new = self.cluster["n4"].text
        self.expect(REFUSED, "replace-node", "n1", new, "-y", err="[IS_PRIMARY, exit 7]")
        self.expect(USAGE, "replace-node", "n33", new, "-y", err='Did you mean "n3"?')
        self.expect(REFUSED, "replace-node", "n3", new, err="add -y")
        self.cluster["n4"].keys = 3
        self.expect(REFUSED, "replace-node", "n3", new, "-y", err="[NOT_EMPTY, exit 7]")
        self.assertEqual(self.changes(), [])


class Completion(KvctlTest):
    def test_scripts_have_every_command(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.expect(OK, "completion", shell).out
            self.assertIn("\nconfig set|", script)
            self.assertIn("failover-demo", script)
            self.assertNotIn("__complete|", script)
        self.expect(USAGE, "completion", "tcsh", err="shell")

    def test_names(self):
        self.expect(OK, "__complete", "nodes", out="n1\nn2\nn3\n")
        self.expect(OK, "__complete", "config-keys", out="\nmin-in-sync\n")

    def complete(self, *words):
        """What bash would offer for the last word."""
        script = self.expect(OK, "completion", "bash").out
        ask = (script + f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _kvctl; "
               'printf "%s\\n" "${COMPREPLY[@]}"')
        path = f"{os.path.dirname(kvctl_cli_test.KVCTL)}:{os.environ['PATH']}"
        return subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True,
                              env={**os.environ, "PATH": path,
                                   "KVCTL_ENDPOINTS": self.cluster["n1"].address}).stdout.split()

    def test_in_bash(self):
        self.assertEqual(self.complete("kvctl", "swi"), ["switchover"])
        self.assertEqual(self.complete("kvctl", "config", "ex"), ["explain"])
        self.assertIn("--to", self.complete("kvctl", "switchover", "--t"))
        self.assertEqual(self.complete("kvctl", "remove-node", "n"), ["n1", "n2", "n3"])
        self.assertEqual(self.complete("kvctl", "config", "get", "min-in"), ["min-in-sync"])


class Sim(KvctlTest):
    def test_usage(self):
        self.expect(USAGE, "sim", err="a command is missing")
        self.expect(USAGE, "sim", "replay", err="seed")
        self.expect(USAGE, "sim", "repaly", "1", err='Did you mean "replay"?')


class Connecting(KvctlTest):
    def test_every_command_that_reads_says_that_nobody_answers(self):
        for node in self.cluster.nodes:
            node.stop()
        for words in (("nodes",), ("topology",), ("health",), ("history",), ("events",), ("logs",),
                      ("top",), ("slowlog",), ("clients",), ("verify",), ("doctor",), ("recover",),
                      ("destroy",), ("config", "diff"), ("call", "PING"),
                      ("failover", "--to", "n1"), ("replace-node", "n1", "h")):
            run = self.expect(CONNECT, *words, err="[CANNOT_CONNECT, exit 3]")
            self.assertEqual(run.out, "")


if __name__ == "__main__":
    kvctl_cli_test.KVCTL = os.path.abspath(sys.argv.pop(1))
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
