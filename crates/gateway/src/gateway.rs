//! The gateway's face: what dialects, counters, pages and commands call.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use domain::{
    event::{Announcement, EventKind},
    ids::{AccountNo, IdCipher, PaymentNo},
    payment::Payment,
    retailer::{Retailer, RetailerKey, Retailers},
    sale::Operation,
    time::{BusinessDate, Timestamp},
};
use storage::{DirectoryWrite, PaymentRow, Prune, StorageError, sqlite::Reader};
use tokio::sync::{Notify, oneshot};

use crate::{
    clock::Clock,
    directory::Directory,
    nodes::Nodes,
    open_book::OpenBook,
    open_codes::OpenCodes,
    outbox::{Brought, InFlight},
    own_events::OwnTails,
    pins::Pins,
    pipeline::{ExternalIdJob, Job, Lane, Queue, Resend},
    reach::Reach,
    readers::Readers,
    request::{
        AttemptReport, Balances, CloseError, CloseRequest, Closed, CounterReply, CounterRequest,
        Delivery, ExternalUse, ListRequest, OpenError, OpenRequest, Opened, PaymentView, Ruled,
        RulingError, RulingRequest, SaleStatus, Sibling, SiblingError, SiblingRequest,
        StatusRequest, Unavailable,
    },
    resent::Resent,
    settings::{Environment, Settings},
    tokens::Tokens,
    vault::{Vault, VaultError},
};

/// The gateway. Cheap to clone; all clones are the same gateway.
#[derive(Clone)]
pub struct Gateway(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) queue: Queue,
    pub(crate) directory: ArcSwap<Directory>,
    pub(crate) readers: Readers,
    pub(crate) vault: Vault,
    pub(crate) ids: IdCipher,
    pub(crate) tokens: Tokens,
    pub(crate) pins: Pins,
    pub(crate) in_flight: InFlight,
    /// For which endpoints commits have left news waiting.
    pub(crate) brought: Brought,
    pub(crate) open_book: OpenBook,
    pub(crate) open_codes: OpenCodes,
    /// How far each account's own events are.
    pub(crate) own: OwnTails,
    /// What was sent again, for those who listen.
    pub(crate) resent: Resent,
    /// The newest event that is durable.
    pub(crate) committed: tokio::sync::watch::Sender<i64>,
    /// Rung when a commit brought news to send.
    pub(crate) news: Notify,
    pub(crate) directory_lock: tokio::sync::Mutex<()>,
    /// What is known of the other nodes, and what this one is to do.
    pub(crate) nodes: Nodes,
    pub(crate) healthy: std::sync::atomic::AtomicBool,
    /// Set after a restore, until what was sold since the backup is reloaded (rule 39).
    pub(crate) counters_closed: std::sync::atomic::AtomicBool,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("environment", &self.environment()).finish_non_exhaustive()
    }
}

impl Gateway {
    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Sandbox or production.
    pub fn environment(&self) -> Environment {
        self.0.settings.environment
    }

    /// Where notifications may go.
    pub fn reach(&self) -> &Reach {
        &self.0.settings.reach
    }

    /// Who takes part, as of now.
    pub fn directory(&self) -> Arc<Directory> {
        self.0.directory.load_full()
    }

    /// The retailers, with the gateway's own limits.
    pub fn retailers(&self) -> &Retailers {
        &self.0.settings.retailers
    }

    /// The retailers as a brand offers them.
    pub fn retailers_of(&self, brand: &str) -> &Retailers {
        self.0.retailers_of(brand)
    }

    /// The standard rate of value added tax on this day, in per mille.
    pub fn tax_on(&self, date: BusinessDate) -> u16 {
        self.0.settings.tax.on(date)
    }

    /// Opens a payment. The answer comes when it is durable.
    pub async fn open(&self, request: OpenRequest) -> Result<Opened, OpenError> {
        self.ask(Lane::Open, |reply| Job::Open(Box::new(request), reply))
            .await
            .unwrap_or(Err(OpenError::Unavailable(Unavailable::Stopping)))
    }

    /// Cancels or expires a payment.
    pub async fn close(&self, request: CloseRequest) -> Result<Closed, CloseError> {
        self.ask(Lane::Merchant, |reply| Job::Close(Box::new(request), reply))
            .await
            .unwrap_or(Err(CloseError::Unavailable(Unavailable::Stopping)))
    }

    /// Opens another code for an order (rule 36). The answer comes when it is durable.
    pub async fn open_sibling(&self, request: SiblingRequest) -> Result<Sibling, SiblingError> {
        self.ask(Lane::Open, |reply| Job::Sibling(Box::new(request), reply))
            .await
            .unwrap_or(Err(SiblingError::Unavailable(Unavailable::Stopping)))
    }

