//! Crowds that hang, and who waits behind them.

use super::*;

/// Every attempt that has been under way for so long has failed.
fn time_out(world: &mut World, after: Span) {
    let now = world.now;
    let (over, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut world.under_way)
        .into_iter()
        .partition(|(_, began_at)| now.since(*began_at) >= after);
    world.under_way = over;
    world.ends(|_| true, Outcome::Failed(Fault::TimedOut));
    world.under_way = rest;
}

/// Vendors give up on an attempt after at most so long.
const TIME_OUT: Span = Span::seconds(15);

/// Ten thousand endpoints of which nothing is known come before one that answers, and none of the others
/// ever does: how many seconds it waits.
#[test]
fn an_endpoint_behind_ten_thousand_strangers_that_hang_waits_for_twenty_seconds() {
    let mut world = World::new(LIMITS);
    for number in 2..10_002 {
        world.brings(number, number, 8);
    }
    world.brings(1, 1, 1);
    let mut seconds = 0;
    while !world.begin().contains_key(&endpoint(1)) {
        world.a_second_passes();
        time_out(&mut world, TIME_OUT);
        seconds += 1;
        assert!(seconds <= 20, "still not");
    }
    assert!(seconds > 10, "the documentation can promise more: {seconds}");
}

#[test]
fn those_that_were_silent_before_a_start_hold_up_nobody_after_it() {
    let mut world = World::new(LIMITS);
    for number in 2..10_002 {
        let (endpoint, account) = (endpoint(number), AccountNo::new(number));
        world.rows.insert(endpoint, (account, 8));
        let waiting = Waiting { endpoint, account, due_at: world.now };
        let chance = u16::try_from(number * 6).unwrap();
        world.lanes.brought_silent(waiting, world.now, chance);
    }
    world.brings(1, 1, 1);
    assert!(world.lanes.failing().len() == 10_000 && world.lanes.open() == 10_000);
    assert_eq!(world.look().get(&endpoint(1)), Some(&1), "at once");
    // The others are probed, one attempt each, within a minute as far as there is room.
    let mut probed = 0;
    for _ in 0..60 {
        world.a_second_passes();
        time_out(&mut world, TIME_OUT);
        let begun = world.begin();
        assert!(begun.values().all(|count| *count == 1));
        probed += begun.len();
    }
    assert!(probed > 4_000, "{probed}");
    // Whoever answers is let in again.
    world.ends(|_| true, Outcome::Answered);
    assert!(world.lanes.open() < 10_000);
}

/// As when a company at which ten thousand merchants have their servers goes down.
#[test]
fn ten_thousand_that_were_quick_and_hang_all_at_once_hold_up_nobody_else() {
    let mut world = World::new(LIMITS);
    for first in (1..10_002).step_by(500) {
        for number in first..(first + 500).min(10_002) {
            world.brings(number, number, 1);
        }
        world.begin();
        world.ends(|_| true, Outcome::Answered);
    }
    // This one always takes a second and a half, and nobody waits for it.
    let slow = 10_001;
    world.brings(slow, slow, 1);
    world.begin();
    world.a_second_passes();
    world.ends(|number| number == slow, Outcome::Answered);
    let mut next = 2;
    for second in 0..60 {
        for _ in 0..5 {
            // A thousand a second go to the others.
            for _ in 0..200 {
                world.brings(next, next, 1);
                next = if next == slow - 1 { 2 } else { next + 1 };
            }
            world.brings(1, 1, 8);
            assert_eq!(world.begin().get(&endpoint(1)), Some(&8), "in second {second}");
            world.ends(|number| number == 1, Outcome::Answered);
        }
        world.brings(slow, slow, 1);
        let begun = world.begin();
        // After ten seconds each of the others is known to be slow, and has its share of that room.
        assert!(second >= 10 || begun.get(&endpoint(slow)) == Some(&1), "in second {second}");
        world.a_second_passes();
        world.ends(|number| number == slow, Outcome::Answered);
        time_out(&mut world, TIME_OUT);
        let under_way: usize = Standing::ALL.map(|room| world.lanes.under_way(room)).iter().sum();
        assert!(under_way <= LIMITS.all + LIMITS.hanging, "{under_way}");
    }
}

#[test]
fn an_endpoint_that_waits_for_its_account_is_not_forgotten_when_another_has_nothing_to_send() {
    let mut world = World::new(Limits { account: 1, ..LIMITS });
    world.brings(1, 1, 1);
    assert_eq!(world.begin().len(), 1);
    // Both wait for the account's only place.
    world.brings(2, 1, 1);
    world.brings(3, 1, 1);
    assert!(world.begin().is_empty());
    // What waited for the first of them was withdrawn meanwhile.
    world.rows.get_mut(&endpoint(2)).unwrap().1 = 0;
    world.ends(|number| number == 1, Outcome::Answered);
    let mut begun = world.begin();
    begun.extend(world.begin());
    assert_eq!(begun.get(&endpoint(3)), Some(&1));
}
