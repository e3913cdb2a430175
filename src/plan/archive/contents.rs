//! The text of `pg_restore --list` (`PrintTOCSummary` in `pg_backup_archiver.c`).
//!
//! Names come from the archive and are untrusted.

use crate::text::Untrusted;

/// What the table of contents says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// The database that was dumped.
    pub(super) dbname: Option<String>,
    /// When.
    pub(super) created: Option<String>,
    /// The server's version.
    pub(super) version: Option<String>,
    /// What would be restored.
    pub(super) entries: Vec<Entry>,
}

/// One entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it is: `TABLE`, `FK CONSTRAINT`.
    pub(super) what: String,
    /// Its schema and name.
    pub(super) name: String,
}

/// Reads it; `None` when this is not such a text.
pub(super) fn parse(text: &str) -> Option<Contents> {
    let mut contents = Contents::default();
    let mut begun = false;
    for line in text.lines() {
        let Some(comment) = line.strip_prefix(';') else {
            contents.entries.extend(entry(line));
            continue;
        };
        let comment = comment.trim();
        if let Some(created) = comment.strip_prefix("Archive created at ") {
            (contents.created, begun) = (Some(created.to_owned()), true);
        } else if let Some(name) = comment.strip_prefix("dbname: ") {
            contents.dbname = Some(name.to_owned());
        } else if let Some(version) = comment.strip_prefix("Dumped from database version: ") {
            contents.version = Some(version.to_owned());
        }
    }
    begun.then_some(contents)
}

/// `215; 1259 16385 TABLE public t owner`: dump id, two object ids, what it is, schema or `-`, name, owner.
fn entry(line: &str) -> Option<Entry> {
    let (_, rest) = line.split_once("; ")?;
    let mut parts = rest.splitn(3, ' ');
    let rest = (parts.next()?, parts.next()?, parts.next()?).2;
    let what = LONG.iter().find(|what| rest.strip_prefix(**what).is_some_and(|rest| rest.starts_with(' ')));
    let what = what.copied().unwrap_or_else(|| rest.split(' ').next().unwrap_or_default());
    let rest = rest.strip_prefix(what)?.trim_start();
    let (schema, rest) = rest.split_once(' ')?;
    let name = rest.rsplit_once(' ').map_or(rest, |(name, _)| name);
    let name = if schema == "-" { name.to_owned() } else { format!("{schema}.{name}") };
    Some(Entry { what: what.to_owned(), name })
}

/// The longest word for a kind that is taken.
const LONGEST: usize = 40;

impl Entry {
    /// What `--clean` would drop for it: the kind of finding and the object; `None` for what hangs on another entry.
    pub(super) fn dropped(&self) -> Option<(String, String)> {
        let hangs = HANGING.contains(&self.what.as_str());
        // The words are the archive's, and it may be anybody's: a kind is made of letters only.
        let letter = |c: char| if c.is_ascii_alphabetic() { c.to_ascii_lowercase() } else { '-' };
        let kind = format!("drop-{}", self.what.chars().take(LONGEST).map(letter).collect::<String>());
        (!hangs).then(|| (kind, Untrusted::text(&self.name).to_string()))
    }
}

/// What something is called in more than one word; a longer name stands before its beginning.
const LONG: &[&str] = &[
    "ACCESS METHOD",
    "CHECK CONSTRAINT",
    "DATABASE PROPERTIES",
    "DEFAULT ACL",
    "EVENT TRIGGER",
    "FK CONSTRAINT",
    "FOREIGN DATA WRAPPER",
    "FOREIGN SERVER",
    "FOREIGN TABLE",
    "INDEX ATTACH",
    "LARGE OBJECT",
    "MATERIALIZED VIEW DATA",
    "MATERIALIZED VIEW",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "PROCEDURAL LANGUAGE",
    "PUBLICATION TABLES IN SCHEMA",
    "PUBLICATION TABLE",
    "ROW SECURITY",
    "SECURITY LABEL",
    "SEQUENCE OWNED BY",
    "SEQUENCE SET",
    "SHELL TYPE",
    "STATISTICS DATA",
    "SUBSCRIPTION TABLE",
    "TABLE ATTACH",
    "TABLE DATA",
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
    "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE",
    "USER MAPPING",
    "BLOB METADATA",
];

/// What is data, a property or a part of another entry.
const HANGING: &[&str] = &[
    "ACL",
    "BLOB",
    "BLOB METADATA",
    "BLOBS",
    "CHECK CONSTRAINT",
    "COMMENT",
    "CONSTRAINT",
    "DATABASE PROPERTIES",
    "DEFAULT",
    "DEFAULT ACL",
    "ENCODING",
    "FK CONSTRAINT",
    "INDEX",
    "INDEX ATTACH",
    "MATERIALIZED VIEW DATA",
    "PUBLICATION TABLE",
    "PUBLICATION TABLES IN SCHEMA",
    "ROW SECURITY",
    "RULE",
    "SEARCHPATH",
    "SECURITY LABEL",
    "SEQUENCE OWNED BY",
    "SEQUENCE SET",
    "STATISTICS",
    "STATISTICS DATA",
    "STDSTRINGS",
    "SUBSCRIPTION TABLE",
    "TABLE ATTACH",
    "TABLE DATA",
    "TRIGGER",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_contents_is_read() {
        let text = ";\n; Archive created at 2026-11-22 10:00:00 UTC\n;     dbname: app\n;     TOC Entries: 3\n\
                    ;     Dumped from database version: 15.18\n;\n; Selected TOC Entries:\n;\n\
                    215; 1259 16385 TABLE public my table alice\n3318; 0 16385 TABLE DATA public my table alice\n\
                    5; 2615 2200 SCHEMA - app alice\n7; 1 1 MATERIALIZED VIEW public mv alice\n";
        let contents = parse(text).unwrap();
        assert_eq!(contents.dbname.as_deref(), Some("app"));
        assert_eq!(contents.version.as_deref(), Some("15.18"));
        let dropped: Vec<_> = contents.entries.iter().filter_map(Entry::dropped).collect();
        let expected =
            [("drop-table", "public.my table"), ("drop-schema", "app"), ("drop-materialized-view", "public.mv")];
        assert_eq!(dropped, expected.map(|(kind, name)| (kind.to_owned(), name.to_owned())));
    }

    #[test]
    fn a_kind_is_made_of_letters_whatever_the_archive_says() {
        let entry = entry("1; 2 3 TA\u{1b}[2JBLE\t\u{e9} public t o").unwrap();
        assert_eq!(entry.dropped().unwrap(), ("drop-ta---jble--".to_owned(), "public.t".to_owned()));
    }

    #[test]
    fn another_text_is_no_table_of_contents() {
        assert_eq!(parse("select 1;\n"), None);
    }
}
