#!/usr/bin/env python3
"""Holds the served OpenAPI document against the server: schemathesis with all its checks and phases, as each role.

Starts the program on a new database that holds the demo. The seed is printed; a run with the same seed, program
and database sends the same. `tests/contract/run.py --seconds 600` for a long one.
"""

import argparse
import http.client
import json
import os
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import raw
from accounts import PREFIX, ROLES, Api, Keeper

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ADMIN_PASSWORD = "Admin-Pass-2026"
LIMITS = ("GENERAL", "ANSWER", "HEAVY", "AUTH", "ANONYMOUS")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    setting = lambda name, default: os.environ.get(f"QIANTI_CONTRACT_{name}", default)
    parser.add_argument("--program", default=setting("PROGRAM", str(ROOT / "target/debug/qianti")))
    parser.add_argument("--schemathesis", default=setting("SCHEMATHESIS", str(ROOT / "target/contract/bin/schemathesis")))
    parser.add_argument("--database-url", default=setting("DATABASE_URL", ""), help="an empty one; else SQLite in a new folder")
    parser.add_argument("--seconds", type=int, default=int(setting("SECONDS", "0")), help="budget of each role; 0: what --examples takes")
    parser.add_argument("--examples", type=int, default=int(setting("EXAMPLES", "1")), help="random cases an operation and phase, of a run without --seconds")
    parser.add_argument("--seed", type=int, default=int(setting("SEED", "0")) or random.SystemRandom().randrange(1, 2**32))
    parser.add_argument("--jobs", type=int, default=int(setting("JOBS", "2")), help="roles at the same time")
    parser.add_argument("--role", action="append", choices=ROLES, help="only this role; may be given several times")
    parser.add_argument("--include", help="only operations whose path matches this regular expression")
    return parser.parse_args()


class Server:
    """The program under test."""

    def __init__(self, options, folder):
        url = options.database_url or f"sqlite://{folder}/qianti.db"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.log = Path(folder) / "log"
        self.let_pass = Path(folder) / "let_pass"
        # Limits slow down who asks too much, which is what this does.
        off = {f"QIANTI_LIMIT_{name}": "0" for name in LIMITS} | {"QIANTI_LIMIT_FAILED_LOGINS": "false"}
        environment = {
            **os.environ, **off,
            "QIANTI_DATABASE_URL": url, "QIANTI_ADMIN_PASSWORD": ADMIN_PASSWORD, "QIANTI_LISTEN": f"127.0.0.1:{port}",
        }
        subprocess.run([options.program, "demo"], env=environment, check=True, stdout=subprocess.DEVNULL)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([options.program, "serve"], env=environment, stdout=log, stderr=log)
        for _ in range(1200):
            if self.is_ready():
                return
            time.sleep(0.1)
        raise SystemExit(f"the server does not start:\n{self.log.read_text()}")

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.base}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def check(self):
        """It lives, and nothing in it has panicked or failed."""
        assert self.process.poll() is None, "the server has ended"
        assert self.is_ready(), "the server is not ready"
        log = self.log.read_text(errors="replace")
        ours = lambda line: "ERROR" in line and "qianti" in line
        faults = [line for line in log.splitlines() if "panicked" in line or "internal error" in line or ours(line)]
        assert not faults, "\n".join(faults[:10])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def check_stream(server, keeper):
    """`GET /leaderboards/stream` is as the document says: status, type, first line, and an event once a result is in."""
    document = json.load(urllib.request.urlopen(f"{server.base}/openapi.json"))
    told = document["paths"][f"{PREFIX}/leaderboards/stream"]["get"]["responses"]
    connection = http.client.HTTPConnection(server.base.removeprefix("http://"), timeout=20)
    token = keeper.new_account("member")
    connection.request("GET", f"{PREFIX}/leaderboards/stream?period=all", headers={"Authorization": f"Bearer {token}"})
    stream = connection.getresponse()
    assert stream.status == 200, stream.status
    media_type = stream.headers["Content-Type"].split(";")[0]
    assert media_type in told["200"]["content"], media_type
    assert stream.readline() == b": listening\n"
    assert stream.readline() == b"\n"
    section = {"title": "", "count": 1, "points": 1}
    quiz = {"title": "合约", "kind": "contest", "bank": "1000", "sections": [section], "unit_id": keeper.committee[0]}
    quiz_id = keeper.call("POST", "/quizzes", quiz)["id"]
    member = Api(server.base, token)
    attempt = member.call("POST", f"/quizzes/{quiz_id}/attempts")
    member.call("POST", f"/attempts/{attempt['id']}/submit")
    lines = []
    while len(lines) < 3:
        line = stream.readline().decode()
        # Signs of life may come between.
        if line.startswith(":"):
            stream.readline()
        else:
            lines.append(line)
    assert lines[0] == "event: changed\n" and lines[2] == "\n", lines
    data = json.loads(lines[1].removeprefix("data: "))
    assert list(data) == ["as_of"] and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", data["as_of"]), data
    connection.close()
    nobody = http.client.HTTPConnection(server.base.removeprefix("http://"), timeout=20)
    for query, headers, status in (
        ("?period=all", {}, 401),
        ("", {"Authorization": f"Bearer {token}"}, 422),
        ("?quiz=999999", {"Authorization": f"Bearer {token}"}, 404),
    ):
        nobody.request("GET", f"{PREFIX}/leaderboards/stream{query}", headers=headers)
        answer = nobody.getresponse()
        answer.read()
        assert answer.status == status and str(status) in told, (query, answer.status)
        assert answer.headers["Content-Type"] == "application/problem+json"


