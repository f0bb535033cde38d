//! The walkthrough: the book in `book/`, and the ladder of programs in `ladder/`.
//!
//! The book quotes nothing but files that are compiled or run. This library reads the book
//! as its tests see it; the tests are what fails when a listing, a transcript or a figure no
//! longer matches the code. `scripts/guide.sh` makes HTML of it.
//!
//! | module | owns |
//! |---|---|
//! | [`chapters`] | which chapters there are, and their text |
//! | [`blocks`] | the fenced blocks in them |
//! | [`include`](mod@include) | what an include of mdBook leads to |
//! | [`transcript`] | commands and what they print, with `…` for what differs each time |
//! | [`generated`] | the parts that are made of code and data |
//! | [`figures`] | the drawings, their captions, and the numbers in both |

#![forbid(unsafe_code)]

pub mod blocks;
pub mod chapters;
pub mod figures;
pub mod generated;
pub mod include;
pub mod transcript;
