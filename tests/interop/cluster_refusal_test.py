"""What a cluster must refuse, with the reason, and without any effect."""

import os
import signal
import unittest

import cluster_support
import peer_speaker
import server
from cluster_support import SECRET, Cluster, Node, free_ports, switch_over
from peer_speaker import HELLO, PROOF, Peer, frame, header, hello


class PeerPort(unittest.TestCase):
    """Somebody at the peer port who does not belong to the cluster."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.primary = cls.cluster.wait_primary()

    def setUp(self):
        self.assertEqual(self.primary.ask("SET", "k", "v"), "OK")
        self.before = self.facts()

    def tearDown(self):
        self.assertEqual(self.facts(), self.before)
        self.assertEqual(self.primary.ask("GET", "k"), "v")
        self.cluster.wait_in_sync(3)

    def facts(self):
        status = self.primary.status()
        return (status["cluster"], status["group"]["epoch"], status["group"]["role"],
                status["node"]["keys"], status["node"]["incarnation"])

    def expect_logged(self, reason):
        server.wait_until(lambda: reason in self.primary.log(), f"'{reason}' is logged", 10)

    def test_garbage(self):
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"*1\r\n$4\r\nPING\r\n" * 10, os.urandom(4096),
                        b"HFP\x63" + bytes(60)):
            with Peer(self.primary) as peer:
                peer.send(garbage)
                peer.refusal()
        self.expect_logged("not a frame")
        self.expect_logged("frame of layout 99")

    def test_silence(self):
        with Peer(self.primary) as peer:
            peer.refusal()

    def test_a_long_frame_is_only_announced(self):
        with Peer(self.primary) as peer:
            peer.send(header(HELLO, 0x3FFFFFFF) + bytes(4))
            peer.refusal()
        self.expect_logged("bytes, at most")

    def test_a_garbled_length_is_not_waited_for(self):
        with Peer(self.primary) as peer:
            peer.send(header(HELLO, 0)[:8] + b"\xff\xff\xff\x3f" + bytes(4))
            peer.refusal()
        self.expect_logged("is garbled")

    def test_a_wrong_crc_in_the_handshake(self):
        with Peer(self.primary) as peer:
            peer.send(frame(HELLO, hello(), crc=1))
            peer.refusal()
        self.expect_logged("CRC")

    def test_an_unknown_version(self):
        with Peer(self.primary) as peer:
            peer.send(frame(HELLO, hello(versions=(900, 901))))
            self.assertIn("no protocol version in common", peer.refusal())
        self.expect_logged("no protocol version in common")

    def test_without_the_secret(self):
        with Peer(self.primary) as peer:
            kind, payload = peer.greet("guessed")
            self.assertEqual(kind, peer_speaker.REFUSE)
            self.assertIn(b"wrong cluster-secret", payload)
            self.assertIsNone(peer.receive())
        self.expect_logged("wrong cluster-secret")

    def test_another_cluster(self):
        with Peer(self.primary) as peer:
            kind, payload = peer.greet(SECRET, cluster=12345)
            self.assertEqual(kind, peer_speaker.REFUSE)
            self.assertIn(b"different clusters", payload)
        self.expect_logged("different clusters")

    def test_a_node_that_went_mad(self):
        """It has the secret and the cluster's id, and then says what means nothing."""
        cluster_id = int(self.primary.status()["cluster"]["id"], 16)
        for number, nonsense in enumerate((frame(16, b"\xff" * 40), frame(17, b"\xff" * 40),
                                           frame(24, b"\x00"), frame(24, b"\x04\0\0\0abcd"),
                                           frame(25, b"short"), frame(26, b"short"),
                                           frame(18, b"x"), frame(200, b""),
                                           frame(34, b"\xff" * 9), frame(16, b"", crc=7))):
            for channel in (peer_speaker.CONTROL, 1, 2):
                with Peer(self.primary) as peer, self.subTest(number=number, channel=channel):
                    kind, payload = peer.greet(SECRET, cluster=cluster_id, channel=channel)
                    self.assertEqual(kind, PROOF, payload)
                    peer.send(nonsense)
                    # Whatever it is told meanwhile, in the end it is cut off.
                    while peer.receive() is not None:
                        pass


