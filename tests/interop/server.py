"""A server process for one test: free loopback port, own directory, stopped by pid.

Test scripts are run as `script.py BINARY [SERVER-FLAG...]`; run_tests() takes the arguments.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BINARY = "redis-server"
FLAGS = []


def run_tests():
    """Runs the calling script's test cases against the server named on the command line."""
    global BINARY, FLAGS
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} BINARY [SERVER-FLAG...]")
    BINARY, FLAGS = shutil.which(sys.argv[1]) or sys.argv[1], sys.argv[2:]
    unittest.main(module="__main__", argv=[sys.argv[0], "-v"])


def is_redis():
    """Whether the server under test is the control, Redis itself."""
    return os.path.basename(BINARY).startswith("redis-server")


def free_port(host="127.0.0.1", family=socket.AF_INET):
    with contextlib.closing(socket.socket(family)) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def wait_until(condition, what, timeout=20.0):
    """Polls until `condition()` is true; the test fails with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(0.02)


class Server:
    """A context manager: starts with the block, is gone behind it.

    Another binary than the one under test gets none of the flags of the command line.
    """

    def __init__(self, *flags, file=None, host="127.0.0.1", port=None, binary=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.host = host
        self.port = port or free_port(host, family)
        self.file = [file] if file else []
        self.flags = flags if binary else (*FLAGS, *flags)
        self.binary = binary or BINARY

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="holdfast.")
        command = [self.binary, *self.file, "--port", str(self.port), "--bind", self.host,
                   "--dir", self.directory, "--save", "", *self.flags]
        self.log = open(os.path.join(self.directory, "server.log"), "w+b")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        wait_until(lambda: self.answers() or self.process.poll() is not None, "PING is answered")
        if self.process.poll() is not None:
            raise AssertionError(f"{command} ended: {self.output()}")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def stop(self, number=signal.SIGTERM):
        """Sends the signal, waits for the end and returns the exit code."""
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def output(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as log:
            return log.read()

    def connect(self, timeout=20):
        return socket.create_connection((self.host, self.port), timeout=timeout)

    def answers(self):
        try:
            with self.connect(timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False

    def cli(self, *arguments, stdin=None, check=True):
        """Runs redis-cli and returns what it printed, without the last line end."""
        command = ["redis-cli", "-h", self.host, "-p", str(self.port), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: {done.stdout} {done.stderr}")
        return done.stdout.decode("utf-8", "replace").rstrip("\n")


def encode(*words):
    """A request as clients send it."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def receive_until_closed(connection):
    """Everything the server sends until it closes."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received
