//! What zsh's hook does with an answer: where it puts the text, what it sends the terminal and when, and that hostile names stay
//! words. The answers are canned, but for the hostile vars and directories.

use std::fs;

use dbguard::shell::{Answer, Position, Watched};

use crate::shell_zsh::{INIT, PLAIN, count, prompts, raw, stand_in, typed, usual, world, zsh};
use crate::support::{Ended, HOSTILE, Pty, Sandbox};

/// A production answer that holds until something changes: an empty file is the stamp and the only thing watched.
fn production(sandbox: &Sandbox) -> Answer {
    let stamp = sandbox.path("record/stamp");
    fs::write(&stamp, "").unwrap();
    Answer {
        level: "production",
        text: "PROD db".to_owned(),
        color: "1;31".to_owned(),
        title: "PROD".to_owned(),
        each: "\x1b]0;PROD\x07\x1b]11;#400000\x07".to_owned(),
        leave: "\x1b]0;home\x07\x1b]111\x07".to_owned(),
        shown: "production db".to_owned(),
        watched: vec![Watched::NotNewer(stamp.clone())],
        stamp,
        ..Answer::default()
    }
}

/// From now on the program answers this, and notes what it is asked.
fn answers(sandbox: &Sandbox, answer: &Answer) {
    let record = sandbox.path("record");
    fs::write(record.join("answer"), answer.fields()).unwrap();
    let record = record.display();
    stand_in(sandbox, &format!("echo \"$*\" >>{record}/asked; cat {record}/answer"));
}

/// A zsh whose program gives canned answers from its second prompt on.
fn canned<'a>(sandbox: &'a Sandbox, answer: &Answer) -> Option<Pty<'a>> {
    let mut pty = zsh(sandbox)?;
    pty.wait_for("ready> ");
    answers(sandbox, answer);
    Some(pty)
}

fn end(mut pty: Pty<'_>) -> Ended {
    pty.wait_for("ready> ").send("exit\n");
    pty.finish()
}

#[test]
fn title_and_tint_are_sent_at_each_prompt_and_taken_back_when_the_shell_ends() {
    let sandbox = usual();
    let answer = production(&sandbox);
    let Some(mut pty) = canned(&sandbox, &answer) else { return };
    pty.send("export PGHOST=x\n").wait_for("ready> ").send("true\n");
    let ended = end(pty);
    let sent = raw(&ended);
    assert_eq!(count(&sent, &answer.each), 2, "{sent:?}");
    assert!(sent.ends_with(&answer.leave), "{sent:?}");
    assert_eq!(sandbox.read("record/asked"), "prompt --answer\n");
}

#[test]
fn what_undoes_is_sent_once_and_the_next_question_tells_of_the_title() {
    let sandbox = usual();
    let first = production(&sandbox);
    let Some(mut pty) = canned(&sandbox, &first) else { return };
    pty.send("export PGHOST=x\n").wait_for("PROD db ready> ");
    let undo = "\x1b]111\x07\x1b]0;home\x07".to_owned();
    let none = Answer { level: "none", once: undo.clone(), stamp: first.stamp.clone(), ..Answer::default() };
    answers(&sandbox, &none);
    pty.send("export PGHOST=y\n").wait_for("ready> ").send("true\n");
    let ended = end(pty);
    assert_eq!(prompts(&ended)[2..4], ["", ""]);
    assert_eq!(count(&raw(&ended), &undo), 1, "{:?}", raw(&ended));
    assert_eq!(sandbox.read("record/asked"), "prompt --answer\nprompt --answer titled\n");
}

