# dbguard: what `dbguard init fish` prints, after a prelude that sets __dbguard_program, __dbguard_shims,
# __dbguard_notes, __dbguard_vars and __dbguard_functions. Written for fish 3.6 and 4.
#
# How it works. `dbguard prompt --answer` is run only when something changed; its answer is values, never code, and
# is kept in __dbguard_* variables. Whether something changed is seen with builtins alone: one event for each variable,
# one `test` of the watched files. Nothing else is started for a prompt.
#
# In the time that a prompt takes, fish gets through some dozen commands; a call of a function is as long as three, the
# first thing in a function that is a block or a call as four, a substitution as seven. So what is on the way of each
# prompt, or of each `cd`, is flat: one `test` that finds out whether there is anything to do, and a function for that.
# And it stands first in this file, since fish counts the lines up to where a block, a call or a substitution stands.
# The local variables have our prefix like the others: setting one is an event, and it may be called like a watched one.
#
# fish has no variable for the prompt, only functions, which themes, virtualenv and people replace at any time. So
# fish_prompt and fish_title are wrapped: the function that was there is copied and still called, with the $status and
# $pipestatus that it would have seen. fish_mode_prompt would be simpler, but `read -p` shows it too, and a prompt
# that is wider than the terminal loses its left end, which is where the warning would stand.

# The shims come first on PATH, and once. Called again whenever something else got before them.
function __dbguard_path_first
    # Without a home directory there are none, and a colon cannot stand in PATH. With an empty PATH nothing is found, and
    # without one fish has its own default: neither is ours to change.
    set -q PATH[1]; and test -n "$__dbguard_shims"; and not string match --quiet '*:*' -- "$__dbguard_shims"; or return
    set -l rest $PATH
    if builtin contains -- $__dbguard_shims $PATH
        set rest
        for directory in $PATH
            test "$directory" = "$__dbguard_shims"; or set -a rest "$directory"
        end
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

# --- When it is asked ------------------------------------------------------------------------------------------------

function __dbguard_forget --on-variable=PWD --on-variable=$__dbguard_vars
    set -g __dbguard_due yes
end

function __dbguard_forget_path --on-variable=PATH
    set -g __dbguard_told path
    set -g __dbguard_due yes
end

# What an answer was worked out from, each value with a mark. fish takes longer for a word than for a variable, so these
# are all in one, in which one that is not set has no place. That a value is at another name now an event has told.
function __dbguard_now
    set -g $argv[1] \x1f"$PWD" \x1f"$PATH" \x1f$$__dbguard_vars \x1f$$__dbguard_named
end

# A few ways to set a variable fire no event (a named group of `string match`), and only a command can put another
# function in the place of a wrapper: looking for these takes longer, and is done after commands, not for each prompt.
function __dbguard_after --on-event fish_postexec
    set -g __dbguard_ran yes
    # Until the first answer there is nothing to compare; and where an event came nothing need be.
    test -n "$__dbguard_key" -a -z "$__dbguard_due"; or return
    __dbguard_now __dbguard_now
    # Which of them it is would take longer to find out; it may be PATH.
    test "$__dbguard_now" = "$__dbguard_key"; or __dbguard_forget_path
end

function __dbguard_look
    test "$PATH[1]" = "$__dbguard_shims"; or __dbguard_path_first
    test "$__dbguard_due" = first; and __dbguard_first
    # What is watched may have changed since.
    test -n "$__dbguard_due" -o $__dbguard_changed; and __dbguard_ask
end

# Before each prompt: whether something changed, a command ran, or something is to be sent each time, in one call.
function __dbguard_before_prompt --on-event fish_prompt
    test "$__dbguard_due$__dbguard_ran$__dbguard_each=$PATH[1]" != "=$__dbguard_shims" -o $__dbguard_changed
    and __dbguard_attend
end

# A wrapper that was replaced is seen by its text: one command for all of them.
function __dbguard_attend
    __dbguard_look
    test -z "$__dbguard_each"; or builtin printf '%s' $__dbguard_each
    test -n "$__dbguard_ran"; or return
    # Also after a Ctrl-C while a prompt was being made.
    test "$__dbguard_how $(builtin functions $__dbguard_names)" = "$__dbguard_does $__dbguard_wrappers"; or __dbguard_wrap
    set -g __dbguard_title_doubt yes
    set -g __dbguard_ran
end

