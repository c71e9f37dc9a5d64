//! Digests of rows that no event tells whole: each lies in a table of its own, beside its row.
//!
//! Whoever adds such a table names it in `storage::Digested`, says here what its digest covers and
//! which writes change its rows, and has it walked in `verify/digests.rs`.

use std::collections::BTreeMap;

use domain::ids::AccountNo;
use storage::{
    AdvanceRow, AliasRow, Digest, Digested, DisputeRow, FileLineRow, FileRow, FundingRow,
    MatchedRow, PayoutRow, RowDigest, Sequences, UnappliedRow, Writes,
};

use super::{Chain, Hash};

/// A row with a digest beside it.
pub(crate) trait DigestedRow {
    /// Its table.
    const TABLE: Digested;
    /// What findings call it.
    const NAME: &'static str;

    /// Its number.
    fn no(&self) -> i64;

    /// Everything in it.
    fn fields(&self, hash: &mut Hash<'_>);
}

impl Chain {
    /// The digest of a row.
    pub(crate) fn row<R: DigestedRow>(&self, row: &R) -> Digest {
        let mut hash = Hash::new(&self.0, b'd');
        hash.text(R::NAME);
        hash.number(row.no());
        row.fields(&mut hash);
        hash.half()
    }

    /// The digest of where a table ends: its last row cannot be removed with its digest.
    pub(crate) fn end<R: DigestedRow>(&self, last: i64) -> Digest {
        let mut hash = Hash::new(&self.0, b'z');
        hash.text(R::NAME);
        hash.number(last);
        hash.half()
    }

    /// The digest of where an account's own events end: its newest cannot be removed unseen.
    pub(crate) fn own_end(&self, account: AccountNo, last: i64) -> Digest {
        let mut hash = Hash::new(&self.0, b'z');
        hash.text("own_event");
        hash.number(account.get());
        hash.number(last);
        hash.half()
    }

    /// The digests of the rows that a commit writes; `ends` are the sequences after it.
    pub(crate) fn digests(&self, writes: &Writes, ends: &Sequences) -> Vec<RowDigest> {
        let mut digests = Vec::new();
        let Writes { books, lines, .. } = writes;
        self.of(&mut digests, &books.files, &[], Some(ends.file));
        self.of(&mut digests, &books.fundings, &[], Some(ends.funding));
        self.of(&mut digests, &books.payouts_new, &books.payouts_changed, Some(ends.payout));
        let gone = books.matched_gone.iter().map(|no| RowDigest {
            table: Digested::Matched,
            no: no.get(),
            digest: None,
        });
        digests.extend(gone);
        self.of(&mut digests, &books.matched_new, &books.matched_changed, None);
        self.of(&mut digests, &books.advances_new, &books.advances_changed, None);
        self.of(&mut digests, &lines.lines, &[], Some(ends.file_line));
        self.of(&mut digests, &lines.aliases, &[], Some(ends.file_alias));
        let changed = &writes.unapplied_changed;
        self.of(&mut digests, &writes.unapplied_new, changed, Some(ends.unapplied));
        self.of(&mut digests, &writes.disputes, &writes.disputes_changed, Some(ends.dispute));
        let mut newest = BTreeMap::new();
        for row in &writes.own_events {
            let last = newest.entry(row.account).or_insert(row.no);
            *last = row.no.max(*last);
        }
        digests.extend(newest.into_iter().map(|(account, last)| RowDigest {
            table: Digested::OwnEvents,
            no: account.get(),
            digest: Some(self.own_end(account, last)),
        }));
        digests
    }

    fn of<R: DigestedRow>(
        &self,
        digests: &mut Vec<RowDigest>,
        new: &[R],
        changed: &[R],
        end: Option<i64>,
    ) {
        let digest = |no, digest| RowDigest { table: R::TABLE, no, digest: Some(digest) };
        digests.extend(new.iter().chain(changed).map(|row| digest(row.no(), self.row(row))));
        if let (Some(last), [_, ..]) = (end, new) {
            digests.push(digest(0, self.end::<R>(last)));
        }
    }
}

impl DigestedRow for FileRow {
    const TABLE: Digested = Digested::File;
    const NAME: &'static str = "file";

