//! The command line as clap sees it, and nothing else.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

/// Shows which database a command would reach; asks before it touches production.
#[derive(Debug, Parser)]
#[command(name = "dbguard", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "Set it up: dbguard setup\n\
    See why something is asked: dbguard explain -- psql -h db.example.com app\n\n\
    Exit status: that of the tool where one was run; else 0 it was done, 1 the\n\
    answer is no, 2 the command line is wrong, 125 it was refused, declined or has\n\
    failed, 126 the tool cannot be executed, 127 it was not found")]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Set dbguard up, step by step, with a question before each change
    #[command(after_help = "Example: dbguard setup --dry-run\n\ndbguard uninstall takes away what it wrote.")]
    Setup(Setup),
    /// Print the code that a shell's start-up file evaluates
    #[command(
        after_help = "Example: eval \"$(dbguard init zsh)\"\n\nIt belongs at the end of ~/.zshrc; in bash of ~/.bashrc.\nfish: dbguard init fish | source"
    )]
    Init(Init),
    /// Run a tool under guard; what a shim does
    #[command(after_help = "Example: dbguard run -- psql -h db1.prod.example.com app")]
    Run(ToolLine),
    /// Say what a tool would reach and do, and why, touching nothing
    #[command(after_help = "Example: dbguard explain -- pg_restore -d app backup.dump")]
    Explain(Explain),
    /// Say what this shell would reach, who says so, and why
    #[command(after_help = "Example: dbguard status --json")]
    Status(Status),
    /// Print what the prompt shows here, for other prompts and scripts
    #[command(after_help = "Example: dbguard prompt")]
    Prompt,
    /// Put the environment into psql's own prompt; start it read-only
    #[command(after_help = "Example: dbguard psqlrc install")]
    #[command(subcommand)]
    Psqlrc(PsqlrcVerb),
    /// List the open sessions of all tabs
    #[command(after_help = "Example: dbguard sessions")]
    Sessions {
        /// Print JSON for scripts and editors
        #[arg(long)]
        json: bool,
    },
    /// Say what SQL files would do: what writes, and what destroys
    #[command(
        after_help = "Example: dbguard scan --fail-on destroy migrations/\n\nWhat is meant can be allowed in the file: -- dbguard: allow drop-table: REASON"
    )]
    Scan(Scan),
    /// Say who depends on a table, who reads it, what code names it
    #[command(after_help = "Example: dbguard impact temp_migration_backup -- -h db1.prod.example.com app")]
    Impact(Impact),
    /// Run a script in a transaction, show what it did, roll back
    #[command(after_help = "Example: dbguard rehearse -f cleanup.sql -- -h db1.prod.example.com app")]
    Rehearse(Rehearse),
    /// Let an invocation, or some minutes of them, run unattended
    #[command(after_help = "Example: dbguard allow --once --reason 'clean up' -- psql -h db1 -f cleanup.sql")]
    Allow(Allow),
    /// Read the audit log: what was asked, answered, and how to undo
    #[command(after_help = "Example: dbguard log -n 20 --env production")]
    Log(Log),
    /// Check the configuration, show what it comes to, or where it is
    #[command(after_help = "Example: dbguard config check")]
    #[command(subcommand)]
    Config(ConfigVerb),
    /// List the environments, or change your own
    #[command(after_help = "Example: dbguard env list")]
    #[command(subcommand)]
    Env(EnvVerb),
    /// Say whether everything is in place here, and what mends it
    #[command(after_help = "Example: dbguard doctor")]
    Doctor {
        /// Print JSON for scripts and editors
        #[arg(long)]
        json: bool,
    },
    /// Take away what dbguard has made on this machine
    #[command(after_help = "Example: dbguard uninstall")]
    Uninstall(Uninstall),
    /// Trust a project's configuration file with its present content
    #[command(after_help = "Example: dbguard trust .dbguard.toml")]
    Trust(TrustArgs),
    /// Print the completion script of a shell
    #[command(after_help = "Example: dbguard completions zsh > _dbguard")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// A tool and everything after it, as it would be typed.
