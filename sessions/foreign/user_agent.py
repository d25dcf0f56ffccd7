"""What a browser says of itself in its User-Agent, for the names it is known by. Anything else stays unknown."""

import re

# The first that occurs: later ones are claimed by everybody for compatibility.
BROWSERS = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/([\d.]+)")),
    ("Opera", re.compile(r"(?:OPR|Opera)/([\d.]+)")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/([\d.]+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/([\d.]+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS|HeadlessChrome)/([\d.]+)")),
    # As far as the next version: each would be looked behind to the end.
    ("Safari", re.compile(r"Version/([\d.]++)(?:(?!Version/).)*+Safari/")),
)
SYSTEMS = (
    ("Windows", re.compile("Windows")),
    ("Android", re.compile("Android")),
    ("iOS", re.compile("iPhone|iPad|iPod")),
    ("Chrome OS", re.compile("CrOS")),
    ("OS X", re.compile("Mac OS X")),
    ("Linux", re.compile("Linux")),
)


def read_user_agent(raw: str) -> dict[str, str]:
    """Of device, operating_system, browser and browser_version those that the text names."""
    found: dict[str, str] = {}
    for name, pattern in BROWSERS:
        if match := pattern.search(raw):
            found |= {"browser": name, "browser_version": match[1]}
            break
    for name, pattern in SYSTEMS:
        if pattern.search(raw):
            found["operating_system"] = name
            found["device"] = _device(name, raw)
            break
    return found


def _device(system: str, raw: str) -> str:
    if "iPad" in raw or (system == "Android" and "Mobile" not in raw):
        return "Tablet"
    return "Mobile" if system in ("Android", "iOS") else "Desktop"
