//! The slots: a line each, in columns as wide as what is in them.

use handoff_proto::snapshot::{SlotWords, Snapshot};
use handoff_proto::{Side, TEXT_BYTES};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::print::hex;
use crate::print::visible::visible;

use super::model::Model;

/// Where there is room for it, the text in hex.
const WIDE: u16 = 130;

const HEAD: [&str; 7] = ["next", "slot", "word", "lap", "state", "asleep", "length"];

/// The head, and a line for each slot on the screen.
pub(crate) fn lines<'a>(
    model: &Model,
    words: &Snapshot,
    texts: &[Vec<u8>],
    from: usize,
    width: u16,
) -> Vec<Line<'a>> {
    let next = [Side::Writer, Side::Reader].map(|side| words.next(side).ok().map(|at| at.slot()));
    let rows: Vec<_> = texts
        .iter()
        .zip(from..)
        .filter_map(|(text, slot)| Some((slot, words.slots().get(slot)?, text)))
        .map(|(slot, words, text)| (slot, words, cells(slot, words, next), text))
        .collect();
    let widths: [usize; 7] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|(_, _, cells, _)| cells[column].chars().count());
        cells.chain([HEAD[column].len()]).max().unwrap_or(0)
    });
    let is_wide = width >= WIDE;
    let mut lines = vec![head(&widths, is_wide)];
    for (slot, words, cells, text) in rows {
        let is_marked = model.slot_changes.get(slot).is_some_and(|it| it.is_marked(model.now));
        lines.push(line(&widths, words, &cells, text, is_marked, is_wide));
    }
    lines
}

fn head<'a>(widths: &[usize; 7], is_wide: bool) -> Line<'a> {
    let mut head: String =
        HEAD.iter().zip(widths).map(|(name, width)| format!("{name:<width$}  ")).collect();
    if is_wide {
        head.push_str(&format!("{:<48}  ", "text in hex"));
    }
    Line::styled(head + "text", Style::new().add_modifier(Modifier::UNDERLINED))
}

fn cells(slot: usize, words: &SlotWords, next: [Option<usize>; 2]) -> [String; 7] {
    let marker = |at: Option<usize>, mark: char| if at == Some(slot) { mark } else { ' ' };
    let state = match (words.is_full(), words.is_end()) {
        (false, _) => "free",
        (true, false) => "TEXT",
        (true, true) => "END",
    };
    let lie = if words.is_full() && words.length() as usize > TEXT_BYTES { "!" } else { "" };
    [
        format!("{} {}", marker(next[0], 'W'), marker(next[1], 'R')),
        slot.to_string(),
        format!("{:#010x}", words.bits()),
        words.lap().to_string(),
        state.into(),
        words.sleeper().map_or_else(String::new, |side| side.to_string()),
        format!("{}{lie}", words.length()),
    ]
}

fn line<'a>(
    widths: &[usize; 7],
    words: &SlotWords,
    cells: &[String; 7],
    text: &[u8],
    is_marked: bool,
    is_wide: bool,
) -> Line<'a> {
    let mark = match is_marked {
        true => Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD),
        false => Style::new(),
    };
    let text_style = match words.is_full() {
        true => Style::new(),
        false => Style::new().add_modifier(Modifier::DIM),
    };
    let mut spans = Vec::new();
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let style = match column {
            2 | 3 | 6 => mark,
            4 if words.is_full() => mark.add_modifier(Modifier::REVERSED),
            5 => Style::new().fg(Color::Cyan),
            _ => Style::new(),
        };
        let gap = " ".repeat(width - cell.chars().count() + 2);
        let (before, behind) =
            if matches!(column, 1 | 3 | 6) { gap.split_at(gap.len() - 2) } else { ("", &*gap) };
        spans.push(Span::raw(before.to_owned()));
        spans.push(Span::styled(cell.clone(), style));
        spans.push(Span::raw(behind.to_owned()));
    }
    if is_wide {
        spans.push(Span::styled(hex::hex(&text[..text.len().min(16)]) + "  ", text_style));
    }
    spans.push(Span::styled(visible(text), text_style));
    Line::from(spans)
}
