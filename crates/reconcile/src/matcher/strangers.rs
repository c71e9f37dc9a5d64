//! Lines about sales of which we have no record.

use super::table::Table;

/// What is known of one identity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stranger {
    text_at: usize,
    length: u16,
    /// A line of the file says that it was reversed.
    pub(super) is_reversed: bool,
    /// A line that says it was paid came out already.
    pub(super) is_paid: bool,
}

/// Their identities.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    all: Vec<Stranger>,
    text: String,
    table: Table,
}

impl Strangers {
    /// What is known of `identity`.
    pub(super) fn meet(&mut self, identity: &str) -> Option<&mut Stranger> {
        let number = u32::try_from(self.all.len()).ok()?;
        let text_at = self.text.len();
        self.text.push_str(identity);
        let length = u16::try_from(identity.len()).ok()?;
        self.all.push(Stranger { text_at, length, is_reversed: false, is_paid: false });
        let (all, text) = (&self.all, self.text.as_str());
        let there = self.table.insert(identity, number, |other| text_of(all, text, other));
        if there.is_some() {
            self.all.pop();
            self.text.truncate(text_at);
        }
        self.all.get_mut(usize::try_from(there.unwrap_or(number)).ok()?)
    }
}

fn text_of<'t>(all: &[Stranger], text: &'t str, number: u32) -> &'t str {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    let Some(one) = all.get(place) else { return "" };
    text.get(one.text_at..one.text_at + usize::from(one.length)).unwrap_or_default()
}
