"""Clients keep working through three failovers each, by each door, and lose nothing.

Every round makes another node the primary: by a switchover, by a kill and a restart, by another
switchover. The client sees at most errors that say that nothing, or nobody knows what, was applied.
A plain client knows one node only, which is the first primary and is not killed.
"""

import json
import os
import subprocess
import sys
import threading
import unittest

import cluster_support as support
import server

HERE = os.path.dirname(os.path.abspath(__file__))


class Client:
    """A client process that writes until it is told to stop."""

    def __init__(self, cluster, command):
        ports = ",".join(str(node.port) for node in cluster.nodes)
        sentinel_ports = ",".join(str(node.sentinel_port) for node in cluster.nodes)
        self.cluster = cluster
        self.said = []
        self.process = subprocess.Popen(
            command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "PORTS": ports, "SENTINEL_PORTS": sentinel_ports})
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()

    def read(self):
        for line in self.process.stdout:
            self.said.append(line)

    def acked(self):
        for line in reversed(self.said):
            if line.startswith("{"):
                return json.loads(line)["acked"]
        return 0

    def works(self, what):
        """Waits until more is acknowledged than now."""
        before = self.acked()

        def more():
            if self.process.poll() is not None:
                raise AssertionError(f"the client ended: {''.join(self.said[-20:])}")
            return self.acked() >= before + 50

        self.cluster.wait(more, f"writes go on {what}", 30)

    def finish(self):
        self.process.stdin.close()
        self.process.wait(timeout=120)
        self.reader.join()
        return json.loads(self.said[-1])


class Clients(unittest.TestCase):
    def switch_over(self, cluster, target):
        self.assertEqual(support.switch_over(cluster.wait_primary(), target), "OK")
        cluster.wait_primary()
        cluster.wait_in_sync(3)

    def kill_and_restart(self, cluster):
        primary = cluster.wait_primary()
        primary.kill()
        cluster.wait_primary(but=primary)
        primary.start()
        cluster.wait_in_sync(3)

    def play(self, command):
        with support.Cluster() as cluster, Client(cluster, command) as client:
            client.works("at first")
            self.switch_over(cluster, cluster.node("n2"))
            client.works("after a switchover")
            self.kill_and_restart(cluster)
            client.works("after a kill")
            old = cluster.wait_primary()
            self.switch_over(cluster, next(node for node in cluster.nodes if node is not old))
            client.works("after a last switchover")
            outcome = client.finish()
        print(f"{' '.join(command[-2:])}: {outcome['acked']} acknowledged, {outcome['allowed']}")
        self.assertEqual(outcome["lost"], [])
        self.assertEqual(outcome["unexpected"], [])

    def node_client(self, library, door):
        if not os.path.isdir(os.path.join(HERE, "node_modules")):
            self.skipTest("run ops/setup first")
        self.play(["node", "cluster_clients.mjs", library, door])

    def python_client(self, door):
        self.play([sys.executable, "cluster_python_client.py", door])

    def test_ioredis_plain(self):
        self.node_client("ioredis", "plain")

    def test_node_redis_plain(self):
        self.node_client("node-redis", "plain")

    def test_redis_py_plain(self):
        self.python_client("plain")

    def test_ioredis_cluster(self):
        self.node_client("ioredis", "cluster")

    def test_node_redis_cluster(self):
        self.node_client("node-redis", "cluster")

    def test_redis_py_cluster(self):
        self.python_client("cluster")

    def test_ioredis_sentinel(self):
        self.node_client("ioredis", "sentinel")

    def test_node_redis_sentinel(self):
        self.node_client("node-redis", "sentinel")

    def test_redis_py_sentinel(self):
        self.python_client("sentinel")


if __name__ == "__main__":
    support.run_tests()
