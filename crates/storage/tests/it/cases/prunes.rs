//! What nobody may ask for any more goes, and nothing else.

use domain::{
    ids::{NotificationNo, PaymentNo},
    sale::SaleState,
};
use storage::{Prune, Writes, sqlite::PRUNE_ROWS_MAX};

use super::bench::everywhere;
use crate::rows::{self, ACCOUNT, PARTNER, at, key};

#[test]
fn only_what_is_old_enough_goes() {
    everywhere("prune", |writer| {
        let sales: Vec<_> =
            (1..4).map(|no| rows::sale(no, &format!("S-{no}"), SaleState::Booked)).collect();
        writer
            .commit(&Writes {
                idempotency: vec![rows::answer("a", "o", 100), rows::answer("b", "o", 200)],
                attempts: (1..4).map(|no| rows::attempt(no, 1)).collect(),
                inquiries: (1..4).map(|no| rows::inquiry(no, &format!("I-{no}"), 1)).collect(),
                sales_new: sales.clone(),
                ..Writes::default()
            })
            .unwrap();
        let prunes = vec![
            Prune::IdempotencyBefore(at(200)),
            Prune::AttemptsBefore(at(7_002)),
            Prune::InquiriesBefore(at(1_802)),
            Prune::SaleAnswersBefore(at(2_003)),
        ];
        writer.commit(&Writes { prunes, ..Writes::default() }).unwrap();

        let reader = writer.reader().unwrap();
        assert_eq!(reader.idempotency(ACCOUNT, "a").unwrap(), None);
        assert!(reader.idempotency(ACCOUNT, "b").unwrap().is_some());
        let left: Vec<_> = reader.attempts_of(NotificationNo::new(1)).unwrap();
        assert_eq!(left.iter().map(|row| row.no).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(reader.first_inquiry_of(PaymentNo::new(1)).unwrap(), Some(at(1_802)));
        let answered = |no: usize| {
            let row = reader.sale(PARTNER, &key(&format!("S-{no}"))).unwrap().unwrap();
            assert_eq!(row.sale, sales[no - 1].sale);
            assert_eq!(row.answer.is_some(), row.data_key != 0);
            row.answer.is_some() || row.commit_answer.is_some() || row.reversal_answer.is_some()
        };
        assert_eq!([1, 2, 3].map(answered), [false, false, true]);
    });
}

#[test]
fn the_newest_row_stays_so_that_no_number_is_given_twice() {
    everywhere("prune-all", |writer| {
        let attempts = (1..4).map(|no| rows::attempt(no, 1)).collect();
        let inquiries = (1..4).map(|no| rows::inquiry(no, &format!("I-{no}"), 1)).collect();
        writer.commit(&Writes { attempts, inquiries, ..Writes::default() }).unwrap();
        let ages = at(i64::MAX);
        let prunes = vec![Prune::AttemptsBefore(ages), Prune::InquiriesBefore(ages)];
        writer.commit(&Writes { prunes, ..Writes::default() }).unwrap();
        assert_eq!(writer.sequences().unwrap().attempt, 3);
        assert_eq!(writer.sequences().unwrap().inquiry, 3);
        let left = writer.reader().unwrap().attempts_of(NotificationNo::new(1)).unwrap();
        assert_eq!(left.len(), 1);
    });
}

#[test]
fn one_round_takes_a_bounded_number() {
    everywhere("prune-many", |writer| {
        let count = PRUNE_ROWS_MAX + 10;
        let attempts = (1..=count).map(|no| rows::attempt(no, 1)).collect();
        writer.commit(&Writes { attempts, ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        let prunes = vec![Prune::AttemptsBefore(at(i64::MAX))];
        let writes = Writes { prunes, ..Writes::default() };
        for left in [10, 1, 1] {
            writer.commit(&writes).unwrap();
            assert_eq!(reader.attempts_of(NotificationNo::new(1)).unwrap().len(), left);
        }
    });
}
