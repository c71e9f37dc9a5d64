//! Commands that wait for a second person.

use storage::{DirectoryWrite, Person, ProposalRow, ProposalState, StorageError, Writes};

use super::bench::{Writer, everywhere};
use crate::rows::at;

fn person(uid: u32) -> Person {
    Person { uid, name: format!("user-{uid}") }
}

fn open(no: i64) -> ProposalRow {
    ProposalRow {
        no,
        command: "\"rotate\"".to_owned(),
        proposed_by: person(1_001),
        proposed_at: at(10),
        reason: "ticket 17".to_owned(),
        expires_at: at(20),
        state: ProposalState::Open,
        decided: None,
        why: None,
    }
}

fn decided(row: &ProposalRow, state: ProposalState, uid: u32) -> ProposalRow {
    ProposalRow { state, decided: Some((person(uid), at(15))), ..row.clone() }
}

fn put(writer: &mut Writer, row: &ProposalRow) -> Result<(), StorageError> {
    let directory = vec![DirectoryWrite::Proposal(row.clone())];
    writer.commit(&Writes { directory, ..Writes::default() })
}

#[test]
fn proposals_come_back_and_go_forward_only() {
    everywhere("proposals", |writer| {
        let rows: Vec<_> = (1..=4).map(open).collect();
        for row in &rows {
            put(writer, row).unwrap();
        }
        let mut first = decided(&rows[0], ProposalState::Approved, u32::MAX);
        put(writer, &first).unwrap();
        first.state = ProposalState::Failed;
        first.why = Some("there is no such merchant".to_owned());
        put(writer, &first).unwrap();
        let second = decided(&rows[1], ProposalState::Rejected, 1_001);
        put(writer, &second).unwrap();

        let reader = writer.reader().unwrap();
        assert_eq!(reader.proposal(1).unwrap().as_ref(), Some(&first));
        assert_eq!(reader.proposal(5).unwrap(), None);
        assert_eq!(reader.proposals_open(9).unwrap(), rows[2..]);
        assert_eq!(reader.proposals_open(1).unwrap(), rows[2..3]);
        let newest = [rows[3].clone(), rows[2].clone(), second.clone(), first.clone()];
        assert_eq!(reader.proposals(9).unwrap(), newest);

        for (row, why) in [
            (decided(&rows[2], ProposalState::Approved, 1_001), "approved by its proposer"),
            (decided(&rows[2], ProposalState::Done, 1_001), "carried out by its proposer"),
            (ProposalRow { state: ProposalState::Approved, ..rows[2].clone() }, "by nobody"),
            (ProposalRow { command: "other".to_owned(), ..rows[2].clone() }, "another command"),
            (ProposalRow { decided: None, state: ProposalState::Open, ..first }, "open again"),
            (decided(&second, ProposalState::Approved, 7), "rejected, then approved"),
            (ProposalRow { expires_at: at(10), ..open(9) }, "expired at once"),
        ] {
            assert!(put(writer, &row).is_err(), "{why}");
        }
        assert_eq!(writer.reader().unwrap().proposals(9).unwrap(), newest);
    });
}
