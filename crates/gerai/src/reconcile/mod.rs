//! A retailer's day: its files beside our records (rules 32 to 34).
//!
//! 1. [`Day`] is which files are read, and by which profile.
//! 2. [`mod@run`] matches them with our records, reading only.
//! 3. [`mod@post`] writes down what came out of it, in batches through the pipeline.
//! 4. [`kept`] keeps the files, so that what a second person approves is what was proposed.

pub(crate) mod kept;
mod ours;
mod post;
mod run;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use domain::{retailer::RetailerKey, time::BusinessDate};
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    kept::{folder_of, keep, sha256},
    post::post,
    run::{Failed, Going, run},
};
use crate::config::NamedProfile;

/// The files of a retailer's day.
#[derive(Debug, Clone)]
pub(crate) struct Day<'c> {
    /// Whose.
    pub(crate) retailer: RetailerKey,
    /// Which day.
    pub(crate) date: BusinessDate,
    /// The files, in the order in which they are read.
    pub(crate) files: Vec<DayFile<'c>>,
    /// Whether other files of the day are still to come, so that nothing is said of what these do
    /// not mention.
    pub(crate) is_partial: bool,
}

/// A file of a day.
#[derive(Debug, Clone)]
pub(crate) struct DayFile<'c> {
    /// Its name, without folders.
    pub(crate) name: String,
    /// How it looks.
    pub(crate) profile: &'c NamedProfile,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// What is to be posted: everything of a [`Day`] that can be written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// The retailer's key.
    pub(crate) retailer: String,
    /// The day, as `2026-11-21`.
    pub(crate) date: String,
    /// As in [`Day`].
    pub(crate) partial: bool,
    /// The files.
    pub(crate) files: Vec<OrderFile>,
    /// Who wants it; filled in by whoever knows.
    #[serde(default)]
    pub(crate) by: String,
    /// How many sales only the files tell of, as whoever wants it has seen.
    #[serde(default)]
    pub(crate) creates: u64,
    /// What they come to, in whole rupiah.
    #[serde(default)]
    pub(crate) creates_sum: i64,
    /// How many of them somebody has agreed to; needed where they are many (rule 32).
    #[serde(default)]
    pub(crate) agreed: Option<u64>,
}

impl Order {
    /// Whether so many sales that only files tell of, and so much, are more than is booked unasked.
    pub(crate) fn is_much(&self, profiles: &[NamedProfile]) -> bool {
        let named = |file: &OrderFile| profiles.iter().find(|one| one.name == file.profile);
        let mut limits = self.files.iter().filter_map(named).map(|profile| profile.unasked);
        limits.any(|limit| self.creates > limit.lines || self.creates_sum > limit.sum)
    }
}

/// A file that is to be posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderFile {
    /// Its name, without folders.
    pub(crate) name: String,
    /// Its profile.
    pub(crate) profile: String,
    /// Of its bytes, in hexadecimal.
    pub(crate) sha256: String,
    /// Where it can be copied from; none once it is kept.
    pub(crate) from: Option<PathBuf>,
}

impl<'c> Day<'c> {
    /// The day that these files are about. `profile` is the one to read them by, where their names
    /// do not say; `date` the day, likewise.
    pub(crate) fn of(
        profiles: &'c [NamedProfile],
        retailer: RetailerKey,
        paths: &[PathBuf],
        profile: Option<&str>,
        date: Option<BusinessDate>,
    ) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        let mut of_day = date;
        for path in paths {
            let name = name_of(path)?;
            let profile = choose(profiles, retailer, &name, profile)?;
            let says = profile.profile.read_name(&name).map(|name| name.business_date);
            let says = says.or(date).ok_or_else(|| {
                anyhow!("the name {name} does not say which day it is about: say --date")
            })?;
            match of_day {
                Some(day) if day != says => {
                    bail!("{name} is about {says}, and not about {day}: one day at a time")
                }
                Some(_) | None => of_day = Some(says),
            }
            files.push(DayFile { name, profile, path: path.clone() });
        }
        let date = of_day.ok_or_else(|| anyhow!("which file?"))?;
        let day = Self { retailer, date, files, is_partial: false };
        day.agrees()
    }

    /// The day of an order, whose files are kept in `folder`.
    pub(crate) fn ordered(
        profiles: &'c [NamedProfile],
        order: &Order,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let date = BusinessDate::parse(&order.date)
            .ok_or_else(|| anyhow!("`{}` is no day", order.date))?;
        let retailer = RetailerKey::new(&order.retailer)?;
        let files = order.files.iter().map(|file| {
            let profile = choose(profiles, retailer, &file.name, Some(&file.profile))?;
            let path = folder_of(folder).join(kept::plain(&file.sha256)?);
            Ok(DayFile { name: file.name.clone(), profile, path })
        });
        let files = files.collect::<anyhow::Result<_>>()?;
        Self { retailer, date, files, is_partial: order.partial }.agrees()
    }

    /// The same, to be posted; the files are still where they are.
    pub(crate) fn order(&self) -> anyhow::Result<Order> {
        let files = self.files.iter().map(|file| {
            Ok(OrderFile {
                name: file.name.clone(),
                profile: file.profile.name.clone(),
                sha256: hex::encode(sha256(&file.path)?),
                from: Some(std::path::absolute(&file.path)?),
            })
        });
        Ok(Order {
            retailer: self.retailer.to_string(),
            date: self.date.to_string(),
            partial: self.is_partial,
            files: files.collect::<anyhow::Result<_>>()?,
            by: String::new(),
            creates: 0,
            creates_sum: 0,
            agreed: None,
        })
    }

    /// Files that are matched together name sales in the same way.
    fn agrees(self) -> anyhow::Result<Self> {
        let Some(first) = self.files.first() else { bail!("which file?") };
        let terms = |file: &DayFile<'_>| {
            (file.profile.profile.sale_key(), file.profile.profile.tolerance())
        };
        match self.files.iter().find(|file| terms(file) != terms(first)) {
            Some(other) => bail!(
                "{} and {} name sales in different ways, and cannot be matched together",
                first.name,
                other.name
            ),
            None => Ok(self),
        }
    }

    /// The first file's profile, whose terms are those of all.
    pub(crate) fn terms(&self) -> anyhow::Result<&'c NamedProfile> {
        self.files.first().map(|file| file.profile).ok_or_else(|| anyhow!("which file?"))
    }
}

fn name_of(path: &Path) -> anyhow::Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| anyhow!("{} has no name of a file", path.display()))
}

/// The profile that was named, or the only one of the retailer whose files have such names.
fn choose<'c>(
    profiles: &'c [NamedProfile],
    retailer: RetailerKey,
    name: &str,
    named: Option<&str>,
) -> anyhow::Result<&'c NamedProfile> {
    let of_retailer = || profiles.iter().filter(|one| one.profile.retailer() == retailer);
    if let Some(named) = named {
        let found = of_retailer().find(|one| one.name == named);
        return found.ok_or_else(|| anyhow!("{retailer} has no profile [reconcile.{named}]"));
    }
    let mut fitting = of_retailer().filter(|one| one.profile.read_name(name).is_some());
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => bail!(
            "the name {name} fits [reconcile.{}] and [reconcile.{}]: say --profile",
            one.name,
            other.name
        ),
        (None, _) => bail!("no profile of {retailer} is for a file named {name}: say --profile"),
    }
}
