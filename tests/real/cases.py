"""A project for each tool, the least that it takes to make one table, and the command line that makes it.

In files, vars and lines `{url}`, `{host}`, `{port}`, `{user}`, `{name}` (of the database) and `{env}` stand for the
server at hand.
"""

import base64
import dataclasses
import hashlib
import pathlib
import zlib

import laravel

SQL = "CREATE TABLE made (id int)"
# What graphile-migrate makes of what went before, which is nothing, and of the text.
HASH = hashlib.sha1(f"{SQL};\n".encode()).hexdigest()
# What aerich knows of no models, and its own table, which a first migration makes.
AERICH = "CREATE TABLE aerich (id serial, version text, app text, content jsonb)"
MODELS = base64.b64encode(zlib.compress(b"{}")).decode()


@dataclasses.dataclass
class Case:
    line: list
    # What the tool itself says, and what dbguard takes it for.
    says: str = ""
    risk: str = "write"
    files: dict = dataclasses.field(default_factory=dict)
    vars: dict = dataclasses.field(default_factory=dict)
    # Run once, as it is, before the files are written.
    before: list = dataclasses.field(default_factory=list)
    # Lines of a file that is there, by what they begin with.
    edits: dict = dataclasses.field(default_factory=dict)
    scheme: str = "postgresql"
    query: str = ""
    engine: str = "postgresql"
    kind: str = "python"
    # The target is decided by code: dbguard says that it does not know it, and asks for this.
    code: bool = False
    typed: str = "unknown"
    # Its status when it fails is looked at as well: not of what takes seconds to start.
    fails: bool = True
    # It can be asked itself where it goes.
    asks: bool = False
    # It only reads: nothing is made.
    reads: bool = False
    # Programs of ours that it starts, by name: what cannot be had, or would take minutes.
    stubs: dict = dataclasses.field(default_factory=dict)
    # The packages of npm are looked for in the project.
    modules: bool = False


CASES = {}

# Python.

