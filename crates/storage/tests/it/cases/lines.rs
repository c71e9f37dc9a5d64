//! Lines of retailers' files, and our sales beside them.

use domain::{
    ids::{PaymentNo, SaleNo},
    payment::State,
    sale::SaleState,
    time::{BusinessDate, Span},
};
use storage::{
    AliasRow, BooksWrites, FileLineRow, FileRow, LineState, LinesWanted, LinesWrites,
    OurSalesFilter, UnappliedState, Wanted, Writes,
};

use super::bench::everywhere;
use crate::rows::{self, PARTNER, at, rupiah};

fn date(no: i32) -> BusinessDate {
    BusinessDate::from_days(20_000 + no)
}

fn file() -> FileRow {
    FileRow {
        no: 1,
        retailer: rows::retailer("alfamart"),
        business_date: date(0),
        revision: 1,
        name: "ALFA.csv".to_owned(),
        profile: "alfa".to_owned(),
        sha256: [7; 32],
        lines: 2,
        total: 206_000,
        applied_at: at(5_000),
        applied_by: "budi (uid 1001)".to_owned(),
    }
}

fn line(no: i64, outcome: &str, sale: Option<i64>) -> FileLineRow {
    let is_ours = outcome == "ours_only";
    FileLineRow {
        no,
        day: (rows::retailer("alfamart"), date(0)),
        identity: format!("S-{no}"),
        file: 1,
        line: (!is_ours).then_some(no),
        outcome: outcome.to_owned(),
        code: rows::code(no),
        amount: rupiah(103_000),
        fee: Some(rupiah(1_000)),
        status: (!is_ours).then(|| "paid".to_owned()),
        sale: sale.map(SaleNo::new),
        payment: sale.map(PaymentNo::new),
        our_amount: sale.map(|_| rupiah(103_000)),
        our_date: sale.map(|_| date(0)),
        posted_at: at(6_000),
        state: if is_ours { LineState::Open } else { LineState::Settled },
        closed_at: None,
        why: None,
    }
}

fn posted(lines: Vec<FileLineRow>) -> Writes {
    let lines = LinesWrites { lines, ..LinesWrites::default() };
    Writes { lines, ..Writes::default() }
}

#[test]
fn lines_come_back_are_replaced_and_closed() {
    everywhere("file-lines", |writer| {
        let books = BooksWrites { files: vec![file()], ..BooksWrites::default() };
        let first = vec![line(1, "matched", Some(1)), line(2, "ours_only", Some(2))];
        writer.commit(&Writes { books, ..posted(first.clone()) }).unwrap();
        let reader = writer.reader().unwrap();
        let alfamart = rows::retailer("alfamart");
        let all = || reader.file_lines(alfamart, date(0), 0, 10).unwrap();
        assert_eq!(all(), first);
        assert_eq!(reader.file_lines(alfamart, date(0), 1, 10).unwrap(), first[1..]);
        assert_eq!(reader.file_lines(alfamart, date(1), 0, 10).unwrap(), []);
        assert_eq!(reader.file_lines_open(alfamart, 10).unwrap(), first[1..]);
        assert_eq!(reader.file_line(1).unwrap().as_ref(), first.first());
        assert!(reader.waits_as_ours_only(SaleNo::new(2)).unwrap());
        assert!(!reader.waits_as_ours_only(SaleNo::new(1)).unwrap());
        assert_eq!(reader.newest_file(alfamart).unwrap(), Some(file()));
        assert_eq!(reader.sequences().unwrap().file_line, 2);

        // The first is otherwise now, and a file mentions the second's sale.
        let again = FileLineRow { outcome: "amount_differs".to_owned(), ..first[0].clone() };
        let mut writes = posted(vec![FileLineRow { state: LineState::Open, ..again.clone() }]);
        writes.lines.mentioned.push((SaleNo::new(2), at(7_000)));
        writer.commit(&writes).unwrap();
        let found = all();
        assert_eq!((found.len(), found[0].outcome.as_str()), (2, "amount_differs"));
        assert_eq!((found[1].state, found[1].closed_at), (LineState::Closed, Some(at(7_000))));
        let open: Vec<_> = reader.file_lines_open(alfamart, 10).unwrap();
        assert_eq!(open.iter().map(|row| row.no).collect::<Vec<_>>(), [1]);
    });
}

