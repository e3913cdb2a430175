//! Names that have run, escaped, moved the cursor or turned the writing around in somebody's prompt: one list for every
//! shell and every place that a name may come from.

/// Names as they may stand in a file, one per line.
pub(crate) const HOSTILE: [&str; 28] = [
    "$(touch PWNED)",
    "`touch PWNED`",
    "(touch PWNED)",
    "'; touch PWNED; '\"",
    "${(e):-$(touch PWNED)}",
    "${HOME}$((1+1))$HOME",
    "${__dbguard_program}$(kill $$)",
    "\\u\\h\\w\\$\\!\\#\\[\\e[31m\\]\\033[31m\\a\\n",
    "%n%m%{%}%F{red}%(97V.%97v.)",
    "%97v",
    ".)%{",
    "!! !1 !-1 ^a^b",
    "a\\",
    "\\\\",
    "\\\\e]2;x\\\\a",
    "\\[\\]\\[\\]\\[\\]",
    "\\u202e",
    "* ? [a-z] ~ {a,b} (#i)x",
    "-n",
    "-e",
    "--",
    "=ls",
    "a&b\\&$MATCH",
    "%d%s\\x41",
    "a;b|c>d<e",
    "\u{65e5}\u{672c}",
    "e\u{301}\u{1f469}\u{200d}\u{1f4bb}",
    " a  b ",
];

/// Names that hold what no terminal may be sent.
pub(crate) const CONTROL: [&str; 12] = [
    "a\nb",
    "a\rb",
    "a\tb",
    "a\x07b",
    "a\x1b]0;own\x07b",
    "a\x1b\\b",
    "a\x1b[2Jb",
    "a\x01b\x02c",
    "a\x7fb",
    "a\u{9b}31mb",
    "\u{202e}drowssap",
    "a\u{200b}b",
];
