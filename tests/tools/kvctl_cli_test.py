"""kvctl as users and scripts meet it: output, exit codes, confirmations, broken nodes.

Run as `kvctl_cli_test.py KVCTL`.
"""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from fake_node import FakeCluster

KVCTL = "kvctl"

(OK, FAILED, USAGE, CONNECT, DEGRADED, UNAVAILABLE, TIMEOUT, REFUSED, CONFLICT) = range(9)
INTERRUPTED = 130


class Run:
    """One finished run."""

    def __init__(self, arguments, environment=None, stdin=subprocess.DEVNULL, text=None):
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(("KVCTL_", "REDISCLI_"))}
        done = subprocess.run([KVCTL, *arguments], capture_output=True, timeout=60, check=False,
                              text=True, stdin=None if text is not None else stdin, input=text,
                              env={**clean, **(environment or {})})
        self.exit, self.out, self.err = done.returncode, done.stdout, done.stderr

    def json(self):
        return json.loads(self.out)

    def error(self):
        """The last line of stderr, which is JSON with -o json."""
        return json.loads(self.err.splitlines()[-1])["error"]


class KvctlTest(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(FakeCluster())

    def new_cluster(self, **options):
        self.cluster = self.enterContext(FakeCluster(**options))
        return self.cluster

    def run_kvctl(self, *arguments, at="n1", **options):
        return Run(["-e", self.cluster[at].address, *arguments], **options)

    def expect(self, exit_code, *arguments, out=None, err=None, **options):
        run = self.run_kvctl(*arguments, **options)
        self.assertEqual(run.exit, exit_code, run.out + run.err)
        if out is not None:
            self.assertIn(out, run.out)
        if err is not None:
            self.assertIn(err, run.err)
        return run

    def changes(self):
        """What nodes were told to change, apart from being asked."""
        return [words for node in self.cluster.nodes for words in node.told
                if words[0] not in ("STATUS", "PREFLIGHT")]


class Status(KvctlTest):
    def test_healthy(self):
        run = self.expect(OK, "status", out="shop  HEALTHY  survives 1 more node failure "
                          "without losing acknowledged writes   epoch 3\n")
        self.assertEqual(run.err, "")
        self.assertRegex(run.out, r"(?m)^\*  n1 +127\.0\.0\.1:\d+  primary  serving")

    def test_any_one_node_is_enough(self):
        for name in ("n1", "n2", "n3"):
            self.expect(OK, "status", at=name, out="HEALTHY")

    def test_json_is_pure_and_wide_is_wider(self):
        run = self.expect(OK, "status", "-o", "json")
        self.assertEqual(run.err, "")
        self.assertEqual(run.json()["schema"], "kvctl.status/v1")
        self.assertEqual([node["name"] for node in run.json()["nodes"]], ["n1", "n2", "n3"])
        self.expect(OK, "-o", "wide", "status", out="INCARNATION")

    def test_degraded(self):
        self.cluster["n3"].stop()
        run = self.expect(DEGRADED, "status",
                          out="0 further failures tolerated: n3 is down, losing n1 or n2 stops")
        self.assertIn("n3 (", run.out)
        self.assertIn("Connection refused", run.out)

    def test_unavailable(self):
        self.cluster["n1"].stop()
        self.expect(UNAVAILABLE, "status", at="n2", out="n1, the primary, does not answer")

    def test_a_mute_node_costs_no_more_than_the_timeout(self):
        self.cluster["n3"].script = b""
        begun = time.monotonic()
        self.expect(DEGRADED, "status", "--timeout", "300ms", out="no answer within 300 ms")
        self.assertLess(time.monotonic() - begun, 5)

    def test_one_node_answers_garbage(self):
        for garbage in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$5\r\nhello\r\n", b"*0\r\n",
                        b"+{}\r\n", b":7\r\n"):
            self.cluster["n3"].script = garbage
            self.expect(DEGRADED, "status", out="n3 (")
            run = self.expect(CONNECT, "-o", "json", "status", at="n3")
            self.assertEqual(run.out, "")
            self.assertEqual(run.error()["code"], "BAD_ANSWER", garbage)

    def test_a_server_of_another_kind(self):
        self.cluster["n1"].script = b"-ERR unknown command 'HOLDFAST'\r\n"
        self.expect(CONNECT, "status", err="[NOT_HOLDFAST, exit 3]")

    def test_a_field_is_missing(self):
        node = self.cluster["n1"]
        status = node.status()
        del status["group"]["tail"]
        text = json.dumps(status)
        node.script = f"${len(text)}\r\n{text}\r\n".encode()
        self.expect(CONNECT, "status", err='field "group.tail" is missing')

    def test_nobody_listens(self):
        self.cluster["n1"].stop()
        run = self.expect(CONNECT, "status", err="error: no node answers at ")
        self.assertIn("  why:  ", run.err)
        self.assertIn("  try:  ", run.err)
        self.assertIn("[CANNOT_CONNECT, exit 3]", run.err)

    def test_no_cluster(self):
        self.new_cluster(members=0)
        self.expect(UNAVAILABLE, "status", err="kvctl create --name")

    def test_two_clusters_mixed_up(self):
        other = self.enterContext(FakeCluster(first_number=20, name="other", cluster_id="c2"))
        self.expect(USAGE, "-e", other["n1"].address, "status", err="[MIXED_CLUSTERS, exit 2]")

    def test_a_node_of_another_cluster_at_a_nodes_address(self):
        other = self.enterContext(FakeCluster(first_number=20, name="other", cluster_id="c2"))
        other.configuration["version"] = 99
        self.cluster.configuration["nodes"][2]["client_port"] = other["n1"].port
        self.expect(DEGRADED, "status", out="shop  DEGRADED")

    def test_endpoints_from_the_environment(self):
        address = self.cluster["n2"].address
        run = Run(["status"], environment={"KVCTL_ENDPOINTS": f"127.0.0.1:1,{address}"})
        self.assertEqual(run.exit, OK, run.err)
        self.assertIn("127.0.0.1:1 is no node of shop", run.out)

    def test_watch_prints_lines_until_interrupted(self):
        process = subprocess.Popen([KVCTL, "-e", self.cluster["n1"].address, "-o", "json", "status",
                                    "-w", "100ms"], stdout=subprocess.PIPE, text=True)
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.assertEqual({line["schema"] for line in lines}, {"kvctl.status/v1"})


