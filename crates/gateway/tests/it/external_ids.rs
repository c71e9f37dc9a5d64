//! A merchant's number for a request is good once per account, endpoint and Jakarta day (rule 25).

use domain::{money::Rupiah, time::Span};
use gateway::{
    Gateway,
    clock::Clock,
    request::{
        Close, ExternalUse, Idempotency, OpenError, OpenRefusal, OpenRequest, Opened, Unavailable,
    },
};
use storage::sqlite::{Engine, Place};
use testkit::{ACCOUNT, OTHER_ACCOUNT, START, Shop};

use crate::scene::{Scene, folder};

const USED: OpenError = OpenError::Refused(OpenRefusal::ExternalIdUsed);

fn create(id: &str) -> ExternalUse {
    ExternalUse { endpoint: "create", id: id.to_owned() }
}

fn order(scene: &Scene, order: &str, id: &str) -> OpenRequest {
    OpenRequest { external_id: Some(create(id)), ..scene.order(order, "indomaret") }
}

#[tokio::test]
async fn an_id_is_good_once_per_account_endpoint_and_day() {
    let scene = Scene::new();
    let gateway = &scene.gateway;
    let (now, query) = (scene.now(), ExternalUse { endpoint: "query", id: "1".to_owned() });
    assert!(scene.try_open(order(&scene, "order-1", "1")).await.is_ok());
    assert_eq!(scene.try_open(order(&scene, "order-2", "1")).await.unwrap_err(), USED);
    assert_eq!(gateway.use_external_id(ACCOUNT, create("1"), now).await, Ok(false));
    assert_eq!(gateway.use_external_id(OTHER_ACCOUNT, create("1"), now).await, Ok(true));
    assert_eq!(gateway.use_external_id(ACCOUNT, query.clone(), now).await, Ok(true));
    assert_eq!(gateway.use_external_id(ACCOUNT, query, now).await, Ok(false));
    assert!(scene.try_open(order(&scene, "order-2", "2")).await.is_ok());
    scene.assert_clean().await;
}

#[tokio::test]
async fn the_day_is_jakartas_when_the_request_arrived() {
    let scene = Scene::new();
    // 14:00 in Jakarta: the day has ten hours left.
    let midnight = scene.now().plus(Span::hours(10));
    let before = domain::time::Timestamp::from_millis(midnight.millis() - 1);
    let used = async |at| scene.gateway.use_external_id(ACCOUNT, create("1"), at).await;
    assert_eq!(used(scene.now()).await, Ok(true));
    assert_eq!(used(before).await, Ok(false));
    assert_eq!(used(midnight).await, Ok(true));
    assert_eq!(used(midnight.plus(Span::hours(23))).await, Ok(false));
    assert_eq!(used(before).await, Ok(false), "yesterday's id stays used");
}

#[tokio::test]
async fn a_refused_open_uses_its_id_up() {
    let scene = Scene::new();
    let small = OpenRequest { amount: Rupiah::new(1).unwrap(), ..order(&scene, "order-1", "1") };
    let refused = scene.try_open(small.clone()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Refused(OpenRefusal::BelowLimit { .. })), "{refused}");
    // The id is looked at before everything else: limits, order ids, stored answers.
    assert_eq!(scene.try_open(small).await.unwrap_err(), USED);
    assert_eq!(scene.try_open(order(&scene, "order-1", "1")).await.unwrap_err(), USED);

    let request = OpenRequest {
        idempotency: Some(Idempotency {
            key: "key".to_owned(),
            expires_at: scene.now().plus(Span::hours(1)),
            render: |_, view| view.payment.order.as_str().as_bytes().to_vec(),
        }),
        ..order(&scene, "order-1", "2")
    };
    assert!(matches!(scene.try_open(request.clone()).await, Ok(Opened::New(_))));
    assert_eq!(scene.try_open(request.clone()).await.unwrap_err(), USED);
    let again = OpenRequest { external_id: Some(create("3")), ..request };
    assert!(matches!(scene.try_open(again).await, Ok(Opened::Repeated(_))));
}

