//! Taking news for endpoints whose turn it is: read together, in order, each ready to be sent.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use domain::{
    bill::BillKind,
    ids::PaymentNo,
    time::{Span, Timestamp},
};
use storage::{EndpointWaiting, News, NotificationRow, StorageError, sqlite::Reader};

use super::{EndpointNo, Take, Waiting, url_of};
use crate::{
    directory::Directory,
    gateway::{Gateway, Shared},
    pipeline::{Job, Lane, NewsMove},
    request::{Delivery, PaymentView, Personal, Unavailable},
    vault::VaultError,
};

/// What is looked at in one read, whatever was asked for.
const ROWS_MAX: usize = 4_096;

/// An endpoint whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Which.
    pub endpoint: EndpointNo,
    /// How many to take at most.
    pub count_max: usize,
    /// What is due until this instant is taken: now, or later for an endpoint that is tried again
    /// before its news is due.
    pub until: Timestamp,
}

/// What was found for an endpoint.
#[derive(Debug)]
pub struct Claimed {
    /// Which.
    pub endpoint: EndpointNo,
    /// What is to be sent, the longest overdue first. Each must be given back by
    /// [`Gateway::report`] or [`Gateway::let_go`].
    pub deliveries: Vec<Delivery>,
    /// When the next of what was not looked at is due, or was; none when nothing else waits.
    pub next_due: Option<Timestamp>,
    /// Whether something due was left, because other news of its payment goes first or was given
    /// back a moment ago: look again as soon as something of this endpoint was reported.
    pub left_some: bool,
}

impl Gateway {
    /// Every endpoint for which news waits. From now on [`Self::brought`] tells what changes.
    pub async fn endpoints_waiting(&self) -> Result<Vec<Waiting>, Unavailable> {
        self.0.brought.listen();
        let found = self.0.readers.read(|reader| reader.endpoints_waiting()).await?;
        Ok(found.into_iter().map(Waiting::from).collect())
    }

    /// Those of them that did not answer when they were probed last: what is known of endpoints after a
    /// start. It looks at a few rows of each.
    pub async fn endpoints_silent(&self) -> Result<Vec<EndpointNo>, Unavailable> {
        /// A probe is about what is due first; what came since may be due before that.
        const ROWS: usize = 4;
        let silent = |reader: &mut Reader| {
            let mut silent = Vec::new();
            for EndpointWaiting { endpoint, .. } in reader.endpoints_waiting()? {
                let start = Timestamp::from_millis(i64::MIN);
                for row in reader.due_at_endpoint(endpoint, start, LAST, ROWS)? {
                    if reader.last_attempt_of(row.no)?.is_some_and(|last| !last.is_try) {
                        silent.push(EndpointNo::new(endpoint));
                        break;
                    }
                }
            }
            Ok(silent)
        };
        self.0.readers.read(silent).await
    }

    /// For which endpoints commits have left news waiting since the last call.
    pub fn brought(&self) -> Vec<Waiting> {
        self.0.brought.take()
    }

    /// Takes news for the endpoints whose turn it is; one read for all of them.
    pub async fn claim(&self, turns: Vec<Turn>) -> Result<Vec<Claimed>, Unavailable> {
        let _look = self.0.in_flight.look();
        let shared = Arc::clone(&self.0);
        let (mut claimed, moves) = self
            .0
            .readers
            .read(move |reader| {
                let mut claim = Claim::new(&shared, reader);
                let claimed: Result<Vec<_>, _> =
                    turns.iter().map(|turn| claim.take(turn)).collect();
                let Claim { moves, taken, .. } = claim;
                // What was taken before the storage failed would be lost until the next start.
                claimed
                    .map(|claimed| (claimed, moves))
                    .inspect_err(|_| taken.iter().for_each(|no| shared.in_flight.release(*no)))
            })
            .await?;
        if !moves.is_empty()
            && let Err(error) = self.move_news(moves).await
        {
            // What was taken is to be sent all the same; what was not moved is found again.
            tracing::warn!(%error, "notifications do not follow URLs that were changed");
            for claimed in &mut claimed {
                claimed.left_some = true;
            }
        }
        Ok(claimed)
    }

