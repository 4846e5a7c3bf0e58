"""Many connections, too many, and those that do not read."""

import contextlib
import resource
import socket
import subprocess
import unittest

import server

IDLE_CONNECTIONS = 10_000
DESCRIPTORS_BESIDE = 500
TOO_MANY = b"-ERR max number of clients reached\r\n"


def ping(connection):
    connection.sendall(b"PING\r\n")
    return connection.recv(64)


class Connections(unittest.TestCase):
    def test_ten_thousand_idle_and_load(self):
        needed = IDLE_CONNECTIONS + DESCRIPTORS_BESIDE
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < needed:
            self.skipTest(f"only {hard} descriptors are allowed here")
        if soft < needed:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
        with server.Server("--maxclients", str(IDLE_CONNECTIONS + 200)) as node, \
                contextlib.ExitStack() as idle:
            connections = [idle.enter_context(node.connect()) for _ in range(IDLE_CONNECTIONS)]
            for connection in connections[::100]:
                self.assertEqual(ping(connection), b"+PONG\r\n")
            load = ["redis-benchmark", "-p", str(node.port), "-t", "set,get", "-n", "100000",
                    "-c", "50", "-P", "16", "-q"]
            done = subprocess.run(load, capture_output=True, timeout=100, check=True, text=True)
            self.assertIn("requests per second", done.stdout)
            for connection in connections[::50]:
                self.assertEqual(ping(connection), b"+PONG\r\n")
            clients = [line for line in node.cli("INFO", "clients").splitlines()
                       if line.startswith("connected_clients:")]
            self.assertGreaterEqual(int(clients[0].split(":")[1]), IDLE_CONNECTIONS)

    def test_too_many_clients_get_the_error_and_a_close(self):
        limit = 20
        with server.Server("--maxclients", str(limit)) as node, contextlib.ExitStack() as stack:
            accepted = []
            refusal = b""
            # A server may keep a few places for administrators on loopback.
            while not refusal and len(accepted) <= limit + 64:
                connection = stack.enter_context(node.connect())
                answer = ping(connection)
                if answer == b"+PONG\r\n":
                    accepted.append(connection)
                else:
                    refusal = answer + server.receive_until_closed(connection)
            self.assertEqual(refusal, TOO_MANY)
            self.assertGreaterEqual(len(accepted), limit)
            accepted[0].close()

            def place_is_free():
                with node.connect() as another:
                    return ping(another) == b"+PONG\r\n"

            server.wait_until(place_is_free, "a closed connection makes room")
            self.assertEqual(ping(accepted[1]), b"+PONG\r\n")

    def test_a_client_that_does_not_read_is_cut(self):
        with server.Server("--client-output-buffer-limit", "normal 2mb 0 0") as node:
            node.cli("SET", "big", "x" * 100_000)
            with socket.socket() as deaf, node.connect() as other:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                deaf.connect((node.host, node.port))
                deaf.settimeout(10)
                with contextlib.suppress(ConnectionError, TimeoutError):
                    deaf.sendall(server.encode("CLIENT", "SETNAME", "deaf"))
                    deaf.sendall(server.encode("GET", "big") * 400)
                server.wait_until(lambda: "name=deaf" not in node.cli("CLIENT", "LIST"),
                                  "the deaf client is closed")
                self.assertEqual(ping(other), b"+PONG\r\n")
                received = server.receive_until_closed(deaf)
                self.assertLess(len(received), 400 * 100_000)

    def test_a_slow_reader_within_the_limit_gets_everything(self):
        with server.Server() as node:
            node.cli("SET", "big", "x" * 100_000)
            with node.connect() as slow:
                slow.sendall(server.encode("GET", "big") * 200 + server.encode("QUIT"))
                received = server.receive_until_closed(slow)
                self.assertEqual(len(received), 200 * (100_000 + 11) + len("+OK\r\n"))

    def test_an_announced_bulk_takes_no_memory(self):
        with server.Server() as node, contextlib.ExitStack() as stack:
            for _ in range(50):
                connection = stack.enter_context(node.connect())
                connection.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500000000\r\nonly this")
            self.assertEqual(node.cli("PING"), "PONG")
            with open(f"/proc/{node.process.pid}/statm", encoding="ascii") as statm:
                resident = int(statm.read().split()[1]) * resource.getpagesize()
            self.assertLess(resident, 1 << 30)

    def test_idle_clients_are_closed_after_the_timeout(self):
        with server.Server("--timeout", "1") as node, node.connect() as idle:
            self.assertEqual(ping(idle), b"+PONG\r\n")
            self.assertEqual(server.receive_until_closed(idle), b"")


if __name__ == "__main__":
    server.run_tests()
