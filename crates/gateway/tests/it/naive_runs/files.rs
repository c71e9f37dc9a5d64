//! What retailers' files say.

use std::collections::BTreeMap;

use domain::{code::PaymentCode, ids::PaymentNo, payment::State, sale::Operation, time::Timestamp};
use gateway::request::{
    LineAct, LineToPost, LinesPosted, LinesRequest, MatchLine, MatchRequest, PaymentView,
    PostedFile,
};
use storage::{FileLineRow, LineState};
use testkit::key;

use super::{OUTLET, Run, Said, TOLERANCE};
use crate::scene::rupiah;

/// Cash that a file told of: under which number, for which code, how much, and when.
pub(super) struct Filed {
    pub(super) sale: String,
    pub(super) till: String,
    pub(super) code: PaymentCode,
    pub(super) payment: PaymentNo,
    pub(super) amount: i64,
    pub(super) at: Timestamp,
}

impl Run {
    pub(super) async fn file(&mut self, retailer: &str) -> i64 {
        self.files += 1;
        let file = PostedFile {
            retailer: key(retailer),
            business_date: self.today(),
            revision: u32::try_from(self.files).unwrap(),
            name: format!("FILE{}.csv", self.files),
            profile: "naive".to_owned(),
            sha256: [1; 32],
            lines: 1,
            total: 0,
            by: "budi (uid 1001)".to_owned(),
            at: self.scene.now(),
        };
        self.scene.gateway.post_file(file).await.unwrap()
    }

    /// A line of a file that tells of cash, which a till may have told of before.
    pub(super) async fn line(&mut self, view: &PaymentView, said: Said) {
        let (retailer, amount) = (said.till.as_str(), said.amount);
        let mut advice = self.scene.message(Operation::Advice, said.code, &said.sale, retailer);
        (advice.amount, advice.outlet) = (Some(rupiah(amount)), OUTLET.to_owned());
        let (at, day) = (self.scene.now(), self.today());
        // A number that is in no file is one that the reader made up.
        let alias = said.sale.starts_with('N').then_some(TOLERANCE);
        let file = self.file(retailer).await;
        let row = FileLineRow {
            no: 0,
            day: (key(retailer), self.today()),
            identity: format!("line of file {file}"),
            file,
            line: Some(1),
            outcome: "theirs only".to_owned(),
            code: view.payment.code,
            amount: rupiah(amount),
            fee: None,
            status: None,
            sale: None,
            payment: None,
            our_amount: None,
            our_date: None,
            posted_at: self.scene.now(),
            state: LineState::Settled,
            closed_at: None,
            why: None,
        };
        let act = LineAct::Book { request: Box::new(advice), alias, commission: None };
        let lines = vec![LineToPost { row, act }];
        let request = LinesRequest { file, lines, at: self.scene.now() };
        let posted = self.scene.gateway.post_lines(request).await.unwrap();
        match posted {
            LinesPosted { paid: 0, unapplied: 0, .. } => return,
            LinesPosted { .. } if alias.is_none() => {}
            LinesPosted { .. } => {
                let (sale, till) = (said.sale.clone(), said.till.clone());
                let payment = view.payment.no;
                self.filed.push(Filed { sale, till, code: said.code, payment, amount, at });
            }
        }
        if posted.paid == 1 {
            self.paid(said, view.payment.no, day);
        } else {
            self.unapplied(said, day);
        }
    }

    /// A file of each retailer that has every payment which it took; posts nothing.
    pub(super) async fn matched(&mut self) {
        let mut taken: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for no in self.opened.clone() {
            if let State::Paid(taking) = self.scene.state(no).await {
                taken.entry(taking.retailer).or_default().push(no);
            }
        }
        for (retailer, payments) in taken {
            let file = self.file(retailer.as_str()).await;
            let line =
                |(line, payment)| MatchLine { payment, line: Some(line), commission: rupiah(0) };
            let lines = (1..).zip(payments).map(line).collect();
            let request = MatchRequest { file, lines, at: self.scene.now() };
            self.scene.gateway.match_payments(request).await.unwrap();
        }
    }

    /// Some days on which everything goes as it should.
    pub(super) async fn quiet_days(&mut self) {
        self.wait(2_200).await;
        self.catch_up().await;
        self.matched().await;
        for _ in 0..20 {
            self.fund(1, 2, 0).await;
        }
        self.wait(260_000).await;
    }
}
