//! The two processes and their segment, and how a move is made.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use handoff_e2e::{Scratch, TestKey};
use handoff_shm::sysv::{Attach, Attachment, Segment};

use crate::actor::{Actor, News, Place};
use crate::memory::{Cast, Memory, raw_role};
use crate::mind::Mind;
use crate::state::{LINES, Move, Shared, State};
use crate::words::Side;

/// Who dozes wakes by itself after a second. Whatever was seen later than this may be wrong.
const DOZE: Duration = Duration::from_millis(800);

/// What a move made the two print and say: an effect beside the new state.
pub(crate) type Effect = [News; 2];

/// A key, and who meets there.
pub(crate) struct Stage {
    // In this order: who is killed first cannot make a segment anew.
    actors: [Option<Actor>; 2],
    minds: [Mind; 2],
    /// Role words that they have looked at, as they were.
    looks: [Option<(Side, u32)>; 2],
    attachments: Vec<(i32, Attachment)>,
    cast: Cast,
    /// The segments that each is attached to.
    attached: [Vec<i32>; 2],
    key: TestKey,
    scratch: Scratch,
    started: AtomicUsize,
    dozing_since: Option<Instant>,
    pub(crate) state: State,
}

impl Stage {
    /// Nobody is there, and no segment.
    pub(crate) fn new() -> Self {
        Self {
            actors: [None, None],
            minds: Default::default(),
            looks: [None; 2],
            attachments: Vec::new(),
            cast: Cast::default(),
            attached: Default::default(),
            key: TestKey::new(),
            scratch: Scratch::new(),
            started: AtomicUsize::new(0),
            dozing_since: None,
            state: State::default(),
        }
    }

    /// Makes a move that the state allows; none if it took so long that what came of it may
    /// be due to the time.
    pub(crate) fn make(&mut self, wanted: Move) -> Option<Effect> {
        let mut effect = Effect::default();
        let side = wanted.side();
        let begun = Instant::now();
        let dozes = self.place(side) == Some(Place::Before("WaitForWriter"));
        let since = self.dozing_since.or(dozes.then_some(begun));
        match (wanted, &mut self.actors[side as usize]) {
            (Move::Go(_), None) => self.start(side),
            (Move::Go(_), Some(_)) => effect[side as usize] = self.go_on(side),
            (Move::Kill(_), actor) => {
                let actor = actor.as_mut().expect("it is there");
                actor.kill();
                effect[side as usize] = actor.news();
                effect[side as usize].status = Some("killed".into());
                self.actors[side as usize] = None;
            }
        }
        let peer = side.peer();
        if self.actors[peer as usize].as_ref().is_some_and(Actor::has_moved) {
            effect[peer as usize] = self.settle(peer);
        }
        let late = since.is_some_and(|since| since.elapsed() > DOZE);
        self.look_around(wanted);
        let dozing = Side::BOTH.iter().any(|&side| self.place(side) == Some(Place::Dozing));
        self.dozing_since = since.filter(|_| dozing);
        (!late).then_some(effect)
    }

    /// Whether one of them was held at so many steps that it is of no more use.
    pub(crate) fn is_worn_out(&self) -> bool {
        self.actors.iter().flatten().any(Actor::is_worn_out)
    }

    fn place(&self, side: Side) -> Option<Place> {
        self.actors[side as usize].as_ref().map(|actor| actor.place)
    }

    fn start(&mut self, side: Side) {
        let number = self.started.fetch_add(1, Relaxed);
        let files = self.scratch.path().join(number.to_string());
        let actor = Actor::start(side, &self.key, self.state.current.is_none(), files);
        self.minds[side as usize] = Mind::default();
        let pid = actor.pid().cast_unsigned();
        // Process ids come again.
        self.cast.writers.retain(|&known| known != pid);
        if side == Side::Writer {
            self.cast.writers.push(pid);
        }
        self.actors[side as usize] = Some(actor);
    }

    fn go_on(&mut self, side: Side) -> News {
        let said = self.state.current.as_ref().map_or(0, |it| it.memory.handed_over());
        let actor = self.actors[side as usize].as_mut().expect("it is there");
        if actor.place == Place::Before("Read") {
            actor.feed(LINES.get(said).copied());
        }
        actor.go_on();
        self.settle(side)
    }

