//! A sandbox's second door: TLS, under the vendors' host names. What is behind it is the same.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use anyhow::Context;
use gateway::{Environment, clock::Clock};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{Plan, tls};
use crate::sandbox::{hosts, tls::identity};

/// The usual port; the one of HTTPS would need rights that a sandbox seldom has.
const PORT: u16 = 8443;

/// A door that can be opened.
pub(super) struct Vendors {
    /// The port that was taken.
    pub(super) listener: TcpListener,
    /// Its address.
    pub(super) address: SocketAddr,
    /// TLS with the sandbox's certificate.
    pub(super) tls: TlsAcceptor,
    /// What clients have to trust.
    pub(super) ca_file: PathBuf,
}

/// Where a sandbox is to listen, if it is to.
pub(super) fn address(plan: &Plan) -> Option<SocketAddr> {
    match plan.environment {
        Environment::Production => None,
        Environment::Sandbox => {
            let asked = &plan.config.sandbox_tls;
            let port = if plan.config.listen.port() == 0 { 0 } else { PORT };
            let usual = (Ipv4Addr::LOCALHOST, port).into();
            asked.enabled.then(|| asked.listen.unwrap_or(usual))
        }
    }
}

/// Of the addresses of both doors the one that strangers reach, if there is one: who may come in is
/// the same at either (rule 26).
pub(super) fn outermost(
    api: SocketAddr,
    vendors: Option<&TcpListener>,
) -> std::io::Result<SocketAddr> {
    let vendors = vendors.map(TcpListener::local_addr).transpose()?;
    Ok(vendors.filter(|address| !address.ip().is_loopback()).unwrap_or(api))
}

/// The certificate for the door, made or found.
pub(super) fn ready(plan: &Plan, listener: TcpListener) -> anyhow::Result<Vendors> {
    let names: Vec<_> = hosts::names().collect();
    // Clients go by the real clock, wherever the sandbox's is.
    let today = Clock::system().real_now().business_date();
    let copy = plan.config.sandbox_tls.ca_file.as_deref();
    let identity = identity(plan.folder(), copy, &names, today)?;
    if identity.is_new {
        tracing::info!(certificate = %identity.ca_file.display(), "the sandbox made itself a CA");
    }
    let tls = tls::speaking(vec![identity.certificate], identity.key)
        .context("the certificate for --tls does not work")?;
    let address = listener.local_addr()?;
    Ok(Vendors { listener, address, tls, ca_file: identity.ca_file })
}

#[cfg(test)]
mod tests {
    use storage::sqlite::Place;

    use super::*;
    use crate::{config::Config, serve::Greeting};

    #[test]
    fn a_sandbox_opens_it_where_it_is_told_and_production_never() {
        let at = |environment, text: &str| {
            let config = Config::read("test.toml", text).unwrap();
            let place = Place::Memory("vendors".to_owned());
            let plan = Plan { environment, place, config, greeting: Greeting::Welcome };
            address(&plan).map(|address| address.to_string())
        };
        let on = "[sandbox_tls]\nenabled = true";
        let cases = [
            (Environment::Sandbox, String::new(), None),
            (Environment::Sandbox, "[sandbox_tls]\nlisten = '127.0.0.1:443'".to_owned(), None),
            (Environment::Sandbox, on.to_owned(), Some("127.0.0.1:8443")),
            (Environment::Sandbox, format!("listen = '[::1]:0'\n{on}"), Some("127.0.0.1:0")),
            (Environment::Sandbox, format!("{on}\nlisten = '[::]:443'"), Some("[::]:443")),
            (Environment::Production, on.to_owned(), None),
        ];
        for (environment, text, expected) in cases {
            assert_eq!(at(environment, &text).as_deref(), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn whoever_is_reached_from_outside_asks_for_the_token() {
        let local: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let outside: SocketAddr = "0.0.0.0:8080".parse().unwrap();
        let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let outer = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let is_local = |api, vendors| outermost(api, vendors).unwrap().ip().is_loopback();
        assert!(is_local(local, None) && is_local(local, Some(&inner)));
        assert!(!is_local(local, Some(&outer)));
        assert!(!is_local(outside, Some(&inner)) && !is_local(outside, None));
    }
}
