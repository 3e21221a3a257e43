//! Many rows in one statement, so that it stays the same, and prepared, whatever their count.
//!
//! PostgreSQL gets an array a column and takes it apart by `unnest`; SQLite, which has no arrays, gets all rows as one JSON
//! text. Numbers, texts and bytes are written as each wants them.

use std::fmt::Write as _;

use sea_orm::{ConnectionTrait, DbBackend, Value};

use super::{DbError, sql};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A number.
    Int,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
}

/// One cell of a row.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A number.
    Int(i64),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Option<i64>> for Cell<'_> {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Int)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl<'a> From<&'a [u8]> for Cell<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Cell<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Rows on their way into a table.
#[derive(Debug)]
pub struct Rows<const N: usize> {
    backend: DbBackend,
    columns: [Column; N],
    /// A text a column on PostgreSQL; one for all on SQLite.
    texts: Vec<String>,
    count: usize,
}

impl<const N: usize> Rows<N> {
    /// None yet.
    pub fn new(backend: DbBackend, columns: [Column; N]) -> Self {
        let texts = match backend {
            DbBackend::Postgres => vec!["{".to_owned(); N],
            _ => vec!["[".to_owned()],
        };
        Self {
            backend,
            columns,
            texts,
            count: 0,
        }
    }

    /// Adds a row.
    pub fn push(&mut self, row: [Cell<'_>; N]) {
        if self.backend == DbBackend::Postgres {
            for (text, cell) in self.texts.iter_mut().zip(row) {
                if self.count > 0 {
                    text.push(',');
                }
                put_in_array(text, cell);
            }
        } else if let Some(text) = self.texts.first_mut() {
            text.push_str(if self.count > 0 { ",[" } else { "[" });
            for (at, cell) in row.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                put_in_json(text, cell);
            }
            text.push(']');
        }
        self.count += 1;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What reads the cell of a column in a statement over [`Rows::source`].
    pub fn cell(&self, at: usize) -> String {
        match (self.backend, self.columns[at]) {
            (DbBackend::Postgres, _) => format!("listed.c{at}"),
            (_, Column::Int | Column::Text) => format!("listed.value->>{at}"),
            (_, Column::Bytes) => format!("unhex(listed.value->>{at})"),
        }
    }

    /// The rows as a table `listed`, whose parameters are those from `first` on.
    pub fn source(&self, first: usize) -> String {
        if self.backend != DbBackend::Postgres {
            return format!("json_each(${first}) AS listed");
        }
        let arrays = self.columns.iter().enumerate().map(|(at, column)| {
            let kind = match column {
                Column::Int => "bigint",
                Column::Text => "text",
                Column::Bytes => "bytea",
            };
            format!("${}::text::{kind}[]", first + at)
        });
        let names: Vec<String> = (0..N).map(|at| format!("c{at}")).collect();
        let arrays: Vec<String> = arrays.collect();
        format!("unnest({}) AS listed ({})", arrays.join(", "), names.join(", "))
    }

    /// The parameters of [`Rows::source`].
    pub fn values(self) -> Vec<Value> {
        let end = if self.backend == DbBackend::Postgres {
            '}'
        } else {
            ']'
        };
        let texts = self.texts.into_iter();
        texts
            .map(|mut text| {
                text.push(end);
                text.into()
            })
            .collect()
    }

    /// Inserts the rows `into` a table and its columns; `tail` is what stands after them, such as `ON CONFLICT DO NOTHING`.
    pub async fn insert<C: ConnectionTrait>(
        self,
        connection: &C,
        into: &str,
        tail: &str,
    ) -> Result<(), DbError> {
        let mut inserts = Inserts::default();
        inserts.add(into, self, tail);
        inserts.run(connection).await
    }
}

/// Inserts into several tables that go to the database together: each way there and back costs more than a few rows.
#[derive(Debug, Default)]
pub struct Inserts {
    statements: Vec<String>,
    values: Vec<Value>,
}

impl Inserts {
    /// Adds rows `into` a table and its columns, after those that were added before; without rows nothing.
    pub fn add<const N: usize>(&mut self, into: &str, rows: Rows<N>, tail: &str) {
        // SQLite takes ON for a part of the source unless something stands before it.
        self.add_where(into, rows, N, &format!("true {tail}"));
    }

    /// Adds those rows for which a condition holds; the first `own` columns are the table's.
    pub fn add_where<const N: usize>(&mut self, into: &str, rows: Rows<N>, own: usize, condition: &str) {
        if rows.is_empty() {
            return;
        }
        let cells: Vec<String> = (0..own).map(|at| rows.cell(at)).collect();
        let source = rows.source(self.values.len() + 1);
        self.statements.push(format!(
            "INSERT INTO {into} SELECT {} FROM {source} WHERE {condition}",
            cells.join(", ")
        ));
        self.values.extend(rows.values());
    }