#[test]
fn a_sale_is_found_by_the_name_that_a_file_gave_it() {
    everywhere("file-aliases", |writer| {
        let alias = AliasRow {
            no: 1,
            partner: PARTNER,
            code: rows::code(1),
            amount: rupiah(103_000),
            outlet: "T001".to_owned(),
            till_at: at(900),
            tolerance: Span::minutes(5),
            sale: SaleNo::new(1),
        };
        let sale = rows::sale(1, "file", SaleState::Booked);
        let lines = LinesWrites { aliases: vec![alias.clone()], ..LinesWrites::default() };
        writer
            .commit(&Writes { sales_new: vec![sale.clone()], lines, ..rows::opened(1..3) })
            .unwrap();
        let aliases = vec![rows::code(1), rows::code(2)];
        let lines = LinesWanted { aliases, ..LinesWanted::default() };
        let loaded = writer.load(&Wanted { lines, ..Wanted::default() }).unwrap();
        assert_eq!(loaded.aliases.len(), 1);
        assert_eq!(loaded.aliases[&rows::code(1)], [alias]);
        let key = (PARTNER, sale.sale.key.clone());
        assert_eq!(loaded.sales.get(&key), Some(&sale));
    });
}

#[test]
fn our_sales_are_found_by_when_they_were_received() {
    everywhere("our-sales", |writer| {
        let mut writes = rows::opened(1..4);
        for no in 1..=3 {
            let mut row = rows::sale(no, &format!("S-{no}"), SaleState::Booked);
            row.sale.received_at = at(no * 1_000);
            row.sale.payment = Some(PaymentNo::new(no));
            writes.sales_new.push(row);
        }
        // The first paid, the second is unapplied, the third belongs to another retailer.
        writes.payments_new[0].payment.state = State::Paid(rows::taking(1));
        writes.unapplied_new.push(rows::unapplied(1, 2, UnappliedState::Open));
        writes.sales_new[2].sale.retailer = rows::retailer("indomaret");
        let books = BooksWrites { files: vec![file()], ..BooksWrites::default() };
        let lines = posted(vec![line(1, "matched", Some(1)), line(2, "ours_only", Some(2))]).lines;
        writer.commit(&Writes { books, lines, ..writes }).unwrap();

        let reader = writer.reader().unwrap();
        let last = |millis| reader.last_sale_before(at(millis)).unwrap().get();
        assert_eq!([0, 1_000, 1_001, 3_000, 3_001, 9_000].map(last), [0, 0, 1, 2, 3, 3]);
        let retailer = rows::sale(1, "S-1", SaleState::Booked).sale.retailer;
        let filter = |after, last| OurSalesFilter {
            retailer,
            after: SaleNo::new(after),
            last: SaleNo::new(last),
        };
        let found = reader.our_sales(&filter(0, 3), 10).unwrap();
        assert_eq!(found.iter().map(|row| row.no.get()).collect::<Vec<_>>(), [1, 2]);
        let taking = rows::taking(1);
        let paid = (found[0].payment, found[0].business_date, found[0].matched_on);
        assert_eq!(taking.sale.get(), 1);
        assert_eq!(paid, (Some(PaymentNo::new(1)), Some(taking.business_date), Some(date(0))));
        assert_eq!(found[0].commission, Some(rupiah(1_000)));
        // Another sale's payment is not this one's; and a record without a line was not matched.
        assert_eq!((found[1].payment, found[1].matched_on), (None, None));
        let cash = rows::unapplied(1, 2, UnappliedState::Open);
        assert_eq!(found[1].business_date, Some(cash.business_date));
        assert_eq!(reader.our_sales(&filter(1, 3), 10).unwrap(), found[1..]);
        assert_eq!(reader.our_sales(&filter(0, 1), 10).unwrap(), found[..1]);
        assert_eq!(reader.our_sale(SaleNo::new(2)).unwrap().as_ref(), found.get(1));
    });
}
