//! Every transcript of the book, played again: the commands run, and print what is shown.

use std::env;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use handoff_e2e::{Scratch, TestKey, binaries, wait_until};
use handoff_guide::blocks::{Block, blocks};
use handoff_guide::chapters::chapters;
use handoff_guide::transcript::{self, Exchange};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The key that the book's commands use, by not naming one.
const KEY: &str = "1234";

/// The same, as ipcs(1) shows it.
const HEX: &str = "0x000004d2";

/// Between the outputs of two commands.
const SEPARATOR: char = '\u{1e}';

/// The directory of the one program that is neither cargo's nor the system's.
static PEEK: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transcripts");
    fs::create_dir_all(&directory).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial/peek.c");
    let status = Command::new("cc").arg(source).arg("-o").arg(directory.join("peek")).status();
    assert!(status.expect("a C compiler is there").success());
    directory
});

/// A shell and whatever it has started: gone when this is dropped.
struct Shell(Child);

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = killpg(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

fn hex(key: &TestKey) -> String {
    format!("{:#010x}", key.number())
}

/// The command with a key of our own in place of the book's.
fn with_key(command: &str, key: &TestKey) -> String {
    let number = key.number().to_string();
    let mut words: Vec<String> = Vec::new();
    for word in command.split(' ') {
        let before = words.last().map_or(";", String::as_str);
        let is_command = before.ends_with([';', '|', '&', '!', '{', '(']) || before == "do";
        words.push(match word {
            "writer" | "reader" if before.starts_with("rung") => format!("{word} {number}"),
            "writer" | "reader" if is_command && !command.contains(" -k ") => {
                format!("{word} -k {number}")
            }
            HEX => hex(key),
            // Large keys are hex in names, too.
            _ if word.contains("handoff-") => word.replace(KEY, &hex(key)),
            _ => word.replace(KEY, &number),
        });
    }
    words.join(" ")
}

/// What each command printed, on stdout or stderr.
fn play(place: &str, commands: &[Exchange], key: &TestKey, shown_as: &str) -> Vec<String> {
    let scratch = Scratch::new();
    // The status of one command is there for the next.
    let steps = commands.iter().map(|exchange| {
        let command = with_key(&exchange.command, key);
        format!("status=$?; printf '{SEPARATOR}'; (exit $status)\n{command}\n")
    });
    let output: PathBuf = scratch.path().join(".output");
    let log = File::create(&output).unwrap();
    let programs = binaries::path("writer").parent().unwrap().to_owned();
    let inherited = env::var_os("PATH").unwrap();
    let ours = [programs, PEEK.clone()].into_iter();
    let path = env::join_paths(ours.chain(env::split_paths(&inherited))).unwrap();
    let child = Command::new("bash")
        .args(["-c", &steps.collect::<String>()])
        .current_dir(scratch.path())
        .env("PATH", path)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("RUST_LOG")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .process_group(0)
        .spawn()
        .expect("bash is there");
    let mut shell = Shell(child);
    wait_until(&format!("the shell that plays {place} has ended"), || shell.0.try_wait().unwrap());
    let mut printed = Vec::new();
    File::open(&output).unwrap().read_to_end(&mut printed).unwrap();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let printed = printed.replace(&hex(key), shown_as).replace(&key.number().to_string(), KEY);
    printed.split(SEPARATOR).skip(1).map(str::to_owned).collect()
}

fn check(block: &Block) {
    let exchanges = transcript::parse(&block.text);
    let exchanges = exchanges.unwrap_or_else(|error| panic!("{}: {error}", block.place()));
    let key = TestKey::new();
    // Large keys are shown in hex by all, small ones by ipcs(1) and in tables.
    let shown_as = if block.text.contains(HEX) { HEX } else { KEY };
    let printed = play(&block.place(), &exchanges, &key, shown_as);
    assert_eq!(printed.len(), exchanges.len(), "{}: {printed:?}", block.place());
    for (exchange, printed) in exchanges.iter().zip(&printed) {
        let lines: Vec<&str> = printed.lines().collect();
        let Exchange { command, output } = exchange;
        assert!(
            transcript::matches(output, &lines),
            "{}: $ {command}\nthe book shows:\n{}\n\nit printed:\n{printed}",
            block.place(),
            output.join("\n")
        );
    }
    key.expect_no_segment();
    let named = Path::new("/dev/shm").join(format!("handoff-{}", hex(&key)));
    assert!(!named.exists() || fs::remove_file(&named).is_err(), "{} was left", named.display());
}

#[test]
fn every_transcript_is_what_the_programs_print() {
    let all = chapters();
    let transcripts = all.iter().flat_map(blocks).filter(|block| block.language == "console");
    assert!(transcripts.map(|block| check(&block)).count() > 5);
}
