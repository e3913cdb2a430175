//! What a subcommand does to the server, as the table says it.
//!
//! The words are the table's own; what each means for a person is decided where the risk is.

/// What a subcommand does. Ordered by strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Opens no connection.
    None,
    /// Connects and changes nothing.
    Read,
    /// Is meant to read, and creates the tool's own tables where they are not there.
    Touch,
    /// Changes data or schema, and loses nothing.
    Write,
    /// Loses data.
    Destroy,
    /// Runs what nobody has classified: a console, a query, code; or it is not known at all.
    Unknown,
}

impl Effect {
    /// The words of the table.
    pub(super) const WORDS: [(&str, Self); 6] = [
        ("none", Self::None),
        ("read", Self::Read),
        ("touch", Self::Touch),
        ("write", Self::Write),
        ("destroy", Self::Destroy),
        ("unknown", Self::Unknown),
    ];
}
