//! Programs that start another one: `npx prisma …`, `poetry run alembic …`, `python manage.py …`, `npm run migrate`.
//!
//! Some put directories of the project before the shims, so that the shim of the tool itself is not reached; the
//! interpreters stand here because a path goes past `PATH`, and `#!/usr/bin/env ruby` does not. Most of what they run is
//! none of dbguard's business, and [`passes`] says so from the command line alone: no file is read for it. docs/CLIENTS.md
//! lists all forms.

mod dotnet;
mod forms;
mod interpreter;
mod package;
mod php;
mod script;
mod tasks;

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::custom::Customs;
use super::declared::Declared;
use super::effect::Effect;

/// The launchers that are known.
pub(super) const LAUNCHERS: &[&str] = &[
    "npx",
    "bunx",
    "bundle",
    "bundler",
    "poetry",
    "uv",
    "uvx",
    "pipenv",
    "pdm",
    "hatch",
    "pixi",
    "pipx",
    "poe",
    "tox",
    "conda",
    "mamba",
    "micromamba",
    "mise",
    "asdf",
    "corepack",
    "spring",
    "go",
    "npm",
    "pnpm",
    "yarn",
    "bun",
    "python",
    "python3",
    "ruby",
    "php",
    "java",
    "node",
    "elixir",
    "dotnet",
];

/// More launchers than this do not stand behind one another.
const DEEPEST: u8 = 8;

/// More are not taken off for one line: a script may start itself more than once.
const MOST: u16 = 300;

/// What a launcher starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Launched {
    /// The program, without directories; empty where nothing is started.
    pub(super) program: String,
    /// Its arguments.
    pub(super) args: Vec<OsString>,
    /// Where the launcher goes first.
    pub(super) directory: Option<PathBuf>,
    /// Why it may start it in another world.
    pub(super) doubt: Option<String>,
    /// Vars that are set for it.
    pub(super) assigned: Vec<(String, OsString)>,
    /// An interpreter's words up to the script, where nothing else stands between.
    pub(super) before: Option<Vec<OsString>>,
    /// What the same line starts besides; it does no more.
    pub(super) others: Vec<Launched>,
}

/// Where the next launcher is looked at.
struct Road<'a> {
    customs: &'a Customs,
    cwd: &'a Path,
    depth: u8,
    /// How many launchers may still be taken off.
    left: &'a Cell<u16>,
}

/// Whether this is a launcher.
pub(super) fn is_launcher(program: &str) -> bool {
    LAUNCHERS.contains(&program)
}

/// Whether this line of a launcher starts nothing of the table, as far as the words alone tell.
pub(super) fn passes(program: &str, args: &[OsString]) -> bool {
    let started = match program {
        "dotnet" => Some(dotnet::peel(args)),
        _ => interpreter::peel(program, args),
    };
    started.map_or_else(
        || package::passes(program, args) || forms::passes(program, args),
        |started| !is_launcher(&started.program) && super::is_idle(&started.program, &started.args),
    )
}

/// Takes the launchers off. `None` for a program that is none.
pub(super) fn peel(program: &str, args: &[OsString], customs: &Customs, cwd: &Path) -> Option<Launched> {
    Road { customs, cwd, depth: 0, left: &Cell::new(MOST) }.peel(program, args)
}

impl Road<'_> {
    fn peel(&self, program: &str, args: &[OsString]) -> Option<Launched> {
        let launched = match program {
            "npm" | "pnpm" | "yarn" | "bun" => Some(package::peel(program, args, self)),
            "dotnet" => Some(dotnet::peel(args)),
            _ if interpreter::is_one(program) => interpreter::peel(program, args),
            _ => forms::peel(program, args, self),
        }?;
        if self.is_long() {
            return Some(launched);
        }
        let cwd = launched.directory.as_ref().map_or_else(|| self.cwd.to_owned(), |below| self.cwd.join(below));
        match self.below(&cwd).peel(&launched.program, &launched.args) {
            Some(inner) => Some(inner.behind(launched, cwd)),
            None => Some(script::wrapped(&launched, self).unwrap_or(launched)),
        }
    }

    /// One launcher further.
    fn below<'b>(&'b self, cwd: &'b Path) -> Road<'b> {
        self.left.set(self.left.get().saturating_sub(1));
        Road { customs: self.customs, cwd, depth: self.depth + 1, left: self.left }
    }

    /// Whether what stands further behind is not looked into any more.
    fn is_long(&self) -> bool {
        self.depth >= DEEPEST || self.left.get() == 0
    }

    /// Whether the table has this program.
    fn knows(&self, program: &str) -> bool {
        super::row(program).is_some() || self.customs.has(program)
    }

    /// Whether this word names a program that is looked at.
    fn guards(&self, word: &OsStr) -> bool {
        let program = Launched::default().starts(word, &[]).program;
        self.knows(&program) || is_launcher(&program)
    }

    /// What a command does; `None` for one that opens nothing.
    fn effect(&self, launched: &Launched) -> Option<Effect> {
        if is_launcher(&launched.program) {
            return Some(Effect::Unknown); // too deep to look into
        }
        let (tool, entry) = super::entry(&launched.program, self.customs)?;
        let (declared, ..) = Declared::read(&tool, entry, &launched.args);
        declared.opens_nothing().is_none().then(|| declared.effect())
    }
}

