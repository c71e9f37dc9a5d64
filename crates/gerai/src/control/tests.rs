//! Commands through a real socket, to a real gateway.

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc, thread::JoinHandle};

use bytes::Bytes;
use domain::{
    code::PaymentCode,
    ids::PartnerNo,
    money::Rupiah,
    retailer::RetailerKey,
    sale::{Operation, SaleKey},
};
use gateway::{
    Gateway,
    admin::{
        CounterAdd, CounterChange, DisputeAccept, MerchantAdd, MerchantChange, MerchantName,
        MerchantRotateKey, MerchantSet, MerchantTurn, PaymentName, UnappliedMatch, UnappliedRefund,
    },
    request::{Approved, CounterRequest},
};
use storage::{Person, sqlite::Engine};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::oneshot,
    task::JoinHandle as TaskHandle,
};

use super::*;
use crate::{
    bootstrap::tests::{Scratch, config},
    config::Approvals,
};

/// A gateway with its socket in a folder.
struct Running {
    gateway: Gateway,
    committer: JoinHandle<Result<(), StorageError>>,
    stop: oneshot::Sender<()>,
    served: TaskHandle<()>,
}

impl Running {
    fn start(place: &Place, folder: &Path) -> Self {
        let started =
            bootstrap::start(place, &config(""), Environment::Sandbox, Clock::system()).unwrap();
        let bootstrap::Started { gateway, committer, keeper, .. } = started;
        let socket = Socket::bind(folder, None).unwrap();
        let office = Office::new(gateway.clone(), keeper, Some(folder.to_owned()), Approvals::Two);
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(socket.serve(Arc::new(office), async move {
            drop(stopped.await);
        }));
        let committer = std::thread::spawn(move || committer.run());
        Self { gateway, committer, stop, served }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
        self.gateway.stop();
        self.committer.join().unwrap().unwrap();
    }
}

fn admin(command: AdminCommand) -> Ask {
    Ask::act(Act::Admin(Box::new(command)))
}

fn add_merchant(name: &str) -> Ask {
    admin(AdminCommand::MerchantAdd(MerchantAdd {
        name: name.to_owned(),
        brand: "midtrans".to_owned(),
        public_key: None,
        credentials: None,
        change: MerchantChange::default(),
    }))
}

fn turn(merchant: &str, disabled: bool) -> Ask {
    let merchant = MerchantName { merchant: merchant.to_owned(), brand: None };
    admin(AdminCommand::MerchantTurn(MerchantTurn { merchant, disabled }))
}

async fn asked(folder: &Path, ask: Ask) -> anyhow::Result<AdminReply> {
    match call(folder, &config(""), false, ask).await? {
        Answer::Done(reply) => Ok(reply),
        other => panic!("{other:?}"),
    }
}

