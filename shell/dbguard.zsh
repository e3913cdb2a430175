# dbguard for zsh, 5.8 and later: what `dbguard init zsh` evaluates, after a prelude that sets __dbguard_program,
# __dbguard_shims, __dbguard_notes, __dbguard_vars and __dbguard_functions.
#
# It is read with zsh's own options and without aliases (`dbguard init` sees to that). Each function that zsh or a person
# calls sets them again for itself; the others are called by these. While nothing changes, a prompt costs a comparison
# of strings and some calls of stat, and no process. When something has changed, `dbguard prompt --answer` is run once
# and answers with values, one per line: see src/shell/answer.rs for their order.

# The shims stand first on PATH, once. An empty element of PATH means the working directory, so empty elements are kept;
# a PATH that is empty altogether leads to no tool, and is left alone. Setting PATH also empties zsh's table of commands.
function __dbguard_path {
  local -a entries
  if [[ -n $PATH && -n $__dbguard_shims && $PATH: != "$__dbguard_shims":* ]]; then
    entries=("${(@s.:.)PATH}")
    entries=("$__dbguard_shims" "${(@)entries:#$__dbguard_shims(/|)}")
    typeset -gx PATH="${(j.:.)entries}"
  fi
}

if [[ ! -o restricted ]]; then
  __dbguard_path
fi

if [[ -o restricted ]]; then
  # A restricted shell may neither change PATH nor name a program by its path: there is nothing that could be done.
  unfunction __dbguard_path
  unset __dbguard_program __dbguard_shims __dbguard_notes __dbguard_vars __dbguard_functions
elif [[ ! -o interactive ]]; then
  # A script gets the shims, and may ask where they are.
  unfunction __dbguard_path
  unset __dbguard_program __dbguard_notes __dbguard_vars __dbguard_functions
