"""kvctl dev failover-demo: nothing is lost, and what would be lost is seen.

Run as `failover_demo_test.py KVNODE [FLAG...]`; kvctl stands beside KVNODE.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import kvctl_test
import server

ACKNOWLEDGED_AT_LEAST = 2000


class Demo(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="holdfast."))
        self.dev = os.path.join(self.directory, "dev")
        self.history = os.path.join(self.directory, "history.jsonl")
        self.base = kvctl_test.free_ports(30)
        self.addCleanup(kvctl_test.kvctl, "dev", "down", "--dir", self.dev)

    def words(self, *arguments):
        flags = [] if "--against" in arguments else ["--", *server.FLAGS]
        return ["dev", "failover-demo", "--dir", self.dev, "--base-port", str(self.base),
                *arguments, *flags]

    def demo(self, code, *arguments):
        done = kvctl_test.kvctl("-o", "json", *self.words(*arguments), timeout=280)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def check(self, code):
        done = kvctl_test.kvctl("-o", "json", "dev", "failover-demo", "--check", self.history)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_a_killed_primary_loses_nothing(self):
        told = self.demo(0, "--rounds", "1", "--history", self.history)
        summary = told["summary"]
        self.assertEqual(told["schema"], "kvctl.failover-demo/v1")
        self.assertEqual((summary["lost"], summary["stale"], summary["phantom"]), (0, 0, 0))
        self.assertEqual((summary["rounds_with_unequal_digests"],
                          summary["rounds_not_linearizable"]), (0, 0))
        self.assertGreater(summary["acknowledged"], ACKNOWLEDGED_AT_LEAST)
        self.assertTrue(told["rounds"][0]["hit_primary"])
        # What was started is gone, and the record says the same later.
        self.assertFalse(os.path.exists(self.dev))
        again = self.check(0)
        self.assertEqual((again["lost"], again["linearizable"]), (0, True))
        self.forge_a_loss()
        self.assertEqual(self.check(1)["lost"], 1)

    def forge_a_loss(self):
        """One acknowledged write is not found by the last reader."""
        with open(self.history, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        written = next(line["command"][1] for line in lines if line.get("reply") == "+OK\r\n")
        for line in lines:
            if line["client"] == 0 and line["command"][1] == written:
                line["reply"] = "$-1\r\n"
        with open(self.history, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)

    def test_a_stopped_replica_in_a_cluster_that_runs(self):
        done = kvctl_test.kvctl("dev", "up", "--dir", self.dev, "--base-port", str(self.base), "--",
                                *server.FLAGS)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = self.demo(0, "--rounds", "1", "--kill", "replica", "--fault", "stop")
        self.assertFalse(told["rounds"][0]["hit_primary"])
        status = kvctl_test.kvctl("-e", f"127.0.0.1:{self.base}", "status")
        self.assertEqual(status.returncode, 0, status.stdout)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("ip"), "needs root and ip")
    def test_the_control_that_is_async_loses(self):
        summary = self.demo(1, "--rounds", "1", "--fault", "partition", "--durability",
                            "async")["summary"]
        self.assertGreater(summary["lost"], 0)
        self.assertEqual(summary["rounds_not_linearizable"], 1)
        summary = self.demo(0, "--rounds", "1", "--fault", "partition")["summary"]
        self.assertEqual(summary["lost"], 0)

    @unittest.skipUnless(shutil.which("redis-server"), "needs redis-server")
    def test_the_control_that_is_redis_loses(self):
        told = self.demo(1, "--rounds", "1", "--against", "redis", "--fault", "stop")
        self.assertGreater(told["summary"]["lost"], 0)
        self.assertIn("sentinel monitor", told["servers"])
        self.assertFalse(os.path.exists(self.dev))

    def test_interrupted_it_leaves_nothing_behind(self):
        binary = os.path.join(os.path.dirname(os.path.abspath(server.BINARY)), "kvctl")
        process = subprocess.Popen([binary, *self.words("--rounds", "9")], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        for _ in range(4):
            process.stdout.readline()
        time.sleep(1.5)  # in the middle of the first round
        process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, printed)
        self.assertIn("[INTERRUPTED, exit 130]", printed)
        self.assertFalse(os.path.exists(self.dev))

    def test_bad_input(self):
        for said, arguments in (
                ("--history wrote", ("--check", "/nowhere")),
                ("always async", ("--against", "redis", "--durability", "async")),
                ("--against", ("--against", "memcached")),
                ("--rounds", ("--rounds", "0"))):
            self.assertIn(said, self.demo(2, *arguments))
        self.assertFalse(os.path.exists(self.dev))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.BINARY, server.FLAGS = sys.argv[1], sys.argv[2:]
    server.run_tests()