# Asks dbguard, and keeps its answer.
function __dbguard_ask
    # Ctrl-C ends this function anywhere below. Where the prompt finds this word, it has, and nothing is known; and what
    # changes from here on is a reason to ask again.
    set -g __dbguard_due asking
    # The lines of a substitution are its elements, unless somebody emptied IFS.
    set -l IFS \n
    set -l __dbguard_call $__dbguard_through $__dbguard_program
    test -f "$__dbguard_program" -a -x "$__dbguard_program"
    and set -l __dbguard_answer ($__dbguard_call prompt --answer $__dbguard_told $__dbguard_titled </dev/null 2>/dev/null)
    or set -l __dbguard_answer
    __dbguard_keep $__dbguard_answer
    __dbguard_now __dbguard_key
    test "$__dbguard_due" = asking
    and set -g __dbguard_told
    and set -g __dbguard_due
end

# The answer's lines, in the order that src/shell/answer.rs gives them. In another directory most of them are the same:
# not what is sent at the end, nor the stamps.
function __dbguard_keep
    set -g __dbguard_said \x1f$argv[1..9 11 13 15 17..]
    test "$__dbguard_said" = "$__dbguard_last"; or __dbguard_keep_all $argv; or return
    set -g __dbguard_leave $argv[10]
    # Makes the arguments of one call of `test`: what would have to be true for something to have changed. One call for
    # everything, since fish takes longer for a command than for a file.
    set -g __dbguard_changed ! -x "$__dbguard_program" -o . -nt "$argv[16]" -o . -ot "$argv[16]" $__dbguard_elsewhere
end

# --- The wrappers ----------------------------------------------------------------------------------------------------
#
# A wrapper is `function fish_prompt; $__dbguard_how[1] COPY $argv; end`: a variable for the command, since everything
# else would change the $status that the person's own function is about to read. COPY is the name of the copy of that
# function, so that somebody who copied our wrapper, put a function of their own around it, and was wrapped in turn,
# comes to the right one and not back to themselves.

# The person's own function, and nothing more.
function __dbguard_pass
    $argv
end

# fish_prompt, while there is nothing to show. Another hook may have changed a variable after ours ran: direnv's does.
function __dbguard_plain
    $argv
    if test -n "$__dbguard_due"
        __dbguard_late
        if test -n "$__dbguard_text"
            builtin commandline --function repaint
        end
    end
end

# fish_prompt, with the segment before it, or above it where it is asked for or both do not fit on one line.
function __dbguard_left
    set -l __dbguard_own ($argv)
    if test "$__dbguard_due$COLUMNS=$__dbguard_own[1]" != "$__dbguard_fitted"
        __dbguard_fit "$__dbguard_own[1]"
    end
    builtin printf '%s\n' "$__dbguard_shown$__dbguard_own[1]" $__dbguard_own[2..]
end

function __dbguard_right
    set -l __dbguard_own ($argv)
    if test "$COLUMNS=" != "$__dbguard_fitted"
        __dbguard_fit ''
    end
    builtin printf '%s ' $__dbguard_shown $__dbguard_own
end

# The words first: a tab shows only the beginning. The person's function reads the $status that was.
function __dbguard_titled
    set -l __dbguard_was $status
    builtin printf '%s  ' $__dbguard_title
    test $__dbguard_was -eq 0; or __dbguard_return $__dbguard_was
    $argv
end

function __dbguard_return
    return $argv[1]
end

# fish's own fish_title takes half of the time of a prompt, for words that are the same until one of these changes. So it
# is called only then; that pays for all the rest of this file. Where anything else than fish's own makes the title, it
# is called each time; a command may have put something else in the place of what it calls.
function __dbguard_titled_known
    test "$argv[2]=$PWD=$HOME=$SSH_TTY=$INSIDE_EMACS$__dbguard_title_doubt" = "$__dbguard_title_of"
    and builtin printf '%s' $__dbguard_title_words $__dbguard_title_own
    or begin
        test "$argv[2]=$PWD=$HOME=$SSH_TTY=$INSIDE_EMACS" = "$__dbguard_title_then"
        and __dbguard_title_again $argv
        or begin
            set -g __dbguard_title_then "=$PWD=$HOME=$SSH_TTY=$INSIDE_EMACS"
            builtin printf '%s' $__dbguard_title_words
            $argv
        end
    end
end

# The second prompt that would say the same remembers it: nobody waits there for anything else. A command may call it too.
function __dbguard_title_again
    test "$(status current-command)" = fish; and __dbguard_shipped prompt_pwd; or return
    test "$__dbguard_title_of" = "$__dbguard_title_then"; or set -g __dbguard_title_own ($argv)
    set -g __dbguard_title_of $__dbguard_title_then
    set -g __dbguard_title_doubt
    builtin printf '%s' $__dbguard_title_words $__dbguard_title_own
