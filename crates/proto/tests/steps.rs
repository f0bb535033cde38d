//! The list of steps has no hole: by what it does to others' words, a side can be killed
//! before each thing that it does. Loads are no steps: to die before a load is to die behind
//! the step before it.

#![cfg(not(loom))]

use std::fs;
use std::path::Path;

use handoff_proto::step::Step;

/// How many lines of code may lie between a step and what it announces.
const NEAR: usize = 6;

/// What changes memory that others see, or is a system call, beside any function of libc.
const ACTS: [&str; 36] = [
    ".store(",
    ".swap(",
    ".compare_exchange",
    ".fetch_",
    "futex::wake_all(",
    "futex::wait_any(",
    "futex::wait_bounded(",
    "text::put(",
    "point_to(",
    "registration.begin()",
    "registration.hold()",
    "registration.let_go()",
    "registration.end()",
    " register(",
    // nix's and std's names for system calls by which objects come, change and go.
    "sendmsg::<",
    "recvmsg::<",
    "memfd_create(",
    "ftruncate(",
    "posix_fallocate(",
    "F_ADD_SEALS",
    "fchmod(",
    "linkat(",
    "unlink(",
    "unlinkat(",
    "openat(",
    "shm_open(",
    "place.open(",
    "fstatat(",
    "mmap(",
    "munmap(",
    "mkdirat(",
    "UnixListener::bind(",
    "UnixStream::connect(",
    ".accept(",
    "renameat2(",
    "dma_buf_sync(",
];

/// Functions that are no step in themselves: each of their calls is one of [`ACTS`].
const STEPS_OF_CALLERS: [(&str, &str); 15] = [
    ("futex.rs", "wait_any"),
    ("futex.rs", "waitv"),
    ("futex.rs", "wait_bounded"),
    ("futex.rs", "wake_all"),
    ("text.rs", "put"),
    ("robust.rs", "begin"),
    ("robust.rs", "hold"),
    ("robust.rs", "let_go"),
    ("robust.rs", "end"),
    ("robust.rs", "register"),
    ("access.rs", "dma_buf_sync"),
    ("file.rs", "open"),
    ("file.rs", "unlink"),
    ("posix.rs", "open"),
    ("posix.rs", "unlink"),
];

/// Acts that need no step: where, which line, why.
const EXEMPT: [(&str, &str, &str); 16] = [
    ("loom_kernel.rs", "", "stands in for the kernel in a model, and is in no program"),
    ("inherited.rs", "", "asks before main, and notes for this process alone"),
    ("interrupt.rs", "", "a word and a signal of this process alone"),
    ("keeper.rs", "self.others.store(", "a number of this process alone"),
    ("shrunk.rs", "", "watches, and ends this process"),
    ("words.rs", "", "an attachment that is used without an exchange has no sides"),
    ("calls.rs", "libc::IPC_SET", "no side of an exchange changes who may use it"),
    ("calls.rs", "libc::SHM_LOCK", "no side of an exchange locks it"),
    ("calls.rs", "libc::SHM_UNLOCK", "no side of an exchange locks it"),
    ("calls.rs", "let asked = unsafe", "only asks, every millisecond"),
    ("transfer.rs", "libc::signal(", "how this process takes a signal is nobody else's matter"),
    ("robust.rs", "libc::gettid()", "only asks"),
    ("robust.rs", "SYS_get_robust_list", "only asks"),
    (
        "robust.rs",
        "self.list().head.list.next.store(entry",
        "all of point_to: hold and let_go are it",
    ),
    ("role.rs", "taken.inspect_err(", "nothing changed hands, and the kernel sees that"),
    ("role.rs", "left => word.swap(", "the other arm of the one match behind the step"),
];

/// A line of code without its comment.
struct Line {
    file: String,
    number: usize,
    function: String,
    code: String,
}

impl Line {
    fn is_step(&self) -> bool {
        ["step(Step::", "step_with(Step::"].iter().any(|call| self.code.contains(call))
    }

    fn is_act(&self) -> bool {
        let is_definition = self.code.contains("fn ");
        let is_notice = ["log::", "told("].iter().any(|it| self.code.trim_start().starts_with(it));
        !is_definition
            && !is_notice
            && (calls_libc(&self.code) || ACTS.iter().any(|act| self.code.contains(act)))
    }

    fn is_exempt(&self) -> bool {
        self.is_step_of_callers() || EXEMPT.iter().any(|exempt| self.is(exempt))
    }

    fn is_step_of_callers(&self) -> bool {
        STEPS_OF_CALLERS.contains(&(&self.file, &self.function))
    }

