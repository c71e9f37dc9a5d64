//! What is printed at start: where things are, and in a sandbox what to try first.

use std::{fmt::Write as _, io::Write as _, net::SocketAddr, path::Path};

use gateway::directory::Secret;

use crate::{
    dialects::{DIALECTS, USUAL_BRAND, USUAL_DEMO, speaking},
    sandbox,
};

/// Prints lines to stdout. Nobody may be listening, which is no reason to stop.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// What is said on stdout at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// Where everything is, and in a sandbox what to try first.
    Welcome,
    /// The base URL and nothing else: one line, which a script waits for.
    Url,
}

/// What a developer sees first.
pub(crate) struct Welcome<'a> {
    /// Where the data lies; none: in memory.
    pub(crate) data: Option<&'a Path>,
    /// How it is reached.
    pub(crate) url: &'a str,
    /// Where it answers in TLS under the vendors' host names, and the file with the certificate of its
    /// CA.
    pub(crate) vendors: Option<(SocketAddr, &'a Path)>,
    /// What sandbox routes ask for.
    pub(crate) token: Option<&'a Secret>,
}

impl Welcome<'_> {
    /// The text, with two commands that work when they are pasted one after the other.
    pub(crate) fn text(&self) -> String {
        let data = self.data.map_or_else(
            || "in memory, gone when this ends".to_owned(),
            |folder| folder.display().to_string(),
        );
        let url = self.url;
        let bearer = self.token.map_or_else(String::new, |token| {
            format!(" -H 'Authorization: Bearer {}'", token.expose())
        });
        let (demo, counter) = (USUAL_DEMO, &sandbox::DEMO);
        let server_key = demo.secrets.first().map_or("", |(_, secret)| *secret);
        let mut text = format!(
            "\n\
             Gerai sandbox {version}\n\
             \x20 data            {data}\n\
             \x20 Midtrans API    {url}/v2/charge\n\
             \x20 merchant id     {merchant}\n\
             \x20 server key      {server_key}\n\
             \x20 client key      {client_key}\n\
             \x20 counter API     {url}/counter/v1 (key {counter}, secret {secret})\n",
            version = env!("CARGO_PKG_VERSION"),
            merchant = demo.public_id,
            client_key = demo.client_key.unwrap_or_default(),
            counter = counter.counter_key,
            secret = counter.counter_secret,
        );
        text.push_str(&others());
        let with =
            self.token.map_or_else(String::new, |token| format!("?token={}", token.expose()));
        let _ = write!(
            text,
            "\x20 counter         {url}/simulator{with} (stand at it, and let things go wrong)\n\
             \x20 inbox           {url}/inbox{with} (notifications of merchants without a URL)\n\
             \x20 signatures      {url}/signature{with} (why a request was not believed)\n",
        );
        if let Some((address, ca_file)) = self.vendors {
            let _ = write!(
                text,
                "\x20 vendors' hosts  https://{} (api.sandbox.midtrans.com and the others)\n\
                 \x20 CA to trust     {}\n",
                reachable(address),
                ca_file.display(),
            );
        }
        if let Some(token) = self.token {
            // Writing to a string does not fail.
            let _ = writeln!(text, "  sandbox token   {}", token.expose());
        }
        let _ = write!(
            text,
            "\n\
             Open a payment at Alfamart, then pay it as a cashier would:\n\
             \x20 curl -u {server_key}: -H 'Content-Type: application/json' {url}/v2/charge -d '{{\
             \"payment_type\":\"cstore\",\
             \"transaction_details\":{{\"order_id\":\"order-'$(date +%s)'\",\"gross_amount\":50000}},\
             \"cstore\":{{\"store\":\"alfamart\"}}}}'\n\
             \x20 curl -X POST{bearer} {url}/sandbox/v1/payments/latest/pay\n\
             Have its notifications sent to a program on this machine:\n\
             \x20 gerai listen --url {url} --forward http://localhost:3000/hook\n",
        );
        if let Some((address, ca_file)) = self.vendors {
            let _ = write!(
                text,
                "Under a vendor's own name, with a client that trusts the CA:\n\
                 \x20 curl --cacert {ca} --connect-to ::{address} -u {server_key}: \
                 https://{host}/v2/order-1/status\n",
                ca = quoted(ca_file),
                address = reachable(address),
                host = speaking(USUAL_BRAND)
                    .and_then(|dialect| dialect.hosts().first())
                    .map_or("localhost", |host| host.name),
            );
        }
        text.push('\n');
        text
    }
}

/// The demo merchant's credentials in the other dialects. Keys of several lines are in their dossiers.
fn others() -> String {
    let mut text = String::new();
    for dialect in DIALECTS.iter().filter(|dialect| dialect.brand() != USUAL_BRAND) {
        for demo in dialect.demo() {
            let _ = write!(text, "  {:<15} key {}", dialect.title(), demo.public_id);
            for (purpose, secret) in
                demo.secrets.iter().filter(|(_, secret)| !secret.contains('\n'))
            {
                let _ = write!(text, ", {} {secret}", purpose.replace('_', " "));
            }
            text.push('\n');
        }
    }
    text
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    if path.bytes().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// The address to call: where one listens everywhere, loopback.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            address.set_ip(std::net::Ipv6Addr::LOCALHOST.into());
        }
        SocketAddr::V4(_) | SocketAddr::V6(_) => {}
    }
    address
}
