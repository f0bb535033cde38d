//! The graph as the page reads it: JSON, with everything that comes more than once in lists.

use std::collections::HashMap;
use std::hash::Hash;

use serde::Serialize;

use crate::actor::{News, Place};
use crate::explorer::Graph;
use crate::memory::Memory;
use crate::scenario::SCENARIOS;
use crate::state::{LINES, Move, Shared, State};
use crate::words::{STOPS, Side};

/// The whole of it. What is a number in `states` is a place in one of the lists.
#[derive(Serialize)]
pub(crate) struct Table {
    lines: [&'static str; 2],
    /// Name and words.
    stops: Vec<[&'static str; 2]>,
    /// Name, words and moves: w and r go on, W and R are killed.
    scenarios: Vec<[String; 3]>,
    memories: Vec<Memory>,
    /// Per side: what it printed, what it said, how it ended.
    effects: Vec<[[String; 3]; 2]>,
    /// See [`row`].
    states: Vec<Vec<usize>>,
}

/// Things, each once.
struct List<T> {
    things: Vec<T>,
    known: HashMap<T, usize>,
}

impl<T: Clone + Eq + Hash> List<T> {
    fn new() -> Self {
        Self { things: Vec::new(), known: HashMap::new() }
    }

    fn number(&mut self, thing: &T) -> usize {
        if let Some(&number) = self.known.get(thing) {
            return number;
        }
        self.things.push(thing.clone());
        self.known.insert(thing.clone(), self.things.len() - 1);
        self.things.len() - 1
    }
}

impl Table {
    pub(crate) fn of(graph: &Graph) -> Self {
        let (mut memories, mut effects) = (List::new(), List::new());
        effects.number(&<[[String; 3]; 2]>::default());
        let states = (0..graph.states.len())
            .map(|state| row(graph, state, &mut memories, &mut effects))
            .collect();
        let scenarios = SCENARIOS.iter().map(|it| {
            let moves: String = it.play(graph).into_iter().map(letter).collect();
            [it.name.to_owned(), it.words.to_owned(), moves]
        });
        Self {
            lines: LINES,
            stops: STOPS.iter().map(|stop| [stop.name, stop.words]).collect(),
            scenarios: scenarios.collect(),
            memories: memories.things,
            effects: effects.things,
            states,
        }
    }

    /// One line for each list, so that a change shows where it is.
    pub(crate) fn to_json(&self) -> String {
        let value = serde_json::to_value(self).expect("plain data");
        let object = value.as_object().expect("a struct");
        let lists = object.iter().map(|(name, list)| format!("\"{name}\":{list}"));
        // In HTML, nothing in it may end a script.
        let json = format!("{{\n{}\n}}\n", lists.collect::<Vec<_>>().join(",\n"));
        assert!(!json.contains('<') && !json.contains("{{"), "it goes into a page as it is");
        json
    }
}

fn letter(made: Move) -> char {
    match made {
        Move::Go(Side::Writer) => 'w',
        Move::Go(Side::Reader) => 'r',
        Move::Kill(Side::Writer) => 'W',
        Move::Kill(Side::Reader) => 'R',
    }
}

/// One state: the segment behind the key and the removed one (memory + 1, or 0; and who is
/// attached: 1 the writer, 2 the reader, 3 both), the two programs' places, and for each move
/// where it leads (state + 1, or 0 if it cannot be made) and its effect. Zeros at the end are
/// left out.
fn row(
    graph: &Graph,
    number: usize,
    memories: &mut List<Memory>,
    effects: &mut List<[[String; 3]; 2]>,
) -> Vec<usize> {
    let State { current, removed, programs, .. } = &graph.states[number];
    let mut row = Vec::new();
    for shared in [current, removed] {
        row.extend(shared.as_ref().map_or([0, 0], |Shared { memory, attached }| {
            let who = usize::from(attached[0]) + 2 * usize::from(attached[1]);
            [memories.number(memory) + 1, who]
        }));
    }
    row.extend(programs.iter().map(|program| program.as_ref().map_or(0, |it| place(it.0))));
    for edge in &graph.edges[number] {
        row.extend(edge.as_ref().map_or([0, 0], |edge| {
            let news = edge.effect.clone();
            let effect = news.map(|News { stdout, stderr, status }| {
                [stdout, stderr, status.unwrap_or_default()]
            });
            [edge.to + 1, effects.number(&effect)]
        }));
    }
    while row.last() == Some(&0) {
        row.pop();
    }
    row
}

/// 0 is nowhere; then each stop; then asleep, and dozing.
fn place(place: Place) -> usize {
    match place {
        Place::Before(step) => 1 + STOPS.iter().position(|stop| stop.name == step).expect("a stop"),
        Place::Asleep => 1 + STOPS.len(),
        Place::Dozing => 2 + STOPS.len(),
    }
}
