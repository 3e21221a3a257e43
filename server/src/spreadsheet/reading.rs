//! A spreadsheet to rows, one at a time: commas, semicolons, tabs or bars; any line end.
//!
//! A row with more or fewer cells than there are columns is a fault of its own line, not the end of the file. A quotation
//! mark that is never closed would swallow the rows below it: then reading goes on after the row's first line, so that it
//! costs that row only.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, ensure};
use csv::StringRecord;
use csv_core::ReadRecordResult;

use super::text;

/// Lines of one row at most.
const LONGEST: usize = 200;

/// A table in memory.
#[derive(Debug)]
pub struct Table {
    /// Names of the columns.
    pub headers: Vec<String>,
    /// Rows with the number of the line they begin at.
    pub rows: Vec<(u64, StringRecord)>,
    /// Rows that are no rows: line and reason.
    pub faults: Vec<(u64, String)>,
}

/// Reads a whole file.
pub fn table(path: &Path) -> anyhow::Result<Table> {
    let rows = Rows::open(path)?;
    let mut table = Table {
        headers: rows.headers.clone(),
        rows: Vec::new(),
        faults: Vec::new(),
    };
    for row in rows {
        match row.with_context(|| format!("cannot read {}", path.display()))? {
            Row::Cells(line, cells) => table.rows.push((line, cells)),
            Row::Fault(line, reason) => table.faults.push((line, reason)),
        }
    }
    Ok(table)
}

/// What stands in a row.
#[derive(Debug)]
pub enum Row {
    /// As many cells as there are columns, and the line at which they begin.
    Cells(u64, StringRecord),
    /// Not a row: line and reason, which repeats nothing of it.
    Fault(u64, String),
}

/// The rows of a file, in memory that does not grow with it.
pub struct Rows {
    /// Names of the columns.
    pub headers: Vec<String>,
    /// About how many rows there are: a row of several lines counts more than once.
    pub about: u64,
    lines: Lines,
    parser: csv_core::Reader,
}

impl Rows {
    /// Opens a file and reads its line of column names.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let text = text::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(
            !text.is_blank,
            "{} is empty: it needs a line of column names and rows below it",
            path.display()
        );
        let mut lines = Lines {
            file: text.file,
            number: 0,
            back: VecDeque::new(),
        };
        let first = lines.filled()?.context("there is no first line")?;
        let parser = csv_core::ReaderBuilder::new()
            .delimiter(delimiter(&first.text))
            .build();
        lines.back.push_front(first);
        let mut rows = Self {
            headers: Vec::new(),
            about: text.lines,
            lines,
            parser,
        };
        let names = rows.parsed()?.map(|(names, _)| names).unwrap_or_default();
        rows.headers = names.iter().map(|name| name.trim().to_owned()).collect();
        Ok(rows)
    }

    /// The cells of the next row, and its lines.
    fn parsed(&mut self) -> io::Result<Option<(StringRecord, Vec<Line>)>> {
        let Some(first) = self.lines.filled()? else {
            return Ok(None);
        };
        self.parser.reset();
        let mut cells = Cells::default();
        let mut is_whole = cells.feed(&mut self.parser, first.text.as_bytes());
        let mut taken = vec![first];
        while !is_whole && taken.len() < LONGEST {
            let Some(line) = self.lines.next()? else {
                break;
            };
            is_whole = cells.feed(&mut self.parser, line.text.as_bytes());
            taken.push(line);
        }
        if !is_whole {
            cells.feed(&mut self.parser, b"");
        }
        Ok(Some((cells.record(), taken)))
    }

    fn row(&mut self) -> io::Result<Option<Row>> {
        let Some((cells, mut taken)) = self.parsed()? else {
            return Ok(None);
        };
        let line = taken[0].number;
        if cells.len() == self.headers.len() {
            return Ok(Some(Row::Cells(line, cells)));
        }
        let (found, wanted) = (cells.len(), self.headers.len());
        let mut reason = format!("{found} cells where there are {wanted} columns");
        if taken.len() > 1 {
            reason.push_str("; a quotation mark is not closed");
            taken
                .drain(1..)
                .rev()
                .for_each(|line| self.lines.back.push_front(line));
        }
        Ok(Some(Row::Fault(line, reason)))
    }
}

impl Iterator for Rows {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.row().transpose()
    }
}

/// A row in the making, as the parser hands it over.
#[derive(Default)]
struct Cells {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    filled: (usize, usize),
}

impl Cells {
    /// Gives the parser more; nothing says that the file has ended. True when the row is whole.
    fn feed(&mut self, parser: &mut csv_core::Reader, mut input: &[u8]) -> bool {
        loop {
            self.bytes.resize(self.filled.0 + input.len() + 16, 0);
            self.ends.resize(self.filled.1 + 32, 0);
            let (bytes, ends) = (&mut self.bytes[self.filled.0..], &mut self.ends[self.filled.1..]);
            let (result, read, written, ended) = parser.read_record(input, bytes, ends);
            input = &input[read..];
            self.filled = (self.filled.0 + written, self.filled.1 + ended);
            match result {
                ReadRecordResult::InputEmpty => return false,
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
                ReadRecordResult::Record | ReadRecordResult::End => return true,
            }
        }
    }

    fn record(&self) -> StringRecord {
        let mut start = 0;
        let cell = |&end: &usize| {
            let cell = String::from_utf8_lossy(&self.bytes[start..end]);
            start = end;
            cell
        };
        self.ends[..self.filled.1].iter().map(cell).collect()
    }
}

/// A line with its end, and its number from 1.
struct Line {
    number: u64,
    text: String,
}

/// Lines, some of which may have been put back.
struct Lines {
    file: BufReader<File>,
    number: u64,
    back: VecDeque<Line>,
}

impl Lines {
    fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.back.pop_front() {
            return Ok(Some(line));
        }
        let bytes = self.bytes()?;
        self.number += 1;
        let text = String::from_utf8(bytes).map_err(io::Error::other)?;
        Ok((!text.is_empty()).then_some(Line {
            number: self.number,
            text,
        }))
    }

    /// Bytes up to the end of a line, of whichever kind it is.
    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let buffer = self.file.fill_buf()?;
            let end = buffer.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let taken = end.map_or(buffer.len(), |at| at + 1);
            bytes.extend_from_slice(&buffer[..taken]);
            self.file.consume(taken);
            if end.is_some() {
                break;
            }
            if taken == 0 {
                return Ok(bytes);
            }
        }
        if bytes.ends_with(b"\r") && self.file.fill_buf()?.first() == Some(&b'\n') {
            self.file.consume(1);
            bytes.push(b'\n');
        }
        Ok(bytes)
    }

    /// The next line that has anything in it.
    fn filled(&mut self) -> io::Result<Option<Line>> {
        loop {
            match self.next()? {
                Some(line) if line.text.trim_matches(['\r', '\n']).is_empty() => {}
                line => return Ok(line),
            }
        }
    }
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
            "a,b\r1,2\r\r3,\"x\ry\"\r5\r6,7\r",
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

    #[test]
    fn a_quotation_mark_that_is_never_closed_does_not_swallow_a_long_file() {
        let rows = "1,2\n".repeat(3 * LONGEST);
        let table = read(format!("a,b\n\"x,y\n{rows}").as_bytes());
        assert_eq!((table.rows.len(), table.faults.len()), (3 * LONGEST, 1));
    }
}
