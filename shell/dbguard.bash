# shellcheck shell=bash disable=SC2154,SC2178 # the prelude assigns; PROMPT_COMMAND is a string or an array
# dbguard: what `dbguard init bash` evaluates, after a prelude that sets __dbguard_program, __dbguard_shims,
# __dbguard_notes, __dbguard_vars and __dbguard_functions.
#
# Written for bash 3.2 (macOS) to 5.3, under any of its options. Three rules hold for every line: nothing is started
# while nothing has changed; nothing of the user's is touched that is not put back; and what a name says is a value,
# never code. Other tools' reasons for breaking these are the comments below.

# Aliases are expanded while code is read, so an `alias local=…` would get into the functions below. They are put back
# by the last line. This line itself is safe: a word with a backslash is never an alias.
__dbguard_aliases=-u
\builtin shopt -q expand_aliases && __dbguard_aliases=-s
\builtin shopt -u expand_aliases

# The entry of PROMPT_COMMAND where that is a string. It is nothing in a shell that inherits PROMPT_COMMAND without the
# rest, and it is quoted where an IFS of "_" would split it. An array is never inherited: there the name alone will do,
# which bash reads faster.
# shellcheck disable=SC2016 # it is expanded at each prompt
__dbguard_entry='${__dbguard_on+"__dbguard_hook"}'

# What stands in PS1. It never changes: the values are looked up when the prompt is shown, so that no name is ever read
# as code, and who wraps PS1 (VS Code, virtualenv) finds the same text at each prompt. Without PROMPT_COMMAND nobody
# brings the values up to date: then they are not shown. Each expansion costs at each prompt: so all stands in one, with
# the marks that `\[` and `\]` become (readline, RL_PROMPT_START_IGNORE), and the second is there only where it is needed.
# shellcheck disable=SC2016 # it is expanded at each prompt
__dbguard_head='${PROMPT_COMMAND[*]:+${__dbguard_look-}}' __dbguard_tail='${PROMPT_COMMAND[*]:+${__dbguard_late-}}'

# What encloses the values where `shopt -u promptvars` means that they stand in PS1 themselves.
__dbguard_mark='\[\]\[\]\[\]'

# The shims stand first on PATH. The meaning of empty elements is kept: in a list with a colon around each element,
# ":" is a list of none and "::" a list of one.
function __dbguard_path {
    local list
    case ${PATH-} in "$__dbguard_shims" | "$__dbguard_shims":*) return 0 ;; esac
    [[ $__dbguard_shims && ${PATH+set} ]] && ! __dbguard_is_fixed PATH || return 0
    __dbguard_others
    # Assigning PATH empties the table of hashed commands, so that a psql that ran before is looked up again.
    PATH=$__dbguard_shims${list:+:${list%:}}
}

# Writes the elements of PATH that are not the shims into `list`, each with a colon after it.
function __dbguard_others {
    list=:$PATH:
    while [[ $list == *":$__dbguard_shims:"* ]]; do
        list=${list%%":$__dbguard_shims:"*}:${list#*":$__dbguard_shims:"}
    done
    list=${list#:}
}

# Whether a variable is readonly. Bash before 4.4 can only try, in a process of its own: that is done once, at the start.
function __dbguard_is_fixed {
    local attributes="__dbguard_fixed_$1"
    if [[ ! $__dbguard_modern ]]; then
        [[ ${!attributes-} ]]
        return
    fi
    eval "attributes=\${$1[*]+\${$1[*]@a}}"
    [[ $attributes == *r* ]]
}

# Compares these vars from now on: the first names those that the answer depends on besides the usual, the second those
# of all that are set, each after a dollar sign. They become code: what is no name is none.
#
# Writes the text that stands for all that the answer depends on besides the directory: PATH, the vars that are set, each
# with its name and its attributes, and then the values of all, which tell what comes to be set; and the same as it is
# now. That is written as well, behind the directory, by src/shell/answer.rs where an answer lies ready for the first prompt.
#
# The attributes tell whether psql would see a var at all; bash before 4.4 cannot tell without starting a process, and
# notices an `export` at the next change of a value.
function __dbguard_compare {
    local IFS='$' __dbguard_name __dbguard_values __dbguard_exported
    case $1$2 in
    [!\$]* | *[!A-Za-z0-9_\$]* | *\$[!A-Za-z_]* | *\$) __dbguard_more='' __dbguard_set='' ;;
    *) __dbguard_more=$1 __dbguard_set=$2 ;;
    esac
    eval "__dbguard_values=$__dbguard_vars$__dbguard_more __dbguard_exported=$__dbguard_set"
    # What is set here and not exported is not among those that the program has seen: then all have more in them.
    [ "$__dbguard_values" = "$__dbguard_exported" ] || __dbguard_list_set
    # shellcheck disable=SC2016 # it becomes code
    __dbguard_plain='${PATH-}'
    for __dbguard_name in ${__dbguard_set:1}; do
        __dbguard_plain+="\$'\\037'$__dbguard_name:${__dbguard_modern:+\${$__dbguard_name@a\}}=\$$__dbguard_name"
    done
    __dbguard_key
    __dbguard_now+=$'\037'${PGSERVICE+s}${PGSERVICEFILE+f}$'\037'$__dbguard_values
    __dbguard_plain+="\$'\\037'\${PGSERVICE+s}\${PGSERVICEFILE+f}\$'\\037'$__dbguard_vars$__dbguard_more"
    __dbguard_hooked='' __dbguard_settled=''
}

