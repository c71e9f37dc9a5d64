//! What a retailer's file and our records say of one sale, compared (rules 32 to 34).

/// What became of a line or a record. Every line has exactly one, and so has every record of ours that
/// no line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Both sides hold the same cash, on the same day.
    Matched,
    /// Nobody holds cash: taken back on both sides, or by them before we kept any; also the line of a
    /// sale whose reversal is a line of its own, which tells the rest.
    Void,
    /// The same cash, but we booked it on another business date.
    OtherDay,
    /// The same cash, but another fee.
    FeeDiffers,
    /// The same sale, but another amount.
    AmountDiffers,
    /// We took it back; they hold the cash.
    ReversedByUs,
    /// They took it back; we hold the cash.
    ReversedByThem,
    /// Another line is about the same sale, of this file or of another day's.
    Duplicate,
    /// They hold cash that we never booked.
    TheirsOnly,
    /// The same, but so young that an advice may still come (rule 33).
    AwaitingAdvice,
    /// They do not know themselves.
    Suspect,
    /// We hold cash that they do not mention.
    OursOnly,
    /// The file's earlier version had this line; this one has not (rule 34).
    Withdrawn,
}

impl Outcome {
    /// All of them, as reports list them.
    pub const ALL: [Self; 13] = [
        Self::Matched,
        Self::Void,
        Self::OtherDay,
        Self::FeeDiffers,
        Self::AmountDiffers,
        Self::ReversedByUs,
        Self::ReversedByThem,
        Self::Duplicate,
        Self::TheirsOnly,
        Self::AwaitingAdvice,
        Self::Suspect,
        Self::OursOnly,
        Self::Withdrawn,
    ];

    /// Its name in reports and storage.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Void => "void",
            Self::OtherDay => "other_day",
            Self::FeeDiffers => "fee_differs",
            Self::AmountDiffers => "amount_differs",
            Self::ReversedByUs => "reversed_by_us",
            Self::ReversedByThem => "reversed_by_them",
            Self::Duplicate => "duplicate",
            Self::TheirsOnly => "theirs_only",
            Self::AwaitingAdvice => "awaiting_advice",
            Self::Suspect => "suspect",
            Self::OursOnly => "ours_only",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Which is called so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Whether somebody has to look: everything but agreement and waiting.
    pub const fn is_odd(self) -> bool {
        match self {
            Self::Matched | Self::Void | Self::AwaitingAdvice => false,
            Self::OtherDay
            | Self::FeeDiffers
            | Self::AmountDiffers
            | Self::ReversedByUs
            | Self::ReversedByThem
            | Self::Duplicate
            | Self::TheirsOnly
            | Self::Suspect
            | Self::OursOnly
            | Self::Withdrawn => true,
        }
    }
}
