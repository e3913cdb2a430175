# dbguard: what `dbguard init` evaluates, after a prelude that sets __dbguard_program, __dbguard_shims,
# __dbguard_tints, __dbguard_vars and __dbguard_functions.

if test "$PATH[1]" != "$__dbguard_shims"
    set -gx PATH $__dbguard_shims (string match -v -- $__dbguard_shims $PATH)
end
