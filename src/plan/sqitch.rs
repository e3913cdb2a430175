//! Which changes of a Sqitch project its registry has already.
//!
//! A row of the registry names a project and a change, and a name may stand for several changes of the plan (`sqitch
//! rework`): all of them ran only where there are as many rows as lines. Sqitch itself goes on from the newest row, whose
//! number is made of all lines before it, so that a name that ran is none of a later line. What a configuration file may
//! move elsewhere is not followed: nothing counts as done there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What moves the registry, the plan or the scripts, in `App::Sqitch::Target` 1.3; and what brings in another file.
const MOVES: [&str; 6] = ["registry", "plan_file", "_dir", "extension", "include", "\\"];

/// Where the system's configuration is, as packaged: `sqitch --etc-path`.
const SYSTEM: [&str; 4] = ["/etc/sqitch", "/usr/local/etc/sqitch", "/opt/homebrew/etc/sqitch", "/usr/etc/sqitch"];

/// The names all of whose changes ran, out of rows `project:change`, and with `@` behind them those all of whose older
/// changes did; nothing where that cannot be said.
pub(super) fn ran(top: &Path, rows: &[String], home: &Path) -> Option<BTreeSet<String>> {
    let system = SYSTEM.iter().map(|directory| PathBuf::from(directory).join("sqitch.conf"));
    let mut files = system.chain([top.join("sqitch.conf"), home.join(".sqitch/sqitch.conf")]);
    if !files.all(|file| moves_nothing(&file)) {
        return None;
    }
    let plan = fs::read_to_string(top.join("sqitch.plan")).ok()?;
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let project = project(&plan)?;
    for name in plan.lines().filter_map(named) {
        counts.entry(name).or_default().0 += 1;
    }
    for (_, name) in rows.iter().filter_map(|row| row.split_once(':')).filter(|(of, _)| *of == project) {
        counts.entry(name).or_default().1 += 1;
    }
    let older = counts
        .iter()
        .filter(|(_, (lines, rows))| *rows > 0 && (*rows == *lines || rows + 1 == *lines))
        .map(|(name, _)| format!("{name}@"));
    let all = counts.iter().filter(|(_, (lines, rows))| lines == rows).map(|(name, _)| (*name).to_owned());
    Some(all.chain(older).collect())
}

/// The change whose script this is: `deploy/a/b@tag.sql` is an older one, `a/b@`.
pub(super) fn change<'a>(path: &'a Path, top: &Path) -> Option<&'a str> {
    let name = path.strip_prefix(top).ok()?;
    let name = name.strip_prefix("deploy").or_else(|_| name.strip_prefix("verify")).ok()?.to_str()?;
    name.strip_suffix(".sql")?.split_inclusive('@').next()
}

/// Whether a configuration file leaves everything where it is by default; one that is not there does.
fn moves_nothing(file: &Path) -> bool {
    match fs::read_to_string(file) {
        Ok(text) => !text.lines().map(str::trim_start).any(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with(['#', ';']) && MOVES.iter().any(|word| line.contains(word))
        }),
        Err(cause) => cause.kind() == ErrorKind::NotFound,
    }
}

/// `%project=NAME`; the last one counts.
fn project(plan: &str) -> Option<&str> {
    let mut pragmas = plan.lines().filter_map(|line| line.trim_start().strip_prefix('%')?.split_once('='));
    let value = pragmas.rfind(|(name, _)| name.trim() == "project")?.1;
    value.split('#').next().map(str::trim)
}

/// The change of a line: `[+-] NAME [DEPENDENCIES] TIME PLANNER # NOTE`.
fn named(line: &str) -> Option<&str> {
    let line = line.trim_start();
    if line.starts_with(['%', '@', '#']) {
        return None;
    }
    let line = line.strip_prefix(['+', '-']).unwrap_or(line).trim_start();
    line.split(|c: char| c.is_whitespace() || c == '#' || c == '[').next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "%syntax-version=1.0.0\n%project=shop # ours\n\nusers 2024-01-01T00:00:00Z A <a@x> # one\n\
        a/b [users] 2024-01-02T00:00:00Z A <a@x>\n@v1 2024-01-03T00:00:00Z A <a@x>\n\n+ users [users@v1] 2024-01-04T00:00:00Z\n";

    fn says(name: &str, plan: &str, conf: &str, rows: &[&str]) -> Option<Vec<String>> {
        let place = std::env::temp_dir().join(format!("dbguard-sqitch-{}-{name}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("sqitch.plan"), plan).unwrap();
        fs::write(place.join("sqitch.conf"), conf).unwrap();
        let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
        let ran = ran(&place, &rows, Path::new("/proc/nowhere"));
        fs::remove_dir_all(&place).unwrap();
        ran.map(|names| names.into_iter().collect())
    }

    #[test]
    fn a_name_ran_when_as_many_of_its_changes_did_as_the_plan_has() {
        let names =
            |rows: &[&str]| says("names", PLAN, "[core]\n\tengine = pg\n\t# registry = sqitch\n", rows).unwrap();
        assert_eq!(names(&["shop:users", "shop:a/b"]), ["a/b", "a/b@", "users@"]);
        assert_eq!(names(&["shop:users", "shop:a/b", "shop:users"]), ["a/b", "a/b@", "users", "users@"]);
        assert_eq!(names(&["other:a/b", "shop:gone", "a/b"]), [""; 0]);
    }

    #[test]
    fn a_file_that_moves_something_leaves_everything_open() {
        for moved in
            ["[core]\n\tregistry = mine", "[target \"x\"]\nPlan_File=other", "[core]\ntop_dir = db", "[ include ]"]
        {
            assert_eq!(says("moved", PLAN, moved, &["shop:a/b"]), None, "{moved}");
        }
        assert_eq!(says("bare", "a 2024-01-01T00:00:00Z", "", &["shop:a"]), None);
    }

    #[test]
    fn a_script_is_known_by_its_path_below_deploy() {
        let of = |path: &'static str| change(Path::new(path), Path::new("/w/."));
        assert_eq!(of("/w/./deploy/a/b@v1.sql"), Some("a/b@"));
        assert_eq!(of("/w/deploy/a/b.sql"), Some("a/b"));
        assert_eq!((of("/w/revert/a.sql"), of("/w/deploy/a.psql"), of("/x/deploy/a.sql")), (None, None, None));
    }
}