    /// Makes everything due that waits for an endpoint to be tried again, in commits of a bounded size;
    /// tells how much it was. Reminders that were never tried keep their time.
    pub async fn hurry(&self, endpoint: EndpointNo, now: Timestamp) -> Result<usize, Unavailable> {
        let mut from = now.plus(Span::millis(1));
        let mut count = 0;
        loop {
            let waiting = move |reader: &mut Reader| {
                reader.due_at_endpoint(endpoint.get(), from, LAST, HURRIED_MAX)
            };
            let rows = self.0.readers.read(waiting).await?;
            let moves: Vec<_> = rows
                .iter()
                .filter(|row| !has_its_time(row))
                .map(|row| NewsMove { no: row.no, endpoint: None, due_at: Some(now) })
                .collect();
            count += moves.len();
            let was_last = rows.len() < HURRIED_MAX;
            // What stays where it was is not looked at again; where very many are due at one instant,
            // the rest of them comes when it is due.
            if let Some(last) = rows.last().filter(|_| moves.len() < rows.len()) {
                from = last.due_at.max(from.plus(Span::millis(1)));
            }
            if !moves.is_empty() {
                self.move_news(moves).await?;
            }
            if was_last {
                return Ok(count);
            }
        }
    }

    /// Moves what waits for an endpoint to another where its account's URLs have changed; tells how much
    /// it was.
    pub async fn follow_urls(&self, endpoint: EndpointNo) -> Result<usize, Unavailable> {
        let mut count = 0;
        let mut from = Timestamp::from_millis(i64::MIN);
        loop {
            let shared = Arc::clone(&self.0);
            let (moves, next) = self
                .0
                .readers
                .read(move |reader| {
                    let rows = reader.due_at_endpoint(endpoint.get(), from, LAST, ROWS_MAX)?;
                    let next = rows.last().filter(|_| rows.len() == ROWS_MAX).map(|row| row.due_at);
                    let mut claim = Claim::new(&shared, reader);
                    for row in &rows {
                        if let Some((_, url)) = claim.addressed(row)? {
                            claim.is_elsewhere(row, url.as_deref());
                        }
                    }
                    Ok((std::mem::take(&mut claim.moves), next))
                })
                .await?;
            count += moves.len();
            if !moves.is_empty() {
                self.move_news(moves).await?;
            }
            match next {
                // Where very many are due at one instant, the rest of them follows when they are taken.
                Some(next) => from = next.max(from.plus(Span::millis(1))),
                None => return Ok(count),
            }
        }
    }

    async fn move_news(&self, moves: Vec<NewsMove>) -> Result<(), Unavailable> {
        self.ask(Lane::Household, |reply| Job::MoveNews(moves, reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }

    /// Whatever is due at `now`, for whichever endpoint, at most `count_max`, the longest overdue first.
    /// Each must be given back by [`Self::report`] or [`Self::let_go`]. For tests and tools: a step for
    /// every endpoint.
    pub async fn deliveries(
        &self,
        now: Timestamp,
        count_max: usize,
    ) -> Result<Vec<Delivery>, Unavailable> {
        let mut found = Vec::new();
        // Rows that are moved to their endpoint are found there the second time.
        for _ in 0..2 {
            let waiting = self.0.readers.read(|reader| reader.endpoints_waiting()).await?;
            let due = waiting.into_iter().filter(|waiting| waiting.due_at <= now);
            let turns = due.map(|waiting| Turn {
                endpoint: EndpointNo::new(waiting.endpoint),
                count_max,
                until: now,
            });
            let claimed = self.claim(turns.collect()).await?;
            found.extend(claimed.into_iter().flat_map(|claimed| claimed.deliveries));
        }
        found.sort_by_key(|delivery| (delivery.due_at, delivery.no));
        for delivery in found.drain(count_max.min(found.len())..) {
            self.let_go(&delivery);
        }
        Ok(found)
    }
}

/// The end of time.
const LAST: Timestamp = Timestamp::from_millis(i64::MAX);

/// What one commit hurries.
const HURRIED_MAX: usize = 1_000;

/// Whether this is a reminder that waits for its moment.
fn has_its_time(row: &NotificationRow) -> bool {
    row.attempts == 0 && matches!(row.news, News::Bill(_, BillKind::Reminder))
}

/// One look at the rows.
struct Claim<'a> {
    shared: &'a Arc<Shared>,
    reader: &'a mut Reader,
    directory: Arc<Directory>,
    /// Payments are read and unsealed once, however much news of them is due.
    views: HashMap<PaymentNo, Option<PaymentView>>,
    taken: Vec<domain::ids::NotificationNo>,
    moves: Vec<NewsMove>,
}

impl<'a> Claim<'a> {
    fn new(shared: &'a Arc<Shared>, reader: &'a mut Reader) -> Self {
        let directory = shared.directory.load_full();
        let (views, taken, moves) = (HashMap::new(), Vec::new(), Vec::new());
        Self { shared, reader, directory, views, taken, moves }
    }

