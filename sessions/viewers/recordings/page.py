"""The page of a web recording, and how events change it. Nothing that an event says is believed."""

import re
from typing import Any

from sessions.viewers.recordings.canvas import Drawing, drawn
from sessions.viewers.recordings.css import Sheet, declarations
from sessions.viewers.recordings.node import ELEMENT, Node, css_of
from sessions.viewers.recordings.web_events import number

MOST_NODES = 60_000
MOST_CHARACTERS = 24 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:.-]{0,99}+")


class Page:
    """The nodes by their ids, the window's size, and the style sheets that scripts made."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        """`snapshot` is the data of a full snapshot."""
        self.root: Node | None = None
        self.nodes: dict[int, Node] = {}
        self.sheets: dict[int, Sheet] = {}
        self.characters = 0
        self.left_out = 0
        self.root = self._build(snapshot.get("node"))
        offset = snapshot.get("initialOffset")
        if self.root and isinstance(offset, dict):
            self.root.scroll = (number(offset.get("left")) or 0.0, number(offset.get("top")) or 0.0)

    def _build(self, source: object) -> Node | None:
        """A node with all that is in it."""
        top = self._node(source)
        if top is None or not isinstance(source, dict):
            return None
        waiting = [(top, _children(source))]
        while waiting:
            parent, children = waiting.pop()
            # What is built is let go: a large page would otherwise be in memory twice.
            while children:
                one = children.pop()
                child = self._node(one)
                if child and child.parent is None and child is not top:
                    parent.insert(child, None)
                    if below := _children(one):
                        waiting.append((child, below))
        return top

    def _node(self, said: object) -> Node | None:
        if not isinstance(said, dict):
            return None
        id_, kind = said.get("id"), said.get("type")
        if (
            not isinstance(id_, int)
            or not isinstance(kind, int)
            or kind not in range(6)
            or len(self.nodes) >= MOST_NODES
        ):
            self.left_out += 1
            return None
        if id_ in self.nodes:
            self.remove(id_)
        node = Node(id_, kind, _tag(said.get("tagName")), self._text(said.get("textContent")))
        node.is_svg, node.is_shadow = said.get("isSVG") is True, said.get("isShadow") is True
        attributes = said.get("attributes")
        if kind == ELEMENT and isinstance(attributes, dict):
            for name, value in attributes.items():
                self._set_attribute(node, name, value)
            node.scroll = (
                number(attributes.get("rr_scrollLeft")) or 0.0,
                number(attributes.get("rr_scrollTop")) or 0.0,
            )
        self.nodes[id_] = node
        return node

    def _text(self, value: object) -> str:
        """A text, as long as all of them together take little memory."""
        if not isinstance(value, str):
            return ""
        if self.characters + len(value) > MOST_CHARACTERS:
            self.left_out += 1
            return ""
        self.characters += len(value)
        return value

    def _set_attribute(self, node: Node, name: str, value: object) -> None:
        if not _NAME.fullmatch(name):
            return
        self.characters -= _length(node.attributes.get(name))
        if value is None or value is False:
            node.attributes.pop(name, None)
        elif isinstance(value, dict) and name == "style":
            style = declarations(str(node.attributes.get("style", "")))
            for key, change in value.items():
                _restyle(style, key, change)
            node.attributes["style"] = self._text(";".join(f"{key}:{one}" for key, one in style.items()))
        elif isinstance(value, str):
            node.attributes[name] = self._text(value)
        elif isinstance(value, bool | int | float):
            node.attributes[name] = value

    # Changes

    def mutate(self, data: dict[str, Any]) -> None:
        for one in _objects(data.get("removes")):
            self.remove(one.get("id"))
        self._add(_objects(data.get("adds")))
        for one in _objects(data.get("texts")):
            if node := self.node(one.get("id")):
                self.characters -= len(node.text)
                node.text, node.sheet = self._text(one.get("value")), None
                if node.parent:
                    node.parent.sheet = None
        for one in _objects(data.get("attributes")):
            node, attributes = self.node(one.get("id")), one.get("attributes")
            if node and isinstance(attributes, dict):
                for name, value in attributes.items():
                    self._set_attribute(node, name, value)

    def _add(self, adds: list[dict[str, Any]]) -> None:
        """Each when its parent and the node behind it are there, in whatever order they come."""
        waiting: dict[object, list[dict[str, Any]]] = {}
        ready = adds[::-1]
        while ready:
            one = ready.pop()
            missing = next((id_ for id_ in (one.get("parentId"), one.get("nextId")) if self._is_missing(id_)), None)
            if missing is not None:
                waiting.setdefault(missing, []).append(one)
                continue
            if node := self._place(one):
                ready += waiting.pop(node.id, [])[::-1]
        for left in waiting.values():
            for one in left:
                if self.node(one.get("parentId")):
                    self._place(one)
                else:
                    self.left_out += 1

    def _is_missing(self, id_: object) -> bool:
        return isinstance(id_, int) and id_ not in self.nodes

    def _place(self, one: dict[str, Any]) -> Node | None:
        node = self._build(one.get("node"))
        parent, before = self.node(one.get("parentId")), self.node(one.get("nextId"))
        if node is None or parent is None or _is_within(parent, node):
            return None
        node.detach()
        parent.insert(node, before if before and before.parent is parent else None)
        return node

    def remove(self, id_: object) -> None:
        node = self.node(id_)
        if node is None or node is self.root:
            return
        node.detach()
        waiting = [node]
        while waiting:
            gone = waiting.pop()
            if self.nodes.get(gone.id) is gone:
                del self.nodes[gone.id]
            self.characters -= len(gone.text) + sum(map(_length, gone.attributes.values()))
            self.characters -= len(gone.drawing.picture) if gone.drawing else 0
            waiting += gone.children

    def node(self, id_: object) -> Node | None:
        return self.nodes.get(id_) if isinstance(id_, int) else None

    def draw(self, data: dict[str, Any]) -> None:
        node = self.node(data.get("id"))
        if node is None or node.tag != "canvas":
            return
        before = node.drawing
        node.drawing = drawn(data, before)
        if node.drawing and node.drawing is not before:
            self.characters -= len(before.picture) if before else 0
            node.drawing = Drawing(self._text(node.drawing.picture))

    # Style sheets

    def change_rules(self, data: dict[str, Any]) -> None:
        """Rules that a script inserted or deleted, or a style sheet that it wrote anew."""
        sheet = self._sheet_of(data)
        if sheet is None:
            return
        for key in ("replace", "replaceSync"):
            if isinstance(data.get(key), str):
                sheet.replace(self._text(data[key]))
        for one in _objects(data.get("removes")):
            sheet.delete(one.get("index"))
        for one in _objects(data.get("adds")):
            sheet.insert(self._text(one.get("rule")), one.get("index"))

    def change_declaration(self, data: dict[str, Any]) -> None:
        sheet, change = self._sheet_of(data), data.get("set")
        if sheet and isinstance(change, dict):
            sheet.declare(data.get("index"), self._text(change.get("property")), self._text(change.get("value")))

    def adopt(self, data: dict[str, Any]) -> None:
        """Style sheets that scripts made and gave to the document or to a shadow root."""
        for one in _objects(data.get("styles")):
            id_, sheet = one.get("styleId"), Sheet("")
            for rule in _objects(one.get("rules")):
                sheet.insert(self._text(rule.get("rule")), rule.get("index"))
            if isinstance(id_, int) and len(self.sheets) < 10_000:
                self.sheets[id_] = sheet
        ids = data.get("styleIds")
        if (node := self.node(data.get("id"))) and isinstance(ids, list):
            node.sheet_ids = [one for one in ids if isinstance(one, int)][:1000]

    def _sheet_of(self, data: dict[str, Any]) -> Sheet | None:
        if node := self.node(data.get("id")):
            if node.sheet is None:
                node.sheet = Sheet(css_of(node))
            return node.sheet
        return self.sheets.get(data.get("styleId", 0)) if isinstance(data.get("styleId"), int) else None


def _children(said: dict[str, Any]) -> list[dict[str, Any]]:
    """The children of a node, the last one first."""
    return _objects(said.pop("childNodes", None))[::-1]


def _length(value: object) -> int:
    return len(value) if isinstance(value, str) else 0


def _tag(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) and _NAME.fullmatch(value.strip()) else ""


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _restyle(style: dict[str, str], name: str, change: object) -> None:
    """One property: a value, a value with its priority, or nothing any more."""
    if change is False or change is None:
        style.pop(name, None)
    elif isinstance(change, str):
        style[name] = change
    elif isinstance(change, list) and change and isinstance(change[0], str):
        style[name] = f"{change[0]} !important" if change[1:] == ["important"] else change[0]


def _is_within(node: Node, other: Node) -> bool:
    """Whether a node is another one or stands in it. New nodes hold hardly anything, so this is asked of them."""
    waiting = [other]
    while waiting:
        one = waiting.pop()
        if one is node:
            return True
        waiting += one.children
    return False
