//! System V, one call at a time: what shmget, shmat, shmctl and shmdt really do.

mod attach_twice;
mod create_or_open;
mod detach_keeps;
mod fork_and_exec;
mod ftok_collision;
mod huge_pages;
mod ipc_private;
mod limits;
mod lock;
mod mode_0666;
mod own_address;
mod page_rounding;
mod read_only;
mod remove_while_attached;
mod size_of_existing;
mod stat_and_set;
mod where_it_is_mapped;

use crate::Experiment;

/// In the order of their claims.
pub(super) const EXPERIMENTS: &[&Experiment] = &[
    &page_rounding::EXPERIMENT,
    &size_of_existing::EXPERIMENT,
    &create_or_open::EXPERIMENT,
    &ipc_private::EXPERIMENT,
    &ftok_collision::EXPERIMENT,
    &where_it_is_mapped::EXPERIMENT,
    &own_address::EXPERIMENT,
    &read_only::EXPERIMENT,
    &attach_twice::EXPERIMENT,
    &fork_and_exec::EXPERIMENT,
    &detach_keeps::EXPERIMENT,
    &remove_while_attached::EXPERIMENT,
    &stat_and_set::EXPERIMENT,
    &lock::EXPERIMENT,
    &limits::EXPERIMENT,
    &huge_pages::EXPERIMENT,
    &mode_0666::EXPERIMENT,
];
