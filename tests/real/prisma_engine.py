#!/usr/bin/env python3
"""Stands in for Prisma's engine: the few words of its protocol that `prisma migrate deploy` says, answered by psql.

The engine is told a URL, or reads the schema itself, where migrations go to `directUrl`.
"""

import json
import os
import re
import subprocess
import sys


def psql(url, sql):
    line = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url, "-c", sql]
    return subprocess.run(line, stdout=subprocess.DEVNULL).returncode


def url():
    if "--datasource" in sys.argv:
        told = sys.argv[sys.argv.index("--datasource") + 1]
        return json.loads(told)["url"] if told.startswith("{") else told
    with open(sys.argv[sys.argv.index("--datamodels") + 1]) as schema:
        found = dict(re.findall(r"^\s*(url|directUrl)\s*=\s*(\S+)", schema.read(), re.M))
    value = found.get("directUrl", found["url"])
    var = re.fullmatch(r'env\("(\w+)"\)', value)
    return os.environ[var[1]] if var else value.strip('"')


def main():
    if "can-connect-to-database" in sys.argv:
        sys.exit(psql(url(), "SELECT 1"))
    for line in sys.stdin:
        call, done = json.loads(line), []
        if call["method"] == "applyMigrations":
            for one in call["params"]["migrationsList"]["migrationDirectories"]:
                if psql(url(), one["migrationFile"]["content"]["value"]):
                    sys.exit(1)
                done.append(one["path"])
        print(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": {"appliedMigrationNames": done}}), flush=True)


main()
