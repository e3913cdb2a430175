//! The question at the end of a checklist, and which answers pass it.

use crate::text::Untrusted;

/// What must be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// `yes`, in full.
    Yes,
    /// One of these names. The screen above the question shows them; the question itself does not.
    Name {
        /// What it is: `host`, `database`, `environment`.
        what: &'static str,
        /// The accepted answers; the first is the full form. Never empty strings.
        accepted: Vec<String>,
    },
}

impl Question {
    /// A question for a host: its whole name, or its first label where it is a name and not an address.
    pub fn host<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut accepted = Vec::new();
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            accepted.push(name.to_owned());
            accepted.extend(first_label(name).map(str::to_owned));
        }
        Self::Name { what: "host", accepted }
    }

    /// The words of the question.
    pub fn text(&self) -> String {
        match self {
            Self::Yes => "Type yes to go on:".to_owned(),
            Self::Name { what, .. } => format!("Type the {what} to go on:"),
        }
    }

    /// Whether this answer passes. Names are compared without case, outer blanks and a trailing dot, as DNS does.
    pub fn accepts(&self, typed: &str) -> bool {
        match self {
            Self::Yes => typed.trim().eq_ignore_ascii_case("yes"),
            Self::Name { accepted, .. } => {
                let typed = plain(typed);
                !typed.is_empty() && accepted.iter().any(|name| plain(name) == typed)
            }
        }
    }

    /// Why an answer did not pass, for the person who typed it.
    pub fn mismatch(&self, typed: &str) -> String {
        let expected = match self {
            Self::Yes => "not yes".to_owned(),
            Self::Name { what, accepted } => match accepted.first() {
                Some(name) => format!("not the {what}, which is `{}`", Untrusted::text(name)),
                None => format!("not the {what}"),
            },
        };
        format!("`{}` is {expected}", Untrusted::text(typed.trim()))
    }
}

/// Lower case, without outer blanks and the root's dot.
fn plain(name: &str) -> String {
    name.trim().trim_end_matches('.').to_lowercase()
}

/// The first label of a host name; nothing for addresses, socket directories and single labels.
fn first_label(name: &str) -> Option<&str> {
    let address = name.parse::<std::net::IpAddr>().is_ok();
    if address || name.starts_with(['/', '@']) || name.contains(':') {
        return None;
    }
    let (label, rest) = name.split_once('.')?;
    (!label.is_empty() && !rest.is_empty()).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_confirmed_by_its_whole_name_or_its_first_label() {
        let question = Question::host(["db1.prod.example.com"]);
        assert!(question.accepts("db1.prod.example.com"));
        assert!(question.accepts(" DB1.PROD.example.com. "));
        assert!(question.accepts("db1"));
        assert!(!question.accepts("db1.prod"));
        assert!(!question.accepts("db"));
        assert!(!question.accepts(""));
        assert!(!question.accepts("yes"));
    }

    #[test]
    fn an_address_has_no_first_label() {
        assert!(!Question::host(["10.0.0.5"]).accepts("10"));
        assert!(!Question::host(["/var/run/pg.d"]).accepts("/var/run/pg"));
        assert!(Question::host(["::1"]).accepts("::1"));
    }

    #[test]
    fn nothing_passes_a_question_without_names() {
        assert!(!Question::host([""]).accepts(""));
        assert!(!Question::host([]).accepts("x"));
    }

    #[test]
    fn a_mismatch_says_both_names_inertly() {
        let said = Question::host(["db1.prod"]).mismatch("sta\x1bging\n");
        assert_eq!(said, "`sta\\x1Bging` is not the host, which is `db1.prod`");
    }
}