    /// Carries out what an operator decided about cash or a reversal that waits. Whether it takes two
    /// persons is the caller's business.
    pub async fn rule(&self, request: RulingRequest) -> Result<Ruled, RulingError> {
        self.ask(Lane::Merchant, |reply| Job::Ruling(Box::new(request), reply))
            .await
            .unwrap_or(Err(RulingError::Unavailable(Unavailable::Stopping)))
    }

    /// Answers a counter.
    pub async fn counter(&self, request: CounterRequest) -> Result<CounterReply, Unavailable> {
        self.counters_are_open()?;
        let lane = match request.operation {
            Operation::Inquiry => {
                let counts = self
                    .retailers()
                    .get(request.retailer)
                    .is_none_or(|retailer| retailer.contract.inquiry_counts());
                if crate::refunds::is_refund_code(&self.directory().pools, &request.code) {
                    return self.0.inquire_refund(request).await;
                }
                if !counts {
                    return self.0.inquire(request).await;
                }
                Lane::Inquiry
            }
            Operation::Payment | Operation::Payout => Lane::Payment,
            Operation::Commit => Lane::Commit,
            Operation::Advice => Lane::Advice,
            Operation::Reversal => Lane::Reversal,
        };
        self.ask(lane, |reply| Job::Counter(Box::new(request), reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }

    /// What became of a sale.
    pub async fn sale_status(&self, request: StatusRequest) -> Result<SaleStatus, Unavailable> {
        self.counters_are_open()?;
        self.0.sale_status(request).await
    }

    /// Uses an external id up, durably; false when it was used before on that Jakarta day (rule 25).
    pub async fn use_external_id(
        &self,
        account: AccountNo,
        external: ExternalUse,
        received_at: Timestamp,
    ) -> Result<bool, Unavailable> {
        self.ask(Lane::Merchant, |reply| {
            Job::ExternalId(Box::new(ExternalIdJob { account, external, received_at }), reply)
        })
        .await
        .unwrap_or(Err(Unavailable::Stopping))
    }

    /// Payments of an account, newest first.
    pub async fn list(&self, request: ListRequest) -> Result<Vec<PaymentView>, Unavailable> {
        self.0.list(request).await
    }

    /// What an account is owed, from the ledger.
    pub async fn balances(&self, account: AccountNo) -> Result<Balances, Unavailable> {
        self.0.balances(account).await
    }

    /// Tells the merchant once more how the payment stands, also where the brand does not announce
    /// that. Nothing happens where the account has no such payment.
    pub async fn resend(
        &self,
        account: AccountNo,
        payment: PaymentNo,
        at: Timestamp,
    ) -> Result<(), Unavailable> {
        self.ask(Lane::Merchant, |reply| Job::Resend(Resend { account, payment, at }, reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }

    /// Bearer tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// Expires, releases, finalises, funds and settles what is due at `now`; tells how many payments changed.
    pub async fn sweep(&self, now: Timestamp) -> Result<usize, Unavailable> {
        let due = self.0.due(now).await?;
        let of_refunds = self.sweep_refunds(now).await?;
        if due.is_empty() {
            return Ok(of_refunds);
        }
        let of_payments = self
            .ask(Lane::Household, |reply| Job::Sweep(now, due, reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))?;
        Ok(of_payments + of_refunds)
    }

    /// Removes what nobody may ask for any more.
    pub async fn prune(&self, prunes: Vec<Prune>) -> Result<(), Unavailable> {
        self.ask(Lane::Household, |reply| Job::Prune(prunes, reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }

    /// Has the minute before signed, where anything happened in it (rule 18). Any commit does that;
    /// this one does nothing else, for the time when there are no others.
    pub async fn sign_minute(&self) -> Result<(), Unavailable> {
        self.prune(Vec::new()).await
    }

    /// Stores what came of an attempt.
    pub async fn report(&self, report: AttemptReport) -> Result<(), Unavailable> {
        let no = report.no;
        let result = self
            .ask(Lane::Household, |reply| Job::Attempt(Box::new(report), reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping));
        self.0.in_flight.release(no);
        result
    }

    /// Stores an attempt beside the one that is reported: what it was about stays as it is, and in
    /// whoever's hands it is.
    pub async fn note_attempt(&self, report: AttemptReport) -> Result<(), Unavailable> {
        let report = AttemptReport { counts: crate::request::Counts::Probe, ..report };
        self.ask(Lane::Household, |reply| Job::Attempt(Box::new(report), reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }

    /// Gives a delivery back that was not tried; it stays due.
    pub fn let_go(&self, delivery: &Delivery) {
        self.0.in_flight.release(delivery.no);
    }

    /// Returns when a commit has brought news since the last call.
    pub async fn news(&self) {
        self.0.news.notified().await;
    }

    /// Changes who takes part. `change` gets the rows as they are and says what to write; changes
    /// come one after the other.
    pub async fn change_directory<T, E: From<Unavailable>>(
        &self,
        change: impl FnOnce(&storage::Directory, &Vault) -> Result<(Vec<DirectoryWrite>, T), E>,
    ) -> Result<T, E> {
        let _one_at_a_time = self.0.directory_lock.lock().await;
        let rows = self.0.readers.read(|reader| reader.directory()).await?;
        let (writes, value) = change(&rows, &self.0.vault)?;
        if !writes.is_empty() {
            self.write_directory_as_of(Some(rows.version), writes).await?;
        }
        Ok(value)
    }

    /// The keys under which everything is sealed.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Reads rows directly, for lists and reports.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, Unavailable> {
        self.0.readers.read(read).await
    }

    /// Unseals a row that [`Self::read`] found.
    pub fn view(&self, row: &PaymentRow) -> Result<PaymentView, VaultError> {
        self.0.view(row)
    }

    /// How many commands wait in each lane.
    pub fn queue_depths(&self) -> [(Lane, usize); 8] {
        self.0.queue.depths()
    }

    /// Answers no counter until [`Self::open_counters`]: after a restore a code may be paid that only
    /// looks unpaid (rule 39).
    pub fn close_counters(&self) {
        self.0.counters_closed.store(true, std::sync::atomic::Ordering::SeqCst);
    }

    /// Answers counters again.
    pub fn open_counters(&self) {
        self.0.counters_closed.store(false, std::sync::atomic::Ordering::SeqCst);
    }

    /// Whether counters are told to try again later, whatever they ask.
    pub fn counters_closed(&self) -> bool {
        self.0.counters_closed.load(std::sync::atomic::Ordering::SeqCst)
    }

    pub(crate) fn counters_are_open(&self) -> Result<(), Unavailable> {
        if self.counters_closed() { Err(Unavailable::CountersClosed) } else { Ok(()) }
    }

    /// Refuses new commands; what waits is still done, then the committer ends.
    pub fn stop(&self) {
        self.0.queue.stop();
    }

    pub(crate) async fn ask<T>(
        &self,
        lane: Lane,
        job: impl FnOnce(oneshot::Sender<T>) -> Job,
    ) -> Result<T, oneshot::error::RecvError> {
        let (reply, answer) = oneshot::channel();
        self.0.queue.push(lane, job(reply));
        if !self.0.nodes.is_shared() {
            return answer.await;
        }
        let mut answer = answer;
        if let Ok(answered) = tokio::time::timeout(self.0.settings.patience, &mut answer).await {
            return answered;
        }
        // What was decided in this very moment is still heard of.
        answer.close();
        answer.await
    }
}

impl Shared {
    /// The retailers as a brand offers them; the gateway's own for a brand nobody speaks any more.
    pub(crate) fn retailers_of(&self, brand: &str) -> &Retailers {
        let brand = self.settings.brands.iter().find(|terms| terms.name == brand);
        brand.map_or(&self.settings.retailers, |terms| &terms.retailers)
    }

    /// The retailer that takes cash for a payment of this account.
    pub(crate) fn retailer_for(
        &self,
        directory: &Directory,
        account: AccountNo,
        retailer: RetailerKey,
    ) -> Option<&Retailer> {
        let brand = directory.account(account).map_or("", |account| account.brand.as_str());
        self.retailers_of(brand).get(retailer)
    }

    /// What a brand tells its merchants of an event of this payment, for as much as the payment alone
    /// says of it; none where it stays silent. What an order with several codes keeps silent is said
    /// where it is decided.
    pub(crate) fn announcement(
        &self,
        brand: &str,
        payment: &Payment,
        kind: EventKind,
    ) -> Option<Announcement> {
        // A payment whose order id is used again never speaks under it (rule 10).
        let announcement = kind.announcement(payment.announce).filter(|_| !payment.superseded)?;
        let terms = self.settings.brands.iter().find(|terms| terms.name == brand)?;
        terms.announces.contains(&announcement).then_some(announcement)
    }

    /// Unseals a payment.
    pub(crate) fn view(&self, row: &PaymentRow) -> Result<PaymentView, VaultError> {
        let bytes = self.vault.open(&row.personal, &self.readers)?;
        let personal = postcard::from_bytes(&bytes).map_err(|_| VaultError::Content)?;
        let notify_urls = row.notify_urls.as_ref().map(|urls| lines(urls));
        Ok(PaymentView { payment: row.payment.clone(), personal, notify_urls })
    }

    /// The network whose codes are taken by whom the payment was opened for.
    pub(crate) fn network_of(&self, payment: &Payment) -> Option<domain::retailer::NetworkKey> {
        self.settings.retailers.get(payment.opened_for).map(|retailer| retailer.network)
    }
}

/// The lines of a stored list.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
