"""The servers that real tools are run against, in pairs: one stands for production, one for staging.

Each kind answers the same questions: where it listens, whether a tool's table is there, and who called since the last
time, as its own log says.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NAMES = ("production", "staging")
# A server that does not answer by then will not.
PATIENCE = 60


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def program(source, target):
    """A copy that can be started at once. A process of its own makes it: what another thread starts in the meantime would
    hold the file open that is being written, and the system starts none that is (ETXTBSY)."""
    subprocess.run(["install", "-m", "755", source, target], check=True)
    return target


class Log:
    """A log that grows: what is new since a mark, by a pattern."""

    def __init__(self, path, pattern):
        self.path, self.pattern = path, re.compile(pattern)

    def size(self):
        return self.path.stat().st_size if self.path.exists() else 0

    def since(self, mark):
        with open(self.path, errors="replace") as log:
            log.seek(mark)
            return self.pattern.findall(log.read())


class Postgres:
    """The clusters of the tests."""

    engine = "postgresql"

    def __init__(self):
        script = ROOT / "tests/support/clusters.sh"
        self.process = subprocess.Popen(
            ["/bin/sh", script, *NAMES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self.ports, self.logs, self.bin = {}, {}, None
        for line in self.process.stdout:
            words = line.split()
            if words[:1] == ["ready"]:
                self.bin = pathlib.Path(words[2])
                break
            if words[:1] == ["cluster"]:
                self.ports[words[1]] = int(words[2])
                authorized = r"connection authorized: user=(\S+) database=(\S+)(?: application_name=(\S+))?"
                self.logs[words[1]] = Log(pathlib.Path(words[3]) / "log", authorized)
        if self.bin is None:
            raise SystemExit("test-tools: PostgreSQL does not start; see above")

    def ask(self, server, name, sql):
        psql = ["psql", "-XqAt", "-h", "127.0.0.1", "-p", str(self.ports[server]), "-U", "postgres", "-d", name, "-c", sql]
        done = subprocess.run([self.bin / psql[0], *psql[1:]], check=True, capture_output=True, text=True, env={})
        return done.stdout.strip()

    def prepare(self, name):
        """A database and a role of this name, on both."""
        for server in NAMES:
            self.ask(server, "postgres", f"CREATE ROLE {name} SUPERUSER LOGIN")
            self.ask(server, "postgres", f"CREATE DATABASE {name}")

    def made(self, server, name):
        return self.ask(server, name, "SELECT to_regclass('made') IS NOT NULL") == "t"

    def state(self, server, name):
        """What a refused tool must leave as it was."""
        own = f"datname = '{name}' OR pg_get_userbyid(datdba) = '{name}'"  # not another case's, whose name begins alike
        databases = self.ask(server, "postgres", f"SELECT count(*) FROM pg_database WHERE {own}")
        return databases, self.ask(server, name, "SELECT count(*), max(oid::text) FROM pg_class")

    def mark(self):
        return {server: log.size() for server, log in self.logs.items()}

    def heard(self, server, name, mark):
        """The databases that the tool's role came to, but for what dbguard itself asked."""
        calls = self.logs[server].since(mark[server])
        return {database for role, database, program in calls if role == name and program != "dbguard"}

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Daemons:
    """Servers that one process each is, in one directory."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dbguard-servers-"))
        self.ports, self.processes, self.logs = {}, [], {}
        try:
            for server in NAMES:
                (self.home / server).mkdir()
                self.ports[server] = free_port()
                self.start(server)
            for server in NAMES:
                self.wait(server)
        except BaseException:
            self.end()
            raise

    def run(self, *line, **more):
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processes.append(subprocess.Popen(line, **quiet, start_new_session=True, **more))

    def wait(self, server):
        for _ in range(PATIENCE * 10):
            try:
                return self.ask(server, "", self.hello)
            except (subprocess.CalledProcessError, OSError):
                time.sleep(0.1)
        raise SystemExit(f"test-tools: {self.engine} does not answer")

    def mark(self):
        return {server: log.size() for server, log in self.logs.items()}

    def heard(self, server, name, mark):
        return set(self.logs[server].since(mark[server]))

    def end(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


class Mariadb(Daemons):
    engine, hello = "mysql", "SELECT 1"

    def start(self, server):
        home = self.home / server
        data = f"--datadir={home}/data"
        plain = ["--auth-root-authentication-method=normal", "--skip-test-db", "--user=root"]
        subprocess.run(["mariadb-install-db", "--no-defaults", data, *plain], check=True, capture_output=True)
        self.logs[server] = Log(home / "log", r"Connect\s+(\w+)@\S+ (?:on \S* )?using TCP/IP")
        program = shutil.which("mariadbd", path="/usr/sbin:" + os.environ["PATH"])
        place = [f"--port={self.ports[server]}", "--bind-address=127.0.0.1", f"--socket={home}/socket"]
        log = ["--general-log=1", f"--general-log-file={home}/log"]
        self.run(program, "--no-defaults", data, "--user=root", "--innodb-buffer-pool-size=8M", *place, *log)

    def ask(self, server, name, sql):
        line = ["mariadb", "--no-defaults", "-S", str(self.home / server / "socket"), "-u", "root", "-NBe", sql]
        return subprocess.run([*line, *([name] if name else [])], check=True, capture_output=True, text=True).stdout.strip()

    def prepare(self, name):
        """A database and a user of this name, on both: tools run side by side, and none is to be taken for another."""
        for server in NAMES:
            self.ask(server, "", f"CREATE DATABASE {name}")
            self.ask(server, "", f"CREATE USER {name}@localhost; GRANT ALL ON *.* TO {name}@localhost")

    def made(self, server, name):
        return self.ask(server, name, "SHOW TABLES LIKE 'made'") == "made"

    def state(self, server, name):
        return self.ask(server, name, "SHOW TABLES"), self.ask(server, "", f"SHOW DATABASES LIKE '{name}%'")

    def heard(self, server, name, mark):
        return {user for user in self.logs[server].since(mark[server]) if user == name}


class Redis(Daemons):
    """Debian's `redis-tools` brings the server too, under the name of its checker: it goes by the name it is called by."""

    engine, hello = "redis", ["ping"]

    def start(self, server):
        home = self.home / server
        program = home / "redis-server"
        program.symlink_to(shutil.which("redis-check-rdb"))
        self.run(program, "--port", str(self.ports[server]), "--bind", "127.0.0.1", "--dir", home, "--save", "")

    def ask(self, server, _, words):
        line = ["redis-cli", "-p", str(self.ports[server]), *words]
        return subprocess.run(line, check=True, capture_output=True, text=True).stdout.strip()

    def prepare(self, name):
        pass

    def made(self, server, name):
        return self.ask(server, name, ["exists", "made"]) == "1"

    def state(self, server, name):
        return self.ask(server, name, ["dbsize"])

    def calls(self, server):
        told = self.ask(server, "", ["info", "stats"])
        return int(re.search(r"total_connections_received:(\d+)", told)[1])

    def mark(self):
        return {server: self.calls(server) for server in NAMES}

    def heard(self, server, name, mark):
        """Whether anybody came but this question and those of `made` and `state`."""
        return set(range(self.calls(server) - mark[server] - 1))


class Mongo(Daemons):
    """A server that says yes to everything that mongosh says, and notes it: MongoDB itself is in no registry."""

    engine, hello = "mongodb", None

    def start(self, server):
        home = self.home / server
        # By the name of the real one, by which dbguard tells servers from tunnels.
        mongod = program(pathlib.Path(sys.executable).resolve(), home / "mongod")
        self.logs[server] = Log(home / "log", r"(\S+)\n")
        vars = {**os.environ, "PYTHONHOME": sys.base_prefix, "PYTHONDONTWRITEBYTECODE": "1"}
        self.run(mongod, pathlib.Path(__file__).with_name("mongod.py"), str(self.ports[server]), home / "log", env=vars)

    def ask(self, server, name, _):
        with socket.create_connection(("127.0.0.1", self.ports[server])):
            return ""

    def prepare(self, name):
        pass

    def made(self, server, name):
        return "insert" in self.logs[server].since(0)

    def state(self, server, name):
        return self.logs[server].since(0)
