//! What the two are in, and what can be done about it.

use crate::actor::Place;
use crate::memory::Memory;
use crate::mind::Mind;
use crate::words::Side;

/// What the writer has to say, line by line, in each segment.
pub(crate) const LINES: [&str; 2] = ["Good morning\n", "end\n"];

/// Something that the page has a button for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// The program takes its step, or is started if it is not there.
    Go(Side),
    /// The program is killed.
    Kill(Side),
}

impl Move {
    /// All of them, in the order of the table's columns.
    pub(crate) const ALL: [Self; 4] = [
        Self::Go(Side::Writer),
        Self::Go(Side::Reader),
        Self::Kill(Side::Writer),
        Self::Kill(Side::Reader),
    ];

    pub(crate) fn side(self) -> Side {
        let (Self::Go(side) | Self::Kill(side)) = self;
        side
    }
}

/// A segment, and which of the two are attached to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shared {
    pub(crate) memory: Memory,
    pub(crate) attached: [bool; 2],
}

/// All that decides what can come next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The segment behind the key.
    pub(crate) current: Option<Shared>,
    /// A removed one that somebody still has.
    pub(crate) removed: Option<Shared>,
    /// How many were killed in this exchange.
    pub(crate) deaths: usize,
    /// Who goes on alone, after a death.
    pub(crate) turn: Option<Side>,
    /// Where each program is, and what it keeps in mind; none that is not there.
    pub(crate) programs: [Option<(Place, Mind)>; 2],
}

impl State {
    /// The memory that a program is attached to.
    pub(crate) fn memory_of(&self, side: Side) -> Option<&Memory> {
        let segments = self.current.iter().chain(&self.removed);
        segments.filter(|it| it.attached[side as usize]).map(|it| &it.memory).next()
    }

    /// Whether the move can be made.
    ///
    /// Every order of steps is, as long as nobody has died. After that the programs go on one
    /// at a time, each until it sleeps or ends: all orders would be too many to try them all.
    pub(crate) fn allows(&self, wanted: Move) -> bool {
        let side = wanted.side();
        match wanted {
            Move::Kill(_) => self.is_there(side) && (self.deaths == 0 || self.is_alone(side)),
            Move::Go(_) if self.turn.is_some_and(|turn| turn != side) => false,
            Move::Go(_) if self.is_there(side) => self.can_go(side),
            // All that it had to say lies in the segment, with the end of the stream.
            Move::Go(Side::Writer) => {
                self.current.as_ref().is_none_or(|it| it.memory.handed_over() <= LINES.len())
            }
            Move::Go(Side::Reader) => true,
        }
    }

    fn is_there(&self, side: Side) -> bool {
        self.programs[side as usize].is_some()
    }

    /// Where a program is; nowhere if it is not there.
    pub(crate) fn place(&self, side: Side) -> Option<Place> {
        self.programs[side as usize].as_ref().map(|(place, _)| *place)
    }

    pub(crate) fn can_go(&self, side: Side) -> bool {
        matches!(self.place(side), Some(Place::Before(_)))
    }

    /// Whether the other was killed, and none has come in its place.
    fn is_alone(&self, side: Side) -> bool {
        self.deaths == 1 && !self.is_there(side.peer())
    }

    /// What a move makes of deaths and turns.
    pub(crate) fn counts(&mut self, before: &Self, made: Move) {
        // Where nobody is, and nothing, all begins anew.
        if *self == Self::default() {
            return;
        }
        let side = made.side();
        self.deaths = before.deaths + usize::from(matches!(made, Move::Kill(_)));
        if self.deaths > 0 {
            let next = if matches!(made, Move::Kill(_)) { side.peer() } else { side };
            self.turn = [next, next.peer()].into_iter().find(|&it| self.can_go(it));
        }
    }
}
