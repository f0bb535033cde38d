//! Whole programs: `writer < text` with `reader > /dev/null` beside what a shell
//! offers for the purpose.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::stat::Mode;
use nix::sys::time::TimeValLike;
use nix::unistd::mkfifo;
use serde::{Deserialize, Serialize};

use crate::args::Args;
use crate::conductor::Tools;
use crate::pin;
use crate::side::Failure;
use crate::stats::Summary;
use crate::text::Text;
use crate::watch::{Running, Stopped};

/// Bytes that go through each pair of programs before any is timed, and are compared.
const CHECKED: u64 = 4 << 20;

/// Two programs and what is between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pipeline {
    /// writer and reader.
    Ours,
    /// The same, and the writer looks for no word that ends the stream.
    OursToTheEnd,
    /// `cat | cat`.
    Cat,
    /// `cat > fifo` and `cat fifo`.
    CatFifo,
}

impl Pipeline {
    const ALL: [Self; 4] = [Self::Ours, Self::OursToTheEnd, Self::Cat, Self::CatFifo];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Ours => "writer, reader",
            Self::OursToTheEnd => "writer --until '', reader",
            Self::Cat => "cat | cat",
            Self::CatFifo => "cat through a FIFO",
        }
    }

    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Ours | Self::OursToTheEnd)
    }

    /// The command lines, without what is redirected.
    fn commands(self, tools: &Tools) -> Result<[Command; 2], Failure> {
        let key = tools.stage.scene.key(8).to_string();
        let ours = |name: &str| {
            let mut command = Command::new(tools.programs.join(name));
            command.args(["-q", "-k", &key]);
            command
        };
        let cat = |redirected: &str| {
            let mut command = Command::new("sh");
            let fifo = tools.stage.scene.dir.join("fifo");
            command.arg("-c").arg(format!("exec cat {redirected} \"$0\"")).arg(fifo);
            command
        };
        let mut commands = match self {
            Self::Ours | Self::OursToTheEnd => [ours("writer"), ours("reader")],
            Self::Cat => [Command::new("cat"), Command::new("cat")],
            Self::CatFifo => [cat(">"), cat("<")],
        };
        if self == Self::OursToTheEnd {
            commands[0].args(["--until", ""]);
        }
        Ok(commands)
    }

    /// Starts both programs.
    pub(crate) fn start(
        self,
        tools: &Tools,
        text: impl Into<Stdio>,
        sink: impl Into<Stdio>,
    ) -> Result<Running, Failure> {
        let [mut from, mut to] = self.commands(tools)?;
        from.stdin(text).stdout(Stdio::null());
        to.stdin(Stdio::null()).stdout(sink);
        match self {
            Self::Cat => {
                let (reading, writing) = io::pipe()?;
                from.stdout(writing);
                to.stdin(reading);
            }
            Self::CatFifo => mkfifo(&tools.stage.scene.dir.join("fifo"), Mode::S_IRWXU)?,
            Self::Ours | Self::OursToTheEnd => {}
        }
        let mut running = Running::default();
        running.start(&mut from)?;
        running.start(&mut to)?;
        Ok(running)
    }
}

/// One row of whole programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    pipeline: Pipeline,
    text: Text,
    /// Both may run on two cores, or on one.
    cores: usize,
}

impl Row {
    fn id(self) -> String {
        let Self { pipeline, text, cores } = self;
        // Both serialise as a word.
        let word = |value: serde_json::Result<String>| value.unwrap_or_default().replace('"', "");
        let (pipeline, text) = (serde_json::to_string(&pipeline), serde_json::to_string(&text));
        format!("programs/{}/{}/{cores}", word(pipeline), word(text))
    }
}

/// Every row of whole programs: all texts on two cores, the lines on one as well.
fn rows() -> impl Iterator<Item = Row> {
    let all = |text, cores| Pipeline::ALL.map(|pipeline| Row { pipeline, text, cores });
    Text::ALL.map(|text| all(text, 2)).into_iter().flatten().chain(all(Text::Lines, 1))
}

/// What one row's rounds have brought.
#[derive(Debug)]
struct Measured {
    row: Row,
    /// Seconds, and CPU seconds of both programs.
    rounds: Vec<(f64, f64)>,
}

