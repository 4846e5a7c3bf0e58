"""A cluster of kvnode processes on loopback for one test: start, stop, freeze, kill, look at.

Test scripts are run as `script.py KVNODE [--rounds N] [-k PATTERN] [SERVER-FLAG...]`. Every process
is ended by its pid; whatever is waited for is polled and bounded.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import server

ROUNDS = 3
SECRET = "a secret between nodes"
SKIPPED = 77


def run_tests():
    """Runs the calling script's test cases against the kvnode named on the command line."""
    global ROUNDS
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the tests that repeat")
    parser.add_argument("-k", dest="pattern", help="only the tests whose names contain this")
    options, server.FLAGS = parser.parse_known_args()
    server.BINARY = shutil.which(options.binary) or options.binary
    ROUNDS = options.rounds
    chosen = ["-k", options.pattern] if options.pattern else []
    unittest.main(module="__main__", argv=["", "-v", *chosen])


def free_ports(count):
    """Free loopback ports below those that outgoing connections are given.

    So the port of a node that is down stays free until it is started again.
    """
    found = []
    port = 10_000 + os.getpid() * 37 % 20_000
    while len(found) < count:
        port = port + 1 if port < 32_000 else 10_000
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
    return found


def read_reply(stream):
    """One reply as bytes. Arrays come with their elements. EOFError if the connection ended."""
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise EOFError("connection closed")
    if line.startswith(b"$") and line != b"$-1\r\n":
        rest = stream.read(int(line[1:]) + 2)
        if len(rest) < int(line[1:]) + 2:
            raise EOFError("connection closed")
        return line + rest
    if line.startswith(b"*") and line != b"*-1\r\n":
        return line + b"".join(read_reply(stream) for _ in range(int(line[1:])))
    return line


def text_of(reply):
    """A simple, integer, error or bulk reply as text; None if it is a nil."""
    if reply == b"$-1\r\n":
        return None
    head, _, rest = reply.partition(b"\r\n")
    return (rest[:-2] if head.startswith(b"$") else head.lstrip(b"+:")).decode()


class Connection:
    """A client's connection: requests go out together, replies come back one by one."""

    def __init__(self, address, timeout=5):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.socket.makefile("rb")

    def close(self):
        self.replies.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, *requests):
        self.socket.sendall(b"".join(server.encode(*request) for request in requests))

    def reply(self):
        return read_reply(self.replies)

    def ask(self, *words):
        self.send(words)
        return text_of(self.reply())


