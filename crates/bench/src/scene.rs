//! The names of one run, and that nothing is left behind under them.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::mqueue::mq_unlink;
use nix::sys::mman::shm_unlink;
use nix::sys::statvfs::statvfs;

use crate::side::Scene;
use crate::sys;

/// The top byte of every key that is not a person's: see scripts/test.sh.
const MARK: u32 = 0x7e00_0000;

/// Where POSIX shared memory lies.
const SHM: &str = "/dev/shm";

/// A scene that goes away with all that is in it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    /// The texts.
    pub(crate) texts: PathBuf,
}

impl Stage {
    /// Makes one in `scratch`, or where texts of so many bytes fit.
    ///
    /// # Errors
    /// The directories cannot be made.
    pub(crate) fn new(scratch: Option<&Path>, bytes: u64) -> io::Result<Self> {
        let pid = std::process::id();
        let name = format!("handoff-bench-{pid}");
        let temporary = std::env::temp_dir();
        let texts = match scratch {
            Some(scratch) => scratch,
            None if has_room(SHM, 2 * bytes) => Path::new(SHM),
            None => &temporary,
        };
        let texts = texts.join(format!("{name}-texts"));
        let keys = MARK | (pid & 0xffff) << 8;
        let stage = Self { scene: Scene { keys, dir: Path::new(SHM).join(&name), name }, texts };
        fs::create_dir_all(&stage.texts)?;
        make_private(&stage.scene.dir)?;
        Ok(stage)
    }

    /// Removes what a pair may have left, however it ended.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub(crate) fn sweep(&self) -> io::Result<()> {
        (0..16).for_each(|n| sys::remove_all(self.scene.key(n)));
        for n in 0..16 {
            // Most pairs have no such object.
            let _ = shm_unlink(format!("/handoff-{:#010x}", self.scene.key(n)).as_str());
        }
        for way in ["there", "back"] {
            // Most rows have no such queue.
            let _ = mq_unlink(format!("/{}-{way}", self.scene.name).as_str());
        }
        for entry in fs::read_dir(SHM)?.flatten() {
            let ours = entry.file_name().to_string_lossy().starts_with(&self.scene.name);
            if ours && entry.file_type()?.is_file() {
                fs::remove_file(entry.path())?;
            }
        }
        fs::remove_dir_all(&self.scene.dir)?;
        make_private(&self.scene.dir)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let swept = self.sweep().and_then(|()| fs::remove_dir(&self.scene.dir));
        if let Err(error) = swept.and_then(|()| fs::remove_dir_all(&self.texts)) {
            eprintln!("bench: something of {} is left behind: {error}", self.scene.name);
        }
    }
}

/// For our eyes only: `--via memfd` meets nobody in a directory that others can get into.
fn make_private(dir: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(dir)
}

fn has_room(dir: &str, bytes: u64) -> bool {
    statvfs(dir).is_ok_and(|it| it.blocks_available() * it.fragment_size() > bytes)
}
