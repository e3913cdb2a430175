//! A person's grants for invocations that have no terminal.
//!
//! One file per grant, `$XDG_STATE_HOME/dbguard/grants/ID.json`, mode 0600, with the same checks as the audit log. A
//! grant is bound to a target and covers at most a risk. What reads and writes is covered by target and risk; what
//! destroys, or is not understood, only as the exact invocation that the person saw: tool, argv, working directory and the
//! content of the files it reads. "Destroy on this target for ten minutes" would be a bypass, not a grant; "this file,
//! as it was" is what a person can answer for. It holds a fact and decides nothing: whether a grant is asked for at
//! all is the guard's affair. The user can write the files by hand: this is a guard rail, as all of dbguard is.

mod key;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use serde::{Deserialize, Serialize};

pub use key::{Fingerprint, target_key};
pub(super) use key::{databases, server_key};

use super::audit::fresh_id;
use super::state::{Dir, trouble};
use crate::error::{Error, Result};
use crate::plan::Risk;
use crate::text::{Untrusted, json};
use crate::world::Snapshot;

/// A grant, as it is on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    v: u64,
    /// Its identifier, which is also its file's name.
    pub id: String,
    /// The target, as [`target_key`] writes it.
    pub target_key: String,
    /// What it is for, in words: redacted.
    pub describe: String,
    #[serde(with = "risk_word")]
    /// It covers at most this.
    pub risk: Risk,
    /// The exact invocation that it holds for, and no other.
    pub exact: Option<Fingerprint>,
    /// It is used up by its first use.
    pub once: bool,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// From when on it is void, in seconds since 1970.
    pub expires: u64,
    /// Who made it.
    pub user: Option<String>,
    /// At which terminal.
    pub tty: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// What a new grant is to say; the rest follows from the moment.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// The target, as [`target_key`] writes it.
    pub target_key: String,
    /// What it is for, in words: the caller redacts it.
    pub describe: String,
    /// It covers at most this.
    pub risk: Risk,
    /// The exact invocation; must be there for what destroys or is not understood.
    pub exact: Option<Fingerprint>,
    /// It is used up by its first use.
    pub once: bool,
    /// How long it holds; at most [`LONGEST`].
    pub lifetime: Duration,
    /// At which terminal it was confirmed.
    pub tty: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// What a grant is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The target, as [`target_key`] writes it.
    pub target_key: &'a str,
    /// The risk of the invocation.
    pub risk: Risk,
    /// The exact invocation, where it could be said.
    pub exact: Option<&'a Fingerprint>,
}

/// A grant that was found valid for one invocation, and used up if it is for once. Only [`Grants::take`] makes one.
#[must_use]
#[derive(Debug)]
pub struct VerifiedGrant(Grant);

impl VerifiedGrant {
    /// What it says.
    pub fn grant(&self) -> &Grant {
        &self.0
    }
}

/// All that is there.
#[derive(Debug, Default)]
pub struct Listing {
    /// The grants that hold now or later, oldest first.
    pub grants: Vec<Grant>,
    /// Files that are no grants of this version, or that others could have written: why, one line each.
    pub unusable: Vec<String>,
}

/// The grants of this user.
#[derive(Debug)]
pub struct Grants {
    dir: Dir,
    user: Option<String>,
}

/// No grant holds longer.
pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A clock may be set back a little; a grant made further in the future than this was not made by our clock.
const SKEW: u64 = 60;

const VERSION: u64 = 1;

/// A grant is small; a larger file is none.
const MOST_BYTES: u64 = 64 * 1024;

impl Grants {
    /// Opens the directory of grants, made when it is not there.
    pub fn open(snapshot: &Snapshot) -> Result<Self> {
        Ok(Self { dir: Dir::state(snapshot)?.below("grants")?, user: snapshot.user.name.clone() })
    }