# Looks for all that is set. What is set to nothing is as good as unset to psql, but for a service, which is compared apart.
function __dbguard_list_set {
    local __dbguard_all=$__dbguard_vars$__dbguard_more
    __dbguard_set=
    for __dbguard_name in ${__dbguard_all:1}; do
        [[ ! ${!__dbguard_name-} ]] || __dbguard_set+=\$$__dbguard_name
    done
}

# Puts that text together as it is now.
function __dbguard_key {
    eval "__dbguard_now=$__dbguard_plain"
}

# Writes the functions that depend on how things are watched: one mark for each, src/shell/answer.rs has them. From one
# directory to the next they are mostly the same. Paths are values, which __dbguard_watch takes from the answer.
function __dbguard_define {
    local at still watch='' number=0 path
    __dbguard_defined_for='' __dbguard_hooked='' __dbguard_settled=''
    # Without the program nothing is guarded, so the prompt must not look as if it were.
    # shellcheck disable=SC2016 # it becomes code
    still='-x $__dbguard_program'
    for ((at = 1; at < ${#1}; at++)); do
        path=\$__dbguard_watched$at
        watch+=" __dbguard_watched$at=\${$((++number))}"
        case ${1:at:1} in
        # Whichever of the two is gone, one of these is true. The stamps go together, but not with a directory.
        .) still+=" && ! . -nt $path && ! . -ot $path" ;;
        =)
            watch+=" __dbguard_stamp$at=\${$((++number))}"
            still+=" && ! $path -nt \$__dbguard_stamp$at && ! $path -ot \$__dbguard_stamp$at"
            ;;
        '~') still+=" && . -ef $path" ;;
        '<') still+=" && ! $path -nt \$__dbguard_stamp" ;;
        +) still+=" && -e $path" ;;
        -) still+=" && ! -e $path" ;;
        esac
    done
    eval "function __dbguard_still { [[ \$__dbguard_stamp && $still ]]; }
    function __dbguard_watch {
        $watch
        :
    }"
    __dbguard_condition=$still
    __dbguard_defined_for=$1
}