end

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
    set -g __dbguard_each
    set -g __dbguard_changed -n always
    set -g __dbguard_last none
    set -g __dbguard_due
    # fish itself says aloud that a program cannot be started; from now on env(1) says it, to nobody.
    set -g __dbguard_through env
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
    set -g __dbguard_title_words
    set -g __dbguard_titled
    if test -n "$__dbguard_title"
        set __dbguard_titled titled
        set __dbguard_does[2] __dbguard_titled
        set __dbguard_does[4] __dbguard_titled
        set __dbguard_title_words $__dbguard_title'  '
    end
    if test -n "$__dbguard_title_known"
        set __dbguard_does[2] __dbguard_titled_known
    end
    set -g __dbguard_does_once $__dbguard_does
    if test -n "$__dbguard_nested"
        set __dbguard_does[1] __dbguard_once_left
        set __dbguard_does[3] __dbguard_once_right
    end
    set -g __dbguard_how $__dbguard_does
    set -g __dbguard_fitted
end

# The answer for the first prompt, where `dbguard init` has left one to this shell: in front of it stands what it was
# worked out from. It is taken where all of that is the same and no variable was touched in between.
function __dbguard_first
    set -g __dbguard_due yes
    set -l __dbguard_file "$__dbguard_notes/$fish_pid.first"
    test -n "$__dbguard_notes" -a -f "$__dbguard_file" -a -r "$__dbguard_file"; or return
    set -l __dbguard_then
    set -l __dbguard_left
    begin
        read --list --delimiter \x1f __dbguard_then
        read --null --list --delimiter \n __dbguard_left
    end <$__dbguard_file
    # It has values in it, and nobody else is to read them.
    builtin printf '' 2>/dev/null >$__dbguard_file
    # Behind the last line end there is nothing.
    test "$__dbguard_left[1]" = 'dbguard 2' -a -z "$__dbguard_left[-1]"; and set -q __dbguard_left[16]; or return
    set --erase __dbguard_left[-1]
    __dbguard_heed $__dbguard_left[13]
    __dbguard_now __dbguard_key
    set __dbguard_then \x1f$__dbguard_then
    test "$__dbguard_then" = "$__dbguard_key"; or return
    # Those that every answer depends on have told by an event that they are exported no more; of these only now is known.
    for __dbguard_name in $__dbguard_named
        set -q $__dbguard_name; and not set -qx $__dbguard_name; and return
    end
    __dbguard_keep $__dbguard_left
    set -g __dbguard_told
    set -g __dbguard_due
end

# Where another hook changed a variable after ours ran, or Ctrl-C ended the question.
function __dbguard_late
    if test "$__dbguard_due" = asking
        __dbguard_unknown
    else
        __dbguard_ask
    end
end

function __dbguard_keep_all
    if not set -q argv[15]; or test "$argv[1]" != 'dbguard 2'
        __dbguard_unknown
        return 1
    end
    # Whoever is interrupted in here has not kept it.
    set -g __dbguard_last none
    set -g __dbguard_through
    set -g __dbguard_text $argv[3]
    set -g __dbguard_width $argv[4]
    set -g __dbguard_sgr $argv[5]
    if test "$__dbguard_position" != "$argv[6]"
        # fish_right_prompt may be wanted now, and not be there.
        set -g __dbguard_ran yes
        set -g __dbguard_wrappers none
        set -g __dbguard_position $argv[6]
    end
    set -g __dbguard_title $argv[7]
    # fish sets the title itself, from fish_title; what remains is the colour of the terminal.
    set -l __dbguard_titles '\e\][02];[^\a\e]*(?:\a|\e\\\\)|\ek[^\e]*\e\\\\'
    test -n "$argv[8]"
    and builtin printf '%s' (string replace --regex --all -- $__dbguard_titles '' $argv[8])
    set -g __dbguard_each
    # Most often it is nothing but the title.
    test "$argv[9]" = \e"]0;$argv[7]"\a
    or set -g __dbguard_each (string replace --regex --all -- $__dbguard_titles '' $argv[9])
    # With the process id first: the guard compares it only when this very shell is its parent.
    set -e DBGUARD_SHOWN
    test -n "$argv[11]"; and set -gx DBGUARD_SHOWN "$fish_pid $argv[11]"
    # Before the first prompt, the wrappers that are about to be made do.
    set -q __dbguard_wrapped; and __dbguard_settle
    __dbguard_heed $argv[13]
    # What is sent once is sent again where it comes again.
    __dbguard_watch $argv[12] $argv[15..]; and test -z "$argv[8]"; or return 0
    set -g __dbguard_last "$__dbguard_said"
