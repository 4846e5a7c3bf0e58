"""Prometheus scrapes a cluster, accepts the alert rules, and finds every series that rules and
dashboard name."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request

import cluster_support as support
import server

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = os.path.join(ROOT, "ops", "prometheus", "holdfast.rules.yml")
DASHBOARD = os.path.join(ROOT, "ops", "grafana", "holdfast.json")


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def names_in(expression):
    """The series that an expression of ours names: they all begin with one of two words."""
    return set(re.findall(r"\b(?:redis|holdfast)_[a-z_]+\b", expression))


def dashboard_expressions():
    with open(DASHBOARD, encoding="utf-8") as file:
        board = json.load(file)
    found = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return found + [variable["query"] for variable in board["templating"]["list"]]


def rule_expressions():
    with open(RULES, encoding="utf-8") as file:
        return re.findall(r"^\s+expr: (.*)$", file.read(), re.MULTILINE)


class Prometheus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(support.Cluster())
        with cls.cluster.wait_primary().connect() as connection:
            connection.ask("SET", "k", "v")
            connection.ask("LPUSH", "k", "v")

    def scrape(self):
        return [get(f"http://127.0.0.1:{node.http_port}/metrics") for node in self.cluster.nodes]

    def test_promtool_accepts_a_scrape_and_the_rules(self):
        for text in self.scrape():
            done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                  capture_output=True, timeout=60, check=False)
            # Names that redis_exporter chose may be against today's taste; errors are not allowed.
            self.assertNotIn("error", done.stderr.lower(), done.stderr)
        done = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_family_says_what_it_is(self):
        for text in self.scrape():
            told = set(re.findall(r"^# HELP (\S+) \S", text, re.MULTILINE))
            typed = set(re.findall(r"^# TYPE (\S+) (?:gauge|counter)$", text, re.MULTILINE))
            sampled = set(re.findall(r"^([a-z_]+)[ {]", text, re.MULTILINE))
            self.assertEqual(told, typed)
            self.assertLessEqual(sampled, told)

    def test_rules_and_dashboard_name_what_exists(self):
        families = {name for text in self.scrape()
                    for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)}
        expressions = rule_expressions() + dashboard_expressions()
        self.assertGreater(len(expressions), 20)
        for expression in expressions:
            with self.subTest(expression):
                self.assertLessEqual(names_in(expression), families)

    def test_prometheus_scrapes_all_nodes(self):
        directory = tempfile.mkdtemp(prefix="holdfast.prometheus.")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        targets = [f"127.0.0.1:{node.http_port}" for node in self.cluster.nodes]
        config = os.path.join(directory, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                       "rule_files": [RULES],
                       "scrape_configs": [{"job_name": "holdfast", "static_configs": [
                           {"targets": targets, "labels": {"cluster": "shop"}}]}]}, file)
        port = support.free_ports(1)[0]
        with open(os.path.join(directory, "log"), "w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory}/data",
                 f"--web.listen-address=127.0.0.1:{port}"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.addCleanup(self.stop, process)

        def ask(expression):
            query = urllib.parse.urlencode({"query": expression})
            return json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?{query}"))["data"]["result"]

        def scraped():
            try:
                return len(ask("redis_up == 1")) == len(targets)
            except OSError:
                return False

        server.wait_until(scraped, "Prometheus has scraped every node", timeout=60)
        self.assertEqual([row["value"][1] for row in ask("sum(holdfast_serving)")], ["1"])
        for expression in rule_expressions():
            # It may find nothing, but must be understood.
            self.assertIsInstance(ask(expression), list)
        alerts = json.loads(get(f"http://127.0.0.1:{port}/api/v1/rules"))
        names = [rule["name"] for group in alerts["data"]["groups"] for rule in group["rules"]]
        self.assertEqual(len(names), len(rule_expressions()))

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


if __name__ == "__main__":
    if shutil.which("prometheus") is None:
        print("skipped: run ops/setup first")
        sys.exit(support.SKIPPED)
    support.run_tests()
