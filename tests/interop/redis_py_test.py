"""redis-py as Debian packages it (python3-redis)."""

import threading
import unittest

import redis

import server


class RedisPy(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(server.Server())
        self.client = redis.Redis(port=self.server.port, decode_responses=True)
        self.addCleanup(self.client.close)

    def test_strings_and_deadlines(self):
        client = self.client
        self.assertTrue(client.set("k", "v", ex=100))
        self.assertIn(client.ttl("k"), (99, 100))
        self.assertEqual(client.set("k", "w", get=True), "v")
        self.assertIsNone(client.set("k", "x", nx=True))
        self.assertEqual(client.mget("k", "missing"), ["w", None])
        self.assertEqual(client.incrbyfloat("f", 1.5), 1.5)
        self.assertEqual(client.getex("k", px=5000), "w")
        self.assertEqual(client.getdel("k"), "w")
        self.assertTrue(client.mset({"a": 1, "b": 2}))
        self.assertFalse(client.msetnx({"b": 3, "c": 4}))
        self.assertTrue(client.expire("a", 100))
        self.assertTrue(client.persist("a"))

    def test_lists_and_iteration(self):
        client = self.client
        self.assertEqual(client.rpush("l", *range(100)), 100)
        self.assertEqual(client.lrange("l", 0, 2), ["0", "1", "2"])
        self.assertEqual(client.lpop("l", 2), ["0", "1"])
        self.assertEqual(client.lmove("l", "m", "LEFT", "RIGHT"), "2")
        self.assertEqual(client.lpos("l", "50"), 47)
        client.mset({f"key:{i}": i for i in range(1000)})
        self.assertEqual(set(client.scan_iter("key:*")), {f"key:{i}" for i in range(1000)})
        self.assertEqual(client.type("l"), "list")

    def test_transactions(self):
        client = self.client
        with client.pipeline(transaction=True) as pipeline:
            self.assertEqual(pipeline.set("a", 1).incr("a").get("a").execute(), [True, 2, "2"])
        with client.pipeline(transaction=False) as pipeline:
            for i in range(1000):
                pipeline.set(f"p:{i}", i)
            self.assertEqual(pipeline.execute(), [True] * 1000)
        with client.pipeline() as pipeline:
            pipeline.watch("a")
            client.set("a", "changed")
            pipeline.multi()
            pipeline.set("a", "lost")
            self.assertRaises(redis.WatchError, pipeline.execute)
        self.assertEqual(client.get("a"), "changed")

    def test_optimistic_counter_from_many_threads(self):
        def add():
            own = redis.Redis(port=self.server.port)
            for _ in range(50):
                own.transaction(lambda pipe: increment(pipe), "counter")
            own.close()

        def increment(pipe):
            value = int(pipe.get("counter") or 0)
            pipe.multi()
            pipe.set("counter", value + 1)

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.client.get("counter"), "200")

    def test_errors_have_their_classes(self):
        self.client.set("s", "v")
        with self.assertRaisesRegex(redis.ResponseError, "WRONGTYPE"):
            self.client.lpush("s", "x")
        with self.assertRaisesRegex(redis.ResponseError, "unknown command"):
            self.client.execute_command("NOSUCH")
        with self.assertRaisesRegex(redis.ResponseError, "not an integer"):
            self.client.incr("s")

    def test_the_server_described(self):
        client = self.client
        info = client.info()
        for field in ("redis_version", "uptime_in_seconds", "connected_clients", "used_memory",
                      "total_commands_processed", "role", "db0"):
            client.set("k", "v")
            self.assertIn(field, client.info() if field == "db0" else info)
        self.assertEqual(client.config_get("maxmemory"), {"maxmemory": "0"})
        self.assertTrue(client.config_set("timeout", 0))
        self.assertGreater(client.command_count(), 80)
        self.assertIn("get", client.command())
        client.client_setname("tester")
        self.assertIn("tester", [c["name"] for c in client.client_list()])
        self.assertEqual(len(client.time()), 2)
        self.assertEqual(client.slowlog_reset(), True)

    def test_password(self):
        self.client.config_set("requirepass", "secret")
        other = redis.Redis(port=self.server.port)
        self.assertRaises(redis.AuthenticationError, other.ping)
        other.close()
        right = redis.Redis(port=self.server.port, password="secret")
        self.assertTrue(right.ping())
        right.close()


if __name__ == "__main__":
    server.run_tests()
