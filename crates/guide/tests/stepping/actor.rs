//! One program of the test build, a real process, held before each step that the page shows.

use std::fs::{self, File};
use std::io::{PipeWriter, Write, pipe};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command};
use std::thread;

use handoff_e2e::procfs::{self, Asleep};
use handoff_e2e::{TestKey, steps, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::words::{self, STOPS, Side};

/// How often a process can be held at the same step. One that comes so far is not used on.
const TIMES: usize = 12;

/// Looks without a pause: most steps take less than the watchdog's first one.
const LOOKS: usize = 100;

/// Where a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// Held before the step of this name.
    Before(&'static str),
    /// In futex_waitv, until a word changes.
    Asleep,
    /// In a futex call that ends by itself after a while.
    Dozing,
}

/// What was seen of a process that moves by itself.
enum Seen {
    Moving,
    At(Place),
    Ended,
}

/// A live process.
pub(crate) struct Actor {
    pub(crate) side: Side,
    pub(crate) place: Place,
    child: Child,
    stdin: Option<PipeWriter>,
    files: PathBuf,
    /// Steps named so far, when it was last let go.
    named: usize,
    /// Bytes of stdout and stderr that were told already.
    told: [usize; 2],
}

/// What a process printed and said since it was last asked, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct News {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: Option<String>,
}

impl Actor {
    /// Starts the program and waits until it stands before its first step.
    pub(crate) fn start(side: Side, key: &TestKey, is_first: bool, files: PathBuf) -> Self {
        fs::create_dir(&files).expect("a directory of its own");
        let (input, feed) = pipe().expect("a spare pipe");
        let mut command = held(side, key, is_first, &files);
        command.stdin(input);
        for (stream, set) in
            [("stdout", Command::stdout as fn(&mut _, File) -> &mut _), ("stderr", Command::stderr)]
        {
            set(&mut command, File::create(files.join(stream)).expect("our own file"));
        }
        let child = command.spawn().expect("the test build runs");
        let stdin = (side == Side::Writer).then_some(feed);
        let place = Place::Before(STOPS[0].name);
        let mut actor = Self { side, place, child, stdin, files, named: 0, told: [0; 2] };
        assert!(actor.settle().is_none(), "it ended before its first step: {:?}", actor.news());
        actor
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id is positive")
    }

    /// The next line of its input; none is the end of it.
    pub(crate) fn feed(&mut self, line: Option<&str>) {
        match (line, &mut self.stdin) {
            (Some(line), Some(stdin)) => stdin.write_all(line.as_bytes()).expect("a pipe has room"),
            _ => self.stdin = None,
        }
    }

    /// Lets it take its step.
    pub(crate) fn go_on(&mut self) {
        self.named = self.steps().len();
        kill(Pid::from_raw(self.pid()), Signal::SIGCONT).expect("our own child");
    }

    /// Kills it, and waits until it is dead: then the kernel has marked its role.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("our own child");
        self.child.wait().expect("our own child");
    }

    /// Whether it is still where it was. One that sleeps may have been woken.
    pub(crate) fn has_moved(&self) -> bool {
        let asleep = matches!(self.place, Place::Asleep | Place::Dozing);
        asleep && !matches!(self.look(), Seen::At(Place::Asleep | Place::Dozing))
    }

    /// Waits until it is held or asleep, or has ended: then, its exit status.
    pub(crate) fn settle(&mut self) -> Option<String> {
        let mut seen = Seen::Moving;
        for _ in 0..LOOKS {
            seen = self.look();
            if !matches!(seen, Seen::Moving) {
                break;
            }
            thread::yield_now();
        }
        if matches!(seen, Seen::Moving) {
            let name = self.side.name();
            seen = wait_until(&format!("{name} is held, asleep or ended"), || {
                Some(self.look()).filter(|seen| !matches!(seen, Seen::Moving))
            });
        }
        match seen {
            Seen::At(place) => {
                self.place = place;
                None
            }
            Seen::Moving | Seen::Ended => {
                let status = self.child.wait().expect("our own child");
                Some(status.code().map_or("killed".into(), |code| code.to_string()))
            }
        }
    }

    fn look(&self) -> Seen {
        // In this order: one that is held writes no more.
        let state = procfs::state(self.pid());
        let steps = self.steps();
        let last = steps.last().map(String::as_str);
        match state {
            None | Some('Z') => Seen::Ended,
            Some('T') if steps.len() > self.named => {
                let name = last.expect("it was held at one");
                Seen::At(Place::Before(words::named(name).name))
            }
            Some('S') if last == Some("Sleep") && self.is_in_futex() => Seen::At(Place::Asleep),
            Some('S') if last == Some("WaitForWriter") && self.is_in_futex() => {
                Seen::At(Place::Dozing)
            }
            _ => Seen::Moving,
        }
    }

    fn is_in_futex(&self) -> bool {
        procfs::is_asleep(self.pid(), Asleep::InFutex)
    }

    fn steps(&self) -> Vec<String> {
        let log = fs::read_to_string(self.files.join("steps")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// Whether one more time at some step could be one too many.
    pub(crate) fn is_worn_out(&self) -> bool {
        let steps = self.steps();
        STOPS.iter().any(|stop| steps.iter().filter(|step| *step == stop.name).count() + 4 > TIMES)
    }

    /// What it has printed and said since the last time.
    pub(crate) fn news(&mut self) -> News {
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| self.files.join(name));
        let [from_out, from_err] = &mut self.told;
        News { stdout: fresh(&stdout, from_out), stderr: fresh(&stderr, from_err), status: None }
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.files);
    }
}

/// The program's command line: it dies with this process, and stops before each of the steps.
fn held(side: Side, key: &TestKey, is_first: bool, files: &Path) -> Command {
    let stops = STOPS.iter().flat_map(|stop| {
        let times = if !stop.is_making {
            TIMES
        } else if is_first {
            1
        } else {
            0
        };
        (1..=times).map(|n| format!("{}:{n}", stop.name))
    });
    let check = format!("[ $PPID = {} ] && exec \"$@\"", process::id());
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--", "sh", "-c", &check, "sh"])
        .arg(steps::binary(side.name()))
        .args(["-k", &format!("{:#x}", key.number()), "--slots", "2"])
        .env("HANDOFF_STEP_LOG", files.join("steps"))
        .env("HANDOFF_STOP", stops.collect::<Vec<_>>().join(","))
        .env_remove("RUST_LOG");
    command
}

fn fresh(path: &Path, from: &mut usize) -> String {
    let whole = fs::read_to_string(path).expect("it prints text");
    let new = whole[*from..].to_owned();
    *from = whole.len();
    new
}
