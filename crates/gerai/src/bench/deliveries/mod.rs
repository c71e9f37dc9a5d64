//! How fast merchants are told: how many in a second, how soon, and how soon where ten thousand
//! others hang.

mod receiver;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use domain::code::PaymentCode;
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use self::receiver::{Board, Receiver};
use super::{
    load::{self, Asked, Work},
    orders::Orders,
    samples::median,
    server::{Folder, Server},
};

/// Endpoints that hang.
pub(super) const HANGING: usize = 10_000;
/// Payments that are opened a second where it is told how soon a merchant hears of one.
pub(super) const PACE: u64 = 1_000;
/// The same where one merchant is healthy and the others hang: its news may not wait for itself.
pub(super) const GENTLE_PACE: u64 = 200;
/// Connections of a load that keeps a pace.
const CONNECTIONS: usize = 16;
/// How long the last news may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// What was measured, each figure the median of the rounds.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Deliveries {
    /// Notifications a second while nothing else was asked of the server, from the end of the load
    /// to the last of them; claims and stored attempts included.
    pub(super) per_second: u64,
    /// How many waited when the load ended.
    pub(super) backlog: u64,
    /// From the request that opened a payment to its first attempt, at [`PACE`].
    pub(super) first_p50_us: u64,
    /// The same, of 99 in 100.
    pub(super) first_p99_us: u64,
    /// The same at [`GENTLE_PACE`], where nobody else is told.
    pub(super) alone_p99_us: u64,
    /// The same beside [`HANGING`] endpoints that never answer.
    pub(super) beside_p99_us: u64,
    /// What one is of the other, in hundredths, round by round.
    pub(super) beside_hundredths: u64,
}

/// Measures `rounds` times, `span` for each load.
pub(super) async fn measure(
    folder: &Folder,
    rounds: u64,
    span: Duration,
    mut tick: impl FnMut(&str),
) -> anyhow::Result<Deliveries> {
    let mut numbers = 0;
    let alone = Place::new(folder, "telling").await?;
    let beside = Place::new(folder, "telling-beside").await?;
    let silent = Receiver::silent().await?;

    let (mut rates, mut backlogs) = (Vec::new(), Vec::new());
    let (mut firsts, mut lasts) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        tick("deliveries a second");
        let (backlog, rate) = alone.flood(span, &mut numbers).await?;
        backlogs.push(backlog);
        rates.push(rate);
        tick("first attempts");
        let heard = alone.paced(PACE, span, &mut numbers).await?;
        firsts.push(heard.latencies.value_at_quantile(0.5));
        lasts.push(heard.latencies.value_at_quantile(0.99));
    }

    tick("endpoints that hang");
    // Both merchants are known to answer before the others come.
    alone.paced(GENTLE_PACE, span, &mut numbers).await?;
    beside.paced(GENTLE_PACE, span, &mut numbers).await?;
    beside.hang(silent.address, &mut numbers).await?;
    let (mut alones, mut besides, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        tick("one healthy merchant alone, and beside those that hang");
        let of = |heard: receiver::Heard| heard.latencies.value_at_quantile(0.99);
        let one = of(alone.paced(GENTLE_PACE, span, &mut numbers).await?);
        let other = of(beside.paced(GENTLE_PACE, span, &mut numbers).await?);
        alones.push(one);
        besides.push(other);
        shares.push((other * 100).checked_div(one).unwrap_or(u64::MAX));
    }
    Ok(Deliveries {
        per_second: median(rates),
        backlog: median(backlogs),
        first_p50_us: median(firsts),
        first_p99_us: median(lasts),
        alone_p99_us: median(alones),
        beside_p99_us: median(besides),
        beside_hundredths: median(shares),
    })
}

/// A server and the merchant that it tells.
struct Place {
    server: Server,
    merchant: Receiver,
}

impl Place {
    async fn new(folder: &Folder, name: &str) -> anyhow::Result<Self> {
        let server = Server::sandbox(folder.path(), name, "")?;
        Ok(Self { server, merchant: Receiver::prompt().await? })
    }

