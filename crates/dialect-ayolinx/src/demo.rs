//! The demo merchant: the keys of the contract's test vectors, which everybody knows.

use dialect::{DemoAccount, Shell};
use domain::ids::AccountNo;
use gateway::{Environment, directory::Account};

use crate::{BRAND, CLIENT_SECRET, MERCHANT_PUBLIC_KEY, PLATFORM_PRIVATE_KEY, options};

/// The demo merchant's client key.
const CLIENT_KEY: &str = "CKSandbox-154dc98b-0000-4222-bbcc-dd55555ee666";
/// The token of the test vectors.
pub(crate) const TOKEN: &str = "7bd8be52a84cc95155756773cf34eade";

/// The demo merchant's account.
pub(crate) const DEMO: DemoAccount = DemoAccount {
    merchant: 1,
    public_id: CLIENT_KEY,
    client_key: None,
    secrets: &[
        (CLIENT_SECRET, "SKSandbox-6f1a2b3c-1111-4333-8888-0123456789ab"),
        (MERCHANT_PUBLIC_KEY, include_str!("../demo/merchant_public.pem")),
        (PLATFORM_PRIVATE_KEY, include_str!("../demo/platform_private.pem")),
    ],
    fee_plan: None,
};

/// Whose the token of the test vectors is: the demo merchant's, in a sandbox, while that account does
/// not compare times. Nobody's otherwise, so that no fixed token opens anything unless somebody has
/// asked for it twice.
pub(crate) fn holder(shell: &Shell, token: &str) -> Option<AccountNo> {
    if token != TOKEN || shell.gateway().environment() != Environment::Sandbox {
        return None;
    }
    let directory = shell.gateway().directory();
    let account = directory.account_by_public_id(BRAND, CLIENT_KEY)?;
    accepts_fixed_token(account).then_some(account.no)
}

fn accepts_fixed_token(account: &Account) -> bool {
    options::tolerance(Some(account)).is_none()
}
