//! `watch`: an exchange on a full screen, while it is in use.
//!
//! It looks some ten times a second, and if a look takes long (a million slots), so rarely that
//! it takes a twentieth of one core at most.

use std::io;
use std::time::{Duration, Instant};

use handoff_cli::{Exit, Failure};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::args::WatchArgs;
use crate::screen::draw::draw;
use crate::screen::model::Model;
use crate::screen::signals;
use crate::screen::source::Source;
use crate::screen::terminal::{self, Screen};
use crate::target::Place;

/// Between two looks, at least.
const PERIOD: Duration = Duration::from_millis(100);
/// So many times as long as a look takes, it pauses.
const REST: u32 = 20;

/// What a key asks for.
enum Wish {
    Leave,
    Scroll(isize),
    Nothing,
}

pub(crate) fn run(args: &WatchArgs) -> Result<Exit, Failure> {
    let place = Place::of(&args.object);
    signals::note().map_err(|error| Failure::of("cannot listen for signals", error))?;
    let mut screen = Screen::enter().map_err(|error| {
        Failure::of("cannot watch", error).advise("to look once, see: inspect show")
    })?;
    let result = watch(&mut screen, &place);
    drop(screen);
    match result {
        Ok(()) => Ok(Exit::Ended),
        Err(error) => Err(Failure::of("cannot go on with the terminal", error)),
    }
}

fn watch(screen: &mut Screen, place: &Place) -> io::Result<()> {
    let mut model = Model::new(place.to_string());
    let mut source = Source::new(place.clone());
    model.room = usize::from(screen.terminal.size()?.height);
    loop {
        let begun = Instant::now();
        model.take(source.look(model.visible()), begun);
        let rest = (begun.elapsed() * REST).max(PERIOD);
        screen.terminal.draw(|frame| draw(frame, &mut model))?;
        if wait(screen, &mut model, begun + rest)? {
            return Ok(());
        }
    }
}

/// Waits for the next look, and sees to the keys meanwhile. True if we are to leave.
fn wait(screen: &mut Screen, model: &mut Model, until: Instant) -> io::Result<bool> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if signals::came() {
            return Ok(true);
        }
        if left.is_zero() {
            return Ok(false);
        }
        if !terminal::rest(left.min(PERIOD)) {
            return Ok(true);
        }
        if !event::poll(Duration::ZERO)? {
            continue;
        }
        match event::read()? {
            Event::Key(key) => match wish(key, model.room) {
                Wish::Leave => return Ok(true),
                Wish::Scroll(by) => model.scroll(by),
                Wish::Nothing => continue,
            },
            Event::Resize(..) => {}
            _ => continue,
        }
        screen.terminal.draw(|frame| draw(frame, model))?;
    }
}

fn wish(key: KeyEvent, page: usize) -> Wish {
    if key.kind == KeyEventKind::Release {
        return Wish::Nothing;
    }
    let page = isize::try_from(page.max(1)).unwrap_or(isize::MAX);
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => Wish::Leave,
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Wish::Leave,
        KeyCode::Up | KeyCode::Char('k') => Wish::Scroll(-1),
        KeyCode::Down | KeyCode::Char('j') => Wish::Scroll(1),
        KeyCode::PageUp => Wish::Scroll(-page),
        KeyCode::PageDown | KeyCode::Char(' ') => Wish::Scroll(page),
        KeyCode::Home => Wish::Scroll(isize::MIN),
        KeyCode::End => Wish::Scroll(isize::MAX),
        _ => Wish::Nothing,
    }
}
