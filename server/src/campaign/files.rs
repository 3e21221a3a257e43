//! Files of runs and lots, as whoever prints them takes them: whole or by range, counted and audited.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::TryStreamExt as _;
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Actor;
use crate::app::App;
use crate::audit;
use crate::db::{DbError, sql};
use crate::problem::{Kind, Problem};

/// A file of a run or a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Artifact {
    /// Its number.
    #[schema(example = 12)]
    pub id: i64,
    /// Its name, once it is downloaded.
    #[schema(example = "mal26-cards-00001.pdf")]
    pub name: String,
    /// Its bytes.
    #[schema(example = 4_194_304)]
    pub bytes: i64,
    /// SHA-256 of them, in hexadecimal digits.
    pub sha256: String,
    /// How often it was downloaded.
    pub downloads: i64,
    /// When it was made, in milliseconds since 1970.
    pub created: i64,
    /// When it was removed, its time being over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<i64>,
    #[serde(skip)]
    pub(crate) path: String,
}

const COLUMNS: &str = "id, name, bytes, sha256, downloads, created, removed, path";

fn read(row: &QueryResult) -> Result<Artifact, DbError> {
    let sha256: Vec<u8> = row.try_get_by_index(3)?;
    Ok(Artifact {
        id: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        bytes: row.try_get_by_index(2)?,
        sha256: data_encoding::HEXLOWER.encode(&sha256),
        downloads: row.try_get_by_index(4)?,
        created: row.try_get_by_index(5)?,
        removed: row.try_get_by_index(6)?,
        path: row.try_get_by_index(7)?,
    })
}

/// The files of a run (`run`) or a lot (`lot`) after one, by their numbers.
pub(crate) async fn listed<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    (of, id): (&'static str, i64),
    after: i64,
) -> Result<Vec<Artifact>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM artifacts WHERE {of} = $1 AND organisation = $2 AND id > $3 ORDER BY id LIMIT 1000"
    );
    let rows = sql::all(connection, &text, [id.into(), organisation.into(), after.into()]).await?;
    rows.iter().map(read).collect()
}

/// A file of an organization.
pub async fn artifact<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    id: i64,
) -> Result<Option<Artifact>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM artifacts WHERE id = $1 AND organisation = $2");
    let row = sql::one(connection, &text, [id.into(), organisation.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Answers with a file, or the range of it that is asked for. A download is counted when its first byte goes out.
pub async fn serve(
    app: &App,
    actor: &Actor,
    file: &Artifact,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    if file.removed.is_some() {
        return Err(Problem::new(Kind::Gone)
            .saying("the file's time is over; the cards that were printed stay valid"));
    }
    let size = file.bytes.unsigned_abs();
    let tag = format!("\"{}\"", file.sha256);
    let range = match asked(headers, size, &tag) {
        Asked::Whole => None,
        Asked::Part(first, last) => Some(first..last + 1),
        Asked::Nothing => return Err(Problem::new(Kind::RangeNotSatisfiable)),
    };
    let reading = app.files.read(&file.path, range.clone()).await?;
    if range.as_ref().is_none_or(|range| range.start == 0) {
        count(app, actor, file.id).await?;
    }
    let length = reading.range.end - reading.range.start;
    let mut response = Response::builder()
        .status(if range.is_some() {
            StatusCode::PARTIAL_CONTENT
        } else {
            StatusCode::OK
        })
        .header(header::CONTENT_TYPE, media_type(&file.name))
        .header(header::CONTENT_LENGTH, length)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, tag)
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", file.name),
        );
    if let Some(range) = &range {
        response = response.header(
            header::CONTENT_RANGE,
            format!("bytes {}-{}/{size}", range.start, range.end - 1),
        );
    }
    let stream = reading.stream.map_err(std::io::Error::other);
    response
        .body(Body::from_stream(stream))
        .map_err(Problem::internal)
}

fn media_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit_once('.') {
        Some((_, "pdf")) => "application/pdf",
        Some((_, "zip")) => "application/zip",
        Some((_, "json")) => "application/json",
        _ => "application/octet-stream",
    })
}

