//! The names of the environment. Nothing else reads it.

use std::{fmt, path::PathBuf};

use gateway::directory::Secret;

use super::{Config, ConfigError};

/// Where the master key comes from.
#[derive(Clone)]
pub(crate) enum MasterKey {
    /// Given in the environment: 64 hexadecimal digits, already checked.
    Given(Secret),
    /// In this file; none: `master.key` in the data folder.
    File(Option<PathBuf>),
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("Given(..)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// Puts what the environment says over `config`.
pub(super) fn apply(config: &mut Config) -> Result<(), ConfigError> {
    let given = Given {
        master_key: variable("GERAI_MASTER_KEY"),
        master_key_file: variable("GERAI_MASTER_KEY_FILE"),
        log: variable("GERAI_LOG"),
        storage: variable("GERAI_STORAGE"),
        storage_password: variable("GERAI_STORAGE_PASSWORD"),
        storage_password_file: variable("GERAI_STORAGE_PASSWORD_FILE"),
    };
    given.over(config)
}

/// A secret that a command is given beside its arguments, which others on the machine can see; none
/// where the variable is not set, or is empty.
pub(crate) fn secret_in(name: &str) -> Option<Secret> {
    variable(name).map(Secret::new)
}

/// What the environment says.
#[derive(Default)]
pub(super) struct Given {
    pub(super) master_key: Option<String>,
    pub(super) master_key_file: Option<String>,
    pub(super) log: Option<String>,
    pub(super) storage: Option<String>,
    pub(super) storage_password: Option<String>,
    pub(super) storage_password_file: Option<String>,
}

impl Given {
    pub(super) fn over(self, config: &mut Config) -> Result<(), ConfigError> {
        if let Some(log) = self.log {
            config.log = log;
        }
        if let Some(url) = self.storage {
            config.storage.set_url("GERAI_STORAGE", &url)?;
        }
        if let Some(path) = self.storage_password_file {
            config.storage.password_file = Some(PathBuf::from(path));
        }
        config.storage.password = self.storage_password.map(Secret::new);
        if let Some(path) = self.master_key_file {
            config.master_key = MasterKey::File(Some(PathBuf::from(path)));
        }
        if let Some(key) = self.master_key {
            let digits = key.trim();
            if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                let why = "it must be 64 hexadecimal digits";
                return Err(ConfigError::value("GERAI_MASTER_KEY", why));
            }
            config.master_key = MasterKey::Given(Secret::new(digits));
        }
        Ok(())
    }
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    std::env::var(name).ok().filter(|text| !text.is_empty())
}
