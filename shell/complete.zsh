# Values that only this machine knows: environments, invocations of the log, grants. dbguard is asked for them, with the
# words of the line so far; what it lists is given to compadd, which quotes it.
_dbguard_values() {
    (( CURRENT > 2 )) || return 1
    local answer line
    local -a values shown
    answer=$("${__dbguard_program:-dbguard}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null) || return 1
    for line in "${(@f)answer}"; do
        values+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  }")
    done
    # The value of `--env=` begins behind it.
    [[ $PREFIX != --*=* ]] || compset -P '--*='
    # In the order in which they come: of invocations, the newest first.
    [[ -z $answer ]] || compadd -l -V dbguard-values -d shown -a values
    return 0
}

