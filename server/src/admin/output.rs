//! What a command says: a table for people, JSON for programs.
#![expect(
    clippy::print_stdout,
    reason = "a command line speaks on its standard streams"
)]

use serde::Serialize;

/// Where a command says what it did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    /// Whether a program listens.
    pub(super) json: bool,
}

impl Output {
    /// A list: a table with a heading for each column.
    pub(super) fn list<T: Serialize>(
        self,
        rows: &[T],
        headings: &[&str],
        cells: impl Fn(&T) -> Vec<String>,
    ) -> anyhow::Result<()> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(rows)?);
            return Ok(());
        }
        let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
        let mut lines = vec![headings];
        lines.extend(rows.iter().map(cells));
        println!("{}", table(&lines));
        Ok(())
    }

    /// One thing: an object for programs, a sentence for people.
    pub(super) fn one(self, value: &serde_json::Value, sentence: &str) {
        if self.json {
            println!("{value:#}");
        } else {
            println!("{sentence}");
        }
    }
}

/// Lines of cells, each column as wide as its widest cell.
fn table(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let widths = lines
            .iter()
            .filter_map(|line| line.get(column))
            .map(|cell| cell.chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |cells: &Vec<String>| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A time as people read it, to the minute, in UTC.
pub(super) fn when(millis: Option<i64>) -> String {
    let at = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    at.map_or_else(
        || "-".to_owned(),
        |at| format!("{}", at.strftime("%Y-%m-%d %H:%M")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_one_another() {
        let cells = |line: [&str; 2]| line.map(str::to_owned).to_vec();
        let lines = [
            cells(["CODE", "NAME"]),
            cells(["malaria", "Ée"]),
            cells(["é", "x"]),
        ];
        assert_eq!(table(&lines), "CODE     NAME\nmalaria  Ée\né        x");
        assert_eq!(when(Some(0)), "1970-01-01 00:00");
        assert_eq!(when(None), "-");
    }
}
