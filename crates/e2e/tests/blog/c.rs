//! The C programs: compiled once, and brought to where a test begins.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::OnceLock;

use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Input, Program, Running, TestKey};

/// How the C programs pass the time between two looks.
pub(crate) const WAYS: [&str; 2] = ["pause", "busy"];

/// What `cwriter` says before each line.
pub(crate) const PROMPT: &str = "Enter some text: ";

pub(crate) fn writer(key: &TestKey, way: &str) -> Program {
    program("cwriter", key).args([way])
}

pub(crate) fn reader(key: &TestKey, way: &str) -> Program {
    program("creader", key).args([way])
}

pub(crate) fn scribbler(key: &TestKey) -> Program {
    program("scribbler", key)
}

/// A C writer that has reset the flag and waits for its next line.
#[track_caller]
pub(crate) fn listening_writer(key: &TestKey) -> Running {
    let mut writer = writer(key, "pause").input(Input::Open).start();
    writer.wait_until_printed(PROMPT.len());
    writer.wait_until_asleep(Asleep::Reading);
    writer
}

/// A C reader that has reset the flag and looks for text.
#[track_caller]
pub(crate) fn waiting_reader(key: &TestKey) -> Running {
    let mut reader = reader(key, "pause").start();
    reader.wait_until_asleep(Asleep::Pausing);
    reader
}

/// What a C reader prints of these texts.
pub(crate) fn printed<T: AsRef<[u8]>>(texts: &[T]) -> Vec<u8> {
    texts.iter().flat_map(|text| [b"You wrote: ", text.as_ref()].concat()).collect()
}

fn program(name: &'static str, key: &TestKey) -> Program {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(compile);
    Program::found_at(name, directory.join(name)).args([format!("{:#x}", key.number())])
}

fn compile() -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/blog");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c-programs");
    fs::create_dir_all(&directory).expect("cargo's own directory");
    for name in ["cwriter", "creader", "scribbler"] {
        // Under its name only when it is whole, should two test runs compile at once.
        let fresh = directory.join(format!("{name}.{}", process::id()));
        let status = Command::new("cc")
            .args(["-O2", "-o"])
            .args([&fresh, &sources.join(format!("{name}.c"))])
            .status();
        assert!(status.expect("a C compiler").success(), "{name}.c compiles");
        fs::rename(&fresh, directory.join(name)).expect("in one directory");
    }
    directory
}
