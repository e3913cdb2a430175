//! The statements that ask about tables, each answered by one row with one JSON object, as those of the attestation.
//!
//! All of it runs on PostgreSQL 10, and reads nothing but the catalogue, statistics and locks: a table itself is never
//! touched, so that nothing here waits for a lock but its size, which is asked late. Names go in as string constants
//! that mean the same whatever `standard_conforming_strings` says. Everything is schema-qualified.

use std::fmt::Write as _;

use super::Table;

/// The most tables that are asked about.
pub(super) const MOST: usize = 5;

/// The most dependents that are named; partitions, of which there may be thousands, come last.
pub(super) const MOST_NAMES: usize = 50;

/// What stands before each: it outlives nothing, also behind a pooler, and what it reads can write nothing.
const BOUND: &str = "SET LOCAL transaction_read_only = on; SET LOCAL statement_timeout = '500ms'; ";

/// Everything that is asked, the weightiest first; nothing where there is no table.
pub(in crate::effects) fn statements(tables: &[Table]) -> Vec<String> {
    let tables = || tables.iter().take(MOST).enumerate();
    let mut all: Vec<String> = tables().map(|(at, table)| own(at, table)).collect();
    if all.is_empty() {
        return all;
    }
    all.extend(tables().map(|(at, table)| dependents(at, table)));
    all.extend(tables().map(|(at, table)| sessions(at, table)));
    all.extend(tables().map(|(at, table)| size(at, table)));
    all.extend(tables().map(|(at, table)| functions(at, table)));
    all.extend(tables().map(|(at, table)| logged(at, table)));
    // Counters read twice show who reads right now. Each message is a transaction, and so a fresh look.
    all.push("SELECT pg_catalog.pg_sleep(0.3)".to_owned());
    all.extend(tables().map(|(at, table)| again(at, table)));
    all
}

/// A string constant.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// The table, and with it its partitions and those that inherit from it.
fn tree(table: &Table) -> String {
    format!(
        "WITH RECURSIVE tree(oid) AS (SELECT pg_catalog.to_regclass({})::pg_catalog.oid \
         UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid) ",
        literal(&table.written)
    )
}

/// `SELECT` of one object under a key of its own.
fn keyed(at: usize, key: &str, table: &Table, value: &str) -> String {
    format!("{BOUND}{}SELECT pg_catalog.json_build_object('impact{at}.{key}', ({value}))", tree(table))
}

/// What it is, how many rows it has, and how often it was read. Columns that only later servers have are looked up by
/// name in the row as a whole (`last_seq_scan`: 16).
fn own(at: usize, table: &Table) -> String {
    let value = "SELECT pg_catalog.json_build_object(\
        'name', pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), \
        'kind', c.relkind::text, \
        'rows', s.rows, 'live', s.live, 'reads', s.reads, 'writes', s.writes, 'clock', s.clock, \
        'keeps_last', s.keeps_last, 'last_read_ago', s.last_read_ago, \
        'version', pg_catalog.current_setting('server_version'), \
        'since_ago', (SELECT pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp() - d.stats_reset)) \
            FROM pg_catalog.pg_stat_database d WHERE d.datname = pg_catalog.current_database())) \
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, \
        (SELECT pg_catalog.sum(CASE WHEN k.relkind IN ('r', 'm', 'f') AND k.reltuples >= 0 THEN k.reltuples END)::bigint AS rows, \
            pg_catalog.sum(t.n_live_tup)::bigint AS live, \
            pg_catalog.sum(coalesce(t.seq_scan, 0) + coalesce(t.idx_scan, 0))::bigint AS reads, \
            pg_catalog.sum(t.n_tup_ins + t.n_tup_upd + t.n_tup_del)::bigint AS writes, \
            extract(epoch FROM pg_catalog.clock_timestamp())::float8 AS clock, \
            pg_catalog.bool_or(pg_catalog.row_to_json(t)::jsonb ? 'last_seq_scan') AS keeps_last, \
            pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.max(GREATEST(\
                (pg_catalog.row_to_json(t)->>'last_seq_scan')::timestamptz, \
                (pg_catalog.row_to_json(t)->>'last_idx_scan')::timestamptz)))) AS last_read_ago \
            FROM pg_catalog.pg_class k LEFT JOIN pg_catalog.pg_stat_all_tables t ON t.relid = k.oid \
            WHERE k.oid IN (SELECT tree.oid FROM tree)) s \
        WHERE c.oid = (SELECT tree.oid FROM tree LIMIT 1)";
    keyed(at, "own", table, value)
}