else

  # What a name shows in the prompt goes through psvar, which zsh shows as it is: no percent sign, dollar sign or control
  # character in it means anything (zshmisc, EXPANSION OF PROMPT SEQUENCES, %v). Element 97 is one that nobody else
  # counts up to, and it marks our part of PROMPT too: what begins with %(97V. and ends with .) is ours. So is what
  # begins with %(98V and a mark, and ends with the mark: title and tint.

  typeset -g __dbguard_first=${__dbguard_notes:+$__dbguard_notes/$$.first}
  typeset -g __dbguard_seen_path= __dbguard_stamp= __dbguard_plain= __dbguard_how= __dbguard_drawn=
  typeset -g __dbguard_level=none __dbguard_text= __dbguard_sgr= __dbguard_position=left
  typeset -g __dbguard_title= __dbguard_once= __dbguard_each= __dbguard_embeds= __dbguard_leave= __dbguard_in_p10k=${__dbguard_in_p10k-}
  typeset -ga __dbguard_watched=() __dbguard_names=()
  typeset -gi __dbguard_moved=0

  # Before each prompt, unless nothing has changed: __dbguard_remember writes what stands before it. zsh itself gives back
  # $?, $pipestatus and $_ after it.
  function __dbguard_turn {
    # How the prompt is going to be read, by the options of the user; from emulate on they are our own.
    local __dbguard_read=percent
    if [[ ! -o prompt_percent ]]; then __dbguard_read=literal; fi
    if [[ -o prompt_subst ]]; then __dbguard_read+=subst; fi
    if [[ -o prompt_bang ]]; then __dbguard_read+=bang; fi
    \builtin emulate -L zsh -o extended_glob -o no_xtrace -o no_aliases
    if ! __dbguard_same; then
      __dbguard_path
      __dbguard_ask
    fi
    if [[ -n $__dbguard_in_p10k || $precmd_functions[(Ie)_p9k_precmd] -ne 0 ]]; then
      __dbguard_segment
    fi
    if [[ -n ${functions[spaceship::populate]-} && $functions[spaceship::populate] != *__dbguard_again* ]]; then
      functions[spaceship::populate]+=$'\n__dbguard_again'
    fi
    if [[ $PROMPT$'\n'$RPROMPT != "$__dbguard_drawn" || $__dbguard_read != "$__dbguard_how" || $psvar[97] != "$__dbguard_text" || $psvar[98] != "$__dbguard_embeds" ]]; then
      __dbguard_how=$__dbguard_read
      __dbguard_show
    fi
    if [[ -t 1 && ( $precmd_functions[-1] == __dbguard_precmd || -n $__dbguard_in_p10k ) ]]; then
      __dbguard_send
    else
      # Whoever comes after us may build the prompt or set the title anew, or has yet to give the terminal back. Events
      # of sched are looked at after the last precmd function and before the prompt is shown.
      __dbguard_move
      \builtin sched +0 __dbguard_late 2>/dev/null || __dbguard_send
    fi
  }

  # spaceship builds PROMPT anew whenever one of its jobs is done, and has it drawn at once.
  function __dbguard_again {
    \builtin emulate -L zsh -o extended_glob -o no_xtrace -o no_aliases
    __dbguard_show
  }

  # The end of the above, once all others have had their turn; the status that the prompt shows is not ours.
  function __dbguard_late {
    local -i __dbguard_code=$?
    \builtin emulate -L zsh -o extended_glob -o no_xtrace -o no_aliases
    if ! __dbguard_same; then
      __dbguard_path
      __dbguard_ask
    fi
    __dbguard_show
    __dbguard_send
    return $__dbguard_code
  }

  # Writes the condition that all that this answer depends on is as it was, in which there are names and numbers but no
  # values: as a function, and before a prompt's turn. A var counts with its attributes: one that is not exported is not
  # seen by psql. A stamp has the time of the newest change among the files, so what is newer has changed since.
  #
  # There are no subscripts in it, which mean something else with the option ksh_arrays; nor is anything read that may be
  # unset; and with xtrace no value is shown.
  function __dbguard_remember {
    # Without the program nothing is guarded, so the prompt must not look as if it were.
    local -i at
    local name value last same='-x $__dbguard_program'
    local -a values=()
    if [[ -z $__dbguard_stamp ]]; then
      return
    fi
    # What is set is compared in one, since zsh takes longer to compare than to put together.
    local mark=$'\037'; local now="\"\$PWD$mark\${PATH-}" were=$PWD$mark$PATH
    for name in $__dbguard_names DISABLE_AUTO_TITLE; do
      if (( ${(P)+name} )); then
        were+=$mark$name:${(tP)name}=${(P)name}
        now+="$mark$name:\${(t)$name-}=\${$name-}"
      else
        same+=" && ! -v $name"
      fi
    done
    values+=($were)
    same+=" && $now\" == \"\$__dbguard_was1\""
    for name in "${(@)__dbguard_watched:#\$*}"; do
      values+=("${name[2,-1]}")
      value="\$__dbguard_was$#values"
      case $name in
        # What is gone is neither newer nor older; a shell's own directory is always there.
        (@.) value=. ;;
        (\=*)
          if [[ $last != . ]]; then same+=" && -e $last"; fi
          same+=" && -e $value && ! $last -nt $value && ! $last -ot $value"
          ;;
        (\~*) same+=" && . -ef $value" ;;
        (\<*) same+=" && -e \$__dbguard_stamp && ! $value -nt \$__dbguard_stamp" ;;
        (+*) same+=" && -e $value" ;;
        (-*) same+=" && ! -e $value" ;;
      esac
      last=$value
    done
    for (( at = 1; at <= $#values; at++ )); do
      typeset -g "__dbguard_was$at=$values[at]"
    done
    functions[__dbguard_same]="[[ $same ]]"
    # Nothing has changed, our part stands in the prompt as it did with the title in it, and nobody comes after us: all in
    # one function, since calling one takes longer than most of what is in it.
    local calm='! -o xtrace && -z $__dbguard_once$__dbguard_in_p10k && $precmd_functions[-1] == __dbguard_precmd'
    calm+=' && $PROMPT$'"'\\n'"'${RPROMPT-} == "$__dbguard_drawn" && ${psvar[97]-} == "$__dbguard_text"'
    calm+=' && ${psvar[98]-} == "$__dbguard_embeds" && -o prompt_percent && ! -o prompt_bang'
    calm+=' && ( $__dbguard_how == percent && ! -o prompt_subst || $__dbguard_how == percentsubst && -o prompt_subst )'
    functions[__dbguard_precmd]="[[ $calm && $same ]] || __dbguard_turn"
  }

  # Asks. Until the whole answer is there, also when Ctrl-C ends this here, the prompt shows that it is not known:
  # never the answer from before.
  function __dbguard_ask {
    local -a __dbguard_told __dbguard_lines
    local __dbguard_titled=$__dbguard_title __dbguard_answer
    if [[ $PATH != "$__dbguard_seen_path" ]]; then __dbguard_told+=(path); fi
    if [[ -n $__dbguard_titled ]]; then __dbguard_told+=(titled); fi
    __dbguard_unknown
    # What it prints would get into the answer. It is the user's own again when this function returns.
    trap - DEBUG
    if [[ -z $__dbguard_titled ]] && __dbguard_recall; then
      return
    fi
    if [[ ! -f $__dbguard_program || ! -x $__dbguard_program ]]; then
      return
    fi
    __dbguard_answer=$("$__dbguard_program" prompt --answer $__dbguard_told </dev/null 2>/dev/null) || return 0
    __dbguard_lines=("${(@f)__dbguard_answer}")
    if [[ $__dbguard_lines[1] != 'dbguard 1' || -z $__dbguard_lines[6] ]]; then
      return
    fi
    __dbguard_take
    # Links may have been made for tools that zsh has found elsewhere before.
    if [[ $PATH != "$__dbguard_seen_path" ]]; then
      __dbguard_seen_path=$PATH
      \builtin rehash
    fi
    __dbguard_remember
  }

  # Takes the answer that `init` has left for the first prompt, if everything is still as it was then: that is compared
  # before anything of it is believed. src/shell/answer.rs has written it in the same words.
  function __dbguard_recall {
    local __dbguard_left=$__dbguard_first __dbguard_words __dbguard_name
    __dbguard_first=
    if [[ ! -f $__dbguard_left || ! -r $__dbguard_left ]]; then
      return 1
    fi
    __dbguard_lines=("${(@f)$(<$__dbguard_left)}")
    # It has values in it, and nobody else is to read them.
    { : >|$__dbguard_left } 2>/dev/null
    __dbguard_left=$__dbguard_lines[1]
    shift __dbguard_lines
    if [[ $__dbguard_lines[1] != 'dbguard 1' || -z $__dbguard_lines[6] ]]; then
      return 1
    fi
    __dbguard_name_vars
    __dbguard_words=$PWD$'\037'$PATH
    for __dbguard_name in $__dbguard_names; do
      if (( ${(P)+__dbguard_name} )); then
        __dbguard_words+=$'\037'$__dbguard_name:${(tP)__dbguard_name}=${(P)__dbguard_name}
      fi
    done
    if [[ $__dbguard_words != "$__dbguard_left" ]]; then
      return 1
    fi
    __dbguard_take
    __dbguard_remember
    if ! __dbguard_same; then
      __dbguard_unknown
      return 1
    fi
    __dbguard_seen_path=$PATH
  }

  # The vars that an answer depends on: those that all do, and those that it names. They become code: what is no name is
  # none.
  function __dbguard_name_vars {
    local -a named=(${${(M)__dbguard_lines[13,-1]:#\$*}#\$})
    __dbguard_names=(${(s. .)__dbguard_vars} ${(M)named:#[A-Za-z_][A-Za-z0-9_]#})
  }

  # Takes the values of the answer, which stands in __dbguard_lines.
  function __dbguard_take {
    __dbguard_level=$__dbguard_lines[2] __dbguard_text=$__dbguard_lines[3] __dbguard_sgr=${__dbguard_lines[5]//[^0-9;]/} __dbguard_position=$__dbguard_lines[6]
    __dbguard_title=$__dbguard_lines[7] __dbguard_once+=$__dbguard_lines[8] __dbguard_each=$__dbguard_lines[9] __dbguard_leave=$__dbguard_lines[10]
    __dbguard_stamp=$__dbguard_lines[12]
    __dbguard_watched=("${(@)__dbguard_lines[13,-1]}")
    __dbguard_name_vars
    __dbguard_fit
    if [[ ${(t)DBGUARD_SHOWN} != *readonly* ]]; then typeset -gx DBGUARD_SHOWN="$$ $__dbguard_lines[11]"; fi
    if [[ ${DISABLE_AUTO_TITLE-} == true ]]; then
      # The user of oh-my-zsh wants no titles: whatever sets one is taken out, a tint is left.
      local sets_title=$'(\e\\][012];[^\a\e]#(\a|\e\\\\)|\ek[^\e]#\e\\\\)'
      __dbguard_title= __dbguard_once=${__dbguard_once//$~sets_title/}
      __dbguard_each=${__dbguard_each//$~sets_title/} __dbguard_leave=${__dbguard_leave//$~sets_title/}
    fi
  }

  # Nothing is known: said in the same place, and in the title if that spoke of an environment. A tint stays, and so does
  # what takes it back.
  function __dbguard_unknown {
    local text='▲ UNKNOWN dbguard does not answer'
    functions[__dbguard_same]='return 1' functions[__dbguard_precmd]=__dbguard_turn
    __dbguard_stamp= __dbguard_level=unknown __dbguard_text=$text __dbguard_sgr='1;31'
    if [[ -n ${NO_COLOR-} || ${TERM-} == (|dumb) ]]; then
      __dbguard_sgr=
    fi
    __dbguard_fit
    if [[ -n $__dbguard_title ]]; then
      __dbguard_each=${__dbguard_each//"$__dbguard_title"/$text}
      __dbguard_title=$text
    fi
    __dbguard_watched=()
    __dbguard_drawn=
    psvar[97]=$__dbguard_text
    if [[ ${(t)DBGUARD_SHOWN} != *readonly* ]]; then unset DBGUARD_SHOWN; fi
  }

  # In a locale that knows bytes only, zsh would show each byte of a sign by its number.
  function __dbguard_fit {
    local sign=▲
    if (( $#sign > 1 )); then
      __dbguard_text=${${__dbguard_text//[^ -~]/}##\ #}
    fi
  }

  # Puts the text into its place in the prompt: in psvar, or, where that is not to be had, escaped. A theme may have built PROMPT anew, or emptied psvar.
  function __dbguard_show {
    local body=%97v left= right= plain= tail= escaped
    if [[ "$psvar[97]" != "$__dbguard_text" ]]; then
      psvar[97]=$__dbguard_text
    fi
    if [[ -n $__dbguard_sgr ]]; then
      body=$'%{\e['$__dbguard_sgr$'m%}'$body$'%{\e[0m%}'
    fi
    if [[ -n $__dbguard_in_p10k ]]; then
      : # powerlevel10k draws it, as a segment.
    elif [[ $__dbguard_how != percent* ]]; then
      __dbguard_literal
    elif [[ $__dbguard_position == right ]]; then
      right="%(97V.$body .)"
    elif [[ $__dbguard_position == line ]]; then
      left="%(97V.$body"$'\n.)'
    else
      left="%(97V.$body .)"
    fi
    # Title and tint go with the prompt, in one piece. One that sets a title itself sets it after us, so ours stands at its end.
    __dbguard_place PROMPT '' '' ''
    __dbguard_embeds=
    if [[ -n $__dbguard_each && -z $__dbguard_in_p10k && $__dbguard_how == percent* ]]; then
      # The words come from psvar as well: PROMPT may be read otherwise than now, or be a copy of an earlier one.
      __dbguard_embeds=1
      if [[ -n $__dbguard_title ]]; then
        __dbguard_embeds=$__dbguard_title
        if (( ${#:-▲} > 1 )); then __dbguard_embeds=${${__dbguard_title//[^ -~]/}##\ #}; fi
        __dbguard_escape ${${__dbguard_each//"$__dbguard_title"/$'\036'}//\%/%%}
        escaped=${escaped//$'\036'/%98v}
      else
        __dbguard_escape ${__dbguard_each//\%/%%}
      fi
      if [[ $PROMPT == *$'\e'(']'[012]';'|k)* ]]; then
        tail=$'%(98V\037%{'$escaped$'%}\037)'
      else
        left=$'%(98V\037%{'$escaped$'%}\037)'$left
      fi
    fi
    if [[ "$psvar[98]" != "$__dbguard_embeds" ]]; then
      psvar[98]=$__dbguard_embeds
    fi
    __dbguard_place PROMPT "$left" "$plain" "$tail"
    __dbguard_place RPROMPT "$right" '' ''
    __dbguard_plain=$plain
    __dbguard_drawn=$PROMPT$'\n'$RPROMPT
  }

  # Without percent signs in prompts there is no psvar and no colour: the text itself goes into the prompt.
  function __dbguard_literal {
    __dbguard_escape "${(V)__dbguard_text}"
    plain=$escaped
    if [[ -n $plain && $__dbguard_position == line ]]; then
      plain+=$'\n'
    elif [[ -n $plain ]]; then
      plain+=' '
    fi
  }

  # __dbguard_escape TEXT: the text so that no option of the user's makes more of it in a prompt, in escaped.
  function __dbguard_escape {
    escaped=$1
    if [[ $__dbguard_how == *subst* ]]; then escaped=${escaped//(#m)[\\\$\`]/\\$MATCH}; fi
    if [[ $__dbguard_how == *bang* ]]; then escaped=${escaped//!/!!}; fi
  }

  # __dbguard_place NAME PREFIX PLAIN TAIL: our part stands once, at the beginning of this prompt, and TAIL at its end.
  function __dbguard_place {
    local now=${(P)1-} segment='%(97V.' painted=$'%(98V\037'
    now=${now//${painted}[^$'\037']#$'\037'\)/}
    if [[ $1 == PROMPT && -n $__dbguard_plain ]]; then
      now=${now#"$__dbguard_plain"}
    fi
    now=$2$3${now//${segment}[^.]#.\)/}$4
    if [[ $now != "${(P)1-}" && ${(tP)1} != *readonly* ]]; then
      typeset -g "$1=$now"
    fi
  }

  # What the terminal is to be told: the title, the tint. Nothing while the line is being edited (widgets that change the
  # directory call the hooks), and nothing where this is no terminal (powerlevel10k keeps it away until its first prompt).
  function __dbguard_send {
    local now=$__dbguard_once
    if [[ -z $__dbguard_embeds ]]; then
      now+=$__dbguard_each
    fi
    if [[ -n $now && -t 1 ]] && ! \builtin zle; then
      \builtin print -rn -- "$now"
      __dbguard_once=
    fi
  }

  # Moves us to our place, from the next prompt on: last, so that our title is the last, but before powerlevel10k, which
  # draws what we have found out. Somebody who wants to be last too is not fought for ever.
  function __dbguard_move {
    local -a others=("${(@)precmd_functions:#(__dbguard_precmd|_p9k_precmd)}")
    local -a p10k=("${(@M)precmd_functions:#_p9k_precmd}")
    if (( __dbguard_moved < 9 )); then
      __dbguard_moved+=1
      precmd_functions=("${others[@]}" __dbguard_precmd "${p10k[@]}")
    fi
  }

  # powerlevel10k builds its prompt anew at any time, so the way in is a segment. It is put first on the left, unless the
  # user has put it somewhere.
  function __dbguard_segment {
    local -i ours=$precmd_functions[(Ie)__dbguard_precmd] theirs=$precmd_functions[(Ie)_p9k_precmd]
    if (( theirs == 0 )); then
      __dbguard_in_p10k= __dbguard_drawn=
      return
    fi
    if (( theirs < ours )); then
      __dbguard_move
    fi
    if [[ -z $__dbguard_in_p10k ]]; then
      __dbguard_in_p10k=yes __dbguard_drawn=
      if [[ "$POWERLEVEL9K_LEFT_PROMPT_ELEMENTS $POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS" != *dbguard* ]]; then
        __dbguard_in_p10k=ours
        typeset -ga POWERLEVEL9K_LEFT_PROMPT_ELEMENTS
        POWERLEVEL9K_LEFT_PROMPT_ELEMENTS=(dbguard "${POWERLEVEL9K_LEFT_PROMPT_ELEMENTS[@]}")
        p10k reload
      fi
    fi
  }

  # The segment. Its state is the level, so POWERLEVEL9K_DBGUARD_PRODUCTION_BACKGROUND and the like can be set.
  function prompt_dbguard {
    local number
    local -a look
    if [[ -z $__dbguard_text ]]; then
      return
    fi
    for number in ${(s.;.)__dbguard_sgr}; do
      case $number in
        (3[0-7]) look+=(-f $((number - 30))) ;;
        (9[0-7]) look+=(-f $((number - 82))) ;;
        (4[0-7]) look+=(-b $((number - 40))) ;;
        (10[0-7]) look+=(-b $((number - 92))) ;;
      esac
    done
    p10k segment -s "${(U)__dbguard_level}" "${look[@]}" -t '%97v'
  }

  # The instant prompt is drawn from what was known in another shell, maybe about another database: it says nothing.
  function instant_prompt_dbguard {
    :
  }

  # What takes title and tint back is sent when the shell ends. zsh calls this in the shell itself only, not in subshells.
  function __dbguard_exit {
    \builtin emulate -L zsh
    if [[ -n $__dbguard_leave && -t 1 ]]; then
      \builtin print -rn -- "$__dbguard_leave"
    fi
  }

  # The functions that the user wanted instead of PATH. Each stands alone, since coding agents copy functions without
  # those that begin with an underscore. A function of the user's own stays, and runs the shim.
  function __dbguard_define {
    local name
    for name in ${(s. .)__dbguard_functions}; do
      if [[ $name == [A-Za-z_][A-Za-z0-9_-]# ]] && __dbguard_owns $name; then
        functions[$name]="${(qq)__dbguard_program} run -- $name \"\$@\""
      fi
    done
  }

  # Whether a function of this name would be ours, or there is none.
  function __dbguard_owns {
    [[ -z ${functions[$1]-} || $functions[$1] == *" run -- $1 "* ]]
  }

  # Takes everything out of the running shell; `dbguard init zsh --remove` calls it.
  function __dbguard_remove {
    \builtin emulate -L zsh -o extended_glob -o no_xtrace -o no_aliases
    local name
    precmd_functions=("${(@)precmd_functions:#__dbguard_precmd}")
    zshexit_functions=("${(@)zshexit_functions:#__dbguard_exit}")
    __dbguard_once=$__dbguard_leave __dbguard_each=
    __dbguard_send
    __dbguard_place PROMPT '' '' ''
    __dbguard_place RPROMPT '' '' ''
    if [[ $#psvar -ge 97 ]]; then
      psvar[97,98]=()
      while [[ $#psvar -gt 0 && -z $psvar[-1] ]]; do psvar[-1]=(); done
    fi
    if [[ -n ${functions[spaceship::populate]-} ]]; then
      functions[spaceship::populate]=${functions[spaceship::populate]/%$'\n'[[:space:]]#__dbguard_again/}
    fi
    if [[ $__dbguard_in_p10k == ours ]]; then
      POWERLEVEL9K_LEFT_PROMPT_ELEMENTS=("${(@)POWERLEVEL9K_LEFT_PROMPT_ELEMENTS:#dbguard}")
      p10k reload
    fi
    for name in ${(s. .)__dbguard_functions}; do
      if [[ -n ${functions[$name]-} ]] && __dbguard_owns $name; then unfunction $name; fi
    done
    local -a entries=("${(@s.:.)PATH}")
    typeset -gx PATH="${(j.:.)${(@)entries:#$__dbguard_shims(/|)}}"
    unset DBGUARD_SHOWN
    unset -m '__dbguard_*'
    unfunction prompt_dbguard instant_prompt_dbguard
    unfunction -m '__dbguard_*'
  }

  # Hooks in. Read a second time, everything starts anew and stands there once.
  function __dbguard_start {
    \builtin emulate -L zsh -o extended_glob -o no_xtrace -o no_aliases
    functions[__dbguard_same]='return 1' functions[__dbguard_precmd]=__dbguard_turn
    typeset -ga precmd_functions zshexit_functions
    __dbguard_move
    __dbguard_moved=0
    zshexit_functions=("${(@)zshexit_functions:#__dbguard_exit}" __dbguard_exit)
    __dbguard_define
  }

  __dbguard_start
fi
