"""A headless Chromium with the built book, served here, and what every page of it must be like."""

import functools
import http.server
import os
import sys
import threading

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

NARROW, WIDE = (360, 740), (1280, 900)
# Nothing takes so long: what does, hangs.
WATCHDOG = 120

# What is beyond the side of the screen, and not in a box that scrolls by itself: the chapter as a whole
# is not to be scrolled sideways.
TOO_WIDE = """
const scrolls = (element) => element.localName !== "main" && (["auto", "scroll"].includes(getComputedStyle(element).overflowX)
    ? element.getBoundingClientRect().right <= innerWidth + 1 : scrolls(element.parentElement));
const wide = [...document.querySelectorAll("main *")].filter((element) =>
    element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element.parentElement));
return wide.map((element) => `<${element.localName}> ${element.textContent.trim().slice(0, 40)}`);
"""

class Server(http.server.ThreadingHTTPServer):
    """Serves the book here, and remembers what it was asked for in vain."""

    daemon_threads = True

    def __init__(self, directory):
        self.refused = []
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(directory)))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        # Who opens the next page does not wait for the rest of this one.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def address(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(http.server.SimpleHTTPRequestHandler):
    """Says nothing."""

    def log_message(self, *_):
        pass

    def log_request(self, code="-", size="-"):
        if int(code) >= 400:
            self.server.refused.append(self.path)


def start():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for word in ["--headless=new", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update"]:
        options.add_argument(word)
    # Chromium's sandbox cannot be set up by root. The pages are our own.
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


class Pages:
    """What is looked at, one after the other; a check that fails does not stop the others."""

    def __init__(self, directory):
        self.directory = directory
        self.passed = self.failed = 0
        self.server = Server(directory)
        self.driver = start()

    def check(self, name, look, *arguments):
        try:
            look(*arguments)
            self.expect_no_complaint()
            self.passed += 1
        except Exception as error:  # whatever it is, it is this check's result
            why = str(error).strip().splitlines() or [type(error).__name__]
            print(f"FAILED {name}: {why[0]}")
            self.failed += 1

    def expect_no_complaint(self):
        """Nothing was written to the console, and nothing was asked for in vain."""
        said = [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]
        assert not said, f"the console says {said[0]!r}"
        assert not self.server.refused, f"the server has no {self.server.refused[0]!r}"

    def has_size(self, size):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False})

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    # --- chapters -------------------------------------------------------------

    def opens(self, address, size):
        self.has_size(size)
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.server.refused.clear()
        self.driver.get(address)
        WebDriverWait(self.driver, WATCHDOG).until(
            lambda _: self.run("return document.readyState") == "complete")
        assert self.run("return document.querySelector('main h1') !== null"), "no heading"
        broken = self.run("return [...document.images]"
                          ".filter((it) => !it.complete || !it.naturalWidth).map((it) => it.src)")
        assert not broken, f"an image is broken: {broken[0]}"
        self.expect_fits()

    def expect_fits(self):
        wide = self.run(TOO_WIDE)
        assert not wide, f"too wide: {wide[0]}"

    def chapters(self):
        pages = sorted(it.name for it in self.directory.glob("*.html"))
        # toc.html is the frame for browsers without JavaScript; 404.html belongs to no path.
        pages = [it for it in pages if it not in ("404.html", "toc.html", "print.html")]
        for name in pages:
            for size in (NARROW, WIDE):
                for address in (self.server.address(name), (self.directory / name).as_uri()):
                    self.check(f"{address} {size[0]} wide", self.opens, address, size)
        print(f"{len(pages)} chapters were opened, narrow and wide, served and as files")
