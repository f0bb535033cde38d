//! Cases in text files: who runs what, and exactly what each side prints.
//!
//! ```text
//! # What the case shows.
//! segment by alice, mode 0666, given to root
//!
//! root$ writer --any-owner < text
//! exit 1
//! stdout text
//! stderr writer: segment {id} of key {key} (33856 bytes, owner {alice}, ...
//!
//! left: untouched
//! ```
//! A text is one line, or with `stream` one of thousands. `&` instead of `$` starts a program
//! that goes on until `wait NAME` collects it. Everything that is not asked for, such as a line
//! on stderr, must not be there.

use std::fs;
use std::path::Path;

use crate::payload;

/// A user as whom a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Who may do everything.
    Root,
    /// One without rights.
    Alice,
    /// Another one without rights. Makes segments only.
    Bob,
    /// Root by name, but in alice's group.
    RootInAlicesGroup,
}

/// A segment that waits when the case begins.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Who makes it.
    pub creator: User,
    /// Its permission bits, in octal.
    pub mode: String,
    /// To whom its maker gives it.
    pub owner: Option<User>,
}

/// What becomes of one program.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Exit status.
    pub code: i32,
    /// All of stdout.
    pub stdout: Vec<u8>,
    /// All of stderr, with placeholders.
    pub stderr: String,
}

/// One step of a case.
#[derive(Clone, Debug)]
pub enum Step {
    /// Runs a program: as whom, which, its arguments, its stdin; in the background or not.
    Run(User, &'static str, Vec<String>, Vec<u8>, bool),
    /// Waits until the program in the background has ended.
    Wait(&'static str),
}

/// A whole case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is there at first.
    pub setup: Option<Setup>,
    /// What is done. One that starts a program in the background has no end to expect.
    pub steps: Vec<(Step, Expected)>,
    /// What is there at last: `nothing`, `untouched`, or `owner NAME, mode OCTAL`.
    pub left: String,
}

impl Case {
    /// Reads a case.
    ///
    /// # Panics
    /// When the file is not there or says what no case can say.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("the case can be read");
        let mut case = Self { setup: None, steps: Vec::new(), left: String::new() };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            case.add(line)
                .unwrap_or_else(|| panic!("{}: no case can say {line:?}", path.display()));
        }
        assert!(!case.left.is_empty(), "{} does not say what is left", path.display());
        case
    }

    fn add(&mut self, line: &str) -> Option<()> {
        if let Some(step) = parse_step(line) {
            self.steps.push((step, Expected::default()));
            return Some(());
        }
        let (word, rest) = line.split_once(' ')?;
        match word {
            "segment" => self.setup = Some(parse_setup(rest)?),
            "left:" => self.left = rest.to_owned(),
            "exit" => self.last()?.code = rest.parse().ok()?,
            "stdout" => self.last()?.stdout = text(rest),
            "stderr" => self.last()?.stderr += &format!("{rest}\n"),
            _ => return None,
        }
        Some(())
    }

    fn last(&mut self) -> Option<&mut Expected> {
        self.steps.last_mut().map(|(_, expected)| expected)
    }
}

fn parse_setup(rest: &str) -> Option<Setup> {
    let mut parts = rest.split(", ");
    let creator = user(parts.next()?.strip_prefix("by ")?)?;
    let mode = parts.next()?.strip_prefix("mode ")?.to_owned();
    let owner = match parts.next() {
        Some(part) => Some(user(part.strip_prefix("given to ")?)?),
        None => None,
    };
    Some(Setup { creator, mode, owner })
}

fn parse_step(line: &str) -> Option<Step> {
    if let Some(name) = line.strip_prefix("wait ") {
        return Some(Step::Wait(program(name)?));
    }
    let at = line.find(['$', '&'])?;
    let user = user(&line[..at])?;
    let (command, input) = line[at + 1..].split_once(" < ").unwrap_or((&line[at + 1..], ""));
    let mut words = command.split_whitespace();
    let name = program(words.next()?)?;
    let args = words.map(ToOwned::to_owned).collect();
    Some(Step::Run(user, name, args, text(input), line[at..].starts_with('&')))
}

fn user(name: &str) -> Option<User> {
    match name {
        "root" => Some(User::Root),
        "alice" => Some(User::Alice),
        "bob" => Some(User::Bob),
        "root(alice)" => Some(User::RootInAlicesGroup),
        _ => None,
    }
}

fn program(name: &str) -> Option<&'static str> {
    ["writer", "reader"].into_iter().find(|it| *it == name)
}

/// `stream` stands for thousands of lines, other words for themselves.
fn text(words: &str) -> Vec<u8> {
    match words {
        "" => Vec::new(),
        "stream" => payload::numbered(0, 5000),
        line => format!("{line}\n").into_bytes(),
    }
}
