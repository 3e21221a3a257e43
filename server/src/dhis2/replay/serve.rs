//! The replayed server on a port of this machine.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::fields::Fields;
use super::lists::Asked;
use super::world::World;
use super::{Edition, Fault};

/// A server that runs until it is dropped.
pub struct Replay {
    shared: Arc<Shared>,
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    world: Mutex<Arc<World>>,
    faults: Mutex<VecDeque<Option<Fault>>>,
    asked: Mutex<Vec<String>>,
    address: Mutex<String>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Replay {
    /// Starts a server on a free port of 127.0.0.1.
    pub async fn start(world: World) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            world: Mutex::new(Arc::new(world)),
            faults: Mutex::default(),
            asked: Mutex::default(),
            address: Mutex::new(format!("http://{address}")),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            // It ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            shared,
            address,
            task,
        })
    }

    /// Its address, `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it holds from now on.
    pub fn become_world(&self, world: World) {
        *held(&self.shared.world) = Arc::new(world);
    }

    /// Changes what it holds.
    pub fn change(&self, change: impl FnOnce(&mut World)) {
        change(Arc::make_mut(&mut held(&self.shared.world)));
    }

    /// What happens to the next lists, one after the other; nothing: a right answer.
    pub fn go_wrong(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        held(&self.shared.faults).extend(faults);
    }

    /// Every request so far: method, path and query.
    pub fn asked(&self) -> Vec<String> {
        held(&self.shared.asked).clone()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    held(&shared.asked).push(format!("{} {path}?{query}", request.method()));
    let world = Arc::clone(&held(&shared.world));
    if let Some(refusal) = refusal(&world, request.headers(), &path) {
        return refusal;
    }
    if request.method() != axum::http::Method::GET {
        return json_of(
            405,
            &json!({"httpStatus": "Method Not Allowed", "httpStatusCode": 405, "status": "ERROR"}),
        );
    }
    let is_list = path.starts_with("/api/tracker/");
    let fault = if is_list {
        held(&shared.faults).pop_front().flatten()
    } else {
        None
    };
    if let Some(broken) = fault.as_ref().and_then(broken) {
        return broken;
    }
    if fault == Some(Fault::Silent) {
        return std::future::pending().await;
    }
    let address = held(&shared.address).clone();
    let mut response = respond(&world, &path, &query, &address, fault.as_ref());
    if fault == Some(Fault::Torn) {
        let half = axum::body::to_bytes(std::mem::take(response.body_mut()), usize::MAX).await;
        let half = half.unwrap_or_default();
        *response.body_mut() = Body::from(half.slice(..half.len() / 2));
    }
    response
}

/// Who is not let in, and how they are told.
fn refusal(world: &World, headers: &HeaderMap, path: &str) -> Option<Response> {
    if path == "/api/loginConfig" && !world.edition.is_old() {
        return None;
    }
    let said = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some(said) = said else {
        if headers.contains_key("x-requested-with") {
            return Some(unauthorized("Unauthorized"));
        }
        let place = match world.edition {
            Edition::Published | Edition::V40 => "/dhis-web-commons/security/login.action",
            Edition::V41 => "/dhis-web-login",
            Edition::V42 => "/dhis-web-login/",
        };
        return Some((StatusCode::FOUND, [(header::LOCATION, place)]).into_response());
    };
    if world.credentials.iter().any(|known| known == said) {
        return None;
    }
    if said.starts_with("ApiToken ") && !world.edition.is_old() {
        let body = json!({"httpStatus": "Bad Request", "httpStatusCode": 400, "status": "ERROR",
            "message": "Checksum validation failed"});
        return Some(json_of(400, &body));
    }
    let message = if said.starts_with("ApiToken ") {
        "The API token does not exists."
    } else {
        "Unauthorized"
    };
    Some(unauthorized(message))
}

fn unauthorized(message: &str) -> Response {
    let body =
        json!({"httpStatus": "Unauthorized", "httpStatusCode": 401, "status": "ERROR", "message": message});
    json_of(401, &body)
}

fn json_of(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = [(header::CONTENT_TYPE, "application/json;charset=UTF-8")];
    (status, kind, body.to_string()).into_response()
}

fn html(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND);
    let kind = [(header::CONTENT_TYPE, "text/html;charset=utf-8")];
    let page = "<!doctype html><html><head><title>HTTP Status</title></head><body><h1>HTTP Status</h1></body></html>";
    (status, kind, page).into_response()
}

