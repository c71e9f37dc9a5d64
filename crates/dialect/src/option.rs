//! What an operator may set about an account of one dialect.

use gateway::directory::Account;

/// One thing that can be set. It lies in the account's settings under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountOption {
    /// Its name: `strict`.
    pub name: &'static str,
    /// What it may be.
    pub kind: OptionKind,
    /// What it is when nobody sets it.
    pub default: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
}

/// What an option may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number, at most this.
    Number(u32),
}

impl AccountOption {
    /// Whether `value` may stand here; the text says what may.
    pub fn check(&self, value: &str) -> Result<(), String> {
        match self.kind {
            OptionKind::Flag if matches!(value, "true" | "false") => Ok(()),
            OptionKind::Flag => Err("is neither true nor false".to_owned()),
            OptionKind::Word(words) if words.contains(&value) => Ok(()),
            OptionKind::Word(words) => Err(format!("is none of {}", words.join(", "))),
            OptionKind::Number(most) => match value.parse::<u32>() {
                Ok(number) if number <= most => Ok(()),
                Ok(_) | Err(_) => Err(format!("is no whole number from 0 to {most}")),
            },
        }
    }

    /// What it is set to for this account.
    pub fn of<'a>(&self, account: &'a Account) -> &'a str {
        account.settings.options.get(self.name).map_or(self.default, String::as_str)
    }

    /// What it is set to, for a number.
    pub fn number_of(&self, account: &Account) -> u32 {
        self.of(account).parse().or_else(|_| self.default.parse()).unwrap_or(0)
    }
}

/// Whether this flag is set for this account.
pub fn flag(option: &AccountOption, account: &Account) -> bool {
    option.of(account) == "true"
}
