"""A recorded page as a document in which nothing can run or load, whatever was recorded.

It is XHTML: what is written is what a browser builds, without the rules by which HTML is mended, so that no text can
become an element. Elements and attributes are those listed here; addresses are pictures in the recording itself or
nothing. The policy that the document is served with forbids all of it once more.
"""

import re
from collections.abc import Iterator
from html import escape

from sessions.viewers.recordings.canvas import note
from sessions.viewers.recordings.css import HOVERED, inert, rebuilt, scoped
from sessions.viewers.recordings.node import DOCUMENT, ELEMENT, TEXT, Node, css_of
from sessions.viewers.recordings.page import Page
from sessions.viewers.recordings.vocabulary import DROPPED, DROPPED_ATTRIBUTES, ELEMENTS, SVG_ELEMENTS
from sessions.viewers.recordings.web_replay import WebReplay

# The fragment of the document's address that scrolls the window as it was.
SCROLLED = "rebuilt-scroll"
# Browsers give up on documents that are nested deeper than some thousands.
DEEPEST = 500

HTML = "http://www.w3.org/1999/xhtml"
SVG = "http://www.w3.org/2000/svg"

_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}+")
_CUSTOM = re.compile(r"[a-z][a-z0-9]*+-[a-z0-9-]*+")
_PICTURE = re.compile(r"data:image/(?:png|jpe?+g|gif|webp|avif|bmp|x-icon|svg\+xml)[;,]", re.IGNORECASE)
_INSIDE = re.compile(r"#[\w.:-]++")
_RUNS = re.compile(r"[\x00-\x20]*+(?:j\s*+a\s*+v\s*+a|v\s*+b)\s*+s\s*+c\s*+r\s*+i\s*+p\s*+t\s*+:", re.IGNORECASE)
_SIZE = re.compile(r"[0-9]{1,5}+(?:\.[0-9]{1,6}+)?+(?:px)?+")
# What XML may not hold.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Nothing scrolls or moves by itself, animations are at their end, and a picture that was not recorded has its place.
_OWN_STYLE = (
    "*,*::before,*::after{animation-duration:0s!important;animation-delay:0s!important;"
    "transition:none!important;scroll-behavior:auto!important;scroll-padding:0!important;caret-color:transparent}"
    "img:not([src]){outline:1px dashed #8b92a0;outline-offset:-1px}"
    "[data-rebuilt-frame]{display:inline-block;overflow:hidden;inline-size:300px;block-size:150px}"
)


def document(replay: WebReplay, *, has_arrived: bool = True) -> str:
    """The page as it is at the replay's moment. It is to be opened at the fragment SCROLLED.

    Where another moment was asked for, to which the way is long, it says so.
    """
    root = _html_of(replay.page)
    if root is None or replay.page is None:
        return f'<!DOCTYPE html>\n<html xmlns="{HTML}"><head/><body/></html>'
    return "<!DOCTYPE html>\n" + "".join(
        _Writer(replay.page, replay.hovered).written(root, "".join(_on_top(replay, has_arrived=has_arrived)))
    )


def _html_of(page: Page | None) -> Node | None:
    if page is None or page.root is None:
        return None
    waiting = [page.root] if page.root.kind == ELEMENT else list(page.root.children)
    return next((node for node in waiting if node.tag == "html"), None)


def _on_top(replay: WebReplay, *, has_arrived: bool) -> Iterator[str]:
    """Where the window is scrolled to, and the pointer."""
    x, y = replay.page.root.scroll if replay.page and replay.page.root else (0.0, 0.0)
    yield (
        f'<div id="{SCROLLED}" style="position:absolute;left:{x:g}px;top:{y:g}px;inline-size:100vw;block-size:100vh;'
        'visibility:hidden;pointer-events:none"></div>'
    )
    if not has_arrived:
        yield (
            '<div id="rebuilt-note" style="position:fixed;inset:0 0 auto;padding:8px;background:#fdf5e0;color:#16181d;'
            f'font:14px sans-serif;z-index:2147483647">It takes long to get to this moment: this is {replay.time:.1f} '
            "seconds. Ask for it again to go on from there.</div>"
        )
    if replay.pointer:
        x, y = replay.pointer
        colour = "#d92d20" if replay.is_pressed else "#2f55d4"
        yield (
            f'<div id="rebuilt-pointer" style="position:fixed;left:{x - 9:g}px;top:{y - 9:g}px;width:18px;height:18px;'
            f"box-sizing:border-box;border:3px solid {colour};border-radius:50%;background:{colour}33;"
            'box-shadow:0 0 0 2px #fff;z-index:2147483647;pointer-events:none"></div>'
        )


