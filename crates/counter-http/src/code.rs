//! The codes of the wire, each with its HTTP status (contract, the table of codes).

use http::StatusCode;

/// What an answer says, in two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// 00
    Approved,
    /// 12
    ReversalRefused,
    /// 13
    WrongAmount,
    /// 14
    Unknown,
    /// 30
    Malformed,
    /// 54
    AlreadyPaid,
    /// 55
    Expired,
    /// 56
    Cancelled,
    /// 57
    NotPayableHere,
    /// 58
    WrongDirection,
    /// 59
    Unconfirmed,
    /// 61
    OverLimit,
    /// 62
    UnderLimit,
    /// 63
    NotAuthenticated,
    /// 65
    TooManyUnknown,
    /// 75
    Blocked,
    /// 76
    SaleReversed,
    /// 77
    BeingPaid,
    /// 78
    NeedsInquiry,
    /// 79
    WrongPin,
    /// 94
    SaleConflict,
    /// 96
    TryAgain,
}

impl Code {
    /// The two digits.
    pub(crate) const fn digits(self) -> &'static str {
        match self {
            Self::Approved => "00",
            Self::ReversalRefused => "12",
            Self::WrongAmount => "13",
            Self::Unknown => "14",
            Self::Malformed => "30",
            Self::AlreadyPaid => "54",
            Self::Expired => "55",
            Self::Cancelled => "56",
            Self::NotPayableHere => "57",
            Self::WrongDirection => "58",
            Self::Unconfirmed => "59",
            Self::OverLimit => "61",
            Self::UnderLimit => "62",
            Self::NotAuthenticated => "63",
            Self::TooManyUnknown => "65",
            Self::Blocked => "75",
            Self::SaleReversed => "76",
            Self::BeingPaid => "77",
            Self::NeedsInquiry => "78",
            Self::WrongPin => "79",
            Self::SaleConflict => "94",
            Self::TryAgain => "96",
        }
    }

    /// The HTTP status: 200 for decisions, and only for them.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Approved
            | Self::ReversalRefused
            | Self::WrongAmount
            | Self::Unknown
            | Self::AlreadyPaid
            | Self::Expired
            | Self::Cancelled
            | Self::NotPayableHere
            | Self::WrongDirection
            | Self::Unconfirmed
            | Self::Blocked
            | Self::WrongPin
            | Self::OverLimit
            | Self::UnderLimit
            | Self::SaleReversed
            | Self::BeingPaid
            | Self::NeedsInquiry
            | Self::SaleConflict => StatusCode::OK,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotAuthenticated => StatusCode::UNAUTHORIZED,
            Self::TooManyUnknown => StatusCode::TOO_MANY_REQUESTS,
            Self::TryAgain => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
