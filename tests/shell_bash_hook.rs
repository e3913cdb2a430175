//! What bash's hook does with an answer: when it asks, what it shows, where it sends what. The answers are canned.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use dbguard::shell::{Answer, Position, Watched, posix};

use crate::shell_bash::{INIT, PRODUCTION, SILENT, STAGING, Session, world};
use crate::support::{Sandbox, tool};

/// A production answer that holds until something changes: an empty file is the stamp and the only thing watched.
pub(crate) fn production(sandbox: &Sandbox) -> Answer {
    let stamp = sandbox.path("record/stamp");
    fs::write(&stamp, "").unwrap();
    Answer {
        level: "production",
        text: "PROD db".to_owned(),
        width: 7,
        color: "1;31".to_owned(),
        title: "PROD".to_owned(),
        each: "\x1b]0;PROD\x07".to_owned(),
        leave: "\x1b]0;home\x07".to_owned(),
        shown: "production db".to_owned(),
        watched: vec![Watched::NotNewer(stamp.clone())],
        stamp,
        ..Answer::default()
    }
}

/// From now on the program answers this.
pub(crate) fn answers(sandbox: &Sandbox, answer: &Answer) {
    let fields = String::from_utf8(answer.fields()).unwrap();
    fs::write(sandbox.path("record/answer"), fields.replace('\n', "\x1f")).unwrap();
}

/// What the program was asked so far, a line for each time.
fn asked(sandbox: &Sandbox) -> Vec<String> {
    let asked = fs::read_to_string(sandbox.path("record/asked")).unwrap_or_default();
    asked.lines().map(str::to_owned).collect()
}

/// The lines that evaluate bash's own file, with a program that answers from a file.
pub(crate) fn hook(sandbox: &Sandbox) -> String {
    let program = sandbox.path("bin/canned program");
    let record = sandbox.path("record");
    let record = record.display();
    fs::write(&program, format!("#!/bin/sh\nprintf '%s\\n' \"$*\" >>{record}/asked\ncat {record}/answer\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/shell/dbguard.bash"));
    let set = |name: &str, path: PathBuf| format!("__dbguard_{name}={}\n", posix(path.as_os_str()));
    set("program", program)
        + &set("shims", sandbox.path("shims"))
        + "__dbguard_vars='$PGHOST$PGDATABASE'\n__dbguard_functions=''\n"
        + &format!(". {}", file.display())
}

pub(crate) fn text(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).into_owned()
}

#[test]
fn it_asks_once_and_then_only_when_something_changes() {
    let sandbox = Sandbox::new();
    let mut answer = production(&sandbox);
    answer.watched.push(Watched::Absent(sandbox.path("record/mark")));
    answers(&sandbox, &answer);
    let mut session = Session::start(&sandbox, &hook(&sandbox));
    assert_eq!(session.prompt(), "PROD db ");
    session.is_quiet();
    let mut count = 1;
    assert_eq!(asked(&sandbox), ["prompt --answer joined path"]);
    let changes = [
        "PGHOST=x",
        "export PGHOST",
        "PGHOST=",
        "unset PGHOST",
        "declare PGDATABASE",
        "export PGDATABASE=a",
        "export -n PGDATABASE",
        "shopt -s nocasematch; PGDATABASE=A",
        "cd /",
        "cd \"$OLDPWD\"",
        "sleep 0.02; touch ../record/stamp.new; mv ../record/stamp.new ../record/stamp.watched",
        "touch ../record/mark",
    ];
    for change in changes {
        session.line(change);
        let expected = match change {
            // Declared and not set; and it was empty: both are the same to psql.
            "declare PGDATABASE" | "unset PGHOST" => count,
            // Nobody watches it.
            change if change.contains("stamp.watched") => count,
            _ => count + 1,
        };
        count = expected;
        assert_eq!(asked(&sandbox).len(), count, "{change}");
    }
    session.line("rm ../record/mark");
    session.line("PATH=$PATH:/nowhere");
    session.is_quiet();
    assert_eq!(asked(&sandbox).last().unwrap(), "prompt --answer joined titled path");
    session.end();
}

