//! The same in the classic layout, for a reader that may be one of the C programs.
//!
//! The layout holds one text and nothing else. So a text is handed over when somebody is
//! there to read it, one at a time, and what no reader has taken is not counted as handed
//! over: it goes to the next one again.

use handoff_cli::{ExchangeArgs, Exit, Failure};
use handoff_proto::blog::{END, Sender, Woke};
use handoff_proto::{Corrupt, Interrupt};
use handoff_shm::blog::{Place, Presence};

use crate::args::Args;
use crate::input::{Input, Read};
use crate::pieces::{Nul, Piece, Pieces};

/// Reads stdin and hands it over, to its end.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let input = Input::new(&args.until).map_err(|error| Failure::of("cannot use stdin", error))?;
    let interrupt = handoff_cli::on_ctrl_c()?;
    let exchange = &args.exchange;
    // Text is not read by a step here, so the prompt for it is the usual one.
    handoff_cli::start_stepping("writer", exchange, &interrupt, None)?;
    handoff_cli::look_elsewhere(exchange, "reader");
    let place = Place::attach(&exchange.request(), &interrupt)?;
    let stream = Stream {
        exchange,
        place,
        input,
        pieces: Pieces::default(),
        untaken: 0,
        is_there: false,
        begun: false,
        ended: false,
        had_reader: false,
        interrupt,
    };
    stream.hand_over_all()
}

struct Stream<'a> {
    exchange: &'a ExchangeArgs,
    place: Place<Sender>,
    input: Input,
    pieces: Pieces,
    /// Bytes of the text that is on its way, as long as no reader has taken it.
    untaken: usize,
    /// That text is in the segment.
    is_there: bool,
    /// Some text was taken.
    begun: bool,
    /// The end was handed over.
    ended: bool,
    /// Somebody was there when we looked last.
    had_reader: bool,
    interrupt: Interrupt,
}

/// What became of waiting for a reader.
enum Reader {
    /// It is there, and has taken what there was.
    Ready,
    /// It has left, and the text is still there.
    Left,
    /// It has removed the segment, or somebody else has.
    Removed,
    /// Somebody wants us to leave.
    Interrupted,
}

