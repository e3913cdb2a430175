"""Generated flags, vars and files: what dbguard says of a target, beside where the tool itself called.

Every source names a place of its own, so that the call tells which one won. A seed repeats a run (DBGUARD_SEED). What is
wrong is shown whole.
"""

import getpass
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import time
import urllib.parse

import servers

HERE = pathlib.Path(__file__).resolve().parent
# Who has not called by then waits for a server that does not come.
PATIENCE = 60
AFTERWARDS = 3
# Where a tool goes to make a database, or to see whether it is there: the same server.
MAINTENANCE = {"postgres", "template1"}

# Known, and left so: these take the name of a database out of a URL as it stands, `%20` and all;
RAW = {"yoyo", "db-migrate"}
# and these have a user of their own making where a URL names none: that of the file beside it, "anonymous", nobody.
NAMELESS = {"liquibase", "sqlx", "refinery"}


class Callers:
    """The server that notes who called, on four addresses of this machine, two ports each."""

    def __init__(self, home, number):
        self.log = home / "log"
        self.log.touch()
        program = servers.program(pathlib.Path(sys.executable).resolve(), home / "postgres")
        vars = {**os.environ, "PYTHONHOME": sys.base_prefix, "PYTHONDONTWRITEBYTECODE": "1"}
        pid = os.getpid()
        self.hosts = [f"127.{pid >> 8 & 127 | 1}.{pid & 255 ^ number << 4 & 255}.{last}" for last in range(11, 15)]
        self.ports = [free(self.hosts), free(self.hosts)]
        places = [f"{host}:{port}" for host in self.hosts for port in self.ports]
        line = [program, HERE / "callers.py", self.log, *places]
        self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=vars, text=True)
        assert self.process.stdout.readline() == "ready\n", "the server that notes who called does not start"
        self.read = 0

    def heard(self):
        """Who called since the last time."""
        lines = self.log.read_text().splitlines()
        new, self.read = lines[self.read :], len(lines)
        return [json.loads(line) for line in new]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def free(hosts):
    """A port that is free on every one of these."""
    while True:
        with socket.socket() as one:
            one.bind((hosts[0], 0))
            port = one.getsockname()[1]
        try:
            for host in hosts:
                socket.create_server((host, port)).close()
            return port
        except OSError:
            continue


