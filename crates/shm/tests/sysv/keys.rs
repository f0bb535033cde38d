//! ftok(3): the same as in C, and how it collides.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use handoff_e2e::Scratch;
use handoff_e2e::skip::skip;
use handoff_shm::sysv::Key;

/// A program that says what the C library's ftok does.
fn in_c() -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (source, binary) = (directory.join("ftok.c"), directory.join("ftok"));
    let program = "#include <stdio.h>\n#include <stdlib.h>\n#include <sys/ipc.h>\n\
        int main(int n, char **a) { printf(\"%d\", ftok(a[1], atoi(a[2]))); return n != 3; }\n";
    fs::write(&source, program).expect("cargo's own directory");
    let status = Command::new("cc").arg("-o").arg(&binary).arg(&source).status();
    assert!(status.expect("a C compiler").success());
    binary
}

#[test]
fn a_file_and_an_id_are_the_key_that_they_are_in_c() {
    let in_c = in_c();
    for path in ["/", "/proc/self/exe", "/dev/null", env!("CARGO_MANIFEST_DIR")] {
        for id in [1, b'R', 127, 128, 255] {
            let path = Path::new(path);
            // Each process has an exe of its own.
            let path = &fs::canonicalize(path).expect("it is there");
            let key = Key::from_path(path, id).expect("it is there");
            let said = Command::new(&in_c).arg(path).arg(id.to_string()).output();
            let said = String::from_utf8(said.expect("it runs").stdout).expect("a number");
            assert_eq!(key.get().to_string(), said, "{} {id}", path.display());
        }
    }
}

#[test]
fn the_same_file_by_any_name_and_the_same_id_are_the_same_key() {
    let scratch = Scratch::new();
    let [file, link, other] = ["file", "link", "other"].map(|name| scratch.path().join(name));
    File::create(&file).expect("our own directory");
    fs::hard_link(&file, &link).expect("our own directory");
    File::create(&other).expect("our own directory");
    let key = |path: &Path, id| Key::from_path(path, id).expect("it is there");
    assert_eq!(key(&file, b'R'), key(&link, b'R'));
    assert_ne!(key(&file, b'R'), key(&file, b'S'));
    assert_ne!(key(&file, b'R'), key(&other, b'R'));
    // A new file by the old name is another file.
    fs::rename(&other, &file).expect("our own directory");
    assert_ne!(key(&file, b'R'), key(&link, b'R'));
}

/// A directory in a tmpfs, where a new file has a new inode.
struct InMemory(PathBuf);

impl Drop for InMemory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Files of a tmpfs have ascending inodes: the collision is 65536 files away.
#[test]
fn two_files_collide() {
    let directory = PathBuf::from(format!("/dev/shm/handoff-test-ftok-{}", std::process::id()));
    let Ok(()) = fs::create_dir(&directory) else { return skip("there is no /dev/shm") };
    let directory = InMemory(directory);
    let make = |n: u32| {
        let path = directory.0.join(n.to_string());
        let inode = File::create_new(&path).and_then(|file| file.metadata()).expect("ours").ino();
        (Key::from_path(&path, b'R').expect("it is there"), inode, path)
    };
    let (key, inode, _) = make(0);
    let collision = (1..300_000).find_map(|n| {
        let (other, there, path) = make(n);
        fs::remove_file(path).expect("our own file");
        (other == key).then_some(there)
    });
    let Some(there) = collision else { return skip("this file system reuses its inodes") };
    assert_ne!(inode, there);
    assert_eq!(inode & 0xffff, there & 0xffff);
}

#[test]
fn what_is_no_file_and_an_id_of_0_are_refused() {
    let error = Key::from_path("/nowhere/at/all", 1).expect_err("it is not there");
    assert_eq!((error.errno(), error.meaning()), (libc::ENOENT, "there is no such file"));
    let error = Key::from_path("/dev/null/x", 1).expect_err("it is no directory");
    assert_eq!(error.errno(), libc::ENOTDIR);
    let error = Key::from_path("/", 0).expect_err("it could be IPC_PRIVATE");
    assert_eq!(error.errno(), libc::EINVAL);
    assert!(error.meaning().contains("IPC_PRIVATE"));
}

#[test]
fn keys_are_shown_as_people_know_them() {
    let shown = [0, 1234, 1_000_000, -1].map(|number| Key::new(number).to_string());
    assert_eq!(shown, ["IPC_PRIVATE", "1234", "0x000f4240", "0xffffffff"]);
}