def check_raw(server, keeper):
    """What is no proper HTTP is answered too."""
    host, port = server.base.removeprefix("http://").split(":")
    print(f"     raw: {raw.check((host, int(port)), keeper.new_account('root-admin'))} requests")


def check_role(role, options, server, keeper):
    """All operations, called by an account of the role."""
    command = [options.schemathesis, "--config-file", str(HERE / "schemathesis.toml"), "run", f"{server.base}/openapi.json"]
    command += ["--seed", str(options.seed), "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--workers", "1"]
    command += ["--max-time", str(options.seconds)] if options.seconds else ["--max-examples", str(options.examples)]
    if options.include:
        command += ["--include-path-regex", options.include]
    environment = {**os.environ, **keeper.environment(), "QIANTI_CONTRACT_ROLE": role, "QIANTI_CONTRACT_LET_PASS": str(server.let_pass), "PYTHONPATH": str(HERE), "NO_COLOR": "1"}
    run = subprocess.run(command, env=environment, cwd=HERE, capture_output=True, text=True)
    output = run.stdout + run.stderr
    cases = re.search(r"([\d,]+) generated", output)
    print(f"     {role}: {cases.group(0) if cases else 'no cases counted'}")
    assert run.returncode == 0, output
    assert cases and int(cases.group(1).replace(",", "")) > 0, output


def tell_what_was_let_pass(server, is_long):
    """How many refusals allowed.toml has let pass; after a long run also what in it nothing has needed."""
    lines = server.let_pass.read_text().splitlines() if server.let_pass.exists() else []
    met = Counter(tuple(json.loads(line)) for line in lines)
    entries = tomllib.loads((HERE / "allowed.toml").read_text())["refusal"]
    used = {number for number, _, _ in met}
    print(f"{met.total()} refusals were let pass, by {len(used)} of {len(entries)} entries of allowed.toml")
    for number, entry in enumerate(entries if is_long else []):
        operations = {operation for at, operation, _ in met if at == number}
        patterns = {pattern for at, _, pattern in met if at == number}
        idle = sorted(set(entry.get("operations", [])) - operations) + sorted(set(entry["pointers"]) - patterns)
        if idle or number not in used:
            print(f"     not needed of {entry['problem']} ({entry['reason'][:40]}…): {', '.join(idle) or 'all of it'}")


def run_test(server, name, test):
    """Whether it has passed."""
    began = time.monotonic()
    try:
        test()
        server.check()
    except (AssertionError, OSError) as error:
        print(f"FAIL {name} ({time.monotonic() - began:.1f} s)\n{error}", flush=True)
        return False
    print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
    return True


def main():
    options = arguments()
    # Told to stop, it takes the server along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        server = Server(options, folder)
        try:
            keeper = Keeper.create(server.base, ADMIN_PASSWORD)
            tests = [("stream", lambda: check_stream(server, keeper)), ("raw", lambda: check_raw(server, keeper))]
            roles = [(role, lambda role=role: check_role(role, options, server, keeper)) for role in options.role or ROLES]
            results = [run_test(server, name, test) for name, test in tests]
            with ThreadPoolExecutor(options.jobs) as pool:
                results += pool.map(lambda test: run_test(server, *test), roles)
            tell_what_was_let_pass(server, bool(options.seconds))
            passed, failed = results.count(True), results.count(False)
        finally:
            server.stop()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{spent.ru_utime + spent.ru_stime:.0f} s of processor time")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
