//! The public's looks over HTTP: a page for people, JSON for programs, and the same headers on every answer.
//!
//! These routes stand apart from the router's layers. What the layers do for others (the name of a request, a line in
//! the log, compression, a limit of time) costs more than the whole look, and the log is not to say who looks at what.
//! What is needed of them is done here: headers, the limits by address and by card, and problem documents.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Response, Uri};
use axum::response::IntoResponse;
use teranga_core::clock;

use super::answer::Answer;
use super::desk::Desk;
use super::judge::Asked;
use super::page::{self, Look};
use crate::problem::{Kind, Problem};
use crate::words::Language;

/// Most characters of a query that are read: a pass is shorter.
const MAX_QUERY: usize = 2048;

/// How somebody asks: by which of the three addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `/c/{payload}`, what a card's link opens.
    Card,
    /// `/verify?p=&s=`, what a pass's link opens.
    Pass,
    /// `/mpi/verify/{token}`, for programs.
    Token,
}

impl Way {
    /// What stands before the part that is looked at, in the path.
    const fn folder(self) -> &'static str {
        match self {
            Self::Card => "/c/",
            Self::Pass => "/verify",
            Self::Token => "/mpi/verify/",
        }
    }

    /// The part that is looked at. Nothing is decoded: no card or token has a character that needs it.
    fn asked(self, uri: &Uri) -> Asked<'_> {
        let tail = uri.path().get(self.folder().len()..).unwrap_or_default();
        let query = |name| parameter(uri, name).unwrap_or_default();
        match self {
            Self::Card => Asked::Card(tail),
            Self::Pass => Asked::Pass(query("p"), query("s")),
            Self::Token => Asked::Token(tail),
        }
    }
}

/// A parameter of the address as it stands there, not decoded: what is meant for us needs no decoding.
fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let query = uri.query().filter(|query| query.len() <= MAX_QUERY)?;
    let pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut named = pairs.filter(|(key, _)| *key == name);
    named.next().map(|(_, value)| value)
}

/// Whether a person asks, by `?format=`, else by what the caller accepts, else by what the address is for.
fn wants_page(way: Way, uri: &Uri, headers: &HeaderMap) -> bool {
    match parameter(uri, "format") {
        Some("json") => return false,
        Some("html") => return true,
        _ => {}
    }
    let accept = headers
        .get(header::ACCEPT)
        .map(HeaderValue::as_bytes)
        .unwrap_or_default();
    let accept = std::str::from_utf8(accept).unwrap_or_default();
    match (accept.find("text/html"), accept.find("application/json")) {
        (Some(page), Some(json)) => page < json,
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (None, None) => way != Way::Token,
    }
}