    /// Runs them. On PostgreSQL, which takes one statement at a time, they are parts of one.
    pub async fn run<C: ConnectionTrait>(self, connection: &C) -> Result<(), DbError> {
        if self.statements.is_empty() {
            return Ok(());
        }
        let text = match (connection.get_database_backend(), &self.statements[..]) {
            (_, [only]) => only.clone(),
            (DbBackend::Postgres, all) => {
                let parts = all.iter().enumerate();
                let parts: Vec<String> = parts.map(|(at, one)| format!("i{at} AS ({one})")).collect();
                format!("WITH {} SELECT 1", parts.join(", "))
            }
            (_, all) => all.join("; "),
        };
        sql::run(connection, &text, self.values).await?;
        Ok(())
    }
}

fn put_in_array(out: &mut String, cell: Cell<'_>) {
    match cell {
        Cell::Null => out.push_str("NULL"),
        Cell::Int(number) => put_number(out, number),
        Cell::Text(text) => {
            out.push('"');
            for character in text.chars() {
                if matches!(character, '"' | '\\') {
                    out.push('\\');
                }
                out.push(character);
            }
            out.push('"');
        }
        Cell::Bytes(bytes) => {
            out.push_str("\"\\\\x");
            data_encoding::HEXLOWER.encode_append(bytes, out);
            out.push('"');
        }
    }
}

fn put_in_json(out: &mut String, cell: Cell<'_>) {
    match cell {
        Cell::Null => out.push_str("null"),
        Cell::Int(number) => put_number(out, number),
        Cell::Text(text) => {
            out.push('"');
            for character in text.chars() {
                match character {
                    '"' | '\\' => out.extend(['\\', character]),
                    control if u32::from(control) < 0x20 => {
                        // A text cannot refuse to be written to.
                        let _ = write!(out, "\\u{:04x}", u32::from(control));
                    }
                    other => out.push(other),
                }
            }
            out.push('"');
        }
        Cell::Bytes(bytes) => {
            out.push('"');
            data_encoding::HEXLOWER.encode_append(bytes, out);
            out.push('"');
        }
    }
}

fn put_number(out: &mut String, number: i64) {
    // A text cannot refuse to be written to.
    let _ = write!(out, "{number}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;
    use crate::db::testing::{self, KINDS};

    const HARD: [&str; 8] = [
        "",
        "NULL",
        "a \"quoted\" \\ word, {in} braces",
        "line\nline\ttab\r\u{1}",
        "'; DROP TABLE t; --",
        "Ndèye ߒߞߏ ሰላም",
        "\\x00",
        "[1,2]",
    ];

    async fn told(db: &Db, text: &'static str) {
        let done: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
        done.unwrap();
    }

    #[tokio::test]
    async fn whatever_the_cells_hold_comes_back_as_it_was() {
        for kind in KINDS {
            let db = testing::fresh(kind).await;
            let bytes = if db.backend() == DbBackend::Postgres {
                "CREATE TABLE t (n BIGINT PRIMARY KEY, a TEXT, b BYTEA, c BIGINT)"
            } else {
                "CREATE TABLE t (n INTEGER PRIMARY KEY, a TEXT, b BLOB, c INTEGER)"
            };
            told(&db, bytes).await;
            let write = db.write(|tx| {
                Box::pin(async move {
                    let columns = [Column::Int, Column::Text, Column::Bytes, Column::Int];
                    let mut rows = Rows::new(tx.get_database_backend(), columns);
                    assert!(rows.is_empty());
                    for (at, text) in HARD.iter().enumerate() {
                        let number = [i64::MIN, -1, 0, i64::MAX][at % 4];
                        rows.push([
                            (at as i64).into(),
                            (*text).into(),
                            text.as_bytes().into(),
                            number.into(),
                        ]);
                    }
                    rows.push([8.into(), Cell::Null, Cell::Null, Cell::Null]);
                    assert_eq!(rows.len(), 9);
                    rows.insert(tx, "t (n, a, b, c)", "ON CONFLICT DO NOTHING").await
                })
            });
            let written: Result<(), DbError> = write.await;
            written.unwrap();
            let rows = sql::all(db.reader(), "SELECT a, b, c FROM t ORDER BY n", [])
                .await
                .unwrap();
            for (at, row) in rows.iter().enumerate() {
                let (a, b, c): (Option<String>, Option<Vec<u8>>, Option<i64>) = (
                    row.try_get_by_index(0).unwrap(),
                    row.try_get_by_index(1).unwrap(),
                    row.try_get_by_index(2).unwrap(),
                );
                let text = HARD.get(at).map(|text| (*text).to_owned());
                assert_eq!(b, text.clone().map(String::into_bytes), "{kind:?} {at}");
                assert_eq!(a, text, "{kind:?} {at}");
                assert_eq!(
                    c,
                    HARD.get(at).map(|_| [i64::MIN, -1, 0, i64::MAX][at % 4]),
                    "{kind:?} {at}"
                );
            }
        }
    }
}
