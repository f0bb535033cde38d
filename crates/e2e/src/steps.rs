//! The test build of the two programs: each names the steps it takes, and dies at one.
//!
//! It is found in `HANDOFF_STEPS_BIN_DIR`; where that is not set, cargo is asked to build it,
//! once, into a target directory of its own.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::binaries;
use crate::program::Program;

/// A step at which a process is to be killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// The step's name, as in proto's `step.rs`.
    pub step: String,
    /// Killed before it is taken for the n-th time, counted from 1.
    pub time: usize,
}

/// A wrapper that starts the test build in the place of the program.
const INSTEAD: &str = r#"plain=$1 steps=$2; shift 2
for word; do
    shift
    [ "$word" != "$plain" ] || word=$steps
    set -- "$@" "$word"
done
exec "$@""#;

/// The test build of the program; it writes its steps to `log` and dies where `kill` says.
///
/// # Panics
/// When there is no test build and none can be made.
#[must_use]
pub fn with_steps(program: Program, log: &Path, kill: Option<&Kill>) -> Program {
    let plain = binaries::path(program.name());
    let steps = binary(program.name());
    let program = program
        .through(["sh", "-c", INSTEAD, "sh"])
        .through([plain, steps])
        .env("HANDOFF_STEP_LOG", &log.display().to_string());
    match kill {
        None => program,
        Some(Kill { step, time }) => program.env("HANDOFF_KILL", &format!("{step}:{time}")),
    }
}

/// The test build of `writer` or `reader`.
///
/// # Panics
/// As for [`with_steps`].
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let path = directory().join(name);
    assert!(path.is_file(), "{} is missing: it is made by `{}`", path.display(), BUILD.join(" "));
    path
}

const BUILD: [&str; 5] = ["cargo", "build", "--bins", "--features", "writer/steps,reader/steps"];

fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| match env::var_os("HANDOFF_STEPS_BIN_DIR") {
        Some(directory) => directory.into(),
        None => build(),
    })
}

/// The directory that cargo builds everything into.
///
/// # Panics
/// Never: a test knows its own path.
#[must_use]
pub fn target() -> PathBuf {
    let exe = env::current_exe().expect("a test knows its own path");
    exe.ancestors().nth(3).expect("a test runs from target/<profile>/deps").to_path_buf()
}

fn build() -> PathBuf {
    let target = target().join("steps");
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| BUILD[0].into()))
        .args(&BUILD[1..])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} failed:\n{errors}", BUILD.join(" "));
    target.join("debug")
}

/// The steps that one process took, in order. The last is one it did not live to take, if it
/// was killed there.
#[derive(Clone, Debug, Default)]
pub struct Steps(Vec<String>);

impl Steps {
    /// Reads what a process wrote; one killed before its first step has written nothing.
    #[must_use]
    pub fn read(log: &Path) -> Self {
        let text = fs::read_to_string(log).unwrap_or_default();
        Self(text.lines().map(ToOwned::to_owned).collect())
    }

    /// How many times it was about to take this step.
    #[must_use]
    pub fn count(&self, step: &str) -> usize {
        self.0.iter().filter(|taken| *taken == step).count()
    }

    /// How many times it did take this step, `killed` being where it was killed.
    #[must_use]
    pub fn done(&self, step: &str, killed: Option<&Kill>) -> usize {
        let begun = self.count(step);
        match killed {
            Some(kill) if kill.step == step && kill.time == begun => begun - 1,
            _ => begun,
        }
    }

    /// Whether it got as far as this kill.
    #[must_use]
    pub fn reached(&self, kill: &Kill) -> bool {
        self.count(&kill.step) >= kill.time
    }

    /// The name of each step it came to, once.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in &self.0 {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

/// The name of every step of a System V exchange, from the list itself.
///
/// # Panics
/// When `step.rs` is not where it was, or has no such list.
#[must_use]
pub fn all() -> Vec<String> {
    let (of_system_v, _) = body();
    names(&of_system_v)
}

/// The name of every step that is taken only with other kinds of memory.
///
/// # Panics
/// When `step.rs` is not where it was, or has no such list.
#[must_use]
pub fn beyond_system_v() -> Vec<String> {
    let (_, beyond) = body();
    names(&beyond)
}

/// What each step of a System V exchange does, in a sentence: the foot of the crash matrix.
///
/// # Panics
/// When `step.rs` is not where it was, or has no such list.
#[must_use]
pub fn legend() -> String {
    let (of_system_v, _) = body();
    sentences(&of_system_v)
}

/// The same of every step.
///
/// # Panics
/// As for [`legend`].
#[must_use]
pub fn legend_of_all() -> String {
    let (of_system_v, beyond) = body();
    sentences(&of_system_v) + &sentences(&beyond)
}

fn sentences(body: &str) -> String {
    let mut sentence = Vec::new();
    let mut legend = String::new();
    for line in body.lines().map(str::trim) {
        match line.strip_prefix("///") {
            Some(part) => sentence.push(part.trim()),
            None => {
                for name in names(line) {
                    legend += &format!("{name:16}{}\n", sentence.join(" "));
                    sentence.clear();
                }
            }
        }
    }
    legend
}

fn body() -> (String, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/src/step.rs");
    let source = fs::read_to_string(path).expect("proto names its steps");
    let (_, body) = source.split_once("\nsteps! {").expect("the steps are a list");
    let (body, _) = body.split_once("\n}").expect("the list has an end");
    let (of_system_v, beyond) = body.split_once("// Beyond System V.").expect("there are more");
    (of_system_v.to_owned(), beyond.to_owned())
}

fn names(body: &str) -> Vec<String> {
    body.lines()
        .map(|line| line.trim().trim_end_matches(','))
        .filter(|name| !name.is_empty() && name.chars().all(char::is_alphanumeric))
        .map(str::to_owned)
        .collect()
}
