//! What becomes of a notification that an operator wants sent again.

use domain::ids::NotificationNo;

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redelivery {
    /// It is sent again at once.
    Due,
    /// It is due already and waits for its turn.
    Waits,
    /// The merchant knows newer news of the payment, this one.
    Overtaken(NotificationNo),
    /// Newer news went out instead of it.
    Superseded,
    /// Its order id is another payment's by now (rule 10).
    OrderReused,
}

impl Redelivery {
    /// Why it is not sent again; none where it is.
    pub const fn why_not(self) -> Option<&'static str> {
        match self {
            Self::Due => None,
            Self::Waits => Some("it is due already"),
            Self::Overtaken(_) => Some("newer news of the payment was delivered"),
            Self::Superseded => Some("newer news of the payment went out instead"),
            Self::OrderReused => Some("its order id is another payment's by now"),
        }
    }
}