# Writes the hook anew: what a prompt runs while nothing has changed is two conditions, on the values and on the files. That
# is all in one function, since bash copies the body of a function for each call. Not before the second prompt: to read it takes longer than all else
# that the first one does.
#
# BASHOPTS tells of promptvars and of nocasematch, SHELLOPTS of line editing. Of PS1 the length will do, as long as our part
# is in it: long texts take long to compare.
#
# What is compared with is a pattern: quoted it is none, which takes bash longer. It says in $1 whether it has to be.
#
# A shell with `set -x`, `-e`, `-u` or `-k` goes another way: the first would show each value, the next have errors of ours
# end the shell or the hook, and the last takes words with an equals sign for assignments. So that is asked first, in words of their own.
function __dbguard_define_hook {
    local quote=''
    [[ $1 != quoted ]] || quote='"'
    eval "function __dbguard_hook {
        __dbguard_status=\$?
        if [[ \$- != *[xeuvk]* && \$PS1 == *__dbguard_look-* && \$BASHOPTS:\$SHELLOPTS:\$COLUMNS:\${#PS1}:$__dbguard_plain == $quote\$__dbguard_settled$quote ]]; then
            [[ \$PWD == \"\$__dbguard_where\" && $__dbguard_condition ]] || __dbguard_moved
        else
            __dbguard_turn
        fi
        return \"\$__dbguard_status\"
    }"
    __dbguard_hooked=$1
}

# Asks the program, and takes its answer over. A local variable would hide an exported one of its name from
# the program: so the names of all that are alive here are ours alone. An interrupt in the middle leaves __dbguard_sure empty,
# and so is asked again; but not for the prompt that bash shows after it: a program that hangs (on a file system that
# is gone) would keep the person from ever getting one.
function __dbguard_ask {
    local __dbguard_answer='' __dbguard_then='' __dbguard_told=joined __dbguard_was=$__dbguard_sure
    # Where that is readonly no answer can be taken apart, and none is shown.
    local IFS=$'\037' 2>/dev/null
    __dbguard_sure=
    if [[ $__dbguard_asking ]]; then
        __dbguard_asking=
        __dbguard_unanswered
        return
    fi
    if [[ $__dbguard_first ]] && __dbguard_recall; then return; fi
    [[ ! $__dbguard_was || $__dbguard_now$__dbguard_same ]] || __dbguard_key
    if [[ -x $__dbguard_program ]]; then
        __dbguard_told+=${__dbguard_coarse:+${IFS}coarse}${__dbguard_title:+${IFS}titled}
        [[ $__dbguard_path_asked == "${PATH-}" ]] || __dbguard_told+=${IFS}path
        __dbguard_asking=1
        # Without exec, bash would stand between: the program notes for the shell that is its parent.
        # shellcheck disable=SC2086 # words of ours
        __dbguard_answer=$(builtin exec "$__dbguard_program" prompt --answer $__dbguard_told </dev/null 2>/dev/null) || __dbguard_answer=''
        __dbguard_asking=
    fi
    if ! __dbguard_accept; then
        __dbguard_unanswered
        return
    fi
    [[ ! $__dbguard_now ]] || __dbguard_asked=$__dbguard_now
    __dbguard_sure=${__dbguard_stamp:+1}
    if [[ $__dbguard_path_asked != "${PATH-}" ]]; then
        __dbguard_path_asked=${PATH-}
        # A shim that was made just now stands before what is in the table. With `set +h` there is no table.
        builtin hash -r 2>/dev/null
    fi
}

# Takes the answer that `init` has left for the first prompt, if everything is still as it was then. A bash that compares
# times less finely asks. Where a file has changed, what was taken over must not stay.
function __dbguard_recall {
    local __dbguard_lines
    [[ -f $__dbguard_first && -r $__dbguard_first ]] || return 1
    builtin mapfile -t __dbguard_lines <"$__dbguard_first"
    # It has values in it, and nobody else is to read them.
    { : >|"$__dbguard_first"; } 2>/dev/null
    __dbguard_first=
    # It was worked out for a shell that has not set a title yet.
    [[ ! $__dbguard_title ]] || return 1
    __dbguard_then=${__dbguard_lines[0]:-none}
    __dbguard_answer=${__dbguard_lines[1]-}
    if __dbguard_accept; then
        if __dbguard_still; then
            __dbguard_asked=$__dbguard_now
            __dbguard_sure=1
            __dbguard_path_asked=${PATH-}
            return 0
        fi
        __dbguard_unanswered
    fi
    __dbguard_then='' __dbguard_answer=''
    return 1
}

# Takes the answer apart, and over, unless it is none, or was worked out from other values than those of now. Nothing in
# it is a pattern: __dbguard_turn has seen to that.
#
# Where all values are the same, and only the directory is another one or a file has changed, what is compared stays. Who is
# interrupted before the last line asks again, since the directory or a file is still another one.
function __dbguard_accept {
    # shellcheck disable=SC2086 # it is to be taken apart
    set -- $__dbguard_answer
    [[ ${1-} == 'dbguard 2' && ${6-} && ${15+set} ]] || return 1
    if ! { [[ $__dbguard_was ]] && [ "${13-}" = "$__dbguard_more" ] && { [[ $__dbguard_same ]] || [ "$__dbguard_now" = "$__dbguard_asked" ]; }; }; then
        __dbguard_compare "${13-}" "${14-}"
    fi
    [ ":${15-}" = "$__dbguard_defined_for" ] || __dbguard_define ":${15-}"
    [[ ! $__dbguard_then ]] || [ "$PWD"$'\037'"$__dbguard_now" = "$__dbguard_then" ] || return 1
    __dbguard_leave=${10-}
    __dbguard_stamp=${12-}
    if [[ ${8-} && -t 2 ]]; then
        builtin printf %s "$8" >&2
    fi
    # Mostly it says what the last one said.
    [ "$3:$4:$5:$6:$7:$9:${11-}" = "$__dbguard_taken" ] || __dbguard_take "$@"
    shift 15
    __dbguard_watch "$@"
    __dbguard_where=${PWD-}
    [[ $__dbguard_position != right ]] || __dbguard_dress
}

# Takes what an answer says over: all of it, or it is not as if it were taken.
function __dbguard_take {
    __dbguard_taken=
    __dbguard_segment=$3
    __dbguard_width=${4:-0}
    __dbguard_sgr=$5
    __dbguard_position=$6
    __dbguard_title=$7
    __dbguard_each=$9
    export DBGUARD_SHOWN="$$ ${11-}"
    __dbguard_dress
    __dbguard_taken="$3:$4:$5:$6:$7:$9:${11-}"
}

# No answer: said in the place of the segment, and never an earlier answer instead.
function __dbguard_unanswered {
    local said='▲ UNKNOWN dbguard does not answer'
    __dbguard_taken='' __dbguard_settled=''
    if [[ $__dbguard_title && $__dbguard_each == *"$__dbguard_title"* ]]; then
        __dbguard_each=${__dbguard_each%%"$__dbguard_title"*}$said${__dbguard_each#*"$__dbguard_title"}
        __dbguard_title=$said
    fi
    __dbguard_segment=$said
    __dbguard_width=33
    __dbguard_sgr='1;31'
    if [[ ${NO_COLOR-} || ${TERM:-dumb} == dumb ]]; then
        __dbguard_sgr=
    fi
    unset DBGUARD_SHOWN
    __dbguard_dress
}

# From the values to the pieces of the segment.
function __dbguard_dress {
    local text=$__dbguard_segment width=$__dbguard_width sign=▲
    __dbguard_composed=
    __dbguard_before='' __dbguard_text='' __dbguard_after='' __dbguard_gap=''
    [[ $text ]] || return 0
    if [[ ${#sign} != 1 ]]; then
        # This locale counts bytes, and so would readline: the words carry it all, the signs are left out.
        text=${text//[!\ -~]/}
        text=${text# }
        width=${#text}
    fi
    if [[ $__dbguard_sgr ]]; then
        __dbguard_before=$'\e['${__dbguard_sgr}m
        __dbguard_after=$'\e[0m'
    fi
    __dbguard_columns=${COLUMNS:-80}
    case $__dbguard_position in
    line)
        __dbguard_text=$text
        __dbguard_gap=$'\n'
        ;;
    right)
        if [[ ${TERM:-dumb} != dumb ]] && __dbguard_has_room "$width"; then
            # Save the cursor, go to the right edge and back by the width; then to where it was. All of it takes no room.
            __dbguard_before=$'\e7\e[999C'$'\e['$((width - 1))D$__dbguard_before$text$__dbguard_after$'\e8'
            __dbguard_after=
        else
            __dbguard_text=$text
            __dbguard_gap=' '
        fi
        ;;
    *)
        __dbguard_text=$text
        __dbguard_gap=' '
        ;;
    esac
}

# Whether a segment that is this wide has room beside the prompt, which is drawn over it: twenty columns are left to type
# in. A prompt that runs something is not asked, since it would run twice; nor is any before bash 4.4.
function __dbguard_has_room {
    local bare shown='' rest
    __dbguard_strip
    [[ $__dbguard_modern ]] || return 1
    # shellcheck disable=SC2016 # it stands in PS1
    case $bare in *'$('* | *'`'*) return 1 ;; esac
    eval 'shown=${bare@P}'
    while [[ $shown == *$'\001'*$'\002'* ]]; do
        rest=${shown#*$'\001'}
        shown=${shown%%$'\001'*}${rest#*$'\002'}
    done
    while [[ $shown == $'\n'* ]]; do
        shown=${shown:1}
    done
    shown=${shown%%$'\n'*}
    ((${#shown} + $1 + 20 < __dbguard_columns))
}

# Takes what undoes title and tint along to the shell's end, unless the user has a trap there: theirs stays. Not before the
# second prompt: to find out takes a process, for which no shell's start should wait.
function __dbguard_watch_exit {
    __dbguard_exit=theirs
    # Before 4.0 there is no telling whether there is one.
    if ((BASH_VERSINFO[0] >= 4)) && [[ ! $(trap -p EXIT) ]]; then
        __dbguard_exit=ours
        trap __dbguard_undo EXIT
    fi
}

function __dbguard_undo {
    local status=$?
    if [[ ${__dbguard_leave-} && -t 2 ]]; then
        builtin printf %s "$__dbguard_leave" >&2
    fi
    return "$status"
}

# Adds a value to `literal` as PS1 spells it for `shopt -u promptvars`: backslashes are doubled. With a second word it
# is enclosed as taking no room.
function __dbguard_literal {
    local rest=$1
    [[ $rest ]] || return 0
    literal+=${2:+\\[}
    while [[ $rest == *\\* ]]; do
        literal+=${rest%%\\*}\\\\
        rest=${rest#*\\}
    done
    literal+=$rest${2:+\\]}
}

# Takes out of PS1 what stands in it from us, in either form; the rest is in `bare`.
function __dbguard_strip {
    local part rest
    bare=${PS1-}
    for part in "$__dbguard_head" "$__dbguard_tail"; do
        while [[ $bare == *"$part"* ]]; do
            bare=${bare%%"$part"*}${bare#*"$part"}
        done
    done
    while [[ $bare == *"$__dbguard_mark"*"$__dbguard_mark"* ]]; do
        rest=${bare#*"$__dbguard_mark"}
        bare=${bare%%"$__dbguard_mark"*}${rest#*"$__dbguard_mark"}
    done
}

# Brings PS1 and what it looks up up to date.
function __dbguard_decorate {
    local bare
    __dbguard_strip
    __dbguard_compose
    __dbguard_show
}

# Puts together what PS1 looks up, from the pieces and from what is sent to the terminal: title and tint go with the
# segment, but for a PS1 that sets a title itself, or may do so where it is expanded: ours is sent after that one. Only
# then, since readline 8.3 draws a prompt twice that ends in what takes no room. Without line editing nobody takes the
# marks out.
function __dbguard_compose {
    local mark=$'\001' end=$'\002'
    [[ -o emacs || -o vi ]] || mark='' end=''
    __dbguard_early=$__dbguard_each __dbguard_late=''
    case $bare in *'\e]'* | *'\033]'* | *$'\e]'* | *'$'[!\ ]* | *'`'*)
        __dbguard_early='' __dbguard_late=${__dbguard_each:+$mark$__dbguard_each$end}
        ;;
    esac
    __dbguard_look=$__dbguard_early$__dbguard_before
    __dbguard_look=${__dbguard_look:+$mark$__dbguard_look$end}$__dbguard_text
    __dbguard_look+=${__dbguard_after:+$mark$__dbguard_after$end}$__dbguard_gap
    __dbguard_composed=$SHELLOPTS
}

# Sees to it that PS1 shows the values. Whoever has set PS1 since the last prompt finds their prompt decorated again;
# one that is decorated is left alone, wherever in it we stand.
function __dbguard_show {
    local head=$__dbguard_head tail=${__dbguard_late:+$__dbguard_tail} lines='' literal
    # In POSIX mode prompts are expanded whatever the option says.
    if ! builtin shopt -q promptvars && [[ ! -o posix ]]; then
        # These are the values of this prompt, also where promptvars is back.
        __dbguard_composed=
        literal=$__dbguard_mark
        __dbguard_literal "$__dbguard_early$__dbguard_before" apart
        __dbguard_literal "$__dbguard_text"
        __dbguard_literal "$__dbguard_after" apart
        head=$literal$__dbguard_gap$__dbguard_mark
        literal=$__dbguard_mark
        __dbguard_literal "${__dbguard_late:+$__dbguard_each}" apart
        tail=$literal$__dbguard_mark
    fi
    # Known only once it is right: who is interrupted in between has it done at the next prompt.
    __dbguard_ps1=
    if [[ ${PS1-} == *"$head"*"$tail"* ]] || __dbguard_is_fixed PS1; then
        __dbguard_ps1=${PS1-}
        return
    fi
    [[ ! ${__dbguard_started-} ]] || __dbguard_regain
    # A prompt that begins with an empty line keeps it above the segment.
    while :; do
        case $bare in
        '\n'*) lines+='\n' bare=${bare:2} ;;
        $'\n'*) lines+=$'\n' bare=${bare:1} ;;
        *) break ;;
        esac
    done
    PS1=$lines$head$bare$tail
    __dbguard_ps1=$PS1
}

# Puts the entry last into PROMPT_COMMAND. Only there it takes nothing from others: whoever runs first cannot give
# PIPESTATUS back, and a prompt framework assigns PS1.
#
# From bash 5.1 on PROMPT_COMMAND may be an array. An entry with an index of its own survives that others assign the
# first, as starship does, and leaves them their place. Before, everything is one string; and an exported string stays
# one, since arrays are not exported. Two watch every command by a trap for DEBUG, and take an entry that stands beside
# theirs for one that was typed: so in VS Code and with bash-preexec the entry goes into their string.
function __dbguard_install {
    local at last=0
    __dbguard_uninstall
    case ${PROMPT_COMMAND-} in __vsc_prompt_cmd*)
        if [[ ${__vsc_original_prompt_command-} != *"$__dbguard_entry"* ]]; then
            __vsc_original_prompt_command=${__vsc_original_prompt_command:+$__vsc_original_prompt_command$'\n'}$__dbguard_entry
        fi
        PROMPT_COMMAND=__vsc_prompt_cmd_original
        return
        ;;
    esac
    if [[ ! $__dbguard_arrays || ${bash_preexec_imported-}${__bp_imported-} || ${TERM_PROGRAM-} == vscode ||
        ${PROMPT_COMMAND[*]+${PROMPT_COMMAND[*]@a}} == *x* ]]; then
        __dbguard_append
        return
    fi
    [[ ${PROMPT_COMMAND[*]+${PROMPT_COMMAND[*]@a}} == *a* ]] || __dbguard_was_string=1
    for at in "${!PROMPT_COMMAND[@]}"; do
        last=$at
    done
    at=$((last + 1))
    PROMPT_COMMAND[at]=__dbguard_hook
}

# Adds the entry to the string, or to the first element. A line of its own: the string may end in a semicolon, a blank
# or a comment.
function __dbguard_append {
    local value=${PROMPT_COMMAND-} end=''
    if [[ $value == *$'\n'__bp_interactive_mode ]]; then
        # The last that bash-preexec does is to wait for what is typed.
        end=$'\n'__bp_interactive_mode
        value=${value%"$end"}
    fi
    PROMPT_COMMAND=${value:+$value$'\n'}$__dbguard_entry$end
}

# Takes the entry out of PROMPT_COMMAND.
function __dbguard_uninstall {
    local at value
    # shellcheck disable=SC2048 # the indices are quoted inside
    for at in ${PROMPT_COMMAND[*]+"${!PROMPT_COMMAND[@]}"}; do
        value=${PROMPT_COMMAND[at]}
        [[ $value == *__dbguard_hook* ]] || continue
        [[ $value != __dbguard_hook ]] || value=''
        __dbguard_without
        if ((at)) && [[ ! $value ]]; then
            unset "PROMPT_COMMAND[$at]"
        elif ((at)); then
            PROMPT_COMMAND[at]=$value
        else
            # Without an index, so that a string stays one.
            PROMPT_COMMAND=$value
        fi
    done
}

# Takes the entry out of `value`, with the line end that came with it.
function __dbguard_without {
    while [[ $value == *"$__dbguard_entry"* ]]; do
        case $value in
        *$'\n'"$__dbguard_entry"*) value=${value%%$'\n'"$__dbguard_entry"*}${value#*$'\n'"$__dbguard_entry"} ;;
        *) value=${value%%"$__dbguard_entry"*}${value#*"$__dbguard_entry"} ;;
        esac
    done
}

# Sees to it that the entry stands where it should: at the first prompt, when the whole of the user's file has been
# read, and when PS1 is not as it was left. Whoever assigns it after us is let go first from the next prompt on. Where
# somebody else calls us it stays so, but for starship, which does it before it assigns PS1 where PROMPT_COMMAND is a
# string.
function __dbguard_regain {
    local IFS=$' \t\n'
    local first=${PROMPT_COMMAND-} all=${PROMPT_COMMAND[*]-} callers=" ${FUNCNAME[*]} "
    ! __dbguard_is_fixed PROMPT_COMMAND || return 0
    if [[ $all != *__dbguard_hook* ]]; then
        [[ $callers != *' starship_precmd '* ]] || __dbguard_install
    elif [[ $first == *$'\n'__bp_interactive_mode && $first != *"$__dbguard_entry"* ]]; then
        __dbguard_install
    else
        all=${all%[$' \n']__bp_interactive_mode}
        [[ ($all == *__dbguard_hook || $all == *"$__dbguard_entry") && $first != __vsc_prompt_cmd* ]] || __dbguard_install
    fi
}

# At each prompt, until the first answer.
function __dbguard_hook {
    __dbguard_status=$?
    __dbguard_turn
    return "$__dbguard_status"
}

# What the hook runs when something may have changed, or under `set -x`, `-v`, `-e`, `-u` or `-k`. The errors of all that happens in
# it are nobody's business: not of `set -e`, which would end the shell, and not of a trap for ERR.
function __dbguard_turn {
    # An interrupt in the middle leaves them as they are; the next prompt puts them back.
    case $- in *x*) {
        __dbguard_settled=
        __dbguard_options=${__dbguard_options:-$-}
        set +x
    } 2>/dev/null ;; esac
    __dbguard_settled=
    __dbguard_options=${__dbguard_options:-$-}
    set +uvk -f
    __dbguard_prompt || :
    case $__dbguard_options in *f*) ;; *) set +f ;; esac
    case $__dbguard_options in
    *[euvxk]*) __dbguard_put_back ;;
    *)
        __dbguard_options=
        __dbguard_settle
        ;;
    esac
}

# What the hook compares until something changes. BASHOPTS tells of promptvars, and of nocasematch, with which `[[` takes
# PROD for prod; where it does, or there is no BASHOPTS (before 4.1), the rest finds out for itself each time.
function __dbguard_settle {
    if [[ $__dbguard_sure && ${BASHOPTS-} == *promptvars* && $BASHOPTS != *nocasematch* && (! $__dbguard_leave || ${__dbguard_exit-}) ]]; then
        case ${COLUMNS-}:$__dbguard_asked in
        *[*?[\\\(]* | *[$'\001\177']*) [[ $__dbguard_hooked == quoted ]] || __dbguard_define_hook quoted ;;
        *) [[ $__dbguard_hooked ]] || __dbguard_define_hook plain ;;
        esac
        __dbguard_settled=$BASHOPTS:$SHELLOPTS:${COLUMNS-}:${#PS1}:$__dbguard_asked
    fi
}

# What the hook runs when the directory is another one or a file has changed, and nothing else.
function __dbguard_moved {
    local __dbguard_now='' __dbguard_same=1
    __dbguard_options=${__dbguard_options:-$-}
    set -f
    __dbguard_ask || :
    [[ $__dbguard_composed && ! $__dbguard_late ]] || __dbguard_decorate
    [[ ! $__dbguard_leave || ${__dbguard_exit-} ]] || __dbguard_watch_exit
    case $__dbguard_options in *f*) ;; *) set +f ;; esac
    __dbguard_options=
    [[ $__dbguard_settled ]] || __dbguard_settle
}

function __dbguard_put_back {
    # The next entry sees the status of the user's command; under `set -e` a status of ours ends the shell.
    case $- in *e*) __dbguard_status=0 ;; esac
    case $__dbguard_options in *u*) set -u ;; esac
    case $__dbguard_options in *v*) set -v ;; esac
    case $__dbguard_options in *k*) set -k ;; esac
    case $__dbguard_options in
    *x*)
        __dbguard_options=
        set -x
        ;;
    *) __dbguard_options= ;;
    esac
}

