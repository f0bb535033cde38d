//! `create`: a new System V segment, whole and zeroed.

use handoff_cli::{Exit, Failure};
use handoff_proto::segment_size;
use handoff_shm::DEFAULT_SLOTS;
use handoff_shm::sysv::{HugePages, Key, Options};

use crate::args::{CreateArgs, Huge};
use crate::print::{self, count, failure};
use crate::target::default_key;

pub(crate) fn run(args: &CreateArgs) -> Result<Exit, Failure> {
    let key = match args.private {
        true => Key::PRIVATE,
        false => args.key.unwrap_or_else(default_key).into(),
    };
    let slots = args.slots.map_or(DEFAULT_SLOTS, |slots| slots as usize);
    let bytes = args.bytes.unwrap_or_else(|| segment_size(slots));
    let pages = args.huge.map(|huge| match huge {
        Huge::Default => HugePages::DEFAULT,
        Huge::TwoMiB => HugePages::MB_2,
        Huge::OneGiB => HugePages::GB_1,
    });
    let options = Options::new(bytes).mode(args.mode).no_reserve(args.no_reserve).huge(pages);
    let segment = options.create(key).map_err(failure::of_sysv)?;
    let (id, bytes) = (segment.id(), count(bytes as u64, "byte"));
    print::out(&format!("created segment {id} of key {key}: {bytes}, mode {:04o}\n", args.mode))
}
