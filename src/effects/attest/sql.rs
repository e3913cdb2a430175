//! The statements that ask, each answered by one row that holds one JSON object.
//!
//! Each is sent by itself, so that one that fails (an older server, a missing privilege, a fork that lacks a function)
//! takes only its own facts with it, and those that came before stay when time runs out: the weightiest come first.
//! Everything is schema-qualified: the database may have a `search_path` of its own. All of it runs on PostgreSQL 10.

/// In the order in which they are sent, on one connection; what is asked about tables comes behind them, and the size
/// of the whole database last.
pub(super) const STATEMENTS: [&str; 6] = [SELF, IDENTITY, MARKER, WRITES, ARCHIVE, POSITION];

/// Where the session is, as whom, and whether the read-only option took. On a standby `transaction_read_only` is on
/// whatever the options say, so the default is looked at as well.
const SELF: &str = "SELECT pg_catalog.json_build_object(\
    'database', pg_catalog.current_database(), \
    'address', pg_catalog.host(pg_catalog.inet_server_addr()), \
    'port', pg_catalog.inet_server_port(), \
    'user', current_user, 'session_user', session_user, \
    'version', pg_catalog.current_setting('server_version'), \
    'standby', pg_catalog.pg_is_in_recovery(), \
    'read_only', pg_catalog.current_setting('transaction_read_only') = 'on' \
        AND pg_catalog.current_setting('default_transaction_read_only') = 'on', \
    'cluster_name', pg_catalog.current_setting('cluster_name', true), \
    'superuser', (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user))";

/// EXECUTE on this function is granted to everybody, and may be revoked.
const IDENTITY: &str = "SELECT pg_catalog.json_build_object(\
    'system_identifier', c.system_identifier::text) FROM pg_catalog.pg_control_system() c";

/// The marker: what ALTER DATABASE set, read from the catalogue because `current_setting` can be forged by the
/// session and by roles; else the comment on the database, which its owner may set where there is no superuser.
const MARKER: &str = "SELECT pg_catalog.json_build_object(\
    'marker_setting', (SELECT pg_catalog.left(pg_catalog.substr(c, 21), 200) \
        FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c \
        WHERE s.setrole = 0 AND s.setdatabase = d.oid \
        AND pg_catalog.lower(pg_catalog.left(c, 20)) = 'dbguard.environment=' LIMIT 1), \
    'marker_comment', pg_catalog.left(pg_catalog.substring(pg_catalog.shobj_description(d.oid, 'pg_database'), \
        'dbguard:environment=([^[:space:],;]+)'), 200)) \
    FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

/// How it could be undone: the archive.
const ARCHIVE: &str = "SELECT pg_catalog.json_build_object(\
    'archive_mode', pg_catalog.current_setting('archive_mode', true), \
    'last_archived', a.last_archived_time, \
    'archived_ago', pg_catalog.floor(extract(epoch from pg_catalog.clock_timestamp() - a.last_archived_time)), \
    'archive_failing', a.last_failed_time IS NOT NULL \
        AND (a.last_archived_time IS NULL OR a.last_failed_time > a.last_archived_time)) \
    FROM pg_catalog.pg_stat_archiver a";

/// Where the log stands, which a standby cannot say.
const POSITION: &str = "SELECT pg_catalog.json_build_object(\
    'lsn', CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_current_wal_lsn()::text END)";

/// Whether the role may change tables that are there, or create things. This looks at every table of a role that may
/// change none, so it is bounded: SET LOCAL in one message with the question outlives nothing, also behind a pooler.
const WRITES: &str = "SET LOCAL transaction_read_only = on; SET LOCAL statement_timeout = '700ms'; \
    SELECT pg_catalog.json_build_object('can_write', NOT pg_catalog.pg_is_in_recovery() AND (\
    pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') \
    OR EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE pg_catalog.left(n.nspname::text, 3) <> 'pg_' \
        AND n.nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')) \
    OR EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'p', 'f', 'v') AND pg_catalog.left(n.nspname::text, 3) <> 'pg_' \
        AND n.nspname <> 'information_schema' \
        AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))))";

/// The size of a database with very many files takes long to add up.
pub(super) const SIZE: &str = "SET LOCAL transaction_read_only = on; SET LOCAL statement_timeout = '700ms'; \
    SELECT pg_catalog.json_build_object(\
    'size_bytes', pg_catalog.pg_database_size(pg_catalog.current_database()))";