    /// Writes a new grant.
    pub fn create(&self, new: NewGrant, now: SystemTime) -> Result<Grant> {
        if new.lifetime > LONGEST || new.lifetime.as_secs() == 0 {
            return Err(Error::refused("a grant holds between a second and 24 hours").hint("for example: --for 10m"));
        }
        if needs_exact(new.risk) && new.exact.is_none() {
            return Err(Error::refused(
                "a grant for what destroys, or is not understood, must name the exact invocation, \
                 and part of this one cannot be said beforehand",
            )
            .hint("put the SQL into a file: -f FILE"));
        }
        let created = seconds(now);
        let grant = Grant {
            v: VERSION,
            id: fresh_id(now),
            target_key: new.target_key,
            describe: new.describe,
            risk: new.risk,
            exact: new.exact,
            once: new.once,
            created,
            expires: created.saturating_add(new.lifetime.as_secs()),
            user: self.user.clone(),
            tty: new.tty,
            reason: new.reason,
        };
        self.write(&grant)?;
        Ok(grant)
    }

    /// Every grant that is not void, and what else lies there.
    pub fn list(&self, now: SystemTime) -> Result<Listing> {
        let mut listing = Listing::default();
        for name in self.names()? {
            match self.read(&name) {
                Ok(Some(grant)) if grant.standing(now) == Standing::Void => {}
                Ok(Some(grant)) => listing.grants.push(grant),
                Ok(None) => {}
                Err(error) => listing.unusable.push(error.message().to_owned()),
            }
        }
        Ok(listing)
    }

    /// Takes a grant back.
    pub fn revoke(&self, id: &str) -> Result<Grant> {
        let name = format!("{id}.json");
        let there = self.names()?.contains(&name);
        let missing = || {
            Error::refused(format!("there is no grant `{}`", Untrusted::text(id)))
                .hint("see them: dbguard allow --list")
        };
        let grant = if there { self.read(&name) } else { Ok(None) };
        match self.dir.remove(&name) {
            _ if !there => Err(missing()),
            Ok(()) => grant?.ok_or_else(missing),
            Err(Errno::ENOENT) => Err(missing()),
            Err(errno) => Err(trouble(&self.dir.path_of(&name), "removed", &errno.into())),
        }
    }

