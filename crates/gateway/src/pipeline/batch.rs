//! One batch: rows loaded, changed in memory command by command, and written at once.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::Arc,
};

use domain::{
    code::Slot,
    event::{Actor, Event},
    ids::{AccountNo, EventNo, NotificationNo, PaymentNo, PoolNo, SaleNo},
    ledger::Entry,
    payment::Change,
    time::Timestamp,
};
use storage::{
    EntryRow, EventRow, Loaded, News, NotificationRow, NotificationState, OWN_TARGET, OwnEventRow,
    PaymentRow, RetailerDay, RetailerDayRow, Sequences, TailRow, Writes,
};

use super::{books, slots::Slots};
use crate::{
    chain::Chain,
    directory::{Account, Directory},
    gateway::{Shared, lines},
    open_codes::{Changes, is_open},
    outbox::{EndpointNo, url_of},
    roots::RootTail,
};

/// What one batch knows and will write. Commands see what those before them did.
pub(super) struct Batch<'a> {
    pub(super) shared: &'a Shared,
    pub(super) directory: Arc<Directory>,
    pub(super) loaded: Loaded,
    pub(super) writes: Writes,
    pub(super) tail: Tail,
    pub(super) slots: &'a mut Slots,
    chain: &'a Chain,
    changed: Vec<PaymentNo>,
    changed_news: Vec<NotificationNo>,
    /// What is added to retailers' days.
    pub(super) of_days: BTreeMap<RetailerDay, RetailerDayRow>,
    /// The news of each payment that waits to be told.
    news_of: HashMap<PaymentNo, Vec<NotificationNo>>,
    /// The newest payment and notification before this batch.
    last_payment: PaymentNo,
    last_news: NotificationNo,
    pub(super) brings_news: bool,
    /// How many codes of each pool are open more or less than before.
    pub(super) open_codes: Changes,
    /// The newest own event of each account that has new ones.
    pub(super) own_last: HashMap<AccountNo, i64>,
}

/// Where the sequences and the chain end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tail {
    pub(crate) sequences: Sequences,
    pub(crate) link: [u8; 32],
    /// When the newest entry is dated.
    pub(crate) booked_at: Timestamp,
    pub(crate) roots: RootTail,
    /// How many turns there were, and how often they changed who takes part; 0 where nobody else writes.
    pub(crate) turn: i64,
    pub(crate) directory_version: i64,
}

impl Tail {
    /// As all nodes have it.
    pub(crate) const fn of(row: &TailRow) -> Self {
        Self {
            sequences: row.sequences,
            link: row.chain,
            booked_at: row.booked_at,
            roots: RootTail::of(row),
            turn: row.turn,
            directory_version: row.directory_version,
        }
    }

    /// For all nodes.
    pub(crate) const fn row(&self) -> TailRow {
        let mut row = TailRow {
            turn: self.turn,
            sequences: self.sequences,
            chain: self.link,
            booked_at: self.booked_at,
            root_no: 0,
            root: [0; 32],
            root_event: 0,
            root_minute: 0,
            directory_version: self.directory_version,
        };
        self.roots.note(&mut row);
        row
    }
}