/// Answers that are wrong whatever was asked.
fn broken(fault: &Fault) -> Option<Response> {
    Some(match fault {
        Fault::TooMany(seconds) => {
            let wait = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, wait).into_response()
        }
        Fault::Status(status) => html(*status),
        Fault::Html => html(200),
        Fault::Redirect(place) => (StatusCode::FOUND, [(header::LOCATION, place.clone())]).into_response(),
        Fault::Cut => streamed([
            Ok(Bytes::from_static(b"{\"instances\":[{\"trackedEntity\"")),
            Err(std::io::Error::other("cut")),
        ]),
        Fault::Giant => {
            let line = Bytes::from(vec![b' '; 1 << 20]);
            streamed(std::iter::repeat_with(move || Ok(line.clone())))
        }
        _ => return None,
    })
}

fn streamed<I>(parts: I) -> Response
where
    I: IntoIterator<Item = Result<Bytes, std::io::Error>>,
    I::IntoIter: Send + 'static,
{
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let body = Body::from_stream(futures_util::stream::iter(parts));
    (StatusCode::OK, kind, body).into_response()
}

fn respond(world: &World, path: &str, query: &str, address: &str, fault: Option<&Fault>) -> Response {
    let parameters = parameters(query);
    // `/api/NN/...` is the same for the numbers that the version knows.
    let mut parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let is_number = parts.get(1).is_some_and(|part| part.parse::<u32>().is_ok());
    if is_number {
        parts.remove(1);
    }
    let list = |people: bool| {
        let kept: Vec<&str> = query.split('&').filter(|one| !one.starts_with("page=")).collect();
        let asked = Asked {
            world,
            people,
            parameters: &parameters,
            link: format!("{address}{path}?{}", kept.join("&")),
        };
        let (status, body) = asked.answer(fault);
        json_of(status, &body)
    };
    match parts[..] {
        ["api", "system", "info"] => json_of(
            200,
            &json!({"version": world.version, "serverDate": world.now,
                "serverTimeZoneId": "Etc/UTC", "contextPath": address, "systemName": "DHIS 2"}),
        ),
        ["api", "me"] => json_of(200, &world.me),
        ["api", "tracker", "trackedEntities"] => list(true),
        ["api", "tracker", "enrollments"] => list(false),
        ["api", "programs"] => metadata("programs", &world.programs, &parameters),
        ["api", "organisationUnits"] => metadata("organisationUnits", &world.units, &parameters),
        ["api", "optionSets"] => metadata("optionSets", &world.option_sets, &parameters),
        ["api", "programs", id] => one(&world.programs, id, &parameters),
        ["api", "organisationUnits", id] => one(&world.units, id, &parameters),
        _ => html(404),
    }
}

fn parameters(query: &str) -> Vec<(String, String)> {
    let pairs = form_urlencoded(query);
    pairs.collect()
}

fn form_urlencoded(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let url = reqwest::Url::parse(&format!("http://x/?{query}")).ok();
    let pairs: Vec<(String, String)> = url
        .iter()
        .flat_map(|url| url.query_pairs().into_owned().collect::<Vec<_>>())
        .collect();
    pairs.into_iter()
}

fn metadata(kind: &str, all: &[Value], parameters: &[(String, String)]) -> Response {
    let get = |name: &str| {
        let found = parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    };
    let fields = Fields::parse(get("fields").unwrap_or("id,displayName"));
    let size: usize = get("pageSize").and_then(|size| size.parse().ok()).unwrap_or(50);
    let page: usize = get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let whole = get("paging") == Some("false");
    let rows = all.iter().map(|one| fields.of(one));
    if whole {
        return json_of(200, &json!({ kind: rows.collect::<Vec<_>>() }));
    }
    let start = page.saturating_sub(1) * size;
    let rows: Vec<Value> = rows.skip(start).take(size).collect();
    let pager = json!({"page": page, "total": all.len(), "pageSize": size, "pageCount": all.len().div_ceil(size.max(1)).max(1)});
    json_of(200, &json!({"pager": pager, kind: rows}))
}

fn one(all: &[Value], id: &str, parameters: &[(String, String)]) -> Response {
    let Some(found) = all.iter().find(|one| one["id"] == id) else {
        let message = format!("Object with id {id} could not be found.");
        return json_of(
            404,
            &json!({"httpStatus": "Not Found", "httpStatusCode": 404, "status": "ERROR", "message": message, "errorCode": "E1005"}),
        );
    };
    let fields = parameters.iter().find(|(key, _)| key == "fields");
    let fields = Fields::parse(fields.map_or("*", |(_, value)| value));
    json_of(200, &fields.of(found))
}
