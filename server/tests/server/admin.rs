//! The terminal of whoever has the machine.

use serde_json::json;

use crate::running::Place;

#[test]
fn the_first_start_makes_an_administrator_and_the_second_makes_nothing() {
    let place = Place::new();
    let first = place.serve(&[]);
    let said = first.said.join("\n");
    let password = said
        .split("login admin, password ")
        .nth(1)
        .and_then(|rest| rest.split('\n').next());
    let password = password.unwrap_or_else(|| panic!("no password in {said}"));
    let login = json!({"login": "admin", "password": password}).to_string();
    let answer = first.ask("POST", "/auth/login", "", Some(&login));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (ended, _) = first.stop();
    assert!(ended);
    let second = place.serve(&[]);
    assert_eq!(second.said, Vec::<String>::new());
    assert_eq!(second.ask("POST", "/auth/login", "", Some(&login)).status, 200);
    let users = place.json(&["admin", "users", "list"]);
    assert_eq!(
        (users.as_array().unwrap().len(), &users[0]["active"]),
        (1, &json!(true))
    );
}

#[test]
fn an_organization_is_run_from_the_terminal() {
    let place = Place::new();
    let none = place.run(&["admin", "users", "list"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("organizations add"));
    place.succeed(&[
        "admin",
        "organizations",
        "add",
        "moh",
        "Ministry of Health",
        "--country",
        "Sénégal",
    ]);
    let programs = [
        "admin",
        "programs",
        "add",
        "malaria",
        "Malaria 2026",
        "--kind",
        "malaria",
    ];
    place.succeed(&programs);
    place.succeed(&[
        "admin",
        "campaigns",
        "add",
        "malaria",
        "nets",
        "Nets",
        "--prefix",
        "NET26",
        "--from",
        "2026-03-01",
    ]);
    place.succeed(&["admin", "areas", "add", "SN/DKR", "Dakar", "--people", "4000000"]);
    let made = place.json(&[
        "admin",
        "users",
        "add",
        "awa",
        "Awa Ndiaye",
        "--role",
        "supervisor",
        "--area",
        "SN/DKR",
    ]);
    assert_eq!(made["password"].as_str().map(str::len), Some(23));
    place.succeed(&["admin", "users", "give", "awa", "--role", "reviewer"]);
    place.succeed(&[
        "admin",
        "users",
        "take",
        "awa",
        "--role",
        "supervisor",
        "--area",
        "SN/DKR",
    ]);
    place.succeed(&["admin", "users", "disable", "awa"]);
    let users = place.json(&["admin", "users", "list"]);
    assert_eq!(
        (&users[0]["grants"], &users[0]["active"]),
        (&json!([{"role": "reviewer", "area": ""}]), &json!(false))
    );
    let device = place.json(&["admin", "devices", "add", "Phone 1", "--area", "SN/DKR"]);
    place.succeed(&["admin", "devices", "revoke", &device["id"].to_string()]);
    assert_eq!(place.json(&["admin", "devices", "list"])[0]["state"], "revoked");
    let listed = place.succeed(&["admin", "programs", "list"]);
    assert!(
        listed.starts_with("CODE") && listed.contains("malaria  Malaria 2026"),
        "{listed}"
    );
    place.succeed(&["admin", "organizations", "add", "ngo", "NGO", "--country", "ML"]);
    let which = place.run(&["admin", "programs", "list"]);
    assert!(
        String::from_utf8_lossy(&which.stderr).contains("--organization"),
        "{which:?}"
    );
    assert_eq!(
        place.json(&["admin", "programs", "list", "--organization", "ngo"]),
        json!([])
    );
}

#[test]
fn a_token_from_the_terminal_works_at_once_and_is_revoked() {
    let place = Place::new();
    let server = place.serve(&[]);
    let token = place.token("program-admin");
    let me = server.get("/auth/me", &token);
    assert_eq!(
        (me.status, &me.json()["kind"]),
        (200, &json!("token")),
        "{}",
        me.body
    );
    let id = place.json(&["admin", "token", "list"])[0]["id"].to_string();
    place.succeed(&["admin", "token", "revoke", &id]);
    assert_eq!(server.get("/auth/me", &token).status, 401);
}

#[test]
fn the_audit_is_verified_taken_out_and_names_what_was_changed() {
    let place = Place::new();
    let server = place.serve(&[]);
    place.token("auditor");
    place.token("reviewer");
    assert!(server.stop().0, "the last rows are sealed at the end");
    let whole = place.json(&["admin", "audit", "verify"]);
    assert_eq!(
        (&whole["whole"], &whole["seen"]["rows"], &whole["seen"]["waiting"]),
        (&json!(true), &json!(4), &json!(0))
    );
    place.succeed(&["admin", "audit", "export", "audit.jsonl"]);
    place.succeed(&["admin", "audit", "verify", "audit.jsonl"]);
    let file = place.data.path().join("audit.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("token:2", "token:7", 1)).unwrap();
    let broken = place.run(&["admin", "audit", "verify", "audit.jsonl"]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&broken.stdout).contains("row 4 (place 4"),
        "{broken:?}"
    );
    let again = place.run(&["admin", "audit", "export", "audit.jsonl"]);
    assert_eq!(
        again.status.code(),
        Some(2),
        "a file that is there is not written over"
    );
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_the_data_folder() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let data = place.data.path().join("data");
    place.succeed(&["admin", "organizations", "list", "--data", data.to_str().unwrap()]);
    let mode = std::fs::metadata(&data).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}