class _Writer:
    def __init__(self, page: Page, hovered: object) -> None:
        self._page = page
        self._hovered = set(_and_around(page.node(hovered)))

    def written(self, root: Node, on_top: str) -> Iterator[str]:
        """Everything from the root element on; `on_top` comes last in it."""
        # What is still to be written, the next one last: a text, or a node with its namespace, depth and host.
        self._waiting: list[str | tuple[Node, str, int, Node | None]] = [(root, "", 0, None)]
        document = self._page.root
        self._on_top = "".join(self._adopted(id_, None) for id_ in document.sheet_ids) + on_top if document else on_top
        while self._waiting:
            one = self._waiting.pop()
            if isinstance(one, str):
                yield one
            elif one[0].kind == TEXT:
                yield _text(one[0].text)
            elif one[0].kind == ELEMENT:
                yield from self._element(*one)
            elif one[0].kind == DOCUMENT:
                self._adopt(one[0], one[3])
                self._follow(one[0].children, *one[1:])

    def _follow(self, nodes: Iterator[Node], namespace: str, depth: int, host: Node | None) -> None:
        if depth < DEEPEST:
            self._waiting += [(node, namespace, depth, host) for node in nodes][::-1]

    def _element(self, node: Node, outer: str, depth: int, host: Node | None) -> Iterator[str]:
        namespace = SVG if node.is_svg and outer else HTML
        if node.tag in DROPPED:
            return
        if node.tag == "link" or (node.tag == "style" and namespace == HTML):
            yield from self._style(node, host)
            return
        tag = _name(node, namespace)
        attributes = dict(self._attributes(node, tag))
        if node.tag == "iframe" or any(child.is_shadow for child in node.children):
            attributes["data-rebuilt"] = str(node.id)
        if namespace != outer:
            attributes["xmlns"] = namespace
        yield f"<{tag}" + "".join(f' {name}="{_quoted(value)}"' for name, value in attributes.items()) + ">"
        self._waiting.append(f"</{tag}>" if depth else f"{self._on_top}</{tag}>")
        if depth == 0 and not any(child.tag == "head" for child in node.children):
            yield f"<head><style>{_OWN_STYLE}</style></head>"
        elif depth == 1 and tag == "head":
            yield f"<style>{_OWN_STYLE}</style>"
        self._content(node, tag, namespace, depth, host)

    def _content(self, node: Node, tag: str, namespace: str, depth: int, host: Node | None) -> None:
        typed = node.value[0] if node.value else node.attributes.get("value")
        if tag in ("input", "img", "br", "hr", "col", "wbr", "area"):
            return
        if tag == "textarea" and isinstance(typed, str):
            self._waiting.append(_text("\n" + typed))
        elif node.tag == "slot" and host is not None:
            self._slotted(node, namespace, depth, host)
        elif node.tag == "style":
            self._waiting.append(_text(rebuilt(css_of(node))))
        elif node.tag == "iframe":
            self._follow(node.children, namespace, depth + 1, node)
        elif any(child.is_shadow for child in node.children):
            self._follow((child for child in node.children if child.is_shadow), namespace, depth + 1, node)
        else:
            self._follow(node.children, namespace, depth + 1, host)
        self._adopt(node, node)

    def _adopt(self, node: Node, host: Node | None) -> None:
        """The style sheets that scripts made for a document or a shadow tree."""
        self._waiting += [self._adopted(id_, host) for id_ in node.sheet_ids[::-1]]

    def _adopted(self, id_: int, host: Node | None) -> str:
        css = rebuilt(sheet.text) if (sheet := self._page.sheets.get(id_)) else ""
        return f'<style xmlns="{HTML}">{_text(scoped(css, host.id) if host else css)}</style>'

    def _slotted(self, slot: Node, namespace: str, depth: int, host: Node) -> None:
        """The children of a shadow tree's host, at the place that the tree has for them."""
        name = str(slot.attributes.get("name", ""))
        chosen = [
            child for child in host.children if not child.is_shadow and str(child.attributes.get("slot", "")) == name
        ]
        self._follow(iter(chosen) if chosen else slot.children, namespace, depth + 1, None if chosen else host)

    def _style(self, node: Node, host: Node | None) -> Iterator[str]:
        css = rebuilt(css_of(node))
        if not css:
            return
        media = node.attributes.get("media")
        attribute = f' media="{_quoted(media)}"' if isinstance(media, str) and media else ""
        yield f'<style xmlns="{HTML}"{attribute}>{_text(scoped(css, host.id) if host else css)}</style>'

    def _attributes(self, node: Node, tag: str) -> Iterator[tuple[str, str]]:
        for name, value in node.attributes.items():
            text = "" if value is True else str(value)
            if _is_harmless(name.lower()) and not _RUNS.match(text):
                yield (name if node.is_svg else name.lower()), (inert(text) if "(" in text else text)
        if node.tag == "iframe":
            yield "data-rebuilt-frame", ""
        if node.id in self._hovered:
            yield HOVERED, ""
        if isinstance(ident := node.attributes.get("id"), str) and not ident.startswith("rebuilt-"):
            yield "id", ident
        yield from _addresses(node, tag)
        yield from _values(node, tag)
        if style := "".join(_styles(node)):
            yield "style", style


