//! Where the turns of all nodes end.

use domain::time::Timestamp;

use crate::Sequences;

/// How many sequences there are.
const COUNT: usize = 18;

/// What a turn has to know of all turns before it, whichever node they belonged to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TailRow {
    /// Counts commits.
    pub turn: i64,
    /// The highest number of every sequence.
    pub sequences: Sequences,
    /// The link of the last event.
    pub chain: [u8; 32],
    /// When the newest entry is dated.
    pub booked_at: Timestamp,
    /// The newest signed root; 0 before the first.
    pub root_no: i64,
    /// Its digest.
    pub root: [u8; 32],
    /// The last event that it covers.
    pub root_event: i64,
    /// The minute of the newest event, since 1970.
    pub root_minute: i64,
    /// Counts changes of who takes part.
    pub directory_version: i64,
}

/// One start of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// Its number, from 1.
    pub no: i64,
    /// What its operator calls it.
    pub name: String,
    /// Of its program.
    pub version: String,
    /// By the database's clock.
    pub started_at: Timestamp,
    /// When it last said that it lives, by the database's clock; 0 where it stopped in order.
    pub seen_at: Timestamp,
    /// The last turn that it committed, or the last of anybody before it started.
    pub last_turn: i64,
    /// How many turns it committed.
    pub turns: i64,
}

impl Sequences {
    /// In an order that never changes: more come at the end.
    const fn numbers(&self) -> [i64; COUNT] {
        let Self { payment, event, entry, sale, inquiry, unapplied, refund, dispute, .. } = *self;
        let Self { notification, attempt, data_key, file, funding, payout, .. } = *self;
        let Self { file_line, file_alias, difference, checkout, .. } = *self;
        [
            payment,
            event,
            entry,
            sale,
            inquiry,
            unapplied,
            refund,
            dispute,
            notification,
            attempt,
            data_key,
            file,
            funding,
            payout,
            file_line,
            file_alias,
            difference,
            checkout,
        ]
    }

    const fn from_numbers(numbers: [i64; COUNT]) -> Self {
        let [payment, event, entry, sale, inquiry, unapplied, refund, dispute, rest @ ..] = numbers;
        let [notification, attempt, data_key, file, funding, payout, rest @ ..] = rest;
        let [file_line, file_alias, difference, checkout] = rest;
        Self {
            payment,
            event,
            entry,
            sale,
            inquiry,
            unapplied,
            refund,
            checkout,
            dispute,
            notification,
            attempt,
            data_key,
            file,
            funding,
            payout,
            file_line,
            file_alias,
            difference,
        }
    }

    /// Of each the higher number of the two.
    #[must_use]
    pub fn max(&self, other: &Self) -> Self {
        let mut numbers = self.numbers();
        for (number, other) in numbers.iter_mut().zip(other.numbers()) {
            *number = other.max(*number);
        }
        Self::from_numbers(numbers)
    }

    /// As the tail keeps them.
    pub(crate) fn to_text(self) -> String {
        self.numbers().map(|number| number.to_string()).join(" ")
    }

    /// Back from there; sequences that are not there yet are at 0. None where it is no such text.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut numbers = [0; COUNT];
        let mut words = text.split_ascii_whitespace();
        for number in &mut numbers {
            let Some(word) = words.next() else { break };
            *number = word.parse().ok()?;
        }
        words.next().is_none().then_some(Self::from_numbers(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_kept_in_one_order() {
        let text = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18";
        let sequences = Sequences::from_text(text).unwrap();
        assert_eq!((sequences.payment, sequences.notification), (1, 9));
        assert_eq!((sequences.difference, sequences.checkout), (17, 18));
        assert_eq!(sequences.to_text(), text);
        assert_eq!(Sequences::from_text("").unwrap(), Sequences::default());
        assert_eq!(Sequences::from_text("1 2").unwrap().event, 2);
        for wrong in ["1 x", &format!("{text} 19")] {
            assert_eq!(Sequences::from_text(wrong), None, "{wrong}");
        }
        let higher = sequences.max(&Sequences { payment: 5, ..Sequences::default() });
        assert_eq!((higher.payment, higher.event), (5, 2));
    }
}
