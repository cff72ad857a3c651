"""Markdown written by people, turned into HTML that can do no harm."""

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol",
    "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel"}


def _keep(tag: str, attribute: str, value: str) -> str | None:
    # "//elsewhere" and "/\elsewhere" look like paths of ours and lead to another host.
    if attribute == "href" and value.replace("\\", "/").strip().startswith("//"):
        return None
    return value


def markdown_to_html(text: str) -> str:
    """Render Markdown and keep only harmless elements, attributes and addresses."""
    # A page has its own h1; what people write starts one level below.
    html = _MARKDOWN.render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes=_SCHEMES,
        attribute_filter=_keep,
        link_rel="noopener noreferrer nofollow",
    )
