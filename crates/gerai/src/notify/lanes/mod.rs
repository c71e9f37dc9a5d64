//! Who is told next: a lane for every endpoint, room for attempts, and turns.
//!
//! It knows no storage and no network, and is given the time: what waits is brought, [`Lanes::turns`]
//! says whose rows to look at, and what came of that and of each attempt is told back.

mod lane;
mod room;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use domain::{
    ids::AccountNo,
    time::{Span, Timestamp},
};
use gateway::outbox::{EndpointNo, Turn, Waiting};

pub(super) use self::{
    lane::{Heard, Outcome},
    room::{Limits, Standing},
};
use self::{
    lane::{Lane, Place},
    room::Room,
};
use super::breaker::Change;

/// Rows that one endpoint is granted in a turn.
const TURN_MAX: usize = 64;

/// Rows that are looked at to find a probe: those whose time is over are given up on the way.
pub(super) const PROBE_ROWS: usize = 64;

/// Endpoints of which nothing waits are remembered up to so many.
const KEPT_MAX: usize = 65_536;

/// What was left because other news of its payment goes first is looked at again after this, if
/// nothing of the endpoint is reported sooner.
const LEFT: Span = Span::seconds(1);

/// An endpoint may have so many of its rows read and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grant {
    /// What to read.
    pub(super) turn: Turn,
    /// Whether one is to be sent, to see whether somebody is there again.
    pub(super) is_probe: bool,
    /// Attempts for which room is kept.
    count: usize,
    room: Standing,
}

/// The right to make an attempt. It must be given back by [`Lanes::ended`].
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) endpoint: EndpointNo,
    account: AccountNo,
    room: Standing,
    pub(super) is_probe: bool,
    is_slow: bool,
    /// Whether it began in another room.
    is_moved: bool,
}

impl Ticket {
    /// Whether the attempt has been under way for more than a second.
    pub(super) const fn is_slow(&self) -> bool {
        self.is_slow
    }
}

/// All endpoints for which anything waits or waited not long ago.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: HashMap<EndpointNo, Lane>,
    rooms: [Room; 3],
    asleep: BTreeSet<(Timestamp, EndpointNo)>,
    limits: Limits,
    /// How many breakers are open.
    open: usize,
    /// With so many lanes, those that are idle are forgotten.
    forget_at: usize,
}

