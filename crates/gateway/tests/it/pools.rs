//! How many codes of a pool can be paid at a time (rule 26).

use domain::{sale::Operation as O, time::Span};
use gateway::{PoolUse, request::Close};
use testkit::{START, Shop};

use crate::scene::Scene;

/// The pool of this network.
fn pool(scene: &Scene, network: &str) -> PoolUse {
    let pools = scene.gateway.pools_in_use();
    pools.into_iter().find(|pool| pool.shape.network.as_str() == network).unwrap()
}

fn open(scene: &Scene, network: &str) -> Option<u64> {
    pool(scene, network).open
}

/// What a start would count from the rows.
async fn from_rows(scene: &Scene, network: &str) -> u64 {
    let no = {
        let directory = scene.gateway.directory();
        let pool = directory.pools.iter().find(|pool| pool.shape().network.as_str() == network);
        pool.unwrap().no()
    };
    let (_, open) = scene.gateway.read(|reader| reader.open_codes()).await.unwrap();
    open.get(&no).copied().unwrap_or(0)
}

#[tokio::test]
async fn open_codes_are_counted_as_payments_open_and_close() {
    let scene = Scene::new();
    scene.open("order-0", "alfamart").await;
    assert_eq!(open(&scene, "alfa"), None, "nobody has counted yet");
    scene.gateway.count_open_codes().await.unwrap();
    assert_eq!((open(&scene, "alfa"), open(&scene, "indomaret")), (Some(1), Some(0)));
    assert_eq!(
        pool(&scene, "alfa").codes(),
        10_000_000_000_000,
        "16 digits, 2 and 1 of them fixed"
    );

    let paid = scene.open("order-1", "alfamart").await;
    let cancelled = scene.open("order-2", "alfamart").await;
    scene.open("order-3", "alfamart").await;
    scene.open("order-4", "indomaret").await;
    assert_eq!((open(&scene, "alfa"), open(&scene, "indomaret")), (Some(4), Some(1)));

    scene.outcome(O::Payment, &paid, "S-1").await.unwrap();
    assert_eq!(open(&scene, "alfa"), Some(3));
    scene.close(cancelled.payment.no, Close::Cancel).await.unwrap();
    scene.close(cancelled.payment.no, Close::Cancel).await.unwrap();
    assert_eq!(open(&scene, "alfa"), Some(2), "closed once, however often it is asked");
    let reused = scene.open("order-2", "alfamart").await;
    assert_ne!(reused.payment.no, cancelled.payment.no);
    assert_eq!(open(&scene, "alfa"), Some(3));
    scene.gateway.clock().advance(Span::hours(25));
    scene.gateway.sweep(scene.now()).await.unwrap();
    assert_eq!((open(&scene, "alfa"), open(&scene, "indomaret")), (Some(0), Some(0)));
    scene.gateway.count_open_codes().await.unwrap();
    for network in ["alfa", "indomaret"] {
        assert_eq!(open(&scene, network), Some(from_rows(&scene, network).await), "{network}");
    }
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_count_during_traffic_is_exact() {
    let scene = Scene::new();
    let opens = async {
        for no in 0..60 {
            let view = scene.open(&format!("order-{no}"), "alfamart").await;
            if no % 3 == 0 {
                scene.close(view.payment.no, Close::Cancel).await.unwrap();
            }
        }
    };
    let counts = async {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        scene.gateway.count_open_codes().await.unwrap();
    };
    tokio::join!(opens, counts);
    assert_eq!(open(&scene, "alfa"), Some(40));
    assert_eq!(from_rows(&scene, "alfa").await, 40);
}

#[tokio::test]
async fn a_pool_is_dense_beyond_one_code_in_ten_thousand() {
    // A million codes: a hundred may be open.
    let scene = Scene(Shop::at(
        storage::sqlite::Place::Memory(format!("dense-{}", std::process::id())),
        START,
        |_| {},
    ));
    scene.gateway.count_open_codes().await.unwrap();
    let mut last = None;
    for no in 0..100 {
        last = Some(scene.open(&format!("order-{no}"), "tiny").await);
    }
    let tiny = pool(&scene, "tiny");
    assert_eq!((tiny.codes(), tiny.open, tiny.is_dense()), (1_000_000, Some(100), false));
    scene.open("order-100", "tiny").await;
    assert!(pool(&scene, "tiny").is_dense());
    assert!(!pool(&scene, "alfa").is_dense());
    scene.close(last.unwrap().payment.no, Close::Cancel).await.unwrap();
    assert!(!pool(&scene, "tiny").is_dense());
}
