//! Where the programs under test are; building them is left to cargo.

use std::env;
use std::path::PathBuf;

/// The path of `writer` or `reader`: in `HANDOFF_BIN_DIR` if that is set, else beside the
/// `deps` directory this test runs from.
///
/// # Panics
/// When the program is not there: another package's binaries are not built by `cargo test -p`.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    let path = directory().join(name);
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --workspace` first (with the same profile), or set HANDOFF_BIN_DIR",
        path.display()
    );
    path
}

fn directory() -> PathBuf {
    if let Some(dir) = env::var_os("HANDOFF_BIN_DIR") {
        return PathBuf::from(dir);
    }
    let exe = env::current_exe().expect("a test knows its own path");
    exe.ancestors().nth(2).expect("a test runs from target/<profile>/deps").to_path_buf()
}
