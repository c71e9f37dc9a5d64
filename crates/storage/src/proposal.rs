//! Commands that wait for a second person (rule 20).

use domain::time::Timestamp;

/// A person, as the operating system knows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user's number: what tells one person from another.
    pub uid: u32,
    /// The user's name when it was written down, for people.
    pub name: String,
}

/// A command that one person proposed, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalRow {
    /// Its number: what people call it.
    pub no: i64,
    /// The command, in the words of whoever carries it out; never a secret.
    pub command: String,
    /// Who proposed it.
    pub proposed_by: Person,
    /// When.
    pub proposed_at: Timestamp,
    /// Why.
    pub reason: String,
    /// From when on nobody can approve it any more.
    pub expires_at: Timestamp,
    /// How far it is.
    pub state: ProposalState,
    /// Who decided it, and when; none while it is open.
    pub decided: Option<(Person, Timestamp)>,
    /// Why it was rejected, or why it could not be carried out.
    pub why: Option<String>,
}

/// How far a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalState {
    /// It waits for a second person.
    Open,
    /// A second person approved it, and what came of it is not written down: it is being carried
    /// out, or the gateway ended meanwhile. It is never carried out again.
    Approved,
    /// It was approved and carried out.
    Done,
    /// It was approved, and could not be carried out.
    Failed,
    /// Somebody said no.
    Rejected,
}

impl ProposalState {
    /// Its name in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
        }
    }
}