/// What would break, or go with it: views upon views included. A publication names a table, all of them, or (15) its
/// schema; the last is asked of a view that every version has. Partitions repeat a foreign key (12): each is said once.
fn dependents(at: usize, table: &Table) -> String {
    let named = |column: &str| {
        format!(
            "(SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {column})"
        )
    };
    let value = format!(
        "SELECT pg_catalog.json_agg(pg_catalog.json_build_array(x.kind, x.name)) FROM (SELECT u.kind, u.name FROM (\
         SELECT CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS kind, {view} AS name FROM (\
            WITH RECURSIVE views(oid) AS (SELECT tree.oid FROM tree UNION SELECT r.ev_class FROM views \
            JOIN pg_catalog.pg_depend d ON d.refobjid = views.oid \
                AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
                AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass \
            JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid) SELECT views.oid FROM views) v \
            JOIN pg_catalog.pg_class c ON c.oid = v.oid WHERE c.relkind IN ('v', 'm') AND v.oid NOT IN (SELECT tree.oid FROM tree) \
         UNION SELECT 'foreign key', {other} FROM pg_catalog.pg_constraint k \
            WHERE k.contype = 'f' AND k.confrelid IN (SELECT tree.oid FROM tree) \
            AND k.conrelid NOT IN (SELECT tree.oid FROM tree) \
         UNION SELECT 'trigger', pg_catalog.quote_ident(t.tgname) FROM pg_catalog.pg_trigger t \
            WHERE t.tgrelid IN (SELECT tree.oid FROM tree) AND NOT t.tgisinternal \
         UNION SELECT 'partition', {child} FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent \
            WHERE i.inhparent = (SELECT tree.oid FROM tree LIMIT 1) AND p.relkind = 'p' \
         UNION SELECT 'inherits from it', {child} FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent \
            WHERE i.inhparent = (SELECT tree.oid FROM tree LIMIT 1) AND p.relkind <> 'p' \
         UNION SELECT 'publication', pg_catalog.quote_ident(p.pubname) FROM pg_catalog.pg_publication p \
            WHERE CASE WHEN p.puballtables THEN EXISTS (SELECT FROM pg_catalog.pg_class c \
                WHERE c.oid IN (SELECT tree.oid FROM tree) AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p') \
            ELSE EXISTS (SELECT FROM pg_catalog.pg_publication_rel r \
                WHERE r.prpubid = p.oid AND r.prrelid IN (SELECT tree.oid FROM tree)) \
            OR EXISTS (SELECT FROM pg_catalog.pg_publication_tables t JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname \
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename \
                WHERE t.pubname = p.pubname AND c.oid IN (SELECT tree.oid FROM tree)) END \
         ) u ORDER BY u.kind = 'partition', u.kind, u.name LIMIT {MOST_NAMES}) x",
        view = named("v.oid"),
        other = named("k.conrelid"),
        child = named("i.inhrelid"),
    );
    keyed(at, "dependents", table, &value)
}

/// Who holds a lock on it, or names it in what is running now.
fn sessions(at: usize, table: &Table) -> String {
    let value = format!(
        "SELECT pg_catalog.json_build_object('locks', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(\
            'user', x.usename, 'application', x.application_name, 'mode', x.mode, 'granted', x.granted)) FROM (\
            SELECT a.usename, pg_catalog.left(a.application_name, 60) AS application_name, l.mode, l.granted \
            FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
            WHERE l.locktype = 'relation' AND l.relation IN (SELECT tree.oid FROM tree) AND l.database = (\
                SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) \
            AND l.pid <> pg_catalog.pg_backend_pid() LIMIT 10) x), \
        'naming', (SELECT pg_catalog.json_agg(x.usename) FROM (SELECT a.usename FROM pg_catalog.pg_stat_activity a \
            WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid() \
            AND a.query ~* {pattern} LIMIT 20) x), \
        'hidden', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a \
            WHERE a.datname = pg_catalog.current_database() AND a.query = '<insufficient privilege>'))",
        pattern = literal(&pattern(&table.name))
    );
    keyed(at, "sessions", table, &value)
}

