//! Money that two nodes are asked to spend at the same time.

use domain::{ledger::Transfer, money::Rupiah, sale::Operation as O, time::Span};
use gateway::request::{MatchLine, MatchRequest, Movement, MovementRequest, PostedFile};
use testkit::{ACCOUNT, START, key};

use crate::{
    scene::{Scene, rupiah},
    shared::Nodes,
};

const BY: &str = "budi (uid 1001)";

async fn pass(nodes: &Nodes, span: Span) {
    for node in &nodes.nodes {
        node.gateway.clock().advance(span);
    }
    // Both do the household's work at the same time, as they may: each thing is decided once.
    for _ in 0..6 {
        let (one, two) = tokio::join!(
            nodes[0].gateway.sweep(nodes[0].now()),
            nodes[1].gateway.sweep(nodes[1].now())
        );
        one.unwrap();
        two.unwrap();
    }
}

async fn moves(node: &Scene, movement: Movement) -> bool {
    let request =
        MovementRequest { movement, by: BY.to_owned(), reason: None, received_at: node.now() };
    node.gateway.move_money(request).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_is_paid_once_and_what_is_there_is_spent_once() {
    let nodes = Nodes::new(2);
    let mut lines = Vec::new();
    for no in 0..4 {
        let view = nodes[no].open(&format!("order-{no}"), "alfamart").await;
        nodes[no + 1].outcome(O::Payment, &view, &format!("S-{no}")).await.unwrap();
        lines.push(MatchLine {
            payment: view.payment.no,
            line: Some(i64::try_from(no).unwrap() + 1),
            commission: Rupiah::ZERO,
        });
    }
    pass(&nodes, Span::minutes(31)).await;
    let file = PostedFile {
        retailer: key("alfamart"),
        business_date: START.business_date(),
        revision: 1,
        name: "ALFA1.csv".to_owned(),
        profile: "alfa".to_owned(),
        sha256: [1; 32],
        lines: 4,
        total: 0,
        by: BY.to_owned(),
        at: nodes[0].now(),
    };
    let file = nodes[0].gateway.post_file(file).await.unwrap();
    let request = MatchRequest { file, lines, at: nodes[1].now() };
    nodes[1].gateway.match_payments(request).await.unwrap();
    pass(&nodes, Span::days(2)).await;

    // The retailer owes 200,000 for that day: two transfers of 150,000 are one too many.
    let fund = |reference: &str| Movement::Fund {
        transfer: Transfer {
            retailer: key("alfamart"),
            business_date: START.business_date(),
            amount: rupiah(150_000),
            commission: Rupiah::ZERO,
        },
        reference: reference.to_owned(),
        keep_difference: false,
    };
    let (one, two) = tokio::join!(moves(&nodes[0], fund("BCA-1")), moves(&nodes[1], fund("BCA-2")));
    assert!(one != two, "{one} {two}");
    let rest = Movement::Fund {
        transfer: Transfer {
            retailer: key("alfamart"),
            business_date: START.business_date(),
            amount: rupiah(50_000),
            commission: Rupiah::ZERO,
        },
        reference: "BCA-3".to_owned(),
        keep_difference: false,
    };
    assert!(moves(&nodes[1], rest).await);
    for _ in 0..6 {
        pass(&nodes, Span::days(1)).await;
    }

    // 200,000 are available: of six payouts of 70,000, asked for at both nodes, two go through.
    let mut paid = 0;
    for round in 0..3 {
        let pay_out = |node: usize| Movement::PayOut {
            account: ACCOUNT,
            amount: rupiah(70_000),
            reference: format!("P-{round}-{node}"),
        };
        let (one, two) = tokio::join!(moves(&nodes[0], pay_out(0)), moves(&nodes[1], pay_out(1)));
        paid += usize::from(one) + usize::from(two);
    }
    assert_eq!(paid, 2);
    assert_eq!(nodes.psql("select count(*) from payout"), "2");
    nodes.assert_sound().await;
}
