//! Every kind of memory does the same: one suite, and a line for each kind.

#[path = "kinds/crash.rs"]
mod crash;
#[path = "kinds/exchange.rs"]
mod exchange;
#[path = "kinds/foreign.rs"]
mod foreign;
#[path = "kinds/lifetime.rs"]
mod lifetime;
#[path = "kinds/meeting.rs"]
mod meeting;
#[path = "kinds/shrunk.rs"]
mod shrunk;

use std::path::PathBuf;

use handoff_e2e::kind::{Kind, Site, at_socket, in_dev_shm, in_directory};
use handoff_e2e::steps;

fn no_path(_: &Site) -> Option<PathBuf> {
    None
}

/// The suite for each of these kinds.
macro_rules! conformance {
    ($($name:ident: $at:ident, persists $persists:literal, shrinks $shrinks:literal, $devices:expr;)+) => {
        $(mod $name {
            use super::*;
            pub(super) static KIND: Kind = Kind {
                name: stringify!($name),
                found_at: $at,
                persists: $persists,
                shrinks: $shrinks,
                devices: &$devices,
            };
            suite! {
                exchange: either_side_may_come_first, every_size_arrives,
                    many_streams_one_after_the_other, kept_readers_take_stream_after_stream;
                lifetime: it_has_its_exact_size_and_mode, it_outlives_its_processes_or_not,
                    both_at_once_make_one, several_at_once_lose_nothing, who_is_second_is_refused,
                    ctrl_c_leaves_nothing, a_writer_that_stays_may_be_sent_away, descriptors_do_not_pile_up;
                crash: a_reader_may_die_at_every_step, a_writer_may_die_at_every_step,
                    twenty_readers_may_die;
                foreign: another_user_is_refused, what_is_no_exchange_is_refused,
                    a_name_that_leads_elsewhere_is_refused, the_other_side_may_be_elsewhere;
                meeting: offers_are_judged, nonsense_is_refused, a_host_is_not_believed_either,
                    a_directory_open_to_others_is_refused;
                shrunk: a_waiting_reader_ends, a_listening_writer_ends, a_full_writer_ends,
                    a_busy_pair_ends;
            }
        })+

        /// All of them.
        static KINDS: &[&Kind] = &[$(&$name::KIND),+];
    };
}

macro_rules! suite {
    ($($module:ident: $($test:ident),+;)+) => {
        $($(
            #[test]
            fn $test() {
                if KIND.is_here_or_skips() {
                    $module::$test(&KIND);
                }
            }
        )+)+
    };
}

conformance! {
    sysv: no_path, persists true, shrinks false, [];
    posix: in_dev_shm, persists true, shrinks true, [];
    file: in_directory, persists true, shrinks true, [];
    memfd: at_socket, persists false, shrinks false, [];
    dmabuf: at_socket, persists false, shrinks false, ["/dev/dma_heap/system", "/dev/udmabuf"];
}

#[test]
fn every_step_is_taken_with_some_kind() {
    let here: Vec<_> = KINDS.iter().filter(|kind| kind.is_here_or_skips()).collect();
    let taken: Vec<_> = here.iter().flat_map(|kind| crash::steps_of_both(kind)).collect();
    let mut missing = steps::beyond_system_v();
    missing.retain(|step| !taken.contains(step));
    let all_here = here.len() == KINDS.len();
    missing.retain(|step| all_here || !OF_DMA_BUFS.contains(&step.as_str()));
    assert!(missing.is_empty(), "no exchange takes these steps: {missing:?}");
}

/// Steps that are taken only where a kernel has dma-bufs.
const OF_DMA_BUFS: [&str; 3] = ["Allocate", "AccessBegin", "AccessEnd"];
