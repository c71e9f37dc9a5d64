//! A script: with whose requests or notifications something goes wrong, and how often.

use domain::time::Timestamp;
use gateway::{
    directory::{Account, Directory},
    request::Delivery,
};
use serde::{Deserialize, Serialize};
use storage::News;

use super::{
    fault::{Fault, NewsFault, RequestFault},
    path::Pattern,
    terms::{Chance, Count, Shown, Terms, Wanted},
};
use crate::{api::says, dialects, notify::OWN_EVENTS};

/// What a message to a payer is called.
const BILL: &str = "bill";
/// The longest text of a script, in bytes.
const TEXT_MAX: usize = 256;

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    fault: String,
    merchant: Option<String>,
    brand: Option<String>,
    partner: Option<String>,
    path: Option<String>,
    says: Option<String>,
    share: Option<f64>,
    times: Option<u64>,
    seed: Option<u64>,
}

/// As it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Told<'a> {
    no: u64,
    fault: String,
    merchant: Option<&'a str>,
    brand: Option<&'a str>,
    partner: Option<&'a str>,
    path: Option<&'a str>,
    says: Option<&'a str>,
    #[serde(flatten)]
    terms: Shown,
    seen: u64,
    struck: u64,
}

/// Something that goes wrong until it is taken away.
#[derive(Debug, Clone)]
pub(super) struct Script {
    fault: Fault,
    whose: Whose,
    path: Option<Pattern>,
    says: Option<String>,
    terms: Terms,
    count: Count,
}

/// With whose messages.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    /// With those of all merchants and counters.
    All,
    /// With a merchant's: its public id, its dialect, or both.
    Merchant { public_id: Option<String>, brand: Option<String> },
    /// With a counter's: its key id.
    Partner(String),
}

/// A request, as far as scripts look at it. Nothing of who it is from is proved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) path: &'a str,
    pub(super) account: Option<&'a Account>,
    pub(super) partner: Option<&'a str>,
}

