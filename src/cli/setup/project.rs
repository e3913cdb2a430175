//! What a project says about itself that the guard cannot read without somebody's word.
//!
//! Only whether files are there is looked at. Nothing is changed here: trust is given by its own verb, and shims are the
//! same in every directory.

use super::line;
use crate::checklist::{Section, Tone};
use crate::config::{Config, Places, trust};
use crate::effects::shims;
use crate::world::{Snapshot, tools};

/// Files of projects whose code decides where their tool goes.
const CODE: &[&str] = &[
    "manage.py",
    "knexfile.js",
    "knexfile.ts",
    "knexfile.cjs",
    "knexfile.mjs",
    "drizzle.config.ts",
    "drizzle.config.js",
    "ormconfig.js",
    "ormconfig.ts",
];

/// What could be done for the project in the working directory; nothing where there is none.
pub(super) fn section(config: &Config, snapshot: &Snapshot) -> Option<Section> {
    let there = |name: &&&str| snapshot.cwd.join(name).is_file();
    let trusted = || Places::of(snapshot).trust.is_some_and(|store| trust::covers_code(&store, &snapshot.cwd));
    let mut lines = Vec::new();
    if let Some(file) = CODE.iter().find(there).filter(|_| !trusted()) {
        let what = "code decides where its tool goes; to let that say so before each command, if you trust it:";
        lines.push(line(*file, what, "dbguard trust --code .", Tone::Plain));
    }
    let real = || tools::locate("python".as_ref(), &snapshot.vars);
    if there(&&"manage.py") && !config.added("python") && real().is_ok_and(|real| shims::passing("python", &real)) {
        let what = "python is only in a virtual environment and gets no shim; to have it met, in your configuration:";
        lines.push(line("python", what, "[shims] add = [\"python\"]", Tone::Plain));
    }
    if there(&&"package.json") && !config.added("node") {
        let what = "node_modules/.bin/… goes around the guard; to have it met, in your configuration:";
        lines.push(line("package.json", what, "[shims] add = [\"node\"]", Tone::Plain));
    }
    (!lines.is_empty()).then(|| Section { title: "this project".to_owned(), lines })
}
