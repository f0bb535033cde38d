//! Curves on logarithmic axes, each with its name at its end.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::paper::{FAINT, FONT, GRID, HEAD, INK, MARGIN, PAPER, TEXT, TITLE, WIDTH, shade};
use crate::report::table::time;
use crate::row::Group;
use crate::side::Failure;

const HEIGHT: u32 = 560;
/// Room for the names of the curves.
const NAMES: i32 = 340;
/// Between two names that would lie upon each other.
const APART: i32 = 18;

/// What is along an axis.
#[derive(Clone, Copy, Debug)]
pub(super) enum Axis {
    Bytes,
    /// MB/s.
    Rate,
    /// One in so many.
    OneIn,
    /// Nanoseconds.
    Time,
}

impl Axis {
    fn label(self, value: f64) -> String {
        match self {
            Self::Bytes if value >= f64::from(1 << 20) => format!("{} MiB", value / 1_048_576.0),
            Self::Bytes if value >= 1024.0 => format!("{} KiB", value / 1024.0),
            Self::Bytes => format!("{value} B"),
            Self::Rate if value >= 1e3 => format!("{} GB/s", value / 1e3),
            Self::Rate => format!("{value} MB/s"),
            Self::OneIn => format!("1 in {value:.0}"),
            Self::Time => time(value),
        }
    }

    /// What one line of the grid is away from the next.
    fn step(self) -> f64 {
        match self {
            Self::Bytes => 8.0,
            Self::Rate | Self::OneIn | Self::Time => 10.0,
        }
    }
}

/// One curve.
pub(super) struct Curve {
    pub(super) label: String,
    pub(super) group: Group,
    pub(super) points: Vec<(f64, f64)>,
}

impl Curve {
    pub(super) fn new(label: &str, group: Group, first: (f64, f64)) -> Self {
        Self { label: label.into(), group, points: vec![first] }
    }
}

/// A chart of them.
pub(super) struct Lines {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) curves: Vec<Curve>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

impl Lines {
    /// Draws it to a file; nothing if there is no curve.
    pub(super) fn draw(&self, file: &Path) -> Result<(), Failure> {
        if self.curves.is_empty() {
            return Ok(());
        }
        let root = SVGBackend::new(file, (WIDTH, HEIGHT)).into_drawing_area();
        root.fill(&PAPER)?;
        let text = |size, colour: &RGBColor| (FONT, size).into_font().color(colour);
        root.draw_text(&self.title, &text(TITLE, &INK), (MARGIN, MARGIN - 4))?;
        root.draw_text(&self.subtitle, &text(TEXT, &FAINT), (MARGIN, MARGIN + 24))?;
        let scales = self.scales();
        self.grid(&root, &scales)?;
        let mut names = Vec::new();
        let mut seen: Vec<Group> = Vec::new();
        for curve in &self.curves {
            let nth = seen.iter().filter(|&&group| group == curve.group).count();
            seen.push(curve.group);
            let colour = shade(curve.group, nth);
            let points = curve.points.iter().map(|&(x, y)| (scales[0].at(x), scales[1].at(y)));
            let points: Vec<(i32, i32)> = points.collect();
            let width = if curve.group == Group::Ours { 4 } else { 2 };
            names.push((points[points.len() - 1], &curve.label, colour));
            root.draw(&PathElement::new(points, colour.stroke_width(width)))?;
        }
        name(&root, names)?;
        Ok(root.present()?)
    }

    /// From values to pixels: x, y.
    fn scales(&self) -> [Scale; 2] {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let bottom = HEIGHT as i32 - MARGIN - 24;
        [
            Scale::of(self.x, points().map(|it| it.0), (MARGIN + 70, WIDTH as i32 - NAMES)),
            Scale::of(self.y, points().map(|it| it.1), (bottom, HEAD)),
        ]
    }

    fn grid(&self, root: &Area<'_>, [x, y]: &[Scale; 2]) -> Result<(), Failure> {
        let text = (FONT, TEXT).into_font().color(&FAINT);
        let below = text.pos(Pos::new(HPos::Center, VPos::Top));
        let beside = text.pos(Pos::new(HPos::Right, VPos::Center));
        for value in x.steps() {
            let at = x.at(value);
            root.draw(&PathElement::new([(at, y.pixels.0), (at, y.pixels.1)], GRID))?;
            root.draw_text(&self.x.label(value), &below, (at, y.pixels.0 + 8))?;
        }
        for value in y.steps() {
            let at = y.at(value);
            root.draw(&PathElement::new([(x.pixels.0, at), (x.pixels.1, at)], GRID))?;
            root.draw_text(&self.y.label(value), &beside, (x.pixels.0 - 8, at))?;
        }
        Ok(())
    }
}

/// Names at the ends of their curves, moved apart where these meet.
fn name(root: &Area<'_>, mut names: Vec<((i32, i32), &String, RGBColor)>) -> Result<(), Failure> {
    names.sort_by_key(|it| (it.0.1, it.0.0));
    let lowest = HEIGHT as i32 - MARGIN - APART * names.len() as i32;
    let mut free = HEAD;
    for (nth, ((x, y), label, colour)) in names.into_iter().enumerate() {
        let at = y.max(free).min(lowest + APART * nth as i32).max(HEAD);
        free = at + APART;
        let start = (WIDTH as i32 - NAMES + 24, at);
        root.draw(&PathElement::new([(x + 2, y), start], colour.mix(0.4)))?;
        let style = (FONT, TEXT).into_font().color(&INK);
        let style = style.pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Circle::new(start, 4, colour.filled()))?;
        root.draw_text(label, &style, (start.0 + 8, at))?;
    }
    Ok(())
}

/// A logarithmic scale.
struct Scale {
    least: f64,
    most: f64,
    step: f64,
    /// Where the least and the most are.
    pixels: (i32, i32),
}

impl Scale {
    fn of(axis: Axis, values: impl Iterator<Item = f64> + Clone, pixels: (i32, i32)) -> Self {
        let step = axis.step();
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(0.0, f64::max);
        let least = step.powf((least.ln() / step.ln() + 1e-9).floor());
        Self { least, most: most.max(least * step), step, pixels }
    }

    fn at(&self, value: f64) -> i32 {
        let part = (value / self.least).ln() / (self.most / self.least).ln();
        self.pixels.0 + (part * f64::from(self.pixels.1 - self.pixels.0)) as i32
    }

    fn steps(&self) -> impl Iterator<Item = f64> {
        std::iter::successors(Some(self.least), |value| Some(value * self.step))
            .take_while(|&value| value <= self.most * 1.001)
    }
}
