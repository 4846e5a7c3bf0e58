"""redis-benchmark runs through and leaves behind what it wrote."""

import subprocess
import unittest

import server

TESTS = "set,get,incr,lpush,rpush,lpop,rpop,mset"
REQUESTS = 20_000


class RedisBenchmark(unittest.TestCase):
    def run_benchmark(self, *flags):
        with server.Server() as node:
            command = ["redis-benchmark", "-p", str(node.port), "-t", TESTS,
                       "-n", str(REQUESTS), "-q", "--csv", *flags]
            done = subprocess.run(command, capture_output=True, timeout=120, check=False, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertNotIn("rror", done.stdout + done.stderr)
            rows = [row.split(",")[0].strip('"') for row in done.stdout.splitlines()[1:]]
            self.assertEqual(rows, ["SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP",
                                    "MSET (10 keys)"])
            self.assertGreaterEqual(int(node.cli("GET", "counter:__rand_int__")), REQUESTS)
            # As many elements were popped as pushed, but for the requests that were in flight.
            self.assertLess(int(node.cli("LLEN", "mylist")), 1000)

    def test_one_at_a_time(self):
        self.run_benchmark("-P", "1")

    def test_pipelines(self):
        self.run_benchmark("-P", "16")

    def test_resp3_and_several_threads(self):
        self.run_benchmark("-P", "16", "-3", "--threads", "2")


if __name__ == "__main__":
    server.run_tests()
