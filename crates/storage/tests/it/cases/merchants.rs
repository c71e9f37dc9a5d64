//! What merchants ask about their own account.

use domain::{
    ids::{AccountNo, NotificationNo},
    ledger::LedgerAccount,
    payment::{Announce, Shown},
    time::BusinessDate,
};
use storage::{
    AccountFilter, AttemptRow, ExternalIdRow, NotificationFilter, NotificationRow,
    NotificationState, Prune, Standing, StorageError, Wanted, Writes, sqlite::PRUNE_ROWS_MAX,
};

use super::bench::{Writer, everywhere};
use crate::rows::{self, ACCOUNT, at};

/// Those of these ids that are used up.
fn used(writer: &mut Writer, rows: &[ExternalIdRow]) -> Vec<bool> {
    let external_ids: Vec<_> = rows.iter().map(|row| row.external.clone()).collect();
    let wanted = Wanted { external_ids, ..Wanted::default() };
    let loaded = writer.load(&wanted).unwrap().external_ids;
    assert!(loaded.iter().all(|id| wanted.external_ids.contains(id)));
    wanted.external_ids.iter().map(|id| loaded.contains(id)).collect()
}

#[test]
fn an_external_id_is_used_once_per_account_endpoint_and_day() {
    everywhere("external-ids", |writer| {
        let row = rows::external(20_000, "41807553358950093184162180797837");
        let mut others = vec![row.clone(); 4];
        others[0].external.day = BusinessDate::from_days(20_001);
        others[1].external.account = AccountNo::new(ACCOUNT.get() + 1);
        others[2].external.endpoint = "query".to_owned();
        others[3].external.id.push(' ');
        assert_eq!(used(writer, std::slice::from_ref(&row)), [false]);

        let external_ids = vec![row.clone()];
        writer.commit(&Writes { external_ids: external_ids.clone(), ..Writes::default() }).unwrap();
        assert_eq!(used(writer, &external_ids), [true]);
        assert_eq!(used(writer, &others), [false; 4]);

        let again = writer.commit(&Writes { external_ids, ..Writes::default() });
        assert!(matches!(again, Err(StorageError::Constraint(_))), "{again:?}");
        writer.commit(&Writes { external_ids: others.clone(), ..Writes::default() }).unwrap();
        assert_eq!(used(writer, &others), [true; 4]);
    });
}

#[test]
fn external_ids_of_days_gone_by_are_removed_some_at_a_time() {
    everywhere("external-days", |writer| {
        let many = PRUNE_ROWS_MAX + 10;
        let mut rows: Vec<_> = (0..many).map(|no| rows::external(-1, &no.to_string())).collect();
        rows.extend([rows::external(0, "a"), rows::external(1, "a"), rows::external(2, "a")]);
        let prunes = vec![Prune::ExternalIdsBefore(BusinessDate::from_days(1))];
        let prune = Writes { prunes, ..Writes::default() };
        writer.commit(&Writes { external_ids: rows.clone(), ..Writes::default() }).unwrap();
        for left in [13, 2, 2] {
            writer.commit(&prune).unwrap();
            assert_eq!(used(writer, &rows).iter().filter(|used| **used).count(), left);
        }
        assert_eq!(used(writer, &rows[rows.len() - 3..]), [false, true, true]);
    });
}

fn everything() -> AccountFilter {
    AccountFilter {
        account: ACCOUNT,
        opened_from: at(i64::MIN),
        opened_before: at(i64::MAX),
        standing: None,
        skip: 0,
        rows_max: 100,
    }
}

