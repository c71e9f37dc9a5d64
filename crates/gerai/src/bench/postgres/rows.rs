//! The best that a plain program could do: `pgbench` inserts the row of a payment, one a statement and one
//! statement a commit, from 64 clients, without HTTP.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, anyhow};

use super::{
    cluster::{program, run},
    psql,
};

/// Clients of `pgbench`.
pub(super) const CLIENTS: usize = 64;

/// The row of a payment as the gateway writes it, with all its columns and indexes. Numbers are given by
/// a counter, everything else is derived from them or as long as it is in the gateway's own rows.
const INSERT: &str = "\
insert into payment (no, shard, id, account_no, order_id, opened_for, code, pool_no, slot, lap, amount, \
fee, opened_at, expires_at, announce, superseded, state, sale_no, taken_by, till_at, paid_at, \
business_date, final_after, is_final, hold_until, closed_at, expired_by, notify_urls, personal_key, \
personal, last_event, fee_plan, sibling_of) values (nextval('bench_no'), 0, \
decode(lpad(to_hex(currval('bench_no')), 32, '5'), 'hex'), 1, \
'order-' || lpad(currval('bench_no')::text, 16, '0'), 'alfamart', \
'81' || lpad(currval('bench_no')::text, 14, '0'), 1, currval('bench_no'), 0, 150000, 0, \
1795244400000 + currval('bench_no'), 1795330800000 + currval('bench_no'), 1, 0, 1, null, null, null, \
null, null, null, null, null, null, null, null, 1, decode(repeat('5a', {personal}), 'hex'), \
currval('bench_no'), null, null);
";

/// `pgbench`, ready to insert into a schema with the gateway's tables.
#[derive(Debug)]
pub(super) struct Rows {
    url: String,
    script: PathBuf,
}

impl Rows {
    /// Into the schema of `url`; `personal` is how many bytes of a payment are personal data.
    pub(super) fn new(url: &str, folder: &std::path::Path, personal: u64) -> anyhow::Result<Self> {
        psql(url, "create sequence bench_no cache 100")?;
        let script = folder.join("payment.sql");
        fs::write(&script, INSERT.replace("{personal}", &personal.to_string()))
            .with_context(|| format!("cannot write {}", script.display()))?;
        Ok(Self { url: url.to_owned(), script })
    }

    /// Inserts for so many seconds; how many rows a second.
    pub(super) fn insert_for(&self, seconds: u64) -> anyhow::Result<u64> {
        let said = run(Command::new(program("pgbench"))
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .arg(format!("--client={CLIENTS}"))
            .arg(format!("--time={seconds}"))
            .arg("--file")
            .arg(&self.script)
            .arg(&self.url))?;
        rate(&said).ok_or_else(|| anyhow!("pgbench does not say how fast it was: {said}"))
    }
}

/// `tps = 22100.123456 (without initial connection time)`, where nothing has failed.
fn rate(said: &str) -> Option<u64> {
    let after = |name: &str| said.lines().find_map(|line| line.strip_prefix(name));
    let failed = after("number of failed transactions: ").unwrap_or("0");
    if !failed.starts_with('0') {
        return None;
    }
    let tps = after("tps = ")?.split_whitespace().next()?;
    tps.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_where_nothing_failed() {
        let said = "latency average = 2.895 ms\ninitial connection time = 60.1 ms\n\
                    tps = 22100.923 (without initial connection time)\n";
        assert_eq!(rate(said), Some(22_100));
        let failed = format!("number of failed transactions: 3 (0.001%)\n{said}");
        assert_eq!(rate(&failed), None);
        let none = format!("number of failed transactions: 0 (0.000%)\n{said}");
        assert_eq!(rate(&none), Some(22_100));
        assert_eq!(rate(""), None);
    }
}
