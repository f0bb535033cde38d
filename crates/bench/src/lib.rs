//! The hand-off measured beside what the machine allows, what the kernel has for the
//! purpose, and what libraries make of it: on the reader's own machine, in one run.
//!
//! | module | owns |
//! |---|---|
//! | [`row`] | what a row is |
//! | [`rows`] | the rows, but for the libraries', which are in a package of their own |
//! | [`side`] | the two processes of a row: measuring |
//! | `conductor` | which row when, and that nothing is left behind |
//! | `programs`, `text`, `idle`, `resident` | the programs themselves, as a person runs them |
//! | `stats` | medians and spreads of all rounds |
//! | `goals` | what is to be reached |
//! | `report` | table, JSON and charts |
//! | `sys` | the System V calls that neither std nor nix has |
#![deny(unsafe_code)]

#[cfg(feature = "report")]
mod args;
#[cfg(feature = "report")]
mod conductor;
#[cfg(feature = "report")]
mod goals;
#[cfg(feature = "report")]
mod idle;
mod pin;
#[cfg(feature = "report")]
mod procfs;
#[cfg(feature = "report")]
mod programs;
#[cfg(feature = "report")]
mod report;
#[cfg(feature = "report")]
mod resident;
pub mod row;
pub mod rows;
#[cfg(feature = "report")]
mod scene;
pub mod side;
#[cfg(feature = "report")]
mod stats;
mod sys;
#[cfg(feature = "report")]
mod text;
#[cfg(feature = "report")]
mod watch;

#[cfg(feature = "report")]
pub use conductor::measure;