fn size(at: usize, table: &Table) -> String {
    let value = "SELECT pg_catalog.sum(pg_catalog.pg_total_relation_size(k.oid))::bigint FROM pg_catalog.pg_class k \
        WHERE k.oid IN (SELECT tree.oid FROM tree) AND k.relkind IN ('r', 'm', 't', 'p')";
    keyed(at, "bytes", table, value)
}

/// Functions whose text names it; those with a parsed body (14) depend on it in the catalogue.
fn functions(at: usize, table: &Table) -> String {
    let value = format!(
        "SELECT pg_catalog.json_agg(x.name) FROM (SELECT DISTINCT pg_catalog.quote_ident(n.nspname) || '.' || \
            pg_catalog.quote_ident(p.proname) AS name FROM pg_catalog.pg_proc p \
            JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
            WHERE l.lanname NOT IN ('internal', 'c') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
            AND (pg_catalog.strpos(pg_catalog.lower(p.prosrc), {lower}) > 0 AND p.prosrc ~* {pattern} \
                OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid \
                    AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid IN (SELECT tree.oid FROM tree) \
                    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)) ORDER BY 1 LIMIT 20) x",
        lower = literal(&table.name.to_lowercase()),
        pattern = literal(&pattern(&table.name))
    );
    keyed(at, "functions", table, &value)
}

/// What `pg_stat_statements` remembers. The view stands in whatever schema the extension was put into, so its name is
/// put together on the server, and only from the extension's own entry: a view of that name elsewhere is not run.
fn logged(at: usize, table: &Table) -> String {
    let inner = format!(
        "SELECT pg_catalog.json_agg(pg_catalog.json_build_object('calls', x.calls, 'role', x.role, 'query', x.query))::text AS j \
         FROM (SELECT s.calls, pg_catalog.pg_get_userbyid(s.userid) AS role, pg_catalog.left(s.query, 300) AS query \
         FROM %I.pg_stat_statements s WHERE s.query ~* {} AND s.query !~* '^ *(create|alter|drop|truncate|comment|analyze|vacuum) ' \
         AND s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) \
         ORDER BY s.calls DESC, s.query LIMIT 5) x",
        literal(&pattern(&table.name)).replace('%', "%%")
    );
    let value = format!(
        "SELECT pg_catalog.json_build_object('xml', (SELECT pg_catalog.query_to_xml(pg_catalog.format({}, n.nspname), \
         false, false, '')::text FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
         WHERE e.extname = 'pg_stat_statements'))",
        literal(&inner)
    );
    keyed(at, "statements", table, &value)
}

fn again(at: usize, table: &Table) -> String {
    let value = "SELECT pg_catalog.json_build_object(\
        'reads', pg_catalog.sum(coalesce(t.seq_scan, 0) + coalesce(t.idx_scan, 0))::bigint, \
        'writes', pg_catalog.sum(t.n_tup_ins + t.n_tup_upd + t.n_tup_del)::bigint, \
        'clock', extract(epoch FROM pg_catalog.clock_timestamp())::float8) \
        FROM pg_catalog.pg_stat_all_tables t WHERE t.relid IN (SELECT tree.oid FROM tree)";
    keyed(at, "again", table, value)
}

/// A regular expression for the name as a whole word. Characters that could mean something stand in brackets by
/// themselves; the two that mean something there too are matched by any character.
fn pattern(name: &str) -> String {
    let mut pattern = String::from("[[:<:]]");
    for c in name.chars() {
        match c {
            c if c.is_alphanumeric() || c == '_' => pattern.push(c),
            '^' | '\\' | '[' | ']' => pattern.push('.'),
            c => {
                let _infallible = write!(pattern, "[{c}]");
            }
        }
    }
    pattern + "[[:>:]]"
}
