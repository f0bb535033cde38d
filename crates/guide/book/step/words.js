// What the table of the stepping page says, in words. The table was made by the programs
// themselves; nothing is worked out here about what they do.
const stepping = (() => {
    "use strict";

    const SIDES = ["writer", "reader"];
    const SLEEP_BIT = 0x80000000, TID = 0x3fffffff, OWNER_DIED = 0x40000000;

    // --- the table --------------------------------------------------------------

    const table = JSON.parse(document.getElementById("stepping-table").textContent);
    const ASLEEP = table.stops.length + 1, DOZING = ASLEEP + 1;

    // A row of the table, with names: see table.rs, which writes it.
    function state(number) {
        const row = table.states[number];
        const at = (index) => row[index] || 0;
        const segment = (index) => at(index) && {
            memory: table.memories[at(index) - 1],
            attached: SIDES.filter((_, side) => at(index + 1) >> side & 1),
        };
        return {
            current: segment(0),
            removed: segment(2),
            places: [at(4), at(5)],
            moves: [0, 1, 2, 3].map((move) => at(6 + 2 * move) && {
                to: at(6 + 2 * move) - 1,
                effect: table.effects[at(7 + 2 * move)],
            }),
        };
    }

    const magicOf = (memory) => memory[0];
    const rolesOf = (memory) => memory[1];
    const slotsOf = (memory) => memory[2];
    const count = (word) => word & ~SLEEP_BIT;
    const handedOver = (memory) =>
        slotsOf(memory).reduce((sum, slot) => sum + Math.ceil(count(slot[0]) / 2), 0);
    const acknowledged = (memory) =>
        slotsOf(memory).reduce((sum, slot) => sum + Math.floor(count(slot[0]) / 2), 0);

    // --- words ------------------------------------------------------------------

    const other = (side) => SIDES[1 - SIDES.indexOf(side)];
    const capital = (text) => text[0].toUpperCase() + text.slice(1);

    function roleInWords(word) {
        const died = (word & OWNER_DIED) !== 0;
        switch (word & TID) {
            case 0: return died ? ["WAITERS | OWNER_DIED", "its holder died"] : ["0", "vacant"];
            case TID: return [died ? "CLOSED | OWNER_DIED" : "CLOSED", "closed: nobody's any more"];
            case 1: return ["WAITERS | tid of the writer", "held by the writer"];
            case 2: return ["WAITERS | tid of the reader", "held by the reader"];
            default: return ["WAITERS | tid", "held by one that is gone"];
        }
    }

    function writtenInWords(word) {
        const turns = count(word);
        const turn = turns % 2 ? "text waits: the reader's turn" : "free: the writer's turn";
        return word === turns ? [`${turns}`, turn] : [`${turns} + sleep bit`, turn];
    }

    // A slot's text: what counts, and what is left from before.
    function textInWords([, len, text]) {
        const ending = { "\u0001": "who ended it: the writer", "\u0002": "who ended it, and: a writer died" }[text[0]];
        const rest = ending ? text.slice(1) : text;
        const valid = ending ? "" : rest.slice(0, len);
        const shown = (part) => part.replace(/\n/g, "⏎");
        return { ending, valid: shown(valid), stale: shown(rest.slice(valid.length)) };
    }

    function placeInWords(now, side) {
        const place = now.places[SIDES.indexOf(side)];
        if (place === 0) return "not there";
        if (place === DOZING) return `asleep on the ${other(side)}'s word, for a second at most`;
        if (place === ASLEEP) {
            return `asleep on slot ${sleepsOn(now, side)}'s written, the ${other(side)}'s word, and Ctrl-C`;
        }
        return `held before ${table.stops[place - 1][0]}`;
    }

    function segmentOf(now, side) {
        return [now.current, now.removed].find((it) => it && it.attached.includes(side));
    }

    // The slot whose word a side sleeps on: the next one, by its own count.
    function sleepsOn(now, side) {
        const { memory } = segmentOf(now, side);
        const hands = side === "writer" ? handedOver(memory) : acknowledged(memory);
        return hands % slotsOf(memory).length;
    }

    function isAsleep(now, side) {
        return now.places[SIDES.indexOf(side)] >= ASLEEP;
    }

    // Every word that differs between two views of a segment.
    function changes(before, after) {
        if (!after) return before ? ["the segment is gone"] : [];
        const list = [];
        const note = (name, was, is) => { if (was !== is) list.push(`${name}: ${was} → ${is}`); };
        const old = before ? before.memory : [false, [0, 0], slotsOf(after.memory).map(() => [0, 0, ""])];
        if (!before) list.push("a new segment, all zeros");
        note("magic", magicOf(old) ? "there" : "0", magicOf(after.memory) ? "there" : "0");
        SIDES.forEach((side, at) => {
            note(`${side}'s word`, roleInWords(rolesOf(old)[at])[1], roleInWords(rolesOf(after.memory)[at])[1]);
        });
        slotsOf(after.memory).forEach((slot, at) => {
            const was = slotsOf(old)[at];
            note(`slot ${at}'s written`, writtenInWords(was[0])[0], writtenInWords(slot[0])[0]);
            note(`slot ${at}'s len`, `${was[1]}`, `${slot[1]}`);
            if (was[2] !== slot[2]) list.push(`slot ${at} has new text`);
        });
        return list;
    }

    // What a move was, what it changed, and what the two made of it.
    function account(before, move, after) {
        const side = SIDES[move % 2], place = before.places[move % 2];
        const effect = before.moves[move].effect;
        const what = move > 1 ? "is killed" : place === 0 ? "starts" : table.stops[place - 1][0];
        const moved = before.current && after.removed && !before.removed;
        const parts = moved
            ? ["the key leads to the segment no more", ...changes(before.current, after.removed)]
            : [...changes(before.current, after.current), ...(before.removed ? changes(before.removed, after.removed) : [])];
        SIDES.forEach((name, at) => {
            const [out, , status] = effect[at];
            const ended = status === "killed" ? "" : `the ${name} ends with status ${status}`;
            if (out) parts.push(`the ${name} prints ${JSON.stringify(out)}`);
            if (status && ended) parts.push(ended);
            if (isAsleep(before, name) && !isAsleep(after, name) && after.places[at]) parts.push(`the ${name} wakes`);
            if (!isAsleep(before, name) && isAsleep(after, name)) parts.push(`the ${name} sleeps`);
        });
        return { side, what, changes: parts.length ? parts : ["no word changes"] };
    }

    // All that stands on one program's terminal after these moves.
    function transcript(path, side) {
        const at = SIDES.indexOf(side), lines = [];
        for (const { from, move } of path) {
            const before = state(from), place = before.places[at];
            const [out, said, status] = before.moves[move].effect[at];
            if (move === at && place === 0) lines.push(`$ ${side} -k 1234 --slots 2\n`);
            if (move === at && place && table.stops[place - 1][0] === "Read") {
                lines.push(table.lines[handedOver(segmentOf(before, side).memory)] || "(end of input)\n");
            }
            lines.push(out, said);
            if (status) lines.push(status === "killed" ? "Killed\n" : `(exit status ${status})\n`);
        }
        return lines.join("");
    }

    // Why a button does nothing now; none if it does something.
    function refusal(now, side, wish) {
        const at = SIDES.indexOf(side), place = now.places[at];
        const absent = `No ${side} is there: start one.`;
        const turn = `Somebody has died. From here on they go on one at a time, each until it sleeps or ends: now it is the ${other(side)}'s turn.`;
        if (wish === "kill") {
            if (!place) return absent;
            return now.moves[2 + at] ? null
                : "Somebody has been killed already. A second one can be killed only before that one is started again.";
        }
        if (wish === "start") {
            if (place) return `There is a ${side} already; a second one would be refused.`;
            if (now.moves[at]) return null;
            const all = now.current && handedOver(now.current.memory) > table.lines.length;
            return all && side === "writer"
                ? "All that the writer has to say lies in the segment, with the end behind it. Let a reader print it."
                : turn;
        }
        if (!place) return absent;
        if (isAsleep(now, side)) return `The ${side} sleeps. Only a wake can let it go on.`;
        return now.moves[at] ? null : turn;
    }

    return {
        SIDES, ASLEEP, table, state, account, transcript, refusal, placeInWords, roleInWords, writtenInWords, textInWords,
        magicOf, rolesOf, slotsOf, segmentOf, sleepsOn, isAsleep, count, capital,
    };
})();
