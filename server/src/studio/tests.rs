//! Designs over HTTP: tried out, kept, taken out and brought in.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::access::{Role, testing};
use crate::app::testing::app;
use crate::db::testing::{KINDS, Kind};

struct Caller(Router, String);

/// The routes of this domain alone; what stands before them is the router's matter.
fn routed(app: crate::app::App) -> Router {
    routes::routes().split_for_parts().0.with_state(app)
}

impl Caller {
    async fn ask(&self, method: &str, path: &str, kind: &str, body: &str) -> (u16, String, Vec<u8>) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.1))
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body.to_owned()));
        let answer = self.0.clone().oneshot(request.unwrap()).await.unwrap();
        let (status, kind) = (
            answer.status().as_u16(),
            answer.headers().get(header::CONTENT_TYPE).cloned(),
        );
        let kind = kind
            .map(|kind| kind.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 24).await.unwrap();
        (status, kind, bytes.to_vec())
    }

    async fn json(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (status, _, bytes) = self
            .ask(method, path, "application/json", &body.to_string())
            .await;
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_design_is_kept_taken_out_as_yaml_and_brought_in_the_same() {
    for kind in KINDS {
        let (app, _db) = app(kind).await;
        let organisation = testing::organisation(&app, "one").await;
        let token = testing::token(&app, organisation, Role::ProgramAdmin, "").await;
        let caller = Caller(routed(app), token);
        let design = json!({
            "card": {"template": "sovereign", "title": "Carte de santé", "title_scale": 1.1, "max_attrs": 3},
            "attributes": [{"label": "Né(e) le", "field": "birth"}, {"label": "Village", "field": "village"}],
        });
        let (status, kept) = caller.json("PUT", "/studio/designs/sn-2026", &design).await;
        assert_eq!((status, &kept["revision"]), (201, &json!(1)), "{kept}");
        let (_, kind, yaml) = caller
            .ask("GET", "/studio/designs/sn-2026?export=yaml", "text/plain", "")
            .await;
        assert_eq!(kind, "application/yaml");
        let yaml = String::from_utf8(yaml).unwrap();
        assert!(
            yaml.contains("Carte de santé") && yaml.contains("village"),
            "{yaml}"
        );
        let (status, _, answer) = caller
            .ask("PUT", "/studio/designs/copy", "application/yaml", &yaml)
            .await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
        let (_, copy) = caller.json("GET", "/studio/designs/copy", &json!(null)).await;
        assert_eq!(copy["design"], kept["design"]);
        let (status, again) = caller.json("PUT", "/studio/designs/sn-2026", &design).await;
        assert_eq!((status, &again["revision"]), (200, &json!(2)));
        assert_eq!(
            caller
                .ask("DELETE", "/studio/designs/copy", "text/plain", "")
                .await
                .0,
            204
        );
        assert_eq!(
            caller.json("GET", "/studio/designs/copy", &json!(null)).await.0,
            404
        );
    }
}

#[test]
fn what_is_wrong_with_a_design_is_said_by_its_place() {
    let said =
        |text: &str, language| match read(text, language).and_then(|form| form.layout(&Default::default())) {
            Err(StudioError::Form(words)) => words,
            other => panic!("{:?}", other.map(|_| ())),
        };
    let json = |text: &str| said(text, Language::Json);
    assert!(json(r#"{"card": {"template": "pulse", "colours": {}}}"#).contains("colours"));
    assert!(json(r#"{"card": {"title_scale": "big"}}"#).starts_with("card.title_scale"));
    assert!(json(r#"{"card": {"template": "baroque"}}"#).starts_with("card.template"));
    assert!(
        json(r#"{"card": {"template": "sovereign", "title_scale": 3}}"#).starts_with("card.title_scale: 3")
    );
    assert!(json(r#"{"attributes": [{"label": "", "field": "sex"}]}"#).starts_with("attributes.0.label"));
    assert!(json(r#"{"attributes": [{"label": "HIV", "field": "diagnosis"}]}"#).contains("diagnosis"));
    assert!(json("{").contains("EOF"));
    let yaml = said("card:\n  template: pulse\n  colours: {}\n", Language::Yaml);
    assert!(yaml.contains("colours"), "{yaml}");
    assert!(!said("card: [", Language::Yaml).is_empty());
    let deep = "[".repeat(100_000);
    assert!(read(&deep, Language::Yaml).is_err() && read(&deep, Language::Json).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_the_card_at_300_dpi_and_what_cannot_be_drawn_is_said() {
    let (app, _db) = app(Kind::Sqlite).await;
    let organisation = testing::organisation(&app, "one").await;
    let token = testing::token(&app, organisation, Role::ProgramAdmin, "").await;
    let caller = Caller(routed(app), token);
    for template in teranga_render::template::names() {
        for side in ["front", "back"] {
            let body = json!({"design": {"card": {"template": template}}, "side": side}).to_string();
            let (status, kind, png) = caller
                .ask("POST", "/studio/preview", "application/json", &body)
                .await;
            assert_eq!((status, kind.as_str()), (200, "image/png"), "{template} {side}");
            let about = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
            let dims = about.info().pixel_dims.unwrap();
            assert_eq!((dims.xppu, dims.yppu), (11_811, 11_811), "300 dots per inch");
        }
    }
    let wrong = json!({"design": {"card": {"template": "sovereign", "colors": {"accent": "#0b1c38"}}}});
    let (status, problem) = caller.json("POST", "/studio/preview", &wrong).await;
    assert_eq!(status, 422);
    assert!(
        problem["detail"].as_str().unwrap().contains("contrast"),
        "{problem}"
    );
    let logo = caller
        .ask(
            "PUT",
            "/studio/designs/none/logos/0",
            "application/octet-stream",
            "x",
        )
        .await;
    assert_eq!(logo.0, 404);
}
