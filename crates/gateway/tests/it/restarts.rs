//! What was answered is still so after a restart.

use domain::{payment::State, sale::Operation as O};
use storage::sqlite::Place;
use testkit::{START, Shop};

use crate::scene::{Scene, folder};

#[tokio::test]
async fn a_restart_changes_no_answer() {
    let folder = folder("restart");
    let place = Place::Folder(folder.clone());
    let scene = Scene(Shop::at(place.clone(), START, |_| {}));
    let view = scene.open("order-1", "indomaret").await;
    let paid = scene.say(O::Payment, &view, "I-1").await;
    scene.0.close();

    let scene = Scene(Shop::at(place, START, |_| {}));
    assert_eq!(scene.say(O::Payment, &view, "I-1").await.body, paid.body);
    assert!(matches!(scene.state(view.payment.no).await, State::Paid(_)));
    let next = scene.open("order-2", "indomaret").await;
    assert!(next.payment.no > view.payment.no);
    assert_ne!(next.payment.code, view.payment.code);
    assert_eq!(scene.gateway.deliveries(scene.now(), 10).await.unwrap().len(), 2);
    scene.assert_clean().await;
    scene.0.close();
    std::fs::remove_dir_all(folder).unwrap();
}
