# dbguard: what `dbguard init fish` prints, after a prelude that sets __dbguard_program, __dbguard_shims,
# __dbguard_vars and __dbguard_functions. Written for fish 3.6 and 4.
#
# How it works. `dbguard prompt --answer` is run only when something changed; its answer is values, never code, and
# is kept in __dbguard_* variables. Whether something changed is seen with builtins alone: one comparison of the
# variables, one `test` of the watched files. Nothing else is started for a prompt.
#
# fish has no variable for the prompt, only functions, which themes, virtualenv and people replace at any time. So
# fish_prompt and fish_title are wrapped: the function that was there is copied and still called, with the $status and
# $pipestatus that it would have seen. fish_mode_prompt would be simpler, but `read -p` shows it too, and a prompt
# that is wider than the terminal loses its left end, which is where the warning would stand.

# The shims come first on PATH, and once. Called again whenever something else got before them.
function __dbguard_path_first
    # Without a home directory there are none, and a colon cannot stand in PATH. With an empty PATH nothing is found, and
    # without one fish has its own default: neither is ours to change.
    string match --quiet --regex '^[^:]+$' -- "$__dbguard_shims"; and set -q PATH[1]; or return
    set -l rest
    for directory in $PATH
        test "$directory" = "$__dbguard_shims"; or set -a rest "$directory"
    end
    set -gx PATH $__dbguard_shims $rest
end

if test "$PATH[1]" != "$__dbguard_shims"
    __dbguard_path_first
end

# Scripts and `fish -c` get the shims, and may ask where they are.
if not status is-interactive
    builtin functions --erase __dbguard_path_first
    set --erase __dbguard_program __dbguard_notes __dbguard_vars __dbguard_functions
    return
end

set -g __dbguard_vars (string split ' ' -- $__dbguard_vars)
set -g __dbguard_functions (string split --no-empty ' ' -- $__dbguard_functions)

# --- What was answered -----------------------------------------------------------------------------------------------

# Nothing is known: said aloud in the same place, instead of what was true before. The next prompt asks again.
function __dbguard_unknown
    set -g __dbguard_text '▲ UNKNOWN dbguard does not answer'
    set -g __dbguard_width 33
    set -g __dbguard_sgr '1;31'
    if test "$TERM" = dumb -o -n "$NO_COLOR"
        set -g __dbguard_sgr ''
    end
    if test -n "$__dbguard_title"
        set -g __dbguard_title $__dbguard_text
    end
    set -g __dbguard_each ''
    set -g __dbguard_changed -n always
    set -e DBGUARD_SHOWN
    __dbguard_settle
end

# What the wrappers do from now on: fish_prompt, fish_title, fish_right_prompt, fish_tab_title.
function __dbguard_settle
    set -g __dbguard_does __dbguard_plain __dbguard_pass __dbguard_pass __dbguard_pass
    if test -n "$__dbguard_text"
        switch "$__dbguard_position"
            case right
                set __dbguard_does[3] __dbguard_right
            case '*'
                set __dbguard_does[1] __dbguard_left
        end
    end
    if test -n "$__dbguard_title"
        set __dbguard_does[2] __dbguard_titled
        set __dbguard_does[4] __dbguard_titled
    end
    set -g __dbguard_how $__dbguard_does
    set -g __dbguard_columns ''
end

# Asks dbguard, and keeps its answer. A local variable would hide an exported one of its name: so these are ours alone.
function __dbguard_ask
    set -g __dbguard_key "$PWD $PATH $$__dbguard_vars"
    set -l __dbguard_now_told
    set -l __dbguard_now_vars $__dbguard_vars
    test "$PATH" = "$__dbguard_path"; or set -a __dbguard_now_told path
    test -n "$__dbguard_title"; and set -a __dbguard_now_told titled
    # First: Ctrl-C ends this function anywhere below, and must not leave behind what is no longer true.
    __dbguard_unknown
    set -l __dbguard_now_path "$PATH"
    # The lines of a substitution are its elements, unless somebody emptied IFS.
    set -l IFS \n
    set -l __dbguard_now_answer
    if test -f "$__dbguard_program" -a -x "$__dbguard_program"
        # fish itself says aloud that a program cannot be started; from then on env(1) says it, to nobody.
        set -l __dbguard_now_program $__dbguard_through $__dbguard_program
        set -g __dbguard_through env
        set __dbguard_now_answer ($__dbguard_now_program prompt --answer $__dbguard_now_told </dev/null 2>/dev/null)
        or return
        set -g __dbguard_through
    end
    test "$__dbguard_now_answer[1]" = 'dbguard 1' -a (builtin count $__dbguard_now_answer) -ge 12
    or return
    set -g __dbguard_path $__dbguard_now_path
    __dbguard_keep $__dbguard_now_answer
    if test "$__dbguard_now_vars" != "$__dbguard_vars"
        __dbguard_heed
        set -g __dbguard_key "$PWD $PATH $$__dbguard_vars"
    end