    fn is(&self, (file, code, _reason): &(&str, &str, &str)) -> bool {
        self.file == *file && self.code.contains(code)
    }
}

/// Whether a function of libc is called, not only a type or constant named.
fn calls_libc(code: &str) -> bool {
    code.split("libc::").skip(1).any(|rest| {
        let name_end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        name_end.is_some_and(|end| {
            rest[end..].starts_with('(') && !rest.starts_with(char::is_uppercase)
        })
    })
}

fn function_of(code: &str) -> Option<String> {
    let (before, rest) = code.split_once("fn ")?;
    let is_definition = before.is_empty() || before.ends_with(' ');
    let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
    (is_definition && !name.is_empty()).then(|| name.to_owned())
}

/// A step says in words what it is about: that is in quotes, and no call.
fn without_words(code: &str) -> String {
    code.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

fn lines_of(file: &str, source: &str) -> Vec<Line> {
    let mut function = String::new();
    let mut lines = Vec::new();
    // What only unit tests do, at the end of a file, nobody stops at.
    let program = source.lines().take_while(|&line| line != "mod tests {");
    for (index, line) in program.enumerate() {
        let code = line.split("//").next().unwrap_or_default().trim_end();
        let code = &without_words(code);
        if code.trim().is_empty() {
            continue;
        }
        if let Some(name) = function_of(code) {
            function = name;
        }
        let (file, function) = (file.to_owned(), function.clone());
        lines.push(Line { file, number: index + 1, function, code: code.to_owned() });
    }
    lines
}

fn sources() -> Vec<Vec<Line>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates lie together");
    let mut sources = Vec::new();
    for name in ["proto", "shm"] {
        add_sources(&crates.join(name).join("src"), &mut sources);
    }
    sources
}

fn add_sources(directory: &Path, sources: &mut Vec<Vec<Line>>) {
    for entry in fs::read_dir(directory).expect("a crate has sources") {
        let path = entry.expect("a crate has sources").path();
        if path.is_dir() {
            add_sources(&path, sources);
            continue;
        }
        let file = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let source = fs::read_to_string(&path).expect("a source is text");
        sources.push(lines_of(&file, &source));
    }
}

/// Whether a step comes before the act at `index`, near, and no other act in between.
fn has_step(lines: &[Line], index: usize) -> bool {
    lines[..index]
        .iter()
        .rev()
        .take(NEAR)
        .take_while(|line| line.function == lines[index].function)
        .find(|line| line.is_step() || line.is_act() && !line.is_exempt())
        .is_some_and(Line::is_step)
}

fn acts_without_step(lines: &[Line]) -> Vec<String> {
    (0..lines.len())
        .filter(|&index| lines[index].is_act() && !lines[index].is_exempt())
        .filter(|&index| !has_step(lines, index))
        .map(|index| &lines[index])
        .map(|line| format!("{}:{}: {}", line.file, line.number, line.code.trim()))
        .collect()
}

#[test]
fn each_store_and_system_call_has_a_step() {
    let holes: Vec<_> = sources().iter().flat_map(|lines| acts_without_step(lines)).collect();
    assert!(holes.is_empty(), "without a step(...) directly before:\n{}", holes.join("\n"));
}

#[test]
fn each_step_has_a_sentence_of_its_own() {
    let mut sentences: Vec<_> = Step::ALL.iter().map(|step| step.sentence()).collect();
    for sentence in &sentences {
        assert!(sentence.ends_with('.') && sentence.len() < 80, "{sentence:?}");
    }
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(sentences.len(), Step::ALL.len(), "two steps are said to do the same");
}

#[test]
fn each_exemption_is_of_something_that_is_there() {
    let lines: Vec<_> = sources().into_iter().flatten().collect();
    for exempt in &EXEMPT {
        assert!(lines.iter().any(|line| line.is(exempt) && line.is_act()), "{exempt:?} is gone");
    }
    for (file, function) in STEPS_OF_CALLERS {
        let is_there = |line: &Line| line.is_step_of_callers() && line.function == function;
        assert!(lines.iter().any(is_there), "{function} in {file} is gone");
    }
}

#[test]
fn an_act_without_a_step_is_found() {
    let hole =
        "fn f() {\n    step(Step::Len);\n    a.store(1, Relaxed);\n    b.store(2, Relaxed);\n}\n";
    assert_eq!(acts_without_step(&lines_of("x.rs", hole)), ["x.rs:4: b.store(2, Relaxed);"]);
    let hole = "fn f() {\n    step(Step::Len);\n}\nfn g() {\n    libc::close(0);\n}\n";
    assert_eq!(acts_without_step(&lines_of("x.rs", hole)), ["x.rs:5: libc::close(0);"]);
}
