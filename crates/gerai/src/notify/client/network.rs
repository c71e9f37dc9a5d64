//! What the operating system does for us: names and connections.

use std::{
    fmt::Debug,
    future::Future,
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    pin::Pin,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::oneshot,
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

/// The system's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Internet;

/// The stack of a thread that looks up a name, in bytes: what the system does there is not much.
const STACK: usize = 512 * 1024;

impl Network for Internet {
    fn look_up(&self, name: &str) -> Later<io::Result<Vec<IpAddr>>> {
        let name = name.to_owned();
        Box::pin(async move {
            let (sender, found) = oneshot::channel();
            // A thread of its own: those of the runtime are what everything else waits for, too.
            std::thread::Builder::new().name("look-up".to_owned()).stack_size(STACK).spawn(
                move || {
                    let found = (name.as_str(), 0).to_socket_addrs();
                    // Nobody waits any more when the process ends.
                    let _ = sender.send(found.map(|found| found.map(|one| one.ip()).collect()));
                },
            )?;
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
