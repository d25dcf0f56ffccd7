"""Style sheets of a recorded page: their rules, and their text without what would load anything."""

import re

MOST_RULES = 20_000
# The attribute of all elements that the recorded pointer is over.
HOVERED = "data-rebuilt-hover"

# One declaration; semicolons in strings and brackets are part of it.
_DECLARATION = re.compile(r"""(?:[^;"'()]++|"[^"]*+"?|'[^']*+'?|\([^)"']*+(?:"[^"]*+"?|'[^']*+')*+[^)]*+\)?|\))++""")
_RULE_TOKEN = re.compile(
    r"""
      [^{}"'/;]++
    | " (?:[^"\\\n] | \\.)*+ "?
    | ' (?:[^'\\\n] | \\.)*+ '?
    | /\* (?:[^*] | \*(?!/))*+ (?:\*/)?
    | .
    """,
    re.DOTALL | re.VERBOSE,
)
_ADDRESS = re.compile(r"""url\(\s*+("[^"]*+"?|'[^']*+'?|[^)"']*+)\s*+\)?""", re.IGNORECASE)
_IN_RECORDING = re.compile(
    r"""["']?\s*+(?:#|data:image/(?:png|jpe?+g|gif|webp|avif|bmp|x-icon|svg\+xml)[;,])""", re.IGNORECASE
)
_LOADING = re.compile(r"@(?:import|namespace|charset)\b[^;]*+;?", re.IGNORECASE)
# The policy loads no fonts, also none that are in the recording.
_FONT = re.compile(r"@font-face\s*+\{[^}]*+\}?", re.IGNORECASE)
# In a name a colon has a backslash before it.
_HOVER = re.compile(r"(?<!\\):hover(?![\w-])", re.IGNORECASE)
_HOST = re.compile(r":host(\()?", re.IGNORECASE)


class Sheet:
    """A style sheet whose rules scripts insert and delete by their number."""

    def __init__(self, text: str) -> None:
        self._rules = rules(text)

    @property
    def text(self) -> str:
        return "\n".join(self._rules)

    def replace(self, text: str) -> None:
        self._rules = rules(text)

    def insert(self, rule: str, index: object) -> None:
        """`index` is a number, or the numbers of rules one in the other, of which only the first is followed."""
        place = _place(index)
        if len(self._rules) < MOST_RULES and (place is not None or index is None):
            self._rules.insert(len(self._rules) if place is None else place, rule)

    def delete(self, index: object) -> None:
        if isinstance(index, int) and 0 <= index < len(self._rules):
            del self._rules[index]

    def declare(self, index: object, name: str, value: str) -> None:
        """A declaration behind all others of a rule."""
        place = _place(index)
        if place is not None and place < len(self._rules):
            begin, bracket, _ = self._rules[place].rpartition("}")
            if bracket:
                self._rules[place] = f"{begin};{name}:{value}}}"


def _place(index: object) -> int | None:
    if isinstance(index, list) and len(index) == 1:
        index = index[0]
    return index if isinstance(index, int) and not isinstance(index, bool) and index >= 0 else None


def rules(text: str) -> list[str]:
    """The rules of a style sheet, each as it stands."""
    found: list[str] = []
    begin = depth = 0
    for token in _RULE_TOKEN.finditer(text):
        sign = token[0]
        if sign == "{":
            depth += 1
        elif sign == "}":
            depth = max(depth - 1, 0)
        if sign in ("}", ";") and depth == 0 and len(found) < MOST_RULES:
            found.append(text[begin : token.end()].strip())
            begin = token.end()
    if text[begin:].strip():
        found.append(text[begin:].strip())
    return found


def declarations(style: str) -> dict[str, str]:
    """The properties of a style attribute with their values."""
    found: dict[str, str] = {}
    for part in _DECLARATION.findall(style):
        name, colon, value = part.partition(":")
        if colon and name.strip():
            found[name.strip()] = value.strip()
    return found


def inert(css: str) -> str:
    """The text without addresses outside of the recording. The frame's policy lets none of them load in any case."""
    if "@" in css:
        css = _FONT.sub("", _LOADING.sub("", css))
    if "(" in css:
        css = _ADDRESS.sub(lambda found: found[0] if _IN_RECORDING.match(found[1]) else "url(data:,)", css)
    return css


def rebuilt(css: str) -> str:
    """A style sheet as it is written: inert, with the recorded pointer in the place of the one of who looks at it."""
    return _HOVER.sub(f"[{HOVERED}]", inert(css))


def scoped(css: str, scope: int) -> str:
    """The style sheet of a shadow tree or of a frame: it holds in the element that is marked by this number."""
    css = _HOST.sub(lambda found: ":scope:is(" if found[1] else ":scope", css)
    return f'@scope([data-rebuilt="{scope}"]){{{css}}}'
