//! Bytes from strangers: bounded in size, bounded in time, and who sent them.

use std::{net::IpAddr, time::Duration};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

/// How much a stranger may send, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body.
    pub body_max: usize,
    /// How long its bytes may take to arrive.
    pub body_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_max: 64 * 1024, body_timeout: Duration::from_secs(10) }
    }
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// More bytes than allowed.
    TooLarge,
    /// The bytes came too slowly.
    TooSlow,
    /// The connection broke, or the body's framing did.
    Broken,
}

/// Who sent the request: the connection's other end, or what a trusted proxy says. Every request
/// carries it as an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Reads a whole body within the limits.
pub async fn read_body(body: Body, limits: &Limits) -> Result<Bytes, BodyError> {
    tokio::time::timeout(limits.body_timeout, collect(body, limits.body_max))
        .await
        .unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(mut body: Body, body_max: usize) -> Result<Bytes, BodyError> {
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        let so_far = rest.len() + first.as_ref().map_or(0, Bytes::len);
        if so_far + data.len() > body_max {
            return Err(BodyError::TooLarge);
        }
        // Nearly every body is one frame, which is then not copied.
        match first.take() {
            None if rest.is_empty() => first = Some(data),
            None => rest.extend_from_slice(&data),
            Some(head) => {
                rest.extend_from_slice(&head);
                rest.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| rest.freeze()))
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        task::{Context, Poll},
    };

    use hyper::body::Frame;

    use super::*;

    fn limits() -> Limits {
        Limits { body_max: 10, body_timeout: Duration::from_secs(1) }
    }

    #[tokio::test]
    async fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
        let body = read_body(Body::from("0123456789"), &limits()).await;
        assert_eq!(body, Ok(Bytes::from_static(b"0123456789")));
        assert_eq!(read_body(Body::from("0123456789a"), &limits()).await, Err(BodyError::TooLarge));
        assert_eq!(read_body(Body::empty(), &limits()).await, Ok(Bytes::new()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        assert_eq!(read_body(Body::new(Never), &limits()).await, Err(BodyError::TooSlow));
    }

    /// A body whose first byte never arrives.
    struct Never;

    impl axum::body::HttpBody for Never {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }
}