end

# The answer's lines, in the order that src/shell/answer.rs gives them.
function __dbguard_keep
    set -g __dbguard_text $argv[3]
    set -g __dbguard_width $argv[4]
    set -g __dbguard_sgr $argv[5]
    if test "$__dbguard_position" != "$argv[6]"
        # fish_right_prompt may be wanted now, and not be there.
        set -g __dbguard_ran yes
        set -g __dbguard_expected
        set -g __dbguard_position $argv[6]
    end
    set -g __dbguard_title $argv[7]
    # fish sets the title itself, from fish_title; what remains is the colour of the terminal.
    set -l titles '\e\][02];[^\a\e]*(?:\a|\e\\\\)|\ek[^\e]*\e\\\\'
    builtin printf '%s' (string replace --regex --all -- $titles '' $argv[8])
    set -g __dbguard_each (string replace --regex --all -- $titles '' $argv[9])
    set -g __dbguard_leave $argv[10]
    if test -n "$argv[11]"
        # With the process id first: the guard compares it only when this very shell is its parent.
        test "$DBGUARD_SHOWN" = "$fish_pid $argv[11]"
        or set -gx DBGUARD_SHOWN "$fish_pid $argv[11]"
    end
    if test -n "$argv[12]"
        __dbguard_watch $argv[12..]
    end
    __dbguard_settle
end

# Makes the arguments of one call of `test` from the stamp and the conditions behind it: what would have to be true for
# something to have changed. One call for everything, since fish takes longer for a command than for a file. src/shell/answer.rs
# has the marks; the paths are absolute, so none is taken for an operator. What is gone is neither newer nor older.
function __dbguard_watch
    set -l last
    set -g __dbguard_changed ! -x "$__dbguard_program"
    for watched in $argv[2..]
        set -l path (string sub --start 2 -- $watched)
        switch $watched
            case '=*'
                set -a __dbguard_changed -o $last -nt $path -o $last -ot $path -o ! -e $path
                test $last = .; or set -a __dbguard_changed -o ! -e $last
            case '<*'
                set -a __dbguard_changed -o $path -nt $argv[1] -o ! -e $argv[1]
            case '+*'
                set -a __dbguard_changed -o ! -e $path
            case '-*'
                set -a __dbguard_changed -o -e $path
            case '$*'
                contains -- $path $__dbguard_vars; or set -a __dbguard_vars $path
        end
        set last $path
    end
end

# --- When it is asked ------------------------------------------------------------------------------------------------

# Each of these can change the answer; also that a variable is exported now, and was not. The answer may add to them.
function __dbguard_heed
    function __dbguard_forget --on-variable=PWD --on-variable=PATH --on-variable=$__dbguard_vars
        set -g __dbguard_key
    end
end
__dbguard_heed

# A few ways to set a variable fire no event (a named group of `string match`), and only a command can put another
# function in the place of a wrapper: looking for these takes longer, and is done after commands, not for each prompt.
function __dbguard_after --on-event fish_postexec
    set -g __dbguard_ran yes
    if test "$PWD $PATH $$__dbguard_vars" != "$__dbguard_key"
        set -g __dbguard_key
    end
end

function __dbguard_look
    if test "$PATH[1]" != "$__dbguard_shims"
        __dbguard_path_first
    end
    if test -z "$__dbguard_key"
        or test $__dbguard_changed
        __dbguard_ask
    end
end