    /// Looks for a grant that covers what is asked, and uses it up if it is for once: of two that race, one gets it.
    /// Grants that are void are removed on the way; files that cannot be believed are passed over.
    pub fn take(&self, asked: &Asked<'_>, now: SystemTime) -> Result<Option<VerifiedGrant>> {
        for name in self.names()? {
            let Ok(Some(grant)) = self.read(&name) else { continue };
            match grant.standing(now) {
                Standing::Void => {
                    let _nothing_else_to_do = self.dir.remove(&name);
                }
                Standing::NotYet => {}
                Standing::Holds if !grant.covers(asked) => {}
                Standing::Holds => {
                    if !grant.once || self.use_up(&grant, &name)? {
                        return Ok(Some(VerifiedGrant(grant)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Takes the file out of everybody's reach by renaming it; `false` when another process was first.
    fn use_up(&self, grant: &Grant, name: &str) -> Result<bool> {
        let used = format!(".used-{}-{}", grant.id, std::process::id());
        match self.dir.rename(name, &used) {
            Ok(()) => {}
            Err(Errno::ENOENT) => return Ok(false),
            Err(errno) => return Err(trouble(&self.dir.path_of(name), "used up", &errno.into())),
        }
        match self.dir.remove(&used) {
            // Whoever lists the grants removes what was used up.
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err(trouble(&self.dir.path_of(&used), "removed", &errno.into())),
        }
        // Only when the name is gone for good, also after a power cut, has it been used once.
        self.dir.sync()?;
        Ok(true)
    }

    /// The names of the grants. What was used up by a process that was killed before it could remove it goes now.
    fn names(&self) -> Result<Vec<String>> {
        let names = self.dir.names()?;
        for used in names.iter().filter(|name| name.starts_with(".used-")) {
            let _nothing_else_to_do = self.dir.remove(used);
        }
        Ok(names.into_iter().filter(|name| !name.starts_with('.') && name.strip_suffix(".json").is_some()).collect())
    }

    /// The grant in a file; `None` when the file is gone.
    fn read(&self, name: &str) -> Result<Option<Grant>> {
        if !self.dir.has(name) {
            return Ok(None);
        }
        let path = self.dir.path_of(name);
        let file = self.dir.file(name, OFlag::O_RDONLY)?;
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).map_err(|cause| trouble(&path, "read", &cause))?;
        let unusable = |why: &str| Error::refused(format!("`{}` is not a grant: {why}", Untrusted::path(&path)));
        let grant: Grant = json::typed(&text).map_err(|_| unusable("it cannot be parsed"))?;
        if grant.v != VERSION {
            return Err(unusable("another version of dbguard wrote it"));
        }
        if name.strip_suffix(".json") != Some(&grant.id) {
            return Err(unusable("it has another grant's name"));
        }
        Ok(Some(grant))
    }

    /// Written beside, synced, then renamed: whoever looks finds the whole grant or none.
    fn write(&self, grant: &Grant) -> Result<()> {
        let name = format!("{}.json", grant.id);
        let draft = format!(".new-{}", grant.id);
        let path = self.dir.path_of(&name);
        let text = serde_json::to_string(grant)
            .map_err(|cause| Error::refused(format!("the grant has no JSON form: {cause}")))?;
        let file = self.dir.file(&draft, OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL)?;
        let written = fill(file, &text).and_then(|()| self.dir.rename(&draft, &name).map_err(Into::into));
        if let Err(cause) = written {
            let _nothing_else_to_do = self.dir.remove(&draft);
            return Err(trouble(&path, "written", &cause));
        }
        self.dir.sync()
    }
}

fn fill(mut file: File, text: &str) -> std::io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// How a grant stands with the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Holds,
    /// Made in the future: the clock was set back. Not honoured, and kept in case the clock is mended.
    NotYet,
    /// Past its time, or longer than any grant may be.
    Void,
}

impl Grant {
    fn standing(&self, now: SystemTime) -> Standing {
        let now = seconds(now);
        if self.expires <= now || self.expires.saturating_sub(self.created) > LONGEST.as_secs() {
            Standing::Void
        } else if self.created > now.saturating_add(SKEW) {
            Standing::NotYet
        } else {
            Standing::Holds
        }
    }

    /// The same target, at most the same risk, and for the risks that need it the very same invocation.
    fn covers(&self, asked: &Asked<'_>) -> bool {
        let exactly = match (&self.exact, asked.exact) {
            (None, _) => !needs_exact(asked.risk) && !needs_exact(self.risk),
            (Some(granted), Some(asked)) => granted == asked,
            (Some(_), None) => false,
        };
        self.target_key == asked.target_key && asked.risk <= self.risk && exactly
    }
}

/// Whether only the exact invocation can be granted.
fn needs_exact(risk: Risk) -> bool {
    match risk {
        Risk::None | Risk::Read | Risk::Write => false,
        Risk::Destroy | Risk::Unknown => true,
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// [`Risk`] as its word: it is only ever written elsewhere, so it has no reading form of its own.
mod risk_word {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

    use crate::plan::Risk;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    pub(super) fn serialize<S: Serializer>(risk: &Risk, serializer: S) -> Result<S::Ok, S::Error> {
        risk.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Risk, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "none" => Ok(Risk::None),
            "read" => Ok(Risk::Read),
            "write" => Ok(Risk::Write),
            "destroy" => Ok(Risk::Destroy),
            "unknown" => Ok(Risk::Unknown),
            _ => Err(D::Error::custom("not a risk")),
        }
    }
}
