// The page on which the reader takes the programs' steps. It works nothing out about the hand-off:
// what each move leads to stands in the table, which was made by the programs themselves.
(() => {
    "use strict";

    const PACES = [["slowly", 2500], ["at a walk", 1000], ["fast", 150]];

    const {
        SIDES, ASLEEP, table, state, account, transcript, refusal, placeInWords, roleInWords, writtenInWords, textInWords,
        magicOf, rolesOf, slotsOf, segmentOf, sleepsOn, isAsleep, count, capital,
    } = stepping;

    // --- what is on the page ----------------------------------------------------

    function make(tag, attributes = {}, ...children) {
        const element = document.createElement(tag);
        for (const [name, value] of Object.entries(attributes)) {
            if (name === "on") element.addEventListener(...value);
            else element.setAttribute(name, value);
        }
        element.append(...children);
        return element;
    }

    let path = [];              // moves so far, each with the state that it was made in
    let here = 0;
    let story = null;           // which one is played, none if the visitor is free
    let timer = null;

    const button = (label, key, press) =>
        make("button", { type: "button", "aria-keyshortcuts": key, on: ["click", press] },
            label, " ", make("kbd", { "aria-hidden": "true" }, key.replace("Shift+", "⇧")));

    const happened = make("p", { class: "sp-happened", role: "status", "aria-live": "polite" });
    const storyWords = make("p", { class: "sp-story" });
    const stories = make("select", { on: ["change", () => choose(stories.value)] },
        make("option", { value: "" }, "None: I take the steps"),
        ...table.scenarios.map(([name], at) => make("option", { value: `${at}` }, name)));
    const pace = make("select", {}, ...PACES.map(([name], at) => make("option", { value: `${at}` }, name)));
    pace.value = "1";
    const next = button("Next step", "n", () => { stop(); advance(); });
    const play = button("Play", "p", () => {
        if (!timer) return start();
        stop();
        showStory();
    });
    const back = button("Back", "b", () => { stop(); goBack(); });
    const over = button("Start over", "o", () => { stop(); reset(); });
    const memory = make("div", { class: "sp-memory" });
    const history = make("ol", { class: "sp-history", tabindex: "0", "aria-label": "History" });

    const panes = SIDES.map((side, at) => {
        const key = side[0];
        const pane = {
            place: make("p", { class: "sp-place" }),
            next: make("p", { class: "sp-next" }),
            terminal: make("pre", { class: "sp-terminal", tabindex: "0", role: "region", "aria-label": `${side}'s terminal` }),
            step: button("Step", key, () => act(side, "step")),
            start: button("Start", key, () => act(side, "start")),
            kill: button("Kill", `Shift+${key.toUpperCase()}`, () => act(side, "kill")),
        };
        const buttons = { Step: pane.step, Start: pane.start, Kill: pane.kill };
        for (const [name, it] of Object.entries(buttons)) {
            it.setAttribute("aria-label", `${name} the ${side}`.replace("Step the", "Step of the"));
            it.dataset.move = `${name.toLowerCase()}-${side}`;
        }
        pane.box = make("section", { class: "sp-program", "aria-label": `The ${side}` },
            make("h3", {}, capital(side)), pane.place,
            make("div", { class: "sp-buttons" }, pane.step, pane.start, pane.kill),
            pane.next, pane.terminal);
        return pane;
    });

    const root = make("section", { class: "sp", "aria-label": "Step through a hand-off" },
        make("div", { class: "sp-bar" },
            make("label", {}, "Story ", stories), next, play,
            make("label", {}, "Pace ", pace), back, over),
        storyWords, happened,
        make("div", { class: "sp-stage" }, panes[0].box, memory, panes[1].box),
        make("details", { class: "sp-past", open: "" }, make("summary", {}, "History"), history),
        make("p", { class: "sp-keys" },
            "While the focus is in this box: w and r take a step or start the program, Shift+W and " +
            "Shift+R kill it, n is the next step of the story, p plays it, b goes back, o starts over."));

    // --- showing ----------------------------------------------------------------

    function word(name, [value, meaning], was, sleepers) {
        const changed = was !== undefined && was !== value;
        return make("tr", changed ? { class: "sp-changed" } : {},
            make("th", { scope: "row" }, name),
            make("td", {}, make("code", {}, value), " ", make("span", { class: "sp-meaning" }, meaning),
                ...(changed ? [make("span", { class: "sp-was" }, ` was ${was}`)] : []),
                ...sleepers.map((side) => make("span", { class: "sp-sleeper" }, `${side} sleeps here`))));
    }

    function slotTable(segment, before, now, at) {
        const slot = slotsOf(segment.memory)[at], old = before && slotsOf(before.memory)[at];
        const { ending, valid, stale } = textInWords(slot);
        const sleepers = SIDES.filter((side) =>
            now.places[SIDES.indexOf(side)] === ASLEEP && segmentOf(now, side) === segment && sleepsOn(now, side) === at);
        const textChanged = old && old[2] !== slot[2];
        return make("table", { class: "sp-words" },
            make("caption", {}, `Slot ${at}`),
            make("tbody", {},
                word("written", writtenInWords(slot[0]), old && writtenInWords(old[0])[0], sleepers),
                word("len", [`${slot[1]}`, count(slot[0]) % 2 && slot[1] === 0 ? "the end of the stream" : ""], old && `${old[1]}`, []),
                make("tr", textChanged ? { class: "sp-changed" } : {},
                    make("th", { scope: "row" }, "text"),
                    make("td", {},
                        ...(ending ? [make("span", { class: "sp-ending" }, ending)] : []),
                        make("code", {}, valid), make("code", { class: "sp-stale", title: "in the memory, beyond the length" }, stale),
                        ...(valid || stale || ending ? [] : [make("span", { class: "sp-meaning" }, "zeros")]),
                        ...(textChanged ? [make("span", { class: "sp-was" }, " new")] : [])))));
    }

    function segmentBox(title, segment, before, now) {
        const roles = rolesOf(segment.memory), old = before && rolesOf(before.memory);
        const sleepers = (side) => SIDES.filter((it) =>
            it !== side && isAsleep(now, it) && segmentOf(now, it) === segment);
        const attached = segment.attached.length ? segment.attached.join(", ") : "nobody";
        return make("section", { class: "sp-segment", "aria-label": title },
            make("h3", {}, title), make("p", { class: "sp-attached" }, `Attached: ${attached}`),
            make("table", { class: "sp-words" },
                make("caption", {}, "Header"),
                make("tbody", {},
                    word("magic", magicOf(segment.memory) ? ["handoff\\1", "an exchange"] : ["0", "all new"],
                        before && (magicOf(before.memory) ? "handoff\\1" : "0"), []),
                    ...SIDES.map((side, at) => word(side, roleInWords(roles[at]), old && roleInWords(old[at])[0], sleepers(side))))),
            make("div", { class: "sp-slots" },
                ...slotsOf(segment.memory).map((_, at) => slotTable(segment, before, now, at))));
    }

    function showMemory(now, before) {
        const boxes = [];
        if (now.current) boxes.push(segmentBox("The segment", now.current, before && before.current, now));
        else boxes.push(make("p", { class: "sp-none" }, "No segment: the key 1234 leads nowhere."));
        if (now.removed) {
            const was = before && (before.removed || before.current);
            boxes.push(segmentBox("Removed, and still attached", now.removed, was, now));
        }
        memory.replaceChildren(...boxes);
    }

    function showProgram(now, side) {
        const at = SIDES.indexOf(side), pane = panes[at], place = now.places[at];
        pane.place.textContent = capital(placeInWords(now, side));
        pane.box.dataset.place = place === 0 ? "absent" : isAsleep(now, side) ? "asleep" : "held";
        const stop = place > 0 && place < ASLEEP && table.stops[place - 1];
        pane.next.replaceChildren(...(stop ? [make("strong", {}, `Next: ${stop[0]}. `), stop[1]] : []));
        const text = transcript(path, side);
        if (pane.terminal.textContent !== text) {
            pane.terminal.textContent = text;
            pane.terminal.scrollTop = pane.terminal.scrollHeight;
        }
        for (const wish of ["step", "start", "kill"]) {
            const why = refusal(now, side, wish);
            pane[wish].setAttribute("aria-disabled", why ? "true" : "false");
            pane[wish].title = why || "";
        }
        const again = path.some(({ from, move }) => move === at && state(from).places[at] === 0);
        pane.start.firstChild.textContent = again ? "Restart" : "Start";
        pane.start.setAttribute("aria-label", `${again ? "Restart" : "Start"} the ${side}`);
    }

    function showHistory() {
        while (history.children.length > path.length) history.lastChild.remove();
        for (let at = history.children.length; at < path.length; at++) {
            const { from, move } = path[at];
            const { side, what, changes: list } = account(state(from), move, state(at + 1 < path.length ? path[at + 1].from : here));
            history.append(make("li", {}, make("strong", {}, `${side}, ${what}: `), list.join("; ")));
        }
        history.scrollTop = history.scrollHeight;
    }

    function storyIsOver() {
        return story === null || path.length >= table.scenarios[story][2].length;
    }

    function showStory() {
        stories.value = story === null ? "" : `${story}`;
        storyWords.textContent = story === null
            ? "Take any step that you like: every order that is possible is in here."
            : `${table.scenarios[story][1]} Step ${path.length} of ${table.scenarios[story][2].length}.`;
        const over = storyIsOver();
        const why = story === null ? "Choose a story first." : over ? "The story is at its end." : "";
        for (const it of [next, play]) {
            it.setAttribute("aria-disabled", why ? "true" : "false");
            it.title = why;
        }
        play.firstChild.textContent = timer ? "Pause" : "Play";
        back.setAttribute("aria-disabled", path.length ? "false" : "true");
        root.dataset.story = story === null ? "none" : over ? "over" : "running";
    }

    function show(sentence) {
        const now = state(here), last = path[path.length - 1];
        showMemory(now, last && state(last.from));
        SIDES.forEach((side) => showProgram(now, side));
        showHistory();
        showStory();
        if (sentence !== undefined) {
            happened.textContent = sentence;
        } else if (last) {
            const { side, what, changes: list } = account(state(last.from), last.move, now);
            happened.replaceChildren(make("strong", {}, `${capital(side)}: ${what}. `), `${capital(list.join("; "))}.`);
        } else {
            happened.textContent = "Nobody is there, and no segment. Start either program.";
        }
    }

    // --- doing ------------------------------------------------------------------

    function move(number) {
        const { to } = state(here).moves[number];
        path.push({ from: here, move: number });
        here = to;
        show();
    }

    function act(side, wish) {
        stop();
        const why = refusal(state(here), side, wish);
        if (why) return show(why);
        const number = SIDES.indexOf(side) + (wish === "kill" ? 2 : 0);
        // Whoever does what the story does next is still in it.
        if (story !== null && "wrWR"[number] !== table.scenarios[story][2][path.length]) story = null;
        move(number);
    }

    function advance() {
        if (storyIsOver()) {
            stop();
            return show(story === null ? "Choose a story first." : "The story is at its end.");
        }
        move("wrWR".indexOf(table.scenarios[story][2][path.length]));
    }

    function start() {
        const tick = () => {
            timer = null;
            if (storyIsOver()) return show();
            timer = setTimeout(tick, PACES[pace.value][1]);
            advance();
        };
        if (storyIsOver()) return advance();
        tick();
    }

    function stop() {
        clearTimeout(timer);
        timer = null;
    }

    function goBack() {
        if (!path.length) return show("This is the beginning.");
        here = path.pop().from;
        show();
    }

    function reset() {
        [path, here] = [[], 0];
        history.replaceChildren();
        show();
    }

    function choose(value) {
        stop();
        story = value === "" ? null : Number(value);
        if (story !== null) reset(); else show();
    }

    const KEYS = {
        w: () => act("writer", state(here).places[0] ? "step" : "start"),
        r: () => act("reader", state(here).places[1] ? "step" : "start"),
        W: () => act("writer", "kill"),
        R: () => act("reader", "kill"),
        n: () => next.click(),
        p: () => play.click(),
        b: () => back.click(),
        o: () => over.click(),
    };

    root.addEventListener("keydown", (event) => {
        const key = KEYS[event.key];
        // A list that has the focus is searched by typing.
        if (!key || event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === "SELECT") return;
        event.preventDefault();
        event.stopPropagation();
        key();
    });

    const place = document.getElementById("stepping");
    place.replaceChildren(root);
    show();
})();
