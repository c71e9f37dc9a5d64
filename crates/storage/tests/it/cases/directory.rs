//! Who takes part, and the keys.

use domain::ids::{AccountNo, PoolNo};
use storage::{
    AccountKeyRow, AccountRow, DataKeyRow, Directory, DirectoryWrite, MerchantRow, PartnerKeyRow,
    PartnerRow, PlatformKeyRow, PoolCursor, PoolRow, SealedKeys, StorageError, Writes,
};

use super::bench::{Writer, everywhere};
use crate::rows::{ACCOUNT, MERCHANT, PARTNER, at};

fn directory() -> Directory {
    let account = AccountRow {
        no: ACCOUNT,
        merchant: MERCHANT,
        brand: "midtrans".to_owned(),
        public_id: "G1".to_owned(),
        client_key: None,
        shard: 0,
        notification_urls: "https://a".to_owned(),
        allow_list: String::new(),
        rate_max: 0,
        settings: "late_payment = \"accept\"".to_owned(),
        disabled: false,
        created_at: at(2),
    };
    let second = AccountRow {
        no: AccountNo::new(4),
        public_id: "G2".to_owned(),
        client_key: Some("client".to_owned()),
        disabled: true,
        ..account.clone()
    };
    let account_key = AccountKeyRow {
        no: 1,
        account: ACCOUNT,
        purpose: "server_key".to_owned(),
        sealed: vec![1],
        created_at: at(3),
        retires_at: None,
    };
    let partner_key = PartnerKeyRow {
        no: 1,
        partner: PARTNER,
        key_id: "alfa-1".to_owned(),
        sealed: vec![2],
        created_at: at(3),
        retires_at: Some(at(9)),
    };
    let data_key = |no, month| DataKeyRow { no, merchant: MERCHANT, month, sealed: vec![5] };
    Directory {
        merchants: vec![MerchantRow { no: MERCHANT, name: "Toko".to_owned(), created_at: at(1) }],
        accounts: vec![account, second],
        account_keys: vec![account_key],
        partners: vec![PartnerRow {
            no: PARTNER,
            name: "Alfa".to_owned(),
            retailers: "alfamart,alfamidi".to_owned(),
            allow_list: "10.0.0.0/8".to_owned(),
            settings: String::new(),
            disabled: false,
            created_at: at(4),
        }],
        partner_keys: vec![partner_key],
        pools: vec![PoolRow {
            no: PoolNo::new(1),
            network: "alfa".to_owned(),
            length: 16,
            prefix: "81".to_owned(),
            shards: 2,
            sealed: vec![3],
            fingerprint: [8; 8],
            created_at: at(5),
        }],
        version: 0,
        cursors: vec![PoolCursor { pool: PoolNo::new(1), shard: 1, lap: 0, next: 4_096 }],
        platform_keys: vec![
            PlatformKeyRow { name: "chain".to_owned(), sealed: vec![4] },
            PlatformKeyRow { name: "payment_id".to_owned(), sealed: vec![6] },
        ],
        data_keys: vec![data_key(2, 681), data_key(3, 682)],
    }
}

/// Only where several nodes may write is it counted how often anything changed.
fn without_version(directory: Directory) -> Directory {
    Directory { version: 0, ..directory }
}

fn writes(directory: &Directory) -> Writes {
    let mut writes = Writes {
        cursors: directory.cursors.clone(),
        data_keys: directory.data_keys.clone(),
        ..Writes::default()
    };
    let all = &mut writes.directory;
    all.extend(directory.merchants.iter().cloned().map(DirectoryWrite::Merchant));
    all.extend(directory.accounts.iter().cloned().map(DirectoryWrite::Account));
    all.extend(directory.account_keys.iter().cloned().map(DirectoryWrite::AccountKey));
    all.extend(directory.partners.iter().cloned().map(DirectoryWrite::Partner));
    all.extend(directory.partner_keys.iter().cloned().map(DirectoryWrite::PartnerKey));
    all.extend(directory.pools.iter().cloned().map(DirectoryWrite::Pool));
    all.extend(directory.platform_keys.iter().cloned().map(DirectoryWrite::PlatformKey));
    writes
}

