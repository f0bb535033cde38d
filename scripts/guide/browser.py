"""Opens every chapter of the built book in a headless Chromium, as it is served and as files, and
plays every story of the stepping page: narrow, wide, and with nothing but the keyboard.

    browser.py DIRECTORY TABLE

Prints what is wrong, and last "N passed, N failed"."""

import json
import signal
import sys
from pathlib import Path

from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from pages import NARROW, WATCHDOG, WIDE, Pages

THEMES = ["light", "rust", "coal", "navy", "ayu"]

# The smallest contrast between text and what is behind it, over the whole of the box. What is
# switched off may be pale (WCAG 1.4.3).
CONTRAST = """
const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
const over = ([r, g, b, a = 1], below) => [r, g, b].map((c, i) => c * a + below[i] * (1 - a));
const light = (rgb) => rgb.map((c) => c / 255)
    .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (element) => {
    if (!element) return [255, 255, 255];
    return over(parse(getComputedStyle(element).backgroundColor), behind(element.parentElement));
};
const opacity = (element) => element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1;
let worst = [99, ""];
for (const element of document.querySelectorAll(".sp *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!text || element.closest('[aria-disabled="true"], option') || !element.getClientRects().length) continue;
    const below = behind(element), own = parse(getComputedStyle(element).color);
    const shown = over([...own.slice(0, 3), (own[3] ?? 1) * opacity(element)], below);
    const [a, b] = [light(shown), light(below)].sort((a, b) => b - a);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < worst[0]) worst = [contrast, element.className + " " + element.textContent.slice(0, 40)];
}
return worst;
"""


