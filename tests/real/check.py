"""One tool behind its shim, against both servers of a pair: what is asserted of every one.

Development runs with the tool's own output and status; production without a confirmation changes nothing, and nobody
comes to its server; with one it runs; and what dbguard says of the target is where the server saw the tool come from.
"""

import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import servers

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 120
COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class World:
    """One tool's project, and the vars that it is run with."""

    def __init__(self, below, name, case, dirs, servers, dbguard):
        self.case, self.servers, self.dbguard = case, servers, dbguard
        self.name = "real_" + name.replace("-", "_")
        self.home = below / name
        self.work, shims, self.stubs = self.home / "work", self.home / "shims", self.home / "stubs"
        for directory in (self.work, shims, self.stubs, self.home / ".config/dbguard"):
            directory.mkdir(parents=True)
        (shims / ("cargo-sqlx" if case.line[0] == "cargo" else case.line[0])).symlink_to(dbguard)
        self.configure()
        path = [*dirs, servers_bin(servers), *os.environ["PATH"].split(":")]
        path = [str(one) for one in path if one]
        kept = {name: os.environ[name] for name in ("CARGO_HOME", "RUSTUP_HOME", "JAVA_HOME") if name in os.environ}
        if "HOME" in os.environ:
            kept.setdefault("RUSTUP_HOME", os.environ["HOME"] + "/.rustup")
        # Compiled settings are known by their second and size: those of the other server, written in the same second, would do.
        more = {"PYTHONDONTWRITEBYTECODE": "1", "CHECKPOINT_DISABLE": "1", "PRISMA_HIDE_UPDATE_MESSAGE": "1", "NO_COLOR": "1"}
        self.bare = {"HOME": str(self.home), "PATH": ":".join(path), "LC_ALL": "C.UTF-8", **kept, **more}
        self.vars = {**self.bare, "PATH": f"{shims}:{self.bare['PATH']}"}
        self.build(dirs)

    def configure(self):
        """One rule for each server; the second is development."""
        levels = {"production": "production", "staging": "development"}
        rule = '[environment.{}]\nlevel = "{}"\nmatch = [{{ host = "127.0.0.1", port = {} }}]\n'
        text = "".join(rule.format(server, level, self.servers.ports[server]) for server, level in levels.items())
        config = self.home / ".config/dbguard/config.toml"
        config.write_text(text)
        config.chmod(0o600)

    def build(self, dirs):
        for name, source in self.case.stubs.items():
            servers.program(HERE / source if source else shutil.which("false"), self.stubs / name)
        if self.case.modules:
            (self.work / "node_modules").symlink_to(dirs[0].parent)
        if self.case.before:
            needed = [file for file in self.case.files if "/" not in file]
            self.place("staging", self.name, needed)
            made = self.run(self.case.before, self.bare)
            assert made.returncode == 0, made

    def place(self, server, database, only=None):
        """Turns the project to a server; answers with the command line and the vars."""
        port, env = str(self.servers.ports[server]), {"production": "production", "staging": "development"}[server]
        url = f"{self.case.scheme}://{self.name}@127.0.0.1:{port}/{database}{self.case.query}"
        words = {"url": url, "host": "127.0.0.1", "port": port, "user": self.name, "name": database, "env": env}
        words["stubs"] = str(self.stubs)

        def fill(text):
            for word, value in words.items():
                text = text.replace("{" + word + "}", value)
            return text

        for file, text in self.case.files.items():
            if only is not None and file not in only:
                continue
            path = self.work / fill(file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fill(text))
        for file, edits in self.case.edits.items():
            path = self.work / file
            if path.exists():
                path.write_text("".join(edited(line, edits, fill) for line in path.read_text().splitlines(True)))
        return [fill(word) for word in self.case.line], {name: fill(value) for name, value in self.case.vars.items()}

    def explain(self, line, vars):
        words = ["cargo-sqlx", *line[1:]] if line[0] == "cargo" else line
        told = self.run([self.dbguard, "explain", "--json", "--", *words], {**self.vars, **vars})
        return json.loads(told.stdout)

    def run(self, line, vars):
        return subprocess.run(
            line, cwd=self.work, env=vars, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            start_new_session=True, timeout=PATIENCE,
        )  # fmt: skip

    def check(self):
        self.servers.prepare(self.name)
        if self.case.engine == "postgresql" and self.case.fails:
            self.fails_alike()
        self.development()
        self.production()

    def fails_alike(self):
        """The status of a tool that fails is its own."""
        if self.case.code:
            return
        line, vars = self.place("staging", self.name + "_missing")
        bare = self.run(line, {**self.bare, **vars})
        guarded = self.run(line, {**self.vars, **vars})
        assert guarded.returncode == bare.returncode and "dbguard: " not in guarded.stderr, (bare, guarded)
        if not self.case.reads:
            assert bare.returncode != 0 or "dbmate" in line, bare

    def development(self):
        line, vars = self.place("staging", self.name)
        told = self.explain(line, vars)
        mark = self.servers.mark()
        if self.case.code:
            assert told["environment"]["name"] == "unknown", told
            refused = self.run(line, {**self.vars, **vars})
            assert refused.returncode == 125, refused
            assert not self.servers.heard("staging", self.name, mark), "somebody came to it without a confirmation"
            status, output = self.answer(line, vars)
        else:
            assert told["environment"]["name"] == "staging", told
            done = self.run(line, {**self.vars, **vars})
            status, output = done.returncode, done.stdout + done.stderr
            assert "dbguard: " not in done.stderr, done
        assert status == 0 and self.case.says in output, (status, output)
        self.met("staging", "production", told, mark)

    def production(self):
        line, vars = self.place("production", self.name)
        told = self.explain(line, vars)
        assert told["verdict"] == "ask" and told["risk"] == self.case.risk, told
        if not self.case.code:
            assert told["environment"]["name"] == "production", told
        before, mark = self.servers.state("production", self.name), self.servers.mark()
        refused = self.run(line, {**self.vars, **vars})
        assert refused.returncode == 125 and "dbguard: refused" in refused.stderr, refused
        assert not self.servers.heard("production", self.name, mark), "somebody came to it without a confirmation"
        assert self.servers.state("production", self.name) == before, "production changed without a confirmation"
        mark = self.servers.mark()
        if self.case.code:
            status, output = self.answer(line, vars)
        else:
            confirmed = {"CI": "1", "DBGUARD_CONFIRM": f"127.0.0.1/{told['target']['dbname']}"}
            done = self.run(line, {**self.vars, **vars, **confirmed})
            status, output = done.returncode, done.stdout + done.stderr
        assert status == 0 and self.case.says in output, (status, output)
        self.met("production", None, told, mark)
        if self.case.asks and apart():
            self.asked(line, vars)

    def asked(self, line, vars):
        """Where its code is trusted, the tool itself says where it goes, and comes to nobody for it."""
        mark = self.servers.mark()
        status, output = self.answer([str(self.dbguard), "trust", "--code", "."], vars)
        assert status == 0, output
        told = self.explain(line, vars)
        assert told["environment"]["name"] == "production", told
        target = told["target"]
        assert target["origins"]["host"] == "as the tool itself says", told
        assert (target["port"], target["dbname"], target["user"]) == (self.servers.ports["production"], self.name, self.name), told
        assert not self.servers.heard("production", self.name, mark), "it came to the server to say where that is"

    def met(self, here, elsewhere, told, mark):
        """The tool did what it should where it should, and came nowhere else."""
        if not self.case.reads:
            assert self.servers.made(here, self.name), "nothing was made"
        heard = self.servers.heard(here, self.name, mark)
        assert heard, "nobody came to it"
        if elsewhere:
            assert not self.servers.heard(elsewhere, self.name, mark), "it came to the other one as well"
        target = told["target"]
        if self.case.code or self.case.engine != "postgresql":
            return
        assert target["port"] == self.servers.ports[here] and target["user"] == self.name, told
        names = {target["dbname"], *target["affects"]}
        names |= {one["target"]["dbname"] for one in told.get("also", []) if one["target"]}
        assert heard <= names, (heard, told)

    def answer(self, line, vars):
        """At a terminal, with the question answered."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.work)
            vars = {**self.vars, **vars, "TERM": "xterm"}
            try:
                os.execvpe(line[0], line, vars)
            finally:
                os._exit(127)
        seen, end, answered = b"", time.monotonic() + PATIENCE, False
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                more = os.read(terminal, 65536)
            except OSError:
                break
            if not more:
                break
            seen += more
            if not answered and b"to go on" in seen:
                answered = True
                time.sleep(0.3)
                os.write(terminal, self.case.typed.encode() + b"\r")
        else:
            os.kill(child, 9)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.close(terminal)
        return status, COLOUR.sub("", seen.decode(errors="replace"))


def apart():
    """Whether this machine lets a user have a network of their own."""
    return subprocess.run(["unshare", "--map-current-user", "--net", "true"], capture_output=True).returncode == 0


def servers_bin(servers):
    return getattr(servers, "bin", None)


def edited(line, edits, fill):
    for begins, text in edits.items():
        if line.startswith(begins):
            return fill(text) + "\n"
    return line
