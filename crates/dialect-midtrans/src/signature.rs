//! `signature_key` (section 5.3).

use aws_lc_rs::digest::{Context, SHA512};

/// Lowercase hex of SHA-512 over order id, status code, amount and server key, each spelled as in
/// the very payload that carries the signature.
pub(crate) fn signature_key(
    order_id: &str,
    status_code: &str,
    gross_amount: &str,
    server_key: &str,
) -> String {
    let mut context = Context::new(&SHA512);
    for part in [order_id, status_code, gross_amount, server_key] {
        context.update(part.as_bytes());
    }
    hex::encode(context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Order id, status code, amount, server key, signature. The first three are fixtures of the
    /// official agent skill; the last is the documentation's sample, its hash computed with Python's
    /// hashlib.
    const VECTORS: [[&str; 5]; 4] = [
        [
            "ORDER-sandbox-0001",
            "200",
            "150000.00",
            "SB-Mid-server-test",
            "d65b4adf15335095fe1bfafe24964d48009dcc2989393e13570b0c9852ea60df\
             0040b1a9646b9c9ef9433317f77acc8e387c59998dc20f5bd93fff93d23672e4",
        ],
        [
            "ORDER-sandbox-0002",
            "201",
            "75000.00",
            "SB-Mid-server-test",
            "db70270f6c27da2b564d4fffd9df3eeae578a7afba22bf5e6071711c7914d7a3\
             d22ccaa533e864cf53742ca73c9e63016b0cbc1f97ee253a77b24b7a410d876a",
        ],
        [
            "ORDER-sandbox-0003",
            "202",
            "50000.00",
            "SB-Mid-server-test",
            "a51d1bd2aa8b1dca9228f3827cd641b6dadf52ebb9ed40fb45db6a06dbb33de7\
             cde8e80caa93dfb5e6beeaaf44f698dc7f6f56edd46556eddaa2a774ff7692c6",
        ],
        [
            "1111",
            "200",
            "100000.00",
            "askvnoibnosifnboseofinbofinfgbiufglnbfg",
            "edc076b21793ebe3e17926350f5b8ae67d902fe657b3d0aa31b932d5c127e237\
             5d308a2bc94f3265ac2d80a1f181a79b997ac178a236fcff35af263fc4d4c231",
        ],
    ];

    #[test]
    fn published_vectors() {
        for [order_id, status_code, gross_amount, server_key, signature] in VECTORS {
            let ours = signature_key(order_id, status_code, gross_amount, server_key);
            assert_eq!(ours, signature, "{order_id}");
        }
    }
}
