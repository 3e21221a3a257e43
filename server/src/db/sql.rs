//! Statements by hand, where a measured path needs them, and the spellings in which the two databases differ.

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};

use super::DbError;

fn statement<C: ConnectionTrait>(
    connection: &C,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), text, values)
}

/// All rows of a query.
pub async fn all<C: ConnectionTrait>(
    connection: &C,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbError> {
    Ok(connection
        .query_all_raw(statement(connection, text, values))
        .await?)
}

/// The first row of a query, if there is one.
pub async fn one<C: ConnectionTrait>(
    connection: &C,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<QueryResult>, DbError> {
    Ok(connection
        .query_one_raw(statement(connection, text, values))
        .await?)
}

/// Runs a statement and says how many rows it changed.
pub async fn run<C: ConnectionTrait>(
    connection: &C,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbError> {
    Ok(connection
        .execute_raw(statement(connection, text, values))
        .await?
        .rows_affected())
}

/// The number in the first column of the first row; 0 where there is none.
pub async fn number<C: ConnectionTrait>(
    connection: &C,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<i64, DbError> {
    let row = one(connection, text, values).await?;
    Ok(row
        .map(|row| row.try_get_by_index::<i64>(0))
        .transpose()?
        .unwrap_or(0))
}

/// A query over the numbers that [`list`] put into a parameter: `WHERE id IN {numbers(backend, 1)}`.
pub fn numbers(backend: DbBackend, parameter: usize) -> String {
    match backend {
        DbBackend::Postgres => format!("(SELECT unnest(${parameter}::text::bigint[]))"),
        _ => format!("(SELECT value FROM json_each(${parameter}))"),
    }
}

/// Many numbers as one parameter, so that a statement stays the same, and prepared, whatever their count.
pub fn list(backend: DbBackend, numbers: &[i64]) -> Value {
    let (open, close) = if backend == DbBackend::Postgres {
        ('{', '}')
    } else {
        ('[', ']')
    };
    let mut text = String::with_capacity(2 + numbers.len() * 21);
    text.push(open);
    for (at, number) in numbers.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&number.to_string());
    }
    text.push(close);
    text.into()
}

/// `FOR UPDATE` where rows can be locked; SQLite's one writer needs none.
pub fn for_update(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Postgres {
        " FOR UPDATE"
    } else {
        ""
    }
}

/// Rows that [`table`] put into a parameter: `SELECT {cell(0)}, ... FROM {rows(backend, 1)}`.
pub fn rows(backend: DbBackend, parameter: usize) -> String {
    match backend {
        DbBackend::Postgres => {
            format!("(SELECT value FROM json_array_elements(${parameter}::text::json)) AS listed")
        }
        _ => format!("json_each(${parameter}) AS listed"),
    }
}

/// A text in a cell of [`rows`].
pub fn text(at: usize) -> String {
    format!("listed.value->>{at}")
}

/// A number in a cell of [`rows`].
pub fn int(at: usize) -> String {
    format!("CAST(listed.value->>{at} AS BIGINT)")
}

/// Bytes in a cell of [`rows`], which holds them in hexadecimal.
pub fn bytes(backend: DbBackend, at: usize) -> String {
    match backend {
        DbBackend::Postgres => format!("decode(listed.value->>{at}, 'hex')"),
        _ => format!("unhex(listed.value->>{at})"),
    }
}

/// Many rows as one parameter, so that a statement stays the same, and prepared, whatever their count. Each row is a
/// JSON array.
pub fn table(rows: &[serde_json::Value]) -> Value {
    serde_json::json!(rows).to_string().into()
}

/// A query over the texts that [`texts`] put into a parameter.
pub fn strings(backend: DbBackend, parameter: usize) -> String {
    match backend {
        DbBackend::Postgres => format!("(SELECT json_array_elements_text(${parameter}::text::json))"),
        _ => format!("(SELECT value FROM json_each(${parameter}))"),
    }
}

/// Many texts as one parameter.
pub fn texts(texts: &[&str]) -> Value {
    serde_json::json!(texts).to_string().into()
}
