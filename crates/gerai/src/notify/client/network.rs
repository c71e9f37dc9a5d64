//! What the operating system does for us: names and connections.

use std::{
    fmt::Debug,
    future::Future,
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    pin::Pin,
    sync::Arc,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Semaphore,
};

/// Something that is there later.
pub(in crate::notify) type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Something over which bytes go both ways.
pub(in crate::notify) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Looks up names and opens connections. It judges nothing: whoever asks it to connect has to have
/// judged the address.
pub(in crate::notify) trait Network: Debug + Send + Sync {
    /// Every address of a name.
    fn look_up(&self, name: &str) -> Later<io::Result<Vec<IpAddr>>>;

    /// A connection to exactly this address.
    fn connect(&self, address: SocketAddr) -> Later<io::Result<Box<dyn Wire>>>;
}

/// Names that are looked up at a time. The system's own look-up takes a thread for as long as it
/// lasts, and cannot be called off; the threads are those that everything else waits for, too.
const LOOKUPS_MAX: usize = 64;

/// The system's own.
#[derive(Debug)]
pub(super) struct Internet {
    lookups: Arc<Semaphore>,
}

impl Default for Internet {
    fn default() -> Self {
        Self { lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }
}

impl Network for Internet {
    fn look_up(&self, name: &str) -> Later<io::Result<Vec<IpAddr>>> {
        let (name, lookups) = (name.to_owned(), Arc::clone(&self.lookups));
        Box::pin(async move {
            let turn = lookups.acquire_owned().await.map_err(io::Error::other)?;
            let found = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                Ok((name.as_str(), 0).to_socket_addrs()?.map(|socket| socket.ip()).collect())
            });
            found.await.map_err(io::Error::other)?
        })
    }

    fn connect(&self, address: SocketAddr) -> Later<io::Result<Box<dyn Wire>>> {
        Box::pin(async move {
            let wire = TcpStream::connect(address).await?;
            // A notification is one small message, which waits for nothing.
            wire.set_nodelay(true)?;
            Ok(Box::new(wire) as Box<dyn Wire>)
        })
    }
}
