//! Partners on the counters' side: retailers and switches.

use domain::{ids::PartnerNo, time::Timestamp};
use storage::{Directory, DirectoryWrite, PartnerKeyRow, PartnerRow};

use super::{
    AdminError, AdminReply, CounterAdd, CounterChange, CounterReply, CounterRotateKey, CounterSet,
    CounterTurn, NewCounterKey, checks, keys,
};
use crate::{
    Gateway,
    directory::{PartnerSettings, Secret},
    rows::partner_key_context,
    vault::{Vault, random},
};

/// Adds a partner with one key.
pub(super) async fn add(gateway: &Gateway, add: CounterAdd) -> Result<AdminReply, AdminError> {
    let name = checks::name("the counter's name", &add.name)?;
    let now = gateway.clock().now();
    let reply = gateway
        .change_directory(|rows, vault| {
            if rows.partners.iter().any(|row| row.name == name)
                || named_by_key(rows, &name).is_some()
            {
                return Err(AdminError::Taken { what: "counter", name });
            }
            let mut partner = PartnerRow {
                no: PartnerNo::new(keys::next(rows.partners.iter().map(|row| row.no.get()))),
                name: name.clone(),
                retailers: String::new(),
                allow_list: String::new(),
                settings: String::new(),
                disabled: false,
                created_at: now,
            };
            apply(gateway, &mut partner, &add.change)?;
            let (key, write) = new_key(rows, vault, partner.no, now)?;
            let reply = CounterReply { name, key: Some(key), older_until_ms: None };
            Ok((vec![DirectoryWrite::Partner(partner), write], reply))
        })
        .await?;
    Ok(AdminReply::Counter(reply))
}

/// Changes what is given.
pub(super) async fn set(gateway: &Gateway, set: CounterSet) -> Result<AdminReply, AdminError> {
    if set.change == CounterChange::default() {
        return Err(AdminError::Incomplete("nothing to change was given"));
    }
    change(gateway, &set.counter, |partner| apply(gateway, partner, &set.change)).await
}

/// Turns a partner on or off.
pub(super) async fn turn(gateway: &Gateway, turn: CounterTurn) -> Result<AdminReply, AdminError> {
    change(gateway, &turn.counter, |partner| {
        partner.disabled = turn.disabled;
        Ok(())
    })
    .await
}

async fn change(
    gateway: &Gateway,
    name: &str,
    edit: impl FnOnce(&mut PartnerRow) -> Result<(), AdminError>,
) -> Result<AdminReply, AdminError> {
    let reply = gateway
        .change_directory(|rows, _| {
            let mut partner = find(rows, name)?.clone();
            edit(&mut partner)?;
            let name = partner.name.clone();
            let reply = CounterReply { name, key: None, older_until_ms: None };
            Ok::<_, AdminError>((vec![DirectoryWrite::Partner(partner)], reply))
        })
        .await?;
    Ok(AdminReply::Counter(reply))
}

/// Gives a partner a new key (rule 16: two live at most).
pub(super) async fn rotate_key(
    gateway: &Gateway,
    rotate: CounterRotateKey,
) -> Result<AdminReply, AdminError> {
    let now = gateway.clock().now();
    let reply = gateway
        .change_directory(|rows, vault| {
            let partner = find(rows, &rotate.counter)?;
            let old: Vec<_> =
                rows.partner_keys.iter().filter(|row| row.partner == partner.no).collect();
            let ends: Vec<_> = old.iter().map(|row| row.retires_at).collect();
            let end = keys::retire("key", &ends, rotate.overlap_hours, now)?;
            let (key, write) = new_key(rows, vault, partner.no, now)?;
            let retired = old.into_iter().filter(|row| keys::outlives(row.retires_at, end));
            let mut writes: Vec<_> = retired
                .map(|row| PartnerKeyRow { retires_at: Some(end), ..row.clone() })
                .map(DirectoryWrite::PartnerKey)
                .collect();
            writes.push(write);
            let name = partner.name.clone();
            let older_until_ms = Some(end.millis());
            Ok::<_, AdminError>((writes, CounterReply { name, key: Some(key), older_until_ms }))
        })
        .await?;
    Ok(AdminReply::Counter(reply))
}

/// The partner an operator means: by its name, or by one of its key ids.
pub(super) fn find<'rows>(
    rows: &'rows Directory,
    name: &str,
) -> Result<&'rows PartnerRow, AdminError> {
    let by_name = rows.partners.iter().find(|row| row.name == name);
    by_name
        .or_else(|| named_by_key(rows, name))
        .ok_or_else(|| AdminError::Unknown { what: "counter", name: name.to_owned() })
}

fn named_by_key<'rows>(rows: &'rows Directory, key_id: &str) -> Option<&'rows PartnerRow> {
    let key = rows.partner_keys.iter().find(|row| row.key_id == key_id)?;
    rows.partners.iter().find(|row| row.no == key.partner)
}

fn apply(
    gateway: &Gateway,
    partner: &mut PartnerRow,
    change: &CounterChange,
) -> Result<(), AdminError> {
    if let Some(retailers) = &change.retailers {
        partner.retailers = checks::retailers(retailers, gateway.retailers())?;
    }
    if let Some(nets) = &change.allow_list {
        partner.allow_list = checks::nets(nets)?;
    }
    let mut settings: PartnerSettings =
        checks::read_settings("the counter's stored settings", &partner.settings)?;
    if let Some(names_in_full) = change.names_in_full {
        settings.names_in_full = names_in_full;
    }
    partner.settings = checks::settings(&settings)?;
    Ok(())
}

/// A key from chance: 8 bytes name it, 32 are its secret, both in hexadecimal.
fn new_key(
    rows: &Directory,
    vault: &Vault,
    partner: PartnerNo,
    now: Timestamp,
) -> Result<(NewCounterKey, DirectoryWrite), AdminError> {
    let key_id = format!("counter-{}", hex::encode(random::<8>()?));
    let secret = Secret::new(hex::encode(random::<32>()?));
    let no = keys::next(rows.partner_keys.iter().map(|row| row.no));
    let sealed = vault.seal_key(&partner_key_context(no), secret.expose().as_bytes())?;
    let row = PartnerKeyRow {
        no,
        partner,
        key_id: key_id.clone(),
        sealed,
        created_at: now,
        retires_at: None,
    };
    Ok((NewCounterKey { key_id, secret }, DirectoryWrite::PartnerKey(row)))
}
