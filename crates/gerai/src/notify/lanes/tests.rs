//! Turns on a clock that is told: who is served beside whom, and how soon.

mod crowds;

use super::{super::breaker::Fault, *};

const START: Timestamp = Timestamp::from_millis(1_000_000);

const LIMITS: Limits = Limits { all: 4_096, endpoint: 64, account: 256, hanging: 8_192 };

fn endpoint(number: i64) -> EndpointNo {
    EndpointNo::new(number)
}

/// Rows of endpoints, and attempts that are under way: what storage and network are otherwise.
struct World {
    lanes: Lanes,
    now: Timestamp,
    /// How many rows are due of each endpoint, and for which account.
    rows: HashMap<EndpointNo, (AccountNo, usize)>,
    under_way: Vec<(Ticket, Timestamp)>,
}

impl World {
    fn new(limits: Limits) -> Self {
        let (rows, under_way) = (HashMap::new(), Vec::new());
        Self { lanes: Lanes::new(limits), now: START, rows, under_way }
    }

    fn brings(&mut self, number: i64, account: i64, count: usize) {
        let (endpoint, account) = (endpoint(number), AccountNo::new(account));
        self.rows.entry(endpoint).or_insert((account, 0)).1 += count;
        self.lanes.brought(Waiting { endpoint, account, due_at: self.now }, self.now);
    }

    fn waiting(&self, number: i64) -> usize {
        self.rows.get(&endpoint(number)).map_or(0, |(_, count)| *count)
    }

    fn wait(&mut self, span: Span) {
        self.now = self.now.plus(span);
    }

    /// One look at the rows; how many attempts began to each endpoint.
    fn look(&mut self) -> HashMap<EndpointNo, usize> {
        let mut begun = HashMap::new();
        for grant in self.lanes.turns(self.now, 512) {
            let endpoint = grant.turn.endpoint;
            let (account, rows) = self.rows[&endpoint];
            let found = rows.min(if grant.is_probe { 1 } else { grant.turn.count_max });
            let next = (rows > found).then_some(self.now);
            let accounts = vec![account; found];
            for ticket in self.lanes.claimed(&grant, &accounts, next, false, self.now) {
                // What may not be sent stays where it is.
                let Some(ticket) = ticket else { continue };
                self.rows.get_mut(&endpoint).unwrap().1 -= 1;
                *begun.entry(endpoint).or_default() += 1;
                self.under_way.push((ticket, self.now));
            }
        }
        begun
    }

    /// Looks until nothing more may begin.
    fn begin(&mut self) -> HashMap<EndpointNo, usize> {
        let mut begun: HashMap<EndpointNo, usize> = HashMap::new();
        for _ in 0..1_000 {
            let more = self.look();
            if more.is_empty() {
                return begun;
            }
            for (endpoint, count) in more {
                *begun.entry(endpoint).or_default() += count;
            }
        }
        panic!("there is no end of it");
    }

    /// Every attempt to these endpoints is over. What is not delivered waits again.
    fn ends(&mut self, which: impl Fn(i64) -> bool, outcome: Outcome) -> Vec<Change> {
        let (over, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.under_way)
            .into_iter()
            .partition(|(ticket, _)| which(ticket.endpoint.get()));
        self.under_way = rest;
        let mut changes = Vec::new();
        for (ticket, began_at) in over {
            let heard = Heard {
                outcome,
                was_slow: ticket.is_slow(),
                is_probe: ticket.is_probe,
                began_at,
                now: self.now,
                chance: u16::MAX,
            };
            changes.push(self.lanes.ended(&ticket, &heard));
            if outcome != Outcome::Answered {
                self.brings(ticket.endpoint.get(), self.rows[&ticket.endpoint].0.get(), 1);
            }
        }
        changes
    }

    /// A second has passed for all that is under way.
    fn a_second_passes(&mut self) {
        self.wait(Span::seconds(1));
        for (ticket, _) in &mut self.under_way {
            self.lanes.slowed(ticket, self.now);
        }
    }
}

