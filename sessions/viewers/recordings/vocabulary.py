"""The elements and attributes of a recorded page that are written into its copy, and those that never are."""

# With all that is in them: what runs, loads, or is not shown by itself.
DROPPED = frozenset({
    "script", "noscript", "object", "embed", "applet", "base", "meta", "template", "param", "source", "track",
    "title", "frame", "frameset", "noframes", "noembed", "portal", "fencedframe", "animate", "animatecolor",
    "animatemotion", "animatetransform", "set", "feimage",
})  # fmt: skip
ELEMENTS = frozenset({
    "html", "head", "body", "style", "a", "abbr", "acronym", "address", "area", "article", "aside", "audio", "b",
    "bdi", "bdo", "big", "blockquote", "br", "button", "canvas", "caption", "center", "cite", "code", "col",
    "colgroup", "data", "datalist", "dd", "del", "details", "dfn", "dialog", "dir", "div", "dl", "dt", "em",
    "fieldset", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
    "hr", "i", "img", "input", "ins", "kbd", "label", "legend", "li", "main", "map", "mark", "menu", "meter", "nav",
    "nobr", "ol", "optgroup", "option", "output", "p", "picture", "pre", "progress", "q", "rp", "rt", "ruby", "s",
    "samp", "search", "section", "select", "slot", "small", "span", "strike", "strong", "sub", "summary", "sup",
    "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "video", "wbr",
})  # fmt: skip
_SVG_ELEMENTS = (
    "svg", "a", "circle", "clipPath", "defs", "desc", "ellipse", "feBlend", "feColorMatrix", "feComponentTransfer",
    "feComposite", "feConvolveMatrix", "feDiffuseLighting", "feDisplacementMap", "feDistantLight", "feDropShadow",
    "feFlood", "feFuncA", "feFuncB", "feFuncG", "feFuncR", "feGaussianBlur", "feMerge", "feMergeNode",
    "feMorphology", "feOffset", "fePointLight", "feSpecularLighting", "feSpotLight", "feTile", "feTurbulence",
    "filter", "foreignObject", "g", "image", "line", "linearGradient", "marker", "mask", "metadata", "path",
    "pattern", "polygon", "polyline", "radialGradient", "rect", "stop", "style", "switch", "symbol", "text",
    "textPath", "tspan", "use", "view",
)  # fmt: skip
# rrweb records their names in small letters.
SVG_ELEMENTS = {name.lower(): name for name in _SVG_ELEMENTS}
# Attributes that browsers take for addresses, run, or act by.
DROPPED_ATTRIBUTES = frozenset({
    "href", "src", "srcset", "srcdoc", "data", "action", "formaction", "poster", "background", "cite", "longdesc",
    "ping", "manifest", "code", "codebase", "archive", "classid", "profile", "usemap", "imagesrcset", "icon",
    "lowsrc", "dynsrc", "target", "http-equiv", "autofocus", "autoplay", "controls", "is", "nonce", "integrity",
    "download", "xmlns", "slot", "part", "accesskey", "contenteditable", "popover", "popovertarget", "commandfor",
    "command", "from", "to", "by", "values", "attributename", "form", "sandbox", "allow",
})  # fmt: skip
