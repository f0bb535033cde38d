//! The drawings: a `<figure>` in a chapter, with an SVG from a file and a caption.

use std::fs;

use crate::chapters::{Chapter, book};

/// A drawing and what is said of it.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Which drawing: `figures/NAME.svg`.
    pub name: String,
    /// The chapter's file.
    pub file: String,
    /// What stands under it, without tags.
    pub caption: String,
    /// The drawing.
    pub svg: String,
}

/// The drawings of a chapter.
///
/// # Panics
/// When a figure has no drawing or no caption.
#[must_use]
pub fn figures(chapter: &Chapter) -> Vec<Figure> {
    let parts = chapter.text.split("<figure>").skip(1);
    parts
        .map(|part| {
            let (figure, _) = part.split_once("</figure>").expect("a figure ends");
            let (_, rest) = figure.split_once("{{#include figures/").expect("it has a drawing");
            let (name, rest) = rest.split_once(".svg}}").expect("an SVG");
            let (_, caption) = rest.split_once("<figcaption>").expect("it has a caption");
            let (caption, _) = caption.split_once("</figcaption>").expect("which ends");
            let path = book().join("figures").join(name).with_extension("svg");
            let svg = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let (file, name, caption) = (chapter.file.clone(), name.to_owned(), text(caption));
            Figure { name, file, caption, svg }
        })
        .collect()
}

/// What a person reads: no tags, and a blank for whatever space there is.
#[must_use]
pub fn text(html: &str) -> String {
    let outside = html.split('<').enumerate().map(|(index, part)| match index {
        0 => part,
        _ => part.split_once('>').map_or("", |(_, after)| after),
    });
    outside.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The numbers in a text, in the order in which they stand there.
#[must_use]
pub fn numbers(text: &str) -> Vec<u64> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter_map(|word| word.parse().ok()).collect()
}