#[test]
fn a_list_is_of_one_account_newest_first() {
    everywhere("lists", |writer| {
        let mut payments: Vec<_> = (1..8).map(rows::payment).collect();
        for row in &mut payments {
            // Two were opened in each second, the later numbers earlier.
            row.payment.opened_at = at(5_000 - row.payment.no.get() / 2);
        }
        payments[3].payment.account = AccountNo::new(9);
        writer.commit(&Writes { payments_new: payments, ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        let list = |filter| -> Vec<i64> {
            let rows = reader.payments_of(&filter).unwrap();
            rows.iter().map(|row| row.payment.no.get()).collect()
        };
        assert_eq!(list(everything()), [1, 3, 2, 5, 7, 6]);
        assert_eq!(list(AccountFilter { skip: 2, rows_max: 3, ..everything() }), [2, 5, 7]);
        assert_eq!(list(AccountFilter { skip: 6, ..everything() }), []);
        assert_eq!(list(AccountFilter { rows_max: 0, ..everything() }), []);
        let (opened_from, opened_before) = (at(4_998), at(4_999));
        assert_eq!(list(AccountFilter { opened_from, ..everything() }), [1, 3, 2, 5]);
        assert_eq!(list(AccountFilter { opened_before, ..everything() }), [5, 7, 6]);
        assert_eq!(list(AccountFilter { opened_from, opened_before, ..everything() }), [5]);
        assert_eq!(list(AccountFilter { account: AccountNo::new(9), ..everything() }), [4]);
        assert_eq!(list(AccountFilter { account: AccountNo::new(8), ..everything() }), []);
    });
}

#[test]
fn payments_stand_as_they_are_shown() {
    everywhere("standings", |writer| {
        let mut rows = Vec::new();
        for announce in [Announce::AtOnce, Announce::WhenFinal] {
            for state in rows::states() {
                let mut row = rows::payment(i64::try_from(rows.len()).unwrap() + 1);
                row.payment.state = state;
                row.payment.announce = announce;
                rows.push(row);
            }
        }
        writer.commit(&Writes { payments_new: rows.clone(), ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        let mut found = 0;
        for standing in [Standing::Pending, Standing::Paid, Standing::Failed, Standing::Expired] {
            let filter = AccountFilter { standing: Some(standing), ..everything() };
            let listed = reader.payments_of(&filter).unwrap();
            found += listed.len();
            assert!(listed.len() > 1, "{standing:?}");
            for row in listed {
                let expected = match row.payment.shown() {
                    Shown::Pending => Standing::Pending,
                    Shown::Paid(_) => Standing::Paid,
                    Shown::Reversed(_) | Shown::Cancelled => Standing::Failed,
                    Shown::Expired => Standing::Expired,
                };
                assert_eq!(standing, expected, "{:?}", row.payment);
            }
        }
        assert_eq!(found, rows.len());
        let filter = AccountFilter { standing: Some(Standing::Failed), skip: 1, ..everything() };
        let shown: Vec<_> = reader.payments_of(&filter).unwrap();
        assert_eq!(shown.len(), 3, "what is skipped stands as asked");
    });
}

#[test]
fn balances_are_sums_of_one_account() {
    everywhere("balances", |writer| {
        use LedgerAccount::{FeeDeferred, MerchantActive, MerchantPending};
        let other = AccountNo::new(ACCOUNT.get() + 1);
        let postings = [
            (MerchantPending(ACCOUNT), -100),
            (MerchantPending(ACCOUNT), -50),
            (MerchantPending(other), -1_000),
            (FeeDeferred, -7),
            (MerchantPending(ACCOUNT), 100),
            (MerchantActive(ACCOUNT), -100),
            (MerchantActive(ACCOUNT), 130),
        ];
        let entry = |(no, (account, amount))| rows::entry(no, 1, account, amount);
        let entries = (1..).zip(postings).map(entry).collect();
        let events = vec![rows::event(1, 1, domain::event::EventKind::Paid)];
        writer.commit(&Writes { events, entries, ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        let sums = |account| {
            let sums = reader.balances_of(account).unwrap();
            (sums.pending.get(), sums.active.get())
        };
        assert_eq!(sums(ACCOUNT), (-50, 30));
        assert_eq!(sums(other), (-1_000, 0));
        assert_eq!(sums(AccountNo::new(99)), (0, 0));
    });
}

#[test]
fn the_first_try_is_the_oldest_kept() {
    everywhere("first-try", |writer| {
        // A probe before them is none of the tries.
        let probe = AttemptRow { is_try: false, ..rows::attempt(0, 8) };
        let tries = [rows::attempt(1, 8), rows::attempt(2, 7), rows::attempt(3, 8)];
        let attempts = [&[probe], &tries[..]].concat();
        writer.commit(&Writes { attempts, ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        let first = |no| reader.first_attempt_of(NotificationNo::new(no)).unwrap();
        assert_eq!([first(7), first(8), first(9)], [Some(at(7_002)), Some(at(7_001)), None]);
        let last = |no| reader.last_attempt_of(NotificationNo::new(no)).unwrap();
        assert_eq!(
            [last(7), last(8), last(9)],
            [Some(tries[1].clone()), Some(tries[2].clone()), None]
        );
    });
}

#[test]
fn notifications_are_listed_by_number_time_account_and_state() {
    everywhere("notifications", |writer| {
        let row = |no: i64, state, created_at: i64, account: AccountNo| NotificationRow {
            created_at: at(created_at),
            account,
            ..rows::notification(no, no, state)
        };
        let other = AccountNo::new(2);
        // Numbers have gaps where old rows were removed.
        let told = vec![
            row(2, NotificationState::Delivered, 100, ACCOUNT),
            row(3, NotificationState::Failed, 200, ACCOUNT),
            row(7, NotificationState::Failed, 200, other),
            row(8, NotificationState::Superseded, 300, ACCOUNT),
            row(11, NotificationState::Failed, 400, ACCOUNT),
        ];
        writer.commit(&Writes { notifications_new: told, ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        let all = NotificationFilter::default();
        let newest = |filter: &NotificationFilter| {
            let found = reader.notifications(filter).unwrap();
            let mut oldest = reader.notifications_after(filter).unwrap();
            if found.len() < filter.rows_max {
                oldest.reverse();
                assert_eq!(found, oldest, "the same from the other end");
            }
            found.iter().map(|row| row.no.get()).collect::<Vec<_>>()
        };
        assert_eq!(newest(&all), [11, 8, 7, 3, 2]);
        assert_eq!(newest(&NotificationFilter { rows_max: 2, ..all }), [11, 8]);
        let page = NotificationFilter { before: NotificationNo::new(8), rows_max: 2, ..all };
        assert_eq!(newest(&page), [7, 3]);
        let failed = NotificationFilter { state: Some(NotificationState::Failed), ..all };
        assert_eq!(newest(&failed), [11, 7, 3]);
        assert_eq!(newest(&NotificationFilter { account: Some(ACCOUNT), ..failed }), [11, 3]);
        assert_eq!(newest(&NotificationFilter { from: at(200), until: at(400), ..all }), [8, 7, 3]);
        assert_eq!(newest(&NotificationFilter { after: NotificationNo::new(7), ..all }), [11, 8]);
        for (from, before) in [(0, 0), (100, 0), (101, 2), (200, 2), (201, 7), (400, 8), (401, 11)]
        {
            let found = reader.notifications_before(at(from)).unwrap().get();
            // Whatever lies between two rows parts them as well.
            let older: Vec<_> = newest(&all).into_iter().filter(|no| *no <= found).collect();
            assert_eq!(older.first().copied().unwrap_or(0), before, "{from}: {found}");
        }
    });
}