end

# What is watched beside the working directory, from the stamp, the marks and their paths. src/shell/answer.rs has the
# marks; the paths are absolute, so none is taken for an operator. For fish what is gone is older than anything. The
# status says whether the next answer may rely on it.
function __dbguard_watch
    set -g __dbguard_elsewhere -o -n always
    set -l IFS \n
    set -l __dbguard_marks (string split '' -- $argv[2])
    test -n "$argv[1]" -a "$__dbguard_marks[1]" = .; or return
    set -l __dbguard_tests
    set -l __dbguard_paths $argv[3..]
    for __dbguard_mark in $__dbguard_marks
        set -l __dbguard_path $__dbguard_paths[1]
        set --erase __dbguard_paths[1]; or return
        switch $__dbguard_mark
            case '='
                set -q __dbguard_paths[1]; or return
                set -a __dbguard_tests -o $__dbguard_path -nt $__dbguard_paths[1] -o $__dbguard_path -ot $__dbguard_paths[1]
                set -a __dbguard_tests -o ! -e $__dbguard_path
                set --erase __dbguard_paths[1]
            case '<'
                set -a __dbguard_tests -o $__dbguard_path -nt $argv[1] -o ! -e $argv[1]
            case '+'
                set -a __dbguard_tests -o ! -e $__dbguard_path
            case -
                set -a __dbguard_tests -o -e $__dbguard_path
        end
    end
    set -g __dbguard_elsewhere $__dbguard_tests
    # With this mark a path is compared with the stamp in front, which is another one each time.
    not contains '<' $__dbguard_marks
end

# Each of these can change the answer; also that a variable is exported now, and was not. An answer may name more of
# them, each after a dollar sign.
function __dbguard_heed
    test "$argv[1]" = "$__dbguard_heeded"; and return
    set -g __dbguard_heeded never
    set -l IFS \n
    set -g __dbguard_named (string match --all --regex '(?<=\$)[A-Za-z_][A-Za-z0-9_]*(?=\$|$)' -- $argv[1])
    function __dbguard_forget_too --on-variable=$__dbguard_named
        set -g __dbguard_due yes
    end
    set -g __dbguard_heeded $argv[1]
end

# After Ctrl-C and after a line that is no fish, the old prompt is shown again without any of the above.
function __dbguard_again --on-event fish_cancel --on-event fish_posterror
    set -l __dbguard_before "$__dbguard_text $__dbguard_title"
    __dbguard_look
    if test "$__dbguard_before" != "$__dbguard_text $__dbguard_title"
        builtin commandline --function repaint
    end
end

# --- The wrappers, where more is to be done --------------------------------------------------------------------------

# The same where the person's own function may call one of our wrappers: that one only passes on. Who is interrupted in
# between is put right at the next prompt.
function __dbguard_once_left
    set -g __dbguard_how[1] __dbguard_pass
    set -g __dbguard_ran yes
    $__dbguard_does_once[1] $argv
    set -g __dbguard_how $__dbguard_does
    set -g __dbguard_ran
end

function __dbguard_once_right
    set -g __dbguard_how[3] __dbguard_pass
    set -g __dbguard_ran yes
    $__dbguard_does_once[3] $argv
    set -g __dbguard_how $__dbguard_does
    set -g __dbguard_ran
end

# The segment as it is sent, before a prompt whose first line is this. fish measures as it will when it lays it out;
# twenty columns are left to type in.
function __dbguard_fit
    if test -n "$__dbguard_due"
        __dbguard_late
    end
    # Last what it is fitted for: who is interrupted before that has it done again.
    set -g __dbguard_fitted
    __dbguard_measure "$argv[1]"
    set -g __dbguard_fitted "$COLUMNS=$argv[1]"
end

function __dbguard_measure
    set -g __dbguard_shown
    test -n "$__dbguard_text"; or return
    set -l __dbguard_cut $__dbguard_text
    if test $__dbguard_width -ge "0$COLUMNS"
        set __dbguard_cut (string shorten --max (builtin math "max(1, $COLUMNS - 1)") -- $__dbguard_text)
    end
    set -g __dbguard_shown $__dbguard_cut
    if test -n "$__dbguard_sgr"
        set -g __dbguard_shown \e"[$__dbguard_sgr"m$__dbguard_cut\e'[0m'
    end
    test "$__dbguard_position" = right; and return
    # A number for each line, which is more than one where somebody emptied IFS.
    set -l IFS \n
    set -l __dbguard_widths (string length --visible -- "$__dbguard_cut 12345678901234567890$argv[1]")
    if test "$__dbguard_position" != line -a $__dbguard_widths[1] -le "0$COLUMNS"
        set -g __dbguard_shown "$__dbguard_shown "
    else
        set -g __dbguard_shown $__dbguard_shown\n
    end
