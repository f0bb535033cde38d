//! The fenced blocks of a chapter.

use crate::chapters::Chapter;

/// What stands between two fences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The chapter's file.
    pub file: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// The word behind the opening fence, up to the first comma: `rust`, `c`, `console`.
    pub language: String,
    /// The lines in between.
    pub text: String,
}

impl Block {
    /// Where it is, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// Every fenced block of the chapter.
///
/// # Panics
/// When a fence is not closed.
#[must_use]
pub fn blocks(chapter: &Chapter) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in chapter.text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(info)) => {
                let language = info.split(',').next().unwrap_or_default().trim().to_owned();
                let (file, text) = (chapter.file.clone(), String::new());
                open = Some(Block { file, line: index + 1, language, text });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{}: a fence is not closed", chapter.file);
    found
}
