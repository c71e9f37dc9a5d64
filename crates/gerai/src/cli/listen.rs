//! `gerai listen`: a gateway's notifications on a laptop that nobody can reach.

pub(super) mod http;

mod login;

mod news;

mod show;

use std::{path::PathBuf, time::Duration};

use ::http::{StatusCode, Uri};
use anyhow::{Context, anyhow, bail};
use gateway::clock::Stopwatch;

use self::{
    http::{Answer, Http, Unanswered},
    news::{Page, Told},
    show::{Outcome, Show},
};

/// For how long one request to the gateway waits for news, in seconds. Proxies cut off much more.
const WAIT_SECONDS: u64 = 25;
/// How much longer the answer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long the local program may take.
const LOCAL_TIMEOUT: Duration = Duration::from_secs(30);
/// The shortest and the longest pause before asking a gateway again that did not answer.
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(15);

/// From where to where.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Asks a gateway for a merchant's notifications and sends each to a program on this machine, \
exactly as the gateway would: the dialect's headers and body, signed for the path of --forward. \
Nothing has to reach this machine from outside, and the account needs no notification URL; what \
is sent to its URLs is sent there all the same. A refusal of the local program is shown, not \
retried. The gateway may restart meanwhile: it goes on where it was.

Without a secret it is the demo merchant of the sandbox. Otherwise the secret is that which opens \
Gerai's own API: Midtrans' server key; the token or client secret of the other dialects, beside \
--merchant.

Examples:
  gerai listen --forward http://localhost:3000/hook
  gerai listen --forward http://localhost:3000/hook --brand cronos
  gerai listen --forward http://localhost:3000/hook --url https://pay.example.com --brand ayolinx \\
    --merchant CK-154dc98b --secret-file secret.txt
  gerai listen --forward http://localhost:3000/hook --replay --count 3 --json")]
pub(crate) struct Args {
    /// Where the local program takes notifications
    #[arg(long, value_name = "URL")]
    forward: Uri,
    /// The gateway
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: Uri,
    /// The merchant's dialect
    #[arg(long, value_name = "NAME", default_value = crate::dialects::USUAL_BRAND)]
    brand: String,
    /// The merchant's public name, for dialects whose secret needs one beside it
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    /// A file with the merchant's secret; otherwise `GERAI_SECRET`, or the sandbox's demo merchant
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Certification authorities to trust beside the system's, in PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Send the secret over http to another machine, where everybody on the way can read it
    #[arg(long)]
    plain_http: bool,
    /// What happened before, too, from the beginning
    #[arg(long)]
    replay: bool,
    /// End after so many notifications
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Show headers, body and the text that was signed, too
    #[arg(long)]
    full: bool,
    /// Print a JSON value a line, for machines
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let login = login::of(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(listen(args, &login))
}

async fn listen(args: &Args, login: &login::Authorization) -> anyhow::Result<()> {
    let http = Http::new(args.ca_file.as_deref())?;
    let mut show = Show::new(args);
    let mut listener = Listener { args, http: &http, login, next: None, resent: None };
    // The first question says from where on to listen, and whether all is as it should be.
    let first = listener.ask(&mut show, Duration::ZERO).await?;
    show.ready(&args.url, &args.forward, &login.who);
    let mut page = first;
    let mut sent = 0;
    loop {
        for told in &page.notifications {
            listener.forward(told, &mut show).await;
            sent += 1;
            if args.count.is_some_and(|count| sent >= count) {
                return Ok(());
            }
        }
        (listener.next, listener.resent) = (Some(page.next), page.resent);
        page = listener.ask(&mut show, Duration::from_secs(WAIT_SECONDS)).await?;
    }
}

/// One who listens.
struct Listener<'a> {
    args: &'a Args,
    http: &'a Http,
    login: &'a login::Authorization,
    /// From where on; none before the first answer.
    next: Option<String>,
    /// How much of what was sent again it has heard.
    resent: Option<u64>,
}

