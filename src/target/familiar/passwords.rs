//! The hosts of the password file, and nothing else of it.
//!
//! `HOST:PORT:DBNAME:USER:PASSWORD`, with a backslash before a colon or a backslash that is meant (documentation: "34.16
//! The Password File"). Only the first field is looked at; the rest of the line is dropped unread.

use super::{Familiar, at_home, elsewhere, lines};
use crate::world::Snapshot;

pub(super) fn read(snapshot: &Snapshot) -> Vec<Familiar> {
    let named = snapshot.vars.filled("PGPASSFILE").map(|path| snapshot.cwd.join(path));
    let Some(file) = named.or_else(|| at_home(snapshot, ".pgpass")) else { return Vec::new() };
    let host = |(number, line): (usize, String)| elsewhere(&first(&line)?, "", &(file.clone(), number));
    lines(&file).into_iter().filter_map(host).collect()
}

/// The first field of a line that has one.
fn first(line: &str) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut host = String::new();
    let mut letters = line.chars();
    loop {
        match letters.next()? {
            ':' => return Some(host),
            '\\' => host.push(letters.next()?),
            letter => host.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_field_is_the_host_also_with_colons_in_it() {
        assert_eq!(first("db1:5432:*:u:secret").as_deref(), Some("db1"));
        assert_eq!(first("2001\\:db8\\:\\:1:5432:*:u:p").as_deref(), Some("2001:db8::1"));
        assert_eq!(first("a\\\\b:").as_deref(), Some("a\\b"));
        for none in ["", "# db1:5432", "no colon", "open\\"] {
            assert_eq!(first(none), None, "{none}");
        }
    }
}