/// Ten thousand endpoints take everything, and none of them ever answers. One that has answered goes
/// on being told at once, however little time passes.
fn healthy_beside_those_that_hang(account_of: impl Fn(i64) -> i64) {
    let mut world = World::new(LIMITS);
    world.brings(1, 1, 1);
    world.begin();
    world.ends(|number| number == 1, Outcome::Answered);
    for number in 2..10_002 {
        world.brings(number, account_of(number), 3);
    }
    for second in 0..60 {
        for _ in 0..5 {
            world.brings(1, 1, 8);
            // The first look begins all of it: nobody else's rows are read before.
            assert_eq!(world.look().get(&endpoint(1)), Some(&8), "in second {second}");
            assert_eq!(world.waiting(1), 0);
            world.ends(|number| number == 1, Outcome::Answered);
            world.begin();
        }
        let under_way: usize = Standing::ALL.map(|room| world.lanes.under_way(room)).iter().sum();
        assert_eq!(under_way, world.under_way.len());
        assert!(under_way <= LIMITS.all + LIMITS.hanging, "{under_way}");
        world.a_second_passes();
    }
    let tried = (2..10_002).filter(|number| world.waiting(*number) < 3).count();
    assert!(tried > 1_000, "the others have their turn too: {tried}");
}

#[test]
fn ten_thousand_accounts_that_hang_hold_up_nobody_else() {
    healthy_beside_those_that_hang(|number| number);
}

#[test]
fn an_account_whose_ten_thousand_endpoints_hang_holds_up_nobody_else() {
    healthy_beside_those_that_hang(|_| 2);
}

#[test]
fn an_account_whose_other_endpoints_hang_is_told_where_it_answers() {
    healthy_beside_those_that_hang(|_| 1);
}

#[test]
fn a_newcomer_that_answers_is_told_beside_an_account_that_hangs() {
    let mut world = World::new(LIMITS);
    for number in 2..10_002 {
        world.brings(number, 2, 1);
    }
    world.begin();
    // Nobody knows it yet, but the account of the others has its own share of the unknown.
    world.brings(1, 1, 4);
    assert_eq!(world.begin().get(&endpoint(1)), Some(&4));
}

#[test]
fn those_that_turn_out_to_hang_make_room_for_those_that_were_not_heard_yet() {
    let mut world = World::new(Limits { hanging: 0, ..LIMITS });
    for number in 1..2_001 {
        world.brings(number, number, 1);
    }
    // An eighth of all is for the unknown; after a second each that hangs has left it.
    assert_eq!(world.begin().len(), 512);
    world.a_second_passes();
    assert_eq!(world.begin().len(), 512);
    world.a_second_passes();
    assert_eq!(world.begin().len(), 512);
    world.a_second_passes();
    // The room of the slow is full now: a quarter of all and what it may take beyond.
    assert_eq!(world.lanes.under_way(Standing::Slow), 1_024 + 512);
    assert!(world.begin().len() <= 464);
}

#[test]
fn an_endpoint_and_an_account_have_their_limits() {
    let mut world = World::new(LIMITS);
    world.brings(1, 1, 10_000);
    for _ in 0..12 {
        world.begin();
        world.ends(|_| true, Outcome::Answered);
    }
    assert_eq!(world.begin(), HashMap::from([(endpoint(1), LIMITS.endpoint)]));
    // Other endpoints of the account: what is left of its 256 there, and as much of the unknown.
    for number in 2..102 {
        world.brings(number, 1, 10_000);
    }
    world.begin();
    world.ends(|number| number > 1, Outcome::Answered);
    world.begin();
    assert_eq!(world.lanes.under_way(Standing::Quick), LIMITS.account);
    world.brings(200, 2, 5);
    assert_eq!(world.begin().get(&endpoint(200)), Some(&5), "another account has its own");
    // Whoever waited for the account's room is told when there is some.
    world.ends(|number| number == 1, Outcome::Answered);
    assert!(world.begin().values().sum::<usize>() >= LIMITS.endpoint);
}

#[test]
fn those_with_much_to_tell_take_turns_with_those_with_little() {
    let mut world = World::new(Limits { all: 64, endpoint: 64, account: 64, hanging: 0 });
    for number in 1..4 {
        world.brings(number, number, 1);
        world.begin();
        world.ends(|_| true, Outcome::Answered);
    }
    world.brings(1, 1, 100_000);
    for _ in 0..50 {
        world.begin();
        world.ends(|_| true, Outcome::Answered);
    }
    world.begin();
    for round in 0..10 {
        world.brings(2, 2, 1);
        world.brings(3, 3, 1);
        // Room is given back by the first; the others do not wait for all that it has.
        world.ends(|_| true, Outcome::Answered);
        let begun = world.begin();
        assert_eq!((begun[&endpoint(2)], begun[&endpoint(3)]), (1, 1), "round {round}");
    }
}

