//! The API described: OpenAPI 3.1 at `/openapi.json`, and a page for people that needs no script.

use std::fmt::Write as _;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

use crate::problem::{Document, Fault, MEDIA_TYPE};

/// The document before any route is in it.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Teranga",
        description = "Health IDs that work where the network does not.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Document, Fault)),
    modifiers(&Security),
)]
struct Base;

/// The name of the scheme for session tokens and API tokens, in the header `Authorization: Bearer`.
pub const BEARER: &str = "bearer";

/// The name of the scheme for the sessions of phones, in the same header.
pub const DEVICE: &str = "device";

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
        let device = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme(DEVICE, SecurityScheme::Http(device));
    }
}

/// The document before any route is in it.
pub fn base() -> OpenApi {
    Base::openapi()
}

/// Adds to each operation the problem documents that every operation may answer with, so that no status is undocumented.
pub fn finish(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            let is_open = operation.security.as_ref().is_none_or(Vec::is_empty);
            for (status, words) in statuses(is_open, operation.request_body.is_some()) {
                let responses = &mut operation.responses.responses;
                responses
                    .entry(status.to_owned())
                    .or_insert_with(|| RefOr::T(problem(words)));
            }
        }
    }
}

/// What may go wrong with any request.
fn statuses(is_open: bool, has_body: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    const ALWAYS: &[(&str, &str)] = &[
        ("400", "The request cannot be read"),
        ("404", "There is nothing here"),
        ("422", "Fields are not as they should be"),
        ("429", "Too many requests"),
        ("500", "The server failed"),
        ("503", "Try again in a moment"),
        ("504", "The server did not finish in time"),
    ];
    const WITH_BODY: &[(&str, &str)] = &[
        ("408", "The body did not arrive in time"),
        ("413", "The body is too large"),
        ("415", "The body is of another media type"),
    ];
    const SIGNED_IN: &[(&str, &str)] = &[("401", "Sign in first"), ("403", "No right to do this")];
    let body = if has_body { WITH_BODY } else { &[] };
    let signed_in = if is_open { &[] } else { SIGNED_IN };
    ALWAYS.iter().chain(body).chain(signed_in).copied()
}

fn problem(words: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Document")));
    ResponseBuilder::new()
        .description(words)
        .content(MEDIA_TYPE, content)
        .build()
}

/// The page for people.
pub fn page(document: &OpenApi) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Teranga API</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/docs.css\"></head>\
         <body><h1>Teranga API</h1><p><a href=\"/openapi.json\">OpenAPI 3.1 document</a></p>",
    );
    for (path, item) in &document.paths.paths {
        let operations = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                describe(&mut page, method, path, operation);
            }
        }
    }
    page.push_str("</body></html>");
    page
}

fn describe(page: &mut String, method: &str, path: &str, operation: &utoipa::openapi::path::Operation) {
    let summary = escape(operation.summary.as_deref().unwrap_or_default());
    let path = escape(path);
    // Writing to a string cannot fail.
    let _ = write!(
        page,
        "<details><summary><b>{method}</b> <code>{path}</code> {summary}</summary>"
    );
    if let Some(description) = &operation.description {
        let _ = write!(page, "<p>{}</p>", escape(description));
    }
    page.push_str("<ul>");
    for parameter in operation.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let words = escape(parameter.description.as_deref().unwrap_or_default());
        let _ = write!(page, "<li><code>{}</code> {words}</li>", escape(&parameter.name));
    }
    page.push_str("</ul><table>");
    for (status, response) in &operation.responses.responses {
        if let RefOr::T(response) = response {
            let _ = write!(
                page,
                "<tr><td>{status}</td><td>{}</td></tr>",
                escape(&response.description)
            );
        }
    }
    page.push_str("</table></details>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The page's style.
pub const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
summary{cursor:pointer;padding:.4rem 0}td{padding:.1rem 1rem .1rem 0;vertical-align:top}code{font-size:.95em}";
