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
  typeset -g __dbguard_seen_path= __dbguard_asking=yes __dbguard_form= __dbguard_here= __dbguard_was= __dbguard_newest=
  typeset -g __dbguard_untitled= __dbguard_plain= __dbguard_how= __dbguard_parts= __dbguard_placed= __dbguard_drawn=
  typeset -g __dbguard_level=none __dbguard_text= __dbguard_sgr= __dbguard_position=left
  typeset -g __dbguard_title= __dbguard_once= __dbguard_each= __dbguard_embeds= __dbguard_leave= __dbguard_in_p10k=${__dbguard_in_p10k-}
  # Arrays of hooks that are there because of us alone.
  typeset -g __dbguard_made=${__dbguard_made-}
  typeset -ga __dbguard_usual=(${(s. .)__dbguard_vars})
  typeset -gi __dbguard_moved=0

  # Before each prompt, unless nothing has changed: __dbguard_write writes what stands before it. zsh itself gives back
  # $?, $pipestatus and $_ after it.
  function __dbguard_turn {
    # One of us has only asked whether all is as it was, and it is not.
    if [[ ${1-} == __dbguard_same ]]; then return 1; fi
    # How the prompt is going to be read, by the options of the user; from emulate on they are our own.
    local __dbguard_read=percent
    if [[ ! -o prompt_percent ]]; then __dbguard_read=literal; fi
    if [[ -o prompt_subst ]]; then __dbguard_read+=subst; fi
    if [[ -o prompt_bang ]]; then __dbguard_read+=bang; fi
    \builtin emulate -L zsh -o extended_glob -o no_xtrace -o no_aliases
    if ! __dbguard_same; then
      __dbguard_ask
    fi
    if [[ -n $__dbguard_in_p10k || $precmd_functions[(Ie)_p9k_precmd] -ne 0 ]]; then
      __dbguard_segment
    fi
    # Whatever its version, what it hooks in has its name; to ask for a function first would have zsh load a module.
    if [[ -n $precmd_functions[(r)*spaceship*] && -n ${functions[spaceship::populate]-} &&
          $functions[spaceship::populate] != *__dbguard_again* ]]; then
      functions[spaceship::populate]+=$'\n__dbguard_again'
    fi
    if [[ -z $__dbguard_drawn || $__dbguard_read != "$__dbguard_how" ||
          "$PROMPT"$'\036'"$RPROMPT"$'\036'"$psvar[97]"$'\036'"$psvar[98]" != "$__dbguard_drawn" ]]; then
      __dbguard_how=$__dbguard_read
      __dbguard_show
    fi
    if [[ -t 1 && ( $precmd_functions[-1] == __dbguard_precmd || -n $__dbguard_in_p10k ) ]]; then
      if [[ -n $__dbguard_once || -z $__dbguard_embeds ]]; then __dbguard_send; fi
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
      __dbguard_ask
    fi
    __dbguard_show
    __dbguard_send
    return $__dbguard_code
  }

  # Whether all that the answer depends on is as it was. Most often it is the directory that is another.
  function __dbguard_same {
    [[ -z $__dbguard_asking && "$PWD" == "$__dbguard_here" ]] && __dbguard_precmd __dbguard_same
  }

  # __dbguard_write VARS SET MARKS: writes the condition that all that an answer depends on is as it was, and what notes how
  # it is. There are names and numbers in them but no values, so an answer mostly finds those of the one before.
  #
  # There are no subscripts in the condition, which mean something else with the option ksh_arrays, but where nothing is
  # calm then; nor is anything read that may be unset; and with xtrace no value is shown.
  function __dbguard_write {
    # What is set is compared in one, since zsh takes longer to compare than to put together. A var counts with its
    # attributes: one that is not exported is not seen by psql.
    local now=$'$PWD\037${PATH-}' noted= same= name mark stamp
    local -a set=(${(s.$.)2}) others=(${(s.$.)1})
    local -i at=15
    for name in $set; do
      now+=$'\037'"$name:\${(t)$name-}=\${$name-}"
    done
    # What is gone is neither newer nor older; a shell's own directory is always there.
    for mark in ${(s..)3}; do
      at+=1
      name="\"\$__dbguard_$at\"" noted+=" __dbguard_$at=\"\$__dbguard_fields[$at]\""
      case $mark in
        (.) same+=" && -e $name && ! . -nt $name && ! . -ot $name" ;;
        (\=)
          at+=1
          stamp="\"\$__dbguard_$at\"" noted+=" __dbguard_$at=\"\$__dbguard_fields[$at]\""
          same+=" && -e $name && -e $stamp && ! $name -nt $stamp && ! $name -ot $stamp"
          ;;
        (\<) same+=" && -e \$__dbguard_newest && ! $name -nt \$__dbguard_newest" ;;
        (\~) same+=" && . -ef $name" ;;
        (+) same+=" && -e $name" ;;
        (-) same+=" && ! -e $name" ;;
        (*) return 1 ;;
      esac
    done
    # That is the hook's own, and nobody exports it.
    if [[ -v DISABLE_AUTO_TITLE ]]; then
      same+=' && ${DISABLE_AUTO_TITLE-} == "$__dbguard_untitled"'
    else
      others+=(DISABLE_AUTO_TITLE)
    fi
    local usual="${(@j. && ! -v .)__dbguard_usual:|set}" more="${(@j. && ! -v .)others:|set}"
    # Nothing has changed, our part stands in the prompt as it did with the title in it, and nobody comes after us: all in
    # one function, since calling one takes longer than most of what is in it. Some of us only ask whether nothing has
    # changed. Without the program nothing is guarded, so the prompt must not look as if it were.
    local calm='! -o xtrace && -z "$__dbguard_asking$__dbguard_once$__dbguard_in_p10k"'
    local drawn=$'"$PROMPT\036${RPROMPT-}\036${psvar[97]-}\036${psvar[98]-}" == "$__dbguard_drawn" && $precmd_functions[-1] == __dbguard_precmd'
    drawn+=' && -o prompt_percent && ! -o prompt_bang'
    drawn+=' && ( $__dbguard_how == percent && ! -o prompt_subst || $__dbguard_how == percentsubst && -o prompt_subst )'
    local only='${1-} == __dbguard_same'
    # Setting functions[…] would have zsh load a module first.
    \builtin eval "function __dbguard_precmd {
      [[ ( $calm || $only ) && \"$now\" == \"\$__dbguard_was\" && ( $drawn || $only )\
        && -x \"\$__dbguard_program\"${usual:+ && ! -v $usual}${more:+ && ! -v $more}$same ]] || __dbguard_turn \"\$@\"
    }
    function __dbguard_note { __dbguard_here=\"\$PWD\" __dbguard_was=\"$now\"$noted }"
  }

  # Asks. Until the whole answer is there, also when Ctrl-C ends this here, the prompt shows that it is not known:
  # never the answer from before.
  function __dbguard_ask {
    local -a __dbguard_told __dbguard_fields
    if [[ $PATH != "$__dbguard_seen_path" ]]; then
      __dbguard_path
      __dbguard_told+=(path)
    fi
    if [[ -n $__dbguard_title ]]; then __dbguard_told+=(titled); fi
    __dbguard_unknown
    # What it prints would get into the answer. It is the user's own again when this function returns.
    trap - DEBUG
    if [[ -n $__dbguard_first ]] && __dbguard_recall; then
      return
    fi
    if [[ ! -f $__dbguard_program || ! -x $__dbguard_program ]]; then
      return
    fi
    __dbguard_fields=("${(@f)$("$__dbguard_program" prompt --answer $__dbguard_told </dev/null 2>/dev/null)}") || return 0
    # Links may have been made for tools that zsh has found elsewhere before.
    if [[ $__dbguard_told[1] == path && $__dbguard_fields[1] == 'dbguard 2' ]]; then
      __dbguard_seen_path=$PATH
      \builtin rehash
    fi
    __dbguard_take
  }

  # Takes the answer that `init` has left for the first prompt, if everything is still as it was then.
  function __dbguard_recall {
    local __dbguard_left=$__dbguard_first
    __dbguard_first=
    if [[ ! -f $__dbguard_left || ! -r $__dbguard_left ]]; then
      return 1
    fi
    __dbguard_fields=("${(@f)$(<$__dbguard_left)}")
    # It has values in it, and nobody else is to read them.
    { : >|$__dbguard_left } 2>/dev/null
    __dbguard_left=$__dbguard_fields[1]
    shift __dbguard_fields
    __dbguard_take || return 1
    __dbguard_seen_path=$PATH
  }

  # Takes the answer, the fields of which are in __dbguard_fields. One that was left is compared before it is believed.
  function __dbguard_take {
    local __dbguard_unsure=yes
    if [[ $__dbguard_fields[1] != 'dbguard 2' || -z $__dbguard_fields[6] ]]; then return 1; fi
    if ! __dbguard_remember && [[ -n ${__dbguard_left-} ]]; then return 1; fi
    # In quotes zsh looks for less in what it assigns.
    __dbguard_level="$__dbguard_fields[2]" __dbguard_text="$__dbguard_fields[3]"
    __dbguard_sgr=${(M)__dbguard_fields[5]:#[0-9;]#} __dbguard_position="$__dbguard_fields[6]"
    __dbguard_title="$__dbguard_fields[7]" __dbguard_once+="$__dbguard_fields[8]"
    __dbguard_each="$__dbguard_fields[9]" __dbguard_leave="$__dbguard_fields[10]"
    if [[ ${#:-▲} != 1 ]]; then __dbguard_fit; fi
    if [[ ${(t)DBGUARD_SHOWN} != *readonly* ]]; then typeset -gx DBGUARD_SHOWN="$$ $__dbguard_fields[11]"; fi
    if [[ ${DISABLE_AUTO_TITLE-} == true ]]; then
      # The user of oh-my-zsh wants no titles: whatever sets one is taken out, a tint is left.
      local sets_title=$'(\e\\][012];[^\a\e]#(\a|\e\\\\)|\ek[^\e]#\e\\\\)'
      __dbguard_title= __dbguard_once=${__dbguard_once//$~sets_title/}
      __dbguard_each=${__dbguard_each//$~sets_title/} __dbguard_leave=${__dbguard_leave//$~sets_title/}
    fi
    __dbguard_asking=$__dbguard_unsure
  }

  # Notes how everything is that this answer depends on. Names of vars become code: where one of them is no name, nothing
  # is noted, and each prompt asks. An answer that was left comes with what would have to be noted, in the words of
  # src/shell/answer.rs.
  function __dbguard_remember {
    local __dbguard_asked="$__dbguard_fields[13] $__dbguard_fields[14] $__dbguard_fields[15]" __dbguard_before=$__dbguard_was
    if [[ -z $__dbguard_fields[12] ]]; then return 1; fi
    if [[ "$__dbguard_asked" != "$__dbguard_form" ]]; then
      __dbguard_form= __dbguard_before=
      if [[ $__dbguard_fields[13]$__dbguard_fields[14] != (\$[A-Za-z_][A-Za-z0-9_]#)# ]]; then return 1; fi
      __dbguard_write "$__dbguard_fields[13]" "$__dbguard_fields[14]" "$__dbguard_fields[15]" || return 1
    fi
    __dbguard_newest="$__dbguard_fields[12]" __dbguard_untitled=${DISABLE_AUTO_TITLE-}
    __dbguard_note
    if [[ -n ${__dbguard_left-} ]]; then
      [[ $__dbguard_was == "$__dbguard_left" ]] && __dbguard_precmd __dbguard_same || return 1
    elif [[ -z $__dbguard_before || $__dbguard_before == "$__dbguard_was" ]] && ! __dbguard_precmd __dbguard_same; then
      # It was written anew, or nothing is another that is compared in one.
      __dbguard_remember_hidden
    fi
    __dbguard_form="$__dbguard_asked" __dbguard_unsure=
  }

  # A var may be set and not exported: the program knows nothing of it, and it may be exported later.
  function __dbguard_remember_hidden {
    local __dbguard_set= __dbguard_name
    for __dbguard_name in $__dbguard_usual ${(s.$.)__dbguard_fields[13]}; do
      if [[ -v $__dbguard_name ]]; then __dbguard_set+=\$$__dbguard_name; fi
    done
    __dbguard_form=
    __dbguard_write "$__dbguard_fields[13]" "$__dbguard_set" "$__dbguard_fields[15]"
    __dbguard_note
  }

  # Nothing is known: said in the same place, and in the title if that spoke of an environment. A tint stays, and so does
  # what takes it back.
  function __dbguard_unknown {
    local text='▲ UNKNOWN dbguard does not answer'
    __dbguard_asking=yes __dbguard_level=unknown __dbguard_text=$text __dbguard_sgr='1;31'
    if [[ ${#:-▲} != 1 ]]; then __dbguard_fit; fi
    psvar[97,98]=("$__dbguard_text" "${__dbguard_embeds:+$__dbguard_text}")
    if [[ -n ${NO_COLOR-} || ${TERM-} == (|dumb) ]]; then
      __dbguard_sgr=
    fi
    if [[ -n $__dbguard_title ]]; then
      __dbguard_each=${__dbguard_each//"$__dbguard_title"/$text}
      __dbguard_title=$text
    fi
    if [[ -n $__dbguard_plain ]]; then __dbguard_show; fi
    __dbguard_drawn=
    if [[ ${(t)DBGUARD_SHOWN} != *readonly* ]]; then unset DBGUARD_SHOWN; fi
  }

  # In a locale that knows bytes only, zsh would show each byte of a sign by its number.
  function __dbguard_fit {
    __dbguard_text=${${__dbguard_text//[^ -~]/}##\ #}
  }

  # Shows the text: in psvar, or, where that is not to be had, escaped. A theme may have built PROMPT anew, or emptied psvar.
  function __dbguard_show {
    local parts="$__dbguard_how $__dbguard_sgr $__dbguard_position $__dbguard_in_p10k $__dbguard_title $__dbguard_each"
    if [[ -n $__dbguard_plain || $__dbguard_how != percent* || "$parts" != "$__dbguard_parts" ||
          "$PROMPT"$'\036'"$RPROMPT" != "$__dbguard_placed" ]]; then
      __dbguard_parts=
      __dbguard_build
      __dbguard_parts=$parts __dbguard_placed="$PROMPT"$'\036'"$RPROMPT"
    fi
    # Setting one of them takes as long as setting both.
    if [[ "$psvar[97]" != "$__dbguard_text" || "$psvar[98]" != "$__dbguard_embeds" ]]; then
      psvar[97,98]=("$__dbguard_text" "$__dbguard_embeds")
    fi
    __dbguard_drawn="$__dbguard_placed"$'\036'"$__dbguard_text"$'\036'"$__dbguard_embeds"
  }

  # Puts our parts into their places in the prompts.
  function __dbguard_build {
    local body=%97v left= right= plain= tail= escaped bare
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
    __dbguard_bare PROMPT
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
      if [[ $bare == *$'\e'(']'[012]';'|k)* ]]; then
        tail=$'%(98V\037%{'$escaped$'%}\037)'
      else
        left=$'%(98V\037%{'$escaped$'%}\037)'$left
      fi
    fi
    __dbguard_put PROMPT "$left$plain$bare$tail"
    __dbguard_bare RPROMPT
    __dbguard_put RPROMPT "$right$bare"
    __dbguard_plain=$plain
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

  # __dbguard_bare NAME: this prompt without our parts, in bare.
  function __dbguard_bare {
    local segment='%(97V.' painted=$'%(98V\037'
    bare=${(P)1-}
    if [[ -n $__dbguard_plain && $1 == PROMPT ]]; then
      bare=${bare#"$__dbguard_plain"}
    fi
    if [[ $bare == *'%(9'[78]V* ]]; then
      bare=${bare//${painted}[^$'\037']#$'\037'\)/}
      bare=${bare//${segment}[^.]#.\)/}
    fi
  }

  # __dbguard_put NAME TEXT: sets this prompt, if that may be.
  function __dbguard_put {
    if [[ "$2" != "${(P)1-}" && ${(tP)1} != *readonly* ]]; then
      typeset -g "$1=$2"
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

  # Completion of dbguard itself, where compinit has found none: it is fetched at the first TAB.
  function __dbguard_complete {
    \builtin eval "$("$__dbguard_program" completions zsh </dev/null 2>/dev/null)"
    _dbguard "$@"
  }

  # Takes everything out of the running shell; `dbguard init zsh --remove` calls it.
  function __dbguard_remove {
    \builtin emulate -L zsh -o extended_glob -o no_xtrace -o no_aliases
    local name bare
    precmd_functions=("${(@)precmd_functions:#__dbguard_precmd}")
    zshexit_functions=("${(@)zshexit_functions:#__dbguard_exit}")
    for name in ${(s. .)__dbguard_made}; do
      if [[ ${(P)#name} == 0 ]]; then unset $name; fi
    done
    __dbguard_once=$__dbguard_leave __dbguard_each=
    __dbguard_send
    for name in PROMPT RPROMPT; do
      __dbguard_bare $name
      __dbguard_put $name "$bare"
    done
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
    if [[ -n ${__dbguard_completes-} ]]; then
      compdef -d dbguard
      unfunction -m '_dbguard*'
    fi
    unset -m '__dbguard_*'
    unfunction prompt_dbguard instant_prompt_dbguard
    unfunction -m '__dbguard_*'
  }

  # Hooks in. Read a second time, everything starts anew and stands there once.
  function __dbguard_start {
    \builtin emulate -L zsh -o extended_glob -o no_xtrace -o no_aliases
    function __dbguard_precmd { __dbguard_turn "$@" }
    local name
    for name in precmd_functions zshexit_functions; do
      if [[ ! -v $name ]]; then __dbguard_made+=" $name"; fi
    done
    typeset -ga precmd_functions zshexit_functions
    __dbguard_move
    __dbguard_moved=0
    zshexit_functions=("${(@)zshexit_functions:#__dbguard_exit}" __dbguard_exit)
    __dbguard_define
    if [[ -v _comps && -z ${_comps[dbguard]-} ]]; then
      compdef __dbguard_complete dbguard
      __dbguard_completes=yes
    fi
  }

  __dbguard_start
fi
