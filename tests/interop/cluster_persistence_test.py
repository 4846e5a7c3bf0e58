"""Clusters that come back from their disks: one node, all nodes at once, and who may not."""

import os
import shutil
import signal
import time
import unittest

import cluster_support
import server
from cluster_load import Load, tally
from cluster_support import Cluster

LOGGED = ("--appendonly", "yes")


def kill_all(cluster):
    """As a loss of power takes them, but for what the operating system still writes."""
    for node in cluster.nodes:
        node.signal(signal.SIGKILL)
    for node in cluster.nodes:
        node.process.wait()


def start_all(cluster):
    for node in cluster.nodes:
        node.start()


class OneNode(unittest.TestCase):
    def test_it_goes_on_from_its_own_log(self):
        with Cluster(3, LOGGED) as cluster:
            primary = cluster.wait_primary()
            for i in range(300):
                self.assertEqual(primary.ask("SET", f"k{i}", i), "OK")
            replica = cluster.replicas()[0]
            replica.kill()
            primary.ask("SET", "meanwhile", "1")
            replica.start()
            cluster.wait_in_sync(3)
            self.assertIn("records of the log behind it", replica.log())
            self.assertNotIn("discarded-data", replica.log())
            self.assertEqual(replica.ask("GET", "meanwhile"), "1")
            self.assertEqual(self.digests(cluster), 1)

    def digests(self, cluster):
        found = set()

        def equal():
            found.clear()
            found.update(node.ask("HOLDFAST", "DIGEST") for node in cluster.nodes)
            return len(found) == 1

        server.wait_until(equal, "all digests are equal")
        return len(found)

    def test_a_disk_of_another_cluster_is_refused(self):
        with Cluster(3, LOGGED) as one, Cluster(3, LOGGED) as other:
            for cluster in (one, other):
                cluster.wait_primary().ask("SET", "a", cluster.nodes[0].directory)
            victim = one.replicas()[0]
            victim.kill()
            for name in ("appendonlydir", "dump.rdb"):
                path = os.path.join(victim.directory, name)
                shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(os.path.join(other.nodes[0].directory, "appendonlydir"),
                            os.path.join(victim.directory, "appendonlydir"))
            victim.launch(cluster_support.SECRET)
            server.wait_until(lambda: not victim.running(), "it stops")
            self.assertIn("another cluster", victim.log())

    def test_a_node_with_data_is_no_newcomer(self):
        with Cluster(3, LOGGED, founded=False) as cluster:
            node = cluster.nodes[1]
            node.kill()
            flags, node.flags = node.flags, ["--cluster-enabled", "no", *LOGGED]
            node.launch(cluster_support.SECRET)
            server.wait_until(lambda: self.answers(node), "it answers alone")
            self.assertEqual(node.ask("SET", "mine", "1"), "OK")
            node.terminate()
            node.flags = flags
            node.start()
            places = [each.place() for each in cluster.nodes]
            answer = cluster.nodes[0].ask("HOLDFAST", "CREATE", "shop", *places, timeout=20)
            self.assertIn("data", answer)

    def answers(self, node):
        try:
            return node.ask("PING") == "PONG"
        except OSError:
            return False


class AllNodes(unittest.TestCase):
    """kill -9 of everybody at once, under load: what was acknowledged is there again."""

    def crash_all(self, *flags, durability=None, stop=kill_all):
        with Cluster(3, (*LOGGED, *flags)) as cluster:
            cluster.wait_primary()
            for number in range(cluster_support.ROUNDS):
                with Load(cluster.nodes, prefix=f"round{number}", durability=durability) as load:
                    load.wait_for_writes(300)
                    stop(cluster)
                start_all(cluster)
                cluster.wait_in_sync(3, timeout=90)
                load.verify(cluster.wait_primary())
                found = tally(load)
                self.assertEqual((found.lost, found.stale, found.phantom), (0, 0, 0), found)
                self.assertGreater(found.acknowledged, 0)

    def test_always(self):
        self.crash_all("--durability", "fsync")

    def test_everysec(self):
        self.crash_all("--appendfsync", "everysec")

    def test_in_order(self):
        def stop(cluster):
            for node in cluster.nodes:
                node.signal(signal.SIGTERM)
            for node in cluster.nodes:
                node.process.wait(timeout=60)

        self.crash_all(stop=stop)

    def test_who_is_missing_is_waited_for(self):
        with Cluster(3, LOGGED) as cluster:
            primary = cluster.wait_primary()
            self.assertEqual(primary.ask("SET", "a", "1"), "OK")
            kill_all(cluster)
            first, second, third = cluster.nodes
            first.start()
            second.start()
            cluster.wait(lambda: "waiting" in str(first.status()["group"]).lower(),
                         "it says that it waits", 30)
            time.sleep(3)
            self.assertIsNone(cluster.primary())
            third.start()
            cluster.wait_in_sync(3, timeout=60)
            self.assertEqual(cluster.wait_primary().ask("GET", "a"), "1")

    def test_an_operator_may_decide_for_what_is_there(self):
        with Cluster(3, LOGGED) as cluster:
            primary = cluster.wait_primary()
            self.assertEqual(primary.ask("SET", "a", "1"), "OK")
            kill_all(cluster)
            for node in cluster.nodes[:2]:
                node.start()
            shutil.rmtree(cluster.nodes[2].directory)
            os.mkdir(cluster.nodes[2].directory)
            cluster.wait(lambda: "waiting" in str(cluster.nodes[0].status()["group"]).lower(),
                         "it waits", 30)
            server.wait_until(
                lambda: cluster.nodes[0].ask("HOLDFAST", "RECOVER", "shop", timeout=20) == "OK",
                "the copy is chosen")
            self.assertEqual(cluster.wait_primary().ask("GET", "a"), "1")


if __name__ == "__main__":
    cluster_support.run_tests()
