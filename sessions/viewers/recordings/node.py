"""The nodes of a recorded page. They are linked to their neighbours, so that no change costs more with many of them."""

from collections.abc import Iterator

from sessions.viewers.recordings.canvas import Drawing
from sessions.viewers.recordings.css import Sheet

DOCUMENT, DOCTYPE, ELEMENT, TEXT, CDATA, COMMENT = range(6)

Scalar = str | int | float | bool


class Node:
    __slots__ = (
        "attributes", "drawing", "first", "id", "is_shadow", "is_svg", "kind", "last", "next", "parent", "previous",
        "scroll", "sheet", "sheet_ids", "tag", "text", "value",
    )  # fmt: skip

    def __init__(self, id_: int, kind: int, tag: str = "", text: str = "") -> None:
        self.id = id_
        self.kind = kind
        self.tag = tag
        self.text = text
        self.attributes: dict[str, Scalar] = {}
        self.is_svg = self.is_shadow = False
        self.parent: Node | None = None
        self.first: Node | None = None
        self.last: Node | None = None
        self.previous: Node | None = None
        self.next: Node | None = None
        # What was typed, chosen or drawn since, how far it is scrolled, and the rules of a style sheet that scripts
        # changed.
        self.value: tuple[str, bool] | None = None
        self.drawing: Drawing | None = None
        self.scroll: tuple[float, float] = (0.0, 0.0)
        self.sheet: Sheet | None = None
        self.sheet_ids: list[int] = []

    @property
    def children(self) -> "Iterator[Node]":
        child = self.first
        while child is not None:
            yield child
            child = child.next

    def insert(self, child: "Node", before: "Node | None") -> None:
        child.parent, child.next = self, before
        child.previous = before.previous if before else self.last
        if child.previous:
            child.previous.next = child
        else:
            self.first = child
        if before:
            before.previous = child
        else:
            self.last = child

    def detach(self) -> None:
        if self.parent is None:
            return
        if self.previous:
            self.previous.next = self.next
        else:
            self.parent.first = self.next
        if self.next:
            self.next.previous = self.previous
        else:
            self.parent.last = self.previous
        self.parent = self.previous = self.next = None


def css_of(node: Node) -> str:
    """The text of a style element, or of a linked style sheet that was recorded."""
    if node.sheet is not None:
        return node.sheet.text
    recorded = node.attributes.get("_cssText")
    if isinstance(recorded, str):
        return recorded
    return "".join(str(child.attributes.get("_cssText", "")) or child.text for child in node.children)
