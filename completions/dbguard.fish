# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_dbguard_global_optspecs
    string join \n h/help V/version
end

function __fish_dbguard_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_dbguard_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_dbguard_using_subcommand
    set -l cmd (__fish_dbguard_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c dbguard -n "__fish_dbguard_needs_command" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_needs_command" -s V -l version -d 'Print version'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "setup" -d 'Set dbguard up, step by step, with a question before each change'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "init" -d 'Print the code that a shell\'s start-up file evaluates'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "run" -d 'Run a tool under guard; what a shim does'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "explain" -d 'Say what a tool would reach and do, and why, touching nothing'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "status" -d 'Say what this shell would reach, who says so, and why'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "prompt" -d 'Print what the prompt shows here, for other prompts and scripts'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "psqlrc" -d 'Put the environment into psql\'s own prompt; start it read-only'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "sessions" -d 'List the open sessions of all tabs'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "scan" -d 'Say what SQL files would do: what writes, and what destroys'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "impact" -d 'Say who depends on a table, who reads it, what code names it'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "rehearse" -d 'Run a script in a transaction, show what it did, roll back'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "allow" -d 'Let an invocation, or some minutes of them, run unattended'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "log" -d 'Read the audit log: what was asked, answered, and how to undo'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "config" -d 'Check the configuration, show what it comes to, or where it is'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "env" -d 'List the environments, or change your own'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "doctor" -d 'Say whether everything is in place here, and what mends it'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "uninstall" -d 'Take away what dbguard has made on this machine'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "trust" -d 'Trust a project\'s configuration file with its present content'
complete -c dbguard -n "__fish_dbguard_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c dbguard -n "__fish_dbguard_using_subcommand setup" -l dry-run -d 'Show what was found and would be written, and write nothing'
complete -c dbguard -n "__fish_dbguard_using_subcommand setup" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand init" -l functions -d 'Define a function for each tool too, where `PATH` cannot be changed'
complete -c dbguard -n "__fish_dbguard_using_subcommand init" -l whole -d 'Print all of the code, and not where it is read from'
complete -c dbguard -n "__fish_dbguard_using_subcommand init" -l remove -d 'Print what takes it out of the running shell again'
complete -c dbguard -n "__fish_dbguard_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dbguard -n "__fish_dbguard_using_subcommand run" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand explain" -l json -d 'Print JSON for scripts and editors'
complete -c dbguard -n "__fish_dbguard_using_subcommand explain" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand status" -l json -d 'Print JSON for scripts and editors'
complete -c dbguard -n "__fish_dbguard_using_subcommand status" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand prompt" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and not __fish_seen_subcommand_from print install uninstall" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and not __fish_seen_subcommand_from print install uninstall" -f -a "print" -d 'Print the block that install would add'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and not __fish_seen_subcommand_from print install uninstall" -f -a "install" -d 'Add dbguard\'s block to psql\'s start-up file, or bring it up to date'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and not __fish_seen_subcommand_from print install uninstall" -f -a "uninstall" -d 'Take dbguard\'s block out again'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and __fish_seen_subcommand_from print" -l portable -d 'For machines without dbguard: read-only by hand, and no label'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and __fish_seen_subcommand_from print" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and __fish_seen_subcommand_from install" -l file -d 'This file' -r -F
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and __fish_seen_subcommand_from install" -l user -d 'Your own: ~/.psqlrc, or what PSQLRC names; the default'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and __fish_seen_subcommand_from install" -l system -d 'Everybody\'s on this machine; psql reads it before each own'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and __fish_seen_subcommand_from uninstall" -l file -d 'This file' -r -F
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and __fish_seen_subcommand_from uninstall" -l user -d 'Your own: ~/.psqlrc, or what PSQLRC names; the default'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and __fish_seen_subcommand_from uninstall" -l system -d 'Everybody\'s on this machine; psql reads it before each own'
complete -c dbguard -n "__fish_dbguard_using_subcommand psqlrc; and __fish_seen_subcommand_from uninstall" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand sessions" -l json -d 'Print JSON for scripts and editors'
complete -c dbguard -n "__fish_dbguard_using_subcommand sessions" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand scan" -l fail-on -d 'Exit with status 1 when this, or what is stricter, was found' -r -f -a "destroy\t'What loses data or locks people out, or is not understood'
write\t'Everything that is not a read'
unknown\t'Only what is not understood'"
complete -c dbguard -n "__fish_dbguard_using_subcommand scan" -l json -d 'Print JSON for scripts and editors'
complete -c dbguard -n "__fish_dbguard_using_subcommand scan" -l sarif -d 'Print SARIF 2.1.0 for code scanning'
complete -c dbguard -n "__fish_dbguard_using_subcommand scan" -l github -d 'Print annotations for GitHub Actions'
complete -c dbguard -n "__fish_dbguard_using_subcommand scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dbguard -n "__fish_dbguard_using_subcommand impact" -l json -d 'Print JSON for scripts and editors'
complete -c dbguard -n "__fish_dbguard_using_subcommand impact" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand rehearse" -s f -l file -d 'The script' -r -F
complete -c dbguard -n "__fish_dbguard_using_subcommand rehearse" -l commit -d 'Stop before the end: look, type COMMIT; all else rolls back'
complete -c dbguard -n "__fish_dbguard_using_subcommand rehearse" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand allow" -l for -d 'How long the grant holds: 90s, 10m, 2h' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand allow" -l reason -d 'Why; recorded in the audit log' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand allow" -l revoke -d 'Take a grant back' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand allow" -l once -d 'The grant is used up by the first run'
complete -c dbguard -n "__fish_dbguard_using_subcommand allow" -l list -d 'List the grants that hold'
complete -c dbguard -n "__fish_dbguard_using_subcommand allow" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand log; and not __fish_seen_subcommand_from show verify" -s n -d 'Show the last N invocations' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand log; and not __fish_seen_subcommand_from show verify" -l env -d 'Show the invocations of this environment' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand log; and not __fish_seen_subcommand_from show verify" -l json -d 'Print the records as they are, one JSON object per line'
complete -c dbguard -n "__fish_dbguard_using_subcommand log; and not __fish_seen_subcommand_from show verify" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand log; and not __fish_seen_subcommand_from show verify" -f -a "show" -d 'Print all of one invocation, and how to recover to before it'
complete -c dbguard -n "__fish_dbguard_using_subcommand log; and not __fish_seen_subcommand_from show verify" -f -a "verify" -d 'Check the chain of records; status 1 when it is broken'
complete -c dbguard -n "__fish_dbguard_using_subcommand log; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand log; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand config; and not __fish_seen_subcommand_from check show path" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand config; and not __fish_seen_subcommand_from check show path" -f -a "check" -d 'Print every error with its place; exit 1 if there is one'
complete -c dbguard -n "__fish_dbguard_using_subcommand config; and not __fish_seen_subcommand_from check show path" -f -a "show" -d 'Show every environment with its rules and what it demands'
complete -c dbguard -n "__fish_dbguard_using_subcommand config; and not __fish_seen_subcommand_from check show path" -f -a "path" -d 'Show the files of every layer and what became of them'
complete -c dbguard -n "__fish_dbguard_using_subcommand config; and __fish_seen_subcommand_from check" -l strict -d 'Count warnings as errors, for CI'
complete -c dbguard -n "__fish_dbguard_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Print JSON for scripts and editors'
complete -c dbguard -n "__fish_dbguard_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and not __fish_seen_subcommand_from list show add remove" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and not __fish_seen_subcommand_from list show add remove" -f -a "list" -d 'List the environments'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and not __fish_seen_subcommand_from list show add remove" -f -a "show" -d 'Show one environment with its rules and what it demands'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and not __fish_seen_subcommand_from list show add remove" -f -a "add" -d 'Add an environment, or something that belongs to it, to your own file'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and not __fish_seen_subcommand_from list show add remove" -f -a "remove" -d 'Take an environment out of your own file'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from list" -l json -d 'Print JSON for scripts and editors'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from show" -l json -d 'Print JSON for scripts and editors'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from add" -l level -d 'production, staging, development; a new one needs it' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from add" -l host -d 'A host, a pattern, a range, or a socket\'s directory' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from add" -l port -d 'A port' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from add" -l dbname -d 'A database, or a pattern' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from add" -l user -d 'A database user, or a pattern' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from add" -l service -d 'A service of the service file, or a pattern' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from add" -l server -d 'The system identifier that the server says of itself' -r
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand doctor" -l json -d 'Print JSON for scripts and editors'
complete -c dbguard -n "__fish_dbguard_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand uninstall" -l yes -d 'Do not ask'
complete -c dbguard -n "__fish_dbguard_using_subcommand uninstall" -l purge -d 'Take away the configuration and the audit log too, keep no copies'
complete -c dbguard -n "__fish_dbguard_using_subcommand uninstall" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand trust" -l revoke -d 'Trust this file, or this directory\'s code, no longer' -r -f
complete -c dbguard -n "__fish_dbguard_using_subcommand trust" -l code -d 'Let tools whose code decides where they go be asked below' -r -F
complete -c dbguard -n "__fish_dbguard_using_subcommand trust" -l list -d 'List what is trusted'
complete -c dbguard -n "__fish_dbguard_using_subcommand trust" -s h -l help -d 'Print help'
complete -c dbguard -n "__fish_dbguard_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'

# Values that only this machine knows: environments, invocations of the log, grants. dbguard is asked for them, with the
# words of the line so far; fish quotes what it lists. Status 1 says that no such value stands here.
function __fish_dbguard_values
    set -l program dbguard
    set -q __dbguard_program; and set program $__dbguard_program
    command --query $program; or return
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    $program __complete $words[2..] (commandline --cut-at-cursor --current-token) 2>/dev/null </dev/null
end

complete -c dbguard -n '__fish_dbguard_values >/dev/null' -k -f -a '(__fish_dbguard_values)'
complete -c dbguard -n '__fish_dbguard_using_subcommand log' -l env -k -r -f -a '(__fish_dbguard_values)'
complete -c dbguard -n '__fish_dbguard_using_subcommand env; and __fish_seen_subcommand_from add' -l level -k -r -f -a '(__fish_dbguard_values)'
complete -c dbguard -n '__fish_dbguard_using_subcommand allow' -l revoke -k -r -f -a '(__fish_dbguard_values)'
complete -c dbguard -n '__fish_dbguard_using_subcommand trust' -l revoke -k -r -f -a '(__fish_dbguard_values)'
