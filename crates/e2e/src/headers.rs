//! The kernel's and libc's structs and numbers, asked of the C headers.

use std::fs;
use std::process::Command;

use crate::scratch::Scratch;

/// Checks numbers against a C program that includes `headers`: beside each stands what it is
/// there, a name or an expression such as `sizeof(struct shmid_ds)`. `stddef.h` is included.
///
/// # Panics
/// When one is another number in C, or no C compiler knows what it is.
#[track_caller]
pub fn expect_same_in_c<Name: AsRef<str>>(headers: &[&str], facts: &[(Name, u64)]) {
    let ours: Vec<_> = facts.iter().map(|(name, value)| (name.as_ref(), *value)).collect();
    let names: Vec<_> = ours.iter().map(|(name, _)| *name).collect();
    let in_c: Vec<_> = names.iter().copied().zip(in_c(headers, &names)).collect();
    assert_eq!(ours, in_c);
}

/// What the C compiler says of each.
fn in_c(headers: &[&str], names: &[&str]) -> Vec<u64> {
    let includes: String = headers.iter().map(|it| format!("#include <{it}>\n")).collect();
    let lines: String = names
        .iter()
        .map(|name| format!("    printf(\"%llu\\n\", (unsigned long long)({name}));\n"))
        .collect();
    let program = format!(
        "#define _GNU_SOURCE\n#include <stddef.h>\n#include <stdio.h>\n{includes}\
         int main(void) {{\n{lines}    return 0;\n}}\n"
    );
    let scratch = Scratch::new();
    let (source, binary) = (scratch.path().join("headers.c"), scratch.path().join("headers"));
    fs::write(&source, program).expect("our own directory");
    let status = Command::new("cc").arg("-o").arg(&binary).arg(&source).status();
    assert!(status.expect("a C compiler").success(), "the C headers have all of these names");
    let output = Command::new(&binary).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("numbers");
    text.lines().map(|line| line.parse().expect("a number")).collect()
}
