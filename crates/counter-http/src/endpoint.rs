//! The calls of the protocol.

use domain::sale::Operation;
use http::Method;

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A message about a sale.
    Message(Operation),
    /// What became of a sale?
    Status,
    /// Are you there, and do you know me?
    Echo,
}

impl Endpoint {
    /// All of them, in the contract's order.
    pub(crate) const ALL: [Self; 8] = [
        Self::Message(Operation::Inquiry),
        Self::Message(Operation::Payment),
        Self::Message(Operation::Commit),
        Self::Message(Operation::Advice),
        Self::Message(Operation::Reversal),
        Self::Message(Operation::Payout),
        Self::Status,
        Self::Echo,
    ];

    /// Where it is.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Message(Operation::Inquiry) => "/counter/v1/inquiry",
            Self::Message(Operation::Payment) => "/counter/v1/payment",
            Self::Message(Operation::Commit) => "/counter/v1/commit",
            Self::Message(Operation::Advice) => "/counter/v1/advice",
            Self::Message(Operation::Reversal) => "/counter/v1/reversal",
            Self::Message(Operation::Payout) => "/counter/v1/payout",
            Self::Status => "/counter/v1/status",
            Self::Echo => "/counter/v1/echo",
        }
    }

    /// The one method it takes.
    pub(crate) const fn method(self) -> Method {
        match self {
            Self::Message(_) => Method::POST,
            Self::Status | Self::Echo => Method::GET,
        }
    }

    /// Its name in metrics and logs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Message(operation) => operation_name(operation),
            Self::Status => "status",
            Self::Echo => "echo",
        }
    }
}

const fn operation_name(operation: Operation) -> &'static str {
    match operation {
        Operation::Inquiry => "inquiry",
        Operation::Payment => "payment",
        Operation::Commit => "commit",
        Operation::Advice => "advice",
        Operation::Reversal => "reversal",
        Operation::Payout => "payout",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_in_the_name() {
        for endpoint in Endpoint::ALL {
            assert_eq!(endpoint.path(), format!("/counter/v1/{}", endpoint.name()));
        }
    }
}
