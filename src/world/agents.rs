//! The marks by which coding agents are known.
//!
//! An agent that runs commands sets a var in them; each row names one and where that is documented or seen. To know
//! a further agent, add a row. The list is best effort: an agent without a mark also has no terminal, which refuses it
//! as well.

use super::Vars;

/// A mark: the name of a var, or the beginning of one when it ends with `*`, and the value it must have, if any.
struct Mark {
    var: &'static str,
    value: Option<&'static str>,
    agent: &'static str,
}

const MARKS: &[Mark] = &[
    Mark { var: "CLAUDECODE", value: None, agent: "Claude Code" },
    Mark { var: "CLAUDE_CODE_ENTRYPOINT", value: None, agent: "Claude Code" },
    Mark { var: "CURSOR_AGENT", value: None, agent: "Cursor" },
    Mark { var: "AIDER_*", value: None, agent: "Aider" },
    Mark { var: "CODEX_SANDBOX*", value: None, agent: "Codex" },
    Mark { var: "CODEX_THREAD_ID", value: None, agent: "Codex" },
    Mark { var: "GEMINI_CLI", value: None, agent: "Gemini CLI" },
    Mark { var: "OPENCODE", value: None, agent: "opencode" },
    Mark { var: "OPENCODE_CLIENT", value: None, agent: "opencode" },
    Mark { var: "AUGMENT_AGENT", value: None, agent: "Augment" },
    Mark { var: "CLINE_ACTIVE", value: None, agent: "Cline" },
    Mark { var: "GOOSE_TERMINAL", value: None, agent: "Goose" },
    Mark { var: "QWEN_CODE", value: None, agent: "Qwen Code" },
    Mark { var: "AI_AGENT", value: None, agent: "an agent" },
    Mark { var: "AGENT", value: Some("amp"), agent: "Amp" },
    Mark { var: "AGENT", value: Some("goose"), agent: "Goose" },
    Mark { var: "AGENT", value: Some("1"), agent: "an agent" },
];
// Not marks: CURSOR_TRACE_ID and REPL_ID, which stand in the terminals of those editors for people as well.

/// A coding agent, and the mark that it was known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its name.
    pub name: &'static str,
    /// The var, or the beginning of its name followed by `*`.
    pub mark: &'static str,
}

/// The agent that runs this process, by the first mark found. A mark that is set to nothing does not count.
pub fn detect(vars: &Vars) -> Option<Agent> {
    let mark = MARKS.iter().find(|mark| mark.stands(vars))?;
    Some(Agent { name: mark.agent, mark: mark.var })
}

impl Mark {
    fn stands(&self, vars: &Vars) -> bool {
        match self.var.strip_suffix('*') {
            None => vars.filled(self.var).is_some_and(|value| self.value.is_none_or(|wanted| value == wanted)),
            Some(start) => vars
                .iter()
                .any(|(name, value)| !value.is_empty() && name.to_str().is_some_and(|name| name.starts_with(start))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_marks_are_recognised_and_others_are_not() {
        let agent = |name: &str, value: &str| detect(&Vars::from_iter([(name, value)])).map(|agent| agent.name);
        assert_eq!(agent("CLAUDECODE", "1"), Some("Claude Code"));
        assert_eq!(agent("CURSOR_AGENT", "1"), Some("Cursor"));
        assert_eq!(agent("AIDER_MODEL", "x"), Some("Aider"));
        assert_eq!(agent("CLAUDECODE", ""), None);
        assert_eq!(agent("AGENT", "ssh"), None);
        assert_eq!(agent("AGENT", "goose"), Some("Goose"));
        assert_eq!(agent("CURSOR_TRACE_ID", "x"), None);
    }

    #[test]
    fn each_mark_stands_once() {
        for (at, mark) in MARKS.iter().enumerate() {
            assert!(
                !MARKS.iter().skip(at + 1).any(|other| (other.var, other.value) == (mark.var, mark.value)),
                "{}",
                mark.var
            );
        }
    }
}
