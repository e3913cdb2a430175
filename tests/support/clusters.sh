#!/bin/sh
# Makes throwaway PostgreSQL clusters, one for each name given, and ends with its standard input.
#
#     clusters.sh [--in DIRECTORY] [--bin DIRECTORY] production staging
#
# Each listens on a free loopback port and on a socket in its own directory. When all answer, one line for each is
# printed ("cluster NAME PORT SOCKETDIR IDENTIFIER"), then "ready DIRECTORY BINDIR". From then on this process only
# waits for the end of its input: whoever started it holds the other end of that pipe, and when he goes, killed or
# not, the servers are stopped and the one directory that holds everything is removed (also one that was given). The
# tests and the demo share it.
set -eu

fail() {
    echo "clusters: $1" >&2
    exit 1
}

# The server's binaries: Debian keeps them out of PATH, beside the version.
find_binaries() {
    for dir in "$(pg_config --bindir 2>/dev/null || :)" /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
        if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
            bin=$dir
        fi
    done
    [ -z "$wanted" ] || bin=$wanted
    [ -n "${bin:-}" ] || fail "no PostgreSQL server binaries found; install them: apt-get install postgresql"
}

# PostgreSQL refuses to run as root, so that root needs somebody to run it as.
find_owner() {
    owner=
    [ "$(id -u)" -eq 0 ] || return 0
    for name in postgres nobody; do
        if id "$name" >/dev/null 2>&1; then
            owner=$name
            return 0
        fi
    done
    fail "running as root, and there is neither a user postgres nor nobody"
}

as_owner() {
    if [ -z "$owner" ]; then
        "$@"
    elif command -v setpriv >/dev/null; then
        setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups "$@"
    else
        sudo -n -u "$owner" -- "$@"
    fi
}

# Ends every server and removes everything; also on the way out of a failure.
# shellcheck disable=SC2317 # called by the trap
finish() {
    trap '' EXIT HUP INT TERM
    # What is still being made is let come to its end first: a server half started could not be found.
    wait
    for name in $names; do
        if [ -f "$home/$name/data/postmaster.pid" ]; then
            as_owner "$bin/pg_ctl" -D "$home/$name/data" -m immediate stop >/dev/null 2>&1 || :
        fi
    done
    rm -rf "$home"
}

init() {
    mkdir "$home/$1"
    [ -z "$owner" ] || chown "$owner" "$home/$1"
    as_owner "$bin/initdb" --pgdata "$home/$1/data" --username postgres --auth trust --encoding UTF8 --locale C --no-sync \
        >"$home/$1.initdb" 2>&1 || fail "initdb: $(cat "$home/$1.initdb")"
    # Nothing here outlives the test: durability is switched off. What the server was asked stands in its log.
    as_owner tee -a "$home/$1/data/postgresql.conf" >/dev/null <<SETTINGS
cluster_name = '$1'
listen_addresses = '127.0.0.1'
unix_socket_directories = '$home/$1'
fsync = off
full_page_writes = off
synchronous_commit = off
shared_buffers = 16MB
max_connections = 40
max_wal_senders = 4
log_connections = on
log_statement = all
timezone = 'UTC'
SETTINGS
    # The role "sealed" proves itself by password; everybody else is trusted.
    {
        echo 'local all sealed scram-sha-256'
        echo 'host all sealed 127.0.0.1/32 scram-sha-256'
        cat "$home/$1/data/pg_hba.conf"
    } >"$home/$1.hba"
    as_owner tee "$home/$1/data/pg_hba.conf" <"$home/$1.hba" >/dev/null
}

# A port that looks free may be taken a moment later by somebody else, so that starting is tried again with another.
start() {
    for try in 1 2 3 4 5 6 7 8; do
        port=$(((($$ + $(od -An -N2 -tu2 /dev/urandom)) % 20000) + 20000))
        if as_owner "$bin/pg_ctl" -D "$home/$1/data" -l "$home/$1/log" -o "-p $port" -w -t 30 start >/dev/null 2>&1; then
            echo "$port" >"$home/$1.port"
            return 0
        fi
    done
    fail "$1 does not start after $try tries: $(tail -n 5 "$home/$1/log")"
}

ask() {
    psql=$bin/psql
    # Some bundles of a server come without its client: any other one will do.
    [ -x "$psql" ] || psql=psql
    "$psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$home/$1" -p "$(cat "$home/$1.port")" -U postgres -d "$2" 2>&1
}

# The scene of the incident: a table that looks dead, a function that still reads it, customers that depend on both.
seed() {
    ask "$1" postgres <<'SQL' || fail "$1 cannot be filled"
SET password_encryption = 'scram-sha-256';
CREATE ROLE app LOGIN CONNECTION LIMIT 20;
CREATE ROLE reader LOGIN;
CREATE ROLE sealed LOGIN PASSWORD 'Zz7-planted-secret-Qq';
CREATE DATABASE app;
SQL
    ask "$1" app <<'SQL' || fail "$1 cannot be filled"
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 100) n;
CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL REFERENCES customers);
INSERT INTO orders SELECT n, 1 + n % 100 FROM generate_series(1, 500) n;
CREATE TABLE temp_migration_backup AS SELECT * FROM customers;
CREATE FUNCTION fallback(wanted integer) RETURNS text LANGUAGE sql STABLE
    AS 'SELECT name FROM temp_migration_backup WHERE id = wanted';
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app, sealed;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
SQL
    # Nobody connects to this one, so that it can be copied at any time.
    echo 'CREATE DATABASE app_copy TEMPLATE app ALLOW_CONNECTIONS false;' | ask "$1" postgres ||
        fail "$1 cannot be copied"
    ask "$1" app <<'SQL' >"$home/$1.identifier" || fail "$1 cannot be asked"
SELECT system_identifier FROM pg_control_system();
SQL
}

home=
if [ "${1:-}" = --in ]; then
    home=$2
    shift 2
fi
wanted=
if [ "${1:-}" = --bin ]; then
    wanted=$2
    shift 2
fi
[ $# -gt 0 ] || fail "usage: clusters.sh [--in DIRECTORY] [--bin DIRECTORY] NAME..."
names=$*
# A user's own settings must not reach the servers or the questions put to them.
for var in $(env | sed -n 's/^\(PG[A-Z]*\)=.*/\1/p'); do
    unset "$var"
done
# Not TMPDIR: the path of a socket must be short.
[ -n "$home" ] || home=$(mktemp -d /tmp/dbguard-pg.XXXXXX)
owner=
trap finish EXIT
trap 'exit 1' HUP INT TERM
find_binaries
find_owner
# The servers' user must get to his own directories inside.
chmod 711 "$home"
cd "$home"

# Side by side, since initdb takes most of the time; two of its own, since a copy would have the same system identifier.
jobs=
for name in $names; do
    (
        trap - EXIT
        init "$name"
        start "$name"
        seed "$name"
    ) </dev/null &
    jobs="$jobs $!"
done
for job in $jobs; do
    wait "$job" || exit 1
done
for name in $names; do
    echo "cluster $name $(cat "$name.port") $home/$name $(cat "$name.identifier")"
done
echo "ready $home $bin"
# Closed, so that whoever reads them to their end does not wait for this process.
exec >/dev/null 2>&1
cat >/dev/null
