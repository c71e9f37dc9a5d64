//! What a merchant is told, as sent (section 4).

use dialect::{Notice, Outgoing, Untold};
use domain::event::Announcement;

use crate::{
    TOKEN,
    answer::{self, Standing},
    brand::Brand,
    signature::sign,
    words,
};

/// The news as it is sent. It says what was announced, even if the payment has moved on since.
///
/// The body is signed as a merchant signs a request, and is written as PHP writes it, so that whoever
/// verifies may hash what arrives or encode it anew. The token itself is never sent: the URL may be
/// one without encryption.
pub(crate) fn render(brand: Brand, notice: &Notice<'_>) -> Result<Outgoing, Untold> {
    let token = notice.account.key(TOKEN).ok_or(Untold("the account has no token to sign with"))?;
    let taking = notice.view.payment.state.taking();
    let paid_at = match notice.announcement {
        Announcement::Paid => taking.map(|taking| taking.paid_at),
        Announcement::Pending
        | Announcement::Reversed
        | Announcement::Cancelled
        | Announcement::Expired => None,
    };
    let standing = Standing { status: words::of_news(notice.announcement), paid_at };
    let body = answer::standing(notice.view, standing);
    let names = brand.headers();
    let key = &notice.account.public_id;
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("accept", "application/json".to_owned()),
        (names.key, key.clone()),
        (names.signature, sign(token.expose(), key, &body)),
    ];
    let signed = format!("{key}{}", String::from_utf8_lossy(&body));
    Ok(Outgoing { headers, body, signed: Some(signed) })
}