#[tokio::test]
async fn of_one_batch_the_first_has_the_id() {
    // The committer starts when all commands wait, so that it takes them at once.
    let scene = Scene::new();
    let folder = folder("one-batch");
    let place = Place::Folder(folder.clone());
    Shop::at(place.clone(), START, |_| {}).close();
    let writer = Engine::open(&place).unwrap();
    let settings = testkit::settings(testkit::retailers());
    let clock = Clock::manual(START);
    let (gateway, committer) =
        Gateway::start(settings, clock, &place, writer, testkit::vault()).unwrap();
    let good = |name: &str, id: &str| order(&scene, name, id);
    let bad = OpenRequest { amount: Rupiah::new(1).unwrap(), ..order(&scene, "order-3", "2") };
    let (first, second, refused, after, alone, run) = tokio::join!(
        gateway.open(good("order-1", "1")),
        gateway.open(good("order-2", "1")),
        gateway.open(bad),
        gateway.open(good("order-3", "2")),
        // Its lane goes first.
        gateway.use_external_id(ACCOUNT, create("3"), START),
        async {
            assert_eq!(gateway.queue_depths().iter().map(|(_, waiting)| waiting).sum::<usize>(), 5);
            std::thread::spawn(move || committer.run())
        },
    );
    assert!(first.is_ok());
    assert_eq!(second.unwrap_err(), USED);
    assert!(matches!(refused, Err(OpenError::Refused(OpenRefusal::BelowLimit { .. }))));
    assert_eq!(after.unwrap_err(), USED);
    assert_eq!(alone, Ok(true));
    assert_eq!(gateway.use_external_id(ACCOUNT, create("3"), START).await, Ok(false));
    gateway.stop();
    run.join().unwrap().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn overload_uses_nothing_up_and_a_restart_forgets_nothing() {
    let folder = folder("external");
    let place = Place::Folder(folder.clone());

    let scene = Scene(Shop::at(place.clone(), START, |settings| settings.lane_room = 0));
    let full = scene.try_open(order(&scene, "order-1", "1")).await.unwrap_err();
    assert_eq!(full, OpenError::Unavailable(Unavailable::QueueFull));
    let alone = scene.gateway.use_external_id(ACCOUNT, create("1"), START).await;
    assert_eq!(alone, Err(Unavailable::QueueFull));
    scene.0.close();

    let scene = Scene(Shop::at(place.clone(), START, |_| {}));
    assert!(scene.try_open(order(&scene, "order-1", "1")).await.is_ok());
    assert_eq!(scene.gateway.use_external_id(ACCOUNT, create("2"), START).await, Ok(true));
    scene.0.close();

    let scene = Scene(Shop::at(place, START, |_| {}));
    for id in ["1", "2"] {
        assert_eq!(scene.try_open(order(&scene, "order-2", id)).await.unwrap_err(), USED);
        assert_eq!(scene.gateway.use_external_id(ACCOUNT, create(id), START).await, Ok(false));
    }
    scene.assert_clean().await;
    scene.0.close();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_backup_holds_used_ids_and_the_key_of_tokens() {
    let (from, to) = (folder("ids-from"), folder("ids-to"));
    let scene = Scene(Shop::at(Place::Folder(from.clone()), START, |_| {}));
    scene.try_open(order(&scene, "order-1", "1")).await.unwrap();
    let token =
        scene.gateway.tokens().issue("midtrans", ACCOUNT, START.plus(Span::hours(1))).unwrap();
    std::fs::create_dir(&to).unwrap();
    let copy = to.join("gerai.db");
    scene.gateway.read(move |reader| reader.backup_to(&copy)).await.unwrap();
    scene.0.close();

    let scene = Scene(Shop::at(Place::Folder(to.clone()), START, |_| {}));
    assert_eq!(scene.gateway.use_external_id(ACCOUNT, create("1"), START).await, Ok(false));
    let holder = scene.gateway.tokens().holder("midtrans", token.expose(), START);
    assert_eq!(holder, Some(ACCOUNT));
    scene.assert_clean().await;
    scene.0.close();
    std::fs::remove_dir_all(from).unwrap();
    std::fs::remove_dir_all(to).unwrap();
}

#[tokio::test]
async fn days_gone_by_are_forgotten() {
    let scene = Scene::new();
    let tomorrow = scene.now().plus(Span::hours(24));
    let used = async |at| scene.gateway.use_external_id(ACCOUNT, create("1"), at).await.unwrap();
    assert!(used(scene.now()).await && used(tomorrow).await);
    let before = storage::Prune::ExternalIdsBefore(tomorrow.business_date());
    scene.gateway.prune(vec![before]).await.unwrap();
    assert!(!used(tomorrow).await);
    assert!(used(scene.now()).await, "nobody remembers");
}

#[tokio::test]
async fn an_order_id_stays_used_where_the_dialect_says_so() {
    let scene = Scene::new();
    let keeps =
        |name: &str| OpenRequest { reuse_after_close: false, ..scene.order(name, "indomaret") };
    for how in [Close::Cancel, Close::Expire] {
        let name = format!("{how:?}");
        let Opened::New(view) = scene.try_open(keeps(&name)).await.unwrap() else { panic!() };
        scene.close(view.payment.no, how).await.unwrap();
        let taken = scene.try_open(keeps(&name)).await.unwrap_err();
        assert_eq!(taken, OpenError::Refused(OpenRefusal::OrderTaken));
        assert!(scene.try_open(scene.order(&name, "indomaret")).await.is_ok());
    }
}
