//! Columns, as wide as what is in them.

/// Rows of text, to be aligned.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With a line above.
    pub(crate) fn headed(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(ToString::to_string).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Numbers are aligned to the right, all else to the left; the last column is left alone.
    pub(crate) fn lines(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column| {
            let cells = self.rows.iter().filter_map(move |row| row.get(column));
            cells.map(|cell: &String| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut lines = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let is_number = !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
                let gap = " ".repeat(width - cell.chars().count());
                let (before, behind) = if is_number { (&*gap, "") } else { ("", &*gap) };
                line.push_str(&format!("{before}{cell}{behind}  "));
            }
            lines.push_str(line.trim_end());
            lines.push('\n');
        }
        lines
    }
}