# Before each prompt. A wrapper is an event handler as well, and a handler goes away with its function: whoever does
# not answer was replaced.
function __dbguard_before_prompt --on-event fish_prompt
    # The same as __dbguard_look finds out, in one call.
    if test -z "$__dbguard_key" -o "=$PATH[1]" != "=$__dbguard_shims" -o $__dbguard_changed
        __dbguard_look
    end
    if test -n "$__dbguard_ran"
        set -g __dbguard_ran
        set -g __dbguard_here
        set -g __dbguard_how __dbguard_pong __dbguard_pong __dbguard_pong __dbguard_pong
        builtin emit __dbguard_ping
        if test "$__dbguard_here" != "$__dbguard_expected"
            __dbguard_wrap
        end
    end
    # Also after a Ctrl-C while a prompt was being made.
    set -g __dbguard_how $__dbguard_does
    if test -n "$__dbguard_each"
        builtin printf '%s' $__dbguard_each
    end
end

# After Ctrl-C and after a line that is no fish, the old prompt is shown again without any of the above.
function __dbguard_again --on-event fish_cancel --on-event fish_posterror
    set -l before "$__dbguard_text $__dbguard_title"
    __dbguard_look
    if test "$before" != "$__dbguard_text $__dbguard_title"
        builtin commandline --function repaint
    end
end

# --- The wrappers ----------------------------------------------------------------------------------------------------
#
# A wrapper is `function fish_prompt; $__dbguard_how[1] N $argv; end`: a variable for the command, since everything
# else would change the $status that the person's own function is about to read. N is the number of the copy, so that
# somebody who copied our wrapper, put a function of their own around it, and was wrapped in turn, comes to the right
# one and not back to themselves.

function __dbguard_pong
    set -a __dbguard_here x
end

# The person's own function, and nothing more.
function __dbguard_pass
    set -l own __dbguard_own_$argv[1]
    $own $argv[2..]
end

# fish_prompt, while there is nothing to show. Another hook may have changed a variable after ours ran (direnv's does).
function __dbguard_plain
    __dbguard_pass $argv
    if test -z "$__dbguard_key"
        __dbguard_ask
        if test -n "$__dbguard_text"
            builtin commandline --function repaint
        end
    end
end

# fish_prompt, with the segment before it, or above it where it is asked for or both do not fit on one line.
function __dbguard_left
    set -g __dbguard_how[1] __dbguard_pass
    set -l own (__dbguard_pass $argv)
    if test -z "$__dbguard_key"
        __dbguard_ask
    end
    set -g __dbguard_how[1] $__dbguard_does[1]
    if test "$__dbguard_columns" != "$COLUMNS"
        __dbguard_measure
    end
    if test "$own[1]" != "$__dbguard_first"
        set -g __dbguard_first "$own[1]"
        set -g __dbguard_end \n
        string match --quiet --regex -- $__dbguard_fits "$own[1]"
        and set -g __dbguard_end ' '
    end
    if test -n "$__dbguard_text"
        builtin printf '%s' $__dbguard_shown $__dbguard_end
    end
    builtin printf '%s\n' $own
end

function __dbguard_right
    set -g __dbguard_how[3] __dbguard_pass
    set -l own (__dbguard_pass $argv)
    set -g __dbguard_how[3] $__dbguard_does[3]
    if test "$__dbguard_columns" != "$COLUMNS"
        __dbguard_measure
    end
    builtin printf '%s ' $__dbguard_shown $own
end

# The words first: a tab shows only the beginning.
function __dbguard_titled
    set -l was $status
    builtin printf '%s  ' $__dbguard_title
    __dbguard_return $was
    __dbguard_pass $argv
end

function __dbguard_return
    return $argv[1]
end

# The segment as it is sent, and the first lines of a prompt that have room beside it: so many characters, each with
# any number of sequences for the terminal before it. Twenty columns are left to type in.
function __dbguard_measure
    set -g __dbguard_columns $COLUMNS
    set -g __dbguard_first \e
    set -l text (string shorten --max (builtin math "max(1, $COLUMNS - 1)") -- $__dbguard_text)
    set -g __dbguard_shown $text
    if test -n "$__dbguard_sgr"
        set -g __dbguard_shown \e"[$__dbguard_sgr"m$text\e'[0m'
    end
    set -l room (builtin math "$COLUMNS - $__dbguard_width - 21")
    set -l sent '(?:\e\[[0-?]*[ -/]*[@-~]|\e\][^\a\e]*(?:\a|\e\\\\)|\e[ -/]*[0-Z]|[\x00-\x1a\x1c-\x1f])*+'
    set -g __dbguard_fits '^(?!)'
    if test $room -ge 0 -a "$__dbguard_position" != line
        set -g __dbguard_fits "^(?:$sent"'[^\e]'"){0,$room}+$sent\$"
    end
