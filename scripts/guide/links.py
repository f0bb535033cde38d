"""Every link, image and script of the built pages leads somewhere: to a file that is there, and
to an anchor that is in it. What is on other machines is not asked for.

    links.py DIRECTORY

Prints what leads nowhere, and last "N passed, N failed"; a page counts as one."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes that name another file. <base>, <form> and srcset do not come up.
LEADING = {"href", "src", "data", "poster"}


class Page(HTMLParser):
    """What one page has to lead to, and where it leads."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links = set(), []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            if name in LEADING and tag != "base" and value is not None:
                self.links.append(value)

    handle_startendtag = handle_starttag


def complaint(pages, directory, page, link):
    """What is wrong with a link, if something is."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    path = unquote(parts.path)
    target = page if not path else (directory / path[1:] if path[0] == "/" else page.parent / path)
    target = target.resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_relative_to(directory) or not target.is_file():
        return "no such file"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return "no such anchor"
    return None


def main(directory):
    pages = {path: Page(path) for path in sorted(directory.rglob("*.html"))}
    failed = links = 0
    for path, page in pages.items():
        # A page of errors may be shown below any path, and so has a <base>.
        if path.name == "404.html":
            continue
        links += len(page.links)
        wrong = [(link, complaint(pages, directory, path, link)) for link in page.links]
        wrong = sorted({(link, why) for link, why in wrong if why})
        for link, why in wrong:
            print(f"FAILED {path.relative_to(directory)}: {link}: {why}")
        failed += bool(wrong)
    print(f"{links} links of {len(pages)} pages were followed")
    print(f"{len(pages) - failed} passed, {failed} failed")
    return failed > 0 or not pages


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
