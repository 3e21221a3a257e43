//! A run's progress over WebSocket: the view of the plain GET, at once and whenever it changed, until the run is over.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{SinkExt as _, StreamExt as _};

use super::view::view;
use crate::app::App;

/// Between two looks at the run's rows.
const LOOK: Duration = Duration::from_millis(500);

/// Looks without a change after which a ping keeps the connection open.
const QUIET: u32 = 40;

/// Looks of a connection: after fifteen minutes it is closed, and whoever watches signs in again.
const MOST: u32 = 1_800;

/// Says how far a run is until it is over.
pub(super) async fn tell(app: App, socket: WebSocket, organisation: i64, run: i64) {
    let (mut out, mut heard) = socket.split();
    let telling = async {
        let mut last = None;
        let mut quiet = 0;
        for _ in 0..MOST {
            // A database that is away for a moment ends no conversation.
            if let Ok(now) = view(app.db.reader(), organisation, run).await {
                let Some(now) = now else { return close_code::POLICY };
                let is_over = now.is_over();
                if last.as_ref() != Some(&now) {
                    let text = serde_json::to_string(&now).unwrap_or_default();
                    if out.send(Message::Text(text.into())).await.is_err() {
                        return close_code::AWAY;
                    }
                    (last, quiet) = (Some(now), 0);
                }
                if is_over {
                    return close_code::NORMAL;
                }
            }
            quiet += 1;
            if quiet % QUIET == 0 && out.send(Message::Ping(Vec::new().into())).await.is_err() {
                return close_code::AWAY;
            }
            tokio::time::sleep(LOOK).await;
        }
        close_code::AGAIN
    };
    // Whoever goes away is not told any more; what they say is not listened to.
    let gone = async { while heard.next().await.is_some_and(|said| said.is_ok()) {} };
    let code = tokio::select! {
        code = telling => code,
        () = gone => return,
    };
    let frame = CloseFrame {
        code,
        reason: "".into(),
    };
    let _ = out.send(Message::Close(Some(frame))).await;
}