impl Listener<'_> {
    /// Asks until there is an answer, ever more rarely. An answer that no repetition changes is an
    /// error.
    async fn ask(&self, show: &mut Show, mut wait: Duration) -> anyhow::Result<Page> {
        let mut pause = PAUSE_MIN;
        loop {
            let why = match self.ask_once(wait).await {
                Ok(answer) if answer.status == StatusCode::OK => {
                    let page = serde_json::from_slice(&answer.body);
                    let page = page.context(
                        "the gateway's answer is not known here; is it another version?",
                    )?;
                    show.reached();
                    return Ok(page);
                }
                Ok(answer) if is_passing(answer.status) => {
                    if let Some(seconds) = answer.retry_after {
                        pause = pause.max(Duration::from_secs(seconds)).min(PAUSE_MAX);
                    }
                    format!("it answers {}", answer.status.as_u16())
                }
                Ok(answer) => {
                    bail!("the gateway at {} answers {}", self.args.url, told_off(&answer))
                }
                Err(Unanswered(why)) => why,
            };
            show.unreachable(&self.args.url, &why);
            // That it answers again is to be seen at once.
            wait = Duration::ZERO;
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(PAUSE_MAX);
        }
    }

    async fn ask_once(&self, wait: Duration) -> Result<Answer, Unanswered> {
        let after = match (&self.next, self.args.replay) {
            (Some(next), _) => next.as_str(),
            (None, true) => "start",
            (None, false) => "latest",
        };
        let base = self.args.url.to_string();
        let resent = self.resent.map_or_else(String::new, |resent| format!("&resent={resent}"));
        let url = format!(
            "{}/v1/notifications?after={after}&wait={}&url={}{resent}",
            base.trim_end_matches('/'),
            wait.as_secs(),
            escaped(&self.args.forward.to_string()),
        );
        let headers = vec![("authorization".to_owned(), self.login.header.expose().to_owned())];
        self.http.get(&url, headers, wait + PATIENCE).await
    }

    /// Sends a notification to the local program and shows what came of it.
    async fn forward(&self, told: &Told, show: &mut Show) {
        show.begins(told);
        let (Some(headers), Some(body)) = (&told.headers, &told.body) else {
            let why = told.untold.clone().unwrap_or_else(|| "it has no body".to_owned());
            show.ended(told, &Outcome::NotSent(why), Duration::ZERO);
            return;
        };
        let stopwatch = Stopwatch::start();
        let url = self.args.forward.to_string();
        let answer = self.http.post(&url, headers.clone(), body.clone(), LOCAL_TIMEOUT).await;
        let outcome = match answer {
            Ok(answer) => Outcome::Answered(answer.status.as_u16(), first_line(&answer.body)),
            Err(Unanswered(why)) => Outcome::NotSent(why),
        };
        show.ended(told, &outcome, stopwatch.elapsed());
    }
}

/// Whether another try may have another answer.
fn is_passing(status: StatusCode) -> bool {
    let changes = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
    changes.contains(&status) || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED)
}

/// What the gateway says that it does not like.
fn told_off(answer: &Answer) -> String {
    let said: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let message = said.as_ref().and_then(|said| said.get("message")?.as_str());
    let Some(message) = message else {
        let line = first_line(&answer.body);
        let line = if line.is_empty() { line } else { format!(": {line}") };
        return format!(
            "{}, not as a gateway's API does; is it another program?{line}",
            answer.status.as_u16()
        );
    };
    format!("{}: {message}", answer.status.as_u16())
}

/// The first line of a body, at most 200 characters of it.
fn first_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.trim_start().lines().next().unwrap_or_default().chars().take(200).collect()
}

/// A value of a query.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

/// An address of a program or a gateway: `http` or `https`, with a host and no user name.
fn is_address(url: &Uri) -> anyhow::Result<()> {
    let known = matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some();
    if !known {
        return Err(anyhow!("{url} is no address such as http://localhost:3000/hook"));
    }
    if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        // As for every URL of notifications: it would stand in what is shown. It is not repeated.
        return Err(anyhow!("leave user name and password out of the address"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_put_into_a_query() {
        assert_eq!(escaped("http://a:3000/b c?d=e&f"), "http%3A%2F%2Fa%3A3000%2Fb%20c%3Fd%3De%26f");
        for (url, fits) in [
            ("http://localhost:3000/hook", true),
            ("https://a.example", true),
            ("localhost:3000", false),
            ("/hook", false),
            ("ftp://a.example/", false),
            ("http://user:secret@a.example/", false),
        ] {
            let url: Uri = url.parse().unwrap();
            assert_eq!(is_address(&url).is_ok(), fits, "{url}");
        }
    }

    #[test]
    fn of_an_answer_the_first_line_is_shown() {
        assert_eq!(first_line(b"\n  oops\nat line 3"), "oops");
        assert_eq!(first_line(b""), "");
        assert_eq!(first_line(&[b'x'; 1_000]).len(), 200);
    }
}
