"""Callers that open and pay, and write down every answer that they got."""

import collections
import random
import threading
import time
from dataclasses import dataclass

from members import now
from shop import Caller, Shop, Unanswered, till_clock


@dataclass
class Story:
    """One payment as its merchant and its till remember it. What is not `None` was acknowledged."""

    order: str
    amount: int
    sale_at: str | None = None
    id: str | None = None
    code: str | None = None
    answer: bytes | None = None


class Load:
    """Callers that work until they are told to stop."""

    def __init__(self, shop: Shop, callers: int, pause: float):
        self.shop, self.pause = shop, pause
        self.stories: list[list[Story]] = [[] for _ in range(callers)]
        # The instants of all acknowledgements; appending is one step for the interpreter.
        self.acknowledged: list[float] = []
        self.unanswered: list[tuple[float, str, float]] = []
        self.slowest = 0.0
        self.broken: list[BaseException] = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(n,), daemon=True) for n in range(callers)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        """Lets every caller finish the payment it is at, so that nothing stays in doubt."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(120)
            if thread.is_alive():
                raise TimeoutError("a caller gets no answer")
        if self.broken:
            raise self.broken[0]

    def work(self, number: int):
        caller, stories = Caller(self.shop), self.stories[number]
        try:
            while not self.stopping.is_set():
                story = Story(f"f-{number}-{len(stories)}", random.randrange(10_000, 1_000_000))
                stories.append(story)
                story.id, story.code = self.insist(lambda: caller.open(story.order, story.amount))
                story.sale_at = till_clock()
                story.answer = self.insist(
                    lambda: caller.pay(story.order, story.code, story.amount, story.sale_at)
                )
                time.sleep(self.pause)
        except BaseException as error:  # The main thread hears of it.
            self.broken.append(error)

    def insist(self, ask):
        """Asks until there is an answer, as merchants' and tills' programs must."""
        while True:
            asked = now()
            try:
                said = ask()
            except Unanswered as reason:
                self.unanswered.append((asked, str(reason), now() - asked))
                time.sleep(0.2)
                continue
            answered = now()
            self.acknowledged.append(answered)
            self.slowest = max(self.slowest, answered - asked)
            return said

    def wait_for_answers(self, count: int, seconds: float):
        """Until so many more were acknowledged."""
        until, begun = now() + seconds, len(self.acknowledged)
        while len(self.acknowledged) < begun + count:
            if self.broken:
                raise self.broken[0]
            if now() > until:
                raise TimeoutError(f"writes are not back within {seconds} s")
            time.sleep(0.05)

    def silence(self, since: float) -> tuple[float, float]:
        """The longest time without an acknowledgement after that instant: how long it was, and how long after
        the instant it ended."""
        instants = [at for at in list(self.acknowledged) if at > since - 15]
        gaps = [(after - before, after - since) for before, after in zip(instants, instants[1:]) if after > since]
        return max(gaps, default=(float("inf"), float("inf")))

    def reasons(self, since: float) -> dict[str, int]:
        """Why there was no answer, and how often."""
        return dict(collections.Counter(why for at, why, _ in list(self.unanswered) if at >= since - 15))