class Node:
    """A node and its place: it can be started there again and again."""

    def __init__(self, name, port, peer_port, host="127.0.0.1", command_prefix=()):
        self.name = name
        self.host = host
        self.port = port
        self.peer_port = peer_port
        self.command_prefix = command_prefix
        self.flags = []
        self.directory = tempfile.mkdtemp(prefix=f"holdfast.{name}.")
        self.log_path = os.path.join(self.directory, "node.log")
        self.process = None

    def start(self, secret=SECRET):
        """Starts the node, again while the kernel has not given back a killed one's ports yet."""
        def attempt():
            self.launch(secret)
            server.wait_until(lambda: self.status() is not None or self.process.poll() is not None,
                              f"{self.name} answers", timeout=60)
            return self.running() or "Address already in use" not in self.log().splitlines()[-1]

        server.wait_until(attempt, f"{self.name} has its ports")
        if not self.running():
            raise AssertionError(f"{self.name} ended: {self.log()}")

    def launch(self, secret):
        command = [*self.command_prefix, server.BINARY, "--port", str(self.port), "--bind",
                   self.host, "--dir", self.directory, "--save", "", "--cluster-enabled", "yes",
                   "--cluster-port", str(self.peer_port), "--cluster-announce-ip", self.host,
                   "--cluster-secret", secret, *server.FLAGS, *self.flags]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def freeze(self):
        """SIGSTOP, until none of its threads runs any more; SIGCONT lets it go on."""
        self.signal(signal.SIGSTOP)

        def still():
            states = set()
            for task in os.listdir(f"/proc/{self.process.pid}/task"):
                with open(f"/proc/{self.process.pid}/task/{task}/stat", encoding="ascii") as stat:
                    states.add(stat.read().rpartition(")")[2].split()[0])
            return states == {"T"}

        server.wait_until(still, f"{self.name} stands still")

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self):
        """SIGTERM; the exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def remove(self):
        if self.running():
            self.signal(signal.SIGCONT)
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def connect(self, timeout=5):
        return Connection((self.host, self.port), timeout)

    def ask(self, *words, timeout=5):
        with self.connect(timeout) as connection:
            return connection.ask(*words)

    def status(self):
        """What the node says of itself and its cluster; None if it says nothing."""
        with contextlib.suppress(OSError, EOFError, ValueError):
            return json.loads(self.ask("HOLDFAST", "STATUS", timeout=2))
        return None

    def place(self):
        return f"{self.name}={self.host}:{self.port}:{self.peer_port}"


class Cluster:
    """A context manager: nodes n1, n2, ... founded as one cluster, gone behind the block."""

    def __init__(self, size=3, flags=(), founded=True):
        ports = free_ports(4 * size)
        self.nodes = [Node(f"n{i + 1}", *ports[4 * i:4 * i + 2]) for i in range(size)]
        for i, node in enumerate(self.nodes):
            node.sentinel_port, node.http_port = ports[4 * i + 2:4 * i + 4]
            node.flags = ["--sentinel-port", str(node.sentinel_port), "--http-port",
                          str(node.http_port), *flags]
        self.founded = founded

    def __enter__(self):
        try:
            for node in self.nodes:
                node.start()
            if self.founded:
                self.found()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.remove()

    def found(self):
        places = [node.place() for node in self.nodes]
        answer = self.nodes[0].ask("HOLDFAST", "CREATE", "shop", *places, timeout=20)
        if answer != "OK":
            raise AssertionError(f"create: {answer}")
        self.wait_in_sync(sum(":witness" not in place for place in places))

    def node(self, name):
        return next(node for node in self.nodes if node.name == name)

    def statuses(self):
        """{name: status} of those that answer."""
        found = {node.name: node.status() for node in self.nodes if node.running()}
        return {name: status for name, status in found.items() if status is not None}

    def primary(self):
        """The node that serves as primary now, or None."""
        serving = [name for name, status in self.statuses().items() if status["group"]["serving"]]
        return self.node(serving[0]) if serving else None

    def wait_primary(self, timeout=30, but=None):
        """The node that serves as primary, as soon as there is one other than `but`."""
        found = []

        def look():
            node = self.primary()
            if node is not None and node is not but:
                found.append(node)
            return bool(found)

        self.wait(look, "a primary serves", timeout)
        return found[0]

    def ask_primary(self, *words, timeout=30):
        """What the node that serves as primary answers; a refusal, of which nothing was executed,
        is no answer: on a busy machine a lease may end before it is renewed."""
        answers = []

        def answered():
            answers.append(self.wait_primary(timeout).ask(*words) or "")
            return not answers[-1].startswith(("-TRYAGAIN ", "-CLUSTERDOWN "))

        self.wait(answered, f"the primary answers {words}", timeout)
        return answers[-1]

    def in_sync(self):
        """The names of the primary's in-sync members; empty without a primary."""
        node = self.primary()
        status = node.status() if node else None
        if not status:
            return set()
        named = {member["id"]: member["name"] for member in status["cluster"]["nodes"]}
        return {named.get(member["node"]) for member in status["cluster"]["group"]["in_sync"]}

    def wait_in_sync(self, count, timeout=60):
        self.wait(lambda: len(self.in_sync()) == count, f"{count} members in sync", timeout)

    def replicas(self):
        primary = self.primary()
        return [node for node in self.nodes if node.running() and node is not primary]

    def wait(self, condition, what, timeout):
        try:
            server.wait_until(condition, what, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.describe()}") from None

    def describe(self):
        """What everybody says, for the report of a failure."""
        lines = []
        for node in self.nodes:
            status = node.status() if node.running() else None
            said = json.dumps(status["group"]) if status else "does not answer"
            tail = "\n    ".join(node.log().splitlines()[-15:])
            lines.append(f"  {node.name}: {said}\n    {tail}")
        return "\n".join(lines)


def switch_over(source, target, timeout=20):
    """Asks `source` to hand over to `target`; "OK" or the refusal."""
    version = source.status()["cluster"]["version"]
    return source.ask("HOLDFAST", "SWITCHOVER", target.name, version, timeout=timeout)
