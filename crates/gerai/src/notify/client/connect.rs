//! From a target to a connection: its name is looked up, every address judged, one of them connected
//! to, and TLS and HTTP agreed on.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use gateway::reach::{Host, Reach, Target};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use super::{
    connection::Connection,
    names::Names,
    network::{Network, Wire},
    trouble::Trouble,
};
use crate::notify::record::{Record, Stage};

/// How long the look-up of a name, connecting to all of its addresses, and the handshake of TLS may
/// take, each. A vendor's deadline may end them earlier.
const PHASE_MAX: Duration = Duration::from_secs(5);

/// How long an address is tried before the next is tried beside it (RFC 8305, 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// The most addresses of a name that are tried. All are judged.
const TRIED_MAX: usize = 6;

/// Makes connections to what may be reached.
#[derive(Debug)]
pub(super) struct Connector {
    network: Arc<dyn Network>,
    names: Arc<Names>,
    reach: Reach,
    tls: Arc<ClientConfig>,
}

impl Connector {
    /// Over this network.
    pub(super) fn new(network: Arc<dyn Network>, reach: Reach, tls: Arc<ClientConfig>) -> Self {
        let names = Names::new(Arc::clone(&network));
        Self { network, names, reach, tls }
    }

    /// A connection to the target, which tells `record` how it came about.
    pub(super) async fn connect(
        &self,
        target: &Target,
        record: &mut Record,
    ) -> Result<Connection, Trouble> {
        let addresses = self.addresses(target, record).await?;
        record.enter(Stage::Connect);
        let race = race(&self.network, &addresses);
        let (wire, address) = limited(Stage::Connect, race).await??;
        record.connected(address);
        if !target.is_tls {
            return Connection::plain(wire, address).await;
        }
        record.enter(Stage::Tls);
        let name = match &target.host {
            Host::Name(name) => {
                ServerName::try_from(name.clone()).map_err(|_| Trouble::NoTlsName)?
            }
            Host::Address(address) => ServerName::IpAddress((*address).into()),
        };
        let handshake = TlsConnector::from(Arc::clone(&self.tls)).connect(name, wire);
        let wire = limited(Stage::Tls, handshake).await?.map_err(Trouble::Tls)?;
        if wire.get_ref().1.alpn_protocol() == Some(b"h2") {
            Connection::multiplexed(wire, address).await
        } else {
            Connection::plain(wire, address).await
        }
    }

    /// Every address that the target leads to. One that is forbidden spoils the others: a name that
    /// leads to both is no mistake.
    async fn addresses(
        &self,
        target: &Target,
        record: &mut Record,
    ) -> Result<Vec<SocketAddr>, Trouble> {
        let found = match &target.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => {
                record.enter(Stage::Name);
                self.names.look_up(name, PHASE_MAX).await?
            }
        };
        for address in &found {
            self.reach.allow(*address)?;
        }
        if found.is_empty() {
            return Err(Trouble::NoAddress);
        }
        Ok(in_turn(&found).into_iter().map(|ip| SocketAddr::new(ip, target.port)).collect())
    }
}

/// Within the time that a phase may take.
async fn limited<T>(stage: Stage, phase: impl Future<Output = T>) -> Result<T, Trouble> {
    tokio::time::timeout(PHASE_MAX, phase).await.map_err(|_| Trouble::TimedOut(stage))
}

/// The first of these, with the two versions of IP taking turns, beginning with the resolver's choice
/// (RFC 8305, 4).
fn in_turn(found: &[IpAddr]) -> Vec<IpAddr> {
    let begins_with_v6 = found.first().is_some_and(IpAddr::is_ipv6);
    let of = |is_v6: bool| found.iter().filter(move |ip| ip.is_ipv6() == is_v6).copied();
    let (mut first, mut second) = (of(begins_with_v6), of(!begins_with_v6));
    let mut mixed: Vec<IpAddr> = Vec::new();
    while mixed.len() < TRIED_MAX {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            break;
        }
        mixed.extend(pair.into_iter().flatten());
    }
    mixed.truncate(TRIED_MAX);
    mixed
}

/// Connects to whichever address answers first. The later have to wait a little for the earlier, or
/// until these have failed.
async fn race(
    network: &Arc<dyn Network>,
    addresses: &[SocketAddr],
) -> Result<(Box<dyn Wire>, SocketAddr), Trouble> {
    let mut waiting = addresses.iter().copied();
    // Dropped, it calls off the others.
    let mut running = JoinSet::new();
    let mut failed = Trouble::NoAddress;
    loop {
        if let Some(address) = waiting.next() {
            let wire = network.connect(address);
            running.spawn(async move { (address, wire.await) });
        }
        let is_last = waiting.len() == 0;
        tokio::select! {
            ended = running.join_next() => match ended {
                Some(Ok((address, Ok(wire)))) => return Ok((wire, address)),
                Some(Ok((address, Err(error)))) => failed = Trouble::Connect(address, error),
                Some(Err(_)) => failed = Trouble::Hung,
                None => return Err(failed),
            },
            () = tokio::time::sleep(HEAD_START), if !is_last => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_take_turns() {
        let ips = |texts: &[&str]| texts.iter().map(|ip| ip.parse().unwrap()).collect::<Vec<_>>();
        let mixed = |texts: &[&str]| in_turn(&ips(texts));
        assert_eq!(mixed(&["::1", "::2", "1.1.1.1"]), ips(&["::1", "1.1.1.1", "::2"]));
        assert_eq!(mixed(&["1.1.1.1", "::1"]), ips(&["1.1.1.1", "::1"]));
        assert_eq!(mixed(&["1.1.1.1"]), ips(&["1.1.1.1"]));
        let many: Vec<IpAddr> = (0..40).map(|n| IpAddr::from([1, 1, 1, n])).collect();
        assert_eq!(in_turn(&many), many[..TRIED_MAX]);
    }
}
