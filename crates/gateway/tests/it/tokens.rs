//! Bearer tokens are nowhere stored, and still hold what they promise.

use domain::time::Span;
use gateway::{
    Gateway, StartError,
    admin::rotate_master_key,
    clock::Clock,
    vault::{MasterKey, Vault},
};
use storage::{
    DirectoryWrite, PlatformKeyRow, Writes,
    sqlite::{Engine, Place},
};
use testkit::{ACCOUNT, OTHER_ACCOUNT, START, Shop};

use crate::scene::folder;

#[tokio::test]
async fn tokens_outlive_restarts_and_master_keys() {
    let folder = folder("tokens");
    let place = Place::Folder(folder.clone());
    let later = START.plus(Span::seconds(900));

    let shop = Shop::at(place.clone(), START, |_| {});
    let first = shop.gateway.tokens().issue("midtrans", ACCOUNT, later).unwrap();
    shop.close();

    let shop = Shop::at(place.clone(), START, |_| {});
    let tokens = shop.gateway.tokens();
    let second = tokens.issue("midtrans", OTHER_ACCOUNT, later).unwrap();
    assert_eq!(tokens.holder("midtrans", first.expose(), START), Some(ACCOUNT));
    let new = MasterKey::generate().unwrap();
    rotate_master_key(&shop.gateway, &new).await.unwrap();
    assert_eq!(tokens.holder("midtrans", first.expose(), START), Some(ACCOUNT));
    shop.close();

    let writer = Engine::open(&place).unwrap();
    let settings = testkit::settings(testkit::retailers());
    let clock = Clock::manual(START);
    let vault = Vault::new(&new).unwrap();
    let (gateway, committer) = Gateway::start(settings, clock, &place, writer, vault).unwrap();
    for (token, account) in [(&first, ACCOUNT), (&second, OTHER_ACCOUNT)] {
        let holder = |now| gateway.tokens().holder("midtrans", token.expose(), now);
        assert_eq!((holder(START), holder(later)), (Some(account), None));
    }
    drop((gateway, committer));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn another_gateway_knows_nothing_of_them() {
    let (one, other) = (Shop::new(), Shop::new());
    let later = START.plus(Span::seconds(900));
    let token = one.gateway.tokens().issue("midtrans", ACCOUNT, later).unwrap();
    assert_eq!(one.gateway.tokens().holder("midtrans", token.expose(), START), Some(ACCOUNT));
    assert_eq!(other.gateway.tokens().holder("midtrans", token.expose(), START), None);
}

#[test]
fn a_key_that_is_not_one_stops_the_start() {
    let folder = folder("token-key");
    let place = Place::Folder(folder.clone());
    Shop::at(place.clone(), START, |_| {}).close();
    for sealed in [
        testkit::vault().seal_key("platform_key token", &[1; 31]).unwrap(),
        testkit::vault().seal_key("platform_key chain", &[1; 32]).unwrap(),
        vec![7; 60],
    ] {
        let mut writer = Engine::open(&place).unwrap();
        let row = PlatformKeyRow { name: "token".to_owned(), sealed };
        let directory = vec![DirectoryWrite::PlatformKey(row)];
        writer.commit(&Writes { directory, ..Writes::default() }).unwrap();
        let settings = testkit::settings(testkit::retailers());
        let clock = Clock::manual(START);
        let started = Gateway::start(settings, clock, &place, writer, testkit::vault());
        assert!(matches!(started, Err(StartError::Vault(_))), "{started:?}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
