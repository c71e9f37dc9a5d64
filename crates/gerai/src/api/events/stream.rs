//! Events as `text/event-stream`. Rows are read when the connection has room for them: who reads
//! slowly costs one page of memory, and holds up nobody.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use domain::{ids::AccountNo, own_event::OwnKind};
use gateway::Gateway;
use http::HeaderValue;
use hyper::body::Frame;
use tokio::{sync::watch, time::Sleep};

use super::{slots::Slot, with_type};
use crate::own::body;

/// How long nothing may be said; proxies and clients give up on a silent connection.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// How long a stream goes on. Its client then asks anew, with credentials that must still be good.
const LIFE: Duration = Duration::from_hours(1);

/// Events that are read at a time.
const PAGE: usize = 100;

/// Where a stream stands.
struct Stream {
    gateway: Gateway,
    account: AccountNo,
    after: i64,
    types: Vec<OwnKind>,
    newest: watch::Receiver<i64>,
    ended: watch::Receiver<bool>,
    life: Pin<Box<Sleep>>,
    has_begun: bool,
    _slot: Slot,
}

/// The stream of an account's events after a number.
pub(super) fn open(
    gateway: Gateway,
    account: AccountNo,
    after: i64,
    types: Vec<OwnKind>,
    slot: Slot,
) -> Response {
    let stream = Stream {
        newest: gateway.own_newest(account),
        ended: gateway.streams_ended(),
        gateway,
        account,
        after,
        types,
        life: Box::pin(tokio::time::sleep(LIFE)),
        has_begun: false,
        _slot: slot,
    };
    let body = Body::new(Chunks(Some(Box::pin(stream.next()))));
    let mut response = with_type(body, "text/event-stream");
    // Some proxies gather answers before they pass them on, unless they are told not to.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl Stream {
    /// The next bytes; none at the end.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if !self.has_begun {
            self.has_begun = true;
            // After a break, ask again in a second.
            return Some((Bytes::from_static(b"retry: 1000\n\n"), self));
        }
        loop {
            if *self.ended.borrow() || self.life.is_elapsed() {
                return None;
            }
            let directory = self.gateway.directory();
            let account = directory.account(self.account).filter(|account| !account.disabled)?;
            let before = self.after;
            // An error ends the stream; its client asks again after the last event it read.
            let page = self
                .gateway
                .own_events_of(self.account, self.after, self.types.clone(), PAGE)
                .await
                .ok()?;
            self.after = page.until;
            let mut bytes = Vec::new();
            for event in &page.events {
                let (no, kind) = (event.row.no, event.row.kind.name());
                bytes.extend_from_slice(format!("id: {no}\nevent: {kind}\ndata: ").as_bytes());
                bytes.extend_from_slice(&body(account, event));
                bytes.extend_from_slice(b"\n\n");
            }
            let is_told = page.events.last().is_some_and(|last| last.row.no == page.until);
            if page.until > before && !is_told {
                // What was passed over is remembered by the client too; there is no event in it.
                bytes.extend_from_slice(format!("id: {}\n\n", page.until).as_bytes());
            }
            if !bytes.is_empty() {
                return Some((Bytes::from(bytes), self));
            }
            if self.is_silent().await? {
                return Some((Bytes::from_static(b":\n\n"), self));
            }
        }
    }
}

impl Stream {
    /// Waits for something new; true where nothing was said for too long, none where the stream ends.
    async fn is_silent(&mut self) -> Option<bool> {
        let after = self.after;
        tokio::select! {
            () = self.life.as_mut() => None,
            _ = self.ended.wait_for(|ended| *ended) => None,
            changed = self.newest.wait_for(|newest| *newest > after) => {
                changed.is_ok().then_some(false)
            }
            () = tokio::time::sleep(SILENCE_MAX) => Some(true),
        }
    }
}

type Next = Pin<Box<dyn Future<Output = Option<(Bytes, Stream)>> + Send>>;

/// A stream as a body: the next bytes are made when they are asked for.
struct Chunks(Option<Next>);

impl axum::body::HttpBody for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(next) = &mut self.0 else { return Poll::Ready(None) };
        match next.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => {
                self.0 = None;
                Poll::Ready(None)
            }
            Poll::Ready(Some((bytes, stream))) => {
                self.0 = Some(Box::pin(stream.next()));
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{ids::OrderId, money::Rupiah};
    use gateway::request::{OpenRequest, Personal, Unavailable};
    use http_body_util::BodyExt;
    use storage::DirectoryWrite;
    use testkit::{ACCOUNT, Shop};

    use super::{super::slots::Slots, *};

    async fn open_payment(shop: &Shop, number: usize) {
        let now = shop.gateway.clock().now();
        let request = OpenRequest {
            account: ACCOUNT,
            order: OrderId::new(format!("order-{number}")).unwrap(),
            retailer: testkit::key("alfamart"),
            amount: Rupiah::new(50_000).unwrap(),
            expires_at: None,
            lifetime_from: now,
            personal: Personal::default(),
            notify_urls: None,
            reuse_after_close: true,
            reuse_after_reversal: true,
            external_id: None,
            idempotency: None,
            received_at: now,
        };
        shop.gateway.open(request).await.unwrap();
    }

    /// However much waits, a client that does not read costs one page.
    #[tokio::test]
    async fn rows_are_read_page_by_page_and_only_when_they_are_asked_for() {
        let shop = Shop::new();
        let changed = shop.gateway.change_directory(|rows, _| {
            let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
            account.settings.push_str("events = true\n");
            Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
        });
        changed.await.unwrap();
        for number in 0..PAGE + 7 {
            open_payment(&shop, number).await;
        }
        let slot = Slots::default().take(ACCOUNT).unwrap();
        let mut body = open(shop.gateway.clone(), ACCOUNT, 0, Vec::new(), slot).into_body();
        let mut counts = Vec::new();
        for _ in 0..3 {
            let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
            counts.push(String::from_utf8_lossy(&frame).matches("event: payment.opened").count());
        }
        assert_eq!(counts, [0, PAGE, 7]);
        shop.gateway.end_streams();
        assert!(body.frame().await.is_none());
    }
}