#[derive(Args, Debug)]
pub(super) struct ToolLine {
    /// The tool and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "TOOL ARGS")]
    pub(super) line: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(super) struct Setup {
    /// Show what was found and would be written, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Args, Debug)]
pub(super) struct Init {
    /// The shell
    pub(super) shell: Shell,
    /// Define a function for each tool too, where `PATH` cannot be changed
    #[arg(long)]
    pub(super) functions: bool,
    /// Print all of the code, and not where it is read from
    #[arg(long)]
    pub(super) whole: bool,
    /// Print what takes it out of the running shell again
    #[arg(long, conflicts_with_all = ["functions", "whole"])]
    pub(super) remove: bool,
}

#[derive(Args, Debug)]
pub(super) struct Uninstall {
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
    /// Take away the configuration and the audit log too, keep no copies
    #[arg(long)]
    pub(super) purge: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum PsqlrcVerb {
    /// Print the block that install would add
    #[command(after_help = "Example: dbguard psqlrc print --portable > psqlrc")]
    Print {
        /// For machines without dbguard: read-only by hand, and no label
        #[arg(long)]
        portable: bool,
    },
    /// Add dbguard's block to psql's start-up file, or bring it up to date
    #[command(after_help = "Example: dbguard psqlrc install")]
    Install(PsqlrcFile),
    /// Take dbguard's block out again
    #[command(after_help = "Example: dbguard psqlrc uninstall")]
    Uninstall(PsqlrcFile),
}

/// Which start-up file.
#[derive(Args, Debug)]
pub(super) struct PsqlrcFile {
    /// Your own: ~/.psqlrc, or what PSQLRC names; the default
    #[arg(long, conflicts_with_all = ["system", "file"])]
    pub(super) user: bool,
    /// Everybody's on this machine; psql reads it before each own
    #[arg(long, conflicts_with = "file")]
    pub(super) system: bool,
    /// This file
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct Explain {
    /// Print JSON for scripts and editors
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) tool: ToolLine,
}

#[derive(Args, Debug)]
pub(super) struct Status {
    /// Print JSON for scripts and editors
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct Scan {
    /// Print JSON for scripts and editors
    #[arg(long, group = "format")]
    pub(super) json: bool,
    /// Print SARIF 2.1.0 for code scanning
    #[arg(long, group = "format")]
    pub(super) sarif: bool,
    /// Print annotations for GitHub Actions
    #[arg(long, group = "format")]
    pub(super) github: bool,
    /// Exit with status 1 when this, or what is stricter, was found
    #[arg(long, value_name = "RISK", value_enum)]
    pub(super) fail_on: Option<FailOn>,
    /// SQL files, directories of *.sql files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// What loses data or locks people out, or is not understood
    Destroy,
    /// Everything that is not a read
    Write,
    /// Only what is not understood
    Unknown,
}

#[derive(Args, Debug)]
pub(super) struct Impact {
    /// Print JSON for scripts and editors
    #[arg(long)]
    pub(super) json: bool,
    /// The tables, named as in SQL
    #[arg(required = true, value_name = "TABLE")]
    pub(super) tables: Vec<String>,
    /// How psql would be told where to connect; else a bare psql
    #[arg(last = true, value_name = "PSQL ARGS")]
    pub(super) line: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(super) struct Rehearse {
    /// The script
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Stop before the end: look, type COMMIT; all else rolls back
    #[arg(long)]
    pub(super) commit: bool,
    /// How psql would be told where to connect; else a bare psql
    #[arg(last = true, value_name = "PSQL ARGS")]
    pub(super) line: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(super) struct Allow {
    /// How long the grant holds: 90s, 10m, 2h
    #[arg(long = "for", value_name = "TIME", default_value = "10m")]
    pub(super) duration: String,
    /// The grant is used up by the first run
    #[arg(long)]
    pub(super) once: bool,
    /// Why; recorded in the audit log
    #[arg(long)]
    pub(super) reason: Option<String>,
    /// List the grants that hold
    #[arg(long, conflicts_with_all = ["revoke", "line"])]
    pub(super) list: bool,
    /// Take a grant back
    #[arg(long, value_name = "ID", conflicts_with = "line")]
    pub(super) revoke: Option<String>,
    /// The tool and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "TOOL ARGS", required_unless_present_any = ["list", "revoke"])]
    pub(super) line: Vec<OsString>,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Log {
    /// Show the last N invocations
    #[arg(short = 'n', value_name = "N")]
    pub(super) last: Option<usize>,
    /// Show the invocations of this environment
    #[arg(long, value_name = "NAME")]
    pub(super) env: Option<String>,
    /// Print the records as they are, one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) verb: Option<LogVerb>,
}

#[derive(Debug, Subcommand)]
pub(super) enum LogVerb {
    /// Print all of one invocation, and how to recover to before it
    #[command(after_help = "Example: dbguard log show 4f2a")]
    Show {
        /// Its identifier, or the end of it
        id: String,
    },
    /// Check the chain of records; status 1 when it is broken
    #[command(after_help = "Example: dbguard log verify")]
    Verify,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigVerb {
    /// Print every error with its place; exit 1 if there is one
    #[command(after_help = "Example: dbguard config check team.toml")]
    Check {
        /// Count warnings as errors, for CI
        #[arg(long)]
        strict: bool,
        /// Files to check, each by itself, instead of those that count here
        files: Vec<PathBuf>,
    },
    /// Show every environment with its rules and what it demands
    #[command(after_help = "Example: dbguard config show --json")]
    Show {
        /// Print JSON for scripts and editors
        #[arg(long)]
        json: bool,
    },
    /// Show the files of every layer and what became of them
    #[command(after_help = "Example: dbguard config path")]
    Path,
}

#[derive(Debug, Subcommand)]
pub(super) enum EnvVerb {
    /// List the environments
    #[command(after_help = "Example: dbguard env list --json")]
    List {
        /// Print JSON for scripts and editors
        #[arg(long)]
        json: bool,
    },
    /// Show one environment with its rules and what it demands
    #[command(after_help = "Example: dbguard env show production")]
    Show {
        /// The environment
        name: String,
        /// Print JSON for scripts and editors
        #[arg(long)]
        json: bool,
    },
    /// Add an environment, or something that belongs to it, to your own file
    #[command(after_help = "Example: dbguard env add prod --level production --host '*.prod.example.com'")]
    Add(EnvAdd),
    /// Take an environment out of your own file
    #[command(after_help = "Example: dbguard env remove staging")]
    Remove {
        /// The environment
        name: String,
    },
}

#[derive(Args, Debug)]
pub(super) struct EnvAdd {
    /// The environment
    pub(super) name: String,
    /// production, staging, development; a new one needs it
    #[arg(long)]
    pub(super) level: Option<String>,
    /// A host, a pattern, a range, or a socket's directory
    #[arg(long)]
    pub(super) host: Option<String>,
    /// A port
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) port: Option<u16>,
    /// A database, or a pattern
    #[arg(long)]
    pub(super) dbname: Option<String>,
    /// A database user, or a pattern
    #[arg(long)]
    pub(super) user: Option<String>,
    /// A service of the service file, or a pattern
    #[arg(long)]
    pub(super) service: Option<String>,
    /// The system identifier that the server says of itself
    #[arg(long)]
    pub(super) server: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct TrustArgs {
    /// The file; without it, the project's files here that are not trusted
    pub(super) file: Option<PathBuf>,
    /// List what is trusted
    #[arg(long, conflicts_with_all = ["revoke", "file"])]
    pub(super) list: bool,
    /// Trust this file, or this directory's code, no longer
    #[arg(long, value_name = "FILE", value_hint = ValueHint::Other, conflicts_with = "file")]
    pub(super) revoke: Option<PathBuf>,
    /// Let tools whose code decides where they go be asked below
    #[arg(long, value_name = "DIR", conflicts_with_all = ["revoke", "file", "list"])]
    pub(super) code: Option<PathBuf>,
}

/// The shells that completion scripts are written for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use clap::{Command, CommandFactory as _};

    use super::*;

    /// Verbs as `env add NAME`, their options as `env add --level LEVEL`; not a verb that only stands before others.
    fn of_clap(command: &Command, verb: &str, found: &mut BTreeSet<String>) {
        for option in command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
            let name = option.get_long().map(|long| format!("--{long}"));
            let name = name.or_else(|| option.get_short().map(|short| format!("-{short}"))).unwrap();
            let value = option.get_value_names().filter(|_| option.get_action().takes_values()).unwrap_or_default();
            found.insert(
                [&[verb, &name], &value.iter().map(clap::builder::Str::as_str).collect::<Vec<_>>()[..]]
                    .concat()
                    .join(" "),
            );
        }
        if !command.is_subcommand_required_set() {
            let values = command.get_positionals().flat_map(|arg| arg.get_value_names().unwrap_or_default());
            found.insert([&[verb], &values.map(clap::builder::Str::as_str).collect::<Vec<_>>()[..]].concat().join(" "));
        }
        for below in command.get_subcommands() {
            of_clap(below, format!("{verb} {}", below.get_name()).trim(), found);
        }
    }

    /// The same from the items of the manual's section on verbs: `.It Ic env add Ar NAME`, `.It Fl -level Ar LEVEL`.
    fn of_manual(text: &str) -> BTreeSet<String> {
        let section = text.split("\n.Sh VERBS\n").nth(1).unwrap().split("\n.Sh ").next().unwrap();
        let mut verb = "";
        let mut found = BTreeSet::new();
        for item in section.lines().filter_map(|line| line.strip_prefix(".It ")) {
            match item.strip_prefix("Ic ") {
                Some(item) => {
                    verb = item.split(" Ar ").next().unwrap();
                    found.insert(item.replace(" Ar ", " "));
                }
                None if verb.is_empty() => assert!(["Fl h , Fl -help", "Fl V , Fl -version"].contains(&item), "{item}"),
                None => {
                    found.insert(format!("{verb} {}", item.replace("Fl ", "-").replace(" Ar ", " ")));
                }
            }
        }
        found
    }

    fn manual() -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/man/dbguard.1")).unwrap()
    }

    #[test]
    fn the_manual_names_every_verb_and_option_and_no_other() {
        let mut clap = BTreeSet::new();
        of_clap(&Arguments::command(), "", &mut clap);
        let manual = of_manual(&manual());
        let missing: Vec<_> = clap.difference(&manual).collect();
        let invented: Vec<_> = manual.difference(&clap).collect();
        assert!(missing.is_empty() && invented.is_empty(), "missing: {missing:#?}\ninvented: {invented:#?}");
        assert!(manual.contains("env add --level LEVEL"), "{manual:#?}");
    }
}