CASES["alembic"] = Case(
    line=["alembic", "upgrade", "head"],
    says="Running upgrade  -> a",
    scheme="postgresql+psycopg2",
    before=["alembic", "init", "m"],
    edits={"alembic.ini": {"sqlalchemy.url": "sqlalchemy.url = {url}"}},
    files={
        "m/versions/a.py": "from alembic import op\nrevision = 'a'\ndown_revision = None\n"
        f"def upgrade():\n    op.execute('{SQL}')\ndef downgrade():\n    pass\n",
    },
)
CASES["yoyo"] = Case(
    line=["yoyo", "apply", "--batch", "--database", "{url}", "migrations"],
    files={"migrations/a.py": f"from yoyo import step\nsteps = [step('{SQL}')]\n"},
)
CASES["yoyo-ini"] = Case(
    line=["yoyo", "apply", "--batch"],
    files={
        "yoyo.ini": "[DEFAULT]\nsources = migrations\ndatabase = postgresql://{user}@%(SHOP_HOST)s:{port}/{name}\n",
        "migrations/a.py": f"from yoyo import step\nsteps = [step('{SQL}')]\n",
    },
    vars={"SHOP_HOST": "{host}"},
)
CASES["dbt"] = Case(
    fails=False,
    line=["dbt", "run"],
    says="Completed successfully",
    files={
        "dbt_project.yml": "name: shop\nprofile: shop\nmodels:\n  +materialized: table\nflags:\n  send_anonymous_usage_stats: false\n",
        "models/made.sql": "SELECT 1 AS id\n",
        "profiles.yml": "shop:\n  target: {env}\n  outputs:\n    {env}:\n      type: postgres\n      host: \"{{ env_var('SHOP_HOST') }}\"\n"
        "      port: {port}\n      user: {user}\n      pass: none\n      dbname: {name}\n      schema: public\n",
    },
    vars={"SHOP_HOST": "{host}"},
)
CASES["aerich"] = Case(
    line=["aerich", "upgrade"],
    says="Success upgrading to 0_a.py",
    code=True,
    asks=True,
    files={
        "pyproject.toml": "[tool.aerich]\ntortoise_orm = 'settings.ORM'\nlocation = './migrations'\nsrc_folder = './.'\n",
        "settings.py": "ORM = {'connections': {'default': 'asyncpg://{user}@{host}:{port}/{name}'}, "
        "'apps': {'models': {'models': ['aerich.models']}}}\n",
        "migrations/models/0_a.py": f"MODELS_STATE = '{MODELS}'\nasync def upgrade(db):\n    return '{SQL}; {AERICH}'\n"
        "async def downgrade(db):\n    return ''\n",
    },
)
CASES["piccolo"] = Case(
    line=["piccolo", "migrations", "forwards", "shop"],
    says="[forwards]... ok!",
    code=True,
    asks=True,
    files={
        "piccolo_conf.py": "from piccolo.conf.apps import AppRegistry\nfrom piccolo.engine.postgres import PostgresEngine\n"
        "DB = PostgresEngine(config={'host': '{host}', 'port': {port}, 'user': '{user}', 'database': '{name}'})\n"
        "APP_REGISTRY = AppRegistry(apps=['shop.piccolo_app'])\n",
        "shop/__init__.py": "",
        "shop/piccolo_app.py": "import os\nfrom piccolo.conf.apps import AppConfig\nHERE = os.path.dirname(os.path.abspath(__file__))\n"
        "APP_CONFIG = AppConfig(app_name='shop', migrations_folder_path=os.path.join(HERE, 'piccolo_migrations'), table_classes=[])\n",
        "shop/piccolo_migrations/__init__.py": "",
        "shop/piccolo_migrations/a.py": "from piccolo.apps.migrations.auto.migration_manager import MigrationManager\n"
        "from piccolo.engine import engine_finder\nID = '2024-01-01T00:00:00:000000'\nVERSION = '1.38.0'\nDESCRIPTION = ''\n"
        "async def forwards():\n    manager = MigrationManager(migration_id=ID, app_name='shop', description='')\n"
        f"    async def run():\n        await engine_finder()._run_in_new_connection('{SQL}')\n"
        "    manager.add_raw(run)\n    return manager\n",
    },
)
CASES["django"] = Case(
    line=["django-admin", "migrate", "--settings", "s", "--pythonpath", "."],
    says="Applying a.0001_a... OK",
    code=True,
    asks=True,
    files={
        "s.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['a']\nDEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'HOST': '{host}', 'PORT': {port}, "
        "'USER': '{user}', 'NAME': '{name}'}}\n",
        "a/__init__.py": "",
        "a/migrations/__init__.py": "",
        "a/migrations/0001_a.py": "from django.db import migrations\nclass Migration(migrations.Migration):\n"
        f"    operations = [migrations.RunSQL('{SQL}')]\n",
    },
)
CASES["flask"] = Case(
    # Without a driver it would be psycopg 3, from SQLAlchemy 2.1 on.
    scheme="postgresql+psycopg2",
    line=["flask", "--app", "app", "db", "upgrade"],
    says="Running upgrade  -> a",
    code=True,
    asks=True,
    before=["flask", "--app", "app", "db", "init"],
    files={
        "app.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\nfrom flask_migrate import Migrate\n"
        "app = Flask(__name__)\napp.config['SQLALCHEMY_DATABASE_URI'] = '{url}'\nMigrate(app, SQLAlchemy(app))\n",
        "migrations/versions/a.py": "from alembic import op\nrevision = 'a'\ndown_revision = None\n"
        f"def upgrade():\n    op.execute('{SQL}')\ndef downgrade():\n    pass\n",
    },
)
CASES["mycli"] = Case(
    line=["mycli", "-h", "{host}", "-P", "{port}", "-u", "{user}", "-D", "{name}", "-e", SQL],
    engine="mysql",
    risk="unknown",
)

