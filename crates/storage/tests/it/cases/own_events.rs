//! Gerai's own events: each account counts its own, and the newest always stays.

use domain::{
    ids::{AccountNo, EventNo, PaymentNo, SaleNo},
    own_event::OwnKind,
};
use storage::{OwnEnds, OwnEventRow, Prune, StorageError, Writes};

use super::bench::everywhere;
use crate::rows::at;

const OTHER: AccountNo = AccountNo::new(9);

fn row(account: AccountNo, no: i64, kind: OwnKind) -> OwnEventRow {
    OwnEventRow {
        account,
        no,
        kind,
        at: at(1_000 + no),
        event: Some(EventNo::new(70 + no)),
        payment: Some(PaymentNo::new(no)),
        sale: (no % 2 == 0).then(|| SaleNo::new(no)),
        status: Some("clawed_back"),
        superseded: no % 3 == 0,
        detail: (no % 4 == 0).then(|| "{\"a\":1}".to_owned()),
        digest: [7; 16],
    }
}

#[test]
fn every_kind_reads_back_and_each_account_counts_its_own() {
    everywhere("own-events", |writer| {
        let one = AccountNo::new(3);
        let kinds = OwnKind::ALL.iter().copied();
        let rows: Vec<_> = (1..).zip(kinds).map(|(no, kind)| row(one, no, kind)).collect();
        let mut bare = row(OTHER, 1, OwnKind::Failing);
        (bare.event, bare.payment, bare.status) = (None, None, None);
        let own_events = rows.iter().cloned().chain([bare.clone()]).collect();
        writer.commit(&Writes { own_events, ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        assert_eq!(reader.own_events_after(one, 0, 100).unwrap(), rows);
        assert_eq!(reader.own_events_after(one, 2, 1).unwrap(), rows[2..3]);
        assert_eq!(reader.own_event(OTHER, 1).unwrap(), Some(bare));
        assert_eq!(reader.own_event(OTHER, 2).unwrap(), None);
        let newest = i64::try_from(rows.len()).unwrap();
        assert_eq!(reader.own_ends(one).unwrap(), OwnEnds { oldest: 1, newest });
        assert_eq!(reader.own_ends(AccountNo::new(4)).unwrap(), OwnEnds::default());
        assert_eq!(reader.own_accounts().unwrap(), [one, OTHER]);
    });
}

#[test]
fn a_number_is_given_once() {
    everywhere("own-events-twice", |writer| {
        let twice = vec![row(OTHER, 1, OwnKind::Paid), row(OTHER, 1, OwnKind::Final)];
        let refused = writer.commit(&Writes { own_events: twice, ..Writes::default() });
        assert!(matches!(refused, Err(StorageError::Constraint(_))), "{refused:?}");
    });
}

#[test]
fn what_is_old_goes_but_for_the_newest_of_an_account() {
    everywhere("own-events-old", |writer| {
        let one = AccountNo::new(3);
        let mut own_events: Vec<_> = (1..6).map(|no| row(one, no, OwnKind::Paid)).collect();
        own_events.push(row(OTHER, 1, OwnKind::Paid));
        writer.commit(&Writes { own_events, ..Writes::default() }).unwrap();
        let mut prune = |before| {
            let prunes = [one, OTHER].map(|account| Prune::OwnEventsBefore(account, at(before)));
            writer.commit(&Writes { prunes: prunes.to_vec(), ..Writes::default() }).unwrap();
            let reader = writer.reader().unwrap();
            [one, OTHER].map(|account| reader.own_ends(account).unwrap().oldest)
        };
        assert_eq!(prune(1_003), [3, 1]);
        assert_eq!(prune(9_000), [5, 1]);
    });
}
