"""What a browser says of itself in its User-Agent, for the names it is known by. Anything else stays unknown."""

import re

# The first that occurs: later ones are claimed by everybody for compatibility.
BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/([\d.]+)"),
    ("Opera", r"(?:OPR|Opera)/([\d.]+)"),
    ("Samsung Internet", r"SamsungBrowser/([\d.]+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/([\d.]+)"),
    ("Chrome", r"(?:Chrome|CriOS|HeadlessChrome)/([\d.]+)"),
    # Up to the next version only, or each of them would be looked behind to the end.
    ("Safari", r"Version/([\d.]+)(?:(?!Version/).)*+Safari/"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iOS", "iPhone|iPad|iPod"),
    ("Chrome OS", "CrOS"),
    ("OS X", "Mac OS X"),
    ("Linux", "Linux"),
)


def read_user_agent(raw: str) -> dict[str, str]:
    """Of device, operating_system, browser and browser_version those that the text names."""
    found: dict[str, str] = {}
    for name, pattern in BROWSERS:
        if match := re.search(pattern, raw):
            found |= {"browser": name, "browser_version": match[1]}
            break
    for name, pattern in SYSTEMS:
        if re.search(pattern, raw):
            found["operating_system"] = name
            found["device"] = _device(name, raw)
            break
    return found


def _device(system: str, raw: str) -> str:
    if "iPad" in raw or (system == "Android" and "Mobile" not in raw):
        return "Tablet"
    return "Mobile" if system in ("Android", "iOS") else "Desktop"
