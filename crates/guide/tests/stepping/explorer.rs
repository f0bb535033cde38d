//! Finds every state there is: one long walk that makes each possible move in each of them.
//!
//! Each move is made by the real programs, so to come to a state again means to go there. The
//! walk goes to the nearest state in which a move is still untried. What is gone through on
//! the way must come out as it did the first time: else something is missing in the state.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use crate::stage::{Effect, Stage};
use crate::state::{Move, State};

/// What a move leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) to: usize,
    pub(crate) effect: Effect,
}

/// The states, from the empty one on, and what each move leads to from there.
#[derive(Default)]
pub(crate) struct Graph {
    pub(crate) states: Vec<State>,
    pub(crate) edges: Vec<[Option<Edge>; 4]>,
    known: HashMap<State, usize>,
}

/// How many moves it costs to begin anew.
const STARTING: usize = 2;

/// What the walk does next.
enum Next {
    Move(usize),
    Anew,
    Done,
}

impl Graph {
    fn number(&mut self, state: &State) -> usize {
        if let Some(&number) = self.known.get(state) {
            return number;
        }
        let number = self.states.len();
        self.states.push(state.clone());
        self.edges.push([const { None }; 4]);
        self.known.insert(state.clone(), number);
        number
    }

    fn untried(&self, state: usize) -> Option<usize> {
        (0..4)
            .find(|&at| self.edges[state][at].is_none() && self.states[state].allows(Move::ALL[at]))
    }

    /// The first move on the shortest way to a state for which this holds, and how long it is.
    fn way(&self, from: usize, wanted: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
        let mut seen = vec![false; self.states.len()];
        let mut queue = VecDeque::from([(from, None, 0)]);
        seen[from] = true;
        while let Some((state, first, length)) = queue.pop_front() {
            if wanted(state) {
                return Some((first.unwrap_or_default(), length));
            }
            for (at, edge) in self.edges[state].iter().enumerate() {
                if let Some(edge) = edge
                    && !std::mem::replace(&mut seen[edge.to], true)
                {
                    queue.push_back((edge.to, first.or(Some(at)), length + 1));
                }
            }
        }
        None
    }

    /// The next move of the walk; none if it is quicker to begin anew. Nothing is left to be
    /// tried if even that is of no use.
    fn next(&self, here: usize) -> Next {
        if let Some(at) = self.untried(here) {
            return Next::Move(at);
        }
        let untried = |state| self.untried(state).is_some();
        match (self.way(here, untried), self.way(0, untried)) {
            (_, None) => Next::Done,
            (Some((at, ahead)), Some((_, anew))) if ahead <= anew + STARTING => Next::Move(at),
            _ => Next::Anew,
        }
    }

    /// The same graph with its states numbered as a walk in breadth meets them.
    fn in_order(self) -> Self {
        let mut order = vec![0];
        let mut place = HashMap::from([(0, 0)]);
        let mut next = 0;
        while let Some(&state) = order.get(next) {
            for edge in self.edges[state].iter().flatten() {
                if let Entry::Vacant(new) = place.entry(edge.to) {
                    new.insert(order.len());
                    order.push(edge.to);
                }
            }
            next += 1;
        }
        let mut graph = Self::default();
        for old in order {
            let number = graph.number(&self.states[old]);
            graph.edges[number] = self.edges[old]
                .clone()
                .map(|edge| edge.map(|Edge { to, effect }| Edge { to: place[&to], effect }));
        }
        graph
    }
}

/// Explores everything.
///
/// # Panics
/// When the same move in the same state comes to two things.
pub(crate) fn explore() -> Graph {
    let mut graph = Graph::default();
    let mut stage = Stage::new();
    let mut here = graph.number(&stage.state);
    let mut late = 0;
    loop {
        let at = match graph.next(here) {
            Next::Move(at) => at,
            Next::Done => break,
            Next::Anew => {
                (stage, here) = (Stage::new(), 0);
                continue;
            }
        };
        match stage.make(Move::ALL[at]) {
            Some(effect) => here = note(&mut graph, (here, at), &stage.state, effect),
            None => {
                late += 1;
                assert!(late < 1000, "this machine takes too long over everything");
                (stage, here) = (Stage::new(), 0);
            }
        }
        if stage.is_worn_out() {
            (stage, here) = (Stage::new(), 0);
        }
    }
    let graph = graph.in_order();
    for state in 1..graph.states.len() {
        assert!(
            graph.way(state, |state| state == 0).is_some(),
            "a dead end: {:?}",
            graph.states[state]
        );
    }
    graph
}

/// A move came to this, and, if it was made before, must have come to the same then.
fn note(graph: &mut Graph, (from, at): (usize, usize), state: &State, effect: Effect) -> usize {
    let edge = Edge { to: graph.number(state), effect };
    if let Some(known) = &graph.edges[from][at] {
        assert!(
            *known == edge,
            "the same move came to two things:\n{:?} in {:?}\n-> {:?} {:?}\n-> {state:?} {:?}",
            Move::ALL[at],
            graph.states[from],
            graph.states[known.to],
            known.effect,
            edge.effect
        );
    }
    let to = edge.to;
    graph.edges[from][at] = Some(edge);
    to
}