# At the first prompt, when the whole of the user's file has been read.
function __dbguard_begin {
    __dbguard_started=1
    __dbguard_regain
    if [[ ${PROMPT_COMMAND[*]-} == *__bp_interactive_mode* ]]; then
        # bash-preexec has installed itself just now, and has taken us for what was typed. It still waits for that.
        __bp_interactive_mode
    fi
}

# Brings everything up to date.
function __dbguard_prompt {
    local __dbguard_now='' __dbguard_same=''
    case ${PATH-} in "$__dbguard_shims":*) ;; *) __dbguard_path ;; esac
    # `[` and not `[[`, which `shopt -s nocasematch` lets take PROD for prod.
    if [[ ! $__dbguard_sure ]] || ! [ "${PWD-}" = "$__dbguard_where" ] || { __dbguard_key && ! [ "$__dbguard_now" = "$__dbguard_asked" ]; } || ! __dbguard_still; then
        __dbguard_ask
    elif [[ $__dbguard_position == right ]]; then
        # The prompt is another one, or the window is.
        __dbguard_dress
    fi
    # Who decorates PS1 anew at each prompt aside, it is as it was.
    if [[ $__dbguard_composed != "$SHELLOPTS" || $__dbguard_late ]] || ! [ "${PS1-}" = "$__dbguard_ps1" ] || ! builtin shopt -q promptvars; then
        __dbguard_decorate
    fi
    if [[ ! ${__dbguard_started-} ]]; then
        __dbguard_begin
    elif [[ $__dbguard_leave && ! ${__dbguard_exit-} ]]; then
        __dbguard_watch_exit
    fi
}

