//! Asking a tool itself where it would connect, for projects whose code decides that and whose owner trusts it.
//!
//! The tool's own reading command runs with a hook of its language that says at the first connection where that would go,
//! and ends the process before it is made. It runs without a network (`unshare`), so that a tool that goes past the hook
//! reaches nothing; without input, apart from the terminal, and for a bounded time. What it says is a description of a
//! connection and nothing else. Whether it may be asked at all is decided elsewhere.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;

use super::attest::child;
use super::shims;
use super::state::{Dir, trouble};
use crate::error::{Error, Result};
use crate::target::Language;
use crate::text::json;
use crate::world::{Snapshot, tools};

/// How long a tool may take to come to its first connection.
const PATIENCE: Duration = Duration::from_secs(15);

/// How the line begins that the hooks write.
const MARK: &str = "dbguard-probe ";

/// The parameters that a tool may name.
const KEYWORDS: [&str; 6] = ["host", "hostaddr", "port", "user", "dbname", "service"];

/// The parameters of the first connection that this command line would make.
pub fn ask(
    program: &Path,
    args: &[OsString],
    language: Language,
    snapshot: &Snapshot,
) -> Result<Vec<(&'static str, String)>> {
    let silent = |why: &str| Error::refused(format!("asked where it goes, the tool {why}"));
    let unshare = tools::locate(OsStr::new("unshare"), &snapshot.vars)
        .map_err(|_| silent("could not be kept from the network: there is no `unshare` here"))?;
    let mut command = Command::new(unshare);
    command.args(["--map-current-user", "--net", "--"]).arg(program).args(args).current_dir(&snapshot.cwd);
    command.env(tools::DEPTH, tools::deepest());
    if let Some(path) = snapshot.vars.get("PATH") {
        command.env("PATH", without_shims(path, snapshot));
    }
    let (name, value) = hook(language, snapshot)?;
    command.env(name, value);
    let output =
        child::run(command, Instant::now() + PATIENCE).map_err(|cause| silent(&format!("did not start: {cause}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix(MARK));
    let Some(line) = line else {
        return Err(silent(match output.ended {
            child::Ended::Late => "took too long",
            child::Ended::ByItself | child::Ended::TooLong => "named no connection",
        }));
    };
    parameters(line).ok_or_else(|| silent("gave no answer that can be read"))
}

/// `PATH` without the shims: an interpreter that is guarded would end at the depth above.
fn without_shims(path: &OsStr, snapshot: &Snapshot) -> OsString {
    let shims = shims::directory(snapshot).unwrap_or_default();
    let entries = std::env::split_paths(path).filter(|entry| *entry != shims);
    std::env::join_paths(entries).unwrap_or_default()
}

/// The parameters of an answer: an object whose values are texts.
fn parameters(line: &str) -> Option<Vec<(&'static str, String)>> {
    let told = json::value(line).ok()?;
    let fine = |value: &str| value.len() < 256 && !value.contains('\0');
    let mut parameters = Vec::new();
    for (key, value) in told.as_object()? {
        let keyword = KEYWORDS.iter().find(|keyword| *keyword == key)?;
        parameters.push((*keyword, value.as_str().filter(|value| fine(value))?.to_owned()));
    }
    Some(parameters)
}

/// The var that makes the language load the hook, which is written anew each time.
fn hook(language: Language, snapshot: &Snapshot) -> Result<(&'static str, OsString)> {
    let (name, text, var) = match language {
        Language::Python => ("sitecustomize.py", include_str!("probe/sitecustomize.py"), "PYTHONPATH"),
        Language::Node => ("hook.cjs", include_str!("probe/hook.cjs"), "NODE_OPTIONS"),
    };
    let path = write(name, text, snapshot)?;
    let before = snapshot.vars.filled(var);
    let mut value = match language {
        Language::Python => path.parent().unwrap_or(&path).as_os_str().to_owned(),
        Language::Node => {
            let mut value = OsString::from("--require \"");
            value.push(&path);
            value.push("\"");
            value
        }
    };
    if let Some(before) = before {
        value.push(if language == Language::Python { ":" } else { " " });
        value.push(before);
    }
    Ok((var, value))
}

fn write(name: &str, text: &str, snapshot: &Snapshot) -> Result<PathBuf> {
    let dir = Dir::state(snapshot)?.below("probe")?;
    let path = dir.path_of(name);
    let draft = format!(".{}-{name}", std::process::id());
    let mut file = dir.file(&draft, OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC)?;
    file.write_all(text.as_bytes()).map_err(|cause| trouble(&path, "written", &cause))?;
    dir.rename(&draft, name).map_err(|errno| trouble(&path, "written", &errno.into()))?;
    Ok(path)
}