class Credentials(KvctlTest):
    def setUp(self):
        super().setUp()
        for node in self.cluster.nodes:
            node.password = "sesame"

    def test_missing_and_wrong(self):
        self.expect(CONNECT, "status", err="[AUTH, exit 3]")
        self.expect(CONNECT, "status", err="WRONGPASS", environment={"KVCTL_PASSWORD": "guess"})

    def test_from_environment_file_and_stdin(self):
        for name in ("KVCTL_PASSWORD", "REDISCLI_AUTH"):
            self.expect(OK, "status", environment={name: "sesame"})
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("sesame\n")
            file.flush()
            self.expect(OK, "status", "--user", "ops", "--password-file", file.name)
        self.expect(OK, "status", "--password-file", "-", text="sesame\n")
        self.expect(USAGE, "status", "--password-file", "/nonexistent", err="No such file")

    def test_a_password_that_is_not_needed(self):
        for node in self.cluster.nodes:
            node.password = None
        self.expect(OK, "status", environment={"KVCTL_PASSWORD": "sesame"})


class Usage(KvctlTest):
    def test_did_you_mean(self):
        self.expect(USAGE, "stauts", err='unknown command "stauts". Did you mean "status"?')
        self.expect(USAGE, "dev", "pu", err='Did you mean "up"?')
        self.expect(USAGE, "status", "--watsh", err='Did you mean "--watch"?')
        self.expect(USAGE, "switchover", "--to", "n22", err='Did you mean "n2"?')
        self.expect(USAGE, "remove-node", "m3", err='Did you mean "n3"?')
        self.expect(USAGE, "wait", "--for", "primary=n11", err='Did you mean "n1"?')
        self.expect(USAGE, "help", "exit-code", err='Did you mean "exit-codes"?')

    def test_wrong_words(self):
        for words in ((), ("status", "n1"), ("switchover",), ("create", "--name", "x"),
                      ("wait", "--for", "luck"), ("status", "-o", "xml"), ("dev",),
                      ("status", "--timeout", "soon"), ("status", "--", "x"),
                      ("create", "--name", "x", "--nodes", "a:1:2:3:4")):
            run = self.expect(USAGE, *words)
            self.assertEqual(run.out, "")
            self.assertIn("exit 2]", run.err)
        run = self.expect(USAGE, "-o", "json", "stauts")
        self.assertEqual(run.error()["code"], "USAGE")

    def test_help_and_version(self):
        codes = self.expect(OK, "help", "exit-codes").out
        for code in (*range(9), 130):
            self.assertRegex(codes, rf"(?m)^ *{code}  \S")
        self.expect(OK, "help", out="switchover")
        self.expect(OK, "--help", out="switchover")
        self.expect(OK, "switchover", "--help", out="--to")
        self.expect(OK, "help", "switchover", out="--to")
        self.assertEqual(self.expect(OK, "version").out, self.expect(OK, "--version").out)


