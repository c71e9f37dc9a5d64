//! Asking a sandbox that runs, over its HTTP.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use http::Method;
use serde_json::Value;

use super::{
    listen::http::{Http, Unanswered},
    output,
};
use crate::config::secret_in;

/// The variable that holds the sandbox's token.
const TOKEN: &str = "GERAI_SANDBOX_TOKEN";
/// How long an answer may take: moving the clock does everything that becomes due on the way.
const PATIENCE: Duration = Duration::from_mins(2);

/// Which sandbox.
#[derive(Debug, clap::Args)]
pub(crate) struct At {
    /// Where the sandbox listens
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
}

impl At {
    /// What it answers to this, unless it says what is wrong.
    pub(super) fn ask(
        &self,
        method: Method,
        path: &str,
        more: Vec<(String, String)>,
        body: String,
    ) -> anyhow::Result<Value> {
        let base = self.url.trim_end_matches('/');
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        headers.extend(more);
        if let Some(token) = secret_in(TOKEN) {
            headers.push(("authorization".to_owned(), format!("Bearer {}", token.expose())));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let http = Http::new(None)?;
        let url = format!("{base}{path}");
        let answer = runtime.block_on(http.ask(method, &url, headers, body, PATIENCE));
        let answer =
            answer.map_err(|Unanswered(why)| anyhow!("no sandbox answers at {base}: {why}"))?;
        let said: Value = serde_json::from_slice(&answer.body)
            .with_context(|| format!("{base} answers with HTTP {} and no JSON", answer.status))?;
        if let Some(error) = said["error"].as_str() {
            bail!("{}", output::printable(said["message"].as_str().unwrap_or(error)));
        }
        Ok(said)
    }
}
