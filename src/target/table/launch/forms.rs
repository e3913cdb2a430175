//! Launchers that need a word or none before the program: `npx prisma …`, `poetry run alembic …`, `go run MODULE …`.
//!
//! Each is a line of [`FORMS`]. What one adds to the vars is not known here and makes the target doubtful. What a project
//! calls a task of its own is looked up by [`super::tasks`] where the words ask for one.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::{Launched, Road, package, script, tasks};

/// Names; words one of which comes first; options with a value; of a directory to go to; that change the tool's world; with
/// a line of shell; why the world is another one in any case. Each as their manuals have it, uv, pdm, hatch, pipx, tox and
/// poe as they were seen to do.
const FORMS: &str = "\
npx bunx||-p --package -w --workspace --prefix -c --call|--prefix|-c --call --node-options|-c --call|
bundle bundler|exec e|--gemfile||--gemfile||
poetry|run|-C --directory -P --project|-C --directory|||
uv uvx|run|--env-file --with -w --with-editable --with-requirements -p --python --project --directory --group --only-group \
--no-group --extra --package --index --index-url --extra-index-url --config-file --cache-dir --color -m --module \
--from|--directory|--env-file||
pipenv|run|-p --python||||pipenv loads `.env` before it starts the tool
pdm|run|-p --project --venv -c --config||-p --project||
hatch|run|-e --env -p --project --data-dir --cache-dir --config -i --include -x --exclude -f --filter||-p --project||
pixi|run r|--manifest-path -m -e --environment --color -p --platform -w --workspace --auth-file --pypi-keyring-provider||\
--manifest-path -m -w --workspace||
pipx|run|--spec --python --pip-args --index-url -i --with --fetch-python||||
tox|exec e|-e -c --conf --workdir --root -x --override||||tox hands on only the vars that its configuration names
conda mamba micromamba|run|-n --name -p --prefix --cwd|--cwd|||
mise|exec x run r watch w|-c --command -C --cd -j --jobs -E --env -t --tool -o --output --timeout|-C --cd|-E --env|-c --command|
asdf|exec|||||
corepack||||||
spring||||||the server of spring keeps the vars that it was started with
poe||-C --directory -e --executor -X --executor-opt|-C --directory|||
go|run tool|-C -exec -gcflags -ldflags -asmflags -mod -modfile -overlay -p -pkgdir -tags -toolexec -pgo -buildmode \
-covermode -coverpkg -installsuffix -o|-C|-modfile -overlay||
";

/// One line of it.
struct Form {
    word: &'static str,
    values: &'static str,
    directory: &'static str,
    odd: &'static str,
    line: &'static str,
    world: &'static str,
}

/// Whether this word is one of a list.
pub(super) fn among(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split(' ').any(|known| known == word)
}

fn form(program: &str) -> Option<Form> {
    FORMS.lines().find_map(|line| {
        let mut parts = line.splitn(7, '|');
        among(parts.next()?, program).then_some(())?;
        let mut next = || parts.next().unwrap_or_default();
        Some(Form { word: next(), values: next(), directory: next(), odd: next(), line: next(), world: next() })
    })
}

/// Whether the words alone say that nothing is started: what has to come before a program is not there.
pub(super) fn passes(program: &str, args: &[OsString]) -> bool {
    // A task may be named without the word.
    let short = matches!(program, "pdm" | "mise");
    let needed = form(program).map_or("", |form| form.word);
    let asks = || args.iter().any(|arg| among(needed, &arg.to_string_lossy()));
    !(short || program == "uvx" || needed.is_empty() || asks())
}

/// Whether this word may stand before the verb: `uv tool run`, `bundle _2.4.1_ exec`, `hatch env run`.
fn is_before(program: &str, text: &str) -> bool {
    matches!((program, text), ("uv", "tool") | ("hatch", "env") | ("mise", "tasks" | "task" | "t"))
        || (program.starts_with("bundle") && text.starts_with('_'))
}

/// Takes the launcher off. `None` for a program that is none.
pub(super) fn peel(program: &str, args: &[OsString], road: &Road<'_>) -> Option<Launched> {
    let form = form(program)?;
    let doubt = Some(form.world).filter(|why| !why.is_empty()).map(str::to_owned);
    let needed = if program == "uvx" { "" } else { form.word };
    Some(Walk { program, form, road, needed, launched: Launched { doubt, ..Launched::default() } }.run(args))
}

struct Walk<'a> {
    program: &'a str,
    form: Form,
    road: &'a Road<'a>,
    /// What has to come next.
    needed: &'static str,
    launched: Launched,
}

