//! Figures side by side, with the number behind each bar.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::paper::{FAINT, FONT, HEAD, INK, LEGEND, MARGIN, PAPER, TEXT, TITLE, WIDTH, colour};
use crate::row::Group;
use crate::side::Failure;

/// Height of a bar with the space around it.
const ROW: i32 = 26;
const BAR: i32 = 18;
/// Where bars begin, and the longest ends: what is shown comes behind it.
const LEFT: i32 = 390;
const RIGHT: i32 = 810;

/// One bar.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) value: f64,
    /// The value for people.
    pub(super) shown: String,
    pub(super) group: Group,
}

/// A chart of them.
pub(super) struct Bars {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) logarithmic: bool,
    pub(super) bars: Vec<Bar>,
}

impl Bars {
    /// Draws it to a file; nothing if there is no bar.
    pub(super) fn draw(&self, file: &Path) -> Result<(), Failure> {
        if self.bars.is_empty() {
            return Ok(());
        }
        let height = HEAD + ROW * self.bars.len() as i32 + MARGIN;
        let root = SVGBackend::new(file, (WIDTH, height as u32)).into_drawing_area();
        root.fill(&PAPER)?;
        let text = |size, colour: &RGBColor| (FONT, size).into_font().color(colour);
        root.draw_text(&self.title, &text(TITLE, &INK), (MARGIN, MARGIN - 4))?;
        root.draw_text(&self.subtitle, &text(TEXT, &FAINT), (MARGIN, MARGIN + 24))?;
        let beside = text(TEXT, &INK).pos(Pos::new(HPos::Right, VPos::Center));
        let behind = text(TEXT, &FAINT).pos(Pos::new(HPos::Left, VPos::Center));
        for (row, bar) in self.bars.iter().enumerate() {
            let top = HEAD + ROW * row as i32;
            let (middle, right) = (top + BAR / 2, LEFT + self.length(bar.value));
            root.draw_text(&bar.label, &beside, (LEFT - 10, middle))?;
            let fill = colour(bar.group).filled();
            root.draw(&Rectangle::new([(LEFT, top), (right, top + BAR)], fill))?;
            // A bar of nothing shall begin its number in its own place.
            root.draw_text(&bar.shown, &behind, (right + 8, middle))?;
        }
        let mut at = RIGHT - 20;
        for (group, name) in LEGEND.into_iter().rev().filter(|(group, _)| self.has(*group)) {
            root.draw_text(name, &text(TEXT, &FAINT), (at + 16, MARGIN + 24))?;
            let place = [(at, MARGIN + 24), (at + 10, MARGIN + 34)];
            root.draw(&Rectangle::new(place, colour(group).filled()))?;
            at -= 110;
        }
        Ok(root.present()?)
    }

    fn has(&self, group: Group) -> bool {
        self.bars.iter().any(|bar| bar.group == group)
    }

    /// Pixels of a bar of this value.
    fn length(&self, value: f64) -> i32 {
        let values = self.bars.iter().map(|bar| bar.value);
        let most = values.clone().fold(0.0, f64::max);
        // A logarithmic bar begins at half the least.
        let least = values.fold(most, f64::min) / 2.0;
        let part = match self.logarithmic {
            true => (value / least).ln() / (most / least).ln(),
            false => value / most,
        };
        if part.is_finite() { (part * f64::from(RIGHT - LEFT)) as i32 } else { 0 }
    }
}
