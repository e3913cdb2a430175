//! The one test binary: every file beside this one is a module of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod announce;
mod architecture;
mod attest;
mod attest_poolers;
mod audit_chain;
mod audit_faults;
mod audit_log;
mod audit_world;
mod bypasses;
mod completion_calls;
mod completions;
mod completions_values;
mod config_docs;
mod config_errors;
mod config_layers;
mod config_properties;
mod config_schema;
mod config_verbs;
mod dependencies;
mod docs;
mod doctor;
mod elsewhere;
mod exec;
mod explain;
mod first_hour;
mod fuzz;
mod grants;
mod help;
mod huge;
mod impact;
mod impact_versions;
mod incident;
mod init;
mod look;
mod managed;
mod observe;
mod packaging;
mod pgcli;
mod plan_corpus;
mod plan_kinds;
mod plan_psql;
mod plan_server;
mod plan_tools;
mod psqlrc;
mod psqlrc_ends;
mod psqlrc_liar;
mod psqlrc_poolers;
mod psqlrc_screen;
mod psqlrc_shown;
mod psqlrc_unlock;
mod psqlrc_versions;
mod redact;
mod redact_planted;
mod rehearse;
mod sandbox;
mod scan;
mod scan_bulk;
mod scan_long;
mod secrets;
mod setup;
mod shell_bash;
mod shell_bash_hook;
mod shell_bash_hostile;
mod shell_bash_peers;
mod shell_bash_state;
mod shell_bash_ways;
mod shell_elsewhere;
mod shell_first;
mod shell_fish;
mod shell_fish_cases;
mod shell_hostile;
mod shell_zsh;
mod shell_zsh_answer;
mod shell_zsh_kept;
mod shell_zsh_ways;
mod shell_zsh_world;
mod support;
mod target_differential;
mod target_tables;
mod team;
mod tools;
mod tools_asked;
mod tools_children;
mod tools_custom;
mod tools_guard;
mod tools_launch;
mod tools_mix;
mod tools_pending;
mod tools_php;
mod tools_ruby;
mod tools_witness;
mod tty_ask;
mod tunnel;
mod unattended;
mod uninstall;
