"""A node that stands alone comes back from its disk with what it promised."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest

import server


class Durable(server.Server):
    """A server whose directory outlives its processes."""

    def __init__(self, *flags, save=""):
        super().__init__("--appendonly", "yes", *flags)
        self.save = save

    def start(self):
        command = [server.BINARY, "--port", str(self.port), "--bind", self.host, "--dir",
                   self.directory, "--save", self.save, *server.FLAGS, *self.flags]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        server.wait_until(lambda: self.answers() or self.process.poll() is not None,
                          "PING is answered")
        if self.process.poll() is not None:
            raise AssertionError(f"{command} ended: {self.output()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def files(self):
        return sorted(os.listdir(os.path.join(self.directory, "appendonlydir")))

    def info(self, field):
        return re.search(rf"^{field}:(.*?)\r?$", self.cli("INFO", "persistence"), re.M).group(1)


class Restart(unittest.TestCase):
    def test_everything_is_back_after_a_kill(self):
        with Durable() as node:
            node.cli("SET", "text", "value")
            node.cli("RPUSH", "list", "a", "b", "c")
            node.cli("SET", "brief", "x", "PX", "60000")
            node.cli("SET", "gone", "x")
            node.cli("DEL", "gone")
            node.cli("-n", "3", "SET", "elsewhere", "y")
            node.kill()
            node.start()
            self.assertEqual(node.cli("GET", "text"), "value")
            self.assertEqual(node.cli("LRANGE", "list", "0", "-1"), "a\nb\nc")
            self.assertTrue(50000 < int(node.cli("PTTL", "brief")) <= 60000)
            self.assertEqual(node.cli("EXISTS", "gone"), "0")
            self.assertEqual(node.cli("-n", "3", "GET", "elsewhere"), "y")

    def test_a_key_that_expired_meanwhile_is_gone(self):
        with Durable() as node:
            node.cli("SET", "brief", "x", "PX", "100")
            node.kill()
            time.sleep(0.2)
            node.start()
            self.assertEqual(node.cli("GET", "brief"), "")
            self.assertEqual(node.cli("DBSIZE"), "0")

    def test_snapshot_and_the_log_behind_it(self):
        with Durable() as node:
            for i in range(20):
                node.cli("SET", f"before{i}", str(i))
            self.assertEqual(node.cli("SAVE"), "OK")
            node.cli("SET", "after", "1")
            node.cli("DEL", "before0")
            node.kill()
            node.start()
            self.assertEqual(node.cli("DBSIZE"), "20")
            self.assertEqual(node.cli("EXISTS", "before0"), "0")
            self.assertEqual(node.info("rdb_last_load_keys_loaded"), "20")
            self.assertEqual(node.info("log_records_loaded"), "2")

    def test_the_log_shrinks_when_a_snapshot_replaces_it(self):
        with Durable("--auto-aof-rewrite-min-size", "1mb") as node:
            loader = subprocess.run(
                ["redis-benchmark", "-p", str(node.port), "-n", "200000", "-r", "100", "-d", "1000",
                 "-P", "50", "-q", "-t", "set"], capture_output=True, check=True, timeout=60)
            self.assertIn(b"SET", loader.stdout)
            server.wait_until(lambda: int(node.info("rdb_saves")) > 0, "a snapshot was taken")
            node.cli("SAVE")
            server.wait_until(lambda: len(node.files()) == 1, "older segments are gone")
            keys = node.cli("DBSIZE")
            node.kill()
            node.start()
            self.assertEqual(node.cli("DBSIZE"), keys)

    def test_an_orderly_end_loses_nothing(self):
        with Durable() as node:
            node.cli("SET", "k", "v")
            self.assertEqual(node.stop(), 0)
            node.start()
            self.assertEqual(node.cli("GET", "k"), "v")

    def test_appendonly_is_turned_on_over_a_snapshot_and_off_again(self):
        with Durable() as node:
            node.flags = ()
            node.stop()
            shutil.rmtree(os.path.join(node.directory, "appendonlydir"))
            node.start()
            node.cli("SET", "old", "1")
            node.cli("SAVE")
            node.stop()
            node.flags = ("--appendonly", "yes")
            node.start()
            node.cli("SET", "logged", "2")
            node.kill()
            node.start()
            self.assertEqual(node.cli("MGET", "old", "logged"), "1\n2")
            node.stop()
            node.flags = ()
            node.start()
            self.assertEqual(node.cli("MGET", "old", "logged"), "1\n2")
            server.wait_until(lambda: node.files() == [], "the log's files are gone")
            node.kill()
            node.start()
            self.assertEqual(node.cli("MGET", "old", "logged"), "1\n2")

    def test_redis_and_the_node_load_each_others_files(self):
        with Durable() as node:
            node.cli("SET", "text", "value" * 100)
            node.cli("SET", "number", "12345")
            node.cli("RPUSH", "list", *[str(i) for i in range(500)])
            node.cli("SET", "brief", "x", "EX", "1000")
            node.cli("SAVE")
            checked = subprocess.run(
                ["redis-check-rdb", os.path.join(node.directory, "dump.rdb")],
                capture_output=True, check=False, timeout=20)
            self.assertEqual(checked.returncode, 0, checked.stdout)
            flags, binary = server.FLAGS, server.BINARY
            mine = node.cli("LRANGE", "list", "0", "-1")
            node.stop()
            shutil.rmtree(os.path.join(node.directory, "appendonlydir"))
            node.flags = ("--appendonly", "no")
            try:
                server.BINARY, server.FLAGS = "redis-server", []
                node.start()
                self.assertEqual(node.cli("GET", "text"), "value" * 100)
                self.assertEqual(node.cli("LRANGE", "list", "0", "-1"), mine)
                self.assertTrue(900 < int(node.cli("TTL", "brief")) <= 1000)
                node.cli("SET", "redis", "was here")
                node.cli("SAVE")
                node.stop()
            finally:
                server.BINARY, server.FLAGS = binary, flags
            node.flags = ("--appendonly", "yes")
            node.start()
            self.assertEqual(node.cli("GET", "redis"), "was here")
            self.assertEqual(node.cli("GET", "number"), "12345")
            self.assertEqual(node.cli("LRANGE", "list", "0", "-1"), mine)


class Refusal(unittest.TestCase):
    def refuses(self, node, *words):
        with self.assertRaises(AssertionError) as failure:
            node.start()
        for word in words:
            self.assertIn(word, str(failure.exception))

    def test_damage_in_the_middle_of_the_log(self):
        with Durable() as node:
            for i in range(50):
                node.cli("SET", f"k{i}", "x" * 100)
            node.stop()
            path = os.path.join(node.directory, "appendonlydir", node.files()[0])
            with open(path, "r+b") as segment:
                segment.seek(2000)
                segment.write(b"\xff")
            self.refuses(node, node.files()[0], "byte")

    def test_a_snapshot_that_the_log_needs_is_missing(self):
        with Durable("--auto-aof-rewrite-percentage", "0") as node:
            node.cli("SET", "a", "1")
            node.cli("SAVE")
            subprocess.run(
                ["redis-benchmark", "-p", str(node.port), "-n", "150000", "-r", "100", "-d",
                 "1000", "-P", "50", "-q", "-t", "set"], capture_output=True, check=True, timeout=60)
            node.cli("SAVE")
            server.wait_until(lambda: not node.files()[0].endswith("0001.hf"), "the log is trimmed")
            node.stop()
            os.rename(os.path.join(node.directory, "dump.rdb"),
                      os.path.join(node.directory, "elsewhere.rdb"))
            self.refuses(node, "dump.rdb", "missing")
            os.rename(os.path.join(node.directory, "elsewhere.rdb"),
                      os.path.join(node.directory, "dump.rdb"))
            node.start()
            self.assertEqual(node.cli("GET", "a"), "1")

    def test_a_snapshot_of_another_log(self):
        with Durable() as one, Durable() as other:
            for node in (one, other):
                node.cli("SET", "a", "1")
                node.cli("SAVE")
                node.stop()
            shutil.copy(os.path.join(other.directory, "dump.rdb"), one.directory)
            self.refuses(one, "dump.rdb", "appendonlydir", "Move away")

    def test_a_snapshot_that_is_cut_short(self):
        with Durable("--appendonly", "no") as node:
            node.cli("SET", "a", "1" * 1000)
            node.cli("SAVE")
            node.stop()
            path = os.path.join(node.directory, "dump.rdb")
            os.truncate(path, os.path.getsize(path) - 9)
            self.refuses(node, "dump.rdb")


class Saving(unittest.TestCase):
    def test_a_save_rule(self):
        with Durable("--appendonly", "no", save="1 5") as node:
            node.stop()
            node.start()
            for i in range(6):
                node.cli("SET", f"k{i}", "v")
            server.wait_until(lambda: int(node.info("rdb_saves")) == 1, "the rule was followed")
            self.assertEqual(node.info("rdb_changes_since_last_save"), "0")
            node.kill()
            node.start()
            self.assertEqual(node.cli("DBSIZE"), "6")

    def test_writes_are_refused_while_no_snapshot_can_be_written(self):
        with Durable("--appendonly", "no", save="3600 1") as node:
            node.stop()
            node.start()
            node.cli("SET", "a", "1")
            os.mkdir(os.path.join(node.directory, "dump.rdb"))
            node.cli("BGSAVE")
            server.wait_until(lambda: node.info("rdb_last_bgsave_status") == "err", "it failed")
            self.assertIn("MISCONF", node.cli("SET", "a", "2"))
            self.assertEqual(node.cli("GET", "a"), "1")
            # An end that would lose the data is refused too.
            self.assertIn("Errors trying to SHUTDOWN", node.cli("SHUTDOWN"))
            os.rmdir(os.path.join(node.directory, "dump.rdb"))
            node.cli("BGSAVE")
            server.wait_until(lambda: node.info("rdb_last_bgsave_status") == "ok", "it succeeded")
            self.assertEqual(node.cli("SET", "a", "2"), "OK")

    def test_save_and_bgsave_answer_as_redis_does(self):
        with Durable() as node:
            self.assertEqual(node.cli("BGSAVE"), "Background saving started")
            self.assertIn("ERR syntax error", node.cli("BGSAVE", "now"))
            server.wait_until(lambda: node.info("rdb_bgsave_in_progress") == "0", "it is done")
            self.assertEqual(node.cli("SAVE"), "OK")
            self.assertAlmostEqual(int(node.cli("LASTSAVE")), time.time(), delta=5)
            self.assertIn("rewriting started", node.cli("BGREWRITEAOF"))

    def test_waitaof(self):
        with Durable("--appendfsync", "no") as node:
            self.assertEqual(node.cli("-e", "WAITAOF", "0", "0", "0"), "1\n0")
            self.assertEqual(node.cli(stdin=b"SET a 1\nWAITAOF 1 0 0\n"), "OK\n1\n0")
            self.assertGreaterEqual(int(node.info("log_synced_lsn")), 1)
            self.assertEqual(node.cli(stdin=b"SET a 1\nWAITAOF 0 1 10\n").splitlines()[2], "0")

    def test_a_connection_that_waits_for_the_disk(self):
        with Durable("--appendfsync", "no") as node:
            self.assertEqual(node.cli(stdin=b"CLIENT DURABILITY FSYNC\nSET a 1\n"), "OK\nOK")
            self.assertEqual(node.info("log_synced_lsn"), node.info("log_tail_lsn"))


class CrashLoop(unittest.TestCase):
    """Clients count what was acknowledged; each life of the node must show all of it."""

    ROUNDS = 5
    CLIENTS = 4

    def write(self, node, client, acknowledged, stop):
        try:
            with node.connect(timeout=5) as connection:
                stream = connection.makefile("rb")
                number = acknowledged[client]
                while not stop.is_set():
                    batch = range(number + 1, number + 9)
                    connection.sendall(b"".join(
                        server.encode("SET", f"c{client}", i) for i in batch))
                    for i in batch:
                        if stream.readline() != b"+OK\r\n":
                            return
                        acknowledged[client] = number = i
        except OSError:
            return

    def crash(self, *flags):
        with Durable(*flags) as node:
            acknowledged = [0] * self.CLIENTS
            for number in range(self.ROUNDS):
                stop = threading.Event()
                clients = [threading.Thread(target=self.write, args=(node, i, acknowledged, stop))
                           for i in range(self.CLIENTS)]
                for client in clients:
                    client.start()
                time.sleep(0.3)
                if number % 2 == 1:
                    node.cli("BGSAVE")
                node.kill()
                stop.set()
                for client in clients:
                    client.join()
                node.start()
                for i in range(self.CLIENTS):
                    found = int(node.cli("GET", f"c{i}") or 0)
                    self.assertGreaterEqual(found, acknowledged[i], f"client {i}, round {number}")
                    acknowledged[i] = found
            self.assertGreater(min(acknowledged), 0)

    def test_always(self):
        self.crash("--appendfsync", "always")

    def test_everysec(self):
        self.crash("--appendfsync", "everysec")

    def test_no(self):
        self.crash("--appendfsync", "no")


if __name__ == "__main__":
    server.run_tests()
