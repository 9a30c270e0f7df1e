"""One person's way through a study: in by a link, through whatever is asked, from task to task, and out at the end."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic

from collection.simulation import form_filling, pages, words
from collection.simulation.browser import Browser, Connections, LeadsElsewhere, NothingAnswers, Page
from collection.simulation.pages import Step
from collection.simulation.person import Person

MOST_PAGES = 100
"""Pages between two choices: a person who sees more goes round in circles."""

MOST_ATTEMPTS = 5
"""How often a form is filled in again that was not taken."""

MOST_LEFT = 3
"""Conversations in a row that somebody leaves because they have no answers, before they leave altogether."""

REFUSED = 422


class End(Enum):
    """How a visit ended."""

    FINISHED = "finished"  # saw the last page
    SCREENED_OUT = "screened out"  # there was no place for them
    STOPPED = "stopped"  # a rule of the study gives them nothing more
    VANISHED = "vanished"  # closed the page in the middle of a task and never came back
    STUCK = "stuck"  # something went wrong


LAST_PAGES = {"/finished/": End.FINISHED, "/screened-out/": End.SCREENED_OUT, "/standing/": End.STOPPED}
"""Pages from which a visit does not go on."""

DEVICES = ("phone", "tablet", "computer")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One choice that the server took."""

    message: str
    shown: Sequence[str]
    place: int | None
    """On the screen, from 0; None: none of these."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast people are."""

    think_seconds: float = 0.0
    """Mean time between reading a page and sending something; each time from half of it to one and a half."""
    look_every_seconds: float = 2.0
    """Between two looks at answers that are being written, as the page itself does it."""
    patience_seconds: float = 900.0
    """How long somebody waits for answers before they take another conversation."""


@dataclass(kw_only=True)
class Diary:
    """What one person did, and what went wrong."""

    person: Person
    end: End = End.STUCK
    tasks: int = 0
    choices: list[Choice] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)
    """Beside that: reloads, double clicks, skips, times away …"""
    errors: list[str] = field(default_factory=list)


class Closed(Exception):
    """The person closed the page in the middle of a task."""


class NotAsExpected(Exception):
    """The site did something that a person cannot go on from."""


