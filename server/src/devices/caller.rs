//! The extractor: a phone's token → the phone.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::known::{self, Device};
use super::session;
use crate::app::App;
use crate::caller::Caller;
use crate::db::sql;
use crate::problem::{Kind, Problem};

/// A phone in a session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// The phone.
    pub(super) device: Device,
    /// The session's line of the history.
    pub(super) sync: i64,
}

impl FromRequestParts<App> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match known(parts, app).await {
            Ok(session) => {
                let name = format!("device:{}", session.device.row);
                let admitted = app.rates.session.admit(&name);
                admitted
                    .map_err(|seconds| Problem::new(Kind::TooManyRequests).retry_after(seconds))
                    .map(|()| session)
            }
            // Whoever shows what does not count is a visitor, and comes as often as one.
            Err(problem) => match parts.extensions.get::<Caller>() {
                Some(caller) => match app.rates.public.admit(&caller.0) {
                    Err(seconds) => Err(Problem::new(Kind::TooManyRequests).retry_after(seconds)),
                    Ok(()) => Err(problem),
                },
                None => Err(problem),
            },
        }
    }
}

async fn known(parts: &Parts, app: &App) -> Result<Session, Problem> {
    const SESSION: &str = "SELECT s.device, s.sync, d.organisation FROM device_sessions s \
         JOIN devices d ON d.id = s.device WHERE s.hash = $1 AND s.expires > $2";
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let token = values.next().and_then(|value| value.to_str().ok());
    let token = token.filter(|_| values.next().is_none());
    let token = token.and_then(|text| text.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let (_, token) = token.ok_or_else(|| Problem::new(Kind::Unauthenticated))?;
    let expired = || Problem::new(Kind::SessionExpired);
    let keys = [session::hash(token.trim()).into(), app.clock.millis().into()];
    let row = sql::one(app.db.reader(), SESSION, keys)
        .await?
        .ok_or_else(expired)?;
    let (device, organisation): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(2)?);
    let device = known::by_row(app.db.reader(), organisation, device).await?;
    Ok(Session {
        device: device.ok_or_else(expired)?,
        sync: row.try_get_by_index(1)?,
    })
}
