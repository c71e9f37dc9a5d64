//! Who is told.

use std::{fmt, sync::Arc};

use crate::Explained;

/// Hears of requests that were not authenticated.
pub trait Hear: Send + Sync + 'static {
    /// Whether one more is heard now. Explaining costs more than refusing, so whoever listens says
    /// how much.
    fn has_room(&self) -> bool;

    /// Takes what came of it.
    fn hear(&self, explained: Explained);
}

/// Who is told of requests that were not authenticated. Nobody by default, and in production always.
#[derive(Clone, Default)]
pub struct Listener(Option<Arc<dyn Hear>>);

impl Listener {
    /// Tells `hear`.
    pub fn new(hear: Arc<dyn Hear>) -> Self {
        Self(Some(hear))
    }

    /// Has a failure explained, if somebody listens. None: there is nothing wrong after all.
    pub fn ask(&self, explain: impl FnOnce() -> Option<Explained>) {
        if let Some(hear) = self.0.as_ref().filter(|hear| hear.has_room())
            && let Some(explained) = explain()
        {
            hear.hear(explained);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Listener(somebody)" } else { "Listener(nobody)" })
    }
}
