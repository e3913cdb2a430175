//! Environment × risk × who is there → verdict.
//!
//! Total and pure: it reads nothing, asks nobody, and knows a person, an agent and nobody apart only as they are handed
//! in. What then stands for a person is the guard's to find.

use super::{Confirm, Policy, WithoutTerminal};
use crate::plan::Risk;
use crate::world::agents::Agent;

/// Who could be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A person at a terminal.
    Person,
    /// Nobody: no terminal, or a process in the background. Why, as one lower-case phrase.
    Nobody(&'static str),
    /// A coding agent, by a mark in the vars. It is not asked, also where it has a terminal.
    Agent(Agent),
}

/// What happens to an invocation.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It runs, and nothing is asked.
    Run,
    /// It runs when this has been typed.
    Ask(Confirm),
    /// It would be asked, and there is nobody to ask: only a person's earlier word lets it run.
    Refuse(Absence),
}

/// Why nobody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Why, as one lower-case phrase.
    Nobody(&'static str),
    /// A coding agent stands in for the person.
    Agent(Agent),
}

/// The verdict. Total over its arguments; a stricter policy never gives a laxer verdict.
pub fn judge(policy: &Policy, risk: Risk, presence: Presence) -> Verdict {
    let confirm = policy.confirm(risk);
    if confirm == Confirm::None {
        return Verdict::Run;
    }
    let absence = match presence {
        Presence::Person => return Verdict::Ask(confirm),
        Presence::Nobody(because) => Absence::Nobody(because),
        Presence::Agent(mark) => Absence::Agent(mark),
    };
    let runs = match policy.without_terminal {
        WithoutTerminal::Run => true,
        WithoutTerminal::RefuseDestroy => risk < Risk::Destroy,
        WithoutTerminal::Refuse => false,
    };
    if runs { Verdict::Run } else { Verdict::Refuse(absence) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Level;
    use crate::policy::{AuditDemand, Unlock};

    const AGENT: Agent = Agent { name: "X", mark: "X_AGENT" };
    const RISKS: [Risk; 5] = [Risk::None, Risk::Read, Risk::Write, Risk::Destroy, Risk::Unknown];
    const CONFIRMS: [Confirm; 5] =
        [Confirm::None, Confirm::Yes, Confirm::Environment, Confirm::Database, Confirm::Host];
    const ABSENT: [WithoutTerminal; 3] =
        [WithoutTerminal::Run, WithoutTerminal::RefuseDestroy, WithoutTerminal::Refuse];

    #[test]
    fn the_table_of_the_levels_is_the_one_of_the_design() {
        use Presence::{Nobody, Person};
        use Verdict::{Ask, Refuse, Run};
        let row = |level, presence| RISKS.map(|risk| judge(&Policy::of_level(level), risk, presence));
        let host = Ask(Confirm::Host);
        let nobody = Refuse(Absence::Nobody("cron"));
        assert_eq!(row(Level::Development, Person), [Run; 5]);
        assert_eq!(row(Level::Development, Nobody("cron")), [Run; 5]);
        assert_eq!(row(Level::Staging, Person), [Run, Run, Ask(Confirm::Yes), host, host]);
        assert_eq!(row(Level::Staging, Nobody("cron")), [Run, Run, Run, nobody, nobody]);
        assert_eq!(row(Level::Production, Person), [Run, host, host, host, host]);
        assert_eq!(row(Level::Production, Nobody("cron")), [Run, nobody, nobody, nobody, nobody]);
    }

    #[test]
    fn an_agent_with_a_terminal_is_not_asked_but_refused() {
        let verdict = judge(&Policy::of_level(Level::Production), Risk::Read, Presence::Agent(AGENT));
        assert_eq!(verdict, Verdict::Refuse(Absence::Agent(AGENT)));
    }

    /// How much a verdict stands in the way.
    fn weight(verdict: Verdict) -> (u8, Option<Confirm>) {
        match verdict {
            Verdict::Run => (0, None),
            Verdict::Ask(confirm) => (1, Some(confirm)),
            Verdict::Refuse(_) => (2, None),
        }
    }

    /// Every policy, as far as verdicts depend on it.
    fn policies() -> Vec<Policy> {
        let mut all = Vec::new();
        for read in CONFIRMS {
            for write in CONFIRMS {
                for destroy in CONFIRMS {
                    for without_terminal in ABSENT {
                        let audit = AuditDemand::Warn;
                        let tokens = true;
                        let unlock = Unlock::USUAL;
                        let read_only = false;
                        all.push(Policy { read, write, destroy, read_only, without_terminal, audit, tokens, unlock });
                    }
                }
            }
        }
        all
    }

    #[test]
    fn two_policies_together_are_never_laxer_than_either() {
        let all = policies();
        for one in &all {
            for other in all.iter().step_by(7) {
                let both = one.strictest(other);
                for risk in RISKS {
                    for presence in [Presence::Person, Presence::Nobody("cron")] {
                        assert!(weight(judge(&both, risk, presence)) >= weight(judge(one, risk, presence)));
                    }
                }
            }
        }
    }
}
