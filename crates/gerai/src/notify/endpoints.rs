//! So many attempts at a time, in all and to one endpoint, so that one that hangs does not hold up
//! the others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use http::Uri;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for attempts.
#[derive(Debug)]
pub(super) struct Endpoints {
    all: Arc<Semaphore>,
    each: Mutex<HashMap<String, Arc<Semaphore>>>,
    each_max: usize,
}

/// The right to make an attempt, given back when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _of_all: Option<OwnedSemaphorePermit>,
    _of_endpoint: Option<OwnedSemaphorePermit>,
}

impl Endpoints {
    /// Room for `all_max` attempts, `each_max` of them to one endpoint.
    pub(super) fn new(all_max: usize, each_max: usize) -> Self {
        let all = Arc::new(Semaphore::new(all_max));
        Self { all, each: Mutex::default(), each_max }
    }

    /// Waits for room at the endpoint of `url`, and only then for room in all.
    pub(super) async fn turn(&self, url: &str) -> Turn {
        let endpoint = self.endpoint(url);
        // Nobody closes the semaphores, so that the permits are there.
        let of_endpoint = endpoint.acquire_owned().await.ok();
        let of_all = Arc::clone(&self.all).acquire_owned().await.ok();
        Turn { _of_all: of_all, _of_endpoint: of_endpoint }
    }

    fn endpoint(&self, url: &str) -> Arc<Semaphore> {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        if each.len() > 1_024 {
            // A semaphore that nobody else holds has nobody at its endpoint.
            each.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        }
        let fresh = || Arc::new(Semaphore::new(self.each_max));
        Arc::clone(each.entry(key(url)).or_insert_with(fresh))
    }
}

/// Scheme, host and port.
fn key(url: &str) -> String {
    let uri: Option<Uri> = url.parse().ok();
    let place = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.host()?, uri.port_u16())));
    match place {
        Some((scheme, host, port)) => {
            let usual = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
            format!("{}:{}", host.to_ascii_lowercase(), port.unwrap_or(usual))
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::pin, task::Context};

    use super::*;

    fn is_ready<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(std::task::Waker::noop())) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        }
    }

    #[test]
    fn an_endpoint_that_hangs_holds_up_only_its_own() {
        let endpoints = Endpoints::new(4, 2);
        let slow = ["http://slow.example/a", "http://SLOW.example:80/b?c"];
        let held: Vec<_> = slow.map(|url| is_ready(endpoints.turn(url)).unwrap()).into();
        assert!(is_ready(endpoints.turn("http://slow.example/")).is_none());
        let first = is_ready(endpoints.turn("https://slow.example/")).unwrap();
        let second = is_ready(endpoints.turn("https://other.example/")).unwrap();
        // Now there is no room in all.
        assert!(is_ready(endpoints.turn("https://third.example/")).is_none());
        drop((first, second));
        assert!(is_ready(endpoints.turn("https://third.example/")).is_some());
        drop(held);
        assert!(is_ready(endpoints.turn("http://slow.example/")).is_some());
    }
}