class Visit:
    """A person in a browser."""

    def __init__(self, person: Person, connections: Connections, *, pace: Pace, diary: Diary) -> None:
        self.person, self.pace, self.diary = person, pace, diary
        self._connections = connections
        self._browser = Browser(connections, language=person.language)
        self._return_link = ""
        self._habits = self._thoughts = 0
        self._shown_at = 0.0
        self._failures = self._left = 0
        self._closed_in: set[int] = set()

    async def run(self, way_in: str) -> Diary:
        """Come in by a link (a path on the site) and stay until the end; whatever goes wrong stands in the diary."""
        try:
            self.diary.end = await self._from(await self._browser.get(way_in, named="invitation"))
        except (NothingAnswers, LeadsElsewhere, NotAsExpected) as problem:
            self.diary.errors.append(f"{type(problem).__name__}: {problem}"[:300])
        return self.diary

    async def _from(self, page: Page) -> End:
        while True:
            try:
                return await self._onwards(page)
            except Closed:
                self.diary.did["closed the page"] += 1
                if not (self._return_link and self._likely("comes_back")):
                    return End.VANISHED
            await self._think()
            # Another browser, in which nothing is known of them.
            self._browser = Browser(self._connections, language=self.person.language)
            self.diary.did["came back"] += 1
            page = await self._browser.get(self._return_link, named="return")

    async def _onwards(self, page: Page) -> End:
        looked_at = choices = 0
        while looked_at < MOST_PAGES:
            self._check(page)
            if page.path in LAST_PAGES:
                return LAST_PAGES[page.path]
            page = await self._do(page)
            looked_at = looked_at + 1 if choices == len(self.diary.choices) else 0
            choices = len(self.diary.choices)
        raise NotAsExpected(f"no end is reached from {page.path}")

    async def _do(self, page: Page) -> Page:
        if page.path == "/tasks/":
            return await self._next(page)
        if page.path.startswith(("/tasks/", "/turns/")):
            return await self._task(page)
        return await self._something_else(page)

    # ---- pages of all kinds ------------------------------------------------------------------------------------------
    async def _something_else(self, page: Page) -> Page:
        """Fill in what a page asks, or take the way on that it shows."""
        found = form_filling.read(page.text())
        if found.return_link:
            self._return_link = "/return/" + found.return_link.partition("/return/")[2]
        if found.return_link and found.links:
            return await self._browser.get(found.links[0], named="tasks")
        if found.form is not None:
            return await self._fill(page, found.form)
        if found.links:
            return await self._browser.get(found.links[0], named="other page")
        raise NotAsExpected(f"there is no way on from {page.path}")

    async def _fill(self, page: Page, form: form_filling.FoundForm) -> Page:
        await self._think()
        named = page.path.strip("/").partition("/")[0] or "form"
        for attempt in range(MOST_ATTEMPTS):
            filled = form_filling.fill(form, self.person, attempt=attempt)
            answer = await self._browser.post(form.action or page.path, filled, named=named)
            if answer.status != REFUSED:
                return answer
            form = form_filling.read(answer.text()).form or form
        raise NotAsExpected(f"what was filled in at {page.path} was not taken")

    async def _next(self, page: Page) -> Page:
        await self._think()
        if self._likely("double_clicks"):
            self.diary.did["pressed next twice"] += 1
            first, second = await asyncio.gather(*(self._browser.post("/tasks/next/", {}, named="next") for _ in "12"))
            self._check(first)
            return second
        return await self._browser.post("/tasks/next/", {}, named="next")

    # ---- a task ------------------------------------------------------------------------------------------------------
    async def _task(self, page: Page) -> Page:
        self._shown_at = monotonic()
        step = pages.step(page)
        if step in {Step.COMPARE, Step.WRITE}:
            page = await self._hesitate(page)
            if page.path == "/tasks/":
                return page
            step = pages.step(page)
        self.diary.tasks += step == Step.DONE
        ways = {
            Step.COMPARE: self._compare,
            Step.WAIT: self._wait,
            Step.WRITE: self._write,
            Step.FAILED: self._try_again,
            Step.DONE: self._next,
            Step.OTHER: self._something_else,
        }
        return await ways[step](page)

    async def _compare(self, page: Page) -> Page:
        form, shown, message = pages.compare_form(page), pages.answers(page), pages.said(page)
        if not shown:
            raise NotAsExpected(f"{page.path} shows no answers")
        place = self.person.choose(shown, none_allowed=pages.none_allowed(page))
        fields = {"key": form.key, "choice": "none" if place is None else str(place)}
        fields |= self._beside(pages.asked_beside(page), place)
        fields["exposure"] = ";".join(f"{number},2000,100" for number, _text in enumerate(shown, 1))
        if ahead := pages.address(page, pages.AHEAD):
            # As the page's script does once something is chosen.
            self._check(await self._browser.post(ahead, {}, named="ahead", part=True))
        await self._think()
        chosen = "" if place is None else shown[place]
        answer = await self._explained(form, fields, chosen)
        self._failures = self._left = 0
        self.diary.choices.append(Choice(message=message[-1] if message else "", shown=shown, place=place))
        return self._at_task(answer, page)

    def _beside(self, asked: set[str], place: int | None) -> dict[str, str]:
        """Return what is said beside a choice, where the study asks."""
        said = {}
        for name in sorted(asked):
            if name.startswith("acceptable_"):
                is_chosen = name == f"acceptable_{place}"
                said[name] = "yes" if is_chosen else self.person.pick(("yes", "no", ""), name, self._occasion)
            elif name == "strength" and place is not None:
                said[name] = self.person.pick("123", name, self._occasion)
            elif name == "better" and place is None:
                said[name] = words.reason(self.person, chosen="", occasion=self._occasion, sentences=1)
        return said

    async def _explained(self, form: pages.Form, fields: dict[str, str], chosen: str) -> Page:
        """Send a choice; with more and more words where too few are not taken."""
        explains = not self.person.is_lazy and self._likely("explains")
        for sentences in range(int(explains), 1 + int(explains) + MOST_ATTEMPTS):
            why = words.reason(self.person, chosen=chosen, occasion=self._occasion, sentences=sentences)
            answer = await self._sent(form.action, {**fields, "explanation": why}, named="submit")
            if answer.status != REFUSED:
                self._check(answer)
                return answer
        raise NotAsExpected(f"the choice was not taken at {form.action}")

    async def _write(self, page: Page) -> Page:
        end = pages.address(page, pages.END)
        if end and not self._likely("goes_on"):
            await self._think()
            return self._at_task(await self._browser.post(end, {}, named="end"), page)
        form, said = pages.message_form(page), pages.said(page)
        text = words.message(self.person, said=said[-1] if said else "", occasion=self._occasion)
        await self._think()
        answer = await self._sent(form.action, {"key": form.key, "message": text}, named="message")
        self._check(answer)
        return self._at_task(answer, page)

    async def _wait(self, page: Page) -> Page:
        """Look again and again, as the page does, until the answers are there or the patience is at its end."""
        waited = 0.0
        while pages.step(page) == Step.WAIT and waited < self.pace.patience_seconds:
            await asyncio.sleep(self.pace.look_every_seconds)
            waited += self.pace.look_every_seconds
            answer = await self._browser.get(pages.address(page, pages.LOOK), named="look", part=True)
            self._check(answer)
            page = self._at_task(answer, page)
        if pages.step(page) != Step.WAIT:
            return page
        self.diary.errors.append(f"no answers after {self.pace.patience_seconds:.0f} seconds at {page.path}")
        return await self._leave_without_answers(page)

    async def _try_again(self, page: Page) -> Page:
        """Ask once more for answers that could not be written; the second time take another conversation."""
        self.diary.did["answers that could not be written"] += 1
        self._failures += 1
        if self._failures % 2:
            answer = await self._browser.post(pages.address(page, pages.RETRY), {}, named="retry", part=True)
            self._check(answer)
            return self._at_task(answer, page)
        return await self._leave_without_answers(page)

    async def _leave_without_answers(self, page: Page) -> Page:
        self._left += 1
        if self._left > MOST_LEFT:
            raise NotAsExpected(f"gave up after {MOST_LEFT} conversations without answers")
        return await self._skip(page, reason="failed")

    async def _skip(self, page: Page, *, reason: str) -> Page:
        self.diary.did["skipped"] += 1
        return await self._browser.post(f"{page.path}skip/", {"reason": reason}, named="skip")

    @property
    def _occasion(self) -> str:
        return str(len(self.diary.choices))

    # ---- what people do besides --------------------------------------------------------------------------------------
    async def _hesitate(self, page: Page) -> Page:
        """Close the page, skip the task, reload, leave a draft behind: whatever happens before something is sent."""
        task = self.diary.tasks
        if task not in self._closed_in and self.person.does(self.person.temper.drop_out, "drop_out", task):
            self._closed_in.add(task)
            raise Closed
        if self._likely("skips"):
            return await self._skip(page, reason="other")
        if self._likely("reloads"):
            self.diary.did["reloaded"] += 1
            page = await self._browser.get(page.path, named="reload")
            self._check(page)
        draft = pages.address(page, pages.DRAFT)
        if draft and self._likely("drafts"):
            number = pages.address(page, pages.TURN_NUMBER)
            self._check(await self._browser.post(draft, {"turn_number": number}, named="draft", part=True))
        return page

    async def _sent(self, action: str, fields: dict[str, str], *, named: str) -> Page:
        """Send a form as the page's script does, with what it measures; now and then twice at the same moment."""
        visible = f"{monotonic() - self._shown_at:.1f}"
        device = self.person.pick(DEVICES, "device")
        fields = {**fields, "device": device, "seconds_visible": visible, "pasted": "0"}
        if not self._likely("double_clicks"):
            return await self._browser.post(action, fields, named=named, part=True)
        self.diary.did["pressed a button twice"] += 1
        twice = (self._browser.post(action, fields, named=named, part=True) for _ in "12")
        first, second = await asyncio.gather(*twice)
        return first if not first.is_shown else second

    async def _think(self) -> None:
        if self.pace.think_seconds:
            self._thoughts += 1
            await asyncio.sleep(self.pace.think_seconds * (0.5 + self.person.share("thinks", self._thoughts)))

    def _likely(self, habit: str) -> bool:
        """Whether a habit of the crowd's temper shows this time."""
        self._habits += 1
        return self.person.does(getattr(self.person.temper, habit), habit, self._habits)

    def _check(self, page: Page) -> None:
        if not page.is_shown:
            raise NotAsExpected(f"{page.status} at {page.path}")

    def _at_task(self, part: Page, page: Page) -> Page:
        """Return a part of a page as the page that shows it now, at its own address."""
        path = page.path if page.path.startswith("/tasks/") else part.path
        return Page(status=part.status, path=path, body=part.body, seconds=part.seconds)
