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