def _and_around(node: Node | None) -> Iterator[int]:
    """The numbers of a node and of all that it is in."""
    while node is not None:
        yield node.id
        node = node.parent


def _is_harmless(name: str) -> bool:
    """Whether an attribute is written as it was recorded."""
    if not _ATTRIBUTE.fullmatch(name) or name.startswith(("on", "rr_", "_", "data-rebuilt")):
        return False
    return name not in DROPPED_ATTRIBUTES and name not in ("style", "value", "checked", "id")


def _name(node: Node, namespace: str) -> str:
    if namespace == SVG:
        return SVG_ELEMENTS.get(node.tag, "g")
    if node.tag in ELEMENTS or _CUSTOM.fullmatch(node.tag):
        return "img" if node.tag == "canvas" else node.tag
    return "div" if node.tag in ("form", "iframe") else "span"


def _picture(node: Node) -> str:
    """The address of a picture that is in the recording itself."""
    if node.drawing:
        return node.drawing.picture
    for name in ("rr_dataURL", "src", "href", "xlink:href", "poster"):
        value = node.attributes.get(name)
        if isinstance(value, str) and _PICTURE.match(value):
            return value
    return ""


def _addresses(node: Node, tag: str) -> Iterator[tuple[str, str]]:
    if tag in ("img", "image", "input") and (picture := _picture(node)):
        yield ("href" if tag == "image" else "src"), picture
    elif node.tag == "canvas" and tag == "img":
        words = "What was drawn here is not shown" if node.drawing else "No drawing was recorded here"
        yield "src", note(words, node.attributes.get("width"), node.attributes.get("height"))
        yield "alt", words
    elif tag == "a" and not node.is_svg and "href" in node.attributes:
        yield "href", "#-"  # it looks like a link, and leads nowhere
    elif tag in ("use", "textPath", "linearGradient", "radialGradient", "pattern", "filter"):
        inside = node.attributes.get("href") or node.attributes.get("xlink:href")
        if isinstance(inside, str) and _INSIDE.fullmatch(inside):
            yield "href", inside


def _values(node: Node, tag: str) -> Iterator[tuple[str, str]]:
    """What fields hold. Of a password only its length is shown, also where it was recorded."""
    recorded = node.attributes.get("value")
    text, is_checked = node.value or ("" if recorded is None else str(recorded), "checked" in node.attributes)
    if tag == "input":
        is_password = str(node.attributes.get("type", "")).lower() == "password"
        yield "value", "•" * len(text) if is_password else text
        if is_checked:
            yield "checked", ""
    elif tag == "option":
        if recorded is not None:
            yield "value", text
        if _is_chosen(node, str(recorded or "")):
            yield "selected", ""
    elif tag in ("button", "li", "meter", "progress", "data") and recorded is not None:
        yield "value", text


def _is_chosen(option: Node, value: str) -> bool:
    parent = option.parent
    while parent is not None and parent.tag == "optgroup":
        parent = parent.parent
    return parent is not None and parent.value is not None and parent.value[0] == value


def _styles(node: Node) -> Iterator[str]:
    style = node.attributes.get("style")
    if isinstance(style, str):
        yield inert(style).rstrip("; \n") + ";"
    if node.tag == "slot":
        yield "display:contents;"
    own = (("width", "width"), ("height", "height")) if node.tag == "iframe" else ()
    for name, side in (*own, ("rr_width", "width"), ("rr_height", "height")):
        size = str(node.attributes.get(name, ""))
        if _SIZE.fullmatch(size):
            yield f"{side}:{size.removesuffix('px')}px;"
    parent = node.parent
    if parent is not None and parent.kind == ELEMENT and parent.tag not in ("html", "head") and any(parent.scroll):
        # No address scrolls more than the window, so what is in a scrolled element is moved instead.
        yield f"translate:{-parent.scroll[0]:g}px {-parent.scroll[1]:g}px;"


def _text(text: str) -> str:
    return escape(_ILLEGAL.sub("\ufffd", text), quote=False)


def _quoted(text: str) -> str:
    return escape(_ILLEGAL.sub("\ufffd", text)).replace("\n", "&#10;").replace("\t", "&#9;").replace("\r", "&#13;")
