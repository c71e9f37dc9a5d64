use super::*;
use crate::{ledger::LedgerAccount, retailer::RetailerKey, time::BusinessDate};

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

fn balance(amount: i64) -> Balance {
    Balance::from_stored(amount)
}

const ACCOUNT: AccountNo = AccountNo::new(1);

fn transfer(amount: i64, commission: i64) -> Transfer {
    Transfer {
        retailer: RetailerKey::new("alfamart").unwrap(),
        business_date: BusinessDate::parse("2026-11-20").unwrap(),
        amount: rupiah(amount),
        commission: rupiah(commission),
    }
}

fn side(entry: &Entry) -> String {
    let account = match entry.account {
        LedgerAccount::SettlementBank => "settlement bank".to_owned(),
        LedgerAccount::CommissionPayable(retailer) => format!("commission {retailer}"),
        LedgerAccount::Receivable(retailer, date) => format!("receivable {retailer} {date}"),
        LedgerAccount::ReconciliationDifference => "difference".to_owned(),
        LedgerAccount::MerchantActive(account) => format!("active {account}"),
        LedgerAccount::PayoutsInTransit => "in transit".to_owned(),
        other => format!("{other:?}"),
    };
    let amount = entry.amount.get();
    format!("{} {account} {}", if amount > 0 { "dr" } else { "cr" }, amount.abs())
}

fn shown(posting: &Posting) -> String {
    assert_eq!(ledger::sum(&posting.entries), Some(Balance::ZERO), "{posting:?}");
    let sides: Vec<_> = posting.entries.iter().map(side).collect();
    format!("{}: {}", posting.event.name(), sides.join(", "))
}

/// docs/ledger.md says the same in words.
#[test]
fn what_a_retailers_transfer_posts() {
    let receivable = "receivable alfamart 2026-11-20";
    for (amount, commission, owed, keep, expected) in [
        // Gross, then the net example of rule 29.
        (
            103_000,
            0,
            103_000,
            false,
            format!("funded: dr settlement bank 103000, cr {receivable} 103000"),
        ),
        (
            102_000,
            1_000,
            103_000,
            false,
            format!(
                "funded: dr settlement bank 102000, dr commission alfamart 1000, \
                 cr {receivable} 103000"
            ),
        ),
        // A part of it, and whatever is owed when it comes.
        (
            50_000,
            0,
            103_000,
            true,
            format!("funded: dr settlement bank 50000, cr {receivable} 50000"),
        ),
        // More than that is kept only if somebody says so.
        (
            102_000,
            1_000,
            100_000,
            true,
            format!(
                "funded: dr settlement bank 102000, dr commission alfamart 1000, \
                 cr {receivable} 100000, cr difference 3000"
            ),
        ),
        (9, 0, -5, true, "funded: dr settlement bank 9, cr difference 9".to_owned()),
    ] {
        let posting = fund(&transfer(amount, commission), balance(owed), keep).unwrap();
        assert_eq!(shown(&posting), expected);
    }
}

#[test]
fn what_retailers_cannot_transfer() {
    let refused = |amount, commission, owed, keep| {
        fund(&transfer(amount, commission), balance(owed), keep).unwrap_err()
    };
    assert_eq!(refused(0, 0, 10, true), FundingRefusal::Nothing);
    let more = |owed, offered| FundingRefusal::MoreThanOwed {
        owed: balance(owed),
        offered: balance(offered),
    };
    assert_eq!(refused(11, 0, 10, false), more(10, 11));
    assert_eq!(refused(10, 1, 10, false), more(10, 11));
    assert_eq!(refused(1, 0, -3, false), more(-3, 1));
    let most = Rupiah::MAX.get();
    assert_eq!(refused(most, most, 0, true), more(0, 2 * most));
}

#[test]
fn what_payouts_post() {
    let amount = rupiah(60_000);
    let recorded = pay_out(ACCOUNT, amount, balance(60_000)).unwrap();
    assert_eq!(shown(&recorded), "payout_recorded: dr active 1 60000, cr in transit 60000");
    let confirmed = confirm(PayoutState::InTransit, amount).unwrap().unwrap();
    assert_eq!(
        shown(&confirmed),
        "payout_confirmed: dr in transit 60000, cr settlement bank 60000"
    );
    let returned = give_back(PayoutState::InTransit, ACCOUNT, amount).unwrap();
    assert_eq!(shown(&returned), "payout_returned: cr active 1 60000, dr in transit 60000");
    let bounced = give_back(PayoutState::Confirmed, ACCOUNT, amount).unwrap();
    assert_eq!(shown(&bounced), "payout_returned: dr settlement bank 60000, cr active 1 60000");

    // Whichever way it goes, a payout that came back leaves nothing behind.
    for way in [vec![&recorded, &returned], vec![&recorded, &confirmed, &bounced]] {
        let mut sums = std::collections::BTreeMap::<_, i64>::new();
        for entry in way.iter().flat_map(|posting| &posting.entries) {
            *sums.entry(entry.account).or_default() += entry.amount.get();
        }
        assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
    }
}

#[test]
fn a_payout_is_never_more_than_what_is_available() {
    let refused = |amount, active| pay_out(ACCOUNT, rupiah(amount), balance(active)).unwrap_err();
    for (amount, active) in [(1, 0), (60_001, 60_000), (1, -5)] {
        let expected =
            PayoutRefusal::MoreThanActive { asked: rupiah(amount), active: balance(active) };
        assert_eq!(refused(amount, active), expected);
    }
    assert_eq!(refused(0, 5), PayoutRefusal::Nothing);
}

#[test]
fn what_is_known_is_not_posted_again() {
    let amount = rupiah(5);
    assert_eq!(confirm(PayoutState::Confirmed, amount), Ok(None));
    assert_eq!(confirm(PayoutState::Returned, amount), Err(PayoutRefusal::Returned));
    assert_eq!(give_back(PayoutState::Returned, ACCOUNT, amount), None);
}
