//! The stories that the page can play, each told as cues and followed through the graph.

use crate::actor::Place;
use crate::explorer::Graph;
use crate::state::Move;
use crate::words::Side::{self, Reader, Writer};

/// What somebody does next.
#[derive(Clone, Copy)]
enum Cue {
    /// Goes on until it is about to take this step, for the n-th time from here.
    To(Side, &'static str, usize),
    /// Goes on until it sleeps.
    Asleep(Side),
    /// Goes on until it has ended.
    Gone(Side),
    /// Is killed.
    Dies(Side),
    /// Both go on by turns until nothing is left.
    Both,
}

use Cue::{Asleep, Both, Dies, Gone, To};

/// A story.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) words: &'static str,
    cues: &'static [Cue],
    /// What comes of it: the lines printed, and how the programs ended, in order.
    printed: &'static str,
    ends: &'static [(Side, &'static str)],
}

/// All of them.
pub(crate) const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "Nothing goes wrong",
        words: "The reader comes first and sleeps. The writer hands over two lines, the second \
                of which says end. The reader is woken whenever it sleeps, prints, acknowledges, \
                and removes the segment.",
        cues: &[
            Asleep(Reader),
            To(Writer, "Read", 1),
            Asleep(Reader),
            To(Writer, "HandOverWake", 1),
            Both,
        ],
        printed: "01",
        ends: &[(Writer, "0"), (Reader, "0")],
    },
    Scenario {
        name: "The writer runs ahead",
        words: "The writer comes first, fills both slots and sleeps. The reader finds two lines, \
                prints them at once, acknowledges both, and only then wakes the writer.",
        cues: &[
            Asleep(Writer),
            To(Reader, "Output", 1),
            Asleep(Writer),
            To(Reader, "AcknowledgeWake", 1),
            Both,
        ],
        printed: "01",
        ends: &[(Writer, "0"), (Reader, "0")],
    },
    Scenario {
        name: "The writer dies in the middle of a line",
        words: "The second line lies in its slot, but is not handed over, when the writer is \
                killed. The kernel marks the writer's word and wakes the reader, which prints \
                what it was given, says that the writer died, and ends with status 3.",
        cues: &[
            Asleep(Reader),
            To(Writer, "HandOver", 1),
            To(Writer, "HandOver", 1),
            Asleep(Reader),
            Dies(Writer),
            Gone(Reader),
        ],
        printed: "0",
        ends: &[(Writer, "killed"), (Reader, "3")],
    },
    Scenario {
        name: "Another writer goes on",
        words: "The writer is killed with one line handed over. A second writer takes the role \
                before the reader has looked, and goes on in the next slot. Nothing is lost, and \
                the reader still says that a writer died.",
        cues: &[To(Writer, "HandOver", 2), Dies(Writer), Asleep(Writer), Both],
        printed: "01",
        ends: &[(Writer, "killed"), (Writer, "0"), (Reader, "3")],
    },
    Scenario {
        name: "The reader dies with a line printed",
        words: "The reader is killed between printing a line and acknowledging it. The next one \
                cannot know which of the two came first: it prints the line again, and says that \
                it may be the second time. Each line comes at least once.",
        cues: &[
            To(Writer, "Read", 2),
            To(Reader, "Acknowledge", 1),
            Dies(Reader),
            Asleep(Writer),
            Both,
        ],
        printed: "001",
        ends: &[(Reader, "killed"), (Writer, "0"), (Reader, "0")],
    },
    Scenario {
        name: "Both die",
        words: "Both are killed, the writer first. What was handed over lies in the segment, \
                which belongs to no process. Two new ones take the roles of the dead and go on. All \
                is printed, and still the reader ends with status 3: a writer has died.",
        cues: &[
            Asleep(Reader),
            To(Writer, "HandOverWake", 1),
            To(Writer, "HandOver", 1),
            Dies(Writer),
            Dies(Reader),
            To(Writer, "Read", 1),
            Both,
        ],
        printed: "01",
        ends: &[(Writer, "killed"), (Reader, "killed"), (Writer, "0"), (Reader, "3")],
    },
    Scenario {
        name: "The reader dies while it cleans up",
        words: "The stream is at its end and the writer gone. The reader has kept writers out, \
                and is killed before it has removed the segment. The next reader finds it so and \
                finishes what the dead one began.",
        cues: &[
            Asleep(Writer),
            To(Reader, "AcknowledgeWake", 1),
            Gone(Writer),
            To(Reader, "Remove", 1),
            Dies(Reader),
            Gone(Reader),
        ],
        printed: "01",
        ends: &[(Writer, "0"), (Reader, "killed"), (Reader, "0")],
    },
];

