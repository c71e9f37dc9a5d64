//! What an operator may set about an account (section 9).

use dialect::{AccountOption, OptionKind, flag};
use domain::time::Span;
use gateway::directory::Account;

/// How far a signed time may be from now.
const TOLERANCE: AccountOption = AccountOption {
    name: "timestamp_tolerance_seconds",
    kind: OptionKind::Number(86_400),
    default: "900",
    about: "how far X-TIMESTAMP may be from now, either way; 0 = it is not compared",
};
const EXTERNAL_ID_CHECK: AccountOption = AccountOption {
    name: "external_id_check",
    kind: OptionKind::Flag,
    default: "true",
    about: "whether an X-EXTERNAL-ID is good once per endpoint and Jakarta day",
};
const INDOMARET: AccountOption = AccountOption {
    name: "indomaret",
    kind: OptionKind::Flag,
    default: "false",
    about: "whether the channel RETAIL_INDOMARET is offered, which Ayolinx itself does not have",
};
const LENIENT: AccountOption = AccountOption {
    name: "lenient",
    kind: OptionKind::Flag,
    default: "false",
    about: "takes whole amounts without decimals, validUpTo in unix seconds, PAY_NOTIFY, and any \
            acknowledgement that begins with 200 or is 00",
};
const SUCCESS_CODE: AccountOption = AccountOption {
    name: "success_code",
    kind: OptionKind::Word(&["00", "snap"]),
    default: "00",
    about: "the responseCode of create and query: 00, or snap for 2005400 and 2005500",
};
const NOTIFY_ROUTE: AccountOption = AccountOption {
    name: "notify_route",
    kind: OptionKind::Word(&["url", "documented"]),
    default: "url",
    about: "which path a notification is signed over: its own URL's, or /v1.0/debit/notify",
};

/// All of them.
pub(crate) const ALL: &[AccountOption] =
    &[TOLERANCE, EXTERNAL_ID_CHECK, INDOMARET, LENIENT, SUCCESS_CODE, NOTIFY_ROUTE];

/// How far a signed time may be from now; none where it is not compared. A stranger gets what
/// everybody gets.
pub(crate) fn tolerance(account: Option<&Account>) -> Option<Span> {
    let seconds = match account {
        Some(account) => TOLERANCE.number_of(account),
        None => TOLERANCE.default.parse().unwrap_or(0),
    };
    (seconds > 0).then(|| Span::seconds(seconds.into()))
}

/// Whether an external id is good once only.
pub(crate) fn checks_external_ids(account: &Account) -> bool {
    flag(&EXTERNAL_ID_CHECK, account)
}

/// Whether Indomaret is offered.
pub(crate) fn offers_indomaret(account: &Account) -> bool {
    flag(&INDOMARET, account)
}

/// Whether the leniencies count.
pub(crate) fn is_lenient(account: &Account) -> bool {
    flag(&LENIENT, account)
}

/// Whether success has a code of seven digits.
pub(crate) fn answers_in_snap(account: &Account) -> bool {
    SUCCESS_CODE.of(account) == "snap"
}

/// Whether notifications are signed over the documented path.
pub(crate) fn signs_documented_path(account: &Account) -> bool {
    NOTIFY_ROUTE.of(account) == "documented"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_may_stand() {
        for option in ALL {
            assert_eq!(option.check(option.default), Ok(()), "{}", option.name);
        }
        assert_eq!(tolerance(None), Some(Span::minutes(15)));
    }
}
