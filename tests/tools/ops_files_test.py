"""What ops/ ships is true: node.conf starts a node, the unit and the compose file name what exists,
and every proof in the table of failures is a test that there is.

Run as `ops_files_test.py KVNODE CTEST BUILD_DIRECTORY`.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KVNODE, CTEST, BUILD = sys.argv[1:4]
START_SECONDS_MAX = 30


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class OpsFiles(unittest.TestCase):
    def test_a_node_starts_with_the_annotated_configuration(self):
        port = free_port()
        peer_port = free_port()
        with tempfile.TemporaryDirectory(prefix="holdfast.") as directory:
            process = subprocess.Popen(
                [KVNODE, os.path.join(ROOT, "ops/conf/node.conf"), "--port", str(port),
                 "--cluster-port", str(peer_port), "--dir", directory],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            try:
                self.assertIn(b"replicated",
                              self.ask(port, process, "CONFIG GET durability\r\n"))
            finally:
                process.kill()
                process.communicate()

    def ask(self, port, process, request):
        """The reply to an inline request, once the node listens."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            self.assertIsNone(process.poll(), "the node ended")
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                    connection.sendall(request.encode())
                    return connection.recv(4096)
            except ConnectionRefusedError:
                time.sleep(0.05)
        self.fail("the node does not listen")

    def test_the_unit_is_one(self):
        unit = read("ops/systemd/holdfast.service")
        for section in ("[Unit]", "[Service]", "[Install]"):
            self.assertIn(section, unit)
        self.assertRegex(unit, r"(?m)^ExecStart=\S+/kvnode \S+/node.conf ")

    def test_the_image_uses_epoll_and_programs_that_are_built(self):
        dockerfile = read("ops/docker/Dockerfile")
        self.assertIn('"--io", "epoll"', dockerfile)
        self.assertIn("--target kvnode kvctl", dockerfile)
        # An image's name is enough; whose registry it is, is the reader's affair.
        for image in re.findall(r"(?m)^FROM (\S+)", dockerfile):
            self.assertNotIn("/", image)
        self.assertIn("dockerfile: ops/docker/Dockerfile", read("ops/docker/compose.yaml"))

    def test_every_failure_has_a_proof_that_exists(self):
        listed = subprocess.run([CTEST, "--test-dir", BUILD, "-N"], capture_output=True, text=True,
                                check=True).stdout
        tests = set(re.findall(r"Test +#\d+: (\S+)", listed))
        rows = [line for line in read("ops/README.md").splitlines()
                if line.startswith("| ") and "`proof: " in line]
        self.assertGreater(len(rows), 10)
        for row in rows:
            for proof in re.findall(r"`proof: ([^`]+)`", row):
                self.check(proof, tests)

    def check(self, proof, tests):
        """A test of ctest, or a file with a name that stands in it."""
        file, _, name = proof.partition(" ")
        if not name:
            self.assertIn(file, tests)
            return
        text = read(file)
        self.assertTrue(name in text, proof)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
