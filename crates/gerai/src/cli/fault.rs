//! `gerai fault`: what goes wrong in a sandbox that runs, by scripts.

use clap::Subcommand;
use http::Method;
use serde_json::{Map, Value, json};

use super::{at_sandbox::At, output};

/// Where scripts are.
const PATH: &str = "/sandbox/v1/faults";

/// What can be done with scripts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Let something go wrong from now on
    #[command(after_help = "\
Of requests: latency=2s or 1s..3s, drop=request, drop=answer, error=CODE with any code of the vendor's
table. Of notifications: suppress, suppress=forever, duplicate=2, delay=10m (of the sandbox's clock),
reorder. With the same seed the same sequence of messages meets the same faults. Examples:
  gerai fault add drop=answer --merchant G000000001 --path /v2/charge --times 2
  gerai fault add latency=1s..4s --share 0.2 --seed 7
  gerai fault add duplicate=2 --says paid")]
    Add(Add),
    /// Print the scripts that there are, and what they have struck
    #[command(after_help = "Example:\n  gerai fault list --url http://127.0.0.1:8080 --json")]
    List(List),
    /// Take one away, or all
    #[command(after_help = "Example:\n  gerai fault remove 3\n  gerai fault remove --all")]
    Remove(Remove),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// What goes wrong: latency=2s, drop=answer, error=505, suppress, duplicate=2, delay=10m, ...
    fault: String,
    /// With this merchant only, by the id that its vendor's API shows
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    /// With merchants of this dialect only
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// With this counter only, by its key id
    #[arg(long, value_name = "KEY")]
    partner: Option<String>,
    /// At this path only; `*` is any one segment, `**` at the end whatever follows
    #[arg(long)]
    path: Option<String>,
    /// With notifications of this only: pending, paid, reversed, cancelled, expired, events, bill
    #[arg(long, value_name = "WORD")]
    says: Option<String>,
    /// With what probability, 0 to 1
    #[arg(long, value_name = "PART")]
    share: Option<f64>,
    /// At most so many times
    #[arg(long, value_name = "COUNT")]
    times: Option<u64>,
    /// Where its chance comes from; one is chosen and printed
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    #[command(flatten)]
    at: At,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    at: At,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    /// Which, by its number
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    no: Option<u64>,
    /// All of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    at: At,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Add(args) => add(args),
        Command::List(args) => list(args),
        Command::Remove(args) => remove(args),
    }
}

fn add(args: &Add) -> anyhow::Result<()> {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let wishes = [
        ("fault", Some(Value::from(args.fault.as_str()))),
        ("merchant", text(&args.merchant)),
        ("brand", text(&args.brand)),
        ("partner", text(&args.partner)),
        ("path", text(&args.path)),
        ("says", text(&args.says)),
        ("share", args.share.map(Value::from)),
        ("times", args.times.map(Value::from)),
        ("seed", args.seed.map(Value::from)),
    ];
    let wishes = wishes.into_iter().filter_map(|(name, wish)| Some((name.to_owned(), wish?)));
    let body = Value::Object(wishes.collect::<Map<_, _>>()).to_string();
    let told = args.at.ask(Method::POST, PATH, Vec::new(), body)?;
    if args.json {
        return output::json(&told);
    }
    tell(&[told]);
    Ok(())
}

fn list(args: &List) -> anyhow::Result<()> {
    let told = args.at.ask(Method::GET, PATH, Vec::new(), String::new())?;
    if args.json {
        return output::json(&told);
    }
    tell(told["faults"].as_array().map_or(&[], Vec::as_slice));
    Ok(())
}

fn remove(args: &Remove) -> anyhow::Result<()> {
    let path = args.no.map_or_else(|| PATH.to_owned(), |no| format!("{PATH}/{no}"));
    let told = args.at.ask(Method::DELETE, &path, Vec::new(), String::new())?;
    if args.json {
        return output::json(&told);
    }
    output::say(&format!("{} removed\n", shown(&told["removed"])));
    Ok(())
}

fn tell(scripts: &[Value]) {
    let rows: Vec<_> = scripts
        .iter()
        .map(|script| {
            let names = ["merchant", "brand", "partner", "path", "says"];
            let named = names.into_iter().filter(|name| script[*name].is_string());
            let whose: Vec<_> =
                named.map(|name| format!("{name} {}", shown(&script[name]))).collect();
            let times = &script["times"];
            let times = if *times == json!(null) { "every".to_owned() } else { shown(times) };
            [
                shown(&script["no"]),
                shown(&script["fault"]),
                if whose.is_empty() { "all".to_owned() } else { whose.join(", ") },
                shown(&script["share"]),
                times,
                shown(&script["seed"]),
                format!("{} of {}", shown(&script["struck"]), shown(&script["seen"])),
            ]
        })
        .collect();
    let heads = ["no", "fault", "with", "share", "times", "seed", "struck"];
    output::table(heads, &rows, "no script: nothing goes wrong on purpose");
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), output::printable)
}
