//! `gerai simulate`: a cashier's buttons of a sandbox that runs, and what goes wrong at a counter.

use std::process::ExitCode;

use anyhow::bail;
use http::Method;
use serde_json::{Map, Value, json};

use super::{at_sandbox::At, output};

/// The exit code where the till was told no; errors of the command itself exit with 1.
const REFUSED: u8 = 2;
/// Everything that can be done: the last parts of the sandbox's paths.
const ACTS: [&str; 13] = [
    "pay",
    "reverse",
    "inquire",
    "timeout",
    "advice",
    "twice",
    "wrong-amount",
    "wrong-chain",
    "void",
    "two-counters",
    "wrong-clock",
    "overtaken",
    "late",
];

/// What is done, and with what.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Sends what a till would send, to a sandbox that runs, and prints what the till is told. It exits with 2
where the last answer is no. A sandbox that listens beyond loopback asks for its token: \
GERAI_SANDBOX_TOKEN.

Examples:
  gerai simulate pay 8127740588870520
  gerai simulate timeout latest --then reversal
  gerai simulate pay latest --fault duplicate=2
  gerai simulate wrong-amount latest --amount 1000 --json")]
pub(crate) struct Args {
    /// What happens at the counter
    #[arg(value_parser = ACTS)]
    act: String,
    /// The payment code; `latest` is the payment that was opened last
    #[arg(default_value = "latest")]
    code: String,
    #[command(flatten)]
    at: At,
    /// Whose counter; the one that the payment was opened for
    #[arg(long, value_name = "RETAILER")]
    retailer: Option<String>,
    /// What is handed over, in whole rupiah
    #[arg(long, value_name = "RUPIAH")]
    amount: Option<i64>,
    /// What follows a lost answer: nothing, advice, reversal
    #[arg(long, value_name = "WHAT")]
    then: Option<String>,
    /// By how many minutes the till's clock is ahead; less than zero: behind
    #[arg(long, value_name = "MINUTES", allow_negative_numbers = true)]
    clock_off: Option<i64>,
    /// What goes wrong with what the merchant is told of it: suppress, duplicate=2, delay=10m, reorder
    #[arg(long, value_name = "FAULT")]
    fault: Option<String>,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let said = press(args)?;
    let is_approved = codes(&said).last() == Some(&"00");
    if args.json {
        output::json(&said)?;
    } else {
        tell(&said);
    }
    Ok(if is_approved { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}

fn press(args: &Args) -> anyhow::Result<Value> {
    let is_code = !args.code.is_empty() && args.code.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_code {
        bail!("a payment code has letters and digits only");
    }
    let path = format!("/sandbox/v1/payments/{}/{}", args.code, args.act);
    let fault = args.fault.iter().map(|fault| ("x-gerai-fault".to_owned(), fault.clone()));
    let wishes = [
        ("retailer", args.retailer.as_deref().map(Value::from)),
        ("amount", args.amount.map(Value::from)),
        ("then", args.then.as_deref().map(Value::from)),
        ("clock_off_minutes", args.clock_off.map(Value::from)),
    ];
    let wishes = wishes.into_iter().filter_map(|(name, wish)| Some((name.to_owned(), wish?)));
    let body = Value::Object(wishes.collect::<Map<_, _>>()).to_string();
    args.at.ask(Method::POST, &path, fault.collect(), body)
}

/// The codes of all answers; empty where the till heard none.
fn codes(said: &Value) -> Vec<&str> {
    match said["messages"].as_array() {
        Some(messages) => messages.iter().map(code).collect(),
        None => vec![said["code"].as_str().unwrap_or_default()],
    }
}

fn code(message: &Value) -> &str {
    let heard = message["arrived"] == json!(true);
    message["answer"]["code"].as_str().filter(|_| heard).unwrap_or_default()
}

fn tell(said: &Value) {
    let text = |value: &Value| output::printable(value.as_str().unwrap_or_default());
    let Some(messages) = said["messages"].as_array() else {
        output::fields(&[
            ("payment code", text(&said["payment_code"])),
            ("answer", format!("{} {}", text(&said["code"]), text(&said["message"]))),
            ("cashier", text(&said["cashier_text"])),
        ]);
        return;
    };
    output::fields(&[
        ("payment code", text(&said["payment_code"])),
        ("what happens", text(&said["meaning"])),
    ]);
    let rows: Vec<_> = messages
        .iter()
        .map(|message| {
            let answer = &message["answer"];
            let heard = if message["arrived"] == json!(true) { "" } else { " (lost on its way)" };
            [
                text(&message["call"]),
                text(&message["counter"]),
                format!("{} {}{heard}", text(&answer["code"]), text(&answer["message"])),
            ]
        })
        .collect();
    output::table(["message", "till", "answer"], &rows, "nothing was sent");
}
