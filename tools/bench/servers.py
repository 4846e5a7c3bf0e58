"""The servers under measurement, each a process pinned to its core."""

import contextlib
import dataclasses
import os
import shutil
import socket
import subprocess
import tempfile
import time

import machine


@dataclasses.dataclass(frozen=True)
class Contender:
    """A server binary, the flags it runs with and the name it has in tables."""

    name: str
    binary: str
    flags: tuple = ()

    def version(self):
        with Server(self) as server:
            info = server.request("INFO", "server").decode("utf-8", "replace")
        fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
        shown = [f"{key} {fields[key]}" for key in ("redis_version", "holdfast_version",
                                                    "valkey_version") if key in fields]
        return f"{self.name}: " + " ".join(shown)


def contenders(kvnode, redis, peers, io):
    """What is compared: kvnode, redis-server and others given as NAME=PATH."""
    found = [Contender("kvnode", kvnode, ("--workers", "1", "--io", io)),
             Contender("redis", redis)]
    for peer in peers:
        name, _, path = peer.rpartition("=")
        found.append(Contender(name or os.path.basename(path), path))
    for contender in found:
        if shutil.which(contender.binary) is None:
            raise SystemExit(f"bench: {contender.name}: no executable at {contender.binary}")
    return found


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A context manager: a running contender without persistence, on a free loopback port."""

    def __init__(self, contender, cores=None, flags=()):
        self.contender = contender
        self.cores = cores or machine.SERVER_CORES
        self.flags = flags
        self.port = free_port()

    def command(self):
        return [self.contender.binary, "--port", str(self.port), "--bind", "127.0.0.1",
                "--save", "", "--appendonly", "no", *self.contender.flags, *self.flags]

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="holdfast-bench.")
        self.log = open(os.path.join(self.directory, "log"), "w+b")
        self.process = subprocess.Popen(
            [*self.command(), "--dir", self.directory], stdout=self.log, stderr=self.log,
            stdin=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, self.cores))
        deadline = time.monotonic() + 20
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                self.log.seek(0)
                raise SystemExit(f"bench: {self.contender.name} does not start:\n"
                                 + self.log.read().decode("utf-8", "replace"))
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def answers(self):
        try:
            return self.request("PING") == b"PONG"
        except OSError:
            return False

    def request(self, *words):
        """Sends one inline request; returns the simple, integer or bulk reply."""
        with self.connect() as connection, connection.makefile("rb") as replies:
            connection.sendall(" ".join(words).encode() + b"\r\n")
            line = replies.readline().rstrip(b"\r\n")
            return replies.read(int(line[1:])) if line.startswith(b"$") else line[1:]

    def cpu_ns(self):
        return machine.cpu_ns(self.process.pid)

    def resident_bytes(self):
        return machine.resident_bytes(self.process.pid)

    def settled_resident_bytes(self):
        """Resident memory once it has stopped moving, so that deferred work is counted."""
        before = self.resident_bytes()
        while True:
            time.sleep(0.5)
            now = self.resident_bytes()
            if abs(now - before) < 64 * 1024:
                return now
            before = now