class Create(KvctlTest):
    def setUp(self):
        self.new_cluster(members=0)

    def create(self, exit_code, *more, **options):
        nodes = ",".join(node.text for node in self.cluster.nodes)
        return self.expect(exit_code, "create", "--name", "shop", "--nodes", nodes, *more, **options)

    def test_makes_a_cluster_once(self):
        run = self.create(OK, "-y", out="Cluster shop is up: primary n1, replicas n2 n3, epoch 3, "
                          "survives 1 node failure.")
        self.assertIn("redis-cli -h 127.0.0.1 -p", run.out)
        self.assertRegex(run.err, r"(?m)^  client +\d+ ok +\d+ ok +\d+ ok$")
        self.assertEqual([words[0] for words in self.changes()], ["CREATE"])
        self.create(OK, out="Cluster shop is up")
        self.assertEqual([words[0] for words in self.changes()], ["CREATE"])

    def test_dry_run_changes_nothing(self):
        self.create(OK, "--dry-run", out="create shop of n1=127.0.0.1:")
        self.assertEqual(self.changes(), [])

    def test_all_pairs_before_any_change(self):
        self.cluster["n2"].blocked = {self.cluster["n3"].peer_address}
        run = self.create(CONNECT, "-y", err="[PEER_UNREACHABLE, exit 3] nothing was changed")
        self.assertIn(f"{self.cluster['n3'].peer_port} BLOCKED from n2", run.err)
        self.assertIn("cannot be used from n2: connection timed out", run.err)
        self.assertEqual(self.changes(), [])
        for node in self.cluster.nodes:
            self.assertEqual(len([words for words in node.told if words[0] == "PREFLIGHT"]), 1)

    def test_a_node_is_down(self):
        self.cluster["n3"].stop()
        self.create(CONNECT, "-y", err="n3 (")
        self.assertEqual(self.changes(), [])

    def test_a_node_has_data_or_a_cluster(self):
        self.cluster["n2"].keys = 5
        self.create(REFUSED, "-y", err="n2 holds 5 keys")
        self.cluster["n2"].keys = 0
        self.cluster.form("other", ["n3"])
        self.create(REFUSED, "-y", err="[IN_CLUSTER, exit 7]")
        self.assertEqual(self.changes(), [])

    def test_the_node_refuses_or_fails(self):
        self.cluster["n1"].errors["CREATE"] = "REFUSED n2 has data"
        self.create(REFUSED, "-y", err="n2 has data")
        self.cluster["n1"].errors["CREATE"] = "ERR disk full"
        self.create(FAILED, "-y", err="disk full")

    def test_a_witness_votes(self):
        self.cluster["n3"].witness = True
        self.create(OK, "-y", out="replicas n2, epoch 3, survives 1 node failure")

    def test_names_and_addresses_are_unique(self):
        address = self.cluster["n1"].address
        self.expect(USAGE, "create", "--name", "x", "--nodes", f"{address},{address}",
                    err="is given twice")
        self.expect(USAGE, "create", "--name", "x", "--nodes", "a=h:1,a=h:2", err="two nodes")


