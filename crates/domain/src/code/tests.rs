//! Codes and pools.

use super::*;
use crate::retailer::RetailerKey;

fn pool(length: usize, prefix: &str, shards: u32) -> Pool {
    let network = RetailerKey::new("alfa").unwrap();
    let shape = PoolShape { network, length, prefix: prefix.to_owned(), shards };
    Pool::new(PoolNo::new(1), shape, &[9; 32]).unwrap()
}

#[test]
fn check_digit_vector_from_the_literature() {
    assert_eq!(damm(b"572"), Some(b'4'));
    assert_eq!(damm(b"5724"), Some(b'0'));
    assert_eq!(damm(b"57a"), None);
}

#[test]
fn codes_lead_back_to_their_slots_and_nowhere_else() {
    let short = [(8, "61", 4), (4, "6", 10), (4, "7", 1)];
    for (length, prefix, shards) in
        [(16, "81", 1), (12, "57", 4), (11, "615", 1)].into_iter().chain(short)
    {
        let pool = pool(length, prefix, shards);
        let last = pool.shape().slots_per_shard() - 1;
        for shard in 0..shards {
            for slot in [0, 1, 2, 9, 999.min(last), last] {
                let code = pool.code(shard, slot).unwrap();
                assert_eq!(code.as_str().len(), length);
                assert!(code.as_str().starts_with(prefix));
                assert_eq!(pool.slot(&code), Some(Slot { pool: pool.no(), shard, slot }));
            }
        }
        assert_eq!(pool.code(shards, 0), None);
        assert_eq!(pool.code(0, last + 1), None);
    }
}

#[test]
fn a_slip_of_the_finger_is_noticed() {
    let pool = pool(16, "81", 1);
    let code = pool.code(0, 41).unwrap().as_str().to_owned();
    for place in 2..16 {
        for digit in '0'..='9' {
            let mut wrong = code.clone();
            wrong.replace_range(place..=place, &digit.to_string());
            if wrong != code {
                assert_eq!(pool.slot(&PaymentCode::new(&wrong).unwrap()), None, "{wrong}");
            }
        }
    }
}

#[test]
fn neighbouring_slots_have_unrelated_codes() {
    let pool = pool(16, "81", 1);
    let codes: Vec<_> = (0..100).map(|slot| pool.code(0, slot).unwrap()).collect();
    let same_start = codes.windows(2).filter(|w| w[0].as_str()[..6] == w[1].as_str()[..6]).count();
    assert!(same_start < 3, "{codes:?}");
}

#[test]
fn pools_do_not_overlap() {
    let shape = |prefix: &str, length| PoolShape {
        network: RetailerKey::new("alfa").unwrap(),
        length,
        prefix: prefix.to_owned(),
        shards: 1,
    };
    let pool =
        |no, prefix, length| Pool::new(PoolNo::new(no), shape(prefix, length), &[1; 32]).unwrap();
    assert!(Pools::new(vec![pool(1, "81", 16), pool(2, "82", 16), pool(3, "81", 12)]).is_ok());
    let clash = Pools::new(vec![pool(1, "81", 16), pool(2, "812", 16)]).unwrap_err();
    assert_eq!(clash, BadPool::Overlap { prefix: "812".to_owned(), other: PoolNo::new(1) });
    assert!(Pool::new(PoolNo::new(1), shape("0", 16), &[1; 32]).is_err());
}

#[test]
fn a_pool_needs_two_digits_and_room_in_every_shard() {
    let pool = |prefix: &str, length, shards| {
        let network = RetailerKey::new("kiosk").unwrap();
        let shape = PoolShape { network, length, prefix: prefix.to_owned(), shards };
        Pool::new(PoolNo::new(1), shape, &[1; 32]).map(|pool| pool.shape().is_short())
    };
    assert_eq!(pool("8123", 11, 1), Ok(false));
    assert_eq!(pool("8123", 10, 1), Ok(true));
    assert_eq!(pool("8123", 7, 10), Ok(true));
    assert_eq!(pool("8123", 6, 1), Err(BadPool::TooShort(6)));
    assert_eq!(pool("8", 1, 1), Err(BadPool::TooShort(1)));
    assert_eq!(pool("8123", 11, 1_001), Err(BadPool::Shards(1_001)));
    assert_eq!(pool("8123", 7, 11), Err(BadPool::Shards(11)));
    assert_eq!(pool("8123", 7, 0), Err(BadPool::Shards(0)));
    assert_eq!(pool("012", 7, 1), Err(BadPool::Prefix("012".to_owned())));
}

#[test]
fn a_short_pool_writes_its_slots_with_a_check_digit() {
    let pool = pool(5, "59", 1);
    let codes: Vec<_> = (0..100).filter_map(|slot| pool.code(0, slot)).collect();
    assert_eq!(codes.len(), 100);
    for (slot, code) in codes.iter().enumerate() {
        let body = format!("59{slot:02}");
        let check = char::from(damm(body.as_bytes()).unwrap());
        assert_eq!(code.as_str(), format!("{body}{check}"));
    }
    assert_eq!(pool.code(0, 100), None);
    let codes = codes.iter().map(PaymentCode::as_str).collect::<Vec<_>>();
    let read = |text: String| pool.slot(&PaymentCode::new(&text).unwrap());
    let known = (0..100_000).filter(|number| read(format!("{number:05}")).is_some()).count();
    assert_eq!(known, codes.len(), "one in ten of the prefix, the check digit sees the rest");
}
