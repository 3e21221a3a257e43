//! Bytes of a spreadsheet to rows: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252; commas, semicolons
//! or tabs.

use std::path::Path;

use anyhow::{Context, ensure};

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
        .from_reader(text.as_bytes());
    let headers: Vec<String> = reader
        .headers()
        .with_context(|| {
            format!(
                "the first line of {} does not read as column names",
                path.display()
            )
        })?
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    let mut table = Table {
        headers,
        rows: Vec::new(),
        faults: Vec::new(),
    };
    for record in reader.records() {
        table.take(record);
    }
    Ok(table)
}

impl Table {
    fn take(&mut self, record: Result<csv::StringRecord, csv::Error>) {
        match record {
            Ok(row) => {
                let line = row.position().map_or(0, csv::Position::line);
                if row.len() == self.headers.len() {
                    self.rows.push((line, row));
                } else {
                    let counts = format!(
                        "{} cells where there are {} columns",
                        row.len(),
                        self.headers.len()
                    );
                    self.faults.push((line, counts));
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                self.faults.push((
                    line,
                    "cannot be read as CSV; check its quotation marks".to_owned(),
                ));
            }
        }
    }
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
}
