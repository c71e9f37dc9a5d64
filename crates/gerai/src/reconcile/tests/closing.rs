//! What waits is closed by hand, and what later files say of it then (rule 34).

use domain::ledger::Transfer;
use gateway::{
    admin::{self, AdminCommand, AdminError, AdminReply, DifferenceClose},
    request::{Movement, MovementRequest},
};

use super::*;

impl Story {
    /// Closes what waits under a sale's key.
    async fn close(&self, identity: &str, verdict: &str) -> Result<AdminReply, AdminError> {
        let rows = self.reader().file_lines_open(key("alfamart"), 100).unwrap();
        let no = rows.iter().find(|row| row.identity == identity).unwrap().no;
        let order = DifferenceClose {
            no,
            verdict: verdict.to_owned(),
            reason: "as the retailer wrote, ticket 21".to_owned(),
            by: "budi (uid 1001)".to_owned(),
            posted_at_ms: None,
        };
        let reply = admin::execute(&self.shop.gateway, AdminCommand::DifferenceClose(order)).await;
        self.verify();
        reply
    }

    async fn closed(&self, identity: &str, verdict: &str) {
        let reply = self.close(identity, verdict).await.unwrap();
        let AdminReply::Ruled(reply) = reply else { panic!("{reply:?}") };
        assert_eq!(reply.state, verdict);
    }

    async fn refused(&self, identity: &str, verdict: &str) -> String {
        let before = self.reader().sequences().unwrap();
        let error = self.close(identity, verdict).await.unwrap_err().to_string();
        assert_eq!(self.reader().sequences().unwrap(), before);
        error
    }

    /// The retailer transfers so much for a day.
    async fn fund(&self, date: &str, amount: i64, reference: &str) {
        let transfer = Transfer {
            retailer: key("alfamart"),
            business_date: BusinessDate::parse(date).unwrap(),
            amount: Rupiah::new(amount).unwrap(),
            commission: Rupiah::ZERO,
        };
        let reference = reference.to_owned();
        let movement = Movement::Fund { transfer, reference, keep_difference: false };
        let by = "budi (uid 1001)".to_owned();
        let request = MovementRequest { movement, by, reason: None, received_at: self.now() };
        self.shop.gateway.move_money(request).await.unwrap();
        self.settle_down().await;
    }

    /// Lets the clock fund and settle what is due.
    async fn settle_down(&self) {
        while self.shop.gateway.sweep(self.now()).await.unwrap() > 0 {}
    }

    /// What the day's transfers are expected to come to, and how many payments wait for them.
    fn expected(&self, date: &str) -> (i64, i64) {
        let day = (key("alfamart"), BusinessDate::parse(date).unwrap());
        let row = self.reader().retailer_day(day).unwrap();
        row.map_or((0, 0), |row| (row.matched, row.waiting))
    }
}

const DAY: &str = "2026-11-21";
const NEXT: &str = "numbered_20261122.csv";

