//! A first configuration: commented, so that whoever has never seen one can read and change it.

use std::fmt::Write as _;

use super::proposal::{Proposal, Proposals};
use crate::environment::Level;

const HEAD: &str = "\
# Which server is what. Yours to change; written by dbguard setup.
#
# Check it:    dbguard config check
# Ask it:      dbguard explain -- psql -h HOST DBNAME
# Every key:   man 5 dbguard.toml, or docs/CONFIG.md in dbguard's source
#
# All keys of one entry must hold, any entry may.
# The strictest rule that matches wins, wherever it stands.
# What no rule names is unknown, which is as strict as production.
";

/// What stands where nothing was found.
const EXAMPLES: [(Level, &str); 2] = [
    (Level::Production, "# { host = \"*.prod.example.com\" },   # everything below prod.example.com"),
    (Level::Staging, "# { service = \"staging\" },   # a service of ~/.pg_service.conf"),
];

/// The whole file.
pub(super) fn fresh(proposals: &Proposals) -> String {
    let mut text = HEAD.to_owned();
    for (level, example) in EXAMPLES {
        let name = level.word();
        let mut rows: Vec<String> =
            proposals.named.iter().filter(|proposal| proposal.level == level).map(row).collect();
        if rows.is_empty() {
            rows.push(example.to_owned());
        }
        let _ = write!(text, "\n[environment.{name}]\nlevel = \"{name}\"\nmatch = [\n  {}\n]\n", rows.join("\n  "));
    }
    if !proposals.unnamed.is_empty() {
        let rows: Vec<String> = proposals.unnamed.iter().map(row).collect();
        text += "\n# Known from your files, and unknown until you move them up, without the #:\n";
        let _ = writeln!(text, "#   {}", rows.join("\n#   "));
    }
    text
}

/// An entry, and which file speaks of it.
fn row(proposal: &Proposal) -> String {
    format!("{},   # {}", proposal.entry.toml().unwrap_or_default(), proposal.place)
}
