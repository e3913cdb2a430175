//! The static files that a tool of the table takes its target from, each by its reader.
//!
//! What of the command line and the vars chooses a file, or a part of one, is known here; how a file is read is known in
//! [`crate::target::project`].

use super::Act;
use super::entry::Reader;
use super::sources::{Trip, text_of};
use crate::target::Origin;
use crate::target::project::{
    Source, alembic, dbt, graphile, java, json, postgrator, prisma, rails, sqitch, supabase, yoyo,
};
use crate::text::Untrusted;

impl Trip<'_> {
    /// What one of the files says.
    pub(super) fn file(&mut self, reader: Reader) {
        let invocation = self.invocation;
        let named = |name: &str| text_of(invocation, name);
        match reader {
            Reader::Alembic => alembic::section(&mut self.survey, named("name").as_deref().unwrap_or("alembic")),
            Reader::Appsettings => self.appsettings(),
            Reader::DbMigrate => {
                let (file, section) = (named("config"), named("env"));
                json::db_migrate_section(&mut self.survey, file.as_deref(), section.as_deref());
            }
            Reader::Dbt => dbt::look(&mut self.survey, &named),
            Reader::Flyway => self.flyway(),
            Reader::Graphile => self.graphile("connectionString", "DATABASE_URL"),
            Reader::GraphileRoot => self.graphile("rootConnectionString", "ROOT_DATABASE_URL"),
            Reader::GraphileShadow => self.graphile("shadowConnectionString", "SHADOW_DATABASE_URL"),
            Reader::Liquibase => self.liquibase(),
            Reader::NodePgMigrate => {
                if let Some(file) = named("config-file") {
                    let section = named("config-value");
                    json::node_pg_migrate(&mut self.survey, &file, section.as_deref().unwrap_or("db"));
                }
            }
            Reader::Php(framework) => self.php(framework),
            Reader::Postgrator => postgrator::look(&mut self.survey, invocation),
            Reader::Prisma => prisma::migrations(&mut self.survey, named("schema").as_deref()),
            Reader::PrismaShadow => {
                let uses = |act: &Act| matches!(act.command.as_str(), "migrate dev" | "migrate diff");
                if self.declared.acts.iter().any(uses) {
                    prisma::shadow(&mut self.survey, named("schema").as_deref());
                }
            }
            Reader::Rails => self.rails(),
            Reader::Sequelize => {
                let file = named("config");
                json::sequelize_file(&mut self.survey, file.as_deref());
            }
            Reader::Sqitch => self.sqitch(),
            Reader::SqlMigrate => self.sql_migrate(),
            Reader::SqlxVar => self.sqlx_var(),
            Reader::Supabase => self.supabase(),
            Reader::Yoyo => {
                if !invocation.has("no-config-file") {
                    yoyo::look(&mut self.survey, named("config").as_deref());
                }
            }
        }
    }

    fn graphile(&mut self, key: &str, var: &str) {
        let config = text_of(self.invocation, "config");
        graphile::look(&mut self.survey, config.as_deref(), key, var, key == "connectionString");
    }

    /// A project of an account, or the database on this machine. Before release 3 what pushes, pulls and lists went to the
    /// linked project where no option said otherwise.
    fn supabase(&mut self) {
        if self.text_of("remote").is_some_and(|text| text.contains("://")) {
            return self.option("remote");
        }
        let chosen = ["linked", "remote", "project-id"].into_iter().find(|name| self.invocation.has(name));
        let moved = |act: &Act| {
            let ends = ["push", "pull", "dump", "remote", "list", "repair", "fetch"];
            act.command.starts_with("inspect") || ends.iter().any(|end| act.command.ends_with(end))
        };
        let because = if let Some(name) = chosen {
            format!("`--{name}` means a project of an account at Supabase, which no file here names")
        } else if !self.invocation.has("local")
            && self.declared.acts.iter().any(moved)
            && supabase::is_linked(&self.survey)
        {
            "before release 3 this goes to the linked project, and then to this machine: say `--local` or which"
                .to_owned()
        } else {
            return supabase::local(&mut self.survey);
        };
        self.survey.add_unclear(Source::Var("project".to_owned()), because);
    }

    /// A var may stand for any key of its TOML.
    fn flyway(&mut self) {
        let mut names = self.world.snapshot.vars.iter().map(|(name, _)| name.to_string_lossy());
        if let Some(name) = names.find(|name| name.starts_with("environments_") || name == "flyway_environment") {
            let because = format!("`{}` may name another database", Untrusted::text(&name));
            return self.survey.add_unclear(Source::Var("environments".to_owned()), because);
        }
        java::flyway(&mut self.survey);
    }

    /// A var may stand for the URL of one command: `LIQUIBASE_COMMAND_UPDATE_URL`.
    fn liquibase(&mut self) {
        if let Some(because) = self.one_command() {
            return self.survey.add_unclear(Source::Var("command".to_owned()), because);
        }
        java::liquibase(&mut self.survey);
    }

    fn one_command(&self) -> Option<String> {
        let names = self.world.snapshot.vars.iter().map(|(name, _)| name.to_string_lossy().into_owned());
        let own = |name: &String| {
            let command = name.strip_prefix("LIQUIBASE_COMMAND_").and_then(|rest| rest.strip_suffix("_URL"));
            command.is_some_and(|command| command != "REFERENCE")
        };
        let name = names.into_iter().find(own)?;
        Some(format!("`{}` may name another database for one command", Untrusted::text(&name)))
    }

    /// A target on the command line, else that of the vars and the file.
    fn sqitch(&mut self) {
        for (argument, at) in self.declared.arguments.iter().zip(1..) {
            if sqitch::named(&mut self.survey, &argument.to_string_lossy(), &Origin::Argument(at)) {
                return;
            }
        }
        sqitch::look(&mut self.survey);
    }

    /// `sqlx.toml` may rename the var.
    fn sqlx_var(&mut self) {
        if self.world.snapshot.cwd.join("sqlx.toml").exists() {
            let because = "`sqlx.toml` may name another var than `DATABASE_URL`".to_owned();
            self.survey.add_unclear(Source::Var("sqlx.toml".to_owned()), because);
        }
    }

    /// The environment's databases, and those that the task acts on besides (`each_current_environment` of Active
    /// Record's `database_tasks.rb`: in development, what makes or drops a database does so for `test` too).
    fn rails(&mut self) {
        let chosen = self.survey.filled("RAILS_ENV").or_else(|| self.survey.filled("RACK_ENV"));
        let name = chosen.unwrap_or_else(|| "development".to_owned());
        let acts = &self.declared.acts;
        let is = |names: &[&str]| acts.iter().any(|act| names.contains(&act.command.as_str()));
        let mut names = vec![(rails_name(&name), true)];
        if acts.iter().any(|act| act.command.starts_with("db:test:")) {
            names.push(("test".to_owned(), false));
        }
        let both = is(&[
            "db:create",
            "db:drop",
            "db:reset",
            "db:setup",
            "db:migrate:reset",
            "db:prepare",
            "db:schema:load",
            "db:purge",
            "db:seed:replant",
            "db:truncate_all",
        ]);
        let spared = self.survey.filled("SKIP_TEST_DATABASE").is_some() || self.survey.filled("DATABASE_URL").is_some();
        if both && name == "development" && !spared {
            names.push(("test".to_owned(), false));
        }
        let every = acts.iter().any(|act| act.command.ends_with(":all"));
        let one = self.text_of("database").or_else(|| self.text_of("db"));
        rails::databases(&mut self.survey, &names, every, one.as_deref());
    }
}

/// Rails takes the beginning of an environment's name (`expand_environment_name` of `environment_argument.rb`).
fn rails_name(name: &str) -> String {
    let known =
        ["production", "development", "test"].into_iter().find(|known| !name.is_empty() && known.starts_with(name));
    known.unwrap_or(name).to_owned()
}
