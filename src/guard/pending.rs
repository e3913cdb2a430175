//! Which migrations did not run yet, where only that keeps a command from being what it says it is.
//!
//! A migration that drops something makes `dbmate up` destroy, also years after it ran. So where migrations make a command
//! stricter than its name, and the command would go on, the tool's own table is read, by the same connection and read-only.
//! What cannot be read leaves everything as strict as it was.

use std::os::unix::ffi::OsStrExt as _;

use super::case::Case;
use super::decide::assumed;
use crate::effects::attest;
use crate::plan::{self, Plan};
use crate::policy::{self, Presence, Verdict};
use crate::target::{Engine, Resolution, Target};
use crate::world::tools;

/// The plan without the migrations that ran.
pub(super) fn narrowed(case: &Case<'_>, target: &Target, plan: Plan, presence: Presence) -> Plan {
    let Some(declared) = &case.invocation.declared else { return plan };
    let certain = matches!(case.resolution, Resolution::Resolved(_));
    let by_name = plan::without_migrations(declared);
    let refused = matches!(policy::judge(&case.policy(), by_name, presence), Verdict::Refuse(_));
    if assumed(&plan) <= by_name || refused || !certain || target.engine != Engine::Postgresql {
        return plan;
    }
    let migrations = declared.migrations(&case.invocation, case.snapshot);
    let query = migrations.iter().find_map(|migrations| migrations.applied.as_deref());
    let psql = tools::locate("psql".as_ref(), &case.snapshot.vars);
    let (Some(query), Ok(psql)) = (query, psql) else { return plan };
    if another_schema(case) {
        return plan;
    }
    match attest::column(&psql, target, case.snapshot, query) {
        Some(applied) if !applied.is_empty() => plan::plan_pending(&case.invocation, &applied, case.snapshot),
        Some(_) | None => plan,
    }
}

/// What moves a tool's table elsewhere, in arguments, vars and the files of the working directory.
const MOVES: [&[u8]; 5] = [b"search_path", b"searchPath", b"currentSchema", b"options=", b"x-migrations-"];

/// Larger files are no configuration.
const MOST_BYTES: u64 = 64 << 10;

/// Whether anything in sight speaks of another schema: the table that is asked might be another one then.
fn another_schema(case: &Case<'_>) -> bool {
    let speaks = |text: &[u8]| MOVES.iter().any(|word| memchr::memmem::find(text, word).is_some());
    let args = case.invocation.args.iter().any(|arg| speaks(arg.as_bytes()));
    let vars = || case.snapshot.vars.iter().any(|(_, value)| speaks(value.as_bytes()));
    let files = || {
        let entries = std::fs::read_dir(&case.snapshot.cwd).into_iter().flatten().flatten();
        let small =
            entries.filter(|entry| entry.metadata().is_ok_and(|meta| meta.is_file() && meta.len() < MOST_BYTES));
        small.filter_map(|entry| std::fs::read(entry.path()).ok()).any(|text| speaks(&text))
    };
    args || vars() || files()
}
