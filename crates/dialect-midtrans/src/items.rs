//! `item_details`: what is bought, whose sum must be the amount (section 2.1).

use serde_json::value::RawValue;

use crate::{
    problems::{Problems, below, required_text, whole_number},
    wire::{Item, Nested},
};

/// The items of a charge.
#[derive(Debug, Default)]
pub(crate) struct Items {
    /// What they cost together; none where there are no items, or one of them is wrong.
    pub(crate) total: Option<i128>,
    /// How many of what.
    pub(crate) list: Vec<(i64, String)>,
}

/// Reads the items. An empty list is like none.
pub(crate) fn read(member: Option<&RawValue>, problems: &mut Problems) -> Items {
    let members: Vec<&RawValue> = match Nested::of(member) {
        Nested::Is(members) => members,
        Nested::Absent => return Items::default(),
        Nested::Other => {
            problems.add("item_details is invalid");
            return Items::default();
        }
    };
    let items: Vec<_> = members
        .iter()
        .enumerate()
        .map(|(index, member)| item(&format!("item_details[{index}]"), member, problems))
        .collect();
    // A product of two numbers of 18 digits fits an i128, a few hundred of them do not. A sum that
    // stops at the end of the range is no amount either.
    let total = items
        .iter()
        .try_fold(0_i128, |sum, item| item.as_ref().map(|(cost, _, _)| sum.saturating_add(*cost)));
    let list = items.into_iter().flatten().map(|(_, quantity, name)| (quantity, name)).collect();
    Items { total: if members.is_empty() { None } else { total }, list }
}

/// What an item costs in all, how many there are, and what it is.
fn item(path: &str, member: &RawValue, problems: &mut Problems) -> Option<(i128, i64, String)> {
    let Nested::Is(item) = Nested::<Item<'_>>::of(Some(member)) else {
        problems.add(format!("{path} is invalid"));
        return None;
    };
    let price = whole_number(&format!("{path}.price"), item.price, problems);
    let quantity_path = format!("{path}.quantity");
    let quantity = whole_number(&quantity_path, item.quantity, problems);
    if quantity.is_some_and(|quantity| quantity < 1) {
        problems.add(below(&quantity_path, 1));
    }
    let name = required_text(&format!("{path}.name"), item.name, problems);
    let (price, quantity, name) = (price?, quantity?, name?);
    Some((i128::from(price) * i128::from(quantity), quantity, name))
}
