//! Whoever carries commands out: the gateway, the dialects that make credentials, and the files
//! that go with both.

use std::path::PathBuf;

use anyhow::{anyhow, bail};
use gateway::{
    Environment, Gateway,
    admin::{
        self, AdminCommand, AdminReply, MerchantName, NewCredentials, NewSecret, rotate_master_key,
    },
    vault::random,
};

use super::{Answer, Ask};
use crate::{
    bootstrap::{self, Keeper},
    dialects,
};

/// What a command may need.
#[derive(Debug)]
pub(crate) struct Office {
    gateway: Gateway,
    keeper: Keeper,
    /// The data folder; none in memory.
    folder: Option<PathBuf>,
    /// One change of the master key at a time.
    rotating: tokio::sync::Mutex<()>,
}

impl Office {
    /// Over a running gateway.
    pub(crate) fn new(gateway: Gateway, keeper: Keeper, folder: Option<PathBuf>) -> Self {
        Self { gateway, keeper, folder, rotating: tokio::sync::Mutex::default() }
    }

    /// Carries a command out.
    pub(crate) async fn answer(&self, ask: Ask) -> Answer {
        let result = match ask {
            Ask::Admin(command) => self.admin(*command).await,
            Ask::RotateMasterKey => self.rotate_master_key().await,
        };
        match result {
            Ok(reply) => Answer::Ok(reply),
            Err(error) => Answer::Error(format!("{error:#}")),
        }
    }

    async fn admin(&self, mut command: AdminCommand) -> anyhow::Result<AdminReply> {
        match &mut command {
            AdminCommand::MerchantAdd(add) => {
                // An unknown brand is refused below, by the gateway's own words.
                if add.credentials.is_none() {
                    add.credentials = self.credentials(&add.brand)?;
                }
            }
            AdminCommand::MerchantRotateKey(rotate) => {
                if rotate.secrets.is_none() {
                    let brand = self.brand_of(&rotate.merchant).await?;
                    rotate.secrets = self.credentials(&brand)?.map(|made| made.secrets);
                }
            }
            AdminCommand::CounterOpen => {
                // First the marker: counters that are open now must be open after a start too.
                if let Some(folder) = &self.folder {
                    bootstrap::unmark_counters_closed(folder)?;
                }
            }
            AdminCommand::MerchantSet(_)
            | AdminCommand::MerchantTurn(_)
            | AdminCommand::CounterAdd(_)
            | AdminCommand::CounterSet(_)
            | AdminCommand::CounterTurn(_)
            | AdminCommand::CounterRotateKey(_)
            | AdminCommand::PaymentClose(_) => {}
        }
        Ok(admin::execute(&self.gateway, command).await?)
    }

    /// New credentials as the dialect makes them.
    fn credentials(&self, brand: &str) -> anyhow::Result<Option<NewCredentials>> {
        let Some(dialect) = dialects::speaking(brand) else {
            return Ok(None);
        };
        let is_production = self.gateway.environment() == Environment::Production;
        let made = dialect.credentials(&random::<32>()?, is_production);
        let secrets = made
            .secrets
            .into_iter()
            .map(|(purpose, secret)| NewSecret { purpose: purpose.to_owned(), secret });
        Ok(Some(NewCredentials {
            public_id: made.public_id,
            client_key: made.client_key,
            secrets: secrets.collect(),
        }))
    }

    async fn brand_of(&self, name: &MerchantName) -> anyhow::Result<String> {
        let rows = self.gateway.read(|reader| reader.directory()).await?;
        Ok(admin::find_account(&rows, name)?.brand.clone())
    }

    /// Another master key: staged beside the old, everything sealed anew, then put in its place.
    async fn rotate_master_key(&self) -> anyhow::Result<AdminReply> {
        let _one_at_a_time = self.rotating.lock().await;
        let file = match &self.keeper {
            Keeper::File(file) => file,
            Keeper::Environment => bail!(
                "the master key comes from GERAI_MASTER_KEY, which only whoever starts gerai can \
                 change; keep it in a file (master_key_file) to have it replaced"
            ),
            Keeper::Memory => {
                return Err(anyhow!("nothing outlives this process, nor does its key"));
            }
        };
        let new = file.stage()?;
        rotate_master_key(&self.gateway, &new).await?;
        file.promote()?;
        tracing::info!(file = %file.path().display(), "the master key was replaced");
        Ok(AdminReply::Done)
    }
}
