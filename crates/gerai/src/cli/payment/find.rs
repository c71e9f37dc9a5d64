//! Which payment a command is about.

use anyhow::{Context, bail};
use gateway::admin::{MerchantName, PaymentName, by_text, find_account, lookup::Lookup};
use storage::{Directory, PaymentRow, sqlite::Reader};

use crate::cli::place::{Located, Where};

/// A payment, by one of its names.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Its id or its code
    #[arg(required_unless_present = "order", conflicts_with = "order")]
    payment: Option<String>,
    /// The merchant of the order id
    #[arg(long, value_name = "ID", requires = "order")]
    merchant: Option<String>,
    /// The merchant's own name for it: the newest payment of that name
    #[arg(long, value_name = "ID", requires = "merchant")]
    order: Option<String>,
    #[command(flatten)]
    pub(super) place: Where,
}

/// A payment's row, and what was read on the way to it.
#[derive(Debug)]
pub(super) struct Found {
    /// The connection.
    pub(super) reader: Reader,
    /// Who takes part.
    pub(super) rows: Directory,
    /// The keys; none where there is no master key, which an order id does not need.
    pub(super) lookup: Option<Lookup>,
    /// The payment.
    pub(super) row: PaymentRow,
}

impl Named {
    /// As a command names it.
    pub(super) fn name(&self) -> anyhow::Result<PaymentName> {
        match (&self.payment, &self.merchant, &self.order) {
            (Some(text), None, None) => Ok(PaymentName::Text(text.clone())),
            (None, Some(merchant), Some(order)) => Ok(PaymentName::Order {
                merchant: MerchantName { merchant: merchant.clone(), brand: None },
                order: order.clone(),
            }),
            (_, _, _) => bail!("name the payment by its id or code, or by --merchant and --order"),
        }
    }

    /// Finds it, reading only.
    pub(super) fn find(&self, located: &Located) -> anyhow::Result<Found> {
        let reader = located.reader()?;
        let rows = reader.directory()?;
        let lookup = located.lookup(&rows);
        let (row, lookup) = match self.name()? {
            PaymentName::Order { merchant, order } => {
                let account = find_account(&rows, &merchant)?;
                (reader.payment_by_order(account.no, &order)?, lookup.ok())
            }
            PaymentName::Text(text) => {
                let payment = by_text(&text)?;
                let lookup = lookup.context(
                    "an id or a code leads to its payment only with the master key (an order id \
                     needs none: --merchant ID --order ID)",
                )?;
                (lookup.find(&reader, &payment)?, Some(lookup))
            }
        };
        let Some(row) = row else { bail!("there is no such payment") };
        Ok(Found { reader, rows, lookup, row })
    }
}
