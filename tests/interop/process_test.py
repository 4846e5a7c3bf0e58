"""The process: what it listens on, how it starts, refuses to start, and stops."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import unittest
import unittest.mock

import server


def start_and_fail(*arguments):
    """Runs a server that must not start."""
    command = [server.BINARY, *arguments, *server.FLAGS]
    return subprocess.run(command, capture_output=True, timeout=20, check=False, text=True,
                          stdin=subprocess.DEVNULL)


class Listening(unittest.TestCase):
    def test_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "node.sock")
            with server.Server("--unixsocket", path, "--unixsocketperm", "700") as node:
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o700)
                cli = ["redis-cli", "-s", path]
                done = subprocess.run([*cli, "SET", "k", "v"], capture_output=True, check=True)
                self.assertEqual(done.stdout, b"OK\n")
                self.assertEqual(node.cli("GET", "k"), "v")
                listed = subprocess.run([*cli, "CLIENT", "LIST"], capture_output=True, check=True)
                self.assertIn(f"addr={path}:0".encode(), listed.stdout)
                self.assertEqual(node.stop(), 0)
            self.assertFalse(os.path.exists(path))

    def test_unix_socket_without_tcp(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "node.sock")
            process = subprocess.Popen(
                [server.BINARY, *server.FLAGS, "--port", "0", "--unixsocket", path, "--dir",
                 directory, "--save", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                server.wait_until(lambda: os.path.exists(path), "the socket appears")
                done = subprocess.run(["redis-cli", "-s", path, "PING"], capture_output=True,
                                      check=True, timeout=10)
                self.assertEqual(done.stdout, b"PONG\n")
            finally:
                process.terminate()
                self.assertEqual(process.wait(timeout=15), 0)

    def test_ipv6(self):
        try:
            server.free_port("::1", socket.AF_INET6)
        except OSError:
            self.skipTest("no IPv6 on loopback here")
        with server.Server(host="::1") as node:
            self.assertEqual(node.cli("SET", "k", "v"), "OK")
            self.assertIn(f"laddr=[::1]:{node.port}", node.cli("CLIENT", "LIST"))

    def test_several_addresses(self):
        with server.Server("--bind", "127.0.0.1", "127.0.0.2") as node:
            for host in ("127.0.0.1", "127.0.0.2"):
                with socket.create_connection((host, node.port), timeout=5) as connection:
                    connection.sendall(b"PING\r\n")
                    self.assertEqual(connection.recv(16), b"+PONG\r\n")

    def test_change_of_port(self):
        with server.Server() as node, node.connect() as before:
            old, new = node.port, server.free_port()
            before.sendall(server.encode("CONFIG", "SET", "port", new, "timeout", 7))
            self.assertEqual(before.recv(64), b"+OK\r\n")
            with self.assertRaises(OSError):
                node.connect(timeout=1)
            node.port = new
            self.assertEqual(node.cli("CONFIG", "GET", "timeout"), "timeout\n7")
            self.assertIn(f"tcp_port:{new}", node.cli("INFO", "server"))
            node.port = old

    def test_change_of_addresses(self):
        with server.Server() as node:
            def reaches(host):
                try:
                    socket.create_connection((host, node.port), timeout=1).close()
                    return True
                except OSError:
                    return False
            for bind, reached in (("127.0.0.1 127.0.0.2", (True, True, False)),
                                  ("*", (True, True, True)),
                                  ("127.0.0.3 127.0.0.1 -192.0.2.1", (True, False, True))):
                self.assertEqual(node.cli("CONFIG", "SET", "bind", bind), "OK")
                hosts = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
                self.assertEqual(tuple(map(reaches, hosts)), reached, bind)

    def test_change_that_cannot_be(self):
        with server.Server() as node, socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            refusal = node.cli("CONFIG", "SET", "timeout", "7", "port", str(port), check=False)
            self.assertEqual(refusal, "ERR CONFIG SET failed (possibly related to argument 'port') "
                             "- Unable to listen on this port. Check server logs.")
            self.assertEqual(node.cli("CONFIG", "GET", "timeout"), "timeout\n0")
            self.assertEqual(node.cli("CONFIG", "GET", "port"), f"port\n{node.port}")
            refusal = node.cli("CONFIG", "SET", "bind", "127.0.0.1 192.0.2.1", check=False)
            self.assertEqual(refusal, "ERR CONFIG SET failed (possibly related to argument 'bind') "
                             "- Failed to bind to specified addresses.")
            self.assertEqual(node.cli("PING"), "PONG")


class Configuring(unittest.TestCase):
    def test_loglevel(self):
        if server.is_redis():
            self.skipTest("redis-server logs a rewrite as a warning")
        with tempfile.NamedTemporaryFile(suffix=".conf") as file:
            with server.Server("--loglevel", "warning", file=file.name) as node:
                def rewrites_logged():
                    self.assertEqual(node.cli("CONFIG", "REWRITE"), "OK")
                    return node.output().count("CONFIG REWRITE executed with success")

                self.assertEqual(rewrites_logged(), 0)
                self.assertEqual(node.cli("CONFIG", "SET", "loglevel", "notice"), "OK")
                self.assertEqual(rewrites_logged(), 1)
                self.assertEqual(node.cli("CONFIG", "SET", "loglevel", "warning"), "OK")
                self.assertEqual(rewrites_logged(), 1)

    def test_average_ttl(self):
        if server.is_redis():
            self.skipTest("redis-server estimates it when it looks for expired keys")

        def average():
            return int(re.search(r"db0:.*avg_ttl=(\d+)", node.cli("INFO", "keyspace"))[1])

        with server.Server() as node:
            node.cli("SET", "eternal", "v")
            self.assertEqual(average(), 0)
            node.cli("SET", "a", "v", "EX", "1000")
            node.cli("SET", "b", "v", "EX", "2000")
            self.assertTrue(1_400_000 < average() <= 1_500_000, average())
            fill = "".join(f"SET k{i} v EX {1000 + i % 1000}\n" for i in range(20_000))
            node.cli(stdin=fill.encode())
            self.assertTrue(1_350_000 < average() < 1_650_000, average())

    def test_back_end_in_use(self):
        with server.Server() as node:
            name = next(line for line in node.cli("INFO", "server").split("\n")
                        if line.startswith("multiplexing_api:")).strip()
            wanted = {"uring": "multiplexing_api:io_uring", "epoll": "multiplexing_api:epoll"}
            if server.is_redis():
                self.assertEqual(name, wanted["epoll"])
            else:
                self.assertEqual(name, wanted[server.FLAGS[server.FLAGS.index("--io") + 1]])

    def test_environment_of_a_kubernetes_pod(self):
        if server.is_redis():
            self.skipTest("redis-server reads no directives from the environment")
        injected = {"KV_SERVICE_HOST": "10.0.0.11", "KV_PORT": "tcp://10.0.0.11:6379",
                    "KV_PORT_6379_TCP": "tcp://10.0.0.11:6379", "KV_MAXMEMRY": "1gb"}
        with unittest.mock.patch.dict(os.environ, injected), server.Server() as node:
            self.assertIn('environment KV_MAXMEMRY: unknown directive "maxmemry"; did you mean '
                          '"maxmemory"? (ignored)', node.output())
            self.assertIn("environment KV_PORT: ignored", node.output())


class Starting(unittest.TestCase):
    def refuses(self, *arguments, says):
        done = start_and_fail(*arguments)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        # Redis spreads its complaint over its log and several lines.
        complaint = done.stdout + done.stderr if server.is_redis() else done.stderr
        self.assertIn(says, complaint)
        if not server.is_redis():
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        return complaint

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            self.refuses("--port", port, "--bind", "127.0.0.1", says=port)

    def test_missing_directory(self):
        self.refuses("--port", str(server.free_port()), "--dir", "/nonexistent/dir",
                     says="No such file or directory")

    def test_unwritable_directory(self):
        if server.is_redis():
            self.skipTest("redis-server notices when it first saves")
        self.refuses("--port", str(server.free_port()), "--dir", "/proc", says="/proc")

    def test_unknown_directive(self):
        self.refuses("--nosuchdirective", "x", says="nosuchdirective")

    def test_bad_values(self):
        self.refuses("--port", "notaport", says="port")
        self.refuses("--maxmemory", "-1x", says="maxmemory")
        self.refuses("--appendonly", "maybe", says="appendonly")

    def test_configuration_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "node.conf")
            with open(path, "w", encoding="utf-8") as conf:
                conf.write("# a comment\n\ntimeout 7\nmaxmemorry 1gb\n")
            complaint = self.refuses(path, "--port", str(server.free_port()), says="maxmemorry")
            if not server.is_redis():
                self.assertIn(f"{path}:4", complaint)
                self.assertIn("maxmemory", complaint.replace("maxmemorry", ""))
            self.refuses(os.path.join(directory, "absent.conf"), says="absent.conf")

    def test_file_and_flags(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "node.conf")
            port = server.free_port()
            with open(path, "w", encoding="utf-8") as conf:
                conf.write(f'port 1\ntimeout 7\nmaxmemory 100mb\nrename-command LOLWUT ""\n'
                           f'bind 127.0.0.1\ndir "{directory}"\nsave ""\n')
            process = subprocess.Popen(
                [server.BINARY, path, *server.FLAGS, "--port", str(port), "--timeout", "9"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

            def ask(*words):
                done = subprocess.run(["redis-cli", "-p", str(port), *words], timeout=10,
                                      capture_output=True, check=False, text=True)
                return done.stdout.split("\n")[:-1]

            try:
                server.wait_until(lambda: ask("PING") == ["PONG"], "PING is answered")
                self.assertEqual(ask("CONFIG", "GET", "timeout"), ["timeout", "9"])
                self.assertEqual(ask("CONFIG", "GET", "maxmemory"), ["maxmemory", "104857600"])
                self.assertIn("unknown command", ask("LOLWUT")[0])
                self.assertEqual(ask("CONFIG", "SET", "maxmemory", "200mb"), ["OK"])
                self.assertEqual(ask("CONFIG", "REWRITE"), ["OK"])
            finally:
                process.terminate()
                process.wait(timeout=15)
            with open(path, encoding="utf-8") as conf:
                text = conf.read()
            self.assertIn("maxmemory 200mb", text)
            self.assertIn("timeout 9", text)


class Stopping(unittest.TestCase):
    def stops_cleanly(self, how):
        with tempfile.TemporaryDirectory() as directory:
            pidfile = os.path.join(directory, "node.pid")
            with server.Server("--pidfile", pidfile) as node, node.connect() as client:
                client.sendall(b"SET k v\r\n")
                self.assertEqual(client.recv(16), b"+OK\r\n")
                with open(pidfile, encoding="ascii") as pid:
                    self.assertEqual(int(pid.read()), node.process.pid)
                how(node)
                self.assertEqual(node.process.wait(timeout=15), 0)
                self.assertEqual(server.receive_until_closed(client), b"")
                self.assertFalse(os.path.exists(pidfile))
                with self.assertRaises(OSError):
                    node.connect(timeout=1)

    def test_sigterm(self):
        self.stops_cleanly(lambda node: node.process.send_signal(signal.SIGTERM))

    def test_sigint(self):
        self.stops_cleanly(lambda node: node.process.send_signal(signal.SIGINT))

    def test_shutdown_command(self):
        self.stops_cleanly(lambda node: node.cli("SHUTDOWN", "NOSAVE", check=False))

    def test_log_lines_that_tools_wait_for(self):
        with server.Server() as node:
            self.assertIn("Server initialized", node.output())
            self.assertIn("Ready to accept connections", node.output())
            self.assertIn(str(node.process.pid), node.output())


if __name__ == "__main__":
    server.run_tests()
