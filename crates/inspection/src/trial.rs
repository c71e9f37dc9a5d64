//! Trying what may have been signed.

use zeroize::Zeroizing;

use crate::{
    KeyBytes, Reading, Recipe, Tried,
    reading::{fewest, odd, tried},
    recipe::of_lengths,
};

/// How many mistakes at a time are looked for.
const MISTAKES_MAX: usize = 2;
/// How often a signature is made or checked at most.
const TRIES_MAX: usize = 12_000;
/// The fewest tries, however long the text is: each mistake alone.
const TRIES_MIN: usize = 300;
/// How many bytes are signed at most, about.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// The parts of what is signed, the key among them, and every way in which each may have been read.
#[derive(Debug, Default)]
pub struct Trial(Vec<Vec<Reading<KeyBytes>>>);

/// What a trial came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The mistakes that explain the signature, the fewest; none where nothing explains it. Empty: it
    /// is right.
    pub mistakes: Option<Vec<String>>,
    /// The mistakes that were looked for.
    pub tried: Vec<Tried>,
}

impl Trial {
    /// Adds a part. The first of its readings is how it should be.
    #[must_use]
    pub fn part<T: AsRef<[u8]>>(mut self, readings: Vec<Reading<T>>) -> Self {
        let bytes = |reading: Reading<T>| Reading {
            value: Zeroizing::new(reading.value.as_ref().to_vec()),
            difference: reading.difference,
        };
        self.0.push(readings.into_iter().map(bytes).collect());
        self
    }

    /// Looks for readings, one of each part, of which `agrees` says something: what is odd besides.
    pub fn run(
        &self,
        length: usize,
        mut agrees: impl FnMut(&[&[u8]]) -> Option<Vec<String>>,
    ) -> Outcome {
        let parts: Vec<_> = self.0.iter().map(|part| odd(part)).collect();
        let tries = (BYTES_MAX / length.max(1)).clamp(TRIES_MIN, TRIES_MAX);
        let mut besides = Vec::new();
        let mut asked = |chosen: &[usize]| {
            let values: Vec<&[u8]> = self
                .0
                .iter()
                .zip(chosen)
                .map(|(part, at)| part.get(*at).map_or(&[][..], |one| one.value.as_slice()))
                .collect();
            let said = agrees(&values);
            besides = said.clone().unwrap_or_default();
            said.is_some()
        };
        let found = fewest(&parts, MISTAKES_MAX, tries, &mut asked);
        let of = |at: usize| found.as_ref().and_then(|found| found.get(at).copied());
        let tried: Vec<Tried> =
            self.0.iter().enumerate().flat_map(|(at, part)| tried(part, of(at))).collect();
        let mistakes = found.map(|_| {
            let made = tried.iter().filter(|one| one.fits).map(|one| one.what.clone());
            besides.into_iter().chain(made).collect()
        });
        Outcome { mistakes, tried }
    }

    /// The same for a signature under a shared key, which is the part that was added last: `compose`
    /// makes the text of the others, of about `length` bytes.
    pub fn run_keyed(
        &self,
        given: &[Reading<Vec<u8>>],
        recipes: Vec<Reading<Recipe>>,
        length: usize,
        compose: impl Fn(&[&[u8]]) -> Vec<u8>,
    ) -> Outcome {
        let usual: Vec<_> = of_lengths(recipes, given);
        let (plain, odd): (Vec<_>, Vec<_>) =
            usual.into_iter().partition(|recipe| recipe.difference.is_none());
        let by = |recipes: &[Reading<Recipe>], values: &[&[u8]]| {
            let (key, others) = values.split_last()?;
            let text = compose(others);
            recipes.iter().find_map(|recipe| {
                let made = recipe.value.of(key, &text);
                let one = given.iter().find(|one| one.value == made)?;
                Some([&one.difference, &recipe.difference].into_iter().flatten().cloned().collect())
            })
        };
        let first = self.run(length, |values| by(&plain, values));
        let mut outcome = if first.mistakes.is_some() || odd.is_empty() {
            first
        } else {
            self.run(length.saturating_mul(odd.len()), |values| by(&odd, values))
        };
        let made = outcome.mistakes.clone().unwrap_or_default();
        let written = given.iter().filter_map(|one| one.difference.clone());
        let mixed = odd.iter().filter_map(|one| one.difference.clone());
        let others = written.chain(mixed).map(|what| Tried { fits: made.contains(&what), what });
        outcome.tried.splice(0..0, others.collect::<Vec<_>>());
        outcome
    }
}