#[test]
fn a_newer_file_a_lost_stamp_and_the_mark_of_a_client_are_asked_about() {
    let sandbox = usual();
    let mut answer = production(&sandbox);
    let other = sandbox.path("record/watched");
    fs::write(&other, "").unwrap();
    // Not before what is watched.
    fs::write(&answer.stamp, "").unwrap();
    let mark = Watched::Absent(sandbox.path("record/mark"));
    answer.watched = vec![Watched::There(other.clone()), Watched::NotNewer(other), mark];
    let Some(mut pty) = canned(&sandbox, &answer) else { return };
    let steps = [
        ("export PGHOST=x", 1),
        ("true", 1),
        ("sleep 0.02; touch ../record/watched", 2),
        ("touch ../record/stamp", 2),
        ("rm ../record/watched", 3),
        (": >../record/watched; touch ../record/stamp", 3),
        ("mv ../record/stamp ../record/moved", 4),
        ("mv ../record/moved ../record/stamp", 4),
        (": >../record/mark", 5),
        ("rm ../record/mark", 5),
        ("typeset +x PGHOST", 6),
        ("cd .", 6),
    ];
    for (line, expected) in steps {
        pty.send(format!("{line}\n")).wait_for("PROD db ready> ");
        assert_eq!(sandbox.read("record/asked").lines().count(), expected, "{line}");
    }
    pty.send("true\n");
    let _ = end(pty);
}

#[test]
fn it_stands_left_right_or_on_a_line_of_its_own_and_changes_place_cleanly() {
    let sandbox = world(&format!("{PLAIN}RPROMPT=mine\n{INIT}"));
    let answer = production(&sandbox);
    let Some(mut pty) = canned(&sandbox, &answer) else { return };
    let bare = "print -r -- \"${(V)PROMPT}|${(V)RPROMPT}\" >>out";
    for (number, position) in [Position::Left, Position::Line, Position::Right, Position::Left].into_iter().enumerate()
    {
        answers(&sandbox, &Answer { position, ..production(&sandbox) });
        pty.send(format!("export PGHOST={number}\n")).wait_for("ready> ").send(format!("{bare}\n")).wait_for("ready> ");
    }
    pty.send("__dbguard_remove; print -r -- \"$PROMPT|$RPROMPT\" >>out\n");
    let ended = end(pty);
    let own = "%(97V.%{^[[1;31m%}%97v%{^[[0m%}";
    let title = "%(98V^_%{^[]0;%98v^G^[]11;#400000^G%}^_)";
    let expected = format!(
        "{title}{own} .)ready> |mine\n{title}{own}^J.)ready> |mine\n{title}ready> |{own} .)mine\n\
         {title}{own} .)ready> |mine\nready> |mine\n"
    );
    assert_eq!(sandbox.read("work/out").replace("\\n", "^J"), expected);
    assert!(ended.screen.contains("PROD db\nready> "), "{}", ended.screen);
    assert!(ended.screen.contains("PROD db mine"), "{}", ended.screen);
}

#[test]
fn a_name_is_shown_as_it_is_and_never_run() {
    for option in ["", "setopt prompt_subst\n", "setopt prompt_bang prompt_subst\n"] {
        let sandbox = world(&format!("{PLAIN}{option}{INIT}"));
        let Some(mut pty) = canned(&sandbox, &production(&sandbox)) else { return };
        for (number, name) in HOSTILE.iter().enumerate() {
            let each = format!("\x1b]0;{name}\x07");
            let text = (*name).to_owned();
            answers(&sandbox, &Answer { text: text.clone(), title: text, each, ..production(&sandbox) });
            pty.send(format!("export PGHOST={number}\n")).wait_for(&format!("\n{name} ready> "));
            pty.send("true\n").wait_for(&format!("\n{name} ready> "));
        }
        pty.send("true\n");
        let ended = end(pty);
        assert!(!sandbox.path("work/PWNED").exists(), "{option}");
        for name in HOSTILE {
            assert!(raw(&ended).contains(&format!("\x1b]0;{name}\x07")), "{option}{name}: {:?}", raw(&ended));
        }
    }
}

