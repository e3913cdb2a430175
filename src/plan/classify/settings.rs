//! Settings: which may be changed without changing what the session's statements do.

use super::session::safe_encoding;
use super::statement::Statement;
use crate::plan::Risk;

/// What assigning these values (none for `RESET`) to a setting means; `None` when it is harmless.
pub(super) fn judge(name: &str, values: &[String]) -> Option<(Risk, &'static str)> {
    let protects = matches!(name, "default_transaction_read_only" | "transaction_read_only");
    let harmless = match name {
        _ if protects => is_on(values),
        "role" | "session_authorization" => return Some((Risk::Write, "set-role")),
        "zero_damaged_pages" | "ignore_checksum_failure" => return Some((Risk::Destroy, "set-dangerous")),
        "standard_conforming_strings" => is_on(values),
        "client_encoding" => values.iter().all(|value| safe_encoding(value)),
        // `pg_catalog` is searched first unless it is named; named later, other functions hide its own.
        "search_path" => {
            values.iter().enumerate().all(|(at, value)| is_schema(value) && (at == 0 || value != "pg_catalog"))
        }
        // Settings of applications and extensions; ours say which server this is, and one decides what is logged.
        name if name.contains('.') => !["dbguard.", "pgaudit."].iter().any(|prefix| name.starts_with(prefix)),
        name => HARMLESS.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix)),
    };
    match (harmless, protects) {
        (true, _) => None,
        (false, true) => Some((Risk::Write, "read-write")),
        (false, false) => Some((Risk::Unknown, "setting")),
    }
}

/// Whether this is a name that says itself which schema it means: escapes could spell another one.
fn is_schema(value: &str) -> bool {
    value == "$user" || !value.contains(['&', '\'', '\\', '$'])
}

/// Whether the only value says yes (`parse_bool` takes unique prefixes; the usual spellings are enough here).
pub(super) fn is_on(values: &[String]) -> bool {
    matches!(values, [value] if matches!(value.to_ascii_lowercase().as_str(), "on" | "true" | "yes" | "1"))
}

/// Whether `set_config('name', 'value', …)` is harmless; both must be plain strings.
pub(super) fn config_call(s: &Statement<'_>, open: usize) -> bool {
    let (Some(name), Some(value)) = (s.literal(open + 1), s.literal(open + 3)) else {
        return false;
    };
    let values: Vec<String> = value.split(',').map(|part| part.trim().trim_matches('"').to_owned()).collect();
    let ended = s.symbol(open + 2, b',') && s.symbol(open + 4, b',');
    ended && judge(&name.to_ascii_lowercase(), &values).is_none()
}

const PREFIXES: &[&str] = &["enable_", "jit", "geqo", "max_parallel_", "parallel_", "debug_print_", "cpu_"];

const HARMLESS: &[&str] = &[
    "application_name",
    "array_nulls",
    "bytea_output",
    "check_function_bodies",
    "client_min_messages",
    "constraint_exclusion",
    "cursor_tuple_fraction",
    "datestyle",
    "deadlock_timeout",
    "debug_pretty_print",
    "default_statistics_target",
    "default_table_access_method",
    "default_tablespace",
    "default_text_search_config",
    "default_toast_compression",
    "default_transaction_deferrable",
    "default_transaction_isolation",
    "default_with_oids",
    "effective_cache_size",
    "effective_io_concurrency",
    "escape_string_warning",
    "exit_on_error",
    "extra_float_digits",
    "force_parallel_mode",
    "from_collapse_limit",
    "gin_fuzzy_search_limit",
    "hash_mem_multiplier",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "intervalstyle",
    "join_collapse_limit",
    "lc_messages",
    "lc_monetary",
    "lc_numeric",
    "lc_time",
    "lock_timeout",
    "log_error_verbosity",
    "maintenance_work_mem",
    "min_parallel_index_scan_size",
    "min_parallel_table_scan_size",
    "plan_cache_mode",
    "quote_all_identifiers",
    "random_page_cost",
    "row_security",
    "seq_page_cost",
    "statement_timeout",
    "synchronize_seqscans",
    "synchronous_commit",
    "temp_buffers",
    "temp_tablespaces",
    "timezone",
    "timezone_abbreviations",
    "transaction_deferrable",
    "transaction_isolation",
    "transaction_timeout",
    "work_mem",
    "xmlbinary",
    "xmloption",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(name: &str, values: &[&str]) -> Option<&'static str> {
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        judge(name, &values).map(|(_, kind)| kind)
    }

    #[test]
    fn what_undoes_the_protection_is_never_harmless() {
        assert_eq!(verdict("default_transaction_read_only", &["off"]), Some("read-write"));
        assert_eq!(verdict("default_transaction_read_only", &["on"]), None);
        assert_eq!(verdict("transaction_read_only", &[]), Some("read-write"));
        assert_eq!(verdict("session_replication_role", &["replica"]), Some("setting"));
        assert_eq!(verdict("search_path", &["mine", "pg_catalog"]), Some("setting"));
        assert_eq!(verdict("search_path", &["mine", "U&\"pg_c\\0061talog\""]), Some("setting"));
        assert_eq!(verdict("search_path", &["mine", "E'pg_c\\x61talog'"]), Some("setting"));
        assert_eq!(verdict("client_encoding", &["SJIS"]), Some("setting"));
        assert_eq!(verdict("dbguard.environment", &["dev"]), Some("setting"));
    }

    #[test]
    fn everyday_settings_are_harmless() {
        for name in ["statement_timeout", "work_mem", "timezone", "enable_seqscan", "app.user_id"] {
            assert_eq!(verdict(name, &["1"]), None, "{name}");
        }
        assert_eq!(verdict("search_path", &["$user", "app", "public"]), None);
        assert_eq!(verdict("search_path", &["pg_catalog", "app"]), None);
        assert_eq!(verdict("client_encoding", &["UTF8"]), None);
    }
}