class Stepping(Pages):
    """The stepping page, against the table that it was made from."""

    def __init__(self, directory, table):
        super().__init__(directory)
        self.table = table

    def part(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def button(self, text):
        return self.driver.find_element(By.XPATH, f"//section[@class='sp']//button[starts-with(normalize-space(.), '{text}')]")

    def story_is(self):
        return self.part(".sp").get_attribute("data-story")

    def outcome(self, moves):
        """What the table says that the programs print and say, and how they end."""
        row, said = self.table["states"][0], ["", ""]
        for letter in moves:
            row = row + [0] * (14 - len(row))
            move = "wrWR".index(letter)
            to, effect = row[6 + 2 * move], self.table["effects"][row[7 + 2 * move]]
            for side in (0, 1):
                out, err, status = effect[side]
                ended = "Killed\n" if status == "killed" else f"(exit status {status})\n"
                said[side] += out + err + (ended if status else "")
            row = self.table["states"][to - 1]
        return said

    def expect_outcome(self, number):
        """The story is over, and on both terminals stands what the programs have said."""
        _, _, moves = self.table["scenarios"][number]
        assert self.story_is() == "over", f"the story is {self.story_is()}"
        count = len(self.driver.find_elements(By.CSS_SELECTOR, ".sp-history li"))
        assert count == len(moves), f"{count} steps in the history, not {len(moves)}"
        shown = [it.get_property("textContent")
                 for it in self.driver.find_elements(By.CSS_SELECTOR, ".sp-terminal")]
        for terminal, said in zip(shown, self.outcome(moves)):
            lines = iter(terminal.splitlines())
            missing = [line for line in said.splitlines() if line not in lines]
            assert not missing, f"the terminal does not show {missing[0]!r}"

    def plays(self, number, address, size):
        self.opens(address, size)
        Select(self.part(".sp-bar select")).select_by_value(str(number))
        moves = self.table["scenarios"][number][2]
        step = self.button("Next step")
        for _ in moves:
            assert self.story_is() == "running"
            step.click()
            self.expect_fits()
        self.expect_outcome(number)
        for _ in moves:
            self.button("Back").click()
        self.expect_beginning()

    def expect_beginning(self):
        assert not self.driver.find_elements(By.CSS_SELECTOR, ".sp-history li")
        said = self.part(".sp-happened").text
        assert said.startswith("Nobody is there, and no segment"), f"it says {said!r}"
        said = self.part(".sp-memory").text
        assert said.startswith("No segment"), f"it shows {said!r}"

    def plays_by_itself(self, address):
        self.opens(address, WIDE)
        pace, story = Select(self.driver.find_elements(By.CSS_SELECTOR, ".sp-bar select")[1]), 0
        pace.select_by_visible_text("fast")
        Select(self.part(".sp-bar select")).select_by_value(str(story))
        self.button("Play").click()
        WebDriverWait(self.driver, WATCHDOG).until(lambda _: self.story_is() == "over")
        self.expect_outcome(story)

    # --- by keyboard ----------------------------------------------------------

    def press(self, *keys):
        actions = ActionChains(self.driver)
        for key in keys:
            if len(key) == 1 and key.isupper():
                actions.key_down(Keys.SHIFT).send_keys(key).key_up(Keys.SHIFT)
            else:
                actions.send_keys(key)
        actions.perform()

    def focused(self):
        return self.run("const it = document.activeElement;"
                        "return it.closest('.sp') ? it.getAttribute('aria-label') || it.textContent : null")

    def tabs_to(self, label):
        """By Tab alone, from wherever the focus is."""
        for _ in range(400):
            if (self.focused() or "").startswith(label):
                return
            self.press(Keys.TAB)
        raise AssertionError(f"Tab never comes to {label!r}")

    def plays_by_keyboard(self, number, address, size):
        self.opens(address, size)
        self.tabs_to("None: I take the steps")
        self.press(*[Keys.ARROW_DOWN] * (number + 1))
        assert Select(self.part(".sp-bar select")).first_selected_option.text == self.table["scenarios"][number][0]
        self.tabs_to("Next step")
        moves = self.table["scenarios"][number][2]
        half = len(moves) // 2
        # The first half by the button, the second half step by step, each by its own key.
        self.press(*[Keys.ENTER] * half)
        self.press(*moves[half:])
        assert self.focused(), "the focus was lost"
        self.expect_outcome(number)
        self.press("b", "b", "n", "n")
        self.expect_outcome(number)
        self.press("o")
        self.expect_beginning()

    def every_button_is_reached(self, address):
        self.opens(address, WIDE)
        self.tabs_to("None: I take the steps")
        seen = []
        while label := self.focused():
            seen.append((label, self.run("return document.activeElement.tagName")))
            self.press(Keys.TAB)
        for side in ("writer", "reader"):
            for label in (f"Step of the {side}", f"Start the {side}", f"Kill the {side}", f"{side}'s terminal"):
                assert label in [name for name, _ in seen], f"Tab leaves out {label!r}"
        assert len(seen) == len(set(seen)), "Tab comes to something twice"

    def refuses(self, address):
        """A move that cannot be made changes nothing, and says why."""
        self.opens(address, WIDE)
        for name, why in [("step-writer", "No writer is there"), ("kill-reader", "No reader is there")]:
            self.part(f"[data-move={name}]").click()
            said = self.part(".sp-happened").text
            assert said.startswith(why), f"it says {said!r}"
        self.part("[data-move=start-writer]").click()
        self.part("[data-move=start-writer]").click()
        said = self.part(".sp-happened").text
        assert said.startswith("There is a writer already"), f"it says {said!r}"
        assert len(self.driver.find_elements(By.CSS_SELECTOR, ".sp-history li")) == 1

    # --- for everybody --------------------------------------------------------

    def is_readable(self, theme, address):
        self.opens(address, WIDE)
        self.run("localStorage.setItem('mdbook-theme', arguments[0])", theme)
        self.opens(address, WIDE)
        assert theme in self.run("return document.documentElement.className").split()
        self.media("prefers-reduced-motion", "reduce")
        Select(self.part(".sp-bar select")).select_by_value("2")
        for _ in range(len(self.table["scenarios"][2][2]) // 2):
            self.button("Next step").click()
        contrast, where = self.run(CONTRAST)
        self.run("localStorage.removeItem('mdbook-theme')")
        assert contrast >= 4.5, f"contrast {contrast:.2f} at {where!r}"

    def media(self, name, value):
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": name, "value": value}]})

    def keeps_still(self, address):
        moving = {}
        for wish in ("reduce", "no-preference"):
            self.opens(address, WIDE)
            self.media("prefers-reduced-motion", wish)
            self.part("[data-move=start-writer]").click()
            for _ in range(2):
                self.part("[data-move=step-writer]").click()
            moving[wish] = self.run("return getComputedStyle("
                                    "document.querySelector('.sp-changed td')).animationName")
        assert moving == {"reduce": "none", "no-preference": "sp-flash"}, f"it moves: {moving}"

    def does_without_scripts(self, address):
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            self.has_size(NARROW)
            self.driver.get(address)
            text = self.part("#stepping").text
            assert "JavaScript" in text, "it does not say what is missing"
            rows = self.driver.find_elements(By.CSS_SELECTOR, "#stepping tr")
            assert len(rows) > 20, f"the table has {len(rows)} rows"
        finally:
            self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    def stepping(self):
        page, stories = self.server.address("step.html"), self.table["scenarios"]
        file = (self.directory / "step.html").as_uri()
        for number, (name, _, _) in enumerate(stories):
            for size in (NARROW, WIDE):
                self.check(f"{name}, {size[0]} wide", self.plays, number, page, size)
            size = (NARROW, WIDE)[number % 2]
            self.check(f"{name}, by keyboard, {size[0]} wide", self.plays_by_keyboard, number, page, size)
        print(f"{len(stories)} stories were played, narrow and wide, by mouse and by keyboard")
        self.check("a story in a page that is a file", self.plays, 0, file, WIDE)
        self.check("a story that plays by itself", self.plays_by_itself, page)
        self.check("Tab comes to every button", self.every_button_is_reached, page)
        self.check("what cannot be done says why", self.refuses, page)
        for theme in THEMES:
            self.check(f"contrast in theme {theme}", self.is_readable, theme, page)
        self.check("less motion", self.keeps_still, page)
        self.check("no JavaScript", self.does_without_scripts, page)


def main(directory, table):
    # As the first process of a PID namespace we would else not even hear of it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    checks = Stepping(directory, json.loads(table.read_text()))
    try:
        checks.chapters()
        checks.stepping()
    finally:
        checks.driver.quit()
    print(f"{checks.passed} passed, {checks.failed} failed")
    return checks.failed > 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2])))
