//! What calling a function of this name does: only those of a list are known to write nothing.
//!
//! Names are all that a text shows: an overload in another schema of the search path can stand behind any of them.
//! That gap is the server's to close (a read-only session), not this list's.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::plan::Risk;
use crate::text::{packed, unpacked};

static TEXT: LazyLock<String> = LazyLock::new(|| unpacked(packed!("src/plan/classify/functions.txt")));

static READING: LazyLock<HashSet<&str>> = LazyLock::new(|| TEXT.split_whitespace().collect());

/// Whether every function of this name in `pg_catalog` only reads.
pub(super) fn reads(name: &str) -> bool {
    READING.contains(name)
}

/// The names of the list, for the test that holds it against a server.
pub(in crate::plan) fn reading() -> impl Iterator<Item = &'static str> {
    READING.iter().copied()
}

/// Whether a function may give another value for each row; what is not known may.
pub(super) fn may_differ(name: &str) -> bool {
    const VOLATILE: &[&str] =
        &["clock_timestamp", "gen_random_uuid", "random", "timeofday", "random_normal", "uuidv4", "uuidv7"];
    VOLATILE.contains(&name) || !reads(name)
}

/// What a function is known to do, where that is not reading.
pub(super) fn harm(name: &str) -> Option<(Risk, &'static str)> {
    let known = match name {
        "pg_terminate_backend" => (Risk::Destroy, "terminate-backend"),
        "pg_cancel_backend" => (Risk::Write, "cancel-backend"),
        "nextval" | "setval" => (Risk::Write, "sequence"),
        "pg_notify" => (Risk::Write, "notify"),
        "lo_unlink" | "lo_truncate" | "lo_truncate64" => (Risk::Destroy, "large-object"),
        "lo_creat" | "lo_create" | "lo_from_bytea" | "lo_import" | "lo_put" | "lowrite" => {
            (Risk::Write, "large-object")
        }
        "lo_export" | "pg_file_write" | "pg_file_sync" => (Risk::Write, "server-file"),
        // Files of the server are read, whatever stands in them.
        "pg_read_file" | "pg_read_binary_file" | "pg_stat_file" => (Risk::Unknown, "server-file"),
        name if name.starts_with("pg_ls_") => (Risk::Unknown, "server-file"),
        "pg_file_rename" | "pg_file_unlink" => (Risk::Destroy, "server-file"),
        "pg_drop_replication_slot" | "pg_replication_slot_advance" | "pg_replication_origin_drop" => {
            (Risk::Destroy, "replication-slot")
        }
        "pg_create_logical_replication_slot"
        | "pg_create_physical_replication_slot"
        | "pg_copy_logical_replication_slot"
        | "pg_copy_physical_replication_slot"
        | "pg_logical_slot_get_changes"
        | "pg_logical_slot_get_binary_changes" => (Risk::Write, "replication-slot"),
        "pg_promote" => (Risk::Destroy, "promote"),
        "heap_force_kill" | "heap_force_freeze" | "pg_truncate_visibility_map" => (Risk::Destroy, "surgery"),
        "pg_switch_wal"
        | "pg_create_restore_point"
        | "pg_backup_start"
        | "pg_backup_stop"
        | "pg_start_backup"
        | "pg_stop_backup"
        | "pg_wal_replay_pause"
        | "pg_wal_replay_resume"
        | "pg_logical_emit_message" => (Risk::Write, "wal"),
        "pg_reload_conf" | "pg_rotate_logfile" => (Risk::Write, "server-control"),
        "brin_desummarize_range" | "brin_summarize_new_values" | "brin_summarize_range" | "gin_clean_pending_list" => {
            (Risk::Write, "index-maintenance")
        }
        name if name.starts_with("pg_stat_reset") => (Risk::Write, "reset-statistics"),
        name if name.starts_with("pg_advisory") || name.starts_with("pg_try_advisory") => {
            (Risk::Write, "advisory-lock")
        }
        name if name.starts_with("dblink") => (Risk::Unknown, "dblink"),
        _ => return None,
    };
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_is_called_both_reading_and_harmful() {
        assert!(reading().all(|name| harm(name).is_none()));
    }

    #[test]
    fn everyday_functions_read_and_the_dangerous_ones_do_not() {
        for name in ["count", "now", "lower", "jsonb_agg", "pg_relation_size", "array_agg", "to_char", "unnest"] {
            assert!(reads(name), "{name}");
        }
        for name in ["nextval", "set_config", "query_to_xml", "ts_stat", "pg_read_file", "lo_import", "system"] {
            assert!(!reads(name), "{name}");
        }
    }
}