class Operators(unittest.TestCase):
    def start(self, **options):
        return self.enterContext(Cluster(**options))

    def spare(self, secret=SECRET, flags=()):
        port, peer_port = free_ports(2)
        node = Node("spare", port, peer_port)
        node.flags = list(flags)
        self.addCleanup(node.remove)
        node.start(secret)
        return node

    def expect_refused(self, answer, reason):
        self.assertRegex(answer, f"^-(REFUSED|CONFLICT|TRYAGAIN) .*({reason})")

    def test_creating_over_nodes_with_data(self):
        cluster = self.start(size=1)
        member = cluster.nodes[0]
        self.assertEqual(member.ask("SET", "precious", "1"), "OK")
        spare = self.spare()
        self.expect_refused(spare.ask("HOLDFAST", "CREATE", "other", spare.place(),
                                      member.place(), timeout=20),
                            "part of another cluster|ever overwritten")
        self.expect_refused(member.ask("HOLDFAST", "CREATE", "other", member.place(),
                                       spare.place(), timeout=20), "part of cluster 'shop'")
        self.assertIsNone(spare.status()["cluster"])
        self.assertEqual(member.ask("GET", "precious"), "1")

    def test_creating_with_a_node_that_cannot_be_reached(self):
        spare, silent = self.spare(), free_ports(2)
        self.expect_refused(spare.ask("HOLDFAST", "CREATE", "shop", spare.place(),
                                      f"n2=127.0.0.1:{silent[0]}:{silent[1]}", timeout=20),
                            "refused|unreachable|connect")
        self.assertIsNone(spare.status()["cluster"])

    def test_creating_with_a_node_of_another_secret(self):
        spare, stranger = self.spare(), self.spare(secret="another")
        self.expect_refused(spare.ask("HOLDFAST", "CREATE", "shop", spare.place(),
                                      stranger.place().replace("spare", "n2"), timeout=20),
                            "cluster-secret")
        self.assertIsNone(spare.status()["cluster"])
        self.assertIsNone(stranger.status()["cluster"])

    def test_joining(self):
        cluster = self.start(size=1)
        member, spare = cluster.nodes[0], self.spare()
        version = member.status()["cluster"]["version"]
        self.expect_refused(member.ask("HOLDFAST", "ADD-NODE", spare.place(), version + 7,
                                       timeout=20), "at version")
        self.assertEqual(member.ask("HOLDFAST", "ADD-NODE", spare.place(), version, timeout=20),
                         "OK")
        cluster.nodes.append(spare)
        cluster.wait_in_sync(2)
        for place, reason in ((spare.place(), "a node spare already"),
                              (spare.place().replace("spare", "twin"), "in the cluster already")):
            version = member.status()["cluster"]["version"]
            self.expect_refused(member.ask("HOLDFAST", "ADD-NODE", place, version, timeout=20),
                                reason)
        self.assertEqual(len(member.status()["cluster"]["nodes"]), 2)

    def test_joining_with_another_clusters_node(self):
        one, other = self.start(size=1), self.start(size=1)
        member, foreign = one.nodes[0], other.nodes[0]
        version = member.status()["cluster"]["version"]
        self.expect_refused(member.ask("HOLDFAST", "ADD-NODE",
                                       foreign.place().replace("n1=", "n9="), version, timeout=20),
                            "cluster")
        self.assertEqual(len(member.status()["cluster"]["nodes"]), 1)
        self.assertEqual(len(foreign.status()["cluster"]["nodes"]), 1)

    def test_removing(self):
        cluster = self.start(size=1)
        member, spare = cluster.nodes[0], self.spare()
        version = member.status()["cluster"]["version"]
        self.expect_refused(member.ask("HOLDFAST", "REMOVE-NODE", "n1", version), "is the primary")
        self.expect_refused(member.ask("HOLDFAST", "REMOVE-NODE", "nobody", version),
                            "no node nobody")
        self.assertEqual(member.ask("HOLDFAST", "ADD-NODE", spare.place(), version, timeout=20),
                         "OK")
        cluster.nodes.append(spare)
        cluster.wait_in_sync(2)
        self.assertEqual(switch_over(member, spare), "OK")
        cluster.wait(lambda: cluster.primary() is spare, "the successor serves", 30)
        version = spare.status()["cluster"]["version"]
        self.expect_refused(spare.ask("HOLDFAST", "REMOVE-NODE", "n1", version), "last voter")
        self.assertEqual(len(spare.status()["cluster"]["voters"]), 1)

    def test_switching_over(self):
        cluster = self.start()
        primary, (replica, _) = cluster.wait_primary(), cluster.replicas()
        version = primary.status()["cluster"]["version"]
        self.expect_refused(primary.ask("HOLDFAST", "SWITCHOVER", "nobody", version),
                            "no node nobody")
        self.expect_refused(primary.ask("HOLDFAST", "SWITCHOVER", replica.name, version + 1),
                            "at version")
        # Another node passes the question on, and the refusal back.
        self.expect_refused(replica.ask("HOLDFAST", "SWITCHOVER", primary.name, version),
                            "not a member in sync|is the primary")
        self.expect_refused(primary.ask("HOLDFAST", "SWITCHOVER", primary.name, version),
                            "not a member in sync|is the primary")
        # Out of the set and back among the living: a learner until it has caught up.
        replica.signal(signal.SIGSTOP)
        try:
            cluster.wait_in_sync(2)
            self.expect_refused(switch_over(primary, replica), "not a member in sync")
        finally:
            replica.signal(signal.SIGCONT)
        cluster.wait_in_sync(3)
        self.assertIs(cluster.primary(), primary)