fn language(uri: &Uri, headers: &HeaderMap) -> Language {
    let asked = parameter(uri, "lang").and_then(Language::of_code);
    asked.unwrap_or_else(|| {
        let liked = headers.get(header::ACCEPT_LANGUAGE);
        Language::preferred(liked.and_then(|value| value.to_str().ok()).unwrap_or_default())
    })
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Trouble {
    /// Asked too often; seconds to wait.
    TooOften(u64),
    /// The server cannot say.
    Failed(Problem),
}

/// Answers whoever asks. `late` says that the address has asked too often already.
pub async fn answer(
    desk: &Desk,
    way: Way,
    uri: &Uri,
    headers: &HeaderMap,
    late: Option<u64>,
) -> Response<Body> {
    let now = desk.clock.now();
    let found = match late {
        Some(seconds) => Err(Trouble::TooOften(seconds)),
        None => look(desk, way.asked(uri), now).await,
    };
    if !wants_page(way, uri, headers) {
        return match found {
            Ok(answer) => json(&answer),
            Err(trouble) => problem(trouble),
        };
    }
    let (look, wait) = match &found {
        Ok(answer) => (Look::Found(answer), None),
        Err(Trouble::TooOften(seconds)) => (Look::Busy, Some(*seconds)),
        Err(Trouble::Failed(problem)) => {
            tracing::error!(cause = problem.cause(), "a card could not be looked at");
            (Look::Later, Some(60))
        }
    };
    let language = language(uri, headers);
    let switch = page::switch(uri.query().unwrap_or_default(), language);
    html(look, page::render(look, language, now, &switch), wait)
}

async fn look(desk: &Desk, asked: Asked<'_>, now: jiff::Timestamp) -> Result<Answer, Trouble> {
    let card = match &asked {
        Asked::Card(text) | Asked::Token(text) | Asked::Pass(text, _) => text.as_bytes(),
    };
    // A card's own characters are among the first; a long text costs no more than a card.
    let card = &card[..card.len().min(256)];
    desk.pace
        .admit(&card, now.as_millisecond())
        .map_err(Trouble::TooOften)?;
    let answer = desk.judge(asked, clock::date_of(now)).await;
    let answer = answer.map_err(|error| Trouble::Failed(error.into()))?;
    desk.scans.count(&answer, now);
    Ok(answer)
}

/// What every answer carries: nobody keeps it, nobody is told of it, nothing in it runs.
static HEADERS: LazyLock<[HeaderMap; 2]> = LazyLock::new(|| [headers(JSON, NOTHING), headers(HTML, PAGE)]);

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

/// What JSON may do in a browser.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// What the page may do: show itself in the one stylesheet. There is no script.
const PAGE: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn headers(kind: &'static str, policy: &'static str) -> HeaderMap {
    let all: [(HeaderName, &'static str); 12] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
        (
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
        (header::VARY, "accept, accept-language"),
    ];
    all.into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect()
}

fn json(answer: &Answer) -> Response<Body> {
    match serde_json::to_vec(&answer.report()) {
        Ok(body) => with_headers(&HEADERS[0], Body::from(body)),
        Err(error) => problem(Trouble::Failed(Problem::internal(error))),
    }
}

fn with_headers(headers: &HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.headers_mut() = headers.clone();
    response
}

/// A program's answer under the headers of every answer.
pub fn with_json_headers(answer: impl IntoResponse) -> Response<Body> {
    under_headers(answer.into_response())
}

/// A problem document under the same headers.
pub fn problem(trouble: Trouble) -> Response<Body> {
    let problem = match trouble {
        Trouble::TooOften(seconds) => Problem::new(Kind::TooManyRequests).retry_after(seconds),
        Trouble::Failed(problem) => {
            if problem.kind.status().is_server_error() {
                tracing::error!(cause = problem.cause(), "a card could not be looked at");
            }
            problem
        }
    };
    under_headers(problem.answer(None))
}

fn under_headers(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in &HEADERS[0] {
        if name != header::CONTENT_TYPE {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn html(look: Look<'_>, page: String, wait: Option<u64>) -> Response<Body> {
    let mut response = with_headers(&HEADERS[1], Body::from(page));
    *response.status_mut() = look.status();
    if let Some(seconds) = wait {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_for(way: Way, uri: &'static str, accept: &'static str) -> bool {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        wants_page(way, &Uri::from_static(uri), &headers)
    }

    #[test]
    fn people_get_pages_and_programs_json() {
        assert!(page_for(Way::Card, "/c/x", "*/*"));
        assert!(!page_for(Way::Token, "/mpi/verify/x", "*/*"));
        assert!(page_for(
            Way::Token,
            "/mpi/verify/x",
            "text/html,application/xhtml+xml,*/*;q=0.8"
        ));
        assert!(!page_for(Way::Card, "/c/x", "application/json"));
        assert!(!page_for(Way::Card, "/c/x?format=json", "text/html"));
        assert!(page_for(
            Way::Token,
            "/mpi/verify/x?lang=fr&format=html",
            "application/json"
        ));
        assert!(!page_for(
            Way::Pass,
            "/verify?p=a&s=b",
            "application/json, text/html"
        ));
    }

    #[test]
    fn what_is_asked_is_taken_from_the_address_as_it_stands() {
        let asked = |way: Way, uri: &'static str| format!("{:?}", way.asked(&Uri::from_static(uri)));
        assert_eq!(asked(Way::Card, "/C/ABC?lang=fr"), "Card(\"ABC\")");
        assert_eq!(asked(Way::Card, "/c"), "Card(\"\")");
        assert_eq!(asked(Way::Token, "/mpi/verify/a/%FF"), "Token(\"a/%FF\")");
        assert_eq!(asked(Way::Pass, "/verify?s=b&p=a"), "Pass(\"a\", \"b\")");
        assert_eq!(asked(Way::Pass, "/verify?p"), "Pass(\"\", \"\")");
    }
}