/// Why something happened, and by whose hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cause<'a> {
    pub(super) actor: Actor,
    pub(super) reason: Option<&'a str>,
    pub(super) sale: Option<SaleNo>,
    pub(super) at: Timestamp,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        chain: &'a Chain,
        loaded: Loaded,
        tail: Tail,
        slots: &'a mut Slots,
    ) -> Self {
        let mut news_of: HashMap<_, Vec<_>> = HashMap::new();
        for row in loaded.notifications.values() {
            news_of.entry(row.payment).or_default().push(row.no);
        }
        Self {
            shared,
            directory: shared.directory.load_full(),
            loaded,
            writes: Writes::default(),
            tail,
            slots,
            chain,
            changed: Vec::new(),
            changed_news: Vec::new(),
            of_days: BTreeMap::new(),
            news_of,
            last_payment: PaymentNo::new(tail.sequences.payment),
            last_news: NotificationNo::new(tail.sequences.notification),
            brings_news: false,
            open_codes: Changes::new(),
            own_last: HashMap::new(),
        }
    }

    /// Everything to write; and where sequences and chain end when it is written.
    pub(super) fn finish(mut self) -> (Writes, Tail, bool) {
        self.changed.sort_unstable();
        self.changed.dedup();
        for no in self.changed {
            match self.loaded.payments.remove(&no) {
                Some(row) if no > self.last_payment => self.writes.payments_new.push(row),
                Some(row) => self.writes.payments_changed.push(row),
                None => {}
            }
        }
        self.writes.books.days.extend(self.of_days.into_values());
        self.changed_news.sort_unstable();
        self.changed_news.dedup();
        for no in self.changed_news {
            match self.loaded.notifications.remove(&no) {
                Some(row) if no > self.last_news => self.writes.notifications_new.push(row),
                Some(row) => self.writes.notifications_changed.push(row),
                None => {}
            }
        }
        self.writes.digests = self.chain.digests(&self.writes, &self.tail.sequences);
        (self.writes, self.tail, self.brings_news)
    }

    /// A payment that was loaded or made in this batch.
    pub(super) fn payment(&self, no: PaymentNo) -> Option<&PaymentRow> {
        self.loaded.payments.get(&no)
    }

    /// The network of a pool.
    pub(super) fn network(&self, pool: PoolNo) -> Option<domain::retailer::NetworkKey> {
        self.directory.pools.get(pool).map(|pool| pool.shape().network)
    }

    /// Carries out a change of a payment: state, event, postings, the other codes of its order, and
    /// news.
    pub(super) fn apply(&mut self, no: PaymentNo, change: &Change, cause: &Cause<'_>) {
        self.change(no, change, cause);
        self.close_siblings(no, change, cause);
        if !self.order_goes_on(no, change.event) {
            self.tell(no, change.event, cause.at);
            self.tell_own(no, change.event, cause);
            self.tell_payer(no, change.event, cause.at);
        }
    }

    /// State, event and postings of a payment, and nothing else.
    pub(super) fn change(&mut self, no: PaymentNo, change: &Change, cause: &Cause<'_>) {
        let Some(row) = self.loaded.payments.get_mut(&no) else { return };
        let before = is_open(&row.payment.state);
        row.payment.state = change.state;
        let change_of_open = i64::from(is_open(&change.state)) - i64::from(before);
        if let (Some(slot), 1 | -1) = (row.payment.slot, change_of_open) {
            *self.open_codes.entry(slot.pool).or_default() += change_of_open;
        }
        self.record(Some(no), change.event, &change.entries, cause);
        self.take_advance_back(no, change, cause.at);
        self.drop_bills(no);
    }

    /// Marks a payment as the first of several codes of its order. No event: its siblings have one.
    pub(super) fn found_family(&mut self, no: PaymentNo) {
        if let Some(row) = self.loaded.payments.get_mut(&no) {
            row.payment.family = Some(no);
            self.changed.push(no);
        }
    }

    /// Marks a payment whose order id is used again. No event: nothing happened to its money.
    pub(super) fn supersede(&mut self, no: PaymentNo) {
        if let Some(row) = self.loaded.payments.get_mut(&no) {
            row.payment.superseded = true;
            self.changed.push(no);
        }
    }

    /// Writes an event with its postings and links it to the chain.
    pub(super) fn record(
        &mut self,
        payment: Option<PaymentNo>,
        kind: domain::event::EventKind,
        entries: &[Entry],
        cause: &Cause<'_>,
    ) -> EventNo {
        let sequences = &mut self.tail.sequences;
        sequences.event += 1;
        let no = EventNo::new(sequences.event);
        let (shard, payment_digest) = match payment.and_then(|no| self.loaded.payments.get_mut(&no))
        {
            Some(row) => {
                row.last_event = no;
                (row.shard, self.chain.payment(row))
            }
            None => (0, [0; 16]),
        };
        self.changed.extend(payment);
        let first_entry = self.writes.entries.len();
        // The books are dated in the order of their numbers, so that a past balance is found at once:
        // commands wait in lanes, and a clock may be set back.
        let booked_at = match entries {
            [] => cause.at,
            [..] => cause.at.max(self.tail.booked_at),
        };
        for entry in entries {
            books::carry(&mut self.loaded.books, entry);
            self.tail.booked_at = booked_at;
            sequences.entry += 1;
            self.writes.entries.push(EntryRow {
                no: sequences.entry,
                shard,
                event: no,
                entry: *entry,
                at: booked_at,
            });
        }
        let event = Event {
            no,
            payment,
            kind,
            at: cause.at,
            actor: cause.actor,
            reason: cause.reason.map(str::to_owned),
            sale: cause.sale,
        };
        let mut row = EventRow { event, shard, payment_digest, chain: [0; 32] };
        let posted = self.writes.entries.get(first_entry..).unwrap_or_default();
        row.chain = self.chain.link(&self.tail.link, &row, posted);
        self.tail.link = row.chain;
        self.writes.events.push(row);
        if !entries.is_empty() || payment.is_some() {
            metrics::counter!("gerai_events_total", "kind" => kind.name()).increment(1);
        }
        self.tell_own_of_cash(payment, no, kind, cause);
        no
    }

    /// Puts the news of an event into the outbox, if its merchant is told of it.
    fn tell(&mut self, no: PaymentNo, kind: domain::event::EventKind, at: Timestamp) {
        let Some(row) = self.loaded.payments.get(&no) else { return };
        let Some(account) = self.directory.account(row.payment.account) else { return };
        let Some(announcement) = self.shared.announcement(&account.brand, &row.payment, kind)
        else {
            return;
        };
        let targets = targets_of(row, account);
        self.hurry(no, at);
        self.announce(no, News::Vendor(announcement), 0..targets, at);
    }

    /// New news of a payment for each of its URLs, due at once.
    pub(super) fn announce(
        &mut self,
        no: PaymentNo,
        news: News,
        targets: Range<u32>,
        at: Timestamp,
    ) {
        let Some(row) = self.loaded.payments.get(&no) else { return };
        let (shard, event, account) = (row.shard, row.last_event, row.payment.account);
        let of_payment = row.notify_urls.as_ref().map(|urls| lines(urls));
        let directory = Arc::clone(&self.directory);
        for target in targets {
            let url = directory.account(account).and_then(|account| {
                url_of(of_payment.as_deref(), account, target, self.shared.settings.bill.as_ref())
            });
            let endpoint = url.map_or(EndpointNo::UNKNOWN, EndpointNo::of);
            self.tail.sequences.notification += 1;
            self.put_news(NotificationRow {
                no: NotificationNo::new(self.tail.sequences.notification),
                shard,
                payment: no,
                event,
                account,
                target,
                news,
                state: NotificationState::Due,
                attempts: 0,
                due_at: self.not_before(no, account, target, news).map_or(at, |due| due.max(at)),
                created_at: at,
                endpoint: endpoint.get(),
            });
            self.brings_news = true;
        }
    }

    /// When news that may not overtake older news can be told: with the latest that waits.
    fn not_before(
        &self,
        no: PaymentNo,
        account: AccountNo,
        target: u32,
        news: News,
    ) -> Option<Timestamp> {
        if news.gives_way() {
            return None;
        }
        let waiting = self.waiting_news(no);
        let same = waiting.filter(|row| row.account == account && row.target == target);
        same.map(|row| row.due_at).max()
    }

    /// Older news of a payment that waits for a retry is tried at once, before the newer. Bills go their
    /// own ways, and reminders have their own time.
    fn hurry(&mut self, no: PaymentNo, at: Timestamp) {
        let is_hurried =
            |older: &&NotificationRow| older.due_at > at && !matches!(older.news, News::Bill(..));
        let waiting: Vec<_> = self.waiting_news(no).filter(is_hurried).cloned().collect();
        for mut older in waiting {
            older.due_at = at;
            self.put_news(older);
        }
    }

    /// The news of a payment that waits to be told.
    pub(super) fn waiting_news(&self, no: PaymentNo) -> impl Iterator<Item = &NotificationRow> {
        let news = self.news_of.get(&no).into_iter().flatten();
        news.filter_map(|no| self.loaded.notifications.get(no))
            .filter(|row| row.state == NotificationState::Due)
    }

    /// The news of a payment that was loaded or made in this batch, whatever came of it.
    pub(super) fn news_of(&self, no: PaymentNo) -> impl Iterator<Item = &NotificationRow> {
        let news = self.news_of.get(&no).into_iter().flatten();
        news.filter_map(|no| self.loaded.notifications.get(no))
    }

    /// Writes a notification, new or changed.
    pub(super) fn put_news(&mut self, row: NotificationRow) {
        let news = self.news_of.entry(row.payment).or_default();
        if !news.contains(&row.no) {
            news.push(row.no);
        }
        self.changed_news.push(row.no);
        self.loaded.notifications.insert(row.no, row);
    }

    /// The digest of an own event's row.
    pub(super) fn own_digest(&self, row: &OwnEventRow) -> storage::Digest {
        self.chain.own_event(row)
    }

    /// The digest of a refund code's row.
    pub(super) fn refund_digest(&self, row: &storage::RefundRow) -> storage::Digest {
        self.chain.refund(row)
    }

    /// The digest of a sale's row.
    pub(super) fn sale_digest(&self, row: &storage::SaleRow) -> storage::Digest {
        self.chain.sale(row)
    }

    /// A new payment, before its first event.
    pub(super) fn insert(&mut self, row: PaymentRow) {
        let no = row.payment.no;
        // An order is found by the first of its codes.
        if row.payment.family.is_none() {
            let order = (row.payment.account, row.payment.order.as_str().to_owned());
            self.loaded.orders.insert(order, no);
        }
        if let Some(slot) = row.payment.slot {
            if is_open(&row.payment.state) {
                *self.open_codes.entry(slot.pool).or_default() += 1;
            }
            self.loaded.slots.insert(slot, no);
        }
        self.loaded.payments.insert(no, row);
        self.changed.push(no);
    }

    /// The newest payment in a slot.
    pub(super) fn in_slot(&self, slot: Slot) -> Option<&PaymentRow> {
        self.loaded.slots.get(&slot).and_then(|no| self.loaded.payments.get(no))
    }
}

/// How many URLs hear of a payment.
pub(super) fn targets_of(row: &PaymentRow, account: &Account) -> u32 {
    let count = match &row.notify_urls {
        Some(urls) => lines(urls).len(),
        None => account.notification_urls.len(),
    };
    // Fewer than where the endpoint of own events stands.
    u32::try_from(count).unwrap_or(u32::MAX).min(OWN_TARGET)
}
