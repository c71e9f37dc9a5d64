//! `originalReferenceNo`: the gateway's name for a payment, 35 digits (section 3.2).

use domain::payment::Payment;

use crate::stamp::civil;

/// The low bits of a payment's id, which hold chance and the row's number under a mask.
const LOW_BITS: u64 = (1 << 62) - 1;

/// The day of opening as `yyyyMMdd` in Jakarta, its millisecond of the day in eight digits, and the
/// low 62 bits of the payment's id in nineteen. It stays the same for ever. Two payments of one
/// millisecond have the same number with a chance of one in 2^62; all others differ.
pub(crate) fn number(payment: &Payment) -> String {
    let at = civil(payment.opened_at);
    let seconds =
        (i32::from(at.hour()) * 60 + i32::from(at.minute())) * 60 + i32::from(at.second());
    let millis = i64::from(seconds) * 1_000 + i64::from(at.millisecond());
    let low = payment.id.bytes().last_chunk().copied().map_or(0, u64::from_be_bytes) & LOW_BITS;
    format!("{:04}{:02}{:02}{millis:08}{low:019}", at.year(), at.month(), at.day())
}

#[cfg(test)]
mod tests {
    use domain::ids::PaymentId;

    use super::*;
    use crate::samples::view;

    #[test]
    fn thirty_five_digits_that_tell_the_day() {
        let mut payment = view("pending").payment;
        // Opened at 13:36:37.250 in Jakarta; the id's last 62 bits are 0x0102…08.
        let id = [9, 9, 9, 9, 9, 9, 9, 9, 0x81, 2, 3, 4, 5, 6, 7, 8];
        payment.id = PaymentId::from_bytes(id);
        assert_eq!(number(&payment), "20240918489972500072623859790382856");
        payment.id = PaymentId::from_bytes([0xff; 16]);
        assert_eq!(number(&payment), "20240918489972504611686018427387903");
        assert_eq!(number(&payment).len(), 35);
    }
}