class Quorum(unittest.TestCase):
    def test_without_a_majority_of_voters(self):
        """Two data nodes and three witnesses, all of which vote; the witnesses go away."""
        cluster = self.enterContext(Cluster(size=5, founded=False))
        data, witnesses = cluster.nodes[:2], cluster.nodes[2:]
        for witness in witnesses:
            witness.kill()
            witness.flags = ["--witness", "yes"]
            witness.start()
        places = [*(node.place() for node in data),
                  *(f"{node.place()}:witness" for node in witnesses)]
        self.assertEqual(data[0].ask("HOLDFAST", "CREATE", "shop", *places, timeout=20), "OK")
        cluster.wait_in_sync(2)
        primary, replica = data
        self.assertEqual(len(primary.status()["cluster"]["voters"]), 5)
        self.assertEqual(primary.ask("SET", "k", "1"), "OK")
        # A witness holds nothing, and passes on what it is asked.
        self.assertEqual(witnesses[0].ask("GET", "k"), "1")
        for witness in witnesses:
            witness.kill()
        # Data flows, changes wait and say why.
        for number in range(100):
            self.assertEqual(primary.ask("SET", "k", number), "OK")
        self.assertEqual(primary.ask("GET", "k"), "99")
        version = primary.status()["cluster"]["version"]
        answer = primary.ask("HOLDFAST", "REMOVE-NODE", witnesses[2].name, version, timeout=30)
        self.assertRegex(answer, "^-TRYAGAIN .*voters")
        self.assertEqual(primary.ask("SET", "k", "99"), "OK")
        # A member fails: now the group cannot go on, says so, and goes on by itself later.
        replica.kill()
        self.assertRegex(primary.ask("SET", "k", "unknown", timeout=20),
                         "^-(INDETERMINATE|TRYAGAIN|NOREPLICAS)")
        cluster.wait(lambda: primary.status()["register"]["why"] != "", "the register says why", 10)
        self.assertIn("voters", primary.status()["register"]["why"])
        for witness in witnesses[:2]:
            witness.start()
        cluster.wait(lambda: primary.ask("SET", "k", "again") == "OK", "writes go on", 30)
        self.assertEqual(primary.ask("GET", "k"), "again")


if __name__ == "__main__":
    cluster_support.run_tests()