class Sources:
    """Gives every source a place, a database and a user of its own."""

    def __init__(self, seed, callers):
        self.dice, self.callers, self.given = random.Random(seed), callers, 0
        self.files, self.vars, self.line = {}, {}, []

    def chance(self, percent):
        return self.dice.randrange(100) < percent

    def of(self, *choices):
        return self.dice.choice(choices)

    def place(self):
        self.given += 1
        return self.callers.hosts[self.given % 4], self.callers.ports[self.given // 4 % 2], self.given

    def url(self, scheme="postgresql", odd=True, query=""):
        host, port, name = self.place()
        joined = "&" if query else ""
        way = self.dice.randrange(9) if odd else 8
        if way == 0:
            return f"{scheme}://u{name}@{host}:{port}/{'?' + query if query else ''}"
        if way == 1:
            return f"{scheme}://{host}:{port}/d{name}{'?' + query if query else ''}"
        if way == 2:
            return f"{scheme}://u{name}:x%40y@{host}:{port}/d%20{name}{'?' + query if query else ''}"
        if way == 3:
            other, at, _ = self.place()
            return f"{scheme}://u{name}:x@{other}:{at}/d{name}?host={host}&port={port}{joined}{query}"
        if way == 4 and "PGPORT" in self.vars:
            return f"{scheme}://u{name}:x@{host}/d{name}{'?' + query if query else ''}"
        return f"{scheme}://u{name}:x@{host}:{port}/d{name}{'?' + query if query else ''}"

    def libpq(self, percent=40):
        """The vars of libpq, some of them."""
        if not self.chance(percent):
            return
        host, port, name = self.place()
        for var, value in {"PGHOST": host, "PGPORT": str(port), "PGUSER": f"u{name}", "PGDATABASE": f"d{name}"}.items():
            if self.chance(70):
                self.vars[var] = value

    def maybe(self, percent, *words):
        if self.chance(percent):
            self.line += words

    def dotenv(self, name="DATABASE_URL", file=".env", **more):
        quote = self.of("", '"', "'")
        before = self.of("", "# a comment\n", "export OTHER=1\n")
        self.files[file] = f"{before}{name}{self.of('=', '=', ' = ') if more.pop('loose', False) else '='}{quote}{self.url(**more)}{quote}\n"


def yoyo(s):
    s.files["migrations/a.py"] = "from yoyo import step\nsteps = [step('SELECT 1')]\n"
    s.libpq()
    # Of a URL without a database it makes one that is called nothing, which is the user's, whatever PGDATABASE says.
    s.vars.pop("PGDATABASE", None)
    s.line = ["yoyo", s.of("apply", "list", "rollback", "mark"), "--batch"]
    for file in ("yoyo.ini", "other.ini"):
        host, port, name = s.place()
        url = s.of(s.url("postgresql", odd=False), f"postgresql://u{name}@%(SHOP_HOST)s:{port}/%(shop)s")
        s.files[file] = f"[DEFAULT]\ndatabase {s.of('=', ':')} {url}\nshop = d{name}\nsources = migrations\n"
        s.vars[s.of("SHOP_HOST", "shop_host")] = host
    s.maybe(30, *s.of(("-c", "other.ini"), ("--config=other.ini",)))
    if s.chance(40):
        s.line += [s.of("-d", "--database"), s.url(s.of("postgresql", "postgres"))]
        s.maybe(50, "migrations")


def dbt(s):
    outputs = ""
    for target in ("dev", "prod"):
        host, port, name = s.place()
        host = s.of(host, host, f'"{{{{ env_var(\'SHOP_HOST\', \'{host}\') }}}}"')
        port = s.of(port, f'"{{{{ env_var(\'SHOP_PORT\', \'{port}\') | int }}}}"')
        parts = {"type": "postgres", "host": host, "port": port, "user": f"u{name}", s.of("dbname", "database"): f"d{name}"}
        outputs += f"    {target}:\n      <<: *base\n" + "".join(f"      {key}: {value}\n" for key, value in parts.items())
    base = "base: &base\n  pass: x\n  schema: public\n  connect_timeout: 5\n  retries: 0\n  host: nowhere.invalid\n"
    s.files[s.of("profiles.yml", "profiles.yml", "below/profiles.yml")] = f"{base}shop:\n  target: dev\n  outputs:\n{outputs}"
    s.files["dbt_project.yml"] = "name: shop\nprofile: shop\nflags:\n  send_anonymous_usage_stats: false\n"
    s.files["models/a.sql"] = "SELECT 1 AS a\n"
    s.libpq()
    s.vars.pop("PGDATABASE", None)
    s.line = ["dbt", s.of("run", "build", "debug", "compile")]
    if "below/profiles.yml" in s.files:
        s.line += ["--profiles-dir", "below"]
    s.maybe(30, *s.of(("--target", "prod"), ("-t", "prod"), ("--target=prod",)))
    for var in ("DBT_TARGET", "DBT_ENGINE_TARGET"):
        if s.chance(30):
            s.vars[var] = s.of("dev", "prod")
    if s.chance(30):
        host, port, _ = s.place()
        s.vars |= {"SHOP_HOST": host, "SHOP_PORT": str(port)}


def alembic(s):
    scheme = s.of("postgresql+psycopg2", "postgresql+psycopg2")
    logging = "[loggers]\nkeys=root\n[handlers]\nkeys=c\n[formatters]\nkeys=p\n[logger_root]\nhandlers=c\n[handler_c]\nclass=StreamHandler\nargs=(sys.stderr,)\nformatter=p\n[formatter_p]\nformat=%(message)s\n"
    for file in ("alembic.ini", "other.ini"):
        urls = [s.url(scheme).replace("%", "%%") for _ in range(2)]
        s.files[file] = f"[alembic]\nscript_location = m\nsqlalchemy.url = {urls[0]}\n[second]\nscript_location = m\nsqlalchemy.url = {urls[1]}\n{logging}"
    s.files["m/env.py"] = (HERE.parent / "tools/alembic_env.py").read_text()
    s.files["m/versions/.keep"] = ""
    s.libpq()
    if s.chance(20):
        s.vars["ALEMBIC_CONFIG"] = "other.ini"
    s.line = ["alembic"]
    s.maybe(20, "-c", "other.ini")
    s.maybe(20, "-n", "second")
    s.maybe(10, "-x", "a=b")
    s.line += s.of("upgrade head", "current", "downgrade base", "history -i", "heads", "stamp head", "check").split()


def knex(s):
    s.files["migrations/1_a.js"] = "exports.up = () => {};\nexports.down = () => {};\n"
    s.libpq()
    if s.chance(30):
        s.files["knexfile.js"] = f"module.exports = {{ client: 'pg', connection: '{s.url(odd=False)}' }};\n"
    s.line = ["knex", "--client", "pg", s.of("--connection", "--connection="), s.url(s.of("postgres", "postgresql"))]
    if s.line[3].endswith("="):
        s.line[3:] = ["".join(s.line[3:])]
    s.line += ["--migrations-directory", "./migrations"]
    s.line += s.of("migrate:latest", "migrate:status", "migrate:rollback --all", "migrate:list", "migrate:currentVersion").split()
    s.maybe(20, "--env", "production")


def postgrator(s):
    s.files["migrations/001.do.a.sql"] = "SELECT 1;\n"
    s.files["migrations/001.undo.a.sql"] = "SELECT 1;\n"
    s.libpq()
    for file in (".postgratorrc.json", "other.json", "package.json", ".config/postgratorrc"):
        host, port, name = s.place()
        parts = {"host": host, "port": port, "username": f"u{name}", "database": f"d{name}"}
        if s.chance(40):
            del parts[s.of(*parts)]
        if s.chance(50):
            s.files[file] = json.dumps({"name": "shop", s.of("postgrator", "other"): parts} if file == "package.json" else parts)
    s.line = ["postgrator", s.of("migrate", "migrate", "max", "0", "drop-schema")]
    if "other.json" in s.files and s.chance(60):
        s.line += s.of(["-c", "other.json"], ["--config=other.json"])
    s.maybe(10, "--no-config")
    host, port, name = s.place()
    s.maybe(30, *s.of(("-h", host), ("--host", host), (f"--host={host}",)))
    s.maybe(30, *s.of(("-o", str(port)), (f"--port={port}",)))
    s.maybe(20, *s.of(("-d", f"d{name}"), (f"--database=d{name}",)))
    s.maybe(20, *s.of(("-u", f"u{name}"), (f"--username=u{name}",)))


def graphile_migrate(s):
    text = '{\n  // "connectionString": "postgres://never@127.0.0.1:1/read",\n'
    for key in ("connectionString", "shadowConnectionString", "rootConnectionString"):
        if s.chance(50):
            text += f'  "{key}": "{s.url("postgres", odd=False)}", /* it */\n'
    s.files[s.of(".gmrc", ".gmrc", "other.gmrc")] = text + '  "pgSettings": {\n    // none\n  },\n}\n'
    s.files["migrations/current.sql"] = ""
    for var in ("DATABASE_URL", "SHADOW_DATABASE_URL", "ROOT_DATABASE_URL"):
        s.vars[var] = s.url("postgres", odd=False)
    s.libpq()
    s.line = ["graphile-migrate", *s.of(["migrate"], ["status"], ["reset", "--erase"], ["migrate", "--shadow"], ["watch", "--once"])]
    if "other.gmrc" in s.files:
        s.line += s.of(["-c", "other.gmrc"], ["--config=other.gmrc"])


def node_pg_migrate(s):
    s.files["migrations/1_a.sql"] = "-- Up Migration\nSELECT 1;\n-- Down Migration\nSELECT 1;\n"
    s.libpq(60)
    s.line = ["node-pg-migrate", s.of("up", "down", "redo")]
    if s.chance(60):
        s.vars["DATABASE_URL"] = s.url()
    if s.chance(30):
        s.vars["OTHER_URL"] = s.url()
        s.line += [*s.of(("-d", "OTHER_URL"), ("--database-url-var", "OTHER_URL"), ("--databaseUrlVar=OTHER_URL",))]
    if s.chance(40):
        host, port, name = s.place()
        s.files["c.json"] = json.dumps({"db": {"host": host, "port": port, "user": f"u{name}", "database": f"d{name}"}})
        s.line += ["-f", "c.json"]
    if s.chance(20):
        s.dotenv(odd=False)


def sequelize(s):
    parts = {}
    for env in ("development", "production"):
        host, port, name = s.place()
        parts[env] = {"username": f"u{name}", "database": f"d{name}", "host": host, "port": port, "dialect": "postgres"}
        if s.chance(20):
            parts[env] = {"use_env_variable": "DATABASE_URL", "dialect": "postgres"}
        elif s.chance(20):
            parts[env] = {"url": s.url(odd=False), "dialect": "postgres"}
        elif s.chance(20):
            del parts[env][s.of("port", "username")]
    s.files["config/config.json"] = json.dumps(parts)
    s.files["migrations/1-a.js"] = "module.exports = { up() {}, down() {} };\n"
    s.libpq(30)
    s.vars["DATABASE_URL"] = s.url("postgres")
    s.line = [s.of("sequelize", "sequelize-cli"), s.of("db:migrate", "db:migrate:status", "db:migrate:undo", "db:drop", "db:create")]
    s.maybe(25, "--env", "production")
    s.maybe(20, "--url", s.url("postgres"))
    if s.chance(20):
        s.vars["NODE_ENV"] = "production"


def db_migrate(s):
    parts = {}
    for env in ("dev", "prod"):
        host, port, name = s.place()
        parts[env] = {"driver": "pg", "user": f"u{name}", "database": f"d{name}", "host": host, "port": port}
        if s.chance(20):
            parts[env] = {"ENV": "OTHER_URL"}
        elif s.chance(20):
            del parts[env][s.of("port", "user", "database")]
    if s.chance(20):
        parts["defaultEnv"] = "prod"
    s.files[s.of("database.json", "database.json", "config/database.json")] = json.dumps(parts)
    s.files["migrations/20240101000000-a.js"] = "exports.up = (db, f) => f();\nexports.down = (db, f) => f();\n"
    s.libpq(30)
    s.vars["OTHER_URL"] = s.url("postgres", odd=False)
    if s.chance(25):
        s.vars["DATABASE_URL"] = s.url("postgres")
    elif s.chance(20):
        s.dotenv(scheme="postgres")
    s.line = ["db-migrate", s.of("up", "down", "reset", "check")]
    s.maybe(30, *s.of(("-e", "prod"), ("--env", "prod"), ("--env=prod",)))
    s.maybe(15, "-c", "1")
    if "config/database.json" in s.files and s.chance(50):
        s.line.append("--config=config/database.json")


def dbmate(s):
    s.files["db/migrations/1_a.sql"] = "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;\n"
    off = {"scheme": "postgres", "query": "sslmode=disable"}
    s.libpq()
    s.line = ["dbmate", "--no-dump-schema"]
    if s.chance(50):
        s.dotenv(**off)
    if s.chance(40):
        s.vars["DATABASE_URL"] = s.url(**off)
    if s.chance(20):
        s.vars["OTHER_URL"] = s.url(**off)
        s.line += ["-e", "OTHER_URL"]
    if s.chance(20):
        s.dotenv(file=".env.prod", **off)
        s.line += s.of(["--env-file", ".env.prod"], ["--env-file=.env.prod"])
    if s.chance(25) or not (s.vars or s.files.get(".env")):
        s.line += [s.of("--url", "-u"), s.url(**off)]
    s.line += [s.of("up", "migrate", "status", "rollback", "create", "drop", "dump")]


def drizzle_kit(s):
    s.files["schema.js"] = "const { pgTable, integer } = require('drizzle-orm/pg-core');\nexports.made = pgTable('made', { id: integer() });\n"
    s.libpq()
    if s.chance(30):
        s.dotenv()
    s.line = ["drizzle-kit", s.of("push", "pull", "introspect"), "--dialect", "postgresql"]
    if s.line[1] == "push":
        s.line += ["--schema", "schema.js", "--force"]
    # With --host it insists on TLS, and calls nobody who has none.
    s.line += ["--url", s.url()]


def prisma(s):
    urls = {"url": 'env("DATABASE_URL")'}
    if s.chance(40):
        urls["directUrl"] = s.of('env("DIRECT_URL")', f'"{s.url(odd=False)}"')
    if s.chance(20):
        urls["url"] = f'"{s.url(odd=False)}"'
    schema = s.of("prisma/schema.prisma", "prisma/schema.prisma", "schema.prisma", "db/other.prisma")
    lines = "".join(f"  {key} = {value}\n" for key, value in urls.items())
    s.files[schema] = f'datasource db {{\n  provider = "postgresql"\n{lines}}}\n'
    s.files[str(pathlib.Path(schema).with_name("migrations") / "1_a/migration.sql")] = "SELECT 1;\n"
    s.files[str(pathlib.Path(schema).with_name("migrations") / "migration_lock.toml")] = 'provider = "postgresql"\n'
    for file in (".env", "prisma/.env"):
        if s.chance(50):
            s.files[file] = f"DATABASE_URL={s.url(odd=False)}\nDIRECT_URL='{s.url(odd=False)}'\n"
    if s.chance(40) or not any(file.endswith(".env") for file in s.files):
        s.vars["DATABASE_URL"], s.vars["DIRECT_URL"] = s.url(odd=False), s.url(odd=False)
    s.libpq(20)
    s.vars["PRISMA_SCHEMA_ENGINE_BINARY"] = s.vars["PRISMA_QUERY_ENGINE_LIBRARY"] = str(HERE / "prisma_engine.py")
    s.line = ["prisma", "migrate", s.of("deploy", "status")]
    if schema == "db/other.prisma":
        s.line += [s.of("--schema", "--schema="), schema]
        if s.line[-2].endswith("="):
            s.line[-2:] = ["".join(s.line[-2:])]


def rails(s):
    import cases

    s.files.update(cases.RAILS)
    text = ""
    for env in ("development", "production", "test"):
        host, port, name = s.place()
        parts = {"adapter": "postgresql", "host": host, "port": port, "database": f"d{name}", "username": f"u{name}"}
        if s.chance(20):
            del parts[s.of("port", "database", "username", "host")]
        if s.chance(20):
            parts["url"] = s.url()
        elif s.chance(20):
            parts["url"] = "<%= ENV['OTHER_URL'] %>"
        text += f"{env}:\n" + "".join(f"  {key}: {value}\n" for key, value in parts.items())
    s.files["config/database.yml"] = text
    s.vars["OTHER_URL"] = s.url(odd=False)
    if s.chance(30):
        s.vars["DATABASE_URL"] = s.url("postgres")
    if s.chance(15):
        s.vars["PRIMARY_DATABASE_URL"] = s.url(odd=False)
    if s.chance(25):
        s.vars[s.of("RAILS_ENV", "RACK_ENV")] = "production"
    s.libpq(30)
    s.line = [s.of("rails", "rails", "rake"), s.of("db:version", "db:migrate", "db:migrate:status", "db:drop", "db:create", "db:rollback")]
    s.maybe(20, "RAILS_ENV=production")
    s.vars["DISABLE_DATABASE_ENVIRONMENT_CHECK"] = "1"


def artisan(s):
    import laravel

    s.files.update(laravel.files("SELECT 1"))

    def env():
        host, port, name = s.place()
        all = {"DB_CONNECTION": "pgsql", "DB_HOST": host, "DB_PORT": port, "DB_DATABASE": f"d{name}", "DB_USERNAME": f"u{name}"}
        kept = {key: value for key, value in all.items() if key == "DB_CONNECTION" or s.chance(85)}
        if s.chance(25):
            kept["DATABASE_URL"] = s.url(s.of("postgres", "postgresql", "pgsql"))
        return kept

    def write(kept):
        quote = s.of("", '"', "'")
        return "".join(f"{key}={quote}{value}{quote}\n" for key, value in kept.items())

    s.files[".env"] = write(env())
    for name in ("staging", "production"):
        if s.chance(50):
            s.files[f".env.{name}"] = write(env())
    for key, value in env().items():
        if s.chance(12):
            s.vars[key] = s.of(value, str(value), "null" if key == "DATABASE_URL" else value)
    s.vars = {key: str(value) for key, value in s.vars.items()}
    if s.chance(30):
        s.vars["APP_ENV"] = s.of("staging", "production", "other")
    if s.chance(20):
        host, port, name = s.place()
        url = f"'{s.url()}'" if s.chance(30) else "NULL"
        s.files["bootstrap/cache/config.php"] = laravel.cached(
            {"url": url, "host": f"'{host}'", "port": port, "database": f"'d{name}'", "username": f"'u{name}'"}
        )
    if s.chance(20):
        s.vars["SECOND_HOST"], port, name = s.place()
        s.vars |= {"SECOND_PORT": str(port), "SECOND_USER": f"u{name}"}
        s.line = [s.of("--database=second", "--database=pgsql")]
    s.libpq(20)
    s.line += [s.of("migrate", "migrate:status", "mig:st", "db:w", "migrate:rollback", "migrate:fresh", "mig:ins")]
    s.line += ["--force"] if s.line[-1] in ("migrate", "db:w", "migrate:rollback", "migrate:fresh") else []
    s.maybe(15, "--step") if s.line[-2:-1] == ["migrate"] else None
    s.maybe(30, *s.of(["--env=staging"], ["--env", "production"], ["--env=other"]))
    s.line = ["php", *s.of([], [], ["-d", "memory_limit=-1"]), s.of("artisan", "./artisan"), *s.line]


def console(s):
    import cases

    s.files.update({"bin/console": cases.CONSOLE, "config/packages/doctrine.yaml": cases.RECIPE})
    if s.chance(30):
        host, port, name = s.place()
        text = f"doctrine:\n  dbal:\n    connections:\n      one:\n        url: '%env(DATABASE_URL)%'\n      two:\n        driver: pdo_pgsql\n        host: {host}\n"
        text += f"        port: '%env(TWO_PORT)%'\n        dbname: d{name}\n        user: u{name}\n"
        s.files["config/packages/doctrine.yaml"] = text
        s.vars["TWO_PORT"] = str(port)
        s.maybe(60, "--connection=two")
    if s.chance(15):
        host, port, name = s.place()
        s.files["config/packages/prod/doctrine.yaml"] = f"doctrine:\n  dbal:\n    url: 'postgresql://u{name}@{host}:{port}/d{name}'\n"
    query = s.of("", "serverVersion=16&charset=utf8")
    for file in [".env", *[name for name in (".env.local", ".env.prod", ".env.prod.local", ".env.test", ".env.dev") if s.chance(40)]]:
        s.dotenv(file=file, odd=s.chance(50), query=query)
        # `test` in one of them decides about the other, which is not followed.
        if file in (".env", ".env.local") and s.chance(30):
            s.files[file] += f"APP_ENV={s.of('prod', 'dev')}\n"
    if s.chance(20):
        s.vars["APP_ENV"] = s.of("prod", "test", "stage")
    if s.chance(15):
        s.vars["DATABASE_URL"] = s.url()
    s.maybe(25, s.of("--env=prod", "--env=test"))
    s.libpq(20)
    s.files["migrations/a.sql"] = "SELECT 1"
    s.line = ["php", "bin/console", s.of("doctrine:migrations:migrate", "d:m:m", "doctrine:database:drop"), *s.line]


def liquibase(s):
    host, port, name = s.place()
    url = f"jdbc:postgresql://{host}:{port}/d{name}"
    s.files["changes.sql"] = "--liquibase formatted sql\n--changeset a:1\nSELECT 1;\n"
    s.files["liquibase.properties"] = f"{s.of('url', 'liquibase.command.url')}: {url}\nusername: u{name}\n"
    s.line = ["liquibase", "--changelog-file=changes.sql"]
    if s.chance(40):
        host, port, name = s.place()
        s.line += [f"--url=jdbc:postgresql://{host}:{port}/d{name}{s.of('', f'?user=u{name}')}"]
        s.maybe(50, f"--username=u{name}")
    if s.chance(40):
        host, port, name = s.place()
        s.files["other.properties"] = f"url=jdbc:postgresql://{host}:{port}/d{name}\nusername=u{name}\n"
        s.line += [f"{s.of('--defaults-file', '--defaultsFile')}=other.properties"]
    if s.chance(30):
        host, port, name = s.place()
        s.vars["LIQUIBASE_COMMAND_URL"] = f"jdbc:postgresql://{host}:{port}/d{name}"
    if s.chance(20):
        s.vars["LIQUIBASE_COMMAND_USERNAME"] = "v"
    s.libpq(20)
    s.line += [s.of("update", "status", "history", "drop-all", "update-sql")]


def sqlx(s):
    s.files["migrations/1_a.sql"] = "SELECT 1;\n"
    s.libpq()
    if s.chance(60):
        s.dotenv()
    if s.chance(40):
        s.vars["DATABASE_URL"] = s.of(s.url(), s.url(), "")
    s.line = ["sqlx", *s.of("migrate run", "migrate info", "migrate revert", "database create", "database drop -y", "mig run").split()]
    if s.chance(30) or not (s.vars.get("DATABASE_URL") or ".env" in s.files):
        s.line += [*s.of(("-D",), ("--database-url",)), s.url(s.of("postgres", "postgresql"))]
    s.maybe(20, "--connect-timeout", "1")


def diesel(s):
    s.files["Cargo.toml"] = ""
    s.files["migrations/2024-01-01-000000_a/up.sql"] = s.files["migrations/2024-01-01-000000_a/down.sql"] = "SELECT 1;\n"
    s.libpq()
    if s.chance(60):
        s.dotenv()
    if s.chance(40):
        s.vars["DATABASE_URL"] = s.of(s.url(), s.url("postgres"), "")
    s.line = ["diesel", *s.of("migration run", "migration list", "migration revert", "print-schema", "database drop", "migration redo").split()]
    if s.chance(30) or not (s.vars.get("DATABASE_URL") or ".env" in s.files):
        s.line += [s.of("--database-url", "--database-url="), s.url()]
        if s.line[-2].endswith("="):
            s.line[-2:] = ["".join(s.line[-2:])]


def refinery(s):
    s.files["migrations/V1__a.sql"] = "SELECT 1;\n"
    s.libpq()
    s.vars["WHERE"] = s.url("postgres")
    s.vars["DATABASE_URL"] = s.url("postgres")
    s.line = ["refinery", "migrate", "-e", s.of("WHERE", "DATABASE_URL"), "-p", "migrations"]
    s.maybe(30, "-g")


def sea_orm_cli(s):
    s.libpq()
    if s.chance(60):
        s.dotenv()
    if s.chance(40):
        s.vars["DATABASE_URL"] = s.url()
    s.line = ["sea-orm-cli", "generate", "entity", "-o", "out"]
    if s.chance(30) or not (s.vars.get("DATABASE_URL") or ".env" in s.files):
        s.line += [s.of("-u", "--database-url"), s.url()]


def sql_migrate(s):
    s.files["migrations/1_a.sql"] = "-- +migrate Up\nSELECT 1;\n-- +migrate Down\nSELECT 1;\n"
    s.vars["PART"] = "?sslmode=disable"
    text = ""
    for env in ("development", "production"):
        host, port, name = s.place()
        s.vars[f"{env}_host"] = host
        host = s.of(host, f"${env}_host", f"${{{env}_host}}")
        source = s.of(
            f"host={host} port={port} user=u{name} dbname=d{name} sslmode=disable",
            f"postgres://u{name}:x@{host}:{port}/d{name}${{PART}}",
            f"port={port} user=u{name} sslmode=disable",
            f"postgres://{host}:{port}/d{name}$PART",
        )
        quote = s.of("", '"', "'")
        text += f"{env}:\n  dialect: postgres\n  datasource: {quote}{source}{quote}\n  dir: migrations\n"
    file = s.of("dbconfig.yml", "dbconfig.yml", "other.yml")
    s.files[file] = text
    s.libpq()
    s.line = ["sql-migrate", s.of("up", "down", "status", "redo", "skip")]
    if file == "other.yml":
        s.line += s.of(["-config=other.yml"], ["--config", "other.yml"])
    s.line += s.of([], ["-env=production"], ["-env", "production"], ["-env", "development"])


def sequel(s):
    s.files["m/001_a.rb"] = "Sequel.migration { change { run 'SELECT 1' } }\n"
    s.libpq()
    s.line = ["sequel", *s.of([], ["-d"], ["-m", "m"], ["-m", "m", "-M", "0"], ["-c", "DB.tables"], ["-C"]), s.url("postgres", odd=False)]
    if "-C" in s.line:
        s.line.append(s.url("postgres", odd=False))


# How a case is made, whose registry it is, and how many are made by one of a run's measure.
MAKERS = {
    "yoyo": (yoyo, "python", 1), "alembic": (alembic, "python", 1), "knex": (knex, "node", 1),
    "node-pg-migrate": (node_pg_migrate, "node", 1), "sequelize": (sequelize, "node", 1), "db-migrate": (db_migrate, "node", 1),
    "dbt": (dbt, "python", 0.2), "postgrator": (postgrator, "node", 0.5), "graphile-migrate": (graphile_migrate, "node", 0.5),
    "dbmate": (dbmate, "node", 2), "drizzle-kit": (drizzle_kit, "node", 0.5), "prisma": (prisma, "node", 0.5),
    "sql-migrate": (sql_migrate, "debian", 2), "sequel": (sequel, "debian", 1), "rails": (rails, "debian", 0.5), "artisan": (artisan, "debian", 2), "console": (console, "debian", 2), "liquibase": (liquibase, "node", 0.3), "sqlx": (sqlx, "crates", 2),
    "diesel": (diesel, "crates", 2), "refinery": (refinery, "crates", 1), "sea-orm-cli": (sea_orm_cli, "crates", 1),
}  # fmt: skip


class Witness:
    """One tool's run."""

    def __init__(self, below, name, number, dirs, dbguard):
        self.name, self.dbguard, self.home = name, dbguard, below / f"witness-{name}"
        self.home.mkdir(parents=True)
        self.make, self.kind, self.weight = MAKERS[name]
        self.modules = dirs[self.kind][0].parent if self.kind == "node" else None
        path = [*map(str, dirs[self.kind]), *os.environ["PATH"].split(":")]
        self.vars = {"HOME": str(self.home), "PATH": ":".join(path), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
        self.vars |= {"CHECKPOINT_DISABLE": "1", "USER": getpass.getuser(), "PGCONNECT_TIMEOUT": "5", "TZ": "UTC"}
        self.callers = Callers(self.home, number)
        self.tally = {"same": 0, "untouched": 0, "unclear": 0, "silent": 0}

    def run(self, seed, cases):
        wrong = []
        try:
            for at in range(max(2, round(cases * self.weight))):
                s = Sources(f"{seed} {self.name} {at}", self.callers)
                self.make(s)
                if said := self.one(s, self.home / str(at)):
                    wrong.append(f"seed {seed}, case {at}: {s.line} {s.vars}\n  {s.files}\n  {said}")
        finally:
            self.callers.end()
        return wrong

    def one(self, s, work):
        work.mkdir()
        for file, text in s.files.items():
            (work / file).parent.mkdir(parents=True, exist_ok=True)
            (work / file).write_text(text)
        if self.modules:
            (work / "node_modules").symlink_to(self.modules)
        vars = {**self.vars, **s.vars}
        told = subprocess.run(
            [self.dbguard, "explain", "--json", "--", *s.line], cwd=work, env=vars, capture_output=True, text=True
        )
        told = json.loads(told.stdout)
        self.callers.heard()
        with open(self.home / "output", "w+") as output:
            quiet = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
            child = subprocess.Popen(s.line, cwd=work, env=vars, start_new_session=True, **quiet)
            self.wait(child)
            output.seek(0)
            output = output.read()
        return self.compare(told, self.callers.heard(), output)

    def wait(self, child):
        """Until it ends, or has called and had time to call once more: some try again for ever."""
        end, before = time.monotonic() + PATIENCE, self.callers.log.stat().st_size
        while child.poll() is None and time.monotonic() < end:
            if self.callers.log.stat().st_size > before:
                end, before = min(end, time.monotonic() + AFTERWARDS), float("inf")
            time.sleep(0.02)
        try:
            os.killpg(child.pid, 9)
        except ProcessLookupError:
            pass
        child.wait()

    def compare(self, told, heard, output):
        if not told["touches_server"]:
            self.tally["untouched"] += 1
            return f"said {told['reasons']}\n  heard {heard}" if heard else None
        if told["environment"]["level"] != "development":
            self.tally["unclear"] += 1
            return None
        if not heard:
            self.tally["silent"] += 1
            if os.environ.get("DBGUARD_SILENT"):
                print(told["target"], output[-600:])
            return None
        targets = [told["target"], *(one["target"] for one in told.get("also", []) if one["target"])]
        meant = set()
        for target in targets:
            for host in target["hosts"]:
                for name in [target["dbname"], *target["affects"]]:
                    meant.add((f"{host['hostaddr'] or host['host']}:{host['port']}", target["user"], name))
        # A server takes no name of a database for that of the user.
        called = {(one["place"], one["user"], one["dbname"] or one["user"]) for one in heard}
        meant |= {(place, user, name) for place, user, _ in meant for name in MAINTENANCE}
        if self.name in RAW:
            called = {(place, user, urllib.parse.unquote(name)) for place, user, name in called}
        if self.name in NAMELESS:
            meant = {(place, "", name) for place, _, name in meant}
            called = {(place, "", name) for place, _, name in called}
        if called <= meant:
            self.tally["same"] += 1
            return None
        return f"said {sorted(meant, key=str)}\n  heard {sorted(called, key=str)}\n  {told['target']['origins']}"
