"""redis-cli in its various moods, and a shell without it."""

import subprocess
import unittest

import server


class RedisCli(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(server.Server())

    def test_single_commands(self):
        cli = self.server.cli
        self.assertEqual(cli("SET", "greeting", "hello"), "OK")
        self.assertEqual(cli("GET", "greeting"), "hello")
        self.assertEqual(cli("--no-raw", "RPUSH", "l", "a", "b"), "(integer) 2")
        self.assertEqual(cli("--no-raw", "LRANGE", "l", "0", "-1"), '1) "a"\n2) "b"')
        self.assertEqual(cli("--no-raw", "GET", "missing"), "(nil)")
        self.assertIn("wrong number of arguments", cli("GET"))
        self.assertEqual(cli("-n", "3", "SET", "k", "v"), "OK")
        self.assertEqual(cli("-n", "3", "DBSIZE"), "1")
        self.assertEqual(cli("-3", "--no-raw", "CONFIG", "GET", "maxmemory"),
                         '1# "maxmemory" => "0"')
        self.assertEqual(cli("-r", "3", "INCR", "n").split(), ["1", "2", "3"])

    def test_commands_and_values_on_stdin(self):
        self.assertEqual(self.server.cli(stdin=b"SET a 1\nINCR a\nGET a\n"), "OK\n2\n2")
        self.assertEqual(self.server.cli("-x", "SET", "data", stdin=b"\x00binary\xff"), "OK")
        self.assertEqual(self.server.cli("STRLEN", "data"), "8")

    def test_pipe(self):
        count = 20_000
        load = b"".join(server.encode("SET", f"key:{i}", f"value:{i}") for i in range(count))
        printed = self.server.cli("--pipe", stdin=load)
        self.assertIn(f"errors: 0, replies: {count}", printed)
        self.assertEqual(self.server.cli("DBSIZE"), str(count))
        self.assertEqual(self.server.cli("GET", "key:19999"), "value:19999")

    def test_pipe_reports_errors(self):
        load = server.encode("SET", "s", "v") + server.encode("LPUSH", "s", "x")
        printed = self.server.cli("--pipe", stdin=load, check=False)
        self.assertIn("errors: 1, replies: 2", printed)

    def test_scan(self):
        count = 5_000
        load = b"".join(server.encode("SET", f"key:{i}", i) for i in range(count))
        self.server.cli("--pipe", stdin=load)
        self.server.cli("RPUSH", "list", "x")
        keys = self.server.cli("--scan").split("\n")
        self.assertEqual(set(keys), {f"key:{i}" for i in range(count)} | {"list"})
        matching = self.server.cli("--scan", "--pattern", "key:12?").split("\n")
        self.assertEqual(sorted(set(matching)), [f"key:12{i}" for i in range(10)])

    def test_bigkeys_and_memkeys(self):
        self.server.cli("SET", "small", "x")
        self.server.cli("SET", "big", "x" * 10_000)
        self.server.cli("RPUSH", "long", *map(str, range(500)))
        printed = self.server.cli("--bigkeys")
        self.assertIn("Sampled 3 keys in the keyspace!", printed)
        self.assertIn('Biggest string found \'"big"\' has 10000 bytes', printed)
        self.assertIn('Biggest   list found \'"long"\' has 500 items', printed)
        self.assertIn("Biggest string found '\"big\"' has", self.server.cli("--memkeys"))

    def test_help_data_for_interactive_use(self):
        # What redis-cli asks for when it starts interactively.
        docs = self.server.cli("-3", "--no-raw", "COMMAND", "DOCS", "set")
        self.assertIn('"summary" =>', docs)
        self.assertIn('"arguments" =>', docs)

    def test_inline_from_a_shell(self):
        script = (f"exec 3<>/dev/tcp/127.0.0.1/{self.server.port};"
                  "printf 'SET k \"a b\"\\r\\nGET k\\r\\nQUIT\\r\\n' >&3; cat <&3")
        printed = subprocess.run(["bash", "-c", script], capture_output=True, timeout=20,
                                 check=True).stdout
        self.assertEqual(printed, b"+OK\r\n$3\r\na b\r\n+OK\r\n")


if __name__ == "__main__":
    server.run_tests()
