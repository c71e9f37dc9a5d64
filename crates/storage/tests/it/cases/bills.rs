//! What payers are told.

use domain::bill::{BillKind, Channel};
use storage::{News, NotificationState, Writes, bill_target, channel_at};

use super::bench::everywhere;
use crate::rows;

#[test]
fn a_bill_says_what_it_is_and_by_which_way_it_goes() {
    everywhere("bills", |writer| {
        let mut bills = Vec::new();
        for channel in Channel::ALL {
            for kind in BillKind::ALL {
                let no = i64::try_from(bills.len()).unwrap() + 1;
                let mut row = rows::notification(no, 7, NotificationState::Due);
                (row.news, row.target) = (News::Bill(channel, kind), bill_target(channel));
                assert_eq!(channel_at(row.target), Some(channel));
                bills.push(row);
            }
        }
        writer.commit(&Writes { notifications_new: bills.clone(), ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        for row in &bills {
            assert_eq!(reader.notification(row.no).unwrap().as_ref(), Some(row));
        }
        assert_eq!(channel_at(1_000), None);
    });
}