impl Launched {
    /// Behind another launcher, which goes to `cwd` first.
    fn behind(mut self, outer: Self, cwd: PathBuf) -> Self {
        self.directory = match self.directory {
            Some(below) => Some(cwd.join(below)),
            None => outer.directory.map(|_| cwd),
        };
        self.doubt = outer.doubt.or(self.doubt);
        self.assigned = outer.assigned.into_iter().chain(self.assigned).collect();
        self.others.extend(outer.others);
        self.before = None;
        self
    }

    /// A program, by its name or path, perhaps with a version.
    fn starts(mut self, program: &OsStr, args: &[OsString]) -> Self {
        // The one package of the table whose program is called otherwise.
        let scoped = program.as_encoded_bytes().starts_with(b"@mikro-orm/cli");
        let program = if scoped { OsStr::new("mikro-orm") } else { program };
        let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
        let plain = name.split('@').next().filter(|name| !name.is_empty()).unwrap_or(&name);
        self.program = String::from(plain);
        self.args = args.to_vec();
        self
    }

    /// A module of Python, whose first part is the package.
    fn module(mut self, module: &OsStr, args: &[OsString]) -> Self {
        let module = module.to_string_lossy();
        self.program = String::from(match module.split('.').next().unwrap_or_default() {
            "django" => "django-admin",
            "manage" => "manage.py",
            "poethepoet" => "poe",
            package => package,
        });
        self.args = args.to_vec();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line starts: `program args`, with where and in which world; a dash where nothing of the table is started.
    fn started(line: &str) -> String {
        let mut words = line.split_whitespace();
        let program = words.next().unwrap();
        let args: Vec<OsString> = words.map(OsString::from).collect();
        let launched = peel(program, &args, &Customs::default(), Path::new("/nonexistent")).unwrap();
        let known = super::super::row(&launched.program).is_some();
        if interpreter::is_one(program) {
            let idle = super::super::is_idle(&launched.program, &launched.args);
            assert_eq!(passes(program, &args), idle && !is_launcher(&launched.program), "{line}");
        } else {
            assert!(!(known && passes(program, &args)), "{line}");
        }
        if !known {
            return "-".to_owned();
        }
        let args: Vec<_> = launched.args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let directory = launched.directory.map(|below| format!("[{}] ", below.display())).unwrap_or_default();
        let doubt = if launched.doubt.is_some() { " ?" } else { "" };
        format!("{directory}{} {}{doubt}", launched.program, args.join(" "))
    }

    #[test]
    fn interpreters_start_what_stands_behind_their_own_options() {
        for (line, expected) in [
            ("python manage.py migrate", "manage.py migrate"),
            ("python3 -W ignore -uB ./mysite/manage.py flush --noinput", "manage.py flush --noinput"),
            ("python3 -Wignore -X dev manage.py flush", "manage.py flush"),
            ("python -m alembic upgrade head", "alembic upgrade head"),
            ("python -Im alembic.config upgrade head", "alembic upgrade head"),
            ("python -malembic upgrade head", "alembic upgrade head"),
            ("python -m django migrate", "django-admin migrate"),
            ("python -m manage migrate", "manage.py migrate"),
            ("python -- manage.py migrate", "manage.py migrate"),
            ("python /srv/venv/bin/alembic upgrade head", "alembic upgrade head"),
            ("python -m poetry run alembic upgrade head", "alembic upgrade head"),
            ("python -c import\\ alembic manage.py migrate", "-"),
            ("python -uc 1 manage.py migrate", "-"),
            ("python -V manage.py migrate", "-"),
            ("python -", "-"),
            ("python -m", "-"),
            ("python -W", "-"),
            ("python", "-"),
            ("python --check-hash-based-pycs always manage.py migrate", "manage.py migrate"),
            ("python server.py manage.py migrate", "-"),
            ("ruby bin/rails db:drop", "rails db:drop"),
            ("ruby -w -Ilib -r json -S rake db:drop", "rake db:drop"),
            ("ruby -C sub bin/rails db:drop", "[sub] rails db:drop"),
            ("ruby -Csub -C/deep bin/rails db:drop", "[/deep] rails db:drop"),
            ("ruby -W0 bin/rails db:drop", "rails db:drop"),
            ("ruby --disable gems bin/rails db:drop", "rails db:drop"),
            ("ruby --disable=gems bin/rails db:drop", "rails db:drop"),
            ("ruby -S bundle exec rake db:drop", "rake db:drop"),
            ("ruby -e 1 bin/rails db:drop", "-"),
            ("ruby script.rb db:drop", "-"),
            ("node node_modules/.bin/knex migrate:latest", "knex migrate:latest"),
            ("node node_modules/prisma/build/index.js migrate reset", "prisma migrate reset"),
            ("node --no-warnings node_modules/@ariga/atlas/x.js schema", "atlas schema"),
            ("node -r dotenv/config node_modules/.bin/prisma migrate reset", "prisma migrate reset ?"),
            ("node --env-file=.env node_modules/.bin/prisma migrate reset", "prisma migrate reset ?"),
            ("node -e 1 node_modules/.bin/prisma migrate reset", "-"),
            ("node --run prisma", "-"),
            ("node server.js", "-"),
            ("node /usr/lib/node_modules/npm/bin/npm-cli.js exec prisma migrate reset", "prisma migrate reset"),
            ("elixir /usr/bin/mix ecto.drop --quiet", "mix ecto.drop --quiet"),
            ("elixir -S mix ecto.drop", "mix ecto.drop"),
            ("elixir --erl +fnu -pa x -r a.exs -S mix ecto.drop", "mix ecto.drop"),
            ("elixir --no-halt script.exs ecto.drop", "-"),
            ("elixir --eval 1 -S mix ecto.drop", "-"),
            ("ruby bin/spring rails db:drop", "rails db:drop ?"),
            ("python -m pdm run alembic upgrade head", "alembic upgrade head"),
            ("java -jar lib/flyway-commandline-11.jar clean", "flyway clean"),
            ("java -cp lib/* -Xmx1g org.flywaydb.commandline.Main -url=x migrate", "flyway -url=x migrate"),
            ("java -Dliquibase.url=x -jar liquibase.jar drop-all", "liquibase drop-all ?"),
            ("java -jar app.jar flyway", "-"),
            ("java -version", "-"),
        ] {
            assert_eq!(started(line), expected, "{line}");
        }
    }

    #[test]
    fn php_starts_the_scripts_that_are_tools() {
        for (line, expected) in [
            ("php artisan migrate:fresh --seed", "artisan migrate:fresh --seed"),
            ("php -d memory_limit=-1 -n ./artisan migrate", "artisan migrate"),
            ("php -dx=1 -c /etc/php.ini srv/app/artisan migrate", "[srv/app] artisan migrate"),
            ("php --define x=1 --php-ini=x artisan migrate", "artisan migrate"),
            ("php -f artisan -- migrate --force", "artisan migrate --force"),
            ("php -f=artisan migrate", "artisan migrate"),
            ("php --file artisan migrate", "artisan migrate"),
            ("php --file=/srv/artisan migrate", "[/srv] artisan migrate"),
            ("php bin/console doctrine:database:drop", "bin/console doctrine:database:drop"),
            ("php ./bin/console d:d:d", "bin/console d:d:d"),
            ("php console d:d:d", "[..] bin/console d:d:d"),
            ("php ../console d:d:d", "[../..] bin/console d:d:d"),
            ("php ../app/bin/console d:d:d", "[../app] bin/console d:d:d"),
            ("php /srv/bin/cake.php migrations rollback", "[/srv] cake migrations rollback"),
            ("php vendor/bin/phinx rollback", "phinx rollback"),
            ("php phinx.phar rollback", "phinx rollback"),
            ("php vendor/bin/doctrine-migrations migrate", "doctrine-migrations migrate"),
            ("php vendor/bin/doctrine.php orm:schema-tool:drop", "doctrine orm:schema-tool:drop"),
            // Scripts of other tools' names are nobody's.
            ("php migrate.php up", "-"),
            ("php migrate up", "-"),
            ("php artisan.php migrate", "-"),
            ("php -r 1 artisan migrate", "-"),
            ("php -l artisan", "-"),
            ("php -S localhost:8000 artisan", "-"),
            ("php --run 1 artisan migrate", "-"),
            ("php -- artisan migrate", "-"),
            ("php -a artisan", "-"),
            ("php", "-"),
            ("php -d", "-"),
            ("php -f", "-"),
        ] {
            assert_eq!(started(line), expected, "{line}");
        }
    }

    #[test]
    fn dotnet_starts_ef_by_three_names_and_nothing_else() {
        for (line, expected) in [
            ("dotnet ef database drop", "dotnet-ef database drop"),
            ("dotnet dotnet-ef database drop", "dotnet-ef database drop"),
            (
                "dotnet tool run dotnet-ef database drop -- --environment X",
                "dotnet-ef database drop -- --environment X",
            ),
            ("dotnet tool run dotnet-ef -- database drop", "dotnet-ef database drop"),
            ("dotnet tool exec --yes dotnet-ef@9.0.0 --allow-roll-forward -- database drop", "dotnet-ef database drop"),
            ("dotnet tool install dotnet-ef", "-"),
            ("dotnet tool run fantomas", "-"),
            ("dotnet exec ef.dll database drop", "-"),
            ("dotnet run ef database drop", "-"),
            ("dotnet --info", "-"),
            ("dotnet", "-"),
        ] {
            assert_eq!(started(line), expected, "{line}");
        }
    }

    #[test]
    fn runners_of_packages_start_what_stands_behind_their_verbs() {
        for (line, expected) in [
            ("npm exec prisma -- migrate reset", "prisma migrate reset"),
            ("npm x -- prisma migrate reset", "prisma migrate reset"),
            ("npm --prefix web exec prisma@6 migrate reset", "[web] prisma migrate reset"),
            ("npm exec -p prisma -- prisma migrate reset", "prisma migrate reset"),
            ("npm exec --call prisma", "-"), // without a command it shows its help
            ("npm install prisma", "-"),
            ("npm view prisma", "-"),
            ("npm", "-"),
            ("npm run nothing", "-"),
            ("pnpm exec prisma migrate reset", "prisma migrate reset"),
            ("pnpm dlx prisma migrate reset", "prisma migrate reset"),
            ("pnpm prisma migrate reset", "prisma migrate reset"),
            ("pnpm -C web prisma migrate reset", "[web] prisma migrate reset"),
            ("pnpm --filter web prisma migrate reset", "prisma migrate reset ?"),
            ("pnpm -r exec prisma migrate reset", "prisma migrate reset ?"),
            ("pnpm -w exec prisma migrate reset", "prisma migrate reset ?"),
            ("pnpm --filter web build", "-"),
            ("npm exec -w web -- prisma migrate reset", "prisma migrate reset ?"),
            ("npx -w web prisma migrate reset", "prisma migrate reset ?"),
            ("npm --prefix=web exec prisma migrate reset", "[web] prisma migrate reset"),
            ("yarn workspace web prisma migrate reset", "prisma migrate reset ?"),
            ("yarn workspace web build", "-"),
            ("yarn workspace", "-"),
            ("bun --env-file .env.prod x prisma migrate reset", "prisma migrate reset ?"),
            ("bun --env-file=.env.prod x prisma migrate reset", "prisma migrate reset ?"),
            ("npx dotenv -e .env.prod -- prisma migrate reset", "prisma migrate reset ?"),
            ("npx cross-env A=b prisma migrate reset", "prisma migrate reset"),
            ("bundle exec dotenv rails db:drop", "rails db:drop ?"),
            ("bundle _2.4.1_ exec rails db:drop", "rails db:drop"),
            ("bundle e rails db:drop", "rails db:drop"),
            ("bundle install rails db:drop", "-"),
            ("uv run --link-mode copy alembic upgrade head", "alembic upgrade head ?"),
            ("uv --link-mode copy run alembic upgrade head", "alembic upgrade head ?"),
            ("uv run -v pytest alembic", "alembic  ?"),
            ("uv run -v pytest tests alembic", "-"),
            ("uv tool run alembic upgrade head", "alembic upgrade head"),
            ("uv tool install alembic", "-"),
            ("yarn workspaces foreach -A exec prisma migrate deploy", "prisma migrate deploy ?"),
            ("yarn workspaces foreach --from web -A run prisma migrate deploy", "prisma migrate deploy ?"),
            ("yarn workspaces run build", "-"),
            ("npm it", "-"),
            ("pnpm add prisma", "-"),
            ("yarn prisma migrate reset", "prisma migrate reset"),
            ("yarn run prisma migrate reset", "prisma migrate reset"),
            ("yarn --cwd web prisma migrate reset", "[web] prisma migrate reset"),
            ("yarn", "-"),
            ("bun x prisma migrate reset", "prisma migrate reset"),
            ("bun run prisma migrate reset", "prisma migrate reset"),
            ("bun test prisma", "-"),
            ("npx npm exec prisma migrate reset", "prisma migrate reset"),
            ("poetry run python -m alembic upgrade head", "alembic upgrade head"),
            ("uv run --directory api manage.py migrate", "[api] manage.py migrate"),
            ("uv run -m django migrate", "django-admin migrate"),
            ("bundle exec ruby -C api bin/rails db:drop", "[/nonexistent/api] rails db:drop"),
        ] {
            assert_eq!(started(line), expected, "{line}");
        }
    }

    #[test]
    fn runners_of_environments_start_what_stands_behind_their_word() {
        for (line, expected) in [
            ("uvx alembic@1.13 upgrade head", "alembic upgrade head"),
            ("uvx --from alembic==1.13 --with psycopg2 alembic upgrade head", "alembic upgrade head"),
            ("pdm run -s alembic upgrade head", "alembic upgrade head"),
            ("pdm -p api run alembic upgrade head", "alembic upgrade head ?"),
            ("pdm install", "-"),
            ("hatch -e prod run alembic upgrade head", "alembic upgrade head"),
            ("hatch run +py=3.12 prod:alembic upgrade head", "alembic upgrade head"),
            ("hatch env run -e prod -- alembic upgrade head", "alembic upgrade head"),
            ("pixi run -e prod alembic upgrade head", "alembic upgrade head"),
            ("pipx run --spec alembic[tz] alembic upgrade head", "alembic upgrade head"),
            ("pipx install alembic", "-"),
            ("tox exec -e py -- alembic upgrade head", "alembic upgrade head ?"),
            ("tox -e alembic", "-"),
            ("conda run -n prod --cwd api alembic upgrade head", "[api] alembic upgrade head"),
            ("micromamba run -p /env python manage.py migrate", "manage.py migrate"),
            ("mise exec node@20 python@3 -- npx prisma migrate reset", "prisma migrate reset"),
            ("mise x -- alembic upgrade head", "alembic upgrade head"),
            ("mise -C api x -- alembic upgrade head", "[api] alembic upgrade head"),
            ("mise x -c dbmate", "-"), // without a command it shows its help
            ("mise install alembic", "-"),
            ("asdf exec rails db:drop", "rails db:drop"),
            ("corepack pnpm@8 exec prisma migrate reset", "prisma migrate reset"),
            ("corepack enable pnpm", "-"),
            ("bundler exec rails db:drop", "rails db:drop"),
            ("spring rails db:drop", "rails db:drop ?"),
            ("spring status", "-"),
            ("poe migrate", "-"),
            ("go run github.com/pressly/goose/v3/cmd/goose@latest up", "goose up"),
            ("go run -tags postgres github.com/golang-migrate/migrate/v4 down", "migrate down"),
            ("go -C api tool goose down", "[api] goose down"),
            ("go run ./cmd/migrate down", "-"),
            ("go run cmd/migrate/main.go down", "-"),
            ("go run . migrate", "-"),
            ("go build github.com/pressly/goose/v3/cmd/goose", "-"),
            ("go test ./... -run migrate", "-"),
        ] {
            assert_eq!(started(line), expected, "{line}");
        }
    }

    #[test]
    fn brackets_without_end_end() {
        for deep in ["$(", "`$(", "\"$(", "sh -c '", "<("] {
            let left = Cell::new(MOST);
            let road = Road { customs: &Customs::default(), cwd: Path::new("/nonexistent"), depth: 0, left: &left };
            assert_eq!(script::line(None, OsStr::new(&deep.repeat(50_000)), &road), Launched::default(), "{deep}");
        }
    }

    #[test]
    fn a_line_of_shell_is_cut_into_its_commands_and_none_of_it_is_run() {
        for (text, expected) in [
            ("prisma migrate reset --force", "prisma migrate reset --force"),
            ("cd api && prisma migrate reset", "[api] prisma migrate reset"),
            ("NODE_ENV=test cross-env A=b prisma migrate reset", "prisma migrate reset"),
            ("A=$B prisma migrate reset", "prisma migrate reset ?"),
            ("prisma migrate reset $FLAGS", "prisma migrate reset $FLAGS ?"),
            ("dotenv -e .env.prod -- prisma migrate reset", "prisma migrate reset ?"),
            ("sh -c 'prisma migrate reset'", "prisma migrate reset ?"),
            ("'prisma' \"migrate\" re\\set", "prisma migrate reset"),
            ("(prisma generate; prisma migrate reset); prisma migrate deploy", "prisma migrate reset"),
            ("npx prisma migrate reset | tee log", "prisma migrate reset"),
            ("./node_modules/.bin/prisma migrate reset", "prisma migrate reset"),
            ("node -r x ./node_modules/.bin/prisma migrate reset", "prisma migrate reset ?"),
            ("if true; then prisma migrate reset; fi", "prisma migrate reset"),
            ("! prisma migrate reset", "prisma migrate reset"),
            ("env -u A prisma migrate reset", "prisma migrate reset ?"),
            ("time -p prisma migrate reset", "prisma migrate reset ?"),
            ("timeout 60 prisma migrate reset", "prisma migrate reset ?"),
            ("echo x | xargs prisma migrate reset", "prisma migrate reset ?"),
            ("corepack pnpm exec prisma migrate reset", "prisma migrate reset"),
            ("2>/dev/null >log prisma migrate reset 2>&1", "prisma migrate reset"),
            ("prisma migrate reset --force > log < in &> x", "prisma migrate reset --force"),
            ("echo `prisma migrate reset`", "prisma migrate reset"),
            ("echo \"now $(prisma migrate reset | tr '()' x)\"", "prisma migrate reset"),
            ("$(npm bin)/prisma migrate reset", "prisma migrate reset ?"),
            ("`which prisma` migrate reset", "prisma migrate reset ?"),
            ("TOOL=prisma; $TOOL migrate reset", "prisma migrate reset ?"),
            ("TOOL='npx prisma' && A=b ${TOOL} migrate reset", "prisma migrate reset ?"),
            ("$PRISMA migrate reset", "prisma migrate reset ?"),
            ("$npm_execpath exec prisma migrate reset", "prisma migrate reset ?"),
            ("$TOOL migrate reset", "-"),
            ("concurrently \"tsc -w\" \"prisma migrate status\" \"prisma migrate reset\"", "prisma migrate reset ?"),
            ("`", "-"),
            ("$(", "-"),
            ("\"$(prisma", "-"),
            (">", "-"),
            ("env", "-"),
            ("env -u", "-"),
            ("echo prisma migrate reset", "-"),
            ("prisma generate && tsc && cp -r prisma dist", "-"),
            ("prisma migrate reset --help", "-"),
            ("'", "-"),
            ("\\", "-"),
            ("$(prisma migrate reset)", "prisma migrate reset"),
        ] {
            let left = Cell::new(MOST);
            let road = Road { customs: &Customs::default(), cwd: Path::new("/nonexistent"), depth: 0, left: &left };
            let found = script::line(None, OsStr::new(text), &road);
            let args: Vec<_> = found.args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            let directory = found.directory.map(|below| format!("[{}] ", below.display())).unwrap_or_default();
            let doubt = if found.doubt.is_some() { " ?" } else { "" };
            let known = super::super::row(&found.program).is_some();
            let line = format!("{directory}{} {}{doubt}", found.program, args.join(" "));
            assert_eq!(if known { line } else { "-".to_owned() }, expected, "{text}");
        }
    }
}