impl Lanes {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            lanes: HashMap::new(),
            rooms: Standing::ALL.map(|standing| Room::new(&limits, standing)),
            asleep: BTreeSet::new(),
            limits,
            open: 0,
            forget_at: KEPT_MAX,
        }
    }

    /// How many breakers are open.
    pub(super) const fn open(&self) -> usize {
        self.open
    }

    /// How many attempts are under way in a room.
    pub(super) fn under_way(&self, standing: Standing) -> usize {
        self.room_ref(standing).used()
    }

    /// When the next endpoint that sleeps is to be woken.
    pub(super) fn wakes_at(&self) -> Option<Timestamp> {
        self.asleep.first().map(|(at, _)| *at)
    }

    /// Whether anybody is in line for room that is there.
    pub(super) fn is_ready(&self) -> bool {
        self.rooms.iter().any(|room| room.free() > 0 && !room.ready.is_empty())
    }

    /// Endpoints whose breaker is open.
    pub(super) fn failing(&self) -> Vec<EndpointNo> {
        let open = self.lanes.iter().filter(|(_, lane)| lane.breaker.probe_at().is_some());
        open.map(|(endpoint, _)| *endpoint).collect()
    }

    /// News waits for an endpoint.
    pub(super) fn brought(&mut self, waiting: Waiting, now: Timestamp) {
        let Waiting { endpoint, account, due_at } = waiting;
        if self.lanes.len() >= self.forget_at && !self.lanes.contains_key(&endpoint) {
            self.forget();
        }
        let endpoint_max = self.limits.endpoint;
        let lane = self.lanes.entry(endpoint).or_insert_with(|| Lane::new(account, endpoint_max));
        let is_first = lane.due.is_none_or(|due| due_at < due);
        if is_first {
            lane.account = account;
            lane.due = Some(due_at);
        }
        if lane.place == Place::Claiming {
            lane.brought = Some(lane.brought.map_or(due_at, |before| before.min(due_at)));
        }
        self.place(endpoint, now);
    }

    /// News waits for an endpoint that was silent before this process started.
    pub(super) fn brought_silent(&mut self, waiting: Waiting, now: Timestamp, chance: u16) {
        let Waiting { endpoint, account, .. } = waiting;
        let endpoint_max = self.limits.endpoint;
        let lane = self.lanes.entry(endpoint).or_insert_with(|| Lane::new(account, endpoint_max));
        self.open += usize::from(lane.breaker.stay_open(now, chance));
        self.brought(waiting, now);
    }

    /// Whose rows to look at, and how many of each: those that are ready take turns, a few rows each.
    /// Each must be given back by [`Self::claimed`].
    pub(super) fn turns(&mut self, now: Timestamp, rows_max: usize) -> Vec<Grant> {
        while let Some((_, endpoint)) = self.asleep.first().copied().filter(|(at, _)| *at <= now) {
            self.place(endpoint, now);
        }
        let mut grants = Vec::new();
        for standing in Standing::ALL {
            // All of it is read before any of it is sent: the quick ones do not wait for many others.
            let mut rows = match standing {
                Standing::Quick => rows_max,
                Standing::Unknown | Standing::Slow => (rows_max / 8).max(1),
            };
            let mut in_line = self.room_ref(standing).ready.len();
            while in_line > 0 && rows > 0 && self.room_ref(standing).free() > 0 {
                in_line -= 1;
                let Some(endpoint) = self.room(standing).ready.pop_front() else { break };
                let room_each = self.room_ref(standing).free() / (in_line + 1);
                if let Some(grant) = self.grant(endpoint, standing, room_each.max(1), rows, now) {
                    // A probe looks at more than one row only where their time is over.
                    rows = rows.saturating_sub(grant.count);
                    grants.push(grant);
                }
            }
        }
        grants
    }

    /// The turn of one endpoint, unless it has nothing to send after all, or no room.
    fn grant(
        &mut self,
        endpoint: EndpointNo,
        standing: Standing,
        room_each: usize,
        rows: usize,
        now: Timestamp,
    ) -> Option<Grant> {
        let endpoint_max = self.limits.endpoint;
        let lane = self.lanes.get_mut(&endpoint)?;
        lane.place = Place::Idle;
        let free = lane.free(endpoint_max);
        let is_ready = lane.starts_at().is_some_and(|at| at <= now);
        if !is_ready || free == 0 || lane.room() != standing {
            self.place(endpoint, now);
            return None;
        }
        let account = lane.account;
        let of_account = self.room_ref(standing).free_for(account);
        if of_account == 0 {
            self.park(endpoint, standing, account);
            return None;
        }
        let lane = self.lanes.get_mut(&endpoint)?;
        let is_probe = lane.breaker.probe_at().is_some();
        let count = free.min(of_account).min(room_each).min(TURN_MAX).min(rows);
        lane.place = Place::Claiming;
        lane.brought = None;
        lane.begin(count, is_probe);
        self.room(standing).reserve(count);
        let turn = if is_probe {
            let until = Timestamp::from_millis(i64::MAX - 1);
            Turn { endpoint, count_max: PROBE_ROWS, until }
        } else {
            Turn { endpoint, count_max: count, until: now }
        };
        Some(Grant { turn, is_probe, count, room: standing })
    }

    fn park(&mut self, endpoint: EndpointNo, standing: Standing, account: AccountNo) {
        self.room(standing).wait_for(account, endpoint);
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.place = Place::InLine;
        }
    }

    /// What was found for a grant: to each account that something is to be sent for, whether it may be
    /// sent now. What may not be is still due.
    pub(super) fn claimed(
        &mut self,
        grant: &Grant,
        accounts: &[AccountNo],
        next_due: Option<Timestamp>,
        left_some: bool,
        now: Timestamp,
    ) -> Vec<Option<Ticket>> {
        let endpoint = grant.turn.endpoint;
        let mut full = None;
        let mut used = 0;
        let mut tickets = Vec::with_capacity(accounts.len());
        for account in accounts {
            let room = self.room(grant.room);
            if used >= grant.count || room.free_for(*account) == 0 {
                full = full.or(Some(*account));
                tickets.push(None);
                continue;
            }
            room.charge(*account);
            used += 1;
            tickets.push(Some(Ticket {
                endpoint,
                account: *account,
                room: grant.room,
                is_probe: grant.is_probe,
                is_slow: false,
                is_moved: false,
            }));
        }
        self.room(grant.room).unreserve(grant.count - used);
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.unbegin(grant.count - used, grant.is_probe && used == 0);
            lane.left_some |= left_some;
            let left = left_some.then(|| now.plus(LEFT));
            let full_due = full.map(|_| now);
            lane.due = [next_due, left, full_due, lane.brought.take()].into_iter().flatten().min();
            lane.place = Place::Idle;
            if let Some(account) = full {
                lane.account = account;
            }
        }
        self.place(endpoint, now);
        tickets
    }

    /// An attempt has been under way for a second: it goes on in the room of the slow, if that has any.
    pub(super) fn slowed(&mut self, ticket: &mut Ticket, now: Timestamp) {
        if ticket.is_slow {
            return;
        }
        ticket.is_slow = true;
        if let Some(lane) = self.lanes.get_mut(&ticket.endpoint) {
            lane.slowed();
        }
        if ticket.room != Standing::Slow && self.room_ref(Standing::Slow).takes_more() {
            self.leave(ticket, now);
            self.room(Standing::Slow).arrive(ticket.account);
            (ticket.room, ticket.is_moved) = (Standing::Slow, true);
        }
        self.place(ticket.endpoint, now);
    }

    /// An attempt is over. What it did to the breaker is returned.
    pub(super) fn ended(&mut self, ticket: &Ticket, heard: &Heard) -> Change {
        self.leave(ticket, heard.now);
        let endpoint_max = self.limits.endpoint;
        let Some(lane) = self.lanes.get_mut(&ticket.endpoint) else { return Change::None };
        lane.end(ticket.is_slow, ticket.is_probe);
        let change = lane.learn(heard, endpoint_max);
        match change {
            Change::Opened => self.open += 1,
            Change::Closed => self.open = self.open.saturating_sub(1),
            Change::None => {}
        }
        self.place(ticket.endpoint, heard.now);
        change
    }

    /// What came of an attempt is stored, or it was let go: what it held up may be looked at.
    pub(super) fn reported(&mut self, endpoint: EndpointNo, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
        if std::mem::take(&mut lane.left_some) {
            lane.due = Some(lane.due.map_or(now, |due| due.min(now)));
            if lane.place == Place::Claiming {
                lane.brought = Some(now);
            }
            self.place(endpoint, now);
        }
    }

    /// How often an endpoint failed in a row, and since when.
    pub(super) fn failures(&self, endpoint: EndpointNo) -> (u32, Option<Timestamp>) {
        self.lanes.get(&endpoint).map_or((0, None), |lane| lane.breaker.failures())
    }

    /// Puts a lane where it belongs: to sleep, in line for room, or aside.
    fn place(&mut self, endpoint: EndpointNo, now: Timestamp) {
        let endpoint_max = self.limits.endpoint;
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
        match lane.place {
            Place::InLine | Place::Claiming => return,
            Place::Asleep(at) => {
                self.asleep.remove(&(at, endpoint));
            }
            Place::Idle => {}
        }
        lane.place = match lane.starts_at() {
            None => Place::Idle,
            Some(at) if at > now => {
                self.asleep.insert((at, endpoint));
                Place::Asleep(at)
            }
            // One of its attempts has to be over first.
            Some(_) if lane.free(endpoint_max) == 0 => Place::Idle,
            Some(_) => {
                let room = lane.room();
                self.room(room).ready.push_back(endpoint);
                if let Some(lane) = self.lanes.get_mut(&endpoint) {
                    lane.place = Place::InLine;
                }
                return;
            }
        };
    }

    /// An attempt does not take room of its account there any more.
    fn leave(&mut self, ticket: &Ticket, now: Timestamp) {
        for next in self.room(ticket.room).leave(ticket.account, ticket.is_moved) {
            if let Some(lane) = self.lanes.get_mut(&next) {
                lane.place = Place::Idle;
            }
            self.place(next, now);
        }
    }

    fn forget(&mut self) {
        let closed = |lane: &Lane| lane.breaker.probe_at().is_none();
        self.lanes.retain(|_, lane| !(lane.is_idle() && closed(lane)));
        self.forget_at = self.lanes.len().saturating_mul(2).max(KEPT_MAX);
    }

    fn room(&mut self, standing: Standing) -> &mut Room {
        let [quick, unknown, slow] = &mut self.rooms;
        match standing {
            Standing::Quick => quick,
            Standing::Unknown => unknown,
            Standing::Slow => slow,
        }
    }

    fn room_ref(&self, standing: Standing) -> &Room {
        let [quick, unknown, slow] = &self.rooms;
        match standing {
            Standing::Quick => quick,
            Standing::Unknown => unknown,
            Standing::Slow => slow,
        }
    }
}
