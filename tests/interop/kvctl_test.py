"""kvctl with real nodes: a cluster on this machine, from creation to its end.

Run as `kvctl_test.py KVNODE [FLAG...]`; kvctl stands beside KVNODE. Skipped (77) while KVNODE does
not answer HOLDFAST STATUS.
"""

import json
import os
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
