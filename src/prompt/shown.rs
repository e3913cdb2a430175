//! `DBGUARD_SHOWN`: what the prompt of the shell around this process showed last.
//!
//! The hooks export it with the shell's process id first, since a var is inherited by everything that the shell starts,
//! and by what that starts: who reads it has to see whose word it is.

use crate::world::Vars;

/// What a shell's prompt showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The shell's process.
    pub shell: u32,
    /// What [`super::shown()`] made of the target of a bare psql.
    pub text: String,
}

/// The var.
const NAME: &str = "DBGUARD_SHOWN";

impl Shown {
    /// What the vars say; nothing where no hook is active, or where it had no answer.
    pub fn of(vars: &Vars) -> Option<Self> {
        let value = vars.filled(NAME)?.to_string_lossy();
        let (shell, text) = value.split_once(' ').unwrap_or((&value, ""));
        // 0 and 1 are no shell of a person's, and as a process id 0 means this process.
        let shell = shell.parse().ok().filter(|pid| *pid > 1)?;
        Some(Self { shell, text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_id_comes_first_and_the_rest_is_as_it_was_shown() {
        let of = |value: &str| Shown::of(&Vars::from_iter([(NAME, value)]));
        let expected = Shown { shell: 4711, text: "production db1/my app".to_owned() };
        assert_eq!(of("4711 production db1/my app"), Some(expected));
        assert_eq!(of("4711").map(|shown| shown.text), Some(String::new()));
        for wrong in ["", " ", "production db1", "-1 x", "1 x", "0 x", "99999999999 x"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
