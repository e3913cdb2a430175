//! What one message does, statement by statement: one file per family of leading words.
//!
//! The rule of the house: a statement is a read only when it is known to be one. An unknown leading word, a doubtful
//! reading or an unknown function is [`Risk::Unknown`]. What a read-only transaction would let through (`VACUUM FULL`,
//! `ALTER SYSTEM`, `COPY … TO PROGRAM` and so on) is told apart here, since the server will not stop it.

mod calls;
mod condition;
mod copy;
mod ddl;
mod explain;
mod functions;
mod maintenance;
mod prepared;
mod query;
mod session;
mod settings;
mod statement;

pub(super) use functions::reading;
pub(super) use session::safe_encoding;
use statement::Statement;
pub(super) use statement::shorten;

use super::Risk;
use super::lexer::token::{self, Backslashes, Kind, Tokens};

/// One thing that a message does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) risk: Risk,
    pub(super) kind: String,
    pub(super) objects: Vec<String>,
    /// Where the statement begins in the message, in bytes.
    pub(super) at: usize,
    /// Which of the message's tokens are the statement.
    pub(super) tokens: std::ops::Range<usize>,
}

/// What earlier messages of the same session left behind.
#[derive(Debug)]
pub(super) struct Session {
    backslashes: Backslashes,
    names: prepared::Names,
    /// A transaction was begun: what is set within may be taken back.
    open: bool,
    /// Whether the messages that come are run is not known: they stand in a branch.
    pub(super) conditional: bool,
    /// The statement at hand is run for certain, and by itself.
    certain: bool,
}

impl Default for Session {
    fn default() -> Self {
        let names = prepared::Names::default();
        Self { backslashes: Backslashes::Presumed, names, open: false, conditional: false, certain: false }
    }
}

impl Session {
    /// How strings are read is no longer known: another session, or settings that were taken back.
    pub(super) fn forget_settings(&mut self) {
        self.backslashes = Backslashes::Presumed;
    }
}

/// What a message does.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The strictest risk, also of what only reads.
    pub(super) risk: Risk,
    pub(super) found: Vec<Found>,
    /// How many blocks of data the client sends after it.
    pub(super) copies: usize,
    /// How many more things were found than are kept.
    pub(super) more: usize,
}

/// The most things that are kept of one message.
const KEPT: usize = 1000;

impl Outcome {
    fn new() -> Self {
        Self { risk: Risk::None, found: Vec::new(), copies: 0, more: 0 }
    }

    fn reads(&mut self) {
        self.risk = self.risk.max(Risk::Read);
    }

    fn add(&mut self, statement: &Statement<'_>, risk: Risk, kind: impl Into<String>, objects: Vec<String>) {
        self.risk = self.risk.max(risk);
        if self.found.len() >= KEPT {
            self.more += 1;
            return;
        }
        let (at, tokens) = (statement.start(), statement.tokens());
        self.found.push(Found { risk, kind: kind.into(), objects, at, tokens });
    }
}

/// Classifies a message. The message is read as the server reads it, whatever psql thought where it ends.
pub(super) fn message(text: &[u8], session: &mut Session) -> Outcome {
    let Tokens { list, doubt } = token::read(text, session.backslashes);
    let mut out = Outcome::new();
    let whole = Statement::new(text, &list);
    let parts = split(&whole);
    for part in &parts {
        session.certain = parts.len() == 1 && !session.open && !session.conditional;
        dispatch(part, session, &mut out);
    }
    // With another escape character the name is another one: the words of a name say nothing then.
    if (1..whole.len()).any(|at| whole.is(at, "uescape") && whole.kind(at - 1) == Some(Kind::Name)) {
        out.add(&whole, Risk::Unknown, "doubtful", vec!["a name is spelled with UESCAPE".to_owned()]);
    }
    if let Some(why) = doubt {
        out.add(&whole, Risk::Unknown, "doubtful", vec![why.to_owned()]);
    }
    out
}

/// A statement of a message as it is shown: these tokens of it, or all.
pub(super) fn shown(text: &[u8], tokens: Option<std::ops::Range<usize>>) -> String {
    let list = token::read(text, Backslashes::Presumed).list;
    let whole = Statement::new(text, &list);
    tokens.map_or(whole, |tokens| whole.range(tokens.start, tokens.end)).show()
}

/// The words outside parentheses that each statement of a message begins with, but for the END of a function's body.
pub(super) fn leading(text: &[u8]) -> Vec<Vec<String>> {
    const WORDS: usize = 12;
    let list = token::read(text, Backslashes::Presumed).list;
    let mut parts = split(&Statement::new(text, &list));
    let body = |first: &Statement<'_>| {
        first.is(0, "create") && (0..first.len()).any(|at| first.depth(at) == 0 && first.are(at, &["begin", "atomic"]))
    };
    if parts.first().is_some_and(body)
        && let Some(end) = parts.iter().position(|part| part.len() == 1 && part.is(0, "end"))
    {
        parts.remove(end);
    }
    let words = |part: &Statement<'_>| {
        let words = (0..part.len()).filter(|&at| part.depth(at) == 0).take(WORDS).map(|at| part.word(at));
        words.filter(|word| !word.is_empty()).collect()
    };
    parts.iter().map(words).collect()
}

/// The statements of a message: at every semicolon outside parentheses.
///
/// A function's `BEGIN ATOMIC` body is split like everything else. That shows what the body would do as if it were
/// done, which is strict; taking it for a part of the function would hide what follows a body that is none.
fn split<'a>(whole: &Statement<'a>) -> Vec<Statement<'a>> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in (0..whole.len()).filter(|&at| whole.symbol(at, b';') && whole.absolute_depth(at) == 0) {
        parts.push(whole.range(from, at));
        from = at + 1;
    }
    parts.push(whole.from(from));
    parts.retain(|part| part.len() > 0);
    parts
}

/// Hands a statement to the family of its leading word.
fn dispatch(s: &Statement<'_>, session: &mut Session, out: &mut Outcome) {
    if s.symbol(0, b'(') {
        return query::classify(s, out);
    }
    match s.word(0).as_str() {
        "select" | "with" | "values" | "table" | "insert" | "update" | "delete" | "merge" | "return" => {
            query::classify(s, out);
        }
        "explain" => explain::classify(s, session, out),
        "copy" => copy::classify(s, out),
        "prepare" | "execute" | "deallocate" | "declare" | "fetch" | "move" | "close" => {
            prepared::classify(s, session, out);
        }
        "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
            session::transaction(s, session, out);
        }
        "set" => session::set(s, session, out),
        "reset" => session::reset(s, session, out),
        "show" | "listen" | "unlisten" => out.reads(),
        "discard" if s.any(1, &["plans", "sequences"]) => out.reads(),
        "discard" => {
            session.forget_settings();
            maintenance::classify(s, out);
        }
        "create" | "alter" | "drop" | "truncate" | "grant" | "revoke" | "comment" | "security" | "reassign"
        | "import" => {
            ddl::classify(s, out);
        }
        "vacuum" | "analyze" | "analyse" | "reindex" | "cluster" | "refresh" | "checkpoint" | "load" | "lock"
        | "notify" | "do" | "call" => maintenance::classify(s, out),
        _ => unknown(s, out),
    }
}

fn unknown(s: &Statement<'_>, out: &mut Outcome) {
    out.add(s, Risk::Unknown, "unknown", Vec::new());
}