impl Script {
    /// Reads one. `fresh` is its seed where it names none, `real_now` when it is read.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong, for whoever wrote it.
    pub(super) fn read(
        body: &[u8],
        directory: &Directory,
        real_now: Timestamp,
        fresh: u32,
    ) -> Result<Self, String> {
        if body.trim_ascii().first() != Some(&b'{') {
            return Err(r#"the body must be a JSON object: {"fault":"latency=2s"}"#.to_owned());
        }
        let body: Body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let fault = Fault::read(&body.fault).map_err(|why| format!("fault: {why}"))?;
        let texts = [&body.merchant, &body.brand, &body.partner, &body.path, &body.says];
        if texts.into_iter().flatten().any(|text| text.len() > TEXT_MAX) {
            return Err(format!("a text has at most {TEXT_MAX} characters"));
        }
        let whose = match (body.merchant, body.brand, body.partner) {
            (None, None, None) => Whose::All,
            (None, None, Some(key)) => partner(key, directory, real_now)?,
            (public_id, brand, None) => merchant(public_id, brand, directory)?,
            (_, _, Some(_)) => {
                return Err("either a merchant or a partner, not both".to_owned());
            }
        };
        let path = body.path.map(|path| Pattern::read(&path)).transpose();
        let path = path.map_err(|why| format!("path: {why}"))?;
        match (&fault, &whose, &path, &body.says) {
            (Fault::Latency(_) | Fault::Request(_), _, _, Some(_)) => {
                return Err("says: goes with faults of notifications only".to_owned());
            }
            (Fault::News(_), _, Some(_), _) => {
                return Err("path: goes with faults of requests only".to_owned());
            }
            (Fault::News(_), Whose::Partner(_), _, _) => {
                return Err("partner: counters are told nothing".to_owned());
            }
            (_, _, _, _) => {}
        }
        if let Some(word) = &body.says
            && !words().any(|other| other == word)
        {
            let all: Vec<_> = words().collect();
            return Err(format!("says: {}", all.join(", ")));
        }
        let wanted = Wanted { share: body.share, times: body.times, seed: body.seed };
        let terms = wanted.settle(fresh)?;
        Ok(Self { fault, whose, path, says: body.says, terms, count: Count::default() })
    }

    /// The code and the path of an error at one endpoint: whether there is such a code can be known
    /// before anybody asks.
    pub(super) fn turns_down(&self) -> Option<(&str, &str)> {
        match (&self.fault, &self.path) {
            (Fault::Request(RequestFault::TurnedDown(code)), Some(path)) => {
                Some((path.only()?, code))
            }
            (Fault::Latency(_) | Fault::Request(_) | Fault::News(_), _) => None,
        }
    }

    /// What goes wrong with a request, and by which chance; `can` says whether a fault is one that can
    /// happen to it.
    pub(super) fn strike_request(
        &mut self,
        call: &Call<'_>,
        can: impl FnOnce(&Fault) -> bool,
    ) -> Option<(&Fault, Chance)> {
        let is_of_requests = match &self.fault {
            Fault::Latency(_) | Fault::Request(_) => true,
            Fault::News(_) => false,
        };
        let is_meant = match &self.whose {
            Whose::All => true,
            Whose::Merchant { .. } => call.account.is_some_and(|account| self.whose.is(account)),
            Whose::Partner(key) => call.partner == Some(key.as_str()),
        };
        let is_there = self.path.as_ref().is_none_or(|pattern| pattern.fits(call.path));
        if !is_of_requests || !is_meant || !is_there || !can(&self.fault) {
            return None;
        }
        Some((&self.fault, self.count.next(&self.terms)?))
    }

    /// What goes wrong with an attempt to tell a merchant, and by which chance; `can` as above.
    pub(super) fn strike_news(
        &mut self,
        delivery: &Delivery,
        can: impl FnOnce(NewsFault) -> bool,
    ) -> Option<(NewsFault, Chance)> {
        let Fault::News(fault) = self.fault else { return None };
        let is_said = self.says.as_deref().is_none_or(|word| word == word_of(delivery));
        if !is_said || !self.whose.is(&delivery.account) || !can(fault) {
            return None;
        }
        Some((fault, self.count.next(&self.terms)?))
    }

    /// For programs.
    pub(super) fn told(&self, no: u64) -> Told<'_> {
        let (merchant, brand, partner) = match &self.whose {
            Whose::All => (None, None, None),
            Whose::Merchant { public_id, brand } => (public_id.as_deref(), brand.as_deref(), None),
            Whose::Partner(key) => (None, None, Some(key.as_str())),
        };
        Told {
            no,
            fault: self.fault.to_string(),
            merchant,
            brand,
            partner,
            path: self.path.as_ref().map(Pattern::text),
            says: self.says.as_deref(),
            terms: self.terms.shown(),
            seen: self.count.seen,
            struck: self.count.struck,
        }
    }
}

impl Whose {
    /// Whether an account is meant.
    fn is(&self, account: &Account) -> bool {
        match self {
            Self::All => true,
            Self::Merchant { public_id, brand } => {
                public_id.as_ref().is_none_or(|id| *id == account.public_id)
                    && brand.as_ref().is_none_or(|brand| *brand == account.brand)
            }
            Self::Partner(_) => false,
        }
    }
}

fn partner(key: String, directory: &Directory, real_now: Timestamp) -> Result<Whose, String> {
    match directory.partner_by_key(&key, real_now) {
        Some(_) => Ok(Whose::Partner(key)),
        None => Err("partner: no counter has this key id".to_owned()),
    }
}

fn merchant(
    public_id: Option<String>,
    brand: Option<String>,
    directory: &Directory,
) -> Result<Whose, String> {
    if let Some(brand) = &brand
        && dialects::speaking(brand).is_none()
    {
        return Err("brand: nobody speaks this dialect".to_owned());
    }
    let has_id = public_id.is_some();
    let whose = Whose::Merchant { public_id, brand };
    if has_id && !directory.accounts().any(|account| whose.is(account)) {
        return Err("merchant: no merchant has this id; `gerai merchant list` shows all".to_owned());
    }
    Ok(whose)
}

/// What news can say.
fn words() -> impl Iterator<Item = &'static str> {
    domain::event::Announcement::ALL.into_iter().map(says).chain([OWN_EVENTS, BILL])
}

fn word_of(delivery: &Delivery) -> &'static str {
    match delivery.news {
        News::Vendor(announcement) => says(announcement),
        News::Own(_) => OWN_EVENTS,
        News::Bill(..) => BILL,
    }
}
