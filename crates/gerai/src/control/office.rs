//! Whoever carries commands out: the gateway, the dialects that make credentials, and the files
//! that go with both.

use std::{path::PathBuf, sync::Arc};

use anyhow::{anyhow, bail};
use dialect::{CredentialOrder, NewKey, PUBLIC_KEY_MAX};
use gateway::{
    Environment, Gateway,
    admin::{
        self, AdminCommand, AdminReply, MerchantChange, MerchantName, NewCredentials, NewSecret,
        rotate_master_key,
    },
    directory::EVERY_RETAILER,
    vault::random,
};

use storage::{Engine, Person, Place};

use super::{Answer, Ask};
use crate::{
    bootstrap::{self, Keeper, key_file::KeyFile},
    config::{Approvals, NamedProfile},
    dialects,
    reconcile::{self, Order},
    sandbox::travel::Mover,
};

/// What a command may need.
#[derive(Debug)]
pub(crate) struct Office {
    pub(super) gateway: Gateway,
    keeper: Keeper,
    /// The data folder; none in memory.
    folder: Option<PathBuf>,
    /// Where rows are read beside the gateway; none in memory.
    rows: Option<Place>,
    /// How many persons production asks for.
    pub(super) approvals: Approvals,
    /// How retailers' files look.
    pub(super) profiles: Arc<[NamedProfile]>,
    /// Who moves the clock.
    pub(super) mover: Mover,
    /// One posting of a retailer's day at a time.
    posting: tokio::sync::Mutex<()>,
    /// One change of the master key at a time.
    rotating: tokio::sync::Mutex<()>,
}

impl Office {
    /// Over a running gateway.
    pub(crate) fn new(
        gateway: Gateway,
        keeper: Keeper,
        folder: Option<PathBuf>,
        approvals: Approvals,
    ) -> Self {
        Self {
            mover: Mover::new(gateway.clone(), None, folder.clone()),
            gateway,
            keeper,
            rows: folder.clone().map(Place::Folder),
            folder,
            approvals,
            profiles: Arc::default(),
            posting: tokio::sync::Mutex::default(),
            rotating: tokio::sync::Mutex::default(),
        }
    }

    /// The same, where retailers' files look so.
    pub(crate) fn with_profiles(self, profiles: Vec<NamedProfile>) -> Self {
        Self { profiles: profiles.into(), ..self }
    }

    /// The same, where rows are there rather than in the data folder.
    pub(crate) fn with_rows(self, place: Place) -> Self {
        Self { rows: Some(place), ..self }
    }

    /// The same, where this one moves the clock.
    pub(crate) fn with_mover(self, mover: Mover) -> Self {
        Self { mover, ..self }
    }

    /// Does what `by` asks.
    pub(crate) async fn answer(&self, ask: Ask, by: Person) -> anyhow::Result<Answer> {
        match ask {
            Ask::Act { act, reason } => self.act(act, reason, by).await,
            Ask::Redeliver(order) => self.redeliver(order, &by).await,
            Ask::Clock(wish) => Ok(Answer::Clock(self.mover.ask(wish).await?)),
            Ask::Proposals { all } => self.proposals(all).await,
            Ask::Proposal { no } => self.proposal(no).await,
            Ask::Approve { no } => self.approve(no, by).await,
            Ask::Reject { no, why } => self.reject(no, &why, by).await,
        }
    }

    pub(super) async fn admin(&self, mut command: AdminCommand) -> anyhow::Result<AdminReply> {
        match &mut command {
            AdminCommand::MerchantAdd(add) => {
                // An unknown brand is refused below, by the gateway's own words.
                check_options(&add.brand, &add.change)?;
                if add.credentials.is_none() {
                    let key = add.public_key.as_deref();
                    add.credentials = self.credentials(&add.brand, key, NewKey::All)?;
                    if add.change.fees.is_empty() {
                        add.change.fees.extend(self.usual_fee(&add.brand));
                    }
                }
            }
            AdminCommand::MerchantRotateKey(rotate) => {
                if rotate.credentials.is_none()
                    && let Some(purpose) = &rotate.purpose
                {
                    rotate.credentials = admin::events_key(purpose)?;
                }
                if rotate.credentials.is_none() {
                    let brand = self.brand_of(&rotate.merchant).await?;
                    let wanted = NewKey::Only(rotate.purpose.as_deref());
                    rotate.credentials =
                        self.credentials(&brand, rotate.public_key.as_deref(), wanted)?;
                }
            }
            AdminCommand::CounterOpen => {
                // First the marker: counters that are open now must be open after a start too.
                if let Some(folder) = &self.folder {
                    bootstrap::unmark_counters_closed(folder)?;
                }
            }
            AdminCommand::MerchantSet(set) => {
                let brand = self.brand_of(&set.merchant).await?;
                check_options(&brand, &set.change)?;
            }
            AdminCommand::MerchantTurn(_)
            | AdminCommand::CounterAdd(_)
            | AdminCommand::CounterSet(_)
            | AdminCommand::CounterTurn(_)
            | AdminCommand::CounterRotateKey(_)
            | AdminCommand::FundingRecord(_)
            | AdminCommand::PayoutRecord(_)
            | AdminCommand::PayoutConfirm(_)
            | AdminCommand::PayoutReturn(_)
            | AdminCommand::PaymentClose(_)
            | AdminCommand::UnappliedMatch(_)
            | AdminCommand::UnappliedRefund(_)
            | AdminCommand::RefundCodeIssue(_)
            | AdminCommand::RefundCodeConfirm(_)
            | AdminCommand::RefundCodeRelease(_)
            | AdminCommand::DisputeAccept(_)
            | AdminCommand::DifferenceClose(_)
            | AdminCommand::DisputeReject(_) => {}
        }
        Ok(admin::execute(&self.gateway, command).await?)
    }

