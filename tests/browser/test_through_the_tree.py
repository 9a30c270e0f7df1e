"""A whole task through the accessibility tree alone: what a screen reader is told is all there is to go by."""

import time

import pytest

from collection.models import Comparison, Turn
from tests.browser.test_annotating import open_task
from tests.factories import StudyFactory, TaskFactory, TurnFactory, make_ready

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 15


class Tree:
    """Reads a page, and acts on it, by roles and names only."""

    def __init__(self, page):
        self._session = page.context.new_cdp_session(page)
        self._page = page

    def nodes(self):
        found = self._session.send("Accessibility.getFullAXTree")["nodes"]
        return [node for node in found if not node["ignored"]]

    def find(self, role, name):
        self._until(lambda: len(self._fit(role, name)) == 1, (role, name))
        return self._fit(role, name)[0]

    def _fit(self, role, name):
        return [node for node in self.nodes() if _role(node) == role and name in _name(node)]

    def _until(self, holds, what):
        until = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > until:
                pytest.fail(f"{what} is not in {[(_role(node), _name(node)) for node in self.nodes()]}")
            self._page.wait_for_timeout(50)

    def press(self, role, name):
        """What a screen reader does when it is told to press something."""
        self._click(self.find(role, name))

    def write(self, role, name, text):
        self._session.send("DOM.focus", {"backendNodeId": self.find(role, name)["backendDOMNodeId"]})
        self._session.send("Input.insertText", {"text": text})

    def has_focus(self, role, name):
        """Wait until what has this role and name is where the focus is."""
        self._until(lambda: (role, True) in [(_role(one), name in _name(one)) for one in self._focused()], (role, name))

    def _focused(self):
        return [node for node in self.nodes() if _is(node, "focused", True) and _role(node) != "RootWebArea"]

    def is_checked(self, role, name):
        return _is(self.find(role, name), "checked", "true")

    def press_within(self, group, role, name):
        """The same for one of several with the same name, by the name of the group around it."""
        found = {node["nodeId"]: node for node in self.nodes()}
        within = [found[pk] for pk in _below(self.find("group", group), found)]
        (one,) = [node for node in within if (_role(node), _name(node)) == (role, name)]
        self._click(one)

    def _click(self, node):
        node = self._session.send("DOM.resolveNode", {"backendNodeId": node["backendDOMNodeId"]})["object"]
        click = "function () { this.click(); }"
        self._session.send("Runtime.callFunctionOn", {"objectId": node["objectId"], "functionDeclaration": click})


def _name(node):
    return node.get("name", {}).get("value", "")


def _role(node):
    return node["role"]["value"]


def _is(node, name, value):
    return any(each["name"] == name and each["value"]["value"] == value for each in node.get("properties", []))


def _below(node, found):
    for pk in node.get("childIds", []):
        if pk in found:
            yield pk
            yield from _below(found[pk], found)


@pytest.mark.parametrize("device", ["page", "phone_page"])
def test_a_whole_task_through_the_accessibility_tree(request, live_server, device):
    page = request.getfixturevalue(device)
    study = StudyFactory(asks={"turns": {"maximum": 2}, "also_ask": {"strength": True, "acceptable": True}})
    turn = TurnFactory(task=TaskFactory(study=study), order=[1, 3, 0, 2])
    open_task(page, live_server, turn.task)
    tree = Tree(page)
    tree.has_focus("heading", "Which answer would you rather get?")
    for label, candidate in zip("ABCD", turn.candidates_in_order(), strict=True):
        tree.find("article", f"Answer {label}")
        tree.find("StaticText", candidate.text)
        tree.find("radio", f"Choose {label}")
    tree.find("radio", "None of these")
    tree.press_within("Is answer B acceptable?", "radio", "Acceptable")
    tree.press("radio", "Choose C")
    assert tree.is_checked("radio", "Choose C")
    tree.press("radio", "Much better")
    tree.write("textbox", "What made you choose it?", "It says what to do.")
    tree.press("button", "Save and go on")
    tree.find("heading", "What would you say next?")
    tree.has_focus("heading", "What would you say next?")
    tree.write("textbox", "Your message", "And then?")
    tree.press("button", "Send")
    tree.find("heading", "The answers")
    make_ready(Turn.objects.get(number=2).candidate_set)
    tree.find("radio", "Choose A")
    tree.has_focus("heading", "Which answer would you rather get?")
    tree.press("radio", "None of these")
    tree.press("button", "Save and finish")
    tree.find("heading", "This conversation is complete")
    tree.has_focus("heading", "This conversation is complete")
    first, second = Comparison.objects.order_by("pk")
    assert (first.candidate.slot, first.explanation, first.strength) == (0, "It says what to do.", 3)
    assert first.acceptable == ["", "yes", "", ""]
    assert second.outcome == "none"
