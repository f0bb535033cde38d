//! The command line.

use std::error::Error;

use handoff_shm::Key;

use crate::field::Change;

/// What to do to whom.
pub(crate) struct Args {
    pub(crate) attack: String,
    pub(crate) key: Key,
    /// How often; without it, an attack that can go on does so until it is killed.
    rounds: Option<u64>,
    pub(crate) changes: Vec<Change>,
}

impl Args {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let attack = words.next().ok_or("which attack?")?;
        let (mut key, mut rounds, mut changes) = (None, None, Vec::new());
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} wants a value"));
            match word.as_str() {
                "-k" => key = Some(value()?.parse()?),
                "--rounds" => rounds = Some(value()?.parse()?),
                change => changes.push(change.parse()?),
            }
        }
        Ok(Self { attack, key: key.ok_or("-k KEY is missing")?, rounds, changes })
    }

    /// The rounds of an attack that goes on.
    pub(crate) fn rounds(&self) -> impl Iterator<Item = u64> {
        0..self.rounds.unwrap_or(u64::MAX)
    }
}
