//! Which row when: all of them in every turn of every round, so that drift hits all alike, and
//! side by side what a goal compares.

use std::fs;
use std::io::{BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Args;
use crate::goals;
use crate::idle;
use crate::pin;
use crate::programs::Programs;
use crate::report::{Machine, Point, Report, Settings};
use crate::resident;
use crate::row::{Row, RowInfo, TRIP_BYTES};
use crate::rows;
use crate::scene::Stage;
use crate::side::{Failure, Outcome, Part, Plan};
use crate::watch::{Running, Stopped, Watch};

/// Measures what the command line asks for, and tells it.
pub fn measure() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            match failure.downcast_ref::<Stopped>() {
                Some(Stopped(signal)) => ExitCode::from(128 + *signal as u8),
                None => ExitCode::FAILURE,
            }
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let report = match &args.from {
        Some(file) => serde_json::from_reader(BufReader::new(fs::File::open(file)?))?,
        None => Bench::new(args)?.run()?,
    };
    print!("{report}");
    if let Some(file) = &args.json {
        fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    args.charts.as_ref().map_or(Ok(()), |dir| report.draw(dir))
}

/// What every part of the bench uses.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) watch: Watch,
    pub(crate) stage: Stage,
    pub(crate) cores: [usize; 2],
    /// Where writer and reader are.
    pub(crate) programs: PathBuf,
    /// What is being measured, on a terminal.
    pub(crate) bar: ProgressBar,
}

impl Tools {
    fn new(args: &Args) -> Result<Self, Failure> {
        let allowed = match &args.cores {
            Some(cores) => cores.clone(),
            None => pin::allowed()?,
        };
        let &[first, second, ..] = &allowed[..] else {
            return Err("two cores are needed".into());
        };
        if first == second {
            return Err("two different cores are needed".into());
        }
        let beside = || Some(std::env::current_exe().ok()?.parent()?.to_path_buf());
        Ok(Self {
            watch: Watch::start()?,
            stage: Stage::new(args.scratch.as_deref(), 3 * args.text())?,
            cores: [first, second],
            programs: args.programs.clone().or_else(beside).ok_or("where are the programs?")?,
            bar: bar(),
        })
    }
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {percent}%  {elapsed}  {msg:40!}");
    ProgressBar::new(0).with_style(style.expect("the template is a template"))
}

/// A row, or one size of it, and what its rounds have brought.
struct Measured {
    /// Whose row it is.
    program: PathBuf,
    row: RowInfo,
    size: usize,
    rounds: Vec<Outcome>,
}

struct Bench<'a> {
    args: &'a Args,
    tools: Tools,
    points: Vec<Measured>,
    programs: Programs,
}

impl<'a> Bench<'a> {
    fn new(args: &'a Args) -> Result<Self, Failure> {
        let tools = Tools::new(args)?;
        let ours: Vec<Row> = rows::all();
        let mut points = points(&std::env::current_exe()?, ours.iter().map(RowInfo::from));
        if let Some(peers) = &args.peers {
            points.extend(self::points(peers, list(peers)?));
        }
        points.retain(|point| args.wants(&point.row.id));
        let programs = Programs::new(args);
        let each = args.turns() as usize * points.len() + programs.len();
        tools.bar.set_length(u64::from(args.rounds()) * each as u64);
        Ok(Self { args, tools, points, programs })
    }

