//! The configuration as it is written. Meanings and units are in `config.default.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Period;
use crate::retailers::RetailerTable;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: String,
    pub(super) operations: String,
    pub(super) data: String,
    pub(super) master_key_file: String,
    pub(super) public_url: String,
    pub(super) trusted_proxies: Vec<String>,
    pub(super) behind_tls_proxy: bool,
    pub(super) approvals: String,
    pub(super) operators_group: String,
    pub(super) tax_rates: Vec<TaxRate>,
    pub(super) holidays: Vec<String>,
    pub(super) log: String,
    pub(super) sandbox_token: String,
    pub(super) demo_events: bool,
    pub(super) inbox: bool,
    pub(super) tls: Tls,
    pub(super) sandbox_tls: SandboxTls,
    pub(super) limits: Limits,
    pub(super) storage: Storage,
    pub(super) retention: Retention,
    pub(super) notification: Notification,
    pub(super) bill: Bill,
    pub(super) pools: BTreeMap<String, Pool>,
    pub(super) refund_codes: RefundCodes,
    /// Already laid under every retailer by `merge`; read again only to refuse what is wrong in it.
    #[serde(rename = "retailer_defaults")]
    pub(super) _retailer_defaults: toml::Table,
    pub(super) retailer: BTreeMap<String, RetailerTable>,
    /// Read by `profiles`, so that errors name keys in the profiles' own words.
    pub(super) reconcile: toml::Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaxRate {
    pub(super) from: String,
    pub(super) per_mille: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) certificate: String,
    pub(super) key: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SandboxTls {
    pub(super) enabled: bool,
    pub(super) listen: String,
    pub(super) ca_file: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) body_max: usize,
    pub(super) body_timeout: Period,
    pub(super) header_timeout: Period,
    pub(super) connections_max: usize,
    pub(super) lane_room: usize,
    pub(super) batch_max: usize,
    pub(super) merchant_rate_max: u32,
    pub(super) unknown_codes_per_minute: u32,
    pub(super) shutdown_timeout: Period,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Storage {
    pub(super) url: String,
    pub(super) password_file: String,
    pub(super) statement_timeout: Period,
    pub(super) lock_timeout: Period,
    pub(super) idle_timeout: Period,
    pub(super) accept_loss: bool,
    pub(super) readers_max: usize,
    pub(super) cache_open: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retention {
    pub(super) attempts: Period,
    pub(super) inquiries: Period,
    pub(super) sale_answers: Period,
    pub(super) events: Period,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notification {
    pub(super) concurrent_max: usize,
    pub(super) endpoint_max: usize,
    pub(super) account_max: usize,
    pub(super) retry: BTreeMap<String, Retry>,
    pub(super) allow: Vec<String>,
    pub(super) ports: Vec<String>,
    pub(super) ca_file: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bill {
    pub(super) reminders: Vec<String>,
    pub(super) timeout: Period,
    pub(super) recipient_max: u32,
    pub(super) sandbox_sends: bool,
    pub(super) email: BillEmail,
    pub(super) sms: BillApi,
    pub(super) whatsapp: BillApi,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BillEmail {
    pub(super) server: String,
    pub(super) port: u16,
    pub(super) tls: String,
    pub(super) user: String,
    pub(super) password_file: String,
    pub(super) from: String,
    pub(super) reply_to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BillApi {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<String>,
    pub(super) body: String,
    pub(super) kind: String,
    pub(super) user: String,
    pub(super) secret_file: String,
    pub(super) success_status: String,
    pub(super) success_pointer: String,
    pub(super) success_value: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retry {
    #[serde(rename = "for")]
    pub(super) lasts: Period,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundCodes {
    pub(super) enabled: String,
    pub(super) cap: i64,
    pub(super) days: i64,
    pub(super) length: usize,
    pub(super) prefix: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pool {
    pub(super) network: String,
    pub(super) length: usize,
    pub(super) prefix: String,
    pub(super) shards: u32,
}