/// What comes back for these bytes.
async fn raw(folder: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(folder.join("gerai.sock")).await.unwrap();
    // A line that is too long is not read to its end, so writing may fail; the answer comes.
    drop(stream.write_all(bytes).await);
    drop(stream.shutdown().await);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_command_goes_to_the_gateway_that_runs() {
    let scratch = Scratch::new("socket");
    let folder = scratch.path();
    // Left behind by a process that was killed.
    drop(std::os::unix::net::UnixListener::bind(folder.join("gerai.sock")).unwrap());
    let running = Running::start(&Place::Memory("control".to_owned()), folder);
    let mode = std::fs::metadata(folder.join("gerai.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let AdminReply::Merchant(reply) = asked(folder, add_merchant("Toko")).await.unwrap() else {
        panic!();
    };
    let secret = reply.secrets[0].secret.expose();
    assert!(secret.starts_with("SB-Mid-server-"), "{secret}");
    let now = running.gateway.clock().now();
    let directory = running.gateway.directory();
    let account = directory.account_by_secret("midtrans", "server_key", secret, now).unwrap();
    assert_eq!(account.public_id, reply.public_id);

    let add = CounterAdd {
        name: "Kasir".to_owned(),
        change: CounterChange {
            retailers: Some(vec!["nowhere".to_owned()]),
            ..CounterChange::default()
        },
    };
    let why = asked(folder, admin(AdminCommand::CounterAdd(add))).await.unwrap_err();
    assert!(why.to_string().starts_with("the retailer `nowhere`: is no retailer"), "{why}");
    let why = asked(folder, Ask::act(Act::RotateMasterKey)).await.unwrap_err();
    assert!(why.to_string().contains("nothing outlives this process"), "{why}");

    running.stop().await;
    assert!(!folder.join("gerai.sock").exists());
}

#[tokio::test]
async fn what_is_no_command_is_told_so() {
    let scratch = Scratch::new("garbage");
    let folder = scratch.path();
    let running = Running::start(&Place::Memory("garbage".to_owned()), folder);
    let unknown = r#"{"error":"not a command this gerai knows;"#;
    let long = [b"\"".as_slice(), &vec![b'x'; 70_000], b"\"\n"].concat();
    let cases: [(&[u8], &str); 6] = [
        (b"\n", unknown),
        (b"hello\n", unknown),
        (b"{\"act\":{\"act\":{\"admin\":{\"command\":\"drop_everything\"}}}}\n", unknown),
        (
            b"{\"act\":{\"act\":{\"admin\":{\"command\":\"counter_open\",\"by\":5}}},\"uid\":0}\n",
            unknown,
        ),
        (
            b"{\"proposals\":{\"all\":true}}",
            r#"{"error":"a command is one line of at most 64 KiB"}"#,
        ),
        (&long, r#"{"error":"a command is one line of at most 64 KiB"}"#),
    ];
    for (bytes, answer) in cases {
        let got = raw(folder, bytes).await;
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        assert!(got.starts_with(answer), "{shown}: {got}");
        assert!(got.ends_with('\n'), "{shown}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_command_runs_by_itself_where_no_gateway_does() {
    let scratch = Scratch::new("alone");
    let folder = scratch.data();
    let why = asked(&folder, turn("G000000001", true)).await.unwrap_err();
    assert!(why.to_string().contains("holds no gerai database"), "{why}");
    assert!(!folder.exists());

    let opened =
        bootstrap::open(&scratch.place(), &config(""), Environment::Sandbox, bootstrap::tests::NOW);
    let held = opened.unwrap();
    let why = asked(&folder, turn("G000000001", true)).await.unwrap_err();
    assert!(why.to_string().contains("in use by another gerai that does not answer"), "{why}");
    drop(held);

    for disabled in [true, false] {
        asked(&folder, turn("G000000001", disabled)).await.unwrap();
        let rows = Engine::open_reader(&scratch.place()).unwrap().directory().unwrap();
        assert_eq!(rows.accounts[0].disabled, disabled);
    }
}

#[tokio::test]
async fn the_master_key_changes_while_the_gateway_runs() {
    let scratch = Scratch::new("rotate");
    let folder = scratch.data();
    let running = Running::start(&scratch.place(), &folder);
    let key = || std::fs::read(folder.join("master.key")).unwrap();
    let before = key();
    let accounts = running.gateway.directory().accounts().count();
    asked(&folder, Ask::act(Act::RotateMasterKey)).await.unwrap();
    assert_ne!(key(), before);
    assert!(!folder.join("master.key.new").exists());
    asked(&folder, add_merchant("Toko")).await.unwrap();
    running.stop().await;

    let running = Running::start(&scratch.place(), &folder);
    assert_eq!(running.gateway.directory().accounts().count(), accounts + 1);
    running.stop().await;
}

#[tokio::test]
async fn counters_that_are_opened_stay_open() {
    let scratch = Scratch::new("open");
    let folder = scratch.data();
    Running::start(&scratch.place(), &folder).stop().await;
    bootstrap::mark_counters_closed(&folder).unwrap();
    let running = Running::start(&scratch.place(), &folder);
    assert!(running.gateway.counters_closed());
    asked(&folder, admin(AdminCommand::CounterOpen)).await.unwrap();
    assert!(!running.gateway.counters_closed());
    running.stop().await;
    let running = Running::start(&scratch.place(), &folder);
    assert!(!running.gateway.counters_closed());
    running.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_may_be_deeper_than_the_address_of_a_socket() {
    let scratch = Scratch::new("deep");
    let folder = scratch.path().join("a".repeat(100)).join("b".repeat(100));
    assert!(asked(&folder, turn("G000000001", true)).await.is_err());
    std::fs::create_dir_all(&folder).unwrap();
    let running = Running::start(&Place::Memory("deep".to_owned()), &folder);
    asked(&folder, turn("G000000001", true)).await.unwrap();
    assert_eq!(running.gateway.directory().accounts().filter(|one| one.disabled).count(), 1);
    running.stop().await;
}

/// A gateway in production, its settings these and a master key of its own, and its office.
fn production(
    scratch: &Scratch,
    settings: &str,
) -> (Gateway, Office, JoinHandle<Result<(), StorageError>>) {
    let key = scratch.path().join("the.key");
    bootstrap::key_file::KeyFile::at(&key).create().unwrap();
    let config = config(&format!("master_key_file = '{}'\n{settings}", key.display()));
    let place = scratch.place();
    let started =
        bootstrap::start(&place, &config, Environment::Production, Clock::system()).unwrap();
    let bootstrap::Started { gateway, committer, keeper, .. } = started;
    let committer = std::thread::spawn(move || committer.run());
    let office = Office::new(gateway.clone(), keeper, Some(scratch.data()), config.approvals);
    (gateway, office, committer)
}

fn person(uid: u32) -> Person {
    Person { uid, name: format!("user-{uid}") }
}

#[tokio::test]
async fn what_one_person_proposes_another_has_carried_out() {
    let scratch = Scratch::new("persons");
    let (gateway, office, committer) = production(&scratch, "");
    let (anna, budi) = (person(1_001), person(1_002));

    let added = office.answer(add_merchant("Toko"), anna.clone()).await.unwrap();
    let Answer::Done(AdminReply::Merchant(added)) = added else { panic!("{added:?}") };
    let rotate = |merchant: &str, overlap_hours| Ask::Act {
        act: Act::Admin(Box::new(AdminCommand::MerchantRotateKey(MerchantRotateKey {
            merchant: MerchantName { merchant: merchant.to_owned(), brand: None },
            purpose: None,
            public_key: None,
            credentials: None,
            overlap_hours,
        }))),
        reason: Some("ticket 17".to_owned()),
    };
    for (ask, expected) in [
        (rotate("Nobody", 0), "there is no merchant `Nobody`"),
        (rotate("Toko", 9_999), "the overlap `9999`"),
        (Ask::act(Act::RotateMasterKey), "say --reason"),
    ] {
        let why = office.answer(ask, anna.clone()).await.unwrap_err().to_string();
        assert!(why.contains(expected), "{why}");
    }
    let waits = office.answer(rotate("Toko", 0), anna.clone()).await.unwrap();
    let Answer::Waits(proposal) = waits else { panic!("{waits:?}") };
    assert_eq!(proposal.reason, "ticket 17");
    let why = office.answer(Ask::Approve { no: 1 }, anna.clone()).await.unwrap_err();
    assert!(why.to_string().contains("user-1001 (uid 1001)'s own"), "{why}");
    let done = office.answer(Ask::Approve { no: 1 }, budi.clone()).await.unwrap();
    let Answer::CarriedOut { reply: AdminReply::Merchant(new), .. } = done else {
        panic!("{done:?}")
    };
    assert_eq!(new.public_id, added.public_id);
    assert_ne!(new.secrets[0].secret, added.secrets[0].secret);

    // What cannot be carried out any more is over all the same, and says why.
    let waits = office.answer(rotate("Toko", 24), budi.clone()).await.unwrap();
    assert!(matches!(waits, Answer::Waits(_)), "{waits:?}");
    let waits = office.answer(rotate("Toko", 48), budi.clone()).await.unwrap();
    assert!(matches!(waits, Answer::Waits(_)), "{waits:?}");
    office.answer(Ask::Approve { no: 2 }, anna.clone()).await.unwrap();
    let why = office.answer(Ask::Approve { no: 3 }, anna.clone()).await.unwrap_err();
    assert!(format!("{why:#}").contains("two server_keys live already"), "{why:#}");
    let all = office.answer(Ask::Proposals { all: true }, anna).await.unwrap();
    let Answer::Proposals(all) = all else { panic!("{all:?}") };
    let states: Vec<_> = all.iter().map(|one| one.state.as_str()).collect();
    assert_eq!(states, ["failed", "done", "done"]);
    assert!(all[0].why.as_ref().unwrap().contains("two server_keys live already"));
    for shown in [format!("{all:?}"), format!("{:?}", gateway.directory())] {
        assert!(!shown.contains(new.secrets[0].secret.expose()), "a secret is kept in the open");
    }
    gateway.stop();
    committer.join().unwrap().unwrap();
}

/// An advice for cash under a code that nobody knows.
fn unknown_cash(gateway: &Gateway) -> CounterRequest {
    let now = gateway.clock().now();
    CounterRequest {
        operation: Operation::Advice,
        partner: PartnerNo::new(1),
        retailer: RetailerKey::new("alfamart").unwrap(),
        code: PaymentCode::new("FOREIGN1").unwrap(),
        sale: SaleKey::new("S-1").unwrap().into(),
        sale_sent: "S-1".to_owned(),
        outlet: String::new(),
        terminal: String::new(),
        receipt_no: None,
        till_at: now,
        received_at: now,
        amount: Some(Rupiah::new(20_000).unwrap()),
        cash: None,
        reason: None,
        raw: Bytes::new(),
        render: |_, answer| format!("{:?}", answer.outcome).into_bytes(),
    }
}

#[tokio::test]
async fn an_advance_takes_two_persons_also_for_a_merchant_that_is_new() {
    let scratch = Scratch::new("advance");
    let (gateway, office, committer) = production(&scratch, "");
    let (anna, budi) = (person(1_001), person(1_002));

    let capped = |cap| MerchantChange { advance_cap: Some(cap), ..MerchantChange::default() };
    let mut new = add_merchant("Toko");
    if let Ask::Act { act: Act::Admin(command), .. } = &mut new
        && let AdminCommand::MerchantAdd(add) = command.as_mut()
    {
        add.change = capped(1);
    }
    let why = office.answer(new, anna.clone()).await.unwrap_err().to_string();
    assert!(why.contains("the cap of advances"), "{why}");
    office.answer(add_merchant("Toko"), anna.clone()).await.unwrap();
    let set = |cap| {
        let merchant = MerchantName { merchant: "Toko".to_owned(), brand: None };
        let set = MerchantSet { merchant, change: capped(cap) };
        let act = Act::Admin(Box::new(AdminCommand::MerchantSet(set)));
        Ask::Act { act, reason: Some("agreed on 3 November".to_owned()) }
    };
    let why = office.answer(set(-1), anna.clone()).await.unwrap_err().to_string();
    assert!(why.contains("the cap of advances"), "{why}");
    let waits = office.answer(set(5_000_000), anna.clone()).await.unwrap();
    let Answer::Waits(proposal) = waits else { panic!("{waits:?}") };
    assert!(proposal.command.contains("advance_cap = 5000000"), "{}", proposal.command);
    let caps = || gateway.directory().caps().into_iter().map(|(_, cap)| cap).collect::<Vec<_>>();
    assert!(caps().is_empty());
    assert!(office.answer(Ask::Approve { no: 1 }, anna).await.is_err());
    office.answer(Ask::Approve { no: 1 }, budi).await.unwrap();
    assert_eq!(caps(), [5_000_000]);
    gateway.stop();
    committer.join().unwrap().unwrap();
}

#[tokio::test]
async fn cash_that_fits_nowhere_takes_two_persons() {
    let scratch = Scratch::new("cash");
    let (gateway, office, committer) =
        production(&scratch, "[retailer.alfamart]\nadvice_creates = 'always'\n");
    let (anna, budi) = (person(1_001), person(1_002));
    let told = gateway.counter(unknown_cash(&gateway)).await.unwrap();
    assert!(matches!(told.answer.unwrap().outcome, Ok(Approved::Unapplied { .. })));

    let refund = |no| {
        let reason = "paid twice".to_owned();
        let order = UnappliedRefund { no, bank_reference: "BCA 77".to_owned(), reason };
        let act = Act::Admin(Box::new(AdminCommand::UnappliedRefund(order)));
        Ask::Act { act, reason: Some("paid twice".to_owned()) }
    };
    let why = office.answer(refund(2), anna.clone()).await.unwrap_err().to_string();
    assert!(why.contains("there is no unapplied cash 2"), "{why}");
    let payment = PaymentName::Text("8127740588870520".to_owned());
    let order = UnappliedMatch { no: 1, payment, reason: "a slip".to_owned() };
    let act = Act::Admin(Box::new(AdminCommand::UnappliedMatch(order)));
    let ask = Ask::Act { act, reason: Some("a slip".to_owned()) };
    let why = office.answer(ask, anna.clone()).await.unwrap_err().to_string();
    assert_eq!(why, "there is no such payment");
    let order = DisputeAccept { no: 1, reason: "a letter".to_owned() };
    let act = Act::Admin(Box::new(AdminCommand::DisputeAccept(order)));
    let ask = Ask::Act { act, reason: Some("a letter".to_owned()) };
    let why = office.answer(ask, anna.clone()).await.unwrap_err().to_string();
    assert!(why.contains("there is no dispute 1"), "{why}");

    let waits = office.answer(refund(1), anna.clone()).await.unwrap();
    let Answer::Waits(proposal) = waits else { panic!("{waits:?}") };
    let words = "unapplied refund 1 --bank-reference 'BCA 77' --reason 'paid twice'";
    assert_eq!(proposal.command, words);
    let open = async || gateway.read(|reader| reader.unapplied_open(9)).await.unwrap().len();
    assert_eq!(open().await, 1, "nothing has happened");
    assert!(office.answer(Ask::Approve { no: 1 }, anna).await.is_err());
    let done = office.answer(Ask::Approve { no: 1 }, budi).await.unwrap();
    let Answer::CarriedOut { reply: AdminReply::Ruled(ruled), .. } = done else {
        panic!("{done:?}")
    };
    assert_eq!((ruled.state.as_str(), ruled.amount, open().await), ("refunded", 20_000, 0));
    gateway.stop();
    committer.join().unwrap().unwrap();
}

#[tokio::test]
async fn a_group_may_be_let_in_and_nobody_else() {
    let scratch = Scratch::new("group");
    let folder = scratch.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();
    // Our own group: any user may give what is its own to that.
    let own = nix::unistd::Group::from_gid(nix::unistd::Gid::effective()).unwrap().unwrap();
    let socket = Socket::bind(&folder, Some(&own.name)).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("gerai.sock"))), (0o710, 0o660));
    drop(socket);
    let why = Socket::bind(&folder, Some("no such group")).unwrap_err();
    assert!(format!("{why:#}").contains("no such group"), "{why:#}");
}
