"""Three nodes in network namespaces, between which the network fails in part.

Clients reach every node all the while. What they recorded must be linearizable, writes go on while
a majority can talk, and all are in sync again once the network is whole.
"""

import subprocess
import sys
import time
import unittest

import cluster_failover_test
import cluster_support
from cluster_load import Load
from cluster_network import Network
from cluster_support import Cluster, Node

PORT, PEER_PORT = 7000, 17000


class NetworkedCluster(Cluster):
    """A cluster whose nodes are n1..n3 of a network."""

    def __init__(self, network):
        super().__init__(size=0)
        self.nodes = [Node(f"n{number}", PORT, PEER_PORT, host=network.address(number),
                           command_prefix=network.inside(number))
                      for number in range(1, network.size + 1)]
        for node in self.nodes:
            node.flags = ["--protected-mode", "no"]


class Partitions(cluster_failover_test.FailoverCase):
    def setUp(self):
        self.network = self.enterContext(Network(3))
        self.cluster = self.enterContext(NetworkedCluster(self.network))

    def number_of(self, node):
        return int(node.name[1:])

    def suffer(self, what, partition, seconds=3.0):
        """Cuts as `partition(primary, replica, other)` says, for a time that is longer than lease
        and grace, and mends; returns whether another node leads then."""
        primary = self.cluster.wait_primary()
        replica, other = self.cluster.replicas()
        with Load(self.cluster.nodes, what.replace(" ", "-"), timeout=4) as load:
            load.wait_for_writes(500)
            since = time.monotonic_ns()
            partition(*(self.number_of(node) for node in (primary, replica, other)))
            time.sleep(seconds)
            load.wait_for_writes(200)
            self.network.mend()
            load.wait_for_writes(200)
            self.cluster.wait_in_sync(3)
            self.report(what, since, load)
            self.settle(self.cluster, load)
        return self.cluster.wait_primary() is not primary

    def test_the_primary_is_isolated(self):
        def cut(primary, replica, other):
            self.network.cut_both(primary, replica)
            self.network.cut_both(primary, other)

        self.assertTrue(self.suffer("isolated primary", cut))

    def test_the_primary_is_not_heard(self):
        def cut(primary, replica, other):
            self.network.cut(primary, replica)
            self.network.cut(primary, other)

        self.assertTrue(self.suffer("primary not heard", cut))

    def test_the_primary_hears_nothing(self):
        def cut(primary, replica, other):
            self.network.cut(replica, primary)
            self.network.cut(other, primary)

        self.suffer("deaf primary", cut)

    def test_a_replica_is_isolated(self):
        def cut(primary, replica, other):
            self.network.cut_both(replica, primary)
            self.network.cut_both(replica, other)

        self.assertFalse(self.suffer("isolated replica", cut))

    def test_a_replica_is_not_heard(self):
        def cut(primary, replica, other):
            self.network.cut(replica, primary)
            self.network.cut(replica, other)

        self.assertFalse(self.suffer("replica not heard", cut))

    def test_a_replica_hears_nothing(self):
        def cut(primary, replica, other):
            self.network.cut(primary, replica)
            self.network.cut(other, replica)

        self.assertFalse(self.suffer("deaf replica", cut))

    def test_two_nodes_see_each_other_through_the_third_only(self):
        def cut(_, replica, other):
            self.network.cut_both(replica, other)

        self.assertFalse(self.suffer("bridge at the primary", cut))

    def test_the_primary_sees_one_of_two(self):
        def cut(primary, replica, _):
            self.network.cut_both(primary, replica)

        self.suffer("bridge at a replica", cut)


def reason_to_skip():
    try:
        with Network(1):
            return None
    except (OSError, subprocess.SubprocessError) as error:
        return error


if __name__ == "__main__":
    REASON = reason_to_skip()
    if REASON is not None:
        print(f"skipped: no network namespaces here: {REASON}")
        sys.exit(cluster_support.SKIPPED)
    cluster_support.run_tests()
