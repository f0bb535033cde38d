//! The exchange as C sees it: each number that Rust asserts, asserted by a C compiler.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A fact of the struct, in Rust's words and in C's.
fn translate(assertion: &str) -> String {
    let fields = ["magic", "writer", "reader", "written", "len", "text"];
    let mut c = assertion.replace("size_of::<", "sizeof(").replace("align_of::<", "alignof(");
    c = c.replace(">()", ")").replace("offset_of!(", "offsetof(");
    c = c.replace("Header", "struct header").replace("Slot", "struct slot");
    assert!(c.contains("sizeof") || fields.iter().any(|field| c.contains(field)), "{c}");
    c
}

fn assertions() -> Vec<String> {
    let layout = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/src/layout.rs");
    let layout = fs::read_to_string(layout).unwrap();
    let lines = layout.lines().filter_map(|line| line.trim().strip_prefix("assert!("));
    let about_structs = lines.filter(|line| line.contains("_of"));
    about_structs.map(|line| translate(line.trim_end_matches(");"))).collect()
}

/// What a C compiler says to such assertions; none if it agrees.
fn complaint(assertions: &[String]) -> Option<String> {
    let mut program = "#include <stddef.h>\n#include \"exchange.h\"\n".to_owned();
    for assertion in assertions {
        program += &format!("_Static_assert({assertion}, \"\");\n");
    }
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("layout.c");
    fs::write(&source, &program).unwrap();
    let output = Command::new("cc")
        .args(["-std=c11", "-fsyntax-only", "-I"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial"))
        .arg(&source)
        .output()
        .expect("a C compiler is there");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then_some(program + &said)
}

#[test]
fn c_lays_the_exchange_out_alike() {
    let assertions = assertions();
    assert_eq!(assertions.len(), 8, "{assertions:#?}");
    assert_eq!(complaint(&assertions), None);
    // And it would say so, were one of them wrong.
    for assertion in assertions {
        let wrong = assertion.replace("==", "!=");
        let said = complaint(&[wrong]).expect("it is wrong");
        assert!(said.contains("static assertion failed"), "{said}");
    }
}
