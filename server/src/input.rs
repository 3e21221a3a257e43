//! What requests carry, read and checked before a handler starts.
//!
//! [`ValidJson`], [`ValidQuery`] and [`ValidPath`] give a problem document that names each field at fault and what is
//! asked for there, and never repeats what was sent.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use crate::problem::{Fault, Kind, Problem};

/// What is asked of a value beyond its form.
pub trait Validate {
    /// Notes every field that is not as it should be.
    fn check(&self, faults: &mut Faults) {
        let _ = faults;
    }
}

/// The fields at fault so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a field when something does not hold.
    pub fn demand(&mut self, holds: bool, pointer: &str, detail: &str) {
        if !holds {
            self.0.push(Fault {
                pointer: pointer.to_owned(),
                detail: detail.to_owned(),
            });
        }
    }

    /// Demands a text of 1 to `most` characters without control characters.
    pub fn demand_text(&mut self, text: &str, most: usize, pointer: &str) {
        let fine =
            !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control);
        self.demand(
            fine,
            pointer,
            &format!("1 to {most} characters, none of them a control character"),
        );
    }

    fn into_result(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::fields(self.0))
        }
    }
}

/// Checks a value that came another way.
pub fn check(value: &impl Validate) -> Result<(), Problem> {
    let mut faults = Faults::default();
    value.check(&mut faults);
    faults.into_result()
}

/// A JSON body of the right form whose fields are as they should be.
#[derive(Debug)]
pub struct ValidJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Validate> FromRequest<S> for ValidJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(Kind::UnsupportedMediaType));
        }
        let body = Bytes::from_request(request, state).await;
        let value: T = from_json(&body.map_err(|rejection| unread(rejection.status()))?)?;
        check(&value)?;
        Ok(Self(value))
    }
}

/// Parameters of the address after `?`.
#[derive(Debug)]
pub struct ValidQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Validate> FromRequestParts<S> for ValidQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        if query.len() > 4096 {
            return Err(Problem::new(Kind::AddressTooLong));
        }
        let Query(value) = Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            use std::error::Error as _;
            let said = rejection.source().map(ToString::to_string).unwrap_or_default();
            Problem::field("?", expected(&said))
        })?;
        check(&value)?;
        Ok(Self(value))
    }
}

/// Parts of the address. One that is not of the right form is an address where there is nothing.
#[derive(Debug)]
pub struct ValidPath<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for ValidPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value))
            .map_err(|_| Problem::new(Kind::NotFound))
    }
}

fn is_json(headers: &axum::http::HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let kind = kind.to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// A body that did not arrive whole.
fn unread(status: StatusCode) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Kind::TooLarge),
        _ => Problem::new(Kind::Malformed).saying("the body did not arrive whole; send it again"),
    }
}

fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            Problem::field(&pointer, expected(&inner.to_string()))
        } else {
            Problem::new(Kind::Malformed).saying(format!(
                "the body is not JSON that can be read, from line {} column {}",
                inner.line(),
                inner.column()
            ))
        }
    })?;
    let end = reader.end();
    end.map_err(|_| Problem::new(Kind::Malformed).saying("there is something after the body's JSON"))?;
    Ok(value)
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let text = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.clone(),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => break,
        };
        pointer.push('/');
        pointer.push_str(&text.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}

/// The half of serde's sentence that says what was expected. The other half quotes what was sent.
fn expected(said: &str) -> String {
    let said = said.split(" at line ").next().unwrap_or_default();
    if let Some(rest) = said.strip_prefix("missing field ") {
        return format!("the field {rest} is missing");
    }
    let unknown = if said.starts_with("unknown field") {
        "there is no such field: "
    } else {
        ""
    };
    match said.rfind("expected ") {
        Some(place) => format!("{unknown}{}", &said[place..]),
        None => "a value of another form is asked for; see /openapi.json".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[expect(dead_code, reason = "only its form is of interest")]
        people: Vec<Person>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Person {
        #[serde(rename = "a/b")]
        #[expect(dead_code, reason = "only its form is of interest")]
        age: u8,
    }

    fn refused(body: &[u8]) -> (Kind, String) {
        let problem = from_json::<Form>(body).unwrap_err();
        (
            problem.kind,
            serde_json::to_string(&problem.document(None)).unwrap(),
        )
    }

    #[test]
    fn a_field_at_fault_is_named_and_its_value_is_not() {
        let (kind, said) = refused(br#"{"people":[{"a/b":1},{"a/b":"Awa, expected Ndiaye"}]}"#);
        assert_eq!(kind, Kind::Invalid);
        assert!(said.contains(r#""pointer":"/people/1/a~1b""#), "{said}");
        assert!(
            said.contains("expected u8") && !said.contains("Awa") && !said.contains("Ndiaye"),
            "{said}"
        );
        let (_, said) = refused(br#"{"people":[{"Awa":1}]}"#);
        assert!(said.contains("there is no such field"), "{said}");
        let (_, said) = refused(b"{}");
        assert!(said.contains("the field `people` is missing"), "{said}");
    }

    #[test]
    fn what_is_no_json_is_said_to_be_so() {
        let deep = "[".repeat(100_000);
        for body in [
            &b"{"[..],
            b"\xff\xfe",
            b"",
            b"{\"people\":[]} x",
            deep.as_bytes(),
            b"{\"people\":[\"\xff\"]}",
        ] {
            let (kind, _) = refused(body);
            assert!(matches!(kind, Kind::Malformed | Kind::Invalid), "{kind:?}");
        }
        assert_eq!(refused(deep.as_bytes()).0, Kind::Invalid);
        assert_eq!(refused(b"{\"people\":[]} x").0, Kind::Malformed);
    }

    #[test]
    fn json_is_known_by_its_media_type() {
        let is = |kind: &'static str| {
            is_json(&axum::http::HeaderMap::from_iter([(
                header::CONTENT_TYPE,
                kind.parse().unwrap(),
            )]))
        };
        assert!(
            is("application/json") && is("Application/JSON; charset=utf-8") && is("application/fhir+json")
        );
        assert!(!is("text/plain") && !is("application/x-www-form-urlencoded") && !is(""));
    }
}