# npm.

CASES["knex"] = Case(
    kind="node",
    modules=True,
    line=["knex", "--client", "pg", "--connection", "{url}", "--migrations-directory", "migrations", "migrate:latest"],
    says="Batch 1 run: 1 migrations",
    files={"migrations/1_a.js": f"exports.up = (k) => k.raw('{SQL}');\nexports.down = () => {{}};\n"},
)
CASES["knex-file"] = Case(
    kind="node",
    modules=True,
    code=True,
    asks=True,
    line=["knex", "migrate:latest"],
    says="Batch 1 run: 1 migrations",
    files={
        "knexfile.js": "module.exports = { client: 'pg', connection: '{url}' };\n",
        "migrations/1_a.js": f"exports.up = (k) => k.raw('{SQL}');\nexports.down = () => {{}};\n",
    },
)
CASES["node-pg-migrate"] = Case(
    kind="node",
    modules=True,
    line=["node-pg-migrate", "up"],
    says="Migrations complete!",
    vars={"DATABASE_URL": "{url}"},
    files={"migrations/1_a.sql": f"-- Up Migration\n{SQL};\n-- Down Migration\n"},
)
CASES["sequelize"] = Case(
    kind="node",
    modules=True,
    line=["sequelize", "db:migrate", "--url", "{url}"],
    says="1-a: migrated",
    files={"migrations/1-a.js": f"module.exports = {{ up: (q) => q.sequelize.query('{SQL}'), down: () => {{}} }};\n"},
)
CASES["sequelize-config"] = Case(
    kind="node",
    modules=True,
    line=["sequelize-cli", "db:migrate", "--env", "{env}"],
    says="1-a: migrated",
    files={
        "config/config.json": '{"{env}": {"username": "{user}", "database": "{name}", "host": "{host}", "port": {port}, '
        '"dialect": "postgres"}}\n',
        "migrations/1-a.js": f"module.exports = {{ up: (q) => q.sequelize.query('{SQL}'), down: () => {{}} }};\n",
    },
)
CASES["db-migrate"] = Case(
    kind="node",
    modules=True,
    line=["db-migrate", "up", "-e", "{env}"],
    says="Processed migration 20240101000000-a",
    files={
        "database.json": '{"{env}": {"driver": "pg", "user": "{user}", "database": "{name}", "host": "{host}", "port": {port}}}\n',
        "migrations/20240101000000-a.js": f"exports.up = (db) => db.runSql('{SQL}');\nexports.down = () => {{}};\n"
        "exports._meta = { version: 1 };\n",
    },
)
CASES["dbmate"] = Case(
    kind="node",
    line=["dbmate", "--no-dump-schema", "migrate"],
    says="Applied: 1_a.sql",
    query="?sslmode=disable",
    files={".env": "DATABASE_URL={url}\n", "db/migrations/1_a.sql": f"-- migrate:up\n{SQL};\n-- migrate:down\n"},
)
CASES["typeorm"] = Case(
    kind="node",
    modules=True,
    code=True,
    asks=True,
    line=["typeorm", "migration:run", "-d", "source.js"],
    says="has been executed successfully",
    files={
        "source.js": "const { DataSource } = require('typeorm');\nclass A1700000000000 {\n"
        f"  up(q) {{ return q.query('{SQL}'); }}\n  down() {{}}\n}}\n"
        "module.exports = new DataSource({ type: 'postgres', url: '{url}', migrations: [A1700000000000] });\n",
    },
)
CASES["drizzle-kit"] = Case(
    kind="node",
    modules=True,
    line=["drizzle-kit", "push", "--dialect", "postgresql", "--schema", "schema.js", "--url", "{url}", "--force"],
    says="Changes applied",
    risk="destroy",
    files={"schema.js": "const { pgTable, integer } = require('drizzle-orm/pg-core');\nexports.made = pgTable('made', { id: integer() });\n"},
)
CASES["drizzle-kit-config"] = Case(
    kind="node",
    modules=True,
    code=True,
    line=["drizzle-kit", "migrate"],
    says="migrations applied successfully",
    files={
        "drizzle.config.js": "module.exports = { dialect: 'postgresql', out: './drizzle', dbCredentials: { url: '{url}' } };\n",
        "drizzle/0000_a.sql": SQL + ";\n",
        "drizzle/meta/_journal.json": '{"version": "7", "dialect": "postgresql", "entries": '
        '[{"idx": 0, "version": "7", "when": 1700000000000, "tag": "0000_a", "breakpoints": true}]}\n',
    },
)
CASES["graphile-migrate"] = Case(
    kind="node",
    modules=True,
    line=["graphile-migrate", "migrate"],
    says="graphile-migrate: 1 committed migrations executed",
    vars={"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
    files={
        "migrations/committed/000001.sql": f"--! Previous: -\n--! Hash: sha1:{HASH}\n\n{SQL};\n",
        ".gmrc": '{\n  /* where it goes */\n  "connectionString": "{url}", // and not to the var\n}\n',
    },
)
CASES["postgrator"] = Case(
    kind="node",
    modules=True,
    line=["postgrator"],
    says="migrating up to 1",
    files={
        ".postgratorrc.json": '{"host": "{host}", "port": {port}, "database": "{name}", "username": "{user}"}\n',
        "migrations/001.do.a.sql": SQL + ";\n",
    },
)
CASES["mikro-orm"] = Case(
    kind="node",
    modules=True,
    code=True,
    asks=True,
    line=["mikro-orm", "migration:up"],
    says="Successfully migrated up to the latest version",
    files={
        "package.json": '{"type": "module", "devDependencies": {"@mikro-orm/cli": "6.6.16"}}\n',
        "mikro-orm.config.js": "import { defineConfig } from '@mikro-orm/postgresql';\n"
        "import { Migration, Migrator } from '@mikro-orm/migrations';\n"
        f"class Made extends Migration {{\n  up() {{ this.addSql('{SQL}'); }}\n}}\n"
        "export default defineConfig({ clientUrl: '{url}', extensions: [Migrator], discovery: { warnWhenNoEntities: false },\n"
        "  migrations: { migrationsList: [{ name: 'Made', class: Made }], snapshot: false } });\n",
    },
)
CASES["kysely"] = Case(
    kind="node",
    modules=True,
    code=True,
    asks=True,
    line=["kysely", "migrate", "latest", "--no-outdated-check"],
    says="Migration complete",
    files={
        "package.json": "{}\n",
        "kysely.config.mjs": "import pg from 'pg';\nimport { PostgresDialect } from 'kysely';\n"
        "const pool = new pg.Pool({ connectionString: '{url}' });\n"
        "export default { dialect: new PostgresDialect({ pool }), migrations: { migrationFolder: 'migrations', allowJS: true } };\n",
        "migrations/1_a.mjs": f"import {{ sql }} from 'kysely';\nexport const up = (db) => sql`{SQL}`.execute(db);\n",
    },
)
CASES["prisma"] = Case(
    kind="node",
    modules=True,
    line=["prisma", "migrate", "deploy"],
    says="All migrations have been successfully applied.",
    files={
        ".env": "DATABASE_URL={url}\n",
        "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n',
        "prisma/migrations/1_a/migration.sql": SQL + ";\n",
        "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    },
    # Prisma fetches its engine from a place that is no registry: this one speaks its words, and connects by psql.
    vars={"PRISMA_SCHEMA_ENGINE_BINARY": "{stubs}/schema-engine", "PRISMA_QUERY_ENGINE_LIBRARY": "{stubs}/schema-engine"},
    stubs={"schema-engine": "prisma_engine.py"},
)
CASES["prisma-config"] = Case(
    kind="node",
    modules=True,
    code=True,
    asks=True,
    line=["prisma", "migrate", "deploy"],
    says="All migrations have been successfully applied.",
    files={
        # With this, its own engine runs inside of it, as WebAssembly.
        "prisma.config.mjs": "import { PrismaPg } from '@prisma/adapter-pg';\nexport default { schema: 'prisma/schema.prisma', "
        "experimental: { adapter: true }, engine: 'js', adapter: async () => new PrismaPg({ connectionString: '{url}' }) };\n",
        "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url = "postgresql://nowhere"\n}\n',
        "prisma/migrations/1_a/migration.sql": SQL + ";\n",
        "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    },
    typed="nowhere",
    vars={"PRISMA_SCHEMA_ENGINE_BINARY": "{stubs}/none", "PRISMA_QUERY_ENGINE_LIBRARY": "{stubs}/none"},
    stubs={"none": None},
)
CASES["mongosh"] = Case(
    kind="node",
    line=["mongosh", "--quiet", "mongodb://{host}:{port}/{name}", "--eval", "db.made.insertOne({id: 1})"],
    says="acknowledged: true",
    engine="mongodb",
    risk="unknown",
)
CASES["liquibase"] = Case(
    kind="node",
    line=["liquibase", "--changelog-file=changes.sql", "update"],
    says="Liquibase command 'update' was executed successfully.",
    files={
        "liquibase.properties": "url=jdbc:postgresql://{host}:{port}/{name}\nusername={user}\n",
        "changes.sql": f"--liquibase formatted sql\n--changeset a:1\n{SQL};\n",
    },
)

# Debian.

RAILS = {
    "Rakefile": "require_relative 'config/application'\nRails.application.load_tasks\n",
    "bin/rails": "#!/usr/bin/env ruby\nAPP_PATH = File.expand_path('../config/application', __dir__)\nrequire 'rails/commands'\n",
    "config/application.rb": "require 'rails'\nrequire 'active_record/railtie'\nmodule Shop\n  class Application < Rails::Application\n"
    "    config.load_defaults 6.1\n    config.eager_load = false\n    config.secret_key_base = 'x' * 64\n  end\nend\n",
    "config/environment.rb": "require_relative 'application'\nRails.application.initialize!\n",
    "config/database.yml": "{env}:\n  adapter: postgresql\n  host: {host}\n  port: {port}\n  database: {name}\n  username: {user}\n",
    "db/migrate/20240101000000_made.rb": "class Made < ActiveRecord::Migration[6.1]\n"
    f"  def up\n    execute '{SQL}'\n  end\nend\n",
}
CASES["rails"] = Case(
    kind="debian", line=["rails", "db:migrate"], says="Made: migrated", files=RAILS, vars={"RAILS_ENV": "{env}"}
)
CASES["rake"] = Case(
    kind="debian", line=["rake", "db:migrate", "RAILS_ENV={env}"], says="Made: migrated", files=RAILS
)
CASES["sql-migrate"] = Case(
    kind="debian",
    line=["sql-migrate", "up", "-env={env}"],
    says="Applied 1 migration",
    files={
        "dbconfig.yml": "{env}:\n  dialect: postgres\n  datasource: {url}?sslmode=disable\n  dir: migrations\n",
        "migrations/1_a.sql": f"-- +migrate Up\n{SQL};\n-- +migrate Down\nDROP TABLE made;\n",
    },
)
CASES["sequel"] = Case(
    kind="debian",
    scheme="postgres",
    line=["sequel", "-m", "migrations", "{url}"],
    files={"migrations/001_a.rb": "Sequel.migration { up { run '" + SQL + "' } }\n"},
)
LARAVEL = laravel.files(SQL)
ENV = "DB_CONNECTION=pgsql\nDB_HOST={host}\nDB_PORT={port}\nDB_DATABASE={name}\nDB_USERNAME={user}\n"
CASES["artisan"] = Case(
    kind="debian", line=["php", "artisan", "migrate", "--step", "--force", "--env={env}"], says="2024_01_01_000000_made",
    files={**LARAVEL, ".env": "DB_CONNECTION=sqlite\n", ".env.{env}": ENV},
)  # fmt: skip
CASES["artisan-fresh"] = Case(
    kind="debian", line=["php", "./artisan", "mig:fr", "--force"], says="2024_01_01_000000_made", risk="destroy",
    files={**LARAVEL, ".env": ENV},
)  # fmt: skip
CASES["artisan-cached"] = Case(
    kind="debian",
    line=["php", "-d", "memory_limit=-1", "artisan", "migrate", "--force"],
    says="2024_01_01_000000_made",
    files={
        **LARAVEL,
        ".env": "DB_CONNECTION=pgsql\nDB_HOST=192.0.2.1\n",
        "bootstrap/cache/config.php": laravel.cached(
            {"url": "NULL", "host": "'{host}'", "port": "{port}", "database": "'{name}'", "username": "'{user}'"}
        ),
    },
)
CONSOLE = pathlib.Path(__file__).with_name("console.php").read_text()
RECIPE = """doctrine:
    dbal:
        url: '%env(resolve:DATABASE_URL)%'
        profiling_collect_backtrace: '%kernel.debug%'
    orm:
        mappings:
            App:
                prefix: 'App\\Entity'

when@test:
    doctrine:
        dbal:
            dbname_suffix: '_test%env(default::TEST_TOKEN)%'
"""
CASES["console"] = Case(
    kind="debian",
    line=["php", "bin/console", "d:m:m", "--env={env}"],
    says="Migrating a.sql",
    query="?serverVersion=16&charset=utf8",
    files={
        "bin/console": CONSOLE,
        "config/packages/doctrine.yaml": RECIPE,
        ".env": "DATABASE_URL=postgresql://u@192.0.2.1/d\n",
        ".env.{env}.local": 'DATABASE_URL="{url}"\n',
        "migrations/a.sql": SQL,
    },
)
for tool in ("mysql", "mariadb"):
    CASES[tool] = Case(
        kind="debian",
        line=[tool, "-h", "{host}", "-P", "{port}", "-u", "{user}", "{name}", "-e", SQL],
        engine="mysql",
        risk="unknown",
    )
CASES["redis-cli"] = Case(
    kind="debian", line=["redis-cli", "-h", "{host}", "-p", "{port}", "-n", "0", "set", "made", "1"], says="OK", engine="redis"
)

# crates.io: compiled, and so by themselves.

CASES["sqlx"] = Case(
    kind="crates",
    line=["sqlx", "migrate", "run"],
    says="Applied 1/migrate a",
    files={".env": "DATABASE_URL={url}\n", "migrations/1_a.sql": SQL + ";\n"},
)
CASES["cargo-sqlx"] = Case(
    kind="crates",
    line=["cargo", "sqlx", "migrate", "run"],
    says="Applied 1/migrate a",
    files={".env": "DATABASE_URL={url}\n", "migrations/1_a.sql": SQL + ";\n"},
)
CASES["diesel"] = Case(
    kind="crates",
    line=["diesel", "migration", "run"],
    says="Running migration 2024-01-01-000000_a",
    files={
        "Cargo.toml": "",
        ".env": "DATABASE_URL={url}\n",
        "migrations/2024-01-01-000000_a/up.sql": SQL + ";\n",
        "migrations/2024-01-01-000000_a/down.sql": "DROP TABLE made;\n",
    },
)
CASES["refinery"] = Case(
    kind="crates",
    line=["refinery", "migrate", "-e", "WHERE", "-p", "migrations"],
    scheme="postgres",
    vars={"WHERE": "{url}"},
    files={"migrations/V1__a.sql": SQL + ";\n"},
)
CASES["sea-orm-cli"] = Case(
    kind="crates",
    line=["sea-orm-cli", "generate", "entity", "-o", "out"],
    says="Connecting to Postgres",
    risk="read",
    reads=True,
    vars={"DATABASE_URL": "{url}"},
)