#[test]
fn hostile_vars_and_directories_end_as_words_in_prompt_and_title() {
    let long = "x".repeat(10_000);
    let control =
        ["a\nb", "a\rb", "a\x1b]0;own\x07b", "a\x07b", "a\u{9b}31mb", "a\u{202e}b", "a\u{200b}b", "a\tb", "a\u{7f}b"];
    let sandbox = usual().var("PGHOST", "db1.prod.demo");
    let Some(mut pty) = zsh(&sandbox) else { return };
    for name in HOSTILE.iter().copied().chain(control).chain([long.as_str()]) {
        fs::write(sandbox.path("record/name"), name).unwrap();
        pty.wait_for("ready> ").send("export PGDATABASE=\"$(<../record/name)\"\n");
    }
    pty.wait_for("ready> ").send("unset PGDATABASE PGHOST; mkdir '$(touch PWNED)%n' && cd '$(touch PWNED)%n'\n");
    pty.wait_for("ready> ").send("export PGHOST=\"$PWD\" PGDATABASE='`touch PWNED`.prod.demo'\n");
    let ended = end(pty);
    assert!(!sandbox.path("work/PWNED").exists() && !sandbox.path("work/$(touch PWNED)%n/PWNED").exists());
    for title in raw(&ended).split("\x1b]0;").skip(1) {
        let (words, _) = title.split_once('\x07').expect("a title ends");
        assert!(!words.chars().any(char::is_control) && words.chars().count() <= 200, "{words:?}");
    }
    for shown in prompts(&ended) {
        assert!(!shown.chars().any(char::is_control) && shown.chars().count() <= 200, "{shown:?}");
    }
}

#[test]
fn a_locale_that_knows_bytes_only_gets_words_without_signs() {
    let sandbox = usual().var("LC_ALL", "C");
    let Some(mut pty) = zsh(&sandbox) else { return };
    pty.wait_for("ready> ").send(format!("{}\n", crate::shell_zsh::PRODUCTION));
    assert_eq!(prompts(&end(pty))[1], "PRODUCTION db1.prod.demo/app");
}

/// Somebody may have prompts expanded from now on, behind the hook, or put back a copy of an earlier prompt.
#[test]
fn the_words_of_the_title_are_in_the_prompt_by_reference_only() {
    let late = "late() { setopt prompt_subst }\nprecmd_functions+=(late)\n";
    let sandbox = world(&format!("{PLAIN}{INIT}{late}"));
    let hostile = "export PGHOST=db.prod.demo PGDATABASE='$(touch PWNED)`touch PWNED`%n!'";
    let Some(ended) = typed(&sandbox, &[hostile, "true", "true"]) else { return };
    assert!(raw(&ended).contains("\x1b]0;▲ PRODUCTION db.prod.demo/$(touch PWNED)`touch PWNED`%n!\x07"), "{ended:?}");
    assert!(!sandbox.path("work/PWNED").exists());

    let widget = "again() { PROMPT=\"[N]$KEPT\"; zle reset-prompt }\nzle -N again\nbindkey '^G' again\n";
    let sandbox = world(&format!("{PLAIN}{INIT}{widget}"));
    let Some(mut pty) = zsh(&sandbox) else { return };
    pty.wait_for("ready> ")
        .send("export PGHOST=db.staging.demo PGDATABASE=app\n")
        .wait_for("STAGING db.staging.demo/app ready> ");
    pty.send("KEPT=$PROMPT\n").wait_for("ready> ");
    pty.send("export PGHOST=db.prod.demo\n").wait_for("PRODUCTION db.prod.demo/app ready> ").send("\x07");
    pty.wait_for("[N]").wait_for("ready> ").send("exit\n");
    let raw = raw(&pty.finish());
    let (_, after) = raw.rsplit_once("[N]").unwrap();
    assert!(after.contains("\x1b]0;▲ PRODUCTION db.prod.demo/app\x07") && !after.contains("STAGING"), "{raw:?}");
}
