//! `dbguard allow`: a person's word for an invocation that will have no terminal.

use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use super::args::Allow;
use super::output;
use crate::effects::grants::{Grant, Listing};
use crate::error::{Error, Kind, Result};
use crate::guard::{self, Allowance};
use crate::text::Untrusted;
use crate::world::Snapshot;

pub(super) fn run(allow: Allow, snapshot: &Snapshot) -> Result<ExitCode> {
    if allow.list {
        list(&guard::list_grants(snapshot)?, snapshot)?;
    } else if let Some(id) = &allow.revoke {
        let grant = guard::revoke(id, snapshot)?;
        output::print(|out| writeln!(out, "revoked {}: {}", grant.id, Untrusted::text(&grant.describe)))?;
    } else {
        let _tool = super::split(&allow.line)?;
        let lifetime = duration(&allow.duration)?;
        let allowance = Allowance { line: allow.line, lifetime, once: allow.once, reason: allow.reason };
        let grant = guard::allow(&allowance, snapshot)?;
        output::print(|out| writeln!(out, "allowed {}: {}", grant.id, terms(&grant, snapshot)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list(listing: &Listing, snapshot: &Snapshot) -> Result<()> {
    output::print(|out| {
        for grant in &listing.grants {
            writeln!(out, "{}  {}  {}", grant.id, terms(grant, snapshot), Untrusted::text(&grant.describe))?;
        }
        for unusable in &listing.unusable {
            writeln!(out, "unusable: {}", Untrusted::text(unusable))?;
        }
        if listing.grants.is_empty() && listing.unusable.is_empty() {
            writeln!(out, "no grants")?;
        }
        Ok(())
    })
}

/// How far a grant goes: `at most read, once, 9m left`.
fn terms(grant: &Grant, snapshot: &Snapshot) -> String {
    let now = snapshot.now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let left = span(grant.expires.saturating_sub(now));
    let once = if grant.once { ", once" } else { "" };
    let exact = if grant.exact.is_some() { ", exactly this invocation" } else { "" };
    format!("at most {}{once}{exact}, {left} left", grant.risk.word())
}

fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..7200 => format!("{}m", seconds.div_ceil(60)),
        _ => format!("{}h", seconds.div_ceil(3600)),
    }
}

/// `90s`, `10m`, `2h`.
fn duration(text: &str) -> Result<Duration> {
    let wrong = || {
        Error::new(Kind::Usage, format!("`{}` is no length of time", Untrusted::text(text)))
            .hint("write seconds, minutes or hours: --for 90s, --for 10m, --for 2h")
    };
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        _ => return Err(wrong()),
    };
    let number = text.get(..text.len() - 1).unwrap_or_default();
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).filter(|&all| all > 0);
    seconds.map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_nonsense_is_refused() {
        assert_eq!(duration("90s").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("2h").unwrap(), Duration::from_secs(7200));
        for wrong in ["", "10", "m", "-1m", "0s", "1.5h", "99999999999999999999h", "é"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