    fn run(mut self) -> Result<Report, Failure> {
        pin::to(&self.tools.cores)?;
        self.programs.prepare(&self.tools)?;
        let mut order = order(&self.points);
        for _ in 0..self.args.rounds() {
            self.one_round(&mut order)?;
            self.programs.one_round(&self.tools)?;
        }
        let idle = match self.args.wants("idle") {
            true => idle::measure(&self.tools, self.args.idle_seconds())?,
            false => Vec::new(),
        };
        let resident = match self.args.wants("resident") {
            true => resident::measure(&self.tools, &self.programs)?,
            false => Vec::new(),
        };
        let points = self.points.iter().map(|it| Point::new(&it.row, it.size, &it.rounds));
        Ok(Report {
            version: Report::VERSION,
            machine: Machine::this(),
            settings: Settings {
                quick: self.args.quick,
                rounds: self.args.rounds(),
                turns: self.args.turns(),
                cores: self.tools.cores,
                milliseconds: self.args.millis(),
                text_bytes: self.args.text(),
                idle_seconds: self.args.idle_seconds(),
            },
            rows: points.collect::<Result<_, _>>()?,
            programs: self.programs.results(),
            idle,
            resident,
            goals: Vec::new(),
        }
        .judged())
    }

    /// Measures each point for its time of a round: in several short turns of all, as a machine
    /// that is now slow, now fast is so for some tenths of a second. There and back again: who
    /// comes behind a pair that slept finds cores that are slower to wake, and nobody shall always.
    fn one_round(&mut self, order: &mut [usize]) -> Result<(), Failure> {
        let turns = self.args.turns();
        for _ in 0..turns {
            order.reverse();
            for &n in &*order {
                let point = &mut self.points[n];
                let millis = point.row.clock.times() * self.args.millis() / u64::from(turns);
                point.rounds.push(one_turn(&self.tools, point, millis)?);
                self.tools.bar.inc(1);
            }
        }
        Ok(())
    }
}

/// The points in the order in which they are measured: first what a goal compares, side by
/// side, then all others as in the table.
fn order(points: &[Measured]) -> Vec<usize> {
    let place = |(id, size)| points.iter().position(|it| it.row.id == id && it.size == size);
    let mut order = Vec::new();
    for n in goals::compared().filter_map(place).chain(0..points.len()) {
        if !order.contains(&n) {
            order.push(n);
        }
    }
    order
}

/// A point for each size of each row.
fn points(program: &Path, rows: impl IntoIterator<Item = RowInfo>) -> Vec<Measured> {
    let trip = [TRIP_BYTES];
    rows.into_iter()
        .flat_map(|row| {
            let sizes = if row.sizes.is_empty() { trip.to_vec() } else { row.sizes.clone() };
            let program = program.to_path_buf();
            sizes.into_iter().map(move |size| Measured {
                program: program.clone(),
                row: row.clone(),
                size,
                rounds: Vec::new(),
            })
        })
        .collect()
}

/// The rows of another program.
fn list(program: &Path) -> Result<Vec<RowInfo>, Failure> {
    let output = Command::new(program).arg("list").stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cannot run {}: {error}", program.display()))?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// One pair of processes, from its start to its end.
fn one_turn(tools: &Tools, point: &Measured, millis: u64) -> Result<Outcome, Failure> {
    let Measured { program, row, size, .. } = point;
    tools.bar.set_message(format!("{}, {size} bytes", row.title));
    let scene = tools.stage.scene.clone();
    let outcome = scene.outcome();
    let plan = Plan {
        row: row.id.clone(),
        part: Part::There,
        size: *size,
        millis,
        cores: tools.cores,
        scene,
    };
    let mut running = Running::default();
    let mut command = Command::new(program);
    command.args(["side", &serde_json::to_string(&plan)?]);
    // What puts things elsewhere shall put them where they are swept.
    command
        .env("TMPDIR", &plan.scene.dir)
        .env("XDG_RUNTIME_DIR", &plan.scene.dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    running.start(&mut command)?;
    let ended = tools.watch.wait_well(&mut running);
    drop(running);
    let outcome = ended.and_then(|()| Ok(serde_json::from_slice(&fs::read(outcome)?)?));
    tools.stage.sweep()?;
    outcome.map_err(|failure| match failure.is::<Stopped>() {
        true => failure,
        false => format!("{}, {size} bytes: {failure}", row.id).into(),
    })
}