#[test]
fn a_watched_file_that_is_newer_or_gone_and_a_stamp_that_is_gone_are_asked_about() {
    let sandbox = Sandbox::new().file("work/a file", "").file("work/b", "");
    let mut answer = production(&sandbox);
    let watch = |name: &str| [Watched::There(sandbox.path(name)), Watched::NotNewer(sandbox.path(name))];
    answer.watched = ["work/a file", "work/b"].iter().flat_map(|name| watch(name)).collect();
    fs::write(&answer.stamp, "").unwrap();
    answers(&sandbox, &answer);
    let mut session = Session::start(&sandbox, &hook(&sandbox));
    session.is_quiet();
    assert_eq!(asked(&sandbox).len(), 1);
    session.line("sleep 0.02; touch b; true");
    assert_eq!(asked(&sandbox).len(), 2);
    session.line("touch ../record/stamp; true");
    session.is_quiet();
    assert_eq!(asked(&sandbox).len(), 2);
    session.line("mv 'a file' away");
    assert_eq!(asked(&sandbox).len(), 3);
    session.line("mv away 'a file'");
    session.is_quiet();
    assert_eq!(asked(&sandbox).len(), 3);
    session.line("rm ../record/stamp");
    session.line("");
    assert_eq!(asked(&sandbox).len(), 5);
    session.end();
}

#[test]
fn an_answer_without_a_stamp_is_asked_for_at_every_prompt() {
    let sandbox = Sandbox::new();
    answers(&sandbox, &Answer { level: "none", ..Answer::default() });
    let mut session = Session::start(&sandbox, &hook(&sandbox));
    assert_eq!(session.prompt(), "");
    session.is_quiet();
    assert_eq!(asked(&sandbox).len(), 4);
    session.end();
}

#[test]
fn whatever_is_no_answer_is_said_to_be_none_and_asked_for_again() {
    let not = [
        &b"dbguard 3\x1fproduction\x1fPROD\x1f7\x1f\x1fleft\x1f"[..],
        &b"y\x1f".repeat(200_000),
        b"",
        b"dbguard 2\nproduction\nPROD\n7\n\nleft\n",
        b"dbguard 2\x1fproduction\x1fPROD\x1f",
        b"\n\n\n",
        b"bash: syntax error\n",
        b"\xff\xfe\n",
    ];
    for bytes in not {
        let sandbox = Sandbox::new();
        answers(&sandbox, &production(&sandbox));
        let mut session = Session::start(&sandbox, &hook(&sandbox));
        fs::write(sandbox.path("record/answer"), bytes).unwrap();
        session.line("PGHOST=x");
        assert_eq!(session.prompt(), SILENT, "{bytes:?}");
        assert_eq!(session.line("echo ${DBGUARD_SHOWN-none}"), "none");
        session.is_quiet();
        answers(&sandbox, &production(&sandbox));
        session.line("");
        assert_eq!(session.prompt(), "PROD db ");
        session.end();
    }
}

#[test]
fn an_answer_that_was_interrupted_is_asked_for_again() {
    let sandbox = Sandbox::new();
    answers(&sandbox, &production(&sandbox));
    let mut session = Session::start(&sandbox, &hook(&sandbox));
    let slow = "#!/bin/sh\necho asking >/dev/tty\nsleep 20\n";
    let program = sandbox.path("bin/canned program");
    let quick = fs::read(&program).unwrap();
    fs::write(&program, slow).unwrap();
    session.pty.send("PGHOST=x\n").wait_for("asking");
    // It would hang again: there is a prompt all the same.
    session.pty.send("\x03");
    session.wait();
    assert_eq!(session.prompt(), SILENT);
    fs::write(&program, quick).unwrap();
    session.line("");
    assert_eq!(session.prompt(), "PROD db ");
    session.is_quiet();
    session.end();
}

#[test]
fn it_stands_left_right_or_on_a_line_of_its_own() {
    for (position, off) in [Position::Left, Position::Right, Position::Line]
        .into_iter()
        .flat_map(|position| ["", "\nshopt -u promptvars"].map(|off| (position, off)))
    {
        let sandbox = Sandbox::new();
        answers(&sandbox, &Answer { position, ..production(&sandbox) });
        let mut session = Session::start(&sandbox, &(hook(&sandbox) + off));
        session.line("");
        session.line("");
        let raw = text(&session.end());
        let expected = match position {
            Position::Left => "\x1b]0;PROD\x07\x1b[1;31mPROD db\x1b[0m ready> ",
            Position::Line => "\x1b]0;PROD\x07\x1b[1;31mPROD db\x1b[0m\r\nready> ",
            Position::Right => "\x1b]0;PROD\x07\x1b7\x1b[999C\x1b[6D\x1b[1;31mPROD db\x1b[0m\x1b8ready> ",
        };
        assert!(raw.contains(expected), "{position:?}{off}: {raw:?}");
    }
}

