//! Bundles over HTTP: a manifest with an `ETag`, parts with ranges (RFC 9110, section 14).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use teranga_core::wire::bundle::BundleAnswer;
use teranga_core::wire::{Base64, VERSION};

use super::store;
use crate::app::App;
use crate::devices::DeviceError;
use crate::devices::known::Device;
use crate::problem::{Kind, Problem};

/// The most bytes of one answer: a longer part is fetched range by range.
const MOST: u64 = 4 << 20;

/// The manifest of a phone's bundle, or 304 when the phone has it.
pub(in crate::devices) async fn manifest(
    app: &App,
    device: &Device,
    headers: &HeaderMap,
) -> Result<Response, DeviceError> {
    let parts = super::parts(app, device).await?;
    let (number, manifest) = super::manifest(app, device, &parts)?;
    // The seals in it differ each time; what it names is told by its number and its phone.
    let tag = format!("\"{number}-{}-{}\"", parts.len(), device.id);
    let held = headers.get(header::IF_NONE_MATCH);
    if held.is_some_and(|held| held.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let answer = BundleAnswer {
        version: VERSION,
        manifest: Base64(manifest),
    };
    Ok(([(header::ETAG, tag)], axum::Json(answer)).into_response())
}

/// Bytes of a part.
pub(in crate::devices) async fn part(
    app: &App,
    device: &Device,
    hash: &[u8; 32],
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let reader = app.db.reader();
    let size = store::size_for(reader, device.organisation, device.area.as_str(), hash).await?;
    let size = size.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let tag = format!("\"{}\"", HEXLOWER.encode(hash));
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    // A range of other bytes than the phone began with would be of no use to it.
    let other = headers
        .get(header::IF_RANGE)
        .is_some_and(|value| value.as_bytes() != tag.as_bytes());
    let range = match asked.filter(|_| !other).map(|asked| range(asked, size)) {
        None | Some(Asked::Whole) => None,
        Some(Asked::Part(from, to)) => Some((from, to)),
        Some(Asked::Outside) => return Ok(outside(size)),
    };
    let (from, to) = range.unwrap_or((0, size));
    let to = to.min(from + MOST);
    let bytes = store::bytes(reader, (device.organisation, hash), (from, to - from)).await?;
    let is_whole = range.is_none() && to == size;
    let mut response = Response::new(Body::from(bytes));
    if !is_whole {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let said = format!("bytes {from}-{}/{size}", to.saturating_sub(1));
        set(&mut response, header::CONTENT_RANGE, &said);
    }
    set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    set(&mut response, header::ETAG, &tag);
    Ok(response)
}

enum Asked {
    Whole,
    /// From the first to the second place, the second not included.
    Part(u64, u64),
    Outside,
}

/// One range of bytes. Several at once, and what is no range, are answered with the whole.
fn range(asked: &str, size: u64) -> Asked {
    let Some((from, to)) = asked
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Asked::Whole;
    };
    match (from.trim().parse::<u64>(), to.trim()) {
        (Ok(from), _) if from >= size => Asked::Outside,
        (Ok(from), "") => Asked::Part(from, size),
        (Ok(from), to) => match to.parse::<u64>() {
            Ok(to) if to >= from => Asked::Part(from, to.saturating_add(1).min(size)),
            _ => Asked::Whole,
        },
        (Err(_), to) if from.trim().is_empty() => match to.parse::<u64>() {
            Ok(last) if last > 0 => Asked::Part(size.saturating_sub(last), size),
            _ => Asked::Whole,
        },
        _ => Asked::Whole,
    }
}

fn outside(size: u64) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    set(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
    response
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_everything_else_is_the_whole() {
        let read = |asked: &str| match range(asked, 100) {
            Asked::Whole => (0, 100, "whole"),
            Asked::Part(from, to) => (from, to, "part"),
            Asked::Outside => (0, 0, "outside"),
        };
        for (asked, is) in [
            ("bytes=0-", (0, 100, "part")),
            ("bytes=10-19", (10, 20, "part")),
            ("bytes=99-500", (99, 100, "part")),
            ("bytes=-10", (90, 100, "part")),
            ("bytes=-500", (0, 100, "part")),
            ("bytes=100-", (0, 0, "outside")),
            ("bytes=20-10", (0, 100, "whole")),
            ("bytes=0-1,5-6", (0, 100, "whole")),
            ("bytes=-", (0, 100, "whole")),
            ("lines=1-2", (0, 100, "whole")),
            ("", (0, 100, "whole")),
        ] {
            assert_eq!(read(asked), is, "{asked}");
        }
    }
}