/// The result of a row of whole programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProgramRow {
    pub(crate) id: String,
    pub(crate) pipeline: Pipeline,
    pub(crate) text: Text,
    pub(crate) cores: usize,
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) seconds: Summary,
    pub(crate) cpu_seconds: Summary,
}

/// All rows of whole programs.
#[derive(Debug)]
pub(crate) struct Programs {
    rows: Vec<Measured>,
    bytes: u64,
}

impl Programs {
    pub(crate) fn new(args: &Args) -> Self {
        let rows = rows().filter(|row| args.wants(&row.id()));
        Self {
            rows: rows.map(|row| Measured { row, rounds: Vec::new() }).collect(),
            bytes: args.text() / 64 * 64,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes of each text.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the texts, and sends a short one of each through everything: it must come
    /// out as it went in.
    ///
    /// # Errors
    /// It does not, or there is no room.
    pub(crate) fn prepare(&self, tools: &Tools) -> Result<(), Failure> {
        for text in Text::ALL.into_iter().filter(|&text| self.uses(text)) {
            tools.bar.set_message(format!("writing {}", text.title()));
            let file = path(tools, text);
            text.write(&file, CHECKED.min(self.bytes))?;
            for Measured { row, .. } in self.rows.iter().filter(|it| it.row.text == text) {
                check(tools, *row, &file)?;
            }
            text.write(&file, self.bytes)?;
        }
        Ok(())
    }

    fn uses(&self, text: Text) -> bool {
        self.rows.iter().any(|it| it.row.text == text)
    }

    /// Each row once.
    ///
    /// # Errors
    /// A program fails.
    pub(crate) fn one_round(&mut self, tools: &Tools) -> Result<(), Failure> {
        for Measured { row, rounds } in &mut self.rows {
            let (title, text) = (row.pipeline.title(), row.text.title());
            tools.bar.set_message(format!("{title}, {text}"));
            rounds.push(timed(tools, *row)?);
            tools.stage.sweep()?;
            tools.bar.inc(1);
        }
        Ok(())
    }

    pub(crate) fn results(&self) -> Vec<ProgramRow> {
        self.rows
            .iter()
            .map(|Measured { row, rounds }| ProgramRow {
                id: row.id(),
                pipeline: row.pipeline,
                text: row.text,
                cores: row.cores,
                bytes: self.bytes,
                lines: row.text.lines(self.bytes),
                seconds: Summary::of(rounds.iter().map(|round| round.0)),
                cpu_seconds: Summary::of(rounds.iter().map(|round| round.1)),
            })
            .collect()
    }
}

fn path(tools: &Tools, text: Text) -> PathBuf {
    tools.stage.texts.join(format!("{text:?}"))
}

fn check(tools: &Tools, row: Row, file: &Path) -> Result<(), Failure> {
    let came = tools.stage.scene.dir.join("came");
    pin::to(&tools.cores[..row.cores])?;
    let mut running = row.pipeline.start(tools, File::open(file)?, File::create(&came)?)?;
    tools.watch.wait_well(&mut running)?;
    pin::to(&tools.cores)?;
    if fs::read(file)? != fs::read(came)? {
        return Err(format!("{}: what came out is not what went in", row.id()).into());
    }
    tools.stage.sweep().map_err(Failure::from)
}

/// Seconds, and CPU seconds. Children inherit the cores: no moment of theirs is elsewhere.
fn timed(tools: &Tools, row: Row) -> Result<(f64, f64), Failure> {
    let file = File::open(path(tools, row.text))?;
    pin::to(&tools.cores[..row.cores])?;
    let (used, start) = (children()?, Instant::now());
    let mut running = row.pipeline.start(tools, file, Stdio::null())?;
    let ended = tools.watch.wait_well(&mut running);
    let seconds = start.elapsed().as_secs_f64();
    pin::to(&tools.cores)?;
    ended.map_err(|failure| match failure.is::<Stopped>() {
        true => failure,
        false => format!("{}: {failure}", row.id()).into(),
    })?;
    Ok((seconds, children()? - used))
}

/// CPU seconds of all children that have ended.
fn children() -> Result<f64, Failure> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6)
}
