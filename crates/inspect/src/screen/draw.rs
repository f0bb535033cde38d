//! The whole screen.
//!
//! Five lines about the exchange, the slots, and two lines about the screen itself: with
//! sixteen slots that is 24. Where there is more room, the pace of the past seconds is below.

use handoff_proto::Side;
use handoff_proto::snapshot::Snapshot;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Sparkline, Wrap};

use crate::print::hex;

use super::model::{Model, SIDES, State};
use super::slots;
use super::source::Inside;

/// Lines above the slots, the head of the table among them; and below.
const ABOVE: u16 = 6;
const BELOW: u16 = 1;
/// The pace of the past is shown where the screen has so many lines more than the slots need.
const PAST: u16 = 6;

/// Draws it, and tells the model how many slots there is room for.
pub(crate) fn draw(frame: &mut Frame<'_>, model: &mut Model) {
    let area = frame.area();
    let slots = model.words().map_or(0, |words| words.slots().len());
    let needed = u16::try_from(slots).unwrap_or(u16::MAX).saturating_add(ABOVE + BELOW);
    let spare = area.height.saturating_sub(needed);
    let below = if slots > 0 && spare >= PAST { spare - 1 } else { 0 };
    model.room = area.height.saturating_sub(ABOVE + BELOW + below).into();
    model.scroll(0);
    let [top, middle, below, bottom] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(below),
        Constraint::Length(BELOW),
    ])
    .areas(area);
    frame.render_widget(title(model), top);
    frame.render_widget(footer(model), bottom);
    middle_part(frame, model, middle);
    pace(frame, model, below);
}

fn bar() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

fn title<'a>(model: &Model) -> Line<'a> {
    let name = model.seen.as_ref().map_or(&model.place, |seen| &seen.name);
    let status = model.seen.as_ref().map_or("", |seen| &seen.status);
    let gap = if status.is_empty() { "" } else { ": " };
    Line::from(format!(" {name}{gap}{status}")).style(bar())
}

fn footer<'a>(model: &Model) -> Line<'a> {
    let slots = model.words().map_or(0, |words| words.slots().len());
    let seen = model.visible();
    let more = match slots > model.room {
        true => format!(
            "   slots {} to {} of {slots}: arrows, PgUp, PgDn",
            seen.start,
            seen.end.min(slots).saturating_sub(1)
        ),
        false => String::new(),
    };
    Line::from(format!(" q: leave   W, R: next to be written, read{more}")).style(bar())
}

fn middle_part(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let gone = matches!(model.state, State::Gone);
    let style = if gone { Style::new().add_modifier(Modifier::DIM) } else { Style::new() };
    let lines = match (&model.state, model.seen.as_ref().map(|seen| &seen.inside)) {
        (State::Waiting, _) | (State::There, None) => {
            vec![Line::from(format!("There is no {} yet: waiting for one.", model.place))]
        }
        (State::Denied(why), _) => vec![Line::from(format!("{}: {why}", model.place))],
        (State::Gone, None) => vec![Line::from(gone_line(model))],
        (_, Some(Inside::Exchange { words, texts, from })) => {
            let mut lines = header(model, words);
            lines.extend(slots::lines(model, words, texts, *from, area.width));
            lines
        }
        (_, Some(Inside::Other { why, first })) => {
            let mut lines = vec![Line::from(status_line(model, || format!("No exchange: {why}")))];
            lines.extend(hex::dump("", first).lines().map(|line| Line::from(line.to_owned())));
            return frame.render_widget(Paragraph::new(lines).style(style), area);
        }
    };
    let paragraph = Paragraph::new(lines).style(style);
    let wraps = matches!(model.state, State::Waiting | State::Denied(_));
    let paragraph = if wraps { paragraph.wrap(Wrap { trim: true }) } else { paragraph };
    frame.render_widget(paragraph, area);
}

fn gone_line(model: &Model) -> String {
    format!("REMOVED. Waiting for the next {}.", model.place)
}

/// That it is gone, or else what there is to say.
fn status_line(model: &Model, else_say: impl FnOnce() -> String) -> String {
    if matches!(model.state, State::Gone) { gone_line(model) } else { else_say() }
}

fn header<'a>(model: &Model, words: &Snapshot) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> =
        SIDES.iter().enumerate().map(|(at, side)| role(model, words, at, *side)).collect();
    let unread = match words.unread() {
        unread if unread.slots == 0 => "nothing".into(),
        unread => unread.to_string(),
    };
    let pace = format!("{:.0} a second", model.pace.rate());
    lines.push(Line::from(vec![
        Span::raw(format!("hand-offs {} since we look, ", model.pace.total())),
        Span::styled(pace, Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(format!("; {unread} unread")),
    ]));
    let sense = status_line(model, || sense(words));
    let alarm = matches!(model.state, State::Gone) || !words.faults().is_empty();
    let style =
        if alarm { Style::new().fg(Color::Red).add_modifier(Modifier::BOLD) } else { Style::new() };
    lines.push(Line::styled(sense, style));
    lines
}

fn role<'a>(model: &Model, words: &Snapshot, at: usize, side: Side) -> Line<'a> {
    let is_marked = model.role_changes[at].is_marked(model.now);
    let style = match is_marked {
        true => Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD),
        false => Style::new(),
    };
    let word = format!("{:#010x}", words.role(side).bits());
    let gone = matches!(model.state, State::Gone);
    let doing = if gone { String::new() } else { model.doing[at].clone() };
    Line::from(vec![
        Span::raw(format!("{side} ")),
        Span::styled(word, style),
        Span::raw(format!(" {doing}")),
    ])
}

fn sense(words: &Snapshot) -> String {
    match (words.faults().first(), words.is_steady()) {
        (Some(fault), _) => fault.to_string(),
        (None, false) => "it changes faster than it can be looked at".into(),
        (None, true) => "all words fit together".into(),
    }
}

fn pace(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    if area.height < 2 {
        return;
    }
    let [head, graph] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let past = model.pace.past(graph.width.into());
    let most = past.iter().max().copied().unwrap_or(0);
    let text = format!("hand-offs in each of the past {} seconds, at most {most}", past.len());
    let underlined = Style::new().add_modifier(Modifier::UNDERLINED);
    frame.render_widget(Line::styled(text, underlined), head);
    frame.render_widget(Sparkline::default().data(past), graph);
}