end

# Whether it is fish's own function.
function __dbguard_shipped
    builtin contains -- (builtin functions --details $argv[1]) \
        $__fish_data_dir/functions/$argv[1].fish embedded:functions/$argv[1].fish
end

# Puts the wrappers in place, where they are not.
function __dbguard_wrap
    set -g __dbguard_names
    set -g __dbguard_code
    __dbguard_wrap_one fish_prompt 1
    __dbguard_wrap_one fish_title 2
    # fish shows these two only when they are there.
    test "$__dbguard_position" = right
    or builtin functions --query fish_right_prompt
    and __dbguard_wrap_one fish_right_prompt 3
    builtin functions --query fish_tab_title; and __dbguard_wrap_one fish_tab_title 4
    eval $__dbguard_code
    set -g __dbguard_wrappers "$(builtin functions $__dbguard_names)"
    __dbguard_settle
end

function __dbguard_wrap_one
    set -l __dbguard_copy __dbguard_own_$argv[1]
    if not builtin contains $argv[1] $__dbguard_wrapped
        set -ga __dbguard_wrapped $argv[1]
        __dbguard_take $argv[1] $__dbguard_copy
    else
        set -l IFS \n
        set -l __dbguard_details (builtin functions --details --verbose $argv[1])
        set __dbguard_copy (string replace --filter 'dbguard __dbguard_own_' __dbguard_own_ -- $__dbguard_details[5])
        if test -z "$__dbguard_copy"
            set -ga __dbguard_wrapped $argv[1]
            set __dbguard_copy __dbguard_own_$argv[1](builtin count $__dbguard_wrapped)
            __dbguard_take $argv[1] $__dbguard_copy
            # What was copied may call a wrapper.
            set -g __dbguard_nested yes
        end
    end
    set -a __dbguard_names $argv[1]
    set -a __dbguard_code "
        function $argv[1] --description 'dbguard $__dbguard_copy'
            \$__dbguard_how[$argv[2]] $__dbguard_copy \$argv
        end"
end

function __dbguard_take
    if test $argv[1] = fish_title
        set -g __dbguard_title_of
        set -g __dbguard_title_then
        set -g __dbguard_title_known
        __dbguard_shipped fish_title; and set -g __dbguard_title_known yes
    end
    if builtin functions --query $argv[1]
        builtin functions --copy $argv
    else if test $argv[1] = fish_prompt
        # Without a fish_prompt, fish has this one.
        function $argv[2]
            builtin printf '%s@%s %s> ' "$USER" $hostname "$PWD"
        end
    else
        function $argv[2]
        end
    end
end

# --- Functions for the tools, where PATH cannot be changed -----------------------------------------------------------

# Each stands alone, with the program's path in it. A function of the person's own with that name stays.
if test -n "$__dbguard_functions"
    set -g __dbguard_functions (string split ' ' -- $__dbguard_functions)
    for name in $__dbguard_functions
        if command --query $name
            and not builtin functions --query $name
            eval "function $name --wraps $name --description 'dbguard runs it'
    $(string escape -- $__dbguard_program) run -- $name \$argv
end"
        end
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
    set -l IFS \n
    # Copies of a wrapper under another name (virtualenv keeps one) get the copied function back as well.
    for name in (builtin functions --all --names | string match --regex '.*(?:prompt|title).*')
        set -l details (builtin functions --details --verbose $name)
        set -l copy (string replace --filter 'dbguard __dbguard_own_' __dbguard_own_ -- "$details[5]")
        test -n "$copy"; or continue
        builtin functions --erase $name
        builtin functions --copy $copy $name
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

# Nothing is known yet, and the first prompt asks and wraps.
set -g __dbguard_due first
set -g __dbguard_ran yes
set -g __dbguard_changed -n ''
set -g __dbguard_names fish_prompt
set -g __dbguard_wrappers none
set -g __dbguard_position left
set -g __dbguard_key
set -g __dbguard_last none
set -g __dbguard_told path
set -g __dbguard_heeded never