    fn settle(&mut self, side: Side) -> News {
        let actor = self.actors[side as usize].as_mut().expect("it is there");
        let status = actor.settle();
        let mut news = actor.news();
        self.minds[side as usize].hears(&news.stderr);
        news.stderr = self.anonymous(&news.stderr);
        if status.is_some() {
            self.actors[side as usize] = None;
        }
        News { status, ..news }
    }

    /// Notices without what differs from run to run.
    fn anonymous(&self, notices: &str) -> String {
        let text = notices.replace(&format!("{:#x}", self.key.number()), "1234");
        let text = without_numbers("process ", &text, |pid| {
            if self.cast.writers.contains(&pid) { "W" } else { "R" }
        });
        without_numbers("segment ", &text, |_| "ID")
    }

    /// Sees where everybody is now, and what is in the memory.
    fn look_around(&mut self, made: Move) {
        let before = std::mem::take(&mut self.state);
        self.cast.alive = [0, 1].map(|at: usize| self.actors[at].as_ref().map(Actor::pid));
        self.attached = self.cast.alive.map(|pid| pid.map_or(Vec::new(), attached));
        let key = self.key.segment().map(|row| row.id);
        self.keep_attached(key);
        for (id, attachment) in &self.attachments {
            let memory = Memory::of(attachment, &self.cast);
            let attached = [0, 1].map(|at: usize| self.attached[at].contains(id));
            let is_current = key == Some(*id);
            let place = if is_current { &mut self.state.current } else { &mut self.state.removed };
            assert!(place.is_none(), "two removed segments at once");
            *place = Some(Shared { memory, attached });
        }
        self.remember(made, &before);
        self.state.counts(&before, made);
    }

    /// Attaches the segment of the key, and lets those go that nobody else can have any more:
    /// they are removed, and nobody is attached.
    fn keep_attached(&mut self, key: Option<i32>) {
        let attached = &self.attached;
        self.attachments
            .retain(|(id, _)| key == Some(*id) || attached.iter().flatten().any(|it| it == id));
        if let Some(id) = key
            && self.attachments.iter().all(|(known, _)| *known != id)
        {
            let read_only = Attach::new().read_only(true);
            let attached = Segment::from_id(id).attach_with(&read_only).expect("our own segment");
            self.attachments.push((id, attached));
        }
    }

    /// Notes in the state what each program keeps in mind and nobody can see.
    fn remember(&mut self, made: Move, before: &State) {
        for side in Side::BOTH {
            let at = side as usize;
            let Some(place) = self.place(side) else { continue };
            let from = before.place(side);
            if made == Move::Go(side) || from != Some(place) {
                let [was, now] = [before, &self.state].map(|state| state.memory_of(side).cloned());
                self.minds[at].comes_to(side, (from, place), [was.as_ref(), now.as_ref()]);
                self.look(side, place, now.as_ref());
            }
            let mind = self.minds[at].with(self.looks[at], &self.cast);
            self.state.programs[at] = Some((place, mind));
        }
    }

    /// Coming to a place, a program has looked at a role word, with the thread id in it.
    fn look(&mut self, side: Side, place: Place, memory: Option<&Memory>) {
        let at = side as usize;
        // Between these two it does not look again.
        if place == Place::Before("Sleep") {
            return;
        }
        let mine = self.attachments.iter().find(|(id, _)| self.attached[at].contains(id));
        self.looks[at] = mine.zip(memory).and_then(|((_, attachment), memory)| {
            let word = self.minds[at].looks_at(side, place, memory)?;
            Some((word, raw_role(attachment, word)))
        });
    }
}

/// The segments that a process is attached to: the inode of a System V mapping in
/// proc_pid_maps(5) is the segment's id.
fn attached(pid: i32) -> Vec<i32> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let segments = maps.lines().filter(|line| line.contains("/SYSV"));
    let ids = segments.filter_map(|line| line.split_whitespace().nth(4)?.parse().ok());
    ids.collect()
}

/// Puts a name in the place of each number behind the word.
fn without_numbers(word: &str, text: &str, name: impl Fn(u32) -> &'static str) -> String {
    let mut parts = text.split(word);
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.chars().take_while(char::is_ascii_digit).count();
        let name = part[..digits].parse().map_or("", &name);
        result += &format!("{word}{name}{}", &part[digits..]);
    }
    result
}
