# dbguard: what `dbguard init` evaluates, after a prelude that sets __dbguard_program, __dbguard_shims,
# __dbguard_tints, __dbguard_vars and __dbguard_functions.

case ":$PATH:" in
":$__dbguard_shims:"*) ;;
*) PATH=$__dbguard_shims:$PATH ;;
esac
