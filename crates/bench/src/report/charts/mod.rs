//! The charts, as SVG: one file each.
//!
//! | module | owns |
//! |---|---|
//! | `paper` | size, fonts, colours |
//! | `bars` | figures side by side, with the number behind each bar |
//! | `lines` | curves on logarithmic axes |

mod bars;
mod lines;
mod paper;

use std::path::Path;

use bars::{Bar, Bars};
use lines::{Curve, Lines};

use super::table::time;
use super::{Point, Report};
use crate::row::Group;
use crate::side::Failure;
use crate::text::Text;

/// Draws every chart for which there is a figure.
pub(super) fn draw(report: &Report, dir: &Path) -> Result<(), Failure> {
    trips(report).draw(&dir.join("there-and-back.svg"))?;
    cpu(report).draw(&dir.join("cpu.svg"))?;
    idle(report).draw(&dir.join("idle.svg"))?;
    rates(report).draw(&dir.join("rates.svg"))?;
    distribution(report).draw(&dir.join("distribution.svg"))
}

fn trips(report: &Report) -> Bars {
    let rows = report.rows.iter().filter(|row| !row.stream && row.id != "clock");
    let bar = |row: &Point| Bar {
        label: row.title.clone(),
        value: row.nanos.median,
        shown: time(row.nanos.median),
        group: row.group,
    };
    let mut bars: Vec<Bar> = rows.map(bar).collect();
    bars.sort_by(|a, b| a.value.total_cmp(&b.value));
    Bars {
        title: "There and back, 16 bytes".into(),
        subtitle: "median, logarithmic: shorter is better".into(),
        logarithmic: true,
        bars,
    }
}

fn cpu(report: &Report) -> Bars {
    let rows = report.programs.iter().filter(|row| row.text == Text::Lines);
    let mut bars: Vec<Bar> = rows
        .map(|row| {
            let value = row.cpu_seconds.median * 1e6 / row.lines as f64;
            let cores = if row.cores == 1 { ", one core" } else { "" };
            Bar {
                label: format!("{}{cores}", row.pipeline.title()),
                value,
                shown: format!("{:.2} ms", value * 1e3),
                group: if row.pipeline.is_ours() { Group::Ours } else { Group::Kernel },
            }
        })
        .collect();
    bars.sort_by(|a, b| a.value.total_cmp(&b.value));
    Bars {
        title: "CPU time per million lines of 64 bytes".into(),
        subtitle: "both programs together: shorter is better".into(),
        logarithmic: false,
        bars,
    }
}

fn idle(report: &Report) -> Bars {
    let seconds = report.idle.first().map_or(0, |idle| idle.seconds);
    let bars = report.idle.iter().map(|idle| {
        let ticks = idle.writer.ticks + idle.reader.ticks;
        let switches = idle.writer.switches + idle.reader.switches;
        let busy = ticks as f64 / idle.ticks_per_second as f64;
        Bar {
            label: format!("--wait {}", idle.wait),
            value: busy,
            shown: format!("{busy:.2} s of CPU, {switches} context switches"),
            group: if idle.wait == "futex" { Group::Ours } else { Group::Limit },
        }
    });
    Bars {
        title: format!("{seconds} seconds with nothing to hand over"),
        subtitle: "CPU time of both programs: shorter is better".into(),
        logarithmic: false,
        bars: bars.collect(),
    }
}

fn rates(report: &Report) -> Lines {
    let mut curves: Vec<Curve> = Vec::new();
    for row in report.rows.iter().filter(|row| row.stream) {
        let point = (row.bytes as f64, row.bytes_per_second() / 1e6);
        match curves.last_mut() {
            Some(curve) if curve.label == row.title => curve.points.push(point),
            _ => curves.push(Curve::new(&row.title, row.group, point)),
        }
    }
    // A row of one size only is in the table.
    curves.retain(|curve| curve.points.len() > 1);
    Lines {
        title: "One way, as fast as it goes".into(),
        subtitle: "MB/s against bytes of a message, both logarithmic: higher is better".into(),
        x: lines::Axis::Bytes,
        y: lines::Axis::Rate,
        curves,
    }
}

/// The rows whose curves differ enough to be told apart.
const DISTRIBUTED: &[&str] = &[
    "line",
    "futex",
    "ack/spin",
    "ack/asleep",
    "sysv/spin",
    "pipe",
    "unix-stream",
    "posix-queue",
    "eventfd",
    "iceoryx2/spin",
    "iceoryx2/event",
    "ipc-channel",
];

fn distribution(report: &Report) -> Lines {
    let rows = report.rows.iter().filter(|row| DISTRIBUTED.contains(&row.id.as_str()));
    let curves = rows.filter_map(|row| {
        let points = row.times.as_ref()?.quantiles.iter();
        let points = points.map(|&(quantile, nanos)| (1.0 / (1.0 - quantile), nanos as f64));
        Some(Curve { label: row.title.clone(), group: row.group, points: points.collect() })
    });
    Lines {
        title: "There and back: how long one in so many takes".into(),
        subtitle: "single trips, reading the clock included; both logarithmic: lower is better"
            .into(),
        x: lines::Axis::OneIn,
        y: lines::Axis::Time,
        curves: curves.collect(),
    }
}