#[test]
fn an_endpoint_that_fails_is_left_alone_until_a_probe_finds_it() {
    let mut world = World::new(LIMITS);
    world.brings(1, 1, 1_000);
    let began = world.begin()[&endpoint(1)];
    assert_eq!(began, 8, "an endpoint of which nothing is known");
    let changes = world.ends(|_| true, Outcome::Failed(Fault::TimedOut));
    assert_eq!(changes.iter().filter(|change| **change == Change::Opened).count(), 1, "once");
    assert_eq!((world.lanes.open(), world.lanes.failing()), (1, vec![endpoint(1)]));
    assert_eq!(world.lanes.failures(endpoint(1)), (8, Some(START)));
    let mut pauses = Vec::new();
    for _ in 0..8 {
        assert!(world.begin().is_empty());
        let wakes_at = world.lanes.wakes_at().unwrap();
        pauses.push(wakes_at.since(world.now).as_millis() / 1_000);
        world.now = wakes_at;
        // Half open: one, however much waits.
        assert_eq!(world.begin(), HashMap::from([(endpoint(1), 1)]));
        assert_eq!(world.lanes.under_way(Standing::Slow), 1);
        world.ends(|_| true, Outcome::Failed(Fault::Unreachable));
    }
    assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 180, 180]);
    world.now = world.lanes.wakes_at().unwrap();
    world.begin();
    assert_eq!(world.ends(|_| true, Outcome::Answered), [Change::Closed]);
    assert_eq!(world.lanes.open(), 0);
    // It drains faster and faster, up to the limit of an endpoint.
    let mut rounds = Vec::new();
    while world.waiting(1) > 0 {
        rounds.push(world.begin()[&endpoint(1)]);
        world.ends(|_| true, Outcome::Answered);
    }
    assert_eq!(rounds[..6], [2, 4, 8, 16, 32, 64], "{rounds:?}");
    assert!(rounds.len() < 25, "{rounds:?}");
}

#[test]
fn news_that_is_due_tomorrow_is_what_a_probe_brings_when_there_is_no_other() {
    let mut world = World::new(LIMITS);
    world.brings(1, 1, 5);
    world.begin();
    world.ends(|_| true, Outcome::Failed(Fault::Unreachable));
    assert_eq!(world.lanes.open(), 1);
    world.now = world.lanes.wakes_at().unwrap();
    let grant = world.lanes.turns(world.now, 512)[0];
    assert!(grant.is_probe && grant.turn.until > world.now.plus(Span::days(10)));
    // All of it waits for its retries.
    world.lanes.claimed(&grant, &[], Some(world.now.plus(Span::days(1))), false, world.now);
    let grant = world.lanes.turns(world.now, 512)[0];
    assert!(grant.is_probe);
    // Nothing is there any more: it was given up. The lane rests until there is news.
    world.lanes.claimed(&grant, &[], None, false, world.now);
    assert_eq!(world.lanes.wakes_at(), None);
    assert!(world.begin().is_empty());
    world.brings(1, 1, 1);
    assert_eq!(world.begin()[&endpoint(1)], 1);
}

#[test]
fn an_endpoint_that_asks_for_patience_gets_it_and_others_do_not() {
    for (asked, seconds) in [
        (None, 1),
        (Some(Span::seconds(30)), 30),
        (Some(Span::millis(1)), 1),
        // Others may be behind the same host.
        (Some(Span::days(1)), 300),
    ] {
        let mut world = World::new(LIMITS);
        world.brings(1, 1, 1_000);
        world.brings(2, 2, 1_000);
        assert_eq!(world.begin()[&endpoint(1)], 8);
        world.ends(|number| number == 1, Outcome::TooMuch(asked));
        world.ends(|number| number == 2, Outcome::Answered);
        let begun = world.begin();
        assert_eq!(begun.get(&endpoint(1)), None, "{asked:?}");
        assert_eq!(begun[&endpoint(2)], 16);
        world.ends(|_| true, Outcome::Answered);
        world.wait(Span::seconds(seconds).plus(Span::millis(-1)));
        assert_eq!(world.begin().get(&endpoint(1)), None, "{asked:?}");
        world.wait(Span::millis(1));
        // Eight at a time have become half of it and a little, however many said so together.
        let again = world.begin()[&endpoint(1)];
        assert!((4..=12).contains(&again), "{asked:?}: {again}");
        assert_eq!(world.lanes.open(), 0, "somebody is there");
    }
}

