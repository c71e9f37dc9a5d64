//! Commands through a real socket, to a real gateway.

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc, thread::JoinHandle};

use gateway::{
    Gateway,
    admin::{CounterAdd, CounterChange, MerchantAdd, MerchantChange, MerchantName, MerchantTurn},
};
use storage::sqlite::Engine;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::oneshot,
    task::JoinHandle as TaskHandle,
};

use super::*;
use crate::bootstrap::tests::{Scratch, config};

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
        let socket = Socket::bind(folder).unwrap();
        let office = Office::new(gateway.clone(), keeper, Some(folder.to_owned()));
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
    Ask::Admin(Box::new(command))
}

fn add_merchant(name: &str) -> Ask {
    admin(AdminCommand::MerchantAdd(MerchantAdd {
        name: name.to_owned(),
        brand: "midtrans".to_owned(),
        credentials: None,
        change: MerchantChange::default(),
    }))
}

fn turn(merchant: &str, disabled: bool) -> Ask {
    let merchant = MerchantName { merchant: merchant.to_owned(), brand: None };
    admin(AdminCommand::MerchantTurn(MerchantTurn { merchant, disabled }))
}

async fn asked(folder: &Path, ask: Ask) -> anyhow::Result<AdminReply> {
    call(folder, &config(""), false, ask).await
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
    let why = asked(folder, Ask::RotateMasterKey).await.unwrap_err();
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
        (b"{\"admin\":{\"command\":\"drop_everything\"}}\n", unknown),
        (b"{\"admin\":{\"command\":\"merchant_turn\",\"merchant\":5}}\n", unknown),
        (b"\"rotate_master_key\"", r#"{"error":"a command is one line of at most 64 KiB"}"#),
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
    asked(&folder, Ask::RotateMasterKey).await.unwrap();
    assert_ne!(key(), before);
    assert!(!folder.join("master.key.new").exists());
    asked(&folder, add_merchant("Toko")).await.unwrap();
    running.stop().await;

    let running = Running::start(&scratch.place(), &folder);
    assert_eq!(running.gateway.directory().accounts().count(), 3);
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
