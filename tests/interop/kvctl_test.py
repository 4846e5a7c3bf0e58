"""kvctl with real nodes: a cluster on this machine, from creation to its end.

Run as `kvctl_test.py KVNODE [FLAG...]`; kvctl stands beside KVNODE. Skipped (77) while KVNODE does
not answer HOLDFAST STATUS.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import server

SKIPPED = 77
NODES = 3


def kvctl(*arguments, timeout=120):
    binary = os.path.join(os.path.dirname(os.path.abspath(server.BINARY)), "kvctl")
    return subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, check=False)


def free_ports(count):
    """The first of `count` neighbouring ports that are free, as are those 10000 higher."""
    for base in range(20001, 40000, 100):
        try:
            for port in [base + i + far for i in range(count) for far in (0, 10000)]:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    raise AssertionError("no free ports")


def knows_status():
    with server.Server() as node:
        return "unknown" not in node.cli("HOLDFAST", "STATUS", check=False).lower()


class Kvctl(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="holdfast."))
        self.dev = os.path.join(self.directory, "dev")
        self.base = free_ports(NODES + 1)
        self.addCleanup(kvctl, "dev", "down", "--dir", self.dev)
        self.up()

    def up(self):
        done = kvctl("dev", "up", "--dir", self.dev, "--base-port", str(self.base), "--",
                     *server.FLAGS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def at(self, number, *arguments):
        return kvctl("-e", f"127.0.0.1:{self.base + number - 1}", *arguments)

    def expect(self, code, *arguments):
        done = self.at(1, *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def status(self, number=1):
        return json.loads(self.at(number, "-o", "json", "status").stdout)

    def process(self, name):
        with open(os.path.join(self.dev, "dev.json"), encoding="utf-8") as file:
            return next(node["pid"] for node in json.load(file)["nodes"] if node["name"] == name)

    @staticmethod
    def runs(process):
        """Whether it still does something: it may wait for its parent to take note of its end."""
        try:
            with open(f"/proc/{process}/cmdline", "rb") as command:
                return command.read() != b""
        except FileNotFoundError:
            return False

    def test_every_node_tells_the_same(self):
        self.expect(0, "wait", "--for", "healthy")
        seen = [self.status(number) for number in (1, 2, 3)]
        for status in seen:
            self.assertEqual(status["health"]["level"], "HEALTHY")
            self.assertEqual(status["health"]["survives"], 1)
            self.assertEqual(status["cluster"]["in_sync"], ["n1", "n2", "n3"])
        self.assertEqual(len({status["cluster"]["id"] for status in seen}), 1)

    def test_up_again_leaves_all_as_it_is(self):
        before = [self.process(name) for name in ("n1", "n2", "n3")]
        self.assertIn("is up", self.up())
        self.assertEqual([self.process(name) for name in ("n1", "n2", "n3")], before)

    def test_creating_over_a_cluster_is_refused(self):
        nodes = ",".join(f"m{i}=127.0.0.1:{self.base + i}" for i in range(NODES))
        done = self.expect(7, "create", "--name", "other", "--nodes", nodes, "-y")
        self.assertIn("IN_CLUSTER", done.stderr)

    def test_switchover_there_and_back(self):
        for target in ("n2", "n1"):
            self.expect(0, "switchover", "--to", target, "-y")
            self.expect(0, "wait", "--for", f"primary={target}", "--timeout", "10s")
            self.expect(0, "wait", "--for", "in-sync=3", "--timeout", "30s")

    def test_a_killed_replica_is_missed_and_comes_back(self):
        os.kill(self.process("n3"), signal.SIGKILL)
        self.assertEqual(self.at(1, "status").returncode, 4)
        self.up()
        self.expect(0, "wait", "--for", "healthy", "--timeout", "60s")

    def test_a_killed_primary_is_replaced(self):
        self.expect(0, "wait", "--for", "healthy")
        os.kill(self.process("n1"), signal.SIGKILL)
        done = self.at(2, "wait", "--for", "in-sync=2", "--timeout", "30s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(self.status(2)["cluster"]["primary"], ("n2", "n3"))

    def test_a_node_leaves_and_another_joins(self):
        self.expect(7, "remove-node", "n1", "--confirm=n1")
        self.expect(7, "remove-node", "n3", "-y")
        self.expect(0, "remove-node", "n3", "--confirm=n3")
        self.assertEqual(self.status()["cluster"]["voters"], ["n1", "n2"])
        with open(os.path.join(self.dev, "secret"), encoding="utf-8") as file:
            secret = file.read()
        port = self.base + NODES
        with server.Server("--cluster-enabled", "yes", "--cluster-port", str(port + 10000),
                           "--cluster-secret", secret, port=port):
            self.expect(0, "add-node", f"n4=127.0.0.1:{port}", "--voter", "-y",
                        "--wait-timeout", "60s")
            self.assertIn("n4", self.status()["cluster"]["in_sync"])
            # It leaves before its process ends, so that the others need not miss it.
            self.expect(0, "remove-node", "n4", "--confirm=n4")

    def json(self, *arguments, number=1):
        done = self.at(number, "-o", "json", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_everything_that_reads(self):
        self.expect(0, "wait", "--for", "healthy")
        self.expect(0, "call", "SET", "greeting", "hello")
        for words in ("nodes", "topology", "health", "history", "events", "top", "slowlog",
                      "clients", "logs", "doctor", "verify", "recover", "config diff"):
            told = self.json(*words.split())
            self.assertTrue(told["schema"].startswith("kvctl."), words)
        self.assertEqual({member["keys"] for member in self.json("verify")["members"]}, {1})
        self.assertEqual(self.json("call", "--primary", "GET", "greeting")["replies"], {"n1": "hello"})
        self.assertEqual(self.json("history")["epochs"][-1]["kind"], "founding")
        self.assertIn("n2", {line["node"] for line in self.json("logs", "n2")["lines"]})

    def test_a_switchover_is_told(self):
        self.expect(0, "wait", "--for", "healthy")
        self.expect(0, "switchover", "--to", "n2", "-y")
        server.wait_until(lambda: any(
            entry["kind"] == "switchover" and entry["to"] == "n2" and
            entry["unavailable_ms"] is not None for entry in self.json("history")["epochs"]),
            "history tells of the switchover")
        self.assertIn("epoch-began", {event["event"] for event in self.json("events")["events"]})

    def test_a_setting_of_all_nodes(self):
        self.expect(0, "config", "set", "maxmemory", "1gb", "-y")
        values = self.json("config", "get", "maxmemory")["settings"]["maxmemory"]
        self.assertEqual(values, dict.fromkeys(("n1", "n2", "n3"), str(1 << 30)))
        self.expect(1, "config", "set", "maxmemory", "much", "-y")
        self.expect(2, "config", "set", "maxmemry", "1gb", "-y")

    def test_a_node_takes_the_place_of_one_that_is_gone(self):
        self.expect(0, "wait", "--for", "healthy")
        os.kill(self.process("n3"), signal.SIGKILL)
        # A plan is bound to the configuration, which moves once the node is missed.
        server.wait_until(lambda: self.status()["cluster"]["in_sync"] == ["n1", "n2"],
                          "the node is missed")
        with open(os.path.join(self.dev, "secret"), encoding="utf-8") as file:
            secret = file.read()
        port = self.base + NODES
        with server.Server("--cluster-enabled", "yes", "--cluster-port", str(port + 10000),
                           "--cluster-secret", secret, port=port):
            self.expect(0, "replace-node", "n3", f"n4=127.0.0.1:{port}", "-y",
                        "--wait-timeout", "60s")
            status = self.status()
            self.assertEqual(status["cluster"]["in_sync"], ["n1", "n2", "n4"])
            self.assertEqual(status["cluster"]["voters"], ["n1", "n2", "n4"])
            self.expect(0, "wait", "--for", "healthy", "--timeout", "30s")

    def test_a_group_that_was_killed_comes_back(self):
        self.expect(0, "wait", "--for", "healthy")
        self.expect(0, "call", "SET", "kept", "safe")
        for name in ("n1", "n2", "n3"):
            os.kill(self.process(name), signal.SIGKILL)

        def back():
            kvctl("dev", "up", "--dir", self.dev, timeout=120)
            return self.at(1, "wait", "--for", "healthy", "--timeout", "20s").returncode == 0

        server.wait_until(back, "all nodes have their ports again and lead with what they kept", 100)
        self.assertIn("safe", self.expect(0, "call", "--primary", "GET", "kept").stdout)

    def test_a_group_that_lost_everything_goes_on_when_told(self):
        self.expect(0, "wait", "--for", "healthy")
        processes = [self.process(name) for name in ("n1", "n2", "n3")]
        for process in processes:
            os.kill(process, signal.SIGKILL)
        # What they kept on their disks goes too, but for what they are and have voted.
        for name in ("n1", "n2", "n3"):
            home = os.path.join(self.dev, name)
            os.remove(os.path.join(home, "claim"))
            shutil.rmtree(os.path.join(home, "appendonlydir"))

        def lost():
            # It does not come up by itself: whoever starts it waits and is told so.
            kvctl("dev", "up", "--dir", self.dev, timeout=120)
            return self.at(1, "status").returncode == 5

        server.wait_until(lost, "all nodes have their ports again and say that all is lost", 100)
        self.assertEqual(self.at(1, "recover").returncode, 5)
        self.assertEqual(self.at(1, "failover", "--to", "n2").returncode, 7)
        self.expect(7, "recover", "--node", "n2", "-y")
        server.wait_until(lambda: self.at(1, "recover", "--node", "n2",
                                          "--confirm-data-loss=dev").returncode == 0,
                          "n2 leads with what it has")
        self.expect(0, "wait", "--for", "healthy", "--timeout", "60s")

    def test_destroyed_it_is_gone(self):
        processes = [self.process(name) for name in ("n1", "n2", "n3")]
        self.expect(7, "destroy", "-y")
        self.expect(0, "destroy", "--confirm-data-loss=dev")
        server.wait_until(lambda: not any(map(self.runs, processes)), "all nodes ended")

    def test_a_wrong_password_and_a_wrong_port(self):
        self.expect(0, "call", "--all", "CONFIG", "SET", "requirepass", "sesame")
        done = self.at(1, "status")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("[AUTH, exit 3]", done.stderr)
        done = kvctl("-e", f"127.0.0.1:{self.base + 10000}", "status")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)

    def test_down_ends_all_and_leaves_nothing(self):
        processes = [self.process(name) for name in ("n1", "n2", "n3")]
        done = kvctl("dev", "down", "--dir", self.dev)
        self.assertEqual((done.returncode, done.stdout), (0, "done: 3 nodes stopped\n"))
        for process in processes:
            self.assertFalse(self.runs(process))
        self.assertFalse(os.path.exists(self.dev))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.BINARY, server.FLAGS = sys.argv[1], sys.argv[2:]
        if not knows_status():
            print("skipped: the server does not know HOLDFAST STATUS")
            sys.exit(SKIPPED)
    server.run_tests()
