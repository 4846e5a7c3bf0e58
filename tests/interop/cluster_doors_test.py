"""The four doors of a cluster, plain, Sentinel, Cluster and HTTP, show one state, at every node,
and another primary can be asked for at each of them."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import unittest
import urllib.error
import urllib.request

import cluster_support as support
import redis
import redis.sentinel
import server


def http(node, path):
    """(status, body) of a GET."""
    url = f"http://{node.host}:{node.http_port}{path}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def sentinel(node, *words):
    with redis.Redis(node.host, node.sentinel_port, decode_responses=True) as client:
        return client.execute_command(*words)


def plain(node):
    return redis.Redis(node.host, node.port, decode_responses=True)


def series(node):
    """{name with labels: value} of a scrape."""
    status, body = http(node, "/metrics")
    assert status == 200, body
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in body.splitlines() if not line.startswith("#")}


class View:
    """What one node says by each of its doors."""

    def __init__(self, node):
        with plain(node) as client:
            self.info = client.info("replication")
            self.role = client.execute_command("ROLE")
            self.nodes = client.execute_command("CLUSTER NODES")
            self.shards = client.execute_command("CLUSTER SLOTS")
            self.cluster = client.execute_command("CLUSTER INFO")
        self.master = tuple(sentinel(node, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "shop"))
        self.masters = sentinel(node, "SENTINEL MASTERS")
        self.replicas = sentinel(node, "SENTINEL SLAVES", "shop")
        self.sentinels = sentinel(node, "SENTINEL SENTINELS", "shop")
        self.primary = http(node, "/primary")[0]
        self.replica = http(node, "/replica?max-lag=5000")[0]
        self.ready = http(node, "/readyz")[0]
        self.node = node

    def leads(self):
        return self.node.port == int(self.master[1])

    def check(self, test, cluster):
        """That all of it is one state."""
        primary = next(node for node in cluster.nodes if node.port == int(self.master[1]))
        replicas = sorted(node.port for node in cluster.nodes if node is not primary)
        test.assertEqual(self.info["role"], "master" if self.leads() else "slave")
        test.assertEqual(self.role[0], "master" if self.leads() else "slave")
        if not self.leads():
            test.assertEqual(self.info["master_port"], primary.port)
        masters = {address for address, node in self.nodes.items() if "master" in node["flags"]}
        test.assertEqual(masters, {f"{primary.host}:{primary.port}"})
        myself = [address for address, node in self.nodes.items() if "myself" in node["flags"]]
        test.assertEqual(myself, [f"{self.node.host}:{self.node.port}"])
        (first, last, master, *others), = self.shards
        test.assertEqual((first, last, master[1]), (0, 16383, primary.port))
        test.assertEqual(sorted(other[1] for other in others), replicas)
        test.assertEqual(self.cluster["cluster_state"], "ok")
        test.assertEqual(self.masters["shop"]["port"], primary.port)
        test.assertEqual(self.masters["shop"]["num-slaves"], len(replicas))
        test.assertEqual(self.masters["shop"]["num-other-sentinels"], len(self.sentinels))
        test.assertEqual(sorted(replica["port"] for replica in self.replicas), replicas)
        test.assertEqual({replica["master-link-status"] for replica in self.replicas}, {"ok"})
        test.assertEqual(sorted(other["port"] for other in self.sentinels),
                         sorted(node.sentinel_port for node in cluster.nodes
                                if node is not self.node))
        test.assertEqual((self.primary, self.replica), (200, 503) if self.leads() else (503, 200))
        test.assertEqual(self.ready, 200)


class Doors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(support.Cluster())

    def settle(self):
        """Waits until all are in sync and everybody has heard of the same primary."""
        self.cluster.wait_in_sync(3)
        wanted = self.cluster.wait_primary().port

        def agreed():
            with contextlib.suppress(redis.RedisError, OSError):
                return all(int(view.master[1]) == wanted and
                           view.cluster["cluster_state"] == "ok" and len(view.sentinels) == 2 and
                           len(view.shards[0]) == 5 and view.ready == 200
                           for view in map(View, self.cluster.nodes))
            return False

        self.cluster.wait(agreed, "all nodes agree", 30)

    def test_all_doors_show_one_state_through_switchovers(self):
        for target in ("n2", "n3", "n1"):
            primary = self.cluster.wait_primary()
            if primary.name != target:
                answer = support.switch_over(primary, self.cluster.node(target))
                self.assertEqual(answer, "OK")
            self.settle()
            for node in self.cluster.nodes:
                with self.subTest(primary=target, asked=node.name):
                    view = View(node)
                    self.assertEqual(int(view.master[1]), self.cluster.node(target).port)
                    view.check(self, self.cluster)

    def test_ids_are_the_same_at_every_node(self):
        self.settle()
        views = [View(node) for node in self.cluster.nodes]
        for view in views[1:]:
            self.assertEqual({address: node["node_id"] for address, node in view.nodes.items()},
                             {address: node["node_id"] for address, node in views[0].nodes.items()})
        for node in self.cluster.nodes:
            own = node.ask("CLUSTER", "MYID")
            self.assertEqual(own, views[0].nodes[f"{node.host}:{node.port}"]["node_id"])
            self.assertEqual(own, sentinel(node, "SENTINEL", "MYID"))
        self.assertEqual(len({node.ask("CLUSTER", "MYSHARDID") for node in self.cluster.nodes}), 1)

    def test_redis_cli_checks_the_cluster(self):
        self.settle()
        for node in self.cluster.nodes:
            done = subprocess.run(["redis-cli", "--cluster", "check", f"{node.host}:{node.port}"],
                                  capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("All 16384 slots covered", done.stdout)
            self.assertIn("All nodes agree about slots configuration", done.stdout)

    def hand_over_by(self, ask):
        """Asks for another primary and waits for it; (old, new)."""
        self.settle()
        old = self.cluster.wait_primary()
        ask(old, self.cluster.replicas()[0])
        new = self.cluster.wait_primary(but=old)
        self.settle()
        return old, new

    def test_each_door_hands_over(self):
        def replicaof(_, replica):
            self.assertEqual(replica.ask("REPLICAOF", "NO", "ONE"), "OK")
            self.assertIs(self.cluster.wait_primary(), replica)

        def cluster_failover(_, replica):
            self.assertEqual(replica.ask("CLUSTER", "FAILOVER"), "OK")
            self.assertIs(self.cluster.wait_primary(), replica)

        def cluster_failover_force(_, replica):
            self.assertEqual(replica.ask("CLUSTER", "FAILOVER", "FORCE"), "OK")

        def failover(primary, _):
            self.assertEqual(primary.ask("FAILOVER"), "OK")

        def failover_to(primary, replica):
            self.assertEqual(primary.ask("FAILOVER", "TO", replica.host, replica.port, "TIMEOUT",
                                         "5000"), "OK")
            self.assertIs(self.cluster.wait_primary(but=primary), replica)

        def sentinel_failover(_, replica):
            self.assertEqual(sentinel(replica, "SENTINEL", "FAILOVER", "shop"), "OK")

        for ask in (replicaof, cluster_failover, cluster_failover_force, failover, failover_to,
                    sentinel_failover):
            with self.subTest(ask.__name__):
                old, new = self.hand_over_by(ask)
                self.assertIsNot(old, new)

    def test_what_is_refused_says_what_to_do(self):
        self.settle()
        primary, replica = self.cluster.wait_primary(), self.cluster.replicas()[0]
        for node, words, expected in (
                (replica, ("CLUSTER", "FAILOVER", "TAKEOVER"), "kvctl recover"),
                (replica, ("CLUSTER", "FAILOVER", "NOW"), "syntax error"),
                (primary, ("CLUSTER", "FAILOVER"), "to a replica"),
                (primary, ("FAILOVER", "ABORT"), "No failover in progress"),
                (primary, ("FAILOVER", "TO", "10.9.9.9", "1"), "is not a replica"),
                (primary, ("FAILOVER", "TO", "h", "1", "FORCE"), "requires both a timeout"),
                (replica, ("FAILOVER",), "not valid when server is a replica"),
                (replica, ("REPLICAOF", "10.0.0.1", "6379"), "kvctl switchover"),
                (primary, ("CLUSTER", "MEET", "10.0.0.1", "6379"), "kvctl add-node"),
                (primary, ("CLUSTER", "FORGET", "0" * 40), "kvctl remove-node"),
                (primary, ("CLUSTER", "ADDSLOTS", "1"), "all 16384 slots"),
                (primary, ("CLUSTER", "RESET", "HARD"), "kvctl remove-node"),
                (primary, ("CLUSTER", "REPLICATE", "0" * 40), "kvctl switchover")):
            with self.subTest(" ".join(words)):
                self.assertIn(expected, node.ask(*words))

    def test_keys_in_slots(self):
        self.settle()
        primary = self.cluster.wait_primary()
        with plain(primary) as client:
            client.mset({"{tag}1": 1, "{tag}2": 2})
            slot = client.execute_command("CLUSTER KEYSLOT", "{tag}x")
            self.assertEqual(client.execute_command("CLUSTER COUNTKEYSINSLOT", slot), 2)
            self.assertEqual(sorted(client.execute_command("CLUSTER GETKEYSINSLOT", slot, 10)),
                             ["{tag}1", "{tag}2"])
            self.assertEqual(len(client.execute_command("CLUSTER GETKEYSINSLOT", slot, 1)), 1)

    def test_sentinel_publishes_what_changes(self):
        self.settle()
        old = self.cluster.wait_primary()
        watched = self.cluster.replicas()
        clients = [redis.Redis(node.host, node.sentinel_port, decode_responses=True)
                   for node in self.cluster.nodes]
        listeners = [client.pubsub() for client in clients]
        for listener in listeners:
            listener.psubscribe("*")
            self.assertEqual(listener.get_message(timeout=5)["type"], "psubscribe")
        self.assertEqual(support.switch_over(old, watched[0]), "OK")
        expected = f"shop {old.host} {old.port} {watched[0].host} {watched[0].port}"
        for listener in listeners:
            self.wait_for_message(listener, "+switch-master", expected)
        for client in clients:
            client.close()

    def wait_for_message(self, listener, channel, data):
        seen = []

        def heard():
            message = listener.get_message(timeout=0.5)
            if message is not None:
                seen.append((message["channel"], message["data"]))
            return (channel, data) in seen

        server.wait_until(heard, f"{channel} {data} among {seen}")

    def test_metrics_are_of_the_same_state(self):
        self.settle()
        primary = self.cluster.wait_primary()
        with plain(primary) as client:
            client.set("counted", 1)
        for node in self.cluster.nodes:
            found = series(node)
            leads = node is primary
            self.assertEqual(found["redis_up"], 1)
            self.assertEqual(found["holdfast_serving"], 1 if leads else 0)
            self.assertEqual(found["holdfast_in_sync_members"], 3)
            self.assertEqual(found["holdfast_survivable_failures"], 1)
            self.assertEqual(found["redis_connected_slaves"], 2 if leads else 0)
            self.assertEqual(found['holdfast_role{role="primary"}'], 1 if leads else 0)
        self.assertGreaterEqual(series(primary)['redis_commands_total{cmd="set"}'], 1)
        self.assertGreaterEqual(series(primary)['redis_db_keys{db="db0"}'], 1)

    def test_bad_questions_over_http(self):
        node = self.cluster.nodes[0]
        self.assertEqual(http(node, "/livez"), (200, "alive\n"))
        self.assertEqual(http(node, "/nowhere")[0], 404)
        self.assertEqual(http(node, "/replica?max-lag=soon")[0], 400)


class Failover(unittest.TestCase):
    def test_a_killed_primary_is_announced_and_remembered(self):
        with support.Cluster() as cluster:
            old = cluster.wait_primary()
            replica = cluster.replicas()[0]
            with redis.Redis(replica.host, replica.sentinel_port, decode_responses=True) as client:
                listener = client.pubsub()
                listener.subscribe("+switch-master")
                listener.get_message(timeout=5)
                old.kill()
                new = cluster.wait_primary(but=old)
                found = []

                def heard():
                    message = listener.get_message(timeout=0.5)
                    found.append(message["data"] if message else None)
                    return found[-1] == f"shop {old.host} {old.port} {new.host} {new.port}"

                server.wait_until(heard, f"+switch-master among {found}")
                listener.close()
            history = json.loads(new.ask("HOLDFAST", "HISTORY"))
            self.assertEqual(history[-1]["kind"], "failover")
            self.assertEqual((history[-1]["from"], history[-1]["to"]), (old.name, new.name))
            self.assertGreater(history[-1]["unavailable_ms"], 0)
            events = json.loads(new.ask("HOLDFAST", "EVENTS", "COUNT", "100"))
            self.assertIn("epoch-began", {event["event"] for event in events})
            with plain(new) as client:
                nodes = client.execute_command("CLUSTER NODES")
            self.assertIn("fail", nodes[f"{old.host}:{old.port}"]["flags"])
            gone = [row for row in sentinel(new, "SENTINEL SLAVES", "shop")
                    if row["port"] == old.port]
            self.assertTrue(gone[0]["is_sdown"])


class PlannedFailover(unittest.TestCase):
    """FAILOVER waits for the members, and can be given up until it hands over.

    Nobody is suspected for long, so that a frozen member stays one that has to be waited for.
    """

    def setUp(self):
        self.cluster = self.enterContext(support.Cluster(flags=(
            "--suspect-after", "30000", "--lease", "40000", "--commit-timeout", "60000")))
        self.primary = self.cluster.wait_primary()
        self.target, self.other = self.cluster.replicas()

    def state(self):
        info = self.primary.ask("INFO", "replication")
        return re.search(r"master_failover_state:(\S+)", info)[1]

    def freeze_with_a_write(self):
        """Freezes a member that a write then waits for; the connection of that write."""
        self.other.freeze()
        writer = self.enterContext(self.primary.connect(timeout=60))
        writer.send(("SET", "k", "v"))
        server.wait_until(
            lambda: "group_held_replies:1\r" in self.primary.ask("INFO", "replication"),
            "the write is held")
        return writer

    def thaw(self, writer):
        self.other.signal(signal.SIGCONT)
        self.assertEqual(support.text_of(writer.reply()), "OK")

    def fail_over(self, *options):
        return self.primary.ask("FAILOVER", "TO", self.target.host, self.target.port, *options)

    def test_abort(self):
        writer = self.freeze_with_a_write()
        # Again and again: what an earlier one has begun is not taken for the next one's.
        for _ in range(20):
            self.assertEqual(self.fail_over("TIMEOUT", "50000"), "OK")
            self.assertEqual(self.state(), "waiting-for-sync")
            self.assertIn("already in progress", self.fail_over())
            self.assertEqual(self.primary.ask("FAILOVER", "ABORT"), "OK")
            self.assertEqual(self.state(), "no-failover")
        self.assertIn("No failover in progress", self.primary.ask("FAILOVER", "ABORT"))
        self.assertRegex(self.primary.log(), 'failover-given-up .*reason="it was called off"')
        self.thaw(writer)
        self.assertIs(self.cluster.wait_primary(), self.primary)
        self.assertEqual(self.fail_over(), "OK")
        self.assertIs(self.cluster.wait_primary(but=self.primary), self.target)
        self.assertEqual(self.primary.ask("GET", "k"), "v")

    def test_timeout(self):
        writer = self.freeze_with_a_write()
        for options, reason in (
                ((), 'reason="the members did not catch up in time"'),
                (("FORCE",), "FORCE would lose what the replica lacks, and was not done")):
            self.assertEqual(self.fail_over("TIMEOUT", "300", *options), "OK")
            server.wait_until(lambda: self.state() == "no-failover", "it is given up")
            self.assertIn(reason, self.primary.log())
        self.thaw(writer)
        self.assertIs(self.cluster.wait_primary(), self.primary)
        self.assertEqual(self.primary.ask("SET", "k", "w"), "OK")

    def test_an_abort_that_comes_too_late(self):
        self.target.freeze()
        self.assertEqual(self.fail_over(), "OK")
        server.wait_until(lambda: self.state() == "failover-in-progress", "the epoch is released")
        self.assertIn("it is too late", self.primary.ask("FAILOVER", "ABORT"))
        self.target.signal(signal.SIGCONT)
        self.assertIs(self.cluster.wait_primary(but=self.primary), self.target)


class LoneNode(unittest.TestCase):
    def lone_node(self, *flags):
        node = support.Cluster(size=1, founded=False).nodes[0]
        node.flags = list(flags)
        self.addCleanup(node.remove)
        return node


class Addresses(LoneNode):
    def listens(self, host, port):
        try:
            socket.create_connection((host, port), timeout=5).close()
        except ConnectionRefusedError:
            return False
        return True

    def test_the_peer_port_is_where_bind_says(self):
        # What others are told decides nothing about where the node listens.
        node = self.lone_node("--cluster-announce-ip", "127.0.0.9", "--sentinel-port", "0",
                              "--bind", "127.0.0.1", "127.0.0.2")
        node.start()
        self.assertEqual([self.listens(f"127.0.0.{i}", node.peer_port) for i in (1, 2, 3, 9)],
                         [True, True, False, False])
        self.assertIn("127.0.0.9", node.status()["node"]["peer_address"])

    def test_sentinels_port_follows_bind(self):
        port = support.free_ports(21)[-1]
        node = self.lone_node("--sentinel-port", str(port))
        node.start()

        def open_at():
            return [i for i in (1, 2, 3) if self.listens(f"127.0.0.{i}", port)]

        server.wait_until(lambda: open_at() == [1], "it is open")
        self.assertEqual(node.ask("CONFIG", "SET", "bind", "127.0.0.1 127.0.0.2"), "OK")
        self.assertEqual(open_at(), [1, 2])
        # An address that this machine does not have: all stays as it is.
        self.assertIn("Failed to bind", node.ask("CONFIG", "SET", "bind", "127.0.0.3 203.0.113.1"))
        self.assertEqual(open_at(), [1, 2])
        # One of the client port's addresses is taken: Sentinel's port goes back, too.
        with socket.create_server(("127.0.0.3", node.port)):
            self.assertIn("Failed to bind", node.ask("CONFIG", "SET", "bind", "127.0.0.1 127.0.0.3"))
        self.assertEqual(open_at(), [1, 2])
        self.assertEqual(node.ask("CONFIG", "SET", "bind", "127.0.0.1"), "OK")
        self.assertEqual(open_at(), [1])


class TakenPorts(LoneNode):

    def taken(self, port):
        """Keeps a port from everybody else; it does not matter who has it."""
        holder = socket.socket()
        self.addCleanup(holder.close)
        with contextlib.suppress(OSError):
            holder.bind(("127.0.0.1", port))
            holder.listen()
        return str(port)

    def test_the_usual_sentinel_port_may_be_another_ones(self):
        self.taken(26379)
        node = self.lone_node()
        node.start()
        server.wait_until(lambda: "no-sentinel-port" in node.log(), "the node says so")
        self.assertEqual(node.log().count("no-sentinel-port"), 1)
        self.assertEqual(node.ask("PING"), "PONG")

    def test_a_port_that_was_asked_for_must_be_had(self):
        port = support.free_ports(20)[-1]
        for directive in ("--sentinel-port", "--http-port"):
            with self.subTest(directive):
                node = self.lone_node(directive, self.taken(port))
                node.launch(support.SECRET)
                self.assertEqual(node.process.wait(timeout=30), 1)
                self.assertIn(str(port), node.log().splitlines()[-1])

    def test_none_at_all(self):
        node = self.lone_node("--sentinel-port", "0")
        node.start()
        with plain(node) as client:
            self.assertEqual(client.config_get("sentinel-port"), {"sentinel-port": "0"})
        self.assertNotIn("no-sentinel-port", node.log())


if __name__ == "__main__":
    support.run_tests()