class Switchover(KvctlTest):
    def test_done(self):
        run = self.expect(OK, "switchover", "--to", "n2", "-y", at="n3", out="done: primary n2, "
                          "epoch 4, after ")
        self.assertIn("plan p-7-", run.err)
        self.assertEqual(self.cluster["n1"].told[-2:],
                         [["SWITCHOVER", "n2", "7"], ["STATUS"]])
        self.expect(OK, "switchover", "--to", "n2", out="n2 is primary already")
        run = self.expect(OK, "-o", "json", "switchover", "--to", "n1", "-y")
        self.assertEqual((run.json()["primary"], run.json()["epoch"]), ("n1", 5))

    def test_unconfirmed(self):
        self.expect(REFUSED, "switchover", "--to", "n2", err="add -y")
        self.expect(REFUSED, "switchover", "--to", "n2", "--no-input", err="add -y")
        self.assertEqual(self.changes(), [])

    def test_refused(self):
        group = self.cluster.configuration["group"]
        group["in_sync"].pop()
        self.cluster["n3"].role = "learner"
        self.expect(REFUSED, "switchover", "--to", "n3", "-y", err="[NOT_IN_SYNC, exit 7]")
        self.cluster["n1"].errors["SWITCHOVER"] = "REFUSED n2 is behind"
        self.expect(REFUSED, "switchover", "--to", "n2", "-y", err="n2 is behind")
        self.cluster["n1"].errors["SWITCHOVER"] = "TRYAGAIN a change is under way"
        self.expect(FAILED, "switchover", "--to", "n2", "-y", err="[TRY_AGAIN, exit 1]")

    def test_no_primary(self):
        self.cluster["n1"].stop()
        self.expect(UNAVAILABLE, "switchover", "--to", "n2", "-y", at="n2",
                    err="[NO_PRIMARY, exit 5]")

    def test_the_configuration_moves_between_plan_and_change(self):
        def move(words):
            if words[0] == "SWITCHOVER":
                self.cluster.configuration["version"] += 1
        self.cluster["n1"].on_told = move
        self.expect(CONFLICT, "switchover", "--to", "n2", "-y", err="[CONFLICT, exit 8]")

    def test_a_plan_is_applied_as_previewed_or_not_at_all(self):
        plan = json.loads(self.expect(OK, "-o", "json", "switchover", "--to", "n2",
                                      "--dry-run").out)["plan"]
        self.expect(CONFLICT, "switchover", "--to", "n3", "-y", "--plan", plan,
                    err="another change")
        self.cluster.configuration["version"] += 1
        self.expect(CONFLICT, "switchover", "--to", "n2", "-y", "--plan", plan,
                    err="[PLAN_CHANGED, exit 8] nothing was changed")
        self.cluster.configuration["version"] -= 1
        self.expect(OK, "switchover", "--to", "n2", "-y", "--plan", plan)

    def test_the_connection_breaks_after_the_request(self):
        self.cluster["n1"].errors["SWITCHOVER"] = None
        self.expect(FAILED, "switchover", "--to", "n2", "-y", err="[OUTCOME_UNKNOWN, exit 1]")

    def test_interrupted(self):
        def interrupt(words):
            if words[0] == "SWITCHOVER":
                process.send_signal(signal.SIGINT)
                time.sleep(5)
        self.cluster["n1"].on_told = interrupt
        process = subprocess.Popen([KVCTL, "-e", self.cluster["n1"].address, "switchover", "--to",
                                    "n2", "-y"], stderr=subprocess.PIPE, text=True)
        _, printed = process.communicate(timeout=20)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.assertIn("the switchover to n2 goes on in the cluster", printed)


class AddNode(KvctlTest):
    def setUp(self):
        self.new_cluster(nodes=4, members=3)

    def test_waits_until_it_is_in_sync(self):
        def progress(words):
            if words[0] == "STATUS" and self.cluster["n4"].member:
                node = self.cluster["n4"]
                node.sync_percent = (node.sync_percent or 0) + 30
                if node.sync_percent > 100 and node.role == "learner":
                    node.sync_percent = None
                    self.cluster.sync(node)
        self.cluster["n1"].on_told = progress
        run = self.expect(OK, "add-node", self.cluster["n4"].text, "-y", out="done: n4 is in sync")
        self.assertIn("n4  learner  [##", run.err)
        self.assertEqual(self.changes(), [["ADD-NODE", self.cluster["n4"].text, "7"]])

    def test_a_voter(self):
        run = self.expect(OK, "add-node", self.cluster["n4"].text, "--voter", "-y", "--no-wait")
        self.assertIn("4 voters survive as many failures as 3: 1", run.err)
        self.assertEqual(self.changes()[0][-1], "VOTER")

    def test_a_name_is_found_for_it(self):
        node = self.cluster["n4"]
        self.expect(OK, "add-node", f"{node.address}:{node.peer_port}", "-y", "--no-wait",
                    out="n4 is added")

    def test_patience_ends(self):
        self.expect(TIMEOUT, "add-node", self.cluster["n4"].text, "-y", "--wait-timeout", "300ms",
                    err="[TIMED_OUT, exit 6] n4 goes on joining by itself")

    def test_leaving_leaves_it_joining(self):
        process = subprocess.Popen([KVCTL, "-e", self.cluster["n1"].address, "add-node",
                                    self.cluster["n4"].text, "-y"], stderr=subprocess.PIPE,
                                   text=True)
        while "n4  learner" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=20)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.assertIn("n4 goes on joining by itself", printed)

    def test_not_empty_and_not_reachable(self):
        node = self.cluster["n4"]
        node.keys = 9
        self.expect(REFUSED, "add-node", node.text, "-y", err="n4 holds 9 keys")
        node.keys = 0
        self.cluster["n2"].blocked = {node.peer_address}
        self.expect(CONNECT, "add-node", node.text, "-y", err="[PEER_UNREACHABLE, exit 3]")
        self.assertEqual(self.changes(), [])

    def test_names_and_addresses_of_others(self):
        node = self.cluster["n4"]
        self.expect(USAGE, "add-node", f"n2={node.address}:{node.peer_port}", "-y",
                    err="would be mistaken for n2=")
        self.expect(OK, "add-node", self.cluster["n2"].text, out="n2 is in sync")
        self.assertEqual(self.changes(), [])