/// The directory, and a data key of an older month that it does not hold.
fn filled(writer: &mut Writer) -> Directory {
    let directory = directory();
    let mut writes = writes(&directory);
    writes.data_keys.push(DataKeyRow { no: 1, merchant: MERCHANT, month: 600, sealed: vec![7] });
    writer.commit(&writes).unwrap();
    directory
}

fn refused(writer: &mut Writer, writes: &Writes) {
    let error = writer.commit(writes).unwrap_err();
    assert!(matches!(error, StorageError::Constraint(_)), "{error}");
}

#[test]
fn everybody_is_read_back_and_may_change() {
    everywhere("directory", |writer| {
        assert_eq!(without_version(writer.directory().unwrap()), Directory::default());
        let mut directory = filled(writer);
        assert_eq!(without_version(writer.directory().unwrap()), directory);
        let reader = writer.reader().unwrap();
        assert_eq!(without_version(reader.directory().unwrap()), directory);
        assert_eq!(reader.data_key(1).unwrap().unwrap().month, 600);
        assert_eq!(reader.data_key(9).unwrap(), None);

        directory.merchants[0].name = "Toko Baru".to_owned();
        directory.accounts[0].settings.clear();
        directory.account_keys[0].retires_at = Some(at(99));
        directory.partners[0].disabled = true;
        directory.partner_keys[0].sealed = vec![9, 9];
        directory.pools[0].sealed = vec![9];
        directory.platform_keys[0].sealed = vec![8];
        directory.cursors[0].next = 8_192;
        directory.data_keys[0].sealed.clear();
        writer.commit(&writes(&directory)).unwrap();
        assert_eq!(without_version(reader.directory().unwrap()), directory);
    });
}

#[test]
fn what_is_for_life_does_not_change() {
    everywhere("for-life", |writer| {
        let directory = filled(writer);
        let mut pool = directory.pools[0].clone();
        pool.prefix = "82".to_owned();
        refused(
            writer,
            &Writes { directory: vec![DirectoryWrite::Pool(pool)], ..Writes::default() },
        );
        let back = PoolCursor { next: 1, ..directory.cursors[0] };
        refused(writer, &Writes { cursors: vec![back], ..Writes::default() });
        let lap = PoolCursor { next: 1, lap: 1, ..directory.cursors[0] };
        writer.commit(&Writes { cursors: vec![lap], ..Writes::default() }).unwrap();
        let mut key = directory.data_keys[0].clone();
        key.month = 700;
        refused(writer, &Writes { data_keys: vec![key], ..Writes::default() });
        let mut account = directory.accounts[1].clone();
        account.public_id = "G1".to_owned();
        let change = vec![DirectoryWrite::Account(account)];
        refused(writer, &Writes { directory: change, ..Writes::default() });
    });
}

#[test]
fn keys_are_sealed_anew_all_together() {
    everywhere("resealed", |writer| {
        filled(writer);
        let mut keys = writer.sealed_keys().unwrap();
        assert_eq!(keys.data_keys.len(), 3);
        assert_eq!(keys.platform_keys.len(), 2);
        let numbered =
            [&mut keys.account_keys, &mut keys.partner_keys, &mut keys.pools, &mut keys.data_keys];
        for (_, sealed) in numbered.into_iter().flatten() {
            sealed.push(0xee);
        }
        for (_, sealed) in &mut keys.platform_keys {
            sealed.push(0xee);
        }
        let change = |keys: &SealedKeys| Writes {
            directory: vec![DirectoryWrite::Resealed(keys.clone())],
            ..Writes::default()
        };
        let mut short = keys.clone();
        short.data_keys.pop();
        refused(writer, &change(&short));
        let mut unknown = keys.clone();
        unknown.pools[0].0 = 77;
        refused(writer, &change(&unknown));
        assert_ne!(writer.sealed_keys().unwrap(), keys);
        writer.commit(&change(&keys)).unwrap();
        assert_eq!(writer.sealed_keys().unwrap(), keys);
    });
}
