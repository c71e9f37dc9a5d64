"""What was written down by those who were answered, beside what is in the database."""

import collections

from load import Story
from members import Cluster
from shop import Caller, Shop

PAID = 3


def audit(cluster: Cluster, shop: Shop, stories: list[Story]) -> list[str]:
    """Everything that is wrong; nothing, one hopes."""
    wrong = []
    primary = cluster.primary()
    rows = primary.ask("select order_id, code, amount, state, sale_no is not null from payment", "gerai")
    found = {}
    for order, code, amount, state, has_sale in rows:
        if order in found:
            wrong.append(f"{order}: two payments")
        found[order] = (code, amount, state, has_sale)
    for story in stories:
        row = found.pop(story.order, None)
        if story.code is not None and row is None:
            wrong.append(f"{story.order}: acknowledged as open, and not there")
        elif story.code is not None and row[:2] != (story.code, story.amount):
            wrong.append(f"{story.order}: another code or amount: {row}")
        elif story.answer is not None and row[2:] != (PAID, True):
            wrong.append(f"{story.order}: acknowledged as paid, and its row is {row}")
        elif row is not None and story.answer is None and row[2] == PAID and story.sale_at is None:
            wrong.append(f"{story.order}: paid by nobody")
    wrong += [f"{order}: nobody has opened it" for order in found]
    wrong += sales(cluster, stories)
    wrong += answers(shop, stories)
    is_clean, said = shop.verify()
    if not is_clean:
        wrong.append(f"gerai verify: {said}")
    return wrong


def sales(cluster: Cluster, stories: list[Story]) -> list[str]:
    """One sale for each payment, nothing happened twice to one, and no cash is left over."""
    primary = cluster.primary()
    keys = collections.Counter(key for (key,) in primary.ask("select sale_key from sale", "gerai"))
    sent = {f"S-{story.order}" for story in stories if story.sale_at is not None}
    wrong = [f"sale {key}: no till sent it" for key in keys if key not in sent]
    wrong += [f"sale {key}: booked {times} times" for key, times in keys.items() if times > 1]
    doubled = primary.ask(
        "select payment_no, kind from event where sale_no is not null group by 1, 2 having count(*) > 1", "gerai"
    )
    wrong += [f"payment {no}: event {kind} twice" for no, kind in doubled]
    left = primary.ask("select count(*) from unapplied", "gerai")[0][0]
    return wrong + ([f"{left} times cash that fits no payment"] if left else [])


def answers(shop: Shop, stories: list[Story], some=500) -> list[str]:
    """The API says the same as the rows, and a sale that is sent again gets the same bytes: of some."""
    wrong = []
    caller = Caller(shop)
    done = [story for story in stories if story.answer is not None]
    for story in done[:: max(1, len(done) // some)]:
        said = caller.status(story.order)
        if (said.get("transaction_id"), said.get("transaction_status")) != (story.id, "settlement"):
            wrong.append(f"{story.order}: its status is {said}")
        if caller.pay(story.order, story.code, story.amount, story.sale_at) != story.answer:
            wrong.append(f"{story.order}: the same sale got another answer")
    return wrong