class RemoveNode(KvctlTest):
    def test_typing_the_name_where_fault_tolerance_drops(self):
        run = self.expect(REFUSED, "remove-node", "n3", "-y", err="add --confirm=n3")
        self.assertIn("FAULT TOLERANCE DROPS FROM 1 TO 0", run.err)
        self.expect(REFUSED, "remove-node", "n3", "--confirm=n2", err="--confirm names n2")
        self.assertEqual(self.changes(), [])
        self.expect(OK, "remove-node", "n3", "--confirm=n3", out="done: n3 is out of shop")
        self.assertEqual(self.changes(), [["REMOVE-NODE", "n3", "7"]])

    def test_a_node_that_is_down_costs_nothing_more(self):
        self.new_cluster(nodes=5)
        self.cluster["n5"].stop()
        self.cluster.configuration["group"]["in_sync"].pop()
        self.expect(OK, "remove-node", "n5", "-y", out="n5 is out of shop")

    def test_refused(self):
        self.expect(REFUSED, "remove-node", "n1", "--confirm=n1", err="[IS_PRIMARY, exit 7]")
        self.cluster.min_in_sync = 3
        self.expect(REFUSED, "remove-node", "n3", "--confirm=n3", err="[TOO_FEW_COPIES, exit 7]")
        self.expect(OK, "remove-node", "n3", "--confirm=n3", "--force")
        self.assertEqual(self.changes(), [["REMOVE-NODE", "n3", "7", "FORCE"]])


class AtATerminal(KvctlTest):
    def converse(self, arguments, prompt, reply):
        """Runs kvctl at a pseudo-terminal, answers its prompt; exit code and what was shown."""
        child, terminal = pty.fork()
        if child == 0:
            os.execv(KVCTL, [KVCTL, "-e", self.cluster["n1"].address, *arguments])
        shown, answered = "", False
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(terminal, 4096)
            except OSError:
                break
            if not data:
                break
            shown += data.decode()
            if not answered and prompt in shown:
                answered = True
                os.write(terminal, reply)
        _, status = os.waitpid(child, 0)
        os.close(terminal)
        self.assertTrue(answered, shown)
        return os.waitstatus_to_exitcode(status), shown

    def test_yes_no_and_control_c(self):
        words = ["switchover", "--to", "n2"]
        code, shown = self.converse(words, "[y/N]", b"n\n")
        self.assertEqual((code, self.changes()), (REFUSED, []), shown)
        code, shown = self.converse(words, "[y/N]", b"\x03")
        self.assertEqual((code, self.changes()), (INTERRUPTED, []), shown)
        code, shown = self.converse(words, "[y/N]", b"y\n")
        self.assertEqual((code, len(self.changes())), (OK, 1), shown)

    def test_the_nodes_name(self):
        words = ["remove-node", "n3"]
        code, shown = self.converse(words, "Type the node's name", b"yes\n")
        self.assertEqual((code, self.changes()), (REFUSED, []), shown)
        code, shown = self.converse(words, "Type the node's name", b"n3\n")
        self.assertEqual((code, len(self.changes())), (OK, 1), shown)


class Wait(KvctlTest):
    def test_holds(self):
        for condition in ("healthy", "primary=n1", "in-sync=3"):
            self.expect(OK, "wait", "--for", condition, err=condition)

    def test_without_a_primary_nobody_vouches_for_the_set(self):
        self.cluster["n1"].stop()
        self.expect(TIMEOUT, "wait", "--for", "in-sync=2", "--timeout", "300ms", at="n2",
                    err="UNAVAILABLE")

    def test_comes_true(self):
        asked = []

        def take_over(words):
            asked.append(words)
            if len(asked) == 3:
                self.cluster.lead(self.cluster["n2"])
        self.cluster["n3"].on_told = take_over
        self.expect(OK, "wait", "--for", "primary=n2", "--timeout", "20s", at="n3")

    def test_patience_ends_with_the_state(self):
        self.cluster["n3"].stop()
        self.expect(TIMEOUT, "wait", "--for", "healthy", "--timeout", "300ms",
                    err="DEGRADED: 0 further failures tolerated: n3 is down")
        self.cluster["n1"].stop()
        self.expect(TIMEOUT, "wait", "--for", "healthy", "--timeout", "300ms",
                    err="no node answers")


if __name__ == "__main__":
    KVCTL = os.path.abspath(sys.argv.pop(1))
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