impl Stream<'_> {
    fn hand_over_all(mut self) -> Result<Exit, Failure> {
        self.ask_if_alone()?;
        loop {
            match self.pieces.next() {
                Ok(Some(Piece::Text(text))) => {
                    if !self.hand_over(&text)? {
                        return self.leave();
                    }
                }
                Ok(Some(Piece::End(text))) => return self.end(&text),
                Ok(None) => match self.read() {
                    Ok(true) => {}
                    Ok(false) => return self.leave(),
                    Err(failure) => {
                        self.let_go();
                        return Err(failure);
                    }
                },
                Err(nul) => return self.refuse(&nul),
            }
        }
    }

    /// False if somebody wants us to leave.
    fn read(&mut self) -> Result<bool, Failure> {
        if self.interrupt.is_raised() {
            return Ok(false);
        }
        match self.input.read_to(self.pieces.text())? {
            Read::Text(_) | Read::Interrupted => {}
            Read::Last(_) => self.pieces.no_more(),
            Read::End => {
                self.input.leave_prompt();
                self.pieces.no_more();
            }
        }
        Ok(!self.interrupt.is_raised())
    }

    /// False if somebody wants us to leave before a reader has taken it.
    fn hand_over(&mut self, text: &[u8]) -> Result<bool, Failure> {
        self.untaken = text.len();
        loop {
            let reader = match self.wait_for_reader()? {
                Reader::Ready => {
                    self.place.end.send(text);
                    self.is_there = true;
                    self.wait_until_taken()?
                }
                other => other,
            };
            self.is_there &= matches!(reader, Reader::Interrupted);
            match reader {
                Reader::Ready => {
                    self.untaken = 0;
                    self.begun = true;
                    return Ok(true);
                }
                Reader::Left => self.place.end.take_back(),
                Reader::Removed => self.attach_anew()?,
                Reader::Interrupted => return Ok(false),
            }
        }
    }

    /// Waits until the place is free and somebody is there to look at it.
    fn wait_for_reader(&mut self) -> Result<Reader, Failure> {
        loop {
            match self.wait()? {
                Woke::Turn => {
                    if let Some(now) = self.place.news() {
                        self.tell(now);
                    }
                    match self.place.told() {
                        Some(Presence::Alone) => self.place.end.send(b""),
                        Some(Presence::Lost) => return Ok(Reader::Removed),
                        Some(Presence::Other | Presence::Others) | None => {
                            return Ok(Reader::Ready);
                        }
                    }
                }
                Woke::News(Presence::Lost) => return Ok(Reader::Removed),
                Woke::News(now) => self.tell(now),
                Woke::Interrupted => return Ok(Reader::Interrupted),
            }
        }
    }

    /// Waits until the text that was handed over is read, or its reader is gone.
    fn wait_until_taken(&mut self) -> Result<Reader, Failure> {
        loop {
            match self.wait()? {
                Woke::Turn => return Ok(Reader::Ready),
                Woke::News(Presence::Lost) => return Ok(Reader::Removed),
                Woke::News(Presence::Alone) => {
                    self.tell(Presence::Alone);
                    return Ok(Reader::Left);
                }
                Woke::News(now) => self.tell(now),
                Woke::Interrupted => return Ok(Reader::Interrupted),
            }
        }
    }

    fn wait(&mut self) -> Result<Woke<Presence>, Failure> {
        self.place.wait().map_err(|error| self.failed(error))
    }

    /// Nobody is there: the empty text asks whoever comes to show itself.
    fn ask_if_alone(&mut self) -> Result<(), Failure> {
        let is_turn = self.place.end.is_turn().map_err(|error| self.failed(error))?;
        if is_turn && self.is_alone() {
            self.place.end.send(b"");
        }
        Ok(())
    }

    fn is_alone(&mut self) -> bool {
        self.place.now() == Some(Presence::Alone)
    }

    fn tell(&mut self, now: Presence) {
        let reader = self.exchange.command("reader");
        let had_reader = std::mem::replace(&mut self.had_reader, now != Presence::Alone);
        match now {
            Presence::Alone if had_reader && self.untaken > 0 => log::warn!(
                "the reader has left and has not taken the last text, which goes to the next \
                 one: {reader}"
            ),
            Presence::Alone if had_reader => {
                log::info!("the reader has left; the next one goes on: {reader}");
            }
            Presence::Alone => log::info!("waiting for a reader: {reader}"),
            Presence::Other | Presence::Others => self.place.tell_of_others(now),
            Presence::Lost => {}
        }
    }

    fn attach_anew(&mut self) -> Result<(), Failure> {
        log::info!("{} was removed; going on in a new one", self.place.segment().name());
        self.place = Place::attach(&self.exchange.request(), &self.interrupt)?;
        self.had_reader = false;
        Ok(())
    }

    /// Hands over the text that ends the stream. Nobody waits until it is read: the reader
    /// removes the segment.
    fn end(mut self, text: &[u8]) -> Result<Exit, Failure> {
        // That the bare end is not read is no loss.
        self.untaken = if text == END { 0 } else { text.len() };
        loop {
            match self.wait_for_reader()? {
                Reader::Ready => {
                    self.place.end.send(text);
                    self.ended = true;
                    break;
                }
                // It had all that there was, and has ended by itself.
                Reader::Removed if self.begun => break,
                Reader::Removed => self.attach_anew()?,
                Reader::Left => {}
                Reader::Interrupted => return self.leave(),
            }
        }
        self.let_go();
        Ok(Exit::Ended)
    }

    /// Ctrl-C: ends the stream, if there is room for an end and somebody to see it.
    fn leave(mut self) -> Result<Exit, Failure> {
        self.input.leave_prompt();
        // Whatever the flag says: to leave is what was asked for.
        let is_turn = self.place.end.is_turn().unwrap_or(false);
        let is_alone = matches!(self.place.now(), Some(Presence::Alone | Presence::Lost));
        let missing = self.untaken + self.pieces.bytes();
        if is_alone && self.is_there && !is_turn {
            self.place.end.take_back();
        }
        if is_turn && !is_alone {
            self.place.end.send(END);
            self.ended = true;
        } else if !is_alone {
            log::warn!("the last text is not read yet: the stream has no end");
        }
        if missing > 0 && (is_alone || !self.is_there) {
            log::warn!("{missing} bytes that no reader has taken are lost");
        }
        self.let_go();
        Ok(Exit::Interrupted)
    }

    /// What one hand-off cannot carry. What was before it is handed over.
    fn refuse(mut self, nul: &Nul) -> Result<Exit, Failure> {
        self.input.leave_prompt();
        self.let_go();
        let error = "it has a NUL in it, which ends a text in the classic layout";
        Err(Failure::of(format!("cannot hand over line {}", nul.line), error)
            .advise("take it out, or leave --blog away on both sides"))
    }

    fn let_go(self) {
        if let Err(error) = self.place.leave(self.ended) {
            log::warn!("{error}: it stays, empty");
        }
    }

    fn failed(&self, error: Corrupt) -> Failure {
        Failure::of_corrupt(self.place.segment(), error)
    }
}