#[test]
fn patience_doubles_while_nothing_else_is_said() {
    let mut world = World::new(LIMITS);
    world.brings(1, 1, 1_000);
    let mut pauses = Vec::new();
    for _ in 0..11 {
        world.begin();
        world.ends(|_| true, Outcome::TooMuch(None));
        let wakes_at = world.lanes.wakes_at().unwrap();
        pauses.push(wakes_at.since(world.now).as_millis() / 1_000);
        world.now = wakes_at;
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    assert!(world.begin()[&endpoint(1)] <= 8);
    world.ends(|_| true, Outcome::Answered);
    world.begin();
    world.ends(|_| true, Outcome::TooMuch(None));
    let pause = world.lanes.wakes_at().unwrap().since(world.now);
    assert_eq!(pause, Span::seconds(1), "an answer begins it anew");
}

#[test]
fn a_slow_endpoint_has_its_own_room_and_comes_back_out_of_it() {
    let mut world = World::new(LIMITS);
    world.brings(1, 1, 1);
    world.begin();
    world.a_second_passes();
    world.ends(|_| true, Outcome::Answered);
    for (count, room) in [(1, Standing::Slow), (1, Standing::Unknown), (1, Standing::Quick)] {
        world.brings(1, 1, count);
        world.begin();
        assert_eq!(world.lanes.under_way(room), 1, "{room:?}");
        world.ends(|_| true, Outcome::Answered);
    }
}

#[test]
fn what_was_held_up_is_looked_at_when_something_was_reported_or_a_second_later() {
    let mut world = World::new(LIMITS);
    let number = endpoint(1);
    world.brings(1, 1, 1);
    let look = |world: &mut World| world.lanes.turns(world.now, 512);
    let grant = look(&mut world)[0];
    world.lanes.claimed(&grant, &[], None, true, world.now);
    assert!(look(&mut world).is_empty());
    world.lanes.reported(number, world.now);
    let grant = look(&mut world)[0];
    world.lanes.claimed(&grant, &[], None, true, world.now);
    assert!(look(&mut world).is_empty());
    world.wait(Span::seconds(1));
    let grant = look(&mut world)[0];
    // What a commit brings while rows are being read may not be among them.
    world.brings(1, 1, 1);
    world.lanes.claimed(&grant, &[], None, false, world.now);
    assert_eq!(look(&mut world).len(), 1);
}

#[test]
fn retries_wake_their_endpoint_when_they_are_due() {
    let mut world = World::new(LIMITS);
    world.brings(1, 1, 1);
    let grant = world.lanes.turns(world.now, 512)[0];
    let later = START.plus(Span::minutes(2));
    world.lanes.claimed(&grant, &[], Some(later), false, world.now);
    assert_eq!(world.lanes.wakes_at(), Some(later));
    // A commit makes something due sooner.
    let sooner = START.plus(Span::seconds(3));
    let waiting = Waiting { endpoint: endpoint(1), account: AccountNo::new(1), due_at: sooner };
    world.lanes.brought(waiting, world.now);
    assert_eq!(world.lanes.wakes_at(), Some(sooner));
    world.now = sooner;
    assert_eq!(world.begin()[&endpoint(1)], 1);
}

#[test]
fn endpoints_of_which_nothing_waits_are_forgotten_when_there_are_very_many() {
    let mut world = World::new(LIMITS);
    world.brings(1, 1, 1);
    world.begin();
    world.ends(|_| true, Outcome::Failed(Fault::Unreachable));
    for number in 2..2 * i64::try_from(KEPT_MAX).unwrap() {
        world.brings(number, number, 1);
        world.begin();
        world.ends(|number| number > 1, Outcome::Answered);
    }
    assert!(world.lanes.lanes.len() <= KEPT_MAX, "{}", world.lanes.lanes.len());
    assert!(world.lanes.lanes.contains_key(&endpoint(1)), "something waits for it");
}

#[test]
fn a_days_backlog_is_told_within_ten_minutes_and_nobody_else_waits() {
    /// What an answer of that endpoint takes.
    const ANSWER: Span = Span::millis(200);
    let mut world = World::new(LIMITS);
    world.brings(2, 2, 1);
    world.begin();
    world.ends(|_| true, Outcome::Answered);
    world.brings(1, 1, 100_000);
    world.begin();
    world.ends(|_| true, Outcome::Failed(Fault::TimedOut));
    let began = world.now;
    while world.now.since(began) < Span::days(1) {
        world.now = world.lanes.wakes_at().unwrap();
        assert_eq!(world.begin().len(), 1);
        world.ends(|_| true, Outcome::Failed(Fault::TimedOut));
    }
    // It comes back just after a probe has found nobody.
    let back = world.now;
    world.now = world.lanes.wakes_at().unwrap();
    while world.waiting(1) > 0 {
        world.brings(2, 2, 1);
        assert_eq!(world.look().get(&endpoint(2)), Some(&1));
        world.ends(|number| number == 2, Outcome::Answered);
        world.begin();
        world.wait(ANSWER);
        world.ends(|number| number == 1, Outcome::Answered);
    }
    let took = world.now.since(back);
    assert!(took < Span::minutes(10), "{took:?}");
}
