//! The first story as a table in Markdown, for who has no JavaScript.

use std::fmt::Write;

use crate::actor::Place;
use crate::explorer::Graph;
use crate::memory::{ASLEEP, Memory, Slot};
use crate::scenario::SCENARIOS;
use crate::state::{Move, State};
use crate::words::Side;

const HEAD: &str = "\
| | step | writer's word | reader's word | slot 0 | slot 1 | printed |
|-|------|---------------|---------------|--------|--------|---------|
";

/// A line for each step, with the words as they are behind it.
pub(crate) fn as_markdown(graph: &Graph) -> String {
    let mut table = HEAD.to_owned();
    let mut here = 0;
    for made in SCENARIOS[0].play(graph) {
        let at = Move::ALL.iter().position(|it| *it == made).expect("there are no others");
        let edge = graph.edges[here][at].as_ref().expect("it is played");
        let (before, after) = (&graph.states[here], &graph.states[edge.to]);
        let printed = edge.effect[1].stdout.trim_end();
        let name = made.side().name();
        let words = words(after);
        writeln!(table, "| {name} | {} | {words} | {printed} |", step(before, made)).expect("room");
        here = edge.to;
    }
    table
}

fn step(before: &State, made: Move) -> &'static str {
    match (made, &before.programs[made.side() as usize]) {
        (Move::Kill(_), _) => "is killed",
        (Move::Go(_), None) => "starts",
        (Move::Go(_), Some((Place::Before(step), _))) => step,
        (Move::Go(_), Some(_)) => unreachable!("who sleeps takes no step"),
    }
}

fn words(state: &State) -> String {
    let Some(shared) = state.current.as_ref().or(state.removed.as_ref()) else {
        return " | | | ".to_owned();
    };
    let Memory(_, _, slots) = &shared.memory;
    let roles = Side::BOTH.map(|side| role(shared.memory.role(side)));
    let slots: Vec<String> = slots.iter().map(slot).collect();
    format!("{} | {} | {}", roles[0], roles[1], slots.join(" | "))
}

fn role(word: u32) -> &'static str {
    match word & 0x3fff_ffff {
        0 if word == 0 => "vacant",
        0 => "its holder died",
        1 => "the writer",
        2 => "the reader",
        _ => "closed",
    }
}

fn slot(Slot(written, len, _): &Slot) -> String {
    let turns = written & !ASLEEP;
    let asleep = if *written == turns { "" } else { ", sleep bit" };
    let text = if turns.is_multiple_of(2) {
        String::new()
    } else if *len == 0 {
        ": end".to_owned()
    } else {
        format!(": {len} bytes")
    };
    format!("{turns}{asleep}{text}")
}