# For those who cannot change PATH: functions named as the tools. Each is one line and stands alone, since coding agents
# copy functions without what they call. A function that the user has is theirs.
function __dbguard_define_functions {
    local IFS=' ' name program
    builtin printf -v program %q "$__dbguard_program"
    for name in $__dbguard_functions; do
        case $name in '' | *[!A-Za-z0-9_]*) continue ;; esac
        if builtin declare -F "$name" >/dev/null && [[ " ${__dbguard_defined-} " != *" $name "* ]]; then
            continue
        fi
        eval "function $name { $program run -- $name \"\$@\"; }"
        __dbguard_defined="${__dbguard_defined-} $name"
    done
}

# Completion of dbguard itself, where nobody has one: it is fetched at the first TAB, which bash then begins anew (not
# before 4.1).
function __dbguard_complete {
    builtin complete -r dbguard
    eval "$("$__dbguard_program" completions bash </dev/null 2>/dev/null)" && return 124
}

# Undoes all of it in the running shell; `dbguard init bash --remove` prints a call of it.
function __dbguard_remove {
    local IFS=$' \t\n' bare list name value
    __dbguard_undo
    if [[ ${__dbguard_exit-} == ours && $(trap -p EXIT) == *__dbguard_undo* ]]; then
        trap - EXIT
    fi
    if ! __dbguard_is_fixed PROMPT_COMMAND; then
        __dbguard_uninstall
        if [[ ! ${PROMPT_COMMAND[*]-} ]]; then
            unset PROMPT_COMMAND
        elif [[ ${__dbguard_was_string-} && ${!PROMPT_COMMAND[*]} == 0 ]]; then
            value=${PROMPT_COMMAND-}
            unset PROMPT_COMMAND
            PROMPT_COMMAND=$value
        fi
    fi
    # Those who moved PROMPT_COMMAND keep a copy of the entry.
    for name in STARSHIP_PROMPT_COMMAND __vsc_original_prompt_command; do
        value=${!name-}
        [[ $value == *"$__dbguard_entry"* ]] || continue
        __dbguard_without
        builtin printf -v "$name" %s "$value"
    done
    if ! __dbguard_is_fixed PS1; then
        __dbguard_strip
        PS1=$bare
    fi
    if [[ $__dbguard_shims && :${PATH-}: == *":$__dbguard_shims:"* ]] && ! __dbguard_is_fixed PATH; then
        __dbguard_others
        PATH=${list%:}
    fi
    unset DBGUARD_SHOWN
    if [[ ${__dbguard_completes-} ]]; then
        builtin complete -r dbguard
        unset -f _dbguard _dbguard_values
    fi
    for name in ${__dbguard_defined-}; do
        unset -f "$name"
    done
    __dbguard_forget
}