#[test]
fn at_the_right_edge_it_is_shown_only_where_there_is_room() {
    let sandbox = Sandbox::new();
    answers(&sandbox, &Answer { position: Position::Right, ..production(&sandbox) });
    let mut session = Session::start(&sandbox, &hook(&sandbox));
    assert_eq!(session.prompt(), "PROD db");
    session.pty.resize(24, 7);
    // Bash learns of the new size by a signal, while it reads a line.
    let fits = (0..50).all(|_| {
        session.line("");
        !session.prompt().ends_with("PROD db ")
    });
    assert!(!fits, "{}", session.pty.screen());
    session.end();
}

#[test]
fn a_prompt_that_begins_with_an_empty_line_keeps_it_above() {
    for lines in ["\\n", "$'\\n'", "\\n\\n"] {
        let sandbox = Sandbox::new();
        answers(&sandbox, &production(&sandbox));
        let quoted =
            if lines.starts_with('$') { "PS1=$'\\nready> '".to_owned() } else { format!("PS1='{lines}ready> '") };
        let mut session = Session::start(&sandbox, &format!("{}\n{quoted}", hook(&sandbox)));
        session.line("");
        assert_eq!(session.prompt(), "PROD db ");
        let raw = text(&session.end());
        assert!(raw.contains("\r\n\x1b]0;PROD\x07\x1b[1;31mPROD db"), "{raw:?}");
    }
}

#[test]
fn whoever_sets_the_prompt_finds_it_decorated_once() {
    let sandbox = Sandbox::new();
    answers(&sandbox, &production(&sandbox));
    let mut session = Session::start(&sandbox, &hook(&sandbox));
    for (change, expected) in [
        ("PS1='x rea''dy> '", "PROD db x "),
        ("PS1=\"(venv) $PS1\"", "(venv) PROD db x "),
        ("old=$PS1; PS1='y rea''dy> '", "PROD db y "),
        ("PS1=$old", "(venv) PROD db x "),
        ("shopt -u promptvars", "PROD db (venv) x "),
        ("kept=$PS1; PS1='rea''dy> '", "PROD db "),
        ("PS1=$kept", "PROD db (venv) x "),
        ("shopt -s promptvars", "PROD db (venv) x "),
        ("unset PS1; PS1='rea''dy> '", "PROD db "),
    ] {
        session.line(change);
        assert_eq!(session.prompt(), expected, "{change}");
    }
    answers(&sandbox, &Answer { text: "STAGE".to_owned(), ..production(&sandbox) });
    session.line("PGHOST=x; PS1=$kept"); // put by at another time, it shows what is true now
    assert_eq!(session.prompt(), "STAGE (venv) x ");
    session.line("shopt -u promptvars; PS1=$kept");
    assert_eq!(session.prompt(), "STAGE (venv) x ");
    answers(&sandbox, &production(&sandbox));
    session.line("shopt -s promptvars; PGHOST=y");
    assert_eq!(session.prompt(), "PROD db (venv) x ");
    session.end();
}

#[test]
fn without_its_hook_nothing_is_shown_rather_than_something_old() {
    let sandbox = Sandbox::new();
    answers(&sandbox, &production(&sandbox));
    let mut session = Session::start(&sandbox, &hook(&sandbox));
    assert_eq!(session.prompt(), "PROD db ");
    session.line("kept=$PROMPT_COMMAND; unset PROMPT_COMMAND");
    assert_eq!(session.prompt(), "");
    session.is_quiet();
    session.end();
}

#[test]
fn b29_the_title_is_sent_after_the_one_in_the_users_own_prompt() {
    let sandbox = Sandbox::new();
    answers(&sandbox, &production(&sandbox));
    let debian = "PS1='\\[\\e]0;\\u@\\h: \\w\\a\\]ready> '";
    let mut session = Session::start(&sandbox, &format!("{debian}\n{}", hook(&sandbox)));
    session.is_quiet();
    let raw = text(&session.end());
    let titles: Vec<&str> = raw.split("\x1b]0;").skip(1).collect();
    assert!(titles.len() > 7, "{raw:?}");
    for pair in titles.chunks(2).take(4) {
        assert!(pair[0].contains(": ") && pair[1].starts_with("PROD\x07"), "{raw:?}");
    }
}

