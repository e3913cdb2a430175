//! Files of which an environment's name chooses a part: those of .NET and of sql-migrate.
//!
//! What chooses is the tool's own: an option, a var, a word behind the command. How the files are read is
//! [`crate::target::project`]'s.

use super::sources::Trip;
use crate::target::project::{appsettings, dbconfig};

impl Trip<'_> {
    /// Of the project that is started; what follows `--` is the application's, which may name another environment
    /// (<https://learn.microsoft.com/ef/core/cli/dotnet#aspnet-core-environment>).
    pub(super) fn appsettings(&mut self) {
        let mut own = self.invocation.all("").filter_map(|option| option.value.as_ref()?.to_str());
        let named = own.find_map(|word| word.strip_prefix("--environment")).map(|rest| match rest.strip_prefix('=') {
            Some(name) => name.to_owned(),
            None => own.next().unwrap_or_default().to_owned(),
        });
        let var = |name| self.survey.filled(name);
        let name = named.or_else(|| var("ASPNETCORE_ENVIRONMENT")).or_else(|| var("DOTNET_ENVIRONMENT"));
        // Beside `--project` alone the one here is started, where there is one (`ResolveProjects` of its `RootCommand`).
        let projects = match (self.text_of("startup-project"), self.text_of("project")) {
            (None, Some(project)) => vec![String::new(), project],
            (project, _) => vec![project.unwrap_or_default()],
        };
        appsettings::strings(&mut self.survey, &projects, name.as_deref().unwrap_or("Development"));
    }

    /// The section of `-env`.
    pub(super) fn sql_migrate(&mut self) {
        let (file, env) = (self.text_of("config"), self.text_of("env"));
        dbconfig::section(&mut self.survey, file.as_deref(), env.as_deref().unwrap_or("development"));
    }
}
