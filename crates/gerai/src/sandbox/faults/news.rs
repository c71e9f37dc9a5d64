//! What the worker that tells merchants asks about each attempt.

use domain::time::Timestamp;
use gateway::request::Delivery;

use super::{
    fault::NewsFault,
    scripts::{Scripts, Waits},
};
use crate::notify::{Copies, Manner, Passage, Plan};

/// Nothing goes wrong.
const PLAIN: Plan = Plan::Make(Manner::Plain);

impl Passage for Scripts {
    fn plan(&self, delivery: &Delivery, now: Timestamp) -> Plan {
        let mut book = self.lock();
        match book.waits(delivery.no, now) {
            Waits::Until(until, why) => return Plan::PutOff(until, why),
            Waits::NoMore => return PLAIN,
            Waits::No => {}
        }
        let Some((fault, chance, whose)) = book.strike_news(delivery, now) else {
            return PLAIN;
        };
        match fault {
            NewsFault::Suppressed => Plan::Make(Manner::Lost(format!(
                "Lost on its way, as {whose} wants: nothing was sent."
            ))),
            NewsFault::SuppressedForever => Plan::GiveUp(format!(
                "Lost on its way for good, as {whose} wants: nothing was sent, and nothing follows."
            )),
            NewsFault::Duplicated(count) => Plan::Make(Manner::Copied(Copies {
                count,
                reason: format!(
                    "A copy, as {whose} wants. What follows is by the attempt before it."
                ),
            })),
            NewsFault::Delayed(range) => {
                let until = now.plus(range.draw(chance));
                let why = format!("Put off, as {whose} wants: nothing was sent.");
                book.hold(delivery, until, why.clone(), false);
                Plan::PutOff(until, why)
            }
            NewsFault::Reordered(longest) => {
                let until = now.plus(longest);
                let why = format!(
                    "Held back until newer news of the payment is sent, as {whose} wants: nothing was \
                     sent."
                );
                book.hold(delivery, until, why.clone(), true);
                Plan::PutOff(until, why)
            }
        }
    }

    fn held_behind(&self, delivery: &Delivery) -> Vec<Delivery> {
        self.lock().take_behind(delivery)
    }
}