#[test]
fn t1_t2_on_leaving_title_and_tint_are_set_back_once_and_at_exit() {
    let sandbox = Sandbox::new();
    answers(&sandbox, &production(&sandbox));
    let mut session = Session::start(&sandbox, &hook(&sandbox));
    let left = Answer { level: "none", once: "\x1b]0;left\x07".to_owned(), ..Answer::default() };
    answers(&sandbox, &Answer { stamp: production(&sandbox).stamp, ..left });
    session.line("PGHOST=x");
    session.is_quiet();
    answers(&sandbox, &production(&sandbox));
    session.line("PGHOST=y");
    let raw = text(&session.end());
    assert_eq!(raw.matches("\x1b]0;left\x07").count(), 1, "{raw:?}");
    assert_eq!(raw.matches("\x1b]0;home\x07").count(), 1, "{raw:?}");
    assert!(raw.trim_end().ends_with("\x1b]0;home\x07"), "{raw:?}");
}

#[test]
fn a_trap_for_the_exit_that_the_user_has_stays_and_its_status_too() {
    for (trap, expected) in [("trap 'echo bye $?' EXIT", "bye 7"), ("", "")] {
        let sandbox = Sandbox::new();
        answers(&sandbox, &production(&sandbox));
        let mut session = Session::start(&sandbox, &format!("{trap}\n{}", hook(&sandbox)));
        session.pty.send("exit 7\n");
        let ended = session.pty.finish();
        assert_eq!(ended.code, 7);
        assert!(ended.screen.contains(expected));
    }
}

#[test]
fn what_was_shown_is_passed_on_with_the_shells_process_id() {
    let sandbox = Sandbox::new();
    answers(&sandbox, &production(&sandbox));
    let mut session = Session::start(&sandbox, &hook(&sandbox));
    assert_eq!(session.line("sh -c '[ \"$DBGUARD_SHOWN\" = \"$PPID production db\" ] && echo same'"), "same");
    session.end();
}

#[test]
fn removed_it_leaves_the_shell_as_it_was() {
    let hooks =
        ["unset PROMPT_COMMAND", "PROMPT_COMMAND=true", "PROMPT_COMMAND=(true :)", "export PROMPT_COMMAND=true"];
    for (before, option) in hooks
        .into_iter()
        .flat_map(|before| ["", "shopt -u promptvars", "set -u", "set -e", "IFS=_"].map(|option| (before, option)))
    {
        let sandbox = Sandbox::new();
        answers(&sandbox, &production(&sandbox));
        let state = "state() { declare -p PROMPT_COMMAND PS1 PATH IFS 2>&1; trap -p; shopt; set -o; } >../record/$1";
        let rc = format!("PATH=${{PATH#*:}}\n{option}\n{before}\n{state}\nstate first || :\n{}", hook(&sandbox));
        let mut session = Session::start(&sandbox, &rc);
        session.line("");
        session.line("__dbguard_remove");
        assert_eq!(session.prompt(), "", "{before} {option}");
        session.line("state last || :");
        let told = sandbox.read("record/last");
        assert_eq!(told, sandbox.read("record/first"), "{before} {option}");
        session.is_quiet();
        let left = session.line("set | grep -E '^(_*dbguard|DBGUARD)' || echo clean");
        assert_eq!(left, "clean", "{before} {option}");
        let raw = text(&session.end());
        assert_eq!(raw.matches("\x1b]0;home\x07").count(), 1, "{raw:?}");
    }
}

#[test]
fn no_process_is_started_for_a_prompt_while_nothing_changes() {
    let Some(_) = tool("strace") else { return };
    let sandbox = world();
    let log = sandbox.path("record/strace");
    let calls = "trace=clone,clone3,fork,vfork,execve,umask";
    let strace = ["strace", "-f", "-qq", "-e", calls, "-o", log.to_str().unwrap()];
    let mut session = Session::under(&sandbox, INIT, &strace);
    assert_eq!(session.prompt(), PRODUCTION);
    // What was written a moment ago is asked for once more.
    session.line("sleep 0.1");
    session.line("");
    session.line("umask 0011");
    for _ in 0..20 {
        session.line("");
    }
    session.line("umask 0012");
    session.line("PGHOST=db.staging.demo");
    assert_eq!(session.prompt(), STAGING);
    session.line("umask 0013");
    session.end();
    let log = fs::read_to_string(log).unwrap();
    let between = |from: &str, to: &str| {
        let rest = log.split_once(&format!("umask({from})")).unwrap().1;
        rest.split_once(&format!("umask({to})")).unwrap().0.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let steady = between("011", "012");
    let nothing = |line: &String| line.ends_with("umask(") || line.trim().is_empty() || !line.contains('(');
    assert!(steady.iter().all(nothing), "{steady:#?}");
    let changed = between("012", "013").join("\n");
    assert_eq!(changed.matches("execve(").count(), 1, "{changed}");
}