impl Walk<'_> {
    fn run(mut self, args: &[OsString]) -> Launched {
        let mut rest = args;
        // The option just before, where it is not known whether it takes a word.
        let mut strange = false;
        while let Some((word, after)) = rest.split_first() {
            rest = after;
            let text = word.to_string_lossy();
            if text.starts_with('-') && text != "--" {
                let (name, joined) =
                    text.split_once('=').map_or((text.as_ref(), None), |(name, value)| (name, Some(value)));
                let takes = among(self.form.values, name) && joined.is_none();
                // Go's own are known whether they take a word.
                strange = !takes && joined.is_none() && self.program != "go";
                let value = joined.map(OsString::from).or_else(|| rest.first().cloned().filter(|_| takes));
                if takes {
                    rest = rest.get(1..).unwrap_or_default();
                }
                if let Some(found) = self.option(name, value, rest) {
                    return found;
                }
            } else if text == "--" || (!self.needed.is_empty() && is_before(self.program, &text)) {
                strange = false;
            } else if std::mem::take(&mut strange)
                && !self.fits(word)
                && rest.first().is_some_and(|word| self.fits(word))
            {
                self.launched.doubt = Some(format!("`{}` is given an option that dbguard does not know", self.program));
            } else if self.needed.is_empty() {
                return self.starts(word, rest);
            } else if self.fits(word) {
                self.needed = "";
                // `mise exec node@20 -- npx …`: tools, and then the program.
                if let Some(at) = rest.iter().position(|word| word == "--").filter(|_| self.program == "mise") {
                    rest = rest.get(at..).unwrap_or_default();
                }
            } else if matches!(self.program, "pdm" | "mise") {
                return self.task(&text, rest).unwrap_or_default(); // `pdm migrate`
            } else {
                return self.launched; // `bundle install`
            }
        }
        self.launched
    }

    /// Whether this word is what comes next: the verb (`bundle e` is `exec`), or a program of the table.
    fn fits(&self, word: &OsStr) -> bool {
        let text = word.to_string_lossy();
        if !self.needed.is_empty() {
            return among(self.needed, &text);
        }
        self.road.guards(word) || self.task(&text, &[]).is_some()
    }

    /// Takes an option; answers where it brings the program itself.
    fn option(&mut self, name: &str, value: Option<OsString>, rest: &[OsString]) -> Option<Launched> {
        if among(self.form.odd, name) {
            self.launched.doubt = Some(format!("`{} {name}` may change what the tool sees", self.program));
        }
        let value = value.unwrap_or_default();
        if among(self.form.line, name) {
            return Some(script::line(self.launched.directory.as_deref(), &value, self.road));
        }
        if among(self.form.directory, name) {
            self.launched.directory = Some(PathBuf::from(&value));
        }
        if self.program == "npx" && matches!(name, "-w" | "--workspace") {
            package::enter(&mut self.launched, self.program, Some(&value), self.road.cwd);
        }
        let module = self.program == "uv" && matches!(name, "-m" | "--module") && self.needed.is_empty();
        module.then(|| std::mem::take(&mut self.launched).module(&value, rest))
    }

    /// The program, which may be a task of the project's.
    fn starts(mut self, word: &OsStr, args: &[OsString]) -> Launched {
        let text = word.to_string_lossy();
        if self.program == "go" {
            let module = module(&text);
            return if module.is_empty() { self.launched } else { self.launched.starts(OsStr::new(module), args) };
        }
        // `hatch run +py=3.12 prod:migrate`.
        let text = if self.program == "hatch" { text.rsplit(':').next().unwrap_or_default() } else { &text };
        if self.program == "hatch" && text.starts_with('+') {
            return args.split_first().map_or_else(Launched::default, |(word, args)| self.starts(word, args));
        }
        match self.task(text, args) {
            Some(found) => found,
            None if self.program == "poe" => Launched::default(),
            None => {
                let doubt = tasks::world(self.program, self.road.cwd);
                self.launched.doubt = self.launched.doubt.or(doubt);
                self.launched.starts(OsStr::new(text), args)
            }
        }
    }

    fn task(&self, name: &str, args: &[OsString]) -> Option<Launched> {
        let cwd = self
            .launched
            .directory
            .as_ref()
            .map_or_else(|| self.road.cwd.to_owned(), |below| self.road.cwd.join(below));
        let task = tasks::find(self.program, name, args, &cwd)?;
        let found = script::lines(Some(&task.directory), &task.lines, self.road);
        Some(Launched { doubt: found.doubt.or(task.doubt).or(self.launched.doubt.clone()), ..found })
    }
}

/// The name of the program that a path of a Go module makes: the last part that is no version. Nothing for a directory of
/// the project, which is code of its own, whatever it is called.
fn module(path: &str) -> &str {
    let path = path.split('@').next().unwrap_or_default();
    let version =
        |part: &&str| part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    // `go tool goose`; `go run main.go` is no tool's name either.
    let named = !path.contains('/') || path.split('/').next().is_some_and(|host| host.trim_matches('.').contains('.'));
    path.rsplit('/').find(|part| !version(part)).filter(|_| named).unwrap_or_default()
}
