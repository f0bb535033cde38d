//! The table for people.

use std::fmt::{self, Formatter};

use super::{Point, Report};
use crate::row::Group;
use crate::stats::Summary;

/// Columns of a row's title.
const TITLE: usize = 44;

/// Everything, part by part.
pub(super) fn write(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let (machine, settings) = (&report.machine, &report.settings);
    let (rounds, turns, [first, second]) = (settings.rounds, settings.turns, settings.cores);
    writeln!(f, "{}, {} cores, Linux {}", machine.cpu, machine.cores, machine.kernel)?;
    writeln!(
        f,
        "medians of {rounds} rounds of {turns} turns, ± half the distance of the quarters;"
    )?;
    writeln!(f, "one side on core {first}, the other on core {second}")?;
    if settings.quick {
        writeln!(f, "--quick: too short for figures to trust")?;
    }
    trips(report, f)?;
    streams(report, f)?;
    sizes(report, f)?;
    programs(report, f)?;
    idle(report, f)?;
    resident(report, f)?;
    goals(report, f)
}

fn group(group: Group) -> &'static str {
    match group {
        Group::Limit => "limit",
        Group::Ours => "ours",
        Group::Kernel => "kernel",
        Group::Library => "library",
    }
}

/// A time in the unit that fits.
pub(super) fn time(nanos: f64) -> String {
    match nanos {
        ..1e3 => format!("{nanos:.0} ns"),
        ..1e4 => format!("{:.2} µs", nanos / 1e3),
        ..1e6 => format!("{:.1} µs", nanos / 1e3),
        _ => format!("{:.2} ms", nanos / 1e6),
    }
}

fn spread(summary: &Summary) -> String {
    format!("±{:.0}%", summary.spread() * 100.0)
}

fn trips(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let rows: Vec<&Point> = report.rows.iter().filter(|row| !row.stream).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let heads = ["", "median", "", "p50", "p99", "p99.9", "max", "busy", "switches"];
    writeln!(f, "\nThere and back, 16 bytes")?;
    writeln!(f, "(single trips include reading the clock; busy and switches are one side's)")?;
    line(f, "", heads)?;
    for row in rows {
        let times = row.times.as_ref();
        let single = |of: fn(&crate::stats::Times) -> u64| {
            times.map_or_else(|| "-".into(), |times| time(of(times) as f64))
        };
        let cells = [
            group(row.group).into(),
            time(row.nanos.median),
            spread(&row.nanos),
            single(|times| times.p50),
            single(|times| times.p99),
            single(|times| times.p999),
            single(|times| times.max),
            format!("{:.0}%", row.busy * 100.0),
            format!("{:.2}", row.switches),
        ];
        line(f, &row.title, cells.each_ref().map(String::as_str))?;
    }
    Ok(())
}

fn line(f: &mut Formatter<'_>, title: &str, cells: [&str; 9]) -> fmt::Result {
    let [group, median, spread, times @ .., busy, switches] = cells;
    write!(f, "{title:TITLE$} {group:8}{median:>9} {spread:>5} ")?;
    times.iter().try_for_each(|time| write!(f, "{time:>9}"))?;
    writeln!(f, "{busy:>6}{switches:>9}")
}

fn streams(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let rows: Vec<&Point> =
        report.rows.iter().filter(|row| row.stream && row.bytes == 64).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nOne way, 64 bytes each")?;
    for row in rows {
        let million = 1e3 / row.nanos.median;
        writeln!(
            f,
            "{:TITLE$} {:8}{:>9} {:>5} {million:>9.2} million/s",
            row.title,
            group(row.group),
            time(row.nanos.median),
            spread(&row.nanos),
        )?;
    }
    Ok(())
}

fn sizes(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let mut sizes: Vec<usize> =
        report.rows.iter().filter(|row| row.stream).map(|row| row.bytes).collect();
    sizes.sort_unstable();
    sizes.dedup();
    if sizes.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nOne way, MB/s for messages of so many bytes")?;
    write!(f, "{:TITLE$} ", "")?;
    sizes.iter().try_for_each(|size| write!(f, "{size:>9}"))?;
    let mut last = "";
    for row in report.rows.iter().filter(|row| row.stream) {
        if row.id == last {
            continue;
        }
        last = &row.id;
        write!(f, "\n{:TITLE$} ", row.title)?;
        for &size in &sizes {
            match report.row(&row.id, size) {
                Some(point) => write!(f, "{:>9.0}", point.bytes_per_second() / 1e6)?,
                None => write!(f, "{:>9}", "-")?,
            }
        }
    }
    writeln!(f)
}

fn programs(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let Some(first) = report.programs.first() else { return Ok(()) };
    writeln!(f, "\nWhole programs, {} MiB of text", first.bytes >> 20)?;
    for row in &report.programs {
        let cores = if row.cores == 1 { "1 core" } else { "2 cores" };
        let title = format!("{}, {}, {cores}", row.pipeline.title(), row.text.title());
        write!(
            f,
            "{title:width$} {:>7.3} s {:>5}  {:>7.3} CPU s",
            row.seconds.median,
            spread(&row.seconds),
            row.cpu_seconds.median,
            width = TITLE + 8,
        )?;
        if row.lines > 1 {
            let of_a_million = row.cpu_seconds.median * 1e6 / row.lines as f64;
            write!(f, "  {of_a_million:>8.4} CPU s per million lines")?;
        }
        writeln!(f)?;
    }
    Ok(())
}

fn idle(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let Some(first) = report.idle.first() else { return Ok(()) };
    writeln!(f, "\nBoth idle for {} s", first.seconds)?;
    for idle in &report.idle {
        let (writer, reader, per) = (idle.writer, idle.reader, idle.ticks_per_second);
        let title = format!("--wait {}", idle.wait);
        writeln!(
            f,
            "{title:14} writer {:>6} switches {:>5} ticks, reader {:>6} switches {:>5} ticks of 1/{per} s",
            writer.switches, writer.ticks, reader.switches, reader.ticks,
        )?;
    }
    Ok(())
}

fn resident(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let Some(first) = report.resident.first() else { return Ok(()) };
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    writeln!(f, "\nMost memory resident, {} MiB of text", first.bytes >> 20)?;
    for row in &report.resident {
        let (writer, reader) = (mib(row.writer_bytes), mib(row.reader_bytes));
        let title = row.text.title();
        writeln!(f, "{title:TITLE$} writer {writer:.1} MiB, reader {reader:.1} MiB")?;
    }
    Ok(())
}

fn goals(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "\nTo be reached (each ratio is the median of those in single turns)")?;
    for goal in &report.goals {
        let verdict = match goal.is_reached() {
            Some(true) => "reached",
            Some(false) => "NOT REACHED",
            None => "not measured",
        };
        let measured = goal.measured.map_or_else(|| "-".into(), |it| format!("{it:.2}"));
        let sense = if goal.at_least { "at least" } else { "at most" };
        let (what, reach, unit) = (&goal.what, goal.reach, &goal.unit);
        let bound = format!("{sense} {reach} {unit}");
        writeln!(f, "{what:66} {measured:>8} {unit:3} ({bound}): {verdict}")?;
    }
    Ok(())
}