pub(crate) async fn count(app: &App, actor: &Actor, id: i64) -> Result<(), Problem> {
    const COUNT: &str = "UPDATE artifacts SET downloads = downloads + 1 WHERE id = $1";
    let actor = actor.clone();
    let counted = app.db.write(move |tx| {
        Box::pin(async move {
            sql::run(tx, COUNT, [id.into()]).await?;
            audit::record(tx, &actor.entry("artifact.download", format!("artifact:{id}"))).await?;
            Ok::<_, DbError>(())
        })
    });
    Ok(counted.await?)
}

/// Copies a file to this machine, whole or not at all, and compares its checksum.
pub(crate) async fn copy(app: &App, file: &Artifact, to: &std::path::Path) -> anyhow::Result<()> {
    use sha2::Digest as _;
    use std::io::Write as _;
    let folder = to.parent().unwrap_or(std::path::Path::new("."));
    let mut out = tempfile::NamedTempFile::new_in(folder)?;
    let mut sum = sha2::Sha256::new();
    let mut stream = app.files.read(&file.path, None).await?.stream;
    while let Some(piece) = stream.try_next().await? {
        sum.update(&piece);
        out.write_all(&piece)?;
    }
    anyhow::ensure!(
        data_encoding::HEXLOWER.encode(&sum.finalize()) == file.sha256,
        "{} is not as it was made; copy it again",
        file.name
    );
    out.persist(to)?;
    Ok(())
}

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    /// First and last byte.
    Part(u64, u64),
    /// Bytes that the file does not have.
    Nothing,
}

/// Reads `Range` (RFC 9110, section 14): one range of bytes. Several, or another unit, are answered with the whole file,
/// as the RFC allows; so is a range of a file that has changed since, by `If-Range`.
fn asked(headers: &HeaderMap, size: u64, tag: &str) -> Asked {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let is_same = text(header::IF_RANGE).is_none_or(|known| known.trim() == tag);
    let range = text(header::RANGE).and_then(|range| range.trim().strip_prefix("bytes="));
    let Some((first, last)) = range.filter(|_| is_same).and_then(|range| range.split_once('-')) else {
        return Asked::Whole;
    };
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (number(first), number(last)) {
        (Some(first), _) if first >= size => Asked::Nothing,
        (Some(first), Some(last)) if last >= first => Asked::Part(first, last.min(size - 1)),
        (Some(first), None) if last.is_empty() => Asked::Part(first, size - 1),
        (None, Some(0)) if first.is_empty() => Asked::Nothing,
        (None, Some(end)) if first.is_empty() && size > 0 => Asked::Part(size.saturating_sub(end), size - 1),
        _ => Asked::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: &str) -> Asked {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        asked(&headers, 10, "\"a\"")
    }

    #[test]
    fn a_range_is_read_as_the_rfc_says() {
        assert_eq!(of("bytes=0-3"), Asked::Part(0, 3));
        assert_eq!(of("bytes=4-"), Asked::Part(4, 9));
        assert_eq!(of("bytes=-3"), Asked::Part(7, 9));
        assert_eq!(of("bytes=-30"), Asked::Part(0, 9));
        assert_eq!(of("bytes=8-99999999999999999999999"), Asked::Part(8, 9));
        assert_eq!(
            [
                of("bytes=10-"),
                of("bytes=-0"),
                of("bytes=99999999999999999999999-")
            ],
            [(); 3].map(|()| Asked::Nothing)
        );
        for whole in [
            "bytes=3-1",
            "bytes=0-1,4-5",
            "pages=1-2",
            "bytes=a-b",
            "bytes=",
            "bytes=-",
        ] {
            assert_eq!(of(whole), Asked::Whole, "{whole}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, "bytes=0-3".parse().unwrap());
        headers.insert(header::IF_RANGE, "\"b\"".parse().unwrap());
        assert_eq!(asked(&headers, 10, "\"a\""), Asked::Whole);
    }
}