    /// New credentials as the dialect makes them.
    fn credentials(
        &self,
        brand: &str,
        public_key: Option<&str>,
        wanted: NewKey<'_>,
    ) -> anyhow::Result<Option<NewCredentials>> {
        let Some(dialect) = dialects::speaking(brand) else {
            return Ok(None);
        };
        if public_key.is_some_and(|key| key.len() > PUBLIC_KEY_MAX) {
            bail!("the public key is longer than {PUBLIC_KEY_MAX} bytes");
        }
        let made = dialect.credentials(&CredentialOrder {
            chance: &random::<64>()?,
            production: self.gateway.environment() == Environment::Production,
            public_key,
            wanted,
        })?;
        let secrets = made.secrets.into_iter().map(|(purpose, secret)| NewSecret {
            purpose: purpose.to_owned(),
            is_shown: !made.kept.contains(&purpose),
            secret,
        });
        Ok(Some(NewCredentials {
            public_id: made.public_id,
            client_key: made.client_key,
            secrets: secrets.collect(),
            told: made.told.into_iter().map(|(name, text)| (name.to_owned(), text)).collect(),
        }))
    }

    /// What a payment costs in a sandbox, as the dialect's demo merchant shows it.
    fn usual_fee(&self, brand: &str) -> Option<(String, String)> {
        let demo = dialects::speaking(brand)?.demo().first()?;
        let is_sandbox = self.gateway.environment() == Environment::Sandbox;
        let plan = demo.fee_plan.filter(|_| is_sandbox)?;
        Some((EVERY_RETAILER.to_owned(), plan.to_owned()))
    }

    async fn brand_of(&self, name: &MerchantName) -> anyhow::Result<String> {
        let rows = self.gateway.read(|reader| reader.directory()).await?;
        Ok(admin::find_account(&rows, name)?.brand.clone())
    }

    /// The file of the master key, where it is in one.
    pub(super) fn key_file(&self) -> anyhow::Result<&KeyFile> {
        match &self.keeper {
            Keeper::File(file) => Ok(file),
            Keeper::Environment => bail!(
                "the master key comes from GERAI_MASTER_KEY, which only whoever starts gerai can \
                 change; keep it in a file (master_key_file) to have it replaced"
            ),
            Keeper::Memory => Err(anyhow!("nothing outlives this process, nor does its key")),
        }
    }

    fn data_folder(&self) -> anyhow::Result<PathBuf> {
        let folder = self.folder.clone();
        folder.ok_or_else(|| anyhow!("nothing outlives this process, so no file can be kept"))
    }

    /// Keeps the files of an order, so that what is approved is what was proposed.
    pub(super) async fn keep(&self, order: Order) -> anyhow::Result<Order> {
        let folder = self.data_folder()?;
        tokio::task::spawn_blocking(move || reconcile::keep(&folder, order)).await?
    }

    /// Posts a retailer's day. In one piece after the other: two at a time could count a file twice.
    pub(super) async fn reconcile(&self, order: Order) -> anyhow::Result<AdminReply> {
        let _one_at_a_time = self.posting.lock().await;
        let order = self.keep(order).await?;
        let folder = self.data_folder()?;
        let rows = self.rows.clone().unwrap_or_else(|| Place::Folder(folder.clone()));
        let (gateway, profiles) = (self.gateway.clone(), Arc::clone(&self.profiles));
        let reply = tokio::task::spawn_blocking(move || {
            let reader = Engine::open_reader(&rows)?;
            reconcile::post(&gateway, &reader, &profiles, &folder, &order)
        });
        Ok(AdminReply::Reconciled(reply.await??))
    }

    /// Another master key: staged beside the old, everything sealed anew, then put in its place.
    pub(super) async fn rotate_master_key(&self) -> anyhow::Result<AdminReply> {
        let _one_at_a_time = self.rotating.lock().await;
        let file = self.key_file()?;
        let new = file.stage()?;
        rotate_master_key(&self.gateway, &new).await?;
        file.promote()?;
        tracing::info!(file = %file.path().display(), "the master key was replaced");
        Ok(AdminReply::Done)
    }
}

/// Whether the dialect knows what is to be set, and the value is one of its.
fn check_options(brand: &str, change: &MerchantChange) -> anyhow::Result<()> {
    let known = dialects::speaking(brand).map_or(&[][..], |dialect| dialect.options());
    for (name, value) in &change.options {
        let Some(option) = known.iter().find(|option| option.name == name) else {
            let names: Vec<_> = known.iter().map(|option| option.name).collect();
            if names.is_empty() {
                bail!("{brand} has no option `{name}`: it has none at all");
            }
            bail!("{brand} has no option `{name}`; it has {}", names.join(", "));
        };
        if !value.is_empty()
            && let Err(why) = option.check(value)
        {
            bail!("the option {name}: `{value}` {why}");
        }
    }
    Ok(())
}