    fn orders(&self, numbers: &mut usize) -> Arc<Telling> {
        *numbers += FIRST_OF_ROUND;
        let url = format!("http://{}/notify", self.merchant.address);
        Arc::new(Telling {
            orders: Orders::new(*numbers, usize::MAX),
            first: *numbers,
            board: Some(Arc::clone(&self.merchant.board)),
            target: Target::One(url),
        })
    }

    /// Opens what it can for `span`, and tells how many payments had not been told of then and how
    /// fast they were.
    async fn flood(&self, span: Duration, numbers: &mut usize) -> anyhow::Result<(u64, u64)> {
        let board = &self.merchant.board;
        load::round(self.server.api, 64, span, self.orders(numbers)).await?;
        let (began, backlog) = (board.elapsed(), board.waiting());
        board.all_told(PATIENCE).await?;
        let heard = board.heard()?;
        anyhow::ensure!(heard.strangers == 0, "{} payments were told twice", heard.strangers);
        let took = heard.last_at.saturating_sub(began).as_micros().max(1);
        let backlog = u64::try_from(backlog)?;
        Ok((backlog, u64::try_from(u128::from(backlog) * 1_000_000 / took)?))
    }

    /// Opens `pace` payments a second for `span`, and tells how soon each was told of.
    async fn paced(
        &self,
        pace: u64,
        span: Duration,
        numbers: &mut usize,
    ) -> anyhow::Result<receiver::Heard> {
        let board = &self.merchant.board;
        load::paced(self.server.api, CONNECTIONS, pace, span, self.orders(numbers)).await?;
        board.all_told(PATIENCE).await?;
        let heard = board.heard()?;
        anyhow::ensure!(heard.strangers == 0, "{} payments were told twice", heard.strangers);
        Ok(heard)
    }

    /// Opens a payment for each endpoint that hangs.
    async fn hang(&self, silent: SocketAddr, numbers: &mut usize) -> anyhow::Result<()> {
        *numbers += FIRST_OF_ROUND;
        let work = Telling {
            orders: Orders::new(*numbers, HANGING),
            first: *numbers,
            board: None,
            target: Target::Many(silent.port()),
        };
        let round =
            load::round(self.server.api, CONNECTIONS, Duration::from_mins(1), Arc::new(work));
        let opened = round.await?.answers;
        anyhow::ensure!(opened == u64::try_from(HANGING)?, "only {opened} hanging payments");
        Ok(())
    }
}

/// No round asks more often than this.
const FIRST_OF_ROUND: usize = 1 << 32;

/// Orders whose news goes to an address of their own.
#[derive(Debug)]
struct Telling {
    orders: Orders,
    first: usize,
    board: Option<Arc<Board>>,
    target: Target,
}

#[derive(Debug)]
enum Target {
    One(String),
    /// Each order has a host of its own, of the many that are this one, at this port.
    Many(u16),
}

impl Target {
    fn url(&self, number: usize) -> String {
        match self {
            Self::One(url) => url.clone(),
            Self::Many(port) => {
                format!(
                    "http://127.{}.{}.{}:{port}/",
                    1 + number / 62_500,
                    number / 250 % 250,
                    1 + number % 250
                )
            }
        }
    }
}

impl Work for Telling {
    fn request(&self, number: usize) -> Option<Asked> {
        let mut request = self.orders.request(number)?;
        let url = HeaderValue::from_str(&self.target.url(number)).ok()?;
        request.headers_mut().insert("x-override-notification", url);
        if let Some(board) = &self.board {
            board.expect(self.first + number);
        }
        Some(request)
    }

    fn check(&self, status: StatusCode, body: &[u8]) -> Result<Option<PaymentCode>, &'static str> {
        self.orders.check(status, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_that_hangs_has_an_address_of_its_own() {
        let target = Target::Many(9);
        let urls: std::collections::HashSet<_> =
            (0..HANGING).map(|number| target.url(number)).collect();
        assert_eq!(urls.len(), HANGING);
        assert!(urls.iter().all(|url| url.parse::<http::Uri>().is_ok()));
    }
}
