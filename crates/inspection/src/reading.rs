//! Ways in which a part of what is signed may have been read, and the fewest mistakes that explain it.

use crate::Tried;

/// A way in which a part of what is signed may have been read, and what is wrong with it; none where
/// it is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<T> {
    /// The part.
    pub value: T,
    /// What differs.
    pub difference: Option<String>,
}

impl<T> Reading<T> {
    /// As it should be.
    pub fn plain(value: T) -> Self {
        Self { value, difference: None }
    }

    /// Otherwise, and how.
    pub fn other(value: T, difference: impl Into<String>) -> Self {
        Self { value, difference: Some(difference.into()) }
    }
}

/// Which readings of a part are mistakes.
pub(crate) fn odd<T>(readings: &[Reading<T>]) -> Vec<bool> {
    readings.iter().map(|reading| reading.difference.is_some()).collect()
}

/// The mistakes among the readings of a part, and which of them was made.
pub(crate) fn tried<T>(
    readings: &[Reading<T>],
    chosen: Option<usize>,
) -> impl Iterator<Item = Tried> {
    readings.iter().enumerate().filter_map(move |(at, reading)| {
        let what = reading.difference.clone()?;
        Some(Tried { what, fits: chosen == Some(at) })
    })
}

/// Which reading of each part, in the order of the parts.
pub(crate) type Found = Vec<usize>;

/// The readings, one of each part, with which `agrees` is true, and the fewest mistakes among them: at
/// most `mistakes_max`. `agrees` is asked `tries_max` times at most. `parts` says of each reading of
/// each part whether it is a mistake.
pub(crate) fn fewest(
    parts: &[Vec<bool>],
    mistakes_max: usize,
    tries_max: usize,
    agrees: &mut dyn FnMut(&[usize]) -> bool,
) -> Option<Found> {
    let mut tries = tries_max;
    for mistakes in 0..=mistakes_max.min(parts.len()) {
        let mut chosen = Vec::with_capacity(parts.len());
        if choose(parts, mistakes, &mut chosen, &mut tries, agrees) {
            return Some(chosen);
        }
    }
    None
}

/// Goes on with the part behind those that are chosen. As deep as there are parts, which is a handful.
fn choose(
    parts: &[Vec<bool>],
    mistakes: usize,
    chosen: &mut Found,
    tries: &mut usize,
    agrees: &mut dyn FnMut(&[usize]) -> bool,
) -> bool {
    let rest = parts.get(chosen.len()..).unwrap_or_default();
    let Some((part, later)) = rest.split_first() else {
        if mistakes > 0 || *tries == 0 {
            return false;
        }
        *tries -= 1;
        return agrees(chosen);
    };
    if mistakes > rest.len() {
        return false;
    }
    for (at, is_odd) in part.iter().enumerate() {
        let Some(left) = mistakes.checked_sub(usize::from(*is_odd)) else { continue };
        if left > later.len() || *tries == 0 {
            continue;
        }
        chosen.push(at);
        if choose(parts, left, chosen, tries, agrees) {
            return true;
        }
        chosen.pop();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_mistakes_come_first_and_the_tries_are_bounded() {
        let parts = [vec![false, true, true], vec![false, false, true], vec![false, true]];
        let found = |wanted: &[&[usize]], mistakes, tries| {
            fewest(&parts, mistakes, tries, &mut |chosen| wanted.contains(&chosen))
        };
        assert_eq!(found(&[&[2, 2, 1], &[0, 1, 1]], 3, 1_000), Some(vec![0, 1, 1]));
        assert_eq!(found(&[&[2, 2, 1]], 3, 1_000), Some(vec![2, 2, 1]));
        assert_eq!(found(&[&[2, 2, 1]], 2, 1_000), None);
        assert_eq!(found(&[&[0, 0, 0]], 0, 1), Some(vec![0, 0, 0]));
        let mut asked = 0;
        let none = fewest(&parts, 3, 7, &mut |_| {
            asked += 1;
            false
        });
        assert_eq!((none, asked), (None, 7));
        let mut all = std::collections::BTreeSet::new();
        fewest(&parts, 3, 1_000, &mut |chosen| {
            assert!(all.insert(chosen.to_vec()));
            false
        });
        assert_eq!(all.len(), 18);
    }
}
