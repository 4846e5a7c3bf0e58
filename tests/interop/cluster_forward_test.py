"""Any client, any node: what is asked of a replica is answered as the primary would.

redis-cli and plain sockets talk to each of three nodes; the primary is killed, and handed over while
clients of all nodes work.
"""

import signal
import subprocess
import threading
import time
import unittest

import cluster_support
import server
from cluster_support import Cluster, text_of


def cli(node, *words, stdin=None):
    """What redis-cli prints."""
    command = ["redis-cli", "-h", node.host, "-p", str(node.port), *words]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=30, check=True)
    return done.stdout.decode().rstrip("\n")


class ForwardCase(unittest.TestCase):
    def start(self, **options):
        return self.enterContext(Cluster(**options))


class AnyNode(ForwardCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def each(self):
        for node in self.cluster.nodes:
            node.ask("FLUSHALL")
            with self.subTest(node=node.name):
                yield node

    def test_redis_cli(self):
        for node in self.each():
            self.assertEqual(cli(node, "SET", "greeting", "hello"), "OK")
            self.assertEqual(cli(node, "--no-raw", "RPUSH", "l", "a", "b"), "(integer) 2")
            self.assertEqual(cli(node, "--no-raw", "LRANGE", "l", "0", "-1"), '1) "a"\n2) "b"')
            self.assertEqual(cli(node, "-n", "3", "SET", "k", "v"), "OK")
            self.assertEqual(cli(node, "-n", "3", "DBSIZE"), "1")
            self.assertEqual(cli(node, "-r", "3", "INCR", "n").split(), ["1", "2", "3"])
            self.assertEqual(cli(node, stdin=b"MULTI\nINCR n\nGET n\nEXEC\n").split(),
                             ["OK", "QUEUED", "QUEUED", "4", "4"])
            load = b"".join(server.encode("SET", f"key:{i}", i) for i in range(20_000))
            self.assertIn("errors: 0, replies: 20000", cli(node, "--pipe", stdin=load))

    def test_a_pipeline_is_answered_in_order(self):
        for node in self.each():
            with node.connect() as client:
                client.send(("SET", "x", 1), ("INCR", "x"), ("PING",), ("GET", "x"), ("SELECT", 3),
                            ("SET", "y", "three"), ("MULTI",), ("INCR", "z"), ("GET", "y"),
                            ("EXEC",), ("SELECT", 0), ("GET", "y"), ("NOSUCH",), ("GET",),
                            ("LPUSH", "x", 1))
                self.assertEqual(
                    [client.reply() for _ in range(15)],
                    [b"+OK\r\n", b":2\r\n", b"+PONG\r\n", b"$1\r\n2\r\n", b"+OK\r\n", b"+OK\r\n",
                     b"+OK\r\n", b"+QUEUED\r\n", b"+QUEUED\r\n", b"*2\r\n:1\r\n$5\r\nthree\r\n",
                     b"+OK\r\n", b"$-1\r\n",
                     b"-ERR unknown command 'NOSUCH', with args beginning with: \r\n",
                     b"-ERR wrong number of arguments for 'get' command\r\n",
                     b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"])

    def test_a_select_in_a_transaction_stays(self):
        for node in self.each():
            with node.connect() as client:
                client.send(("MULTI",), ("SET", "k", 0), ("SELECT", 5), ("EXEC",), ("SET", "k", 5),
                            ("PING",), ("GET", "k"))
                self.assertEqual([text_of(client.reply()) for _ in range(3)],
                                 ["OK", "QUEUED", "QUEUED"])
                self.assertEqual(client.reply(), b"*2\r\n+OK\r\n+OK\r\n")
                self.assertEqual([text_of(client.reply()) for _ in range(3)], ["OK", "PONG", "5"])
                self.assertEqual(cli(node, "GET", "k"), "0")
                self.assertIn("db=5", client.ask("CLIENT", "INFO"))

    def test_watch(self):
        primary = self.cluster.wait_primary()
        for node in self.each():
            with node.connect() as client:
                for touch, expected in ((False, b"*1\r\n+OK\r\n"), (True, b"*-1\r\n")):
                    self.assertEqual(client.ask("WATCH", "w"), "OK")
                    self.assertEqual(client.ask("MULTI"), "OK")
                    self.assertEqual(client.ask("SET", "w", "mine"), "QUEUED")
                    if touch:
                        primary.ask("SET", "w", "theirs")
                    client.send(("EXEC",))
                    self.assertEqual(client.reply(), expected)
                for words in (("UNWATCH",), ("DISCARD",), ("RESET",)):
                    client.ask("WATCH", "w")
                    if words == ("DISCARD",):
                        client.ask("MULTI")
                    primary.ask("APPEND", "w", ".")
                    self.assertIn(client.ask(*words), ("OK", "RESET"))
                    client.send(("MULTI",), ("GET", "w"), ("EXEC",))
                    client.reply(), client.reply()
                    self.assertTrue(client.reply().startswith(b"*1\r\n$"), words)

    def test_hello_3(self):
        for node in self.each():
            self.assertEqual(cli(node, "-3", "--no-raw", "GET", "missing"), "(nil)")
            with node.connect() as client:
                client.send(("HELLO", 3))
                while client.replies.readline() != b"*0\r\n":
                    pass
                client.send(("GET", "missing"))
                self.assertEqual(client.replies.readline(), b"_\r\n")

    def test_replies_that_are_not_wanted(self):
        for node in self.each():
            with node.connect() as client:
                client.send(("CLIENT", "REPLY", "SKIP"), ("SET", "k", 1), ("GET", "k"),
                            ("CLIENT", "REPLY", "OFF"), ("INCR", "k"), ("PING",),
                            ("CLIENT", "REPLY", "ON"), ("GET", "k"))
                self.assertEqual([text_of(client.reply()) for _ in range(3)], ["1", "OK", "2"])

    def test_large_values_and_many_requests(self):
        value = b"x" * 3_000_000
        for node in self.each():
            with node.connect(timeout=30) as client:
                client.send(("SET", "large", value), ("GET", "large"), ("STRLEN", "large"))
                self.assertEqual(client.reply(), b"+OK\r\n")
                self.assertEqual(len(client.reply()), len(value) + 12)
                self.assertEqual(client.reply(), b":3000000\r\n")
                for _ in range(10):
                    client.send(*(("INCR", "n") for _ in range(5000)))
                for i in range(50_000):
                    self.assertEqual(client.reply(), b":%d\r\n" % (i + 1))

    def test_wait_and_durability(self):
        for node in self.each():
            with node.connect() as client:
                self.assertEqual(client.ask("SET", "k", 1), "OK")
                self.assertEqual(client.ask("WAIT", 2, 5000), "2")
                self.assertEqual(client.ask("CLIENT", "DURABILITY", "ASYNC"), "OK")
                self.assertEqual(client.ask("SET", "k", 2), "OK")
                self.assertEqual(client.ask("GET", "k"), "2")

    def test_what_the_primary_sees(self):
        primary, replica = self.cluster.wait_primary(), self.cluster.replicas()[0]
        with replica.connect() as client:
            client.ask("CLIENT", "SETNAME", "mine")
            client.ask("SET", "k", 1)
            own = client.ask("CLIENT", "INFO").split()
            lines = [line.split() for line in primary.ask("CLIENT", "LIST").splitlines()
                     if "name=mine" in line]
            self.assertEqual(len(lines), 1)
            self.assertIn(f"front={replica.name}", lines[0])
            self.assertIn(next(word for word in own if word.startswith("addr=")), lines[0])
            self.assertRegex(primary.ask("INFO", "clients"), "forwarded_clients:[1-9]")
        server.wait_until(lambda: "forwarded_clients:0\r" in primary.ask("INFO", "clients"),
                          "the primary forgets clients that have left")

    def test_a_client_killed_at_the_primary_is_cut_off(self):
        primary, replica = self.cluster.wait_primary(), self.cluster.replicas()[0]
        with replica.connect() as client:
            client.ask("CLIENT", "SETNAME", "victim")
            client.ask("SET", "k", 1)
            line = next(line for line in primary.ask("CLIENT", "LIST").splitlines()
                        if "name=victim" in line)
            self.assertEqual(primary.ask("CLIENT", "KILL", "ID", line.split()[0][3:]), "1")
            with self.assertRaises((EOFError, ConnectionError)):
                client.ask("GET", "k")

    def test_who_set_readonly_is_redirected_and_reads_locally(self):
        primary, replica = self.cluster.wait_primary(), self.cluster.replicas()[0]
        with replica.connect() as client:
            client.ask("SET", "k", 1)
            self.assertEqual(client.ask("WAIT", 2, 5000), "2")
            self.assertEqual(client.ask("READONLY"), "OK")
            moved = f"-MOVED 7629 {primary.host}:{primary.port}"
            self.assertEqual(client.ask("SET", "k", 2), moved)
            server.wait_until(lambda: client.ask("GET", "k") == "1", "the replica has it")
            self.assertEqual(client.ask("READWRITE"), "OK")
            self.assertEqual(client.ask("SET", "k", 2), "OK")


class Redirects(ForwardCase):
    def test_moved(self):
        cluster = self.start(flags=("--redirects", "moved"))
        primary, replica = cluster.wait_primary(), cluster.replicas()[0]
        moved = f"-MOVED 7629 {primary.host}:{primary.port}"
        self.assertEqual(replica.ask("GET", "k"), moved)
        self.assertEqual(replica.ask("DBSIZE"), "0")
        with replica.connect() as client:
            self.assertEqual(client.ask("MULTI"), "OK")
            self.assertEqual(client.ask("SET", "k", 1), moved)
            self.assertRegex(client.ask("EXEC"), "^-EXECABORT")


class Failures(ForwardCase):
    def test_the_primary_is_killed(self):
        cluster = self.start()
        primary, replicas = cluster.wait_primary(), cluster.replicas()
        clients = [node.connect(timeout=20) for node in replicas]
        for client in clients:
            self.enterContext(client)
            client.ask("SET", "n", 0)
            self.assertEqual(client.ask("WATCH", "w"), "OK")
        # A frozen primary has answered nothing when it is killed.
        primary.signal(signal.SIGSTOP)
        clients[0].send(("GET", "n"), ("INCR", "n"), ("GET", "n"))
        clients[1].send(("GET", "n"))
        primary.kill()
        self.assertRegex(text_of(clients[0].reply()), "^-TRYAGAIN ")
        self.assertRegex(text_of(clients[0].reply()), "^-INDETERMINATE ")
        self.assertIn(clients[0].reply(), (b"$1\r\n0\r\n", b"$1\r\n1\r\n"))
        self.assertIn(clients[1].reply(), (b"$1\r\n0\r\n", b"$1\r\n1\r\n"))
        for client in clients:
            client.send(("MULTI",), ("SET", "w", 1), ("EXEC",), ("GET", "w"))
            self.assertEqual([client.reply() for _ in range(4)],
                             [b"+OK\r\n", b"+QUEUED\r\n", b"*-1\r\n", b"$-1\r\n"])
            self.assertEqual(client.ask("SET", "n", 7), "OK")

    def test_without_a_primary_requests_are_refused_in_time(self):
        cluster = self.start()
        primary, replicas = cluster.wait_primary(), cluster.replicas()
        replicas[1].kill()
        with replicas[0].connect(timeout=20) as client:
            primary.kill()
            # Nobody else votes.
            self.assertRegex(client.ask("SET", "k", 1), "^-(CLUSTERDOWN|INDETERMINATE) ")
            self.assertRegex(client.ask("SET", "k", 1), "^-CLUSTERDOWN ")
            self.assertEqual(client.ask("PING"), "PONG")

    def test_a_switchover_shows_no_client_an_error(self):
        cluster = self.start()
        for number in range(cluster_support.ROUNDS):
            clients = [node.connect(timeout=20) for node in cluster.nodes for _ in range(4)]
            for client in clients:
                self.enterContext(client)
                client.ask("SELECT", 1)
                client.ask("SET", "n", 0)
            source, target = cluster.wait_primary(), cluster.replicas()[number % 2]
            pending = [0] * len(clients)
            with source.connect(timeout=20) as operator:
                version = source.status()["cluster"]["version"]
                for step in range(60):
                    if step == 20:
                        operator.send(("HOLDFAST", "SWITCHOVER", target.name, version))
                    for i, client in enumerate(clients):
                        client.send(("INCR", "n"), ("GET", "n"), ("MULTI",), ("INCR", "m"),
                                    ("EXEC",))
                        pending[i] += 5
                    if step % 3 == 2:
                        for i, client in enumerate(clients):
                            for _ in range(pending[i]):
                                self.assertNotRegex(client.reply(), b"^-")
                            pending[i] = 0
                self.assertEqual(operator.reply(), b"+OK\r\n")
            self.assertIs(cluster.wait_primary(), target)
            self.assertEqual(clients[0].ask("GET", "n"), str(60 * len(clients)))
            cluster.wait_in_sync(3)


MIB = 1 << 20
# What a node may grow by, whatever its clients do, who do several times as much. A third of it are
# the receive buffers of three loops (limits.h), and about as much what they held when a client was
# not listened to any more.
GROWTH_MAX = 160 * MIB


class BackPressure(ForwardCase):
    """Who asks for more than is taken waits; nothing grows without bound, nothing is lost.

    Nobody is suspected for long: a primary that stands still stays the primary. The window of
    records on their way is small, so that what grows is what is forwarded.
    """

    def setUp(self):
        self.cluster = self.start(flags=("--suspect-after", "60000", "--lease", "90000",
                                         "--commit-timeout", "120000",
                                         "--replication-window", "8mb"))
        self.primary, self.replica = self.cluster.wait_primary(), self.cluster.replicas()[0]
        self.before = {node: self.resident(node) for node in (self.primary, self.replica)}

    def resident(self, node):
        with open(f"/proc/{node.process.pid}/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def check_memory(self):
        for node, before in self.before.items():
            self.assertLess(self.resident(node) - before, GROWTH_MAX, node.name)

    def wait_until_still(self, measure, what):
        """Waits until a figure has not moved for a second; the figure."""
        seen = [(time.monotonic(), measure())]

        def still():
            now, figure = time.monotonic(), measure()
            if figure != seen[-1][1]:
                seen.append((now, figure))
            return now - seen[-1][0] > 1

        server.wait_until(still, what, timeout=120)
        self.assertGreater(seen[-1][1], 0, what)
        return seen[-1][1]

    def test_a_client_that_does_not_read(self):
        count, value = 40_000, b"v" * 10_000
        self.replica.ask("SET", "large", value)
        with self.replica.connect(timeout=120) as client:
            sender = threading.Thread(target=lambda: [
                client.send(*(("GET", "large"), ("INCR", "n")) * 100) for _ in range(count // 100)])
            sender.start()
            executed = self.wait_until_still(lambda: int(self.primary.ask("GET", "n") or 0),
                                             "the primary executes no more of it")
            self.assertLess(executed, count)
            self.check_memory()
            # Others are served meanwhile.
            self.assertEqual(self.replica.ask("GET", "n"), str(executed))
            for i in range(count):
                self.assertEqual(len(client.reply()), len(value) + 10)
                self.assertEqual(client.reply(), b":%d\r\n" % (i + 1))
            sender.join()
        self.check_memory()

    def test_a_primary_that_stands_still(self):
        clients, rounds, value = 8, 600, b"v" * 100_000
        sent = [0] * clients
        connections = [self.enterContext(self.replica.connect(timeout=120))
                       for _ in range(clients)]

        def push(number):
            for i in range(rounds):
                connections[number].send(("RPUSH", f"order:{number}", i),
                                         ("SET", f"value:{number}", value))
                sent[number] += 1

        self.primary.freeze()
        try:
            senders = [threading.Thread(target=push, args=(number,)) for number in range(clients)]
            for sender in senders:
                sender.start()
            taken = self.wait_until_still(lambda: sum(sent), "the replica takes no more")
            self.assertLess(taken, clients * rounds)
            self.check_memory()
            # What the node answers by itself is not held up by what waits for the primary.
            self.assertEqual(self.replica.ask("PING"), "PONG")
        finally:
            self.primary.signal(signal.SIGCONT)
        for number, connection in enumerate(connections):
            for i in range(rounds):
                self.assertEqual(connection.reply(), b":%d\r\n" % (i + 1))
                self.assertEqual(connection.reply(), b"+OK\r\n")
            connection.send(("LRANGE", f"order:{number}", 0, -1))
            self.assertEqual(connection.reply(), b"*%d\r\n" % rounds + b"".join(
                server.encode(i).partition(b"\r\n")[2] for i in range(rounds)))
        for sender in senders:
            sender.join()
        self.check_memory()


if __name__ == "__main__":
    cluster_support.run_tests()
