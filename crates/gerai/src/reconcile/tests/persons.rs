//! Who may post what in production, and close what (rules 20 and 32).

use gateway::{
    Environment, Gateway,
    admin::{AdminCommand, AdminReply, CounterAdd, CounterChange, DifferenceClose},
    clock::Clock,
};
use storage::Person;

use super::*;
use crate::{
    bootstrap::{
        self,
        tests::{Scratch, config},
    },
    config::Approvals,
    control::{Act, Answer, Ask, Office},
};

fn person(uid: u32) -> Person {
    Person { uid, name: format!("user-{uid}") }
}

/// Lines about sales of which no till has told us, and one of which the retailer knows nothing.
fn file(count: usize) -> String {
    let line =
        |number| format!("S{number},99000000000000{number:02},20000,2026-01-05 09:00:00,,OK,\n");
    let lines: String = (0..count).map(line).collect();
    format!("{lines}S99,9900000000000099,70000,2026-01-05 09:00:00,,?,\nT,{}\n", count + 1)
}

type Committing = std::thread::JoinHandle<Result<(), storage::StorageError>>;

fn production(scratch: &Scratch, config: &Config) -> (Gateway, Committing, bootstrap::Keeper) {
    let started =
        bootstrap::start(&scratch.place(), config, Environment::Production, Clock::system());
    let bootstrap::Started { gateway, committer, keeper, .. } = started.unwrap();
    (gateway, std::thread::spawn(move || committer.run()), keeper)
}

#[tokio::test(flavor = "multi_thread")]
async fn much_that_only_a_file_tells_of_always_takes_a_second_person() {
    let scratch = Scratch::new("asked");
    let key = scratch.path().join("the.key");
    bootstrap::key_file::KeyFile::at(&key).create().unwrap();
    let text = format!("master_key_file = '{}'\n{PROFILES}", key.display());
    let text = text.replace("create_lines_max = 400", "create_lines_max = 2\ncounter = 'Till'");
    let config = config(&text);
    let (gateway, committer, keeper) = production(&scratch, &config);
    // One person is enough for everything else here.
    let office = Office::new(gateway.clone(), keeper, Some(scratch.data()), Approvals::One)
        .with_profiles(config.profiles.clone());
    let (anna, budi) = (person(1_001), person(1_002));
    let change = CounterChange::default();
    let add = AdminCommand::CounterAdd(CounterAdd { name: "Till".to_owned(), change });
    office.answer(Ask::act(Act::Admin(Box::new(add))), anna.clone()).await.unwrap();

    let path = scratch.path().join("numbered_20260105.csv");
    let order = |count: usize, creates| {
        fs::write(&path, file(count)).unwrap();
        let paths = [path.clone()];
        let day = Day::of(&config.profiles, super::key("alfamart"), &paths, None, None).unwrap();
        let creates_sum = i64::try_from(creates).unwrap() * 20_000;
        // Whoever asks cannot agree for the second person.
        let agreed = Some(99);
        let order = super::super::Order { creates, creates_sum, agreed, ..day.order().unwrap() };
        Ask::Act { act: Act::Reconcile(Box::new(order)), reason: Some("the 5th".to_owned()) }
    };
    let unapplied = async || gateway.read(|reader| reader.unapplied_open(99)).await.unwrap().len();

    let done = office.answer(order(2, 2), anna.clone()).await.unwrap();
    assert!(matches!(done, Answer::Done(AdminReply::Reconciled(_))), "{done:?}");
    assert_eq!(unapplied().await, 2);
    // Who says that there are fewer than there are gets nothing.
    let why = office.answer(order(5, 0), anna.clone()).await.unwrap_err().to_string();
    assert!(why.contains("--yes-create 3") && why.contains("0 are agreed to"), "{why}");
    let waits = office.answer(order(5, 3), anna.clone()).await.unwrap();
    let Answer::Waits(proposal) = waits else { panic!("{waits:?}") };
    assert!(proposal.command.contains("--yes-create 3\nbooks 3 sales"), "{}", proposal.command);
    assert!(proposal.command.contains("Rp 60000"), "{}", proposal.command);
    assert!(office.answer(Ask::Approve { no: proposal.no }, anna.clone()).await.is_err());
    assert_eq!(unapplied().await, 2);
    office.answer(Ask::Approve { no: proposal.no }, budi.clone()).await.unwrap();
    assert_eq!(unapplied().await, 5);
    gateway.stop();
    committer.join().unwrap().unwrap();

    // Where two persons are asked for, closing a difference takes both.
    let (gateway, committer, keeper) = production(&scratch, &config);
    let office = Office::new(gateway.clone(), keeper, Some(scratch.data()), Approvals::Two);
    let alfamart = super::key("alfamart");
    let open =
        async || gateway.read(move |reader| reader.file_lines_open(alfamart, 9)).await.unwrap();
    let waiting = open().await;
    assert_eq!((waiting.len(), waiting[0].outcome.as_str()), (1, "suspect"));
    let close = DifferenceClose {
        no: waiting[0].no,
        verdict: "theirs".to_owned(),
        reason: "it has the cash".to_owned(),
        by: "somebody else".to_owned(),
        posted_at_ms: None,
    };
    let act = Act::Admin(Box::new(AdminCommand::DifferenceClose(close)));
    let ask = Ask::Act { act, reason: Some("it has the cash".to_owned()) };
    let waits = office.answer(ask, anna.clone()).await.unwrap();
    let Answer::Waits(proposal) = waits else { panic!("{waits:?}") };
    let no = waiting[0].no;
    let words = format!("reconcile --close {no} --as theirs --reason 'it has the cash'");
    assert_eq!(proposal.command, words);
    assert!(office.answer(Ask::Approve { no: proposal.no }, anna).await.is_err());
    assert_eq!(open().await.len(), 1);
    let done = office.answer(Ask::Approve { no: proposal.no }, budi).await.unwrap();
    let Answer::CarriedOut { reply: AdminReply::Ruled(ruled), .. } = done else {
        panic!("{done:?}")
    };
    assert_eq!((ruled.state.as_str(), ruled.amount), ("theirs", 70_000));
    assert!(open().await.is_empty());
    let said = gateway.read(move |reader| reader.said_of_line(no)).await.unwrap().unwrap();
    assert!(said.reason.contains("by user-1001 (uid 1001)"), "{}", said.reason);
    let balances = gateway.read(|reader| reader.balances()).await.unwrap();
    let difference =
        balances.iter().find(|(account, _)| *account == LedgerAccount::ReconciliationDifference);
    assert_eq!(difference.map(|(_, sum)| sum.get()), Some(-70_000));
    gateway.stop();
    committer.join().unwrap().unwrap();
}