/// Where a story has got to.
struct Walk<'a> {
    graph: &'a Graph,
    here: usize,
    moves: Vec<Move>,
}

impl Scenario {
    /// The moves that the cues come to.
    ///
    /// # Panics
    /// When a cue cannot be followed, or something else comes of it than is said here.
    pub(crate) fn play(&self, graph: &Graph) -> Vec<Move> {
        let mut walk = Walk { graph, here: 0, moves: Vec::new() };
        for &cue in self.cues {
            walk.follow(cue);
        }
        let (printed, ends) = walk.outcome();
        let expected =
            self.printed.chars().map(|line| crate::state::LINES[line as usize - '0' as usize]);
        assert_eq!(printed, expected.collect::<String>(), "{}", self.name);
        let ends: Vec<_> = ends.iter().map(|(side, status)| (*side, status.as_str())).collect();
        assert_eq!(ends, self.ends, "{}", self.name);
        walk.moves
    }
}

impl Walk<'_> {
    fn follow(&mut self, cue: Cue) {
        match cue {
            Dies(side) => self.make(Move::Kill(side)),
            Asleep(side) => self.go(side, |place| place == Some(Place::Asleep)),
            Gone(side) => self.go(side, |place| place.is_none()),
            To(side, step, times) => {
                for _ in 0..times {
                    self.go(side, |place| place == Some(Place::Before(step)));
                }
            }
            Both => self.go_on_to_the_end(),
        }
    }

    /// By turns, as far as they can; who is missing comes when nobody else can go on.
    fn go_on_to_the_end(&mut self) {
        let mut next = Side::Writer;
        while self.here != 0 {
            let sides = [next, next.peer()];
            let is_there = |side: &Side| self.place(*side).is_some();
            let may_go = |side: &Side| self.allows(Move::Go(*side));
            let there = sides.iter().find(|side| is_there(side) && may_go(side));
            let side = *there.or_else(|| sides.iter().find(|side| may_go(side))).expect("somebody");
            self.make(Move::Go(side));
            next = side.peer();
        }
    }

    /// One move at least.
    fn go(&mut self, side: Side, arrived: impl Fn(Option<Place>) -> bool) {
        self.make(Move::Go(side));
        while !arrived(self.place(side)) {
            self.make(Move::Go(side));
        }
    }

    fn make(&mut self, wanted: Move) {
        assert!(self.allows(wanted), "{wanted:?} in {:#?}", self.graph.states[self.here]);
        self.moves.push(wanted);
        self.here = self.edge(self.here, wanted).to;
        assert!(self.moves.len() < 300, "a story without an end");
    }

    fn edge(&self, from: usize, made: Move) -> &crate::explorer::Edge {
        let at = Move::ALL.iter().position(|it| *it == made).expect("there are no others");
        self.graph.edges[from][at].as_ref().expect("it is allowed, so it was tried")
    }

    fn allows(&self, wanted: Move) -> bool {
        self.graph.states[self.here].allows(wanted)
    }

    fn place(&self, side: Side) -> Option<Place> {
        self.graph.states[self.here].place(side)
    }

    /// All that was printed, and how the programs ended.
    fn outcome(&self) -> (String, Vec<(Side, String)>) {
        let (mut printed, mut ends) = (String::new(), Vec::new());
        let mut here = 0;
        for &made in &self.moves {
            let edge = self.edge(here, made);
            for (side, news) in Side::BOTH.into_iter().zip(&edge.effect) {
                printed += &news.stdout;
                ends.extend(news.status.clone().map(|status| (side, status)));
            }
            here = edge.to;
        }
        (printed, ends)
    }
}
