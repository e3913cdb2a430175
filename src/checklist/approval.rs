//! The approval, which only a passed checklist makes.
//!
//! Running a tool takes an [`Approved`] by value, and its field is private: whoever audits the program reads the
//! four functions of this file to know every way to one.

use super::{Answer, Human, Question};

/// The proof that an invocation may run.
#[derive(Debug)]
#[must_use]
pub struct Approved {
    how: How,
}

/// How an approval came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// The policy asks nothing for this environment and risk.
    Unasked,
    /// A person typed this.
    Typed(String),
    /// A person allowed it before: the grant's id.
    Grant(String),
    /// The confirmation var of a CI job named exactly this target.
    Token,
    /// The command that started this one was approved for it: the id of that approval.
    Parent(String),
}

/// What came of a checklist.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// It passed.
    Approved(Approved),
    /// It did not. Why, as one lower-case phrase.
    Declined(String),
}

/// Asks the question. One answer; anything but the right one is a no.
pub fn settle(question: &Question, human: &mut dyn Human) -> Outcome {
    match human.ask(&question.text()) {
        Answer::Typed(typed) if question.accepts(&typed) => {
            Outcome::Approved(Approved { how: How::Typed(typed.trim().to_owned()) })
        }
        Answer::Typed(typed) if typed.trim().is_empty() => Outcome::Declined("nothing was typed".to_owned()),
        Answer::Typed(typed) => Outcome::Declined(question.mismatch(&typed)),
        Answer::Nothing(because) => Outcome::Declined(because.to_owned()),
    }
}

/// Asks one question after the other, each about a place of its own; the first that is not passed ends it.
pub fn settle_each(first: &Question, others: &[(String, Question)], human: &mut dyn Human) -> Outcome {
    let mut outcome = settle(first, human);
    for (told, question) in others {
        let Outcome::Approved(Approved { how: How::Typed(before) }) = &outcome else { return outcome };
        let before = before.clone();
        human.tell(told);
        outcome = settle(question, human);
        if let Outcome::Approved(Approved { how: How::Typed(typed) }) = &mut outcome {
            *typed = format!("{before}, {typed}");
        }
    }
    outcome
}

/// What stands for a person who is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// A person's grant, found to cover this target and risk.
    Grant {
        /// Its id.
        id: String,
    },
    /// `DBGUARD_CONFIRM`, found to name this target, in CI, where the policy allows tokens.
    Token,
    /// The approval of the command that started this one, found to cover this target and risk.
    Parent {
        /// Its id.
        id: String,
    },
}

/// Passes the checklist on behalf of a person who answered before.
pub fn settle_by(stand_in: StandIn) -> Approved {
    let how = match stand_in {
        StandIn::Grant { id } => How::Grant(id),
        StandIn::Token => How::Token,
        StandIn::Parent { id } => How::Parent(id),
    };
    Approved { how }
}

/// A checklist without a question: for the policy's verdict `Run`, and only for that.
pub fn unasked() -> Approved {
    Approved { how: How::Unasked }
}

impl Approved {
    /// How it came to be, for the audit.
    pub fn how(&self) -> &How {
        &self.how
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Banner, Section};
    use super::*;
    use crate::text::Secret;

    /// A person who answers from a script.
    struct Scripted(Answer);

    impl Human for Scripted {
        fn banner(&mut self, _: &Banner) {}
        fn section(&mut self, _: &Section) {}
        fn tell(&mut self, _: &str) {}
        fn ask(&mut self, _: &str) -> Answer {
            self.0.clone()
        }
        fn ask_secret(&mut self, _: &str) -> Option<Secret> {
            None
        }
    }

    fn outcome(answer: Answer) -> Result<How, String> {
        match settle(&Question::host(["db1.prod"]), &mut Scripted(answer)) {
            Outcome::Approved(approved) => Ok(approved.how().clone()),
            Outcome::Declined(because) => Err(because),
        }
    }

    #[test]
    fn every_question_has_to_be_passed() {
        let others = [("staging is reached too".to_owned(), Question::host(["db2.prod"]))];
        let first = Question::host(["db1.prod", "db2.prod"]);
        let answers = |word: &str| match settle_each(&first, &others, &mut Scripted(Answer::Typed(word.into()))) {
            Outcome::Approved(approved) => Ok(approved.how().clone()),
            Outcome::Declined(because) => Err(because),
        };
        assert_eq!(answers("db2"), Ok(How::Typed("db2, db2".into())));
        assert_eq!(answers("db1"), Err("`db1` is not the host, which is `db2.prod`".into()));
    }

    #[test]
    fn only_the_right_name_approves() {
        assert_eq!(outcome(Answer::Typed("db1".into())), Ok(How::Typed("db1".into())));
        assert_eq!(outcome(Answer::Typed("db2".into())), Err("`db2` is not the host, which is `db1.prod`".into()));
        assert_eq!(outcome(Answer::Typed(" ".into())), Err("nothing was typed".into()));
        assert_eq!(outcome(Answer::Nothing("interrupted")), Err("interrupted".into()));
    }
}