    fn no(&self) -> i64 {
        self.no
    }

    fn fields(&self, hash: &mut Hash<'_>) {
        let Self { no: _, retailer, business_date, revision, name, profile, sha256, .. } = self;
        hash.text(retailer.as_str());
        hash.number(i64::from(business_date.days()));
        hash.number(i64::from(*revision));
        hash.text(name);
        hash.text(profile);
        hash.bytes(sha256);
        let Self { lines, total, applied_at, applied_by, .. } = self;
        hash.number(*lines);
        hash.number(*total);
        hash.number(applied_at.millis());
        hash.text(applied_by);
    }
}

impl DigestedRow for FileLineRow {
    const TABLE: Digested = Digested::FileLine;
    const NAME: &'static str = "file_line";

    fn no(&self) -> i64 {
        self.no
    }

    fn fields(&self, hash: &mut Hash<'_>) {
        let Self { no: _, day, identity, file, line, outcome, code, amount, fee, status, .. } =
            self;
        hash.text(day.0.as_str());
        hash.number(i64::from(day.1.days()));
        hash.text(identity);
        hash.number(*file);
        hash.marked(*line, Hash::number);
        hash.text(outcome);
        hash.text(code.as_str());
        hash.number(amount.get());
        hash.marked(fee.map(domain::money::Rupiah::get), Hash::number);
        hash.marked(status.as_deref(), Hash::text);
        let Self { sale, payment, our_amount, our_date, posted_at, state, closed_at, why, .. } =
            self;
        hash.marked(sale.map(domain::ids::SaleNo::get), Hash::number);
        hash.marked(payment.map(domain::ids::PaymentNo::get), Hash::number);
        hash.marked(our_amount.map(domain::money::Rupiah::get), Hash::number);
        hash.marked(our_date.map(|date| i64::from(date.days())), Hash::number);
        hash.number(posted_at.millis());
        hash.text(state.name());
        hash.marked(closed_at.map(domain::time::Timestamp::millis), Hash::number);
        hash.marked(why.as_deref(), Hash::text);
    }
}

impl DigestedRow for AliasRow {
    const TABLE: Digested = Digested::FileAlias;
    const NAME: &'static str = "file_alias";

    fn no(&self) -> i64 {
        self.no
    }

    fn fields(&self, hash: &mut Hash<'_>) {
        let Self { no: _, partner, code, amount, outlet, till_at, tolerance, sale } = self;
        hash.number(partner.get());
        hash.text(code.as_str());
        hash.number(amount.get());
        hash.text(outlet);
        hash.number(till_at.millis());
        hash.number(tolerance.as_millis());
        hash.number(sale.get());
    }
}

impl DigestedRow for MatchedRow {
    const TABLE: Digested = Digested::Matched;
    const NAME: &'static str = "matched";

    fn no(&self) -> i64 {
        self.payment.get()
    }

    fn fields(&self, hash: &mut Hash<'_>) {
        let Self { payment: _, account, shard, file, line, day, sale, total, commission, .. } =
            self;
        hash.number(account.get());
        hash.number(i64::from(*shard));
        hash.number(*file);
        hash.marked(*line, Hash::number);
        hash.text(day.0.as_str());
        hash.number(i64::from(day.1.days()));
        hash.number(sale.get());
        hash.number(total.get());
        hash.number(commission.get());
        let Self { matched_at, state, available_on, .. } = self;
        hash.number(matched_at.millis());
        hash.number(match state {
            storage::MatchedState::Waiting => 0,
            storage::MatchedState::Funded => 1,
            storage::MatchedState::Settled => 2,
            storage::MatchedState::Closed => 3,
        });
        hash.marked(available_on.map(|date| i64::from(date.days())), Hash::number);
    }
}

impl DigestedRow for AdvanceRow {
    const TABLE: Digested = Digested::Advance;
    const NAME: &'static str = "advance";