end

# Puts the wrappers in place, where they are not.
function __dbguard_wrap
    set -l index 0
    set -g __dbguard_expected
    for name in fish_prompt fish_title fish_right_prompt fish_tab_title
        set index (builtin math $index + 1)
        # fish shows these two only when they are there.
        if builtin contains $name fish_right_prompt fish_tab_title
            and not builtin functions --query $name
            test $name = fish_right_prompt -a "$__dbguard_position" = right; or continue
        end
        set -a __dbguard_expected x
        set -l details (builtin functions --details --verbose $name)
        set -l number (string match --regex --groups-only '^dbguard ([0-9]+)$' -- "$details[5]")
        if test -z "$number"
            set -g __dbguard_copies (builtin math "0$__dbguard_copies" + 1)
            set number $__dbguard_copies
            if builtin functions --query $name
                builtin functions --copy $name __dbguard_own_$number
            else
                # Without a fish_prompt, fish has this one.
                eval "function __dbguard_own_$number
                    test $name = fish_prompt; and builtin printf '%s@%s %s> ' \"\$USER\" \$hostname \"\$PWD\"
                end"
            end
        end
        eval "function $name --description 'dbguard $number' --on-event __dbguard_ping
            \$__dbguard_how[$index] $number \$argv
        end"
    end
end

# --- Functions for the tools, where PATH cannot be changed -----------------------------------------------------------

# Each stands alone, with the program's path in it. A function of the person's own with that name stays.
for name in $__dbguard_functions
    if command --query $name
        and not builtin functions --query $name
        eval "function $name --wraps $name --description 'dbguard runs it'
    $(string escape -- $__dbguard_program) run -- $name \$argv
end"
    end
end

# --- Completion of dbguard itself ------------------------------------------------------------------------------------

# Where no package has put its file, it is fetched at the first press of TAB.
function __dbguard_complete
    builtin complete --erase --command dbguard
    set -g __dbguard_completes fetched
    if test -x "$__dbguard_program"
        $__dbguard_program completions fish </dev/null 2>/dev/null | source
    end
    builtin complete --do-complete (builtin commandline --cut-at-cursor --current-process)
end

if not set -q __dbguard_completes
    and not builtin path filter --quiet -- $fish_complete_path/dbguard.fish
    set -g __dbguard_completes here
    builtin complete --command dbguard --no-files --arguments '(__dbguard_complete)'
end

# --- Going away ------------------------------------------------------------------------------------------------------

function __dbguard_leave --on-event fish_exit
    builtin printf '%s' $__dbguard_leave 2>/dev/null
end

# What `dbguard init fish --remove` calls: everything as it was.
function __dbguard_remove
    __dbguard_leave
    # Copies of a wrapper under another name (virtualenv keeps one) get the copied function back as well.
    for name in (builtin functions --all --names | string match --regex '.*(?:prompt|title).*')
        set -l details (builtin functions --details --verbose $name)
        set -l number (string match --regex --groups-only '^dbguard ([0-9]+)$' -- "$details[5]")
        test -n "$number"; or continue
        builtin functions --erase $name
        builtin functions --copy __dbguard_own_$number $name
    end
    for name in $__dbguard_functions
        set -l details (builtin functions --details --verbose $name)
        if test "$details[5]" = 'dbguard runs it'
            builtin functions --erase $name
        end
    end
    while set -l index (builtin contains --index -- "$__dbguard_shims" $PATH)
        set -e PATH[$index]
    end
    set -e DBGUARD_SHOWN
    if set -q __dbguard_completes
        builtin complete --erase --command dbguard
        builtin functions --erase (builtin functions --all --names | string match '__fish_dbguard_*')
    end
    builtin functions --erase (builtin functions --all --names | string match '__dbguard_*')
    set --erase --global (set --global --names | string match '__dbguard_*')
end

__dbguard_unknown
set -g __dbguard_text ''
set -g __dbguard_key
set -g __dbguard_ran yes
__dbguard_settle
__dbguard_wrap
