"""Values travel between redis-server and the server under test, by DUMP and RESTORE, and both see
the same data: DEBUG DIGEST."""

import unittest

import redis

import rdb_test
import server

UNCOMPRESSED = ("--rdbcompression", "no", "--list-max-listpack-size", "3",
                "--hash-max-listpack-entries", "0", "--set-max-intset-entries", "0",
                "--zset-max-listpack-entries", "0")


class Dump(unittest.TestCase):
    def start(self, *flags, binary=None):
        node = self.enterContext(
            server.Server("--enable-debug-command", "yes", *flags, binary=binary))
        client = redis.Redis(port=node.port)
        self.addCleanup(client.close)
        return client

    def fill(self, client):
        for command in rdb_test.VALUES:
            client.execute_command(*map(str, command))
        client.execute_command("XREADGROUP", "GROUP", "group", "other", "STREAMS", "stream", ">")
        client.execute_command("XDEL", "stream", "1-1")
        client.set("expires", "late", pxat=4102444800123)

    def move(self, source, target):
        """Every key, with its time to live."""
        for key in source.keys("*"):
            deadline = max(source.execute_command("PEXPIRETIME", key), 0)
            target.execute_command("RESTORE", key, deadline, source.dump(key), "ABSTTL")
            self.assertEqual(target.type(key), source.type(key), key)

    def digest(self, client):
        return client.execute_command("DEBUG", "DIGEST")

    def there_and_back(self, *flags):
        source = self.start(*flags, binary="redis-server")
        between = self.start()
        target = self.start(binary="redis-server")
        self.fill(source)
        self.move(source, between)
        for key in source.keys("*"):
            self.assertEqual(between.execute_command("DEBUG", "DIGEST-VALUE", key),
                             source.execute_command("DEBUG", "DIGEST-VALUE", key), key)
        self.assertEqual(self.digest(between), self.digest(source))
        self.move(between, target)
        self.assertEqual(self.digest(target), self.digest(source))
        self.assertEqual(target.execute_command("PEXPIRETIME", "expires"), 4102444800123)
        self.assertEqual(target.xpending("stream", "group")["pending"], 2)

    def test_there_and_back(self):
        self.there_and_back()

    def test_uncompressed_and_with_long_encodings(self):
        self.there_and_back(*UNCOMPRESSED)

    def test_equal_writes_give_equal_digests(self):
        clients = [self.start(binary="redis-server"), self.start()]
        for client in clients:
            pipe = client.pipeline(transaction=False)
            for i in range(2000):
                pipe.set(f"key:{i}", i * 7919 if i % 2 else f"text {i}")
                pipe.rpush(f"list:{i % 50}", i, f"element {i}", "x" * (i % 300))
                if i % 3 == 0:
                    pipe.pexpireat(f"key:{i}", 4102444800123 + i)
            pipe.execute_command("SELECT", 7)
            pipe.append("other", "database")
            pipe.execute()
        self.assertEqual(self.digest(clients[0]), self.digest(clients[1]))
        clients[1].set("key:1", "changed")
        self.assertNotEqual(self.digest(clients[0]), self.digest(clients[1]))

    def test_damaged_payloads_are_refused(self):
        source = self.start(binary="redis-server")
        target = self.start()
        self.fill(source)
        for key in ("list", "hash", "sorted", "stream", "intset"):
            payload = source.dump(key)
            for at in range(0, len(payload), max(len(payload) // 50, 1)):
                broken = payload[:at] + bytes([payload[at] ^ 0x55]) + payload[at + 1:]
                for damaged in (broken, payload[:at]):
                    with self.assertRaises(redis.ResponseError):
                        target.restore("k", 0, damaged)
        self.assertEqual(target.dbsize(), 0)


if __name__ == "__main__":
    server.run_tests()