    fn take(&mut self, turn: &Turn) -> Result<Claimed, StorageError> {
        let Turn { endpoint, count_max, until } = *turn;
        // Those in flight are still due in the rows, and come first.
        let in_flight = self.shared.in_flight.count_at(endpoint);
        let rows_max = count_max.saturating_add(in_flight).clamp(1, ROWS_MAX);
        let start = Timestamp::from_millis(i64::MIN);
        let rows = self.reader.due_at_endpoint(endpoint.get(), start, until, rows_max)?;
        let mut claimed =
            Claimed { endpoint, deliveries: Vec::new(), next_due: None, left_some: false };
        let last = rows.last().map(|row| row.due_at);
        let looked_at_all = rows.len() < rows_max;
        for row in rows {
            if claimed.deliveries.len() >= count_max {
                claimed.next_due = Some(row.due_at);
                return Ok(claimed);
            }
            if self.shared.in_flight.is_taken(row.no) {
                continue;
            }
            if self.goes_first(&row, until)? {
                claimed.left_some = true;
                continue;
            }
            let Some((view, url)) = self.addressed(&row)? else { continue };
            if self.is_elsewhere(&row, url.as_deref()) {
                continue;
            }
            match self.shared.in_flight.take(&row) {
                Take::Taken => self.taken.push(row.no),
                Take::Elsewhere => {
                    claimed.left_some = true;
                    continue;
                }
            }
            claimed.deliveries.extend(self.delivery(&row, view, url)?);
        }
        claimed.next_due = if looked_at_all {
            let from = until.plus(Span::millis(1));
            let next = self.reader.due_at_endpoint(endpoint.get(), from, LAST, 1)?;
            next.first().map(|row| row.due_at)
        } else {
            last
        };
        Ok(claimed)
    }

    /// Whether older news of the same payment for the same URL is due too: that goes first.
    ///
    /// Older news that failed a moment ago and waits for its retry holds nothing up: a merchant whose
    /// server chokes on "pending" hears of "paid" all the same. What does not give way to newer news
    /// holds it up until it has arrived or is given up.
    fn goes_first(&self, row: &NotificationRow, until: Timestamp) -> Result<bool, StorageError> {
        let siblings = self.reader.due_of_payment(row.payment)?;
        Ok(siblings.iter().any(|other| {
            other.account == row.account
                && other.target == row.target
                && other.no < row.no
                && (other.due_at <= until || !other.news.gives_way())
        }))
    }

    /// The payment that news is of, and where it goes; none where it cannot be told.
    fn addressed(
        &mut self,
        row: &NotificationRow,
    ) -> Result<Option<(PaymentView, Option<String>)>, StorageError> {
        let Some(account) = self.directory.account(row.account) else { return Ok(None) };
        let view = match self.views.entry(row.payment) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(place) => {
                let payment = self.reader.payment(row.payment)?;
                let view = payment.and_then(|payment| match self.shared.view(&payment) {
                    Ok(view) => Some(view),
                    // Nobody is told who was forgotten, and that is the end of it.
                    Err(VaultError::Erased(_)) if matches!(row.news, News::Bill(..)) => {
                        let (personal, notify_urls) = (Personal::default(), None);
                        Some(PaymentView { payment: payment.payment, personal, notify_urls })
                    }
                    Err(error) => {
                        tracing::error!(%error, notification = %row.no, "a payment does not unseal");
                        None
                    }
                });
                place.insert(view)
            }
        };
        let Some(view) = view else { return Ok(None) };
        let bill = self.shared.settings.bill.as_ref();
        let url = url_of(view.notify_urls.as_deref(), account, row.target, bill).map(str::to_owned);
        Ok(Some((view.clone(), url)))
    }

    /// Whether its URL leads to another endpoint than the one it waits for, as after an account's URLs
    /// were changed. It is moved there.
    fn is_elsewhere(&mut self, row: &NotificationRow, url: Option<&str>) -> bool {
        let Some(endpoint) = url.map(EndpointNo::of) else { return false };
        if endpoint.get() == row.endpoint {
            return false;
        }
        self.moves.push(NewsMove { no: row.no, endpoint: Some(endpoint), due_at: None });
        true
    }

    fn delivery(
        &self,
        row: &NotificationRow,
        view: PaymentView,
        url: Option<String>,
    ) -> Result<Option<Delivery>, StorageError> {
        let Some(account) = self.directory.account(row.account) else { return Ok(None) };
        // The tries are kept for weeks longer than any vendor goes on; should they be gone all the
        // same, it counts from the news.
        let first_at = if row.attempts == 0 {
            self.shared.clock.now()
        } else {
            self.reader.first_attempt_of(row.no)?.unwrap_or(row.created_at)
        };
        Ok(Some(Delivery {
            no: row.no,
            account: Arc::clone(account),
            news: row.news,
            created_at: row.created_at,
            first_at,
            attempts: row.attempts,
            view,
            url,
            endpoint: EndpointNo::new(row.endpoint),
            due_at: row.due_at,
        }))
    }
}
