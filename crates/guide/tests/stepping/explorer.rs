//! Finds every state there is: one long walk that makes each possible move in each of them.
//!
//! Each move is made by the real programs, so to come to a state again means to go there. The
//! walk goes to the nearest state in which a move is still untried. What is gone through on
//! the way must come out as it did the first time: else something is missing in the state.

use std::collections::{HashMap, VecDeque};

use crate::stage::{Effect, Move, Stage, State};

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
        (0..4).find(|&at| {
            self.edges[state][at].is_none() && self.states[state].allows(Move::ALL[at])
        })
    }

    /// The first move on the shortest way to a state for which this holds.
    fn way(&self, from: usize, wanted: impl Fn(usize) -> bool) -> Option<usize> {
        let mut seen = vec![false; self.states.len()];
        let mut queue = VecDeque::from([(from, None)]);
        seen[from] = true;
        while let Some((state, first)) = queue.pop_front() {
            if wanted(state) {
                return first;
            }
            for (at, edge) in self.edges[state].iter().enumerate() {
                if let Some(edge) = edge
                    && !std::mem::replace(&mut seen[edge.to], true)
                {
                    queue.push_back((edge.to, first.or(Some(at))));
                }
            }
        }
        None
    }

    /// The same graph with its states numbered as a walk in breadth meets them.
    fn in_order(self) -> Self {
        let mut order = vec![0];
        let mut place = HashMap::from([(0, 0)]);
        let mut next = 0;
        while let Some(&state) = order.get(next) {
            for edge in self.edges[state].iter().flatten() {
                if !place.contains_key(&edge.to) {
                    place.insert(edge.to, order.len());
                    order.push(edge.to);
                }
            }
            next += 1;
        }
        let mut graph = Self::default();
        for old in order {
            let number = graph.number(&self.states[old]);
            graph.edges[number] = self.edges[old].clone().map(|edge| {
                edge.map(|Edge { to, effect }| Edge { to: place[&to], effect })
            });
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
    let mut n=0;let t=std::time::Instant::now();
    loop {
 n+=1; if n%1000==0 || t.elapsed().as_secs()>570 {
 let mut v=std::collections::HashSet::new(); let mut m=std::collections::HashSet::new(); let mut w=std::collections::HashSet::new(); let mut r=std::collections::HashSet::new(); let mut pw=std::collections::HashSet::new();let mut pr=std::collections::HashSet::new();
 for s in &graph.states { v.insert((s.current.clone(),s.removed.clone(),s.programs[0].as_ref().map(|x|x.0),s.programs[1].as_ref().map(|x|x.0))); m.insert((s.current.clone(),s.removed.clone()));
 w.insert(s.programs[0].clone()); r.insert(s.programs[1].clone()); pw.insert(s.programs[0].as_ref().map(|x|x.1.clone()));pr.insert(s.programs[1].as_ref().map(|x|x.1.clone()));}
 eprintln!("visible {} memories {} w {} r {} wm {} rm {}", v.len(), m.len(), w.len(), r.len(), pw.len(), pr.len());
 if t.elapsed().as_secs()>570 { for x in pw {eprintln!("{x:?}");} for x in pr {eprintln!("{x:?}");} panic!("stop") }
eprintln!("{n} moves {} states {} edges {:?}", graph.states.len(), graph.edges.iter().flatten().flatten().count(), t.elapsed());}
        let at = match graph.untried(here) {
            Some(at) => at,
            None => match graph.way(here, |state| graph.untried(state).is_some()) {
                Some(at) => at,
                None if here == 0 => break,
                None => graph.way(here, |state| state == 0).unwrap_or_else(|| { let mut seen=vec![here]; let mut i=0; while i<seen.len() { let x=seen[i]; eprintln!("{x}: {:?} {:?} {:?}", graph.states[x].programs.iter().map(|p| p.as_ref().map(|p| p.0)).collect::<Vec<_>>(), graph.states[x].current.as_ref().map(|c| c.memory.clone()), graph.edges[x].iter().map(|e| e.as_ref().map(|e| e.to)).collect::<Vec<_>>()); for e in graph.edges[x].iter().flatten() { if !seen.contains(&e.to) {seen.push(e.to)} } i+=1; } panic!("a dead end: {:#?}", graph.states[here])}),
            },
        };
        let effect = stage.make(Move::ALL[at]);
        let is_void = effect.is_none();
        if let Some(effect) = effect {
            here = note(&mut graph, (here, at), &stage.state, effect);
        }
        if is_void || stage.is_worn_out() {
            drop(std::mem::replace(&mut stage, Stage::new()));
            here = 0;
        }
    }
    eprintln!("{n} moves {} states {} edges {:?}", graph.states.len(), graph.edges.iter().flatten().flatten().count(), t.elapsed());
    let graph = graph.in_order();
    for state in 1..graph.states.len() {
        assert!(graph.way(state, |state| state == 0).is_some(), "a dead end: {:?}", graph.states[state]);
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
