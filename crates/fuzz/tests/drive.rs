//! The fuzzer's entry, for machines without the fuzzer: its corpus, and what chance brings.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_and_no_changes_harm_who_uses_an_exchange(data in vec(any::<u8>(), 0..200)) {
        handoff_fuzz::drive(&data);
    }
}

#[test]
fn what_the_fuzzer_kept_harms_nobody() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/drive");
    let inputs = fs::read_dir(corpus).expect("the corpus is kept").flatten();
    let count = inputs
        .map(|input| handoff_fuzz::drive(&fs::read(input.path()).expect("an input is a file")))
        .count();
    assert!(count > 0, "the corpus is empty");
}
