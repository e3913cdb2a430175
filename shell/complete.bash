# shellcheck shell=bash
# Values that only this machine knows: environments, invocations of the log, grants. dbguard is asked for them, with the
# words of the line so far; what it lists is compared and quoted here, and never evaluated.
_dbguard_values() {
    local answer line value cur=${COMP_WORDS[COMP_CWORD]}
    ((COMP_CWORD > 1)) || return 1
    answer=$("${__dbguard_program:-dbguard}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null) || return 1
    # `--env=` stands in the line as words of its own.
    [[ $cur != = ]] || cur=
    COMPREPLY=()
    while IFS= read -r line; do
        value=${line%%$'\t'*}
        if [[ -n $value && $value == "$cur"* ]]; then
            printf -v value %q "$value"
            COMPREPLY+=("$value")
        fi
    done <<<"$answer"
    # Files are no such values. Without a match they would be offered, except in Bash 3, which cannot be told.
    type compopt &>/dev/null && compopt +o default +o bashdefault 2>/dev/null
    return 0
}
