"""ioredis and node-redis. `ops/setup` installs them in this directory."""

import os
import subprocess
import sys
import unittest

import server

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77


class NodeClients(unittest.TestCase):
    def run_script(self, name):
        with server.Server() as node:
            done = subprocess.run(["node", "--test", name], cwd=HERE, timeout=100, check=False,
                                  env={**os.environ, "PORT": str(node.port)}, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("fail 0", done.stdout)

    def test_ioredis(self):
        self.run_script("ioredis_test.mjs")

    def test_node_redis(self):
        self.run_script("node_redis_test.mjs")


if __name__ == "__main__":
    if not os.path.isdir(os.path.join(HERE, "node_modules")):
        print("skipped: run ops/setup first")
        sys.exit(SKIPPED)
    server.run_tests()
