//! `gerai notification verify`.

mod headers;

mod keys;

mod own;

pub(crate) use self::own::inspect as inspect_own;

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use dialect::{Dialect, Inspected, KnownKey, Received};
use serde_json::json;

use crate::{
    cli::{
        output::{self, printable},
        place::Where,
    },
    dialects::{self, DIALECTS},
};

/// The exit code where the signature is wrong; errors of the command itself exit with 1.
const WRONG: u8 = 2;
/// The longest body, in bytes.
const BODY_MAX: u64 = 1024 * 1024;
/// The longest file of headers, in bytes.
const HEADERS_MAX: u64 = 64 * 1024;

/// What was received, and the keys.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose notification it is: midtrans, cronos, sengo, ayolinx; gerai for Gerai's own events
    #[arg(long, value_name = "NAME")]
    dialect: String,
    /// A file with the body exactly as it arrived; `-` is stdin
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// A file with the headers, one `name: value` a line
    #[arg(long, value_name = "FILE")]
    headers: Option<PathBuf>,
    /// One header, `name: value`; may be repeated
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,
    /// Where it arrived, which some dialects sign
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A file with the key; may be repeated
    #[arg(long, value_name = "FILE")]
    key_file: Vec<PathBuf>,
    /// The key itself, which others on this machine can see in the list of processes
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The keys of this merchant, from the data folder
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let sender = sender(&args.dialect)?;
    let body = read(&args.body, BODY_MAX)?;
    let mut headers = match &args.headers {
        Some(path) => headers::of_file(&read(path, HEADERS_MAX)?)?,
        None => Vec::new(),
    };
    for line in &args.header {
        headers.push(headers::one(line).with_context(|| format!("`{line}` is no header"))?);
    }
    let keys::Keys { keys, public_id } = keys::collect(args, sender)?;
    let received = Received {
        headers: &headers,
        body: &body,
        url: args.url.as_deref(),
        public_id: public_id.as_deref(),
        keys: &keys,
    };
    let inspected = match sender {
        Sender::Vendor(dialect) => dialect.inspect(&received),
        Sender::Own => own::inspect(&received),
    };
    tell(args, &inspected, &keys)?;
    Ok(if inspected.is_right() { ExitCode::SUCCESS } else { ExitCode::from(WRONG) })
}

/// In whose words a notification is.
#[derive(Clone, Copy)]
enum Sender {
    /// A vendor's.
    Vendor(&'static dyn Dialect),
    /// Gerai's own.
    Own,
}

fn sender(name: &str) -> anyhow::Result<Sender> {
    if name == own::NAME {
        return Ok(Sender::Own);
    }
    if let Some(dialect) = dialects::speaking(name) {
        return Ok(Sender::Vendor(dialect));
    }
    let names: Vec<_> = DIALECTS.iter().map(|dialect| dialect.brand()).collect();
    bail!("there is no dialect `{name}`; there are {}, {}", names.join(", "), own::NAME)
}

/// A file's bytes, or those of stdin.
fn read(path: &Path, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    let mut bytes = Vec::new();
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).with_context(cannot)?)
    };
    source.take(bytes_max + 1).read_to_end(&mut bytes).with_context(cannot)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > bytes_max {
        bail!("{} is longer than {bytes_max} bytes", path.display());
    }
    Ok(bytes)
}

fn tell(args: &Args, inspected: &Inspected, keys: &[KnownKey]) -> anyhow::Result<()> {
    let Inspected { differences, signed, expected, given } = inspected;
    if args.place.json {
        return output::json(&json!({
            "dialect": args.dialect,
            "right": inspected.is_right(),
            "differences": differences,
            "signed": signed,
            "expected": expected,
            "received": given,
        }));
    }
    let mut fields = Vec::new();
    if inspected.is_right() {
        let with = keys.first().map_or("", |key| key.name.as_str());
        fields.push(("signature", format!("right, under {with}")));
    } else {
        fields.push(("signature", "wrong".to_owned()));
        fields.push(("because", differences.join("\n")));
    }
    if let Some(signed) = signed {
        // Between marks, because a blank at its end would be part of it; in one line, as it is signed.
        fields.push(("what is to be signed", format!("«{}»", printable(signed))));
    }
    if !inspected.is_right() {
        fields.extend(expected.clone().map(|expected| ("its signature", expected)));
    }
    fields.extend(given.clone().map(|given| ("what was received", given)));
    output::fields(&fields);
    Ok(())
}