function __dbguard_forget {
    local name
    for name in "${!__dbguard_@}"; do
        unset "$name"
    done
    for name in path others is_fixed compare list_set key define define_hook still watch ask recall accept take unanswered dress \
        watch_exit undo literal has_room strip decorate compose show install append uninstall without regain hook turn moved settle put_back begin prompt \
        define_functions complete remove forget start; do
        unset -f "__dbguard_$name"
    done
}

# What happens at once: PATH, and in an interactive shell the rest. Nothing is asked before the first prompt.
function __dbguard_start {
    local name
    __dbguard_modern='' __dbguard_arrays='' __dbguard_coarse=''
    ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)) || __dbguard_modern=1
    ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)) || __dbguard_arrays=1
    # How finely bash before 5 compares times depends on how it was built: 3.2 in whole seconds.
    ((BASH_VERSINFO[0] >= 5)) || __dbguard_coarse=1
    # Evaluated again, it knows what it knew; but what is asked after that is asked anew.
    __dbguard_sure='' __dbguard_asked='' __dbguard_asking='' __dbguard_settled='' __dbguard_hooked='' __dbguard_first=''
    __dbguard_defined_for='' __dbguard_where='' __dbguard_taken='' __dbguard_composed='' __dbguard_late=''
    ((BASH_VERSINFO[0] < 5)) || __dbguard_first=${__dbguard_notes:+$__dbguard_notes/$$.first}
    __dbguard_path
    __dbguard_define_functions
    case $- in *i*) ;; *) return ;; esac
    if [[ ! $__dbguard_modern ]]; then
        for name in PATH PS1 PROMPT_COMMAND; do
            (eval "$name=\${$name-}") 2>/dev/null || eval "__dbguard_fixed_$name=1"
        done
    fi
    __dbguard_on=1
    if ! builtin complete -p dbguard; then
        builtin complete -F __dbguard_complete dbguard
        __dbguard_completes=1
    fi >/dev/null 2>&1
    if __dbguard_is_fixed PROMPT_COMMAND; then
        builtin printf 'dbguard: PROMPT_COMMAND is readonly, so the prompt shows no environment\n' >&2
        return
    fi
    __dbguard_install
}

# A restricted shell may neither change PATH nor name a program by its path. Much is not set yet: that is no error.
case $- in
*r*) ;;
*u*)
    set +u
    __dbguard_start || :
    set -u
    ;;
*) __dbguard_start || : ;;
esac

\builtin shopt "$__dbguard_aliases" expand_aliases
unset __dbguard_aliases