fn receivable_of(date: &str) -> LedgerAccount {
    LedgerAccount::Receivable(key("alfamart"), BusinessDate::parse(date).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_we_have_is_confirmed_clawed_back_or_written_off() {
    let story = Story::new();
    let sold = [
        story.paid("one", "S1").await,
        story.paid("two", "S2").await,
        story.paid("three", "S3").await,
    ];
    story.wait(Span::hours(26));
    story.post(FILE, &[]).await;
    assert_eq!(story.waiting().len(), 3);

    // Cash that we hold does not vanish because somebody says that the retailer is right.
    let error = story.refused("S1", "theirs").await;
    assert!(error.contains("clawback") && error.contains("write-off"), "{error}");
    assert!(story.refused("S1", "undone").await.contains("none of ours, theirs"));

    story.closed("S1", "ours").await;
    assert_eq!(story.matched(&sold[0]), Some(MatchedState::Waiting));
    assert_eq!(story.expected(DAY), (50_000, 1));
    assert_eq!(story.balance(receivable()), 150_000);

    story.closed("S2", "clawback").await;
    assert!(matches!(story.state(&sold[1]).await, State::ClawedBack(..)));
    assert_eq!(story.matched(&sold[1]), None);
    assert_eq!(story.balance(receivable()), 100_000);
    assert_eq!(story.balance(LedgerAccount::DisputedReceivable(key("alfamart"))), 0);

    story.closed("S3", "write-off").await;
    assert_eq!(story.matched(&sold[2]), Some(MatchedState::Funded));
    assert_eq!(story.expected(DAY), (50_000, 1));
    assert_eq!(story.balance(receivable()), 50_000);
    assert_eq!(story.balance(LedgerAccount::WriteOff), 50_000);
    assert_eq!(story.waiting(), []);
    let kinds = |view: &PaymentView| -> Vec<&str> {
        let events = story.reader().events_of(view.payment.no).unwrap();
        events.iter().map(|row| row.event.kind.name()).collect()
    };
    assert_eq!(kinds(&sold[0]).last(), Some(&"difference_confirmed"));
    assert!(kinds(&sold[1]).ends_with(&["clawed_back", "difference_clawed_back"]));
    assert_eq!(kinds(&sold[2]).last(), Some(&"difference_written_off"));

    // What is closed is not found again: not by the same file, nor by those of the next days.
    assert_eq!(story.post(FILE, &[]).await.posted, 0);
    story.wait(Span::hours(24));
    assert_eq!(story.post(NEXT, &[]).await.posted, 0);
    assert_eq!(story.waiting(), []);

    // What was confirmed is funded by its transfer; what was given up has its money all the same.
    story.fund(DAY, 50_000, "BCA-1").await;
    assert_eq!(story.balance(receivable()), 0);
    story.wait(Span::days(7));
    story.settle_down().await;
    assert!(matches!(story.state(&sold[0]).await, State::Settled(_)));
    assert!(matches!(story.state(&sold[2]).await, State::Settled(_)));
    assert_eq!(story.balance(LedgerAccount::MerchantActive(ACCOUNT)), -100_000);
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_closed_once_and_a_till_is_waited_for() {
    let story = Story::new();
    let young = story.open("one").await;
    story.paid("two", "S2").await;
    story.wait(Span::hours(20));
    story.post(FILE, &[sold("S1", &young, 50_000)]).await;
    assert!(story.refused("S1", "ours").await.contains("a till may still tell us"));
    let rows = story.reader().file_lines_open(key("alfamart"), 100).unwrap();
    let no = rows.iter().find(|row| row.identity == "S2").unwrap().no;
    story.closed("S2", "ours").await;
    let order = DifferenceClose {
        no,
        verdict: "clawback".to_owned(),
        reason: "once more".to_owned(),
        by: String::new(),
        posted_at_ms: None,
    };
    let again = AdminCommand::DifferenceClose(order.clone());
    let error = admin::execute(&story.shop.gateway, again).await.unwrap_err();
    assert!(error.to_string().contains("is closed already"), "{error}");
    let unknown = AdminCommand::DifferenceClose(DifferenceClose { no: 99, ..order });
    let error = admin::execute(&story.shop.gateway, unknown).await.unwrap_err();
    assert!(error.to_string().contains("there is no line 99"), "{error}");
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_drops_a_matched_line_undoes_the_match() {
    let story = Story::new();
    let [one, two] = [story.paid("one", "S1").await, story.paid("two", "S2").await];
    story.wait(Span::hours(26));
    let both = [sold("S1", &one, 50_000), sold("S2", &two, 50_000)];
    story.post(FILE, &both).await;
    assert_eq!(story.expected(DAY), (100_000, 2));

    // The day is covered by what is left, and the one that was dropped is not paid out.
    let reply = story.post(FILE, &both[..1]).await;
    assert_eq!((reply.unmatched, reply.posted), (1, 1));
    assert_eq!(story.matched(&two), None);
    assert_eq!(story.expected(DAY), (50_000, 1));
    assert_eq!(story.waiting(), [("ours_only".to_owned(), "S2".to_owned())]);
    assert_eq!(story.post(FILE, &both[..1]).await.posted, 0);
    story.fund(DAY, 50_000, "BCA-1").await;
    assert_eq!(story.matched(&one), Some(MatchedState::Funded));
    story.verify();

    // It comes back, is funded, and is dropped once more: the money was not the merchant's yet.
    story.post(FILE, &both).await;
    story.fund(DAY, 50_000, "BCA-2").await;
    assert_eq!(story.matched(&two), Some(MatchedState::Funded));
    story.post(FILE, &both[..1]).await;
    assert_eq!(story.matched(&two), None);
    assert_eq!(story.expected(DAY), (50_000, 0));
    story.verify();

    // The same once the merchant has its money: it stays, and waits for somebody.
    story.post(FILE, &both).await;
    story.settle_down().await;
    story.wait(Span::days(7));
    story.settle_down().await;
    assert!(matches!(story.state(&two).await, State::Settled(_)));
    let reply = story.post(FILE, &both[..1]).await;
    assert_eq!((reply.unmatched, reply.posted), (0, 1));
    assert_eq!(story.matched(&two), Some(MatchedState::Settled));
    let waits = story.reader().file_lines_open(key("alfamart"), 100).unwrap();
    assert_eq!(waits[0].why.as_deref(), Some("its merchant has the money already"));
    story.verify();

    // The retailer wants it back: it has transferred it, so it is in dispute until it is set off.
    story.closed("S2", "clawback").await;
    assert_eq!(story.balance(LedgerAccount::DisputedReceivable(key("alfamart"))), -50_000);
    assert_eq!(story.balance(receivable()), 0);
    assert_eq!(story.balance(LedgerAccount::MerchantActive(ACCOUNT)), -50_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_an_amount_is_undone_by_a_file_that_corrects_it() {
    let story = Story::new();
    let view = story.paid("one", "S1").await;
    story.wait(Span::hours(26));
    story.post(FILE, &[sold("S1", &view, 40_000)]).await;
    assert_eq!(story.matched(&view), None);
    story.closed("S1", "theirs").await;
    assert_eq!(story.balance(receivable()), 40_000);
    assert_eq!(story.balance(LedgerAccount::ReconciliationDifference), 10_000);
    assert_eq!(story.expected(DAY), (40_000, 1));

    let reply = story.post(FILE, &[sold("S1", &view, 50_000)]).await;
    assert_eq!(reply.posted, 1);
    assert_eq!(story.balance(receivable()), 50_000);
    assert_eq!(story.balance(LedgerAccount::ReconciliationDifference), 0);
    assert_eq!(story.expected(DAY), (50_000, 1));
    assert_eq!(story.waiting(), []);
    story.verify();

    // Another wrong amount: it waits again, its match is undone, and it can be given up.
    story.post(FILE, &[sold("S1", &view, 45_000)]).await;
    assert_eq!((story.matched(&view), story.expected(DAY)), (None, (0, 0)));
    story.closed("S1", "write-off").await;
    assert_eq!(story.balance(LedgerAccount::WriteOff), 5_000);
    story.fund(DAY, 45_000, "BCA-1").await;
    assert_eq!(story.matched(&view), Some(MatchedState::Funded));
    assert_eq!(story.balance(receivable()), 0);
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_invented_and_its_revision_drops_can_be_clawed_back() {
    let story = Story::new();
    let view = story.open("one").await;
    story.wait(Span::hours(26));
    assert_eq!(story.post(FILE, &[sold("S1", &view, 50_000)]).await.paid, 1);
    assert_eq!(story.expected(DAY), (50_000, 1));
    assert_eq!(story.post(FILE, &[]).await.unmatched, 1);
    assert_eq!((story.matched(&view), story.expected(DAY)), (None, (0, 0)));
    assert_eq!(story.waiting(), [("ours_only".to_owned(), "S1".to_owned())]);
    story.closed("S1", "clawback").await;
    assert!(matches!(story.state(&view).await, State::ClawedBack(..)));
    assert_eq!((story.balance(receivable()), story.waiting()), (0, Vec::new()));
    assert_eq!(story.post(FILE, &[]).await.posted, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_becomes_suspect_is_not_matched_and_one_beside_a_good_line_is() {
    let story = Story::new();
    let [one, two] = [story.paid("one", "S1").await, story.paid("two", "S2").await];
    story.wait(Span::hours(26));
    let doubt = |sale: &str, view| sold(sale, view, 50_000).replace(",OK,", ",?,");
    story.post(FILE, &[sold("S1", &one, 50_000)]).await;
    let lines = [doubt("S1", &one), sold("S2", &two, 50_000), doubt("S2", &two)];
    assert_eq!(story.post(FILE, &lines).await.unmatched, 1);
    assert_eq!(story.matched(&one), None);
    assert_eq!(story.matched(&two), Some(MatchedState::Waiting));
    assert_eq!(story.expected(DAY), (50_000, 1));
    assert_eq!(story.post(FILE, &lines).await.posted, 0);
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_not_when_a_later_file_has_it() {
    let story = Story::new();
    let view = story.paid("one", "S1").await;
    story.wait(Span::hours(26));
    story.post(FILE, &[]).await;
    story.closed("S1", "write-off").await;
    assert_eq!(story.balance(LedgerAccount::WriteOff), 50_000);
    story.wait(Span::hours(24));
    story.post(NEXT, &[sold("S1", &view, 50_000)]).await;
    assert_eq!(story.balance(LedgerAccount::WriteOff), 0);
    assert_eq!(story.balance(receivable()), 50_000);
    assert_eq!(story.waiting(), [("other_day".to_owned(), "S1".to_owned())]);
    story.verify();

    // Its money comes with the day on which the retailer has it.
    story.closed("S1", "theirs").await;
    assert_eq!(story.balance(receivable()), 0);
    assert_eq!(story.balance(receivable_of("2026-11-22")), 50_000);
    story.fund("2026-11-22", 50_000, "BCA-1").await;
    assert_eq!(story.balance(receivable_of("2026-11-22")), 0);
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_a_duplicate_and_unapplied_cash() {
    let story = Story::new();
    let [one, two] = [story.paid("one", "S1").await, story.paid("two", "S2").await];
    let late = story.open("three").await;
    story.say(Operation::Inquiry, &late, "S3").await;
    story.shop.gateway.close(cancelled(&late, story.now())).await.unwrap();
    story.say(Operation::Advice, &late, "S3").await;
    let unapplied = LedgerAccount::Unapplied(key("alfamart"));
    assert_eq!(story.balance(unapplied), -50_000);
    story.wait(Span::hours(26));
    let code = one.payment.code;
    let dearer = format!("S1,{code},50000,2026-11-21 14:00:00,T001,OK,1500\n");
    let lines = [dearer, sold("S2", &two, 50_000), sold("S2", &two, 50_000)];
    story.post(FILE, &lines).await;
    let waiting = story.waiting();
    let outcomes: Vec<_> = waiting.iter().map(|(outcome, _)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["fee_differs", "duplicate", "ours_only"]);

    let commission = LedgerAccount::CommissionPayable(key("alfamart"));
    let before = story.balance(commission);
    story.closed("S1", "theirs").await;
    let more = before - story.balance(commission);
    assert!(more > 0);
    assert_eq!(story.balance(LedgerAccount::ReconciliationDifference), more);

    assert!(story.refused("S2", "clawback").await.contains("nothing that could be taken back"));
    story.closed("S2", "theirs").await;
    assert_eq!(story.balance(receivable()), 200_000);
    assert_eq!(story.balance(LedgerAccount::ReconciliationDifference), more - 50_000);

    story.closed("S3", "clawback").await;
    assert_eq!((story.balance(unapplied), story.balance(receivable())), (0, 150_000));
    assert_eq!(story.post(FILE, &lines).await.posted, 0);
}
