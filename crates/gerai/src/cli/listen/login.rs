//! Who listens.

use std::{fs, net::IpAddr};

use ::http::Uri;
use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use dialect::{Dialect, Login};
use gateway::directory::Secret;

use super::{Args, is_address};
use crate::{
    config::secret_in,
    dialects::{self, DIALECTS},
};

/// The variable that holds a secret.
const VARIABLE: &str = "GERAI_SECRET";

/// What is sent with every request to the gateway.
pub(super) struct Authorization {
    /// `Basic` and the rest.
    pub(super) header: Secret,
    /// Whose it is, for people.
    pub(super) who: String,
}

/// As the command line and the environment say.
pub(super) fn of(args: &Args) -> anyhow::Result<Authorization> {
    is_address(&args.forward).context("--forward")?;
    is_address(&args.url).context("--url")?;
    let Some(dialect) = dialects::speaking(&args.brand) else {
        let names: Vec<_> = DIALECTS.iter().map(|dialect| dialect.brand()).collect();
        bail!("there is no dialect `{}`; there are {}", args.brand, names.join(", "));
    };
    let Some(secret) = secret(args)? else {
        return demo(dialect, args.merchant.as_deref());
    };
    if args.url.scheme_str() == Some("http") && !is_near(&args.url) && !args.plain_http {
        bail!(
            "everybody on the way to {} could read the secret: take https, or say --plain-http",
            args.url
        );
    }
    let title = dialect.title();
    Ok(match (dialect.login(), &args.merchant) {
        (Login::Key(_), merchant) => Authorization {
            header: basic(secret.expose(), ""),
            who: merchant.clone().unwrap_or_else(|| format!("a merchant of {title}")),
        },
        (Login::IdAndSecret(_), Some(merchant)) => {
            Authorization { header: basic(merchant, secret.expose()), who: merchant.clone() }
        }
        (Login::IdAndSecret(_), None) => {
            bail!("a secret of {title} needs its merchant's public name beside it: --merchant ID")
        }
    })
}

fn secret(args: &Args) -> anyhow::Result<Option<Secret>> {
    if let Some(path) = &args.secret_file {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        return Ok(Some(Secret::new(text.trim())));
    }
    Ok(secret_in(VARIABLE))
}

/// The demo merchant, which everybody knows and only a sandbox has.
fn demo(dialect: &dyn Dialect, merchant: Option<&str>) -> anyhow::Result<Authorization> {
    let mut demos = dialect.demo().iter();
    let demo = demos.find(|demo| merchant.is_none_or(|merchant| demo.public_id == merchant));
    let Some(demo) = demo else {
        bail!("only the sandbox's demo merchants need no secret: --secret-file FILE or {VARIABLE}");
    };
    let of_purpose = |wanted: &str| {
        let found = demo.secrets.iter().find(|(purpose, _)| *purpose == wanted);
        found.map_or("", |(_, secret)| *secret)
    };
    let header = match dialect.login() {
        Login::Key(purpose) => basic(of_purpose(purpose), ""),
        Login::IdAndSecret(purpose) => basic(demo.public_id, of_purpose(purpose)),
    };
    Ok(Authorization { header, who: format!("{}, the demo merchant", demo.public_id) })
}

fn basic(user: &str, password: &str) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

/// Whether it is on this machine.
fn is_near(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}
