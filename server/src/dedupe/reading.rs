//! Bytes of a spreadsheet to rows: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252; commas, semicolons
//! or tabs.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, ensure};
use csv::Position;

/// A table as text.
#[derive(Debug)]
pub struct Table {
    /// Names of the columns.
    pub headers: Vec<String>,
    /// Rows with the number of the line they begin at.
    pub rows: Vec<(u64, csv::StringRecord)>,
    /// Rows that are no rows: line and reason.
    pub faults: Vec<(u64, String)>,
}

/// Reads a CSV file. A row with more or fewer cells than the headers is a fault, not the end.
pub fn table(path: &Path) -> anyhow::Result<Table> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = decoded(bytes);
    ensure!(
        !text.trim().is_empty(),
        "{} is empty: it needs a line of column names and rows below it",
        path.display()
    );
    let delimiter = delimiter(text.lines().next().unwrap_or_default());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(Cursor::new(text.as_bytes()));
    let headers = reader.headers().with_context(|| {
        format!(
            "the first line of {} does not read as column names",
            path.display()
        )
    })?;
    let mut table = Table {
        headers: headers.iter().map(|name| name.trim().to_owned()).collect(),
        rows: Vec::new(),
        faults: Vec::new(),
    };
    let mut row = csv::StringRecord::new();
    while reader
        .read_record(&mut row)
        .with_context(|| format!("cannot read {}", path.display()))?
    {
        let start = start(&text, row.position());
        if let Some(next) = table.take(&row, &text, &start) {
            reader.seek(next)?;
        }
    }
    Ok(table)
}

impl Table {
    /// Keeps a row, or notes its fault. A quotation mark that is never closed would swallow the rows below it: then the
    /// reader must go on after the row's first line, which is what is returned.
    fn take(&mut self, row: &csv::StringRecord, text: &str, start: &Position) -> Option<Position> {
        if row.len() == self.headers.len() {
            self.rows.push((start.line(), row.clone()));
            return None;
        }
        let swallowed = row.iter().any(|cell| cell.contains('\n'));
        let mut reason = format!(
            "{} cells where there are {} columns",
            row.len(),
            self.headers.len()
        );
        if swallowed {
            reason.push_str("; a quotation mark is not closed");
        }
        self.faults.push((start.line(), reason));
        swallowed.then(|| after_line(text, start))
    }
}

/// Where a row really begins: the reader's position may still be at the end of the line before.
fn start(text: &str, position: Option<&Position>) -> Position {
    let mut start = position.cloned().unwrap_or_else(Position::new);
    let rest = &text.as_bytes()[start.byte() as usize..];
    let breaks = rest
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    advance(&mut start, &rest[..breaks]);
    start
}

fn after_line(text: &str, start: &Position) -> Position {
    let mut next = start.clone();
    let rest = &text.as_bytes()[start.byte() as usize..];
    let length = rest
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(rest.len(), |at| at + 1);
    advance(&mut next, &rest[..length]);
    next
}

fn advance(position: &mut Position, over: &[u8]) {
    let lines = over.iter().filter(|&&byte| byte == b'\n').count() as u64;
    let (line, byte) = (position.line() + lines, position.byte() + over.len() as u64);
    position.set_line(line).set_byte(byte);
}

/// A byte order mark decides; without one, text that is not UTF-8 is Windows-1252, as spreadsheets in French and
/// Portuguese save it.
fn decoded(bytes: Vec<u8>) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(&bytes) {
        return encoding
            .decode_without_bom_handling(&bytes[mark..])
            .0
            .into_owned();
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned())
}

/// The delimiter that the line of column names has most of.
fn delimiter(first: &str) -> u8 {
    let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
    [b',', b';', b'\t', b'|']
        .into_iter()
        .rev()
        .max_by_key(count)
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Table {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        table(file.path()).unwrap()
    }

    #[test]
    fn encodings_and_delimiters_are_recognized() {
        let utf16: Vec<u8> = "\u{feff}nom;âge\nFaye;3\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for bytes in [
            "nom,âge\nFaye,3\n".as_bytes(),
            "\u{feff}nom\tâge\nFaye\t3\n".as_bytes(),
            b"nom;\xe2ge\nFaye;3\n",
            &utf16,
        ] {
            let table = read(bytes);
            assert_eq!(table.headers, ["nom", "âge"]);
            assert_eq!(&table.rows[0].1[0], "Faye");
            assert_eq!(table.rows[0].0, 2);
        }
    }

    #[test]
    fn a_row_of_the_wrong_length_is_a_fault_with_its_line() {
        let table = read(b"a,b\n1,2\n1,2,3\n4,5\n");
        assert_eq!(table.rows.len(), 2);
        assert_eq!(table.faults[0].0, 3);
    }

    #[test]
    fn line_numbers_are_those_of_an_editor_however_lines_end() {
        for text in [
            "a,b\n1,2\n\n3,\"x\ny\"\n5\n6,7\n",
            "a,b\r\n1,2\r\n\r\n3,\"x\r\ny\"\r\n5\r\n6,7\r\n",
        ] {
            let table = read(text.as_bytes());
            let lines: Vec<u64> = table.rows.iter().map(|row| row.0).collect();
            assert_eq!((lines, table.faults[0].0), (vec![2, 4, 7], 6), "{text:?}");
        }
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_costs_its_own_row_only() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b,c", "1,2,3", "4,\"5,6", "7,8,9", "\"10,11,12", "13,14,15"].join(end);
            let table = read(text.as_bytes());
            let firsts: Vec<&str> = table.rows.iter().map(|row| &row.1[0]).collect();
            assert_eq!(firsts, ["1", "7", "13"]);
            let lines: Vec<u64> = table.faults.iter().map(|fault| fault.0).collect();
            assert_eq!(lines, [3, 5]);
            assert!(table.faults[0].1.contains("quotation mark"));
        }
    }
}
