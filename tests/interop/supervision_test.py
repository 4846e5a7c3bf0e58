"""What kvnode tells the service manager that started it (sd_notify(3)), and what it tells nobody."""

import os
import signal
import socket
import subprocess
import tempfile
import unittest

import server


class Supervision(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        self.path = os.path.join(self.directory, "notify")
        self.socket = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.socket.bind(self.path)
        self.socket.settimeout(20)

    def start(self, *flags, **environment):
        process = subprocess.Popen(
            [server.BINARY, *server.FLAGS, "--port", str(server.free_port()), "--bind", "127.0.0.1",
             "--dir", self.directory, "--save", "", *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "NOTIFY_SOCKET": self.path, **environment}, text=True)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def heard(self):
        return self.socket.recv(4096).decode()

    def test_ready_and_stopping(self):
        for supervised in ("systemd", "auto"):
            with self.subTest(supervised):
                process = self.start("--supervised", supervised)
                self.assertEqual(self.heard(), "READY=1")
                process.send_signal(signal.SIGTERM)
                self.assertEqual(self.heard(), "STOPPING=1")
                self.assertEqual(process.wait(timeout=20), 0)

    def test_a_watchdog_is_fed_twice_as_often_as_it_asks(self):
        process = self.start("--supervised", "systemd", WATCHDOG_USEC="100000")
        self.assertEqual([self.heard() for _ in range(4)], ["READY=1"] + ["WATCHDOG=1"] * 3)
        process.send_signal(signal.SIGTERM)
        while self.heard() != "STOPPING=1":
            pass
        self.assertEqual(process.wait(timeout=20), 0)

    def test_another_process_watchdog_is_not_fed(self):
        process = self.start("--supervised", "systemd", WATCHDOG_USEC="1000", WATCHDOG_PID="1")
        self.assertEqual(self.heard(), "READY=1")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.heard(), "STOPPING=1")

    def test_nobody_is_told_unless_it_is_asked_for(self):
        process = self.start("--supervised", "no")
        for line in process.stdout:
            if "Ready to accept" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.socket.setblocking(False)
        self.assertRaises(BlockingIOError, self.heard)


if __name__ == "__main__":
    server.run_tests()