    fn no(&self) -> i64 {
        self.payment.get()
    }

    fn fields(&self, hash: &mut Hash<'_>) {
        let Self { payment: _, account, amount, event, at, state, closed_at } = self;
        hash.number(account.get());
        hash.number(amount.get());
        hash.number(event.get());
        hash.number(at.millis());
        hash.number(match state {
            storage::AdvanceState::Open => 0,
            storage::AdvanceState::Covered => 1,
            storage::AdvanceState::TakenBack => 2,
        });
        hash.marked(closed_at.map(domain::time::Timestamp::millis), Hash::number);
    }
}

impl DigestedRow for FundingRow {
    const TABLE: Digested = Digested::Funding;
    const NAME: &'static str = "funding";

    fn no(&self) -> i64 {
        self.no
    }

    fn fields(&self, hash: &mut Hash<'_>) {
        let Self { no: _, day, amount, commission, difference, reference, event, .. } = self;
        hash.text(day.0.as_str());
        hash.number(i64::from(day.1.days()));
        hash.number(amount.get());
        hash.number(commission.get());
        hash.number(difference.get());
        hash.text(reference);
        hash.number(event.get());
        let Self { recorded_at, recorded_by, .. } = self;
        hash.number(recorded_at.millis());
        hash.text(recorded_by);
    }
}

impl DigestedRow for PayoutRow {
    const TABLE: Digested = Digested::Payout;
    const NAME: &'static str = "payout";

    fn no(&self) -> i64 {
        self.no
    }

    fn fields(&self, hash: &mut Hash<'_>) {
        let Self { no: _, account, amount, state, reference, event, recorded_at, .. } = self;
        hash.number(account.get());
        hash.number(amount.get());
        hash.text(state.name());
        hash.text(reference);
        hash.number(event.get());
        hash.number(recorded_at.millis());
        let Self { recorded_by, decided, .. } = self;
        hash.text(recorded_by);
        hash.marked(decided.as_ref(), |hash, decided| {
            hash.number(decided.event.get());
            hash.number(decided.at.millis());
            hash.text(&decided.by);
        });
    }
}

impl DigestedRow for UnappliedRow {
    const TABLE: Digested = Digested::Unapplied;
    const NAME: &'static str = "unapplied";

    fn no(&self) -> i64 {
        self.no
    }

    fn fields(&self, hash: &mut Hash<'_>) {
        let Self { no: _, shard, sale, retailer, code, payment, amount, why, .. } = self;
        hash.number(i64::from(*shard));
        hash.number(sale.get());
        hash.text(retailer.as_str());
        hash.text(code.as_str());
        hash.marked(payment.map(domain::ids::PaymentNo::get), Hash::number);
        hash.number(amount.get());
        hash.text(why);
        let Self { business_date, received_at, state, .. } = self;
        hash.number(i64::from(business_date.days()));
        hash.number(received_at.millis());
        hash.text(state.name());
    }
}

impl DigestedRow for DisputeRow {
    const TABLE: Digested = Digested::Dispute;
    const NAME: &'static str = "dispute";

    fn no(&self) -> i64 {
        self.no
    }

    fn fields(&self, hash: &mut Hash<'_>) {
        let Self { no: _, shard, sale, payment, received_at, why, raw, state } = self;
        hash.number(i64::from(*shard));
        hash.number(sale.get());
        hash.marked(payment.map(domain::ids::PaymentNo::get), Hash::number);
        hash.number(received_at.millis());
        hash.text(why);
        hash.number(raw.data_key);
        hash.bytes(&raw.bytes);
        hash.text(state.name());
    }
}
