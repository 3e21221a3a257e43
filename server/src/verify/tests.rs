//! The desk on both databases: every verdict, and equal work for what is not known and what is no card.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, Uri, header};
use jiff::civil::{Date, date};
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::public::public_half;
use teranga_core::card::signing::SigningKey;
use teranga_core::card::text::Form;
use teranga_core::card::token::Token;
use teranga_core::card::trust::{KeyState, Scope};
use teranga_core::sensitive::Secret;
use teranga_core::wallet::{self, Pass};

use super::answer::{Answer, Outcome};
use super::desk::Desk;
use super::http::{self, Way};
use super::judge::Asked;
use crate::app::Clock;
use crate::card::Reason;
use crate::card::store::{self, CardError, NewCard, Revocation};
use crate::config::Verification;
use crate::db::testing::{self, KINDS, Kind, TestDb};
use crate::db::{DbError, sql};
use crate::keys::store::{DatabaseStore, KeyInfo, KeyStore as _, StoredKey};

const TODAY: Date = date(2026, 6, 1);

/// A desk with a campaign, a sensitive one, a lot, and their keys.
struct Post {
    desk: Desk,
    store: DatabaseStore,
    test: TestDb,
}

fn seed(byte: u8) -> Secret<32> {
    Secret::take(&mut [byte; 32])
}

fn key(byte: u8, purpose: Purpose, scope: Scope) -> StoredKey {
    let (kid, public) = public_half(purpose, &seed(byte));
    StoredKey {
        info: KeyInfo {
            kid,
            purpose,
            scope,
            not_before: date(2026, 1, 1),
            not_after: date(2026, 12, 31),
            state: KeyState::Active,
            made: jiff::Timestamp::from_second(i64::from(byte)).unwrap(),
            public: public.map(|public| data_encoding::HEXLOWER.encode(&public)),
        },
        secret: seed(byte),
    }
}

fn polio() -> Scope {
    Scope::Campaign("POLIO26".into())
}

const POLIO: u8 = 1;
const LOT: u8 = 2;
const PUBLISHER: u8 = 3;
const PASSES: u8 = 4;
const STRANGER: u8 = 9;

impl Post {
    async fn open(kind: Kind, settings: Verification) -> Self {
        let test = testing::fresh(kind).await;
        let statements = [
            "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'n', 'SN', 0)",
            "INSERT INTO programmes (id, organisation, code, name, public_name, kind, sensitive, created) \
             VALUES (1, 1, 'epi', 'EPI', 'Vaccination', 'campaign', 0, 0), (2, 1, 'x', 'secret', 'Suivi', 'clinic', 1, 0)",
            "INSERT INTO campaigns (id, organisation, programme, code, name, prefix, created) \
             VALUES (1, 1, 1, 'polio', 'Polio', 'POLIO26', 0), (2, 1, 2, 'x', 'secret', 'SUIVI', 0)",
        ];
        for text in statements {
            let added: Result<u64, DbError> = test.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
            added.unwrap();
        }
        let store = DatabaseStore::new(test.db.clone(), seed(77));
        for key in [
            key(POLIO, Purpose::Issuer, polio()),
            key(LOT, Purpose::Issuer, Scope::Lot("L1".into())),
            key(PUBLISHER, Purpose::Publisher, Scope::Organisation),
            key(PASSES, Purpose::Pass, polio()),
        ] {
            store.insert(&key).unwrap();
        }
        let clock = Clock::standing("2026-06-01T08:30:00Z".parse().unwrap());
        let desk = Desk::new(store.clone(), clock, settings).unwrap();
        Self { desk, store, test }
    }

    async fn of(kind: Kind) -> Self {
        Self::open(kind, Verification::default()).await
    }

    async fn keep(&self, token: Token, campaign: i64, expires: Date) {
        let card = NewCard {
            organisation: 1,
            campaign,
            identity: None,
            token_hash: token.hash(),
            code: None,
            kid: Some(Kid([1; 4])),
            issued: date(2026, 3, 1),
            expires: Some(expires),
        };
        let kept = self
            .test
            .write(move |tx| Box::pin(async move { store::insert(tx, &card).await }));
        assert!(kept.await.unwrap().is_some());
    }

    async fn revoke(&self, token: Token) {
        let revocation = Revocation {
            organisation: 1,
            token_hash: token.hash(),
            reason: Reason::Lost,
            at: store::millis(date(2026, 5, 2)),
            actor: "user:1".into(),
        };
        let done: Result<bool, CardError> = self
            .test
            .write(move |tx| Box::pin(async move { store::revoke(tx, &revocation).await }))
            .await;
        assert!(done.unwrap());
    }

    async fn judge(&self, asked: Asked<'_>) -> Answer {
        self.desk.judge(asked, TODAY).await.unwrap()
    }

    async fn card(&self, signer: u8, token: Token, expires: Date) -> Answer {
        self.judge(Asked::Card(&link(signer, token, expires))).await
    }
}

const LATER: Date = date(2028, 3, 1);

/// What follows `/c/` on a card that a key signed.
fn link(signer: u8, token: Token, expires: Date) -> String {
    let key = SigningKey::from_seed(Purpose::Issuer, &seed(signer));
    let issued = date(2026, 3, 1);
    let claims = Claims {
        token,
        issued,
        expires,
    };
    data_encoding::BASE32_NOPAD.encode(&SignedCard::issue(&key, &claims).unwrap())
}

fn campaign(answer: &Answer) -> Option<(&str, Option<&str>)> {
    let face = answer.campaign.as_deref()?;
    Some((face.prefix.as_str(), face.programme.as_deref()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_gets_its_verdict_and_its_campaign() {
    for kind in KINDS {
        let post = Post::of(kind).await;
        let polio = Some(("POLIO26", Some("Vaccination")));
        let (kept, made_apart, old, lost) = (Token([1; 16]), Token([2; 16]), Token([3; 16]), Token([4; 16]));
        post.keep(kept, 1, LATER).await;
        post.keep(old, 1, TODAY).await;
        post.keep(lost, 1, LATER).await;
        post.revoke(lost).await;
        for token in [kept, made_apart] {
            let answer = post.card(POLIO, token, LATER).await;
            assert_eq!(
                (answer.outcome, campaign(&answer)),
                (Outcome::Valid, polio),
                "{kind:?}"
            );
            assert_eq!(
                (answer.issued, answer.expires),
                (Some(date(2026, 3, 1)), Some(LATER))
            );
        }
        let lower = link(POLIO, kept, LATER).to_lowercase();
        assert_eq!(post.judge(Asked::Card(&lower)).await.outcome, Outcome::Valid);
        assert_eq!(post.card(POLIO, old, LATER).await.outcome, Outcome::Expired);
        assert_eq!(
            post.card(POLIO, Token([7; 16]), TODAY).await.outcome,
            Outcome::Expired
        );
        let answer = post.card(POLIO, lost, LATER).await;
        assert_eq!((answer.outcome, campaign(&answer)), (Outcome::Revoked, polio));
        assert_eq!(answer.revoked, Some(date(2026, 5, 2)));
        assert_eq!(
            post.card(STRANGER, kept, LATER).await,
            Answer::bare(Outcome::Unknown)
        );
        assert_eq!(
            post.card(LOT, Token([8; 16]), LATER).await.outcome,
            Outcome::Blank
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_card_is_forged_even_with_the_token_of_a_good_one() {
    let post = Post::of(Kind::Sqlite).await;
    let token = Token([1; 16]);
    post.keep(token, 1, LATER).await;
    let mut bytes = data_encoding::BASE32_NOPAD
        .decode(link(POLIO, token, LATER).as_bytes())
        .unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = data_encoding::BASE32_NOPAD.encode(&bytes);
    assert_eq!(
        post.judge(Asked::Card(&forged)).await,
        Answer::bare(Outcome::Forged)
    );
    // A key of ours that signs other things cannot sign a card: named on one, it is as wrong as a bad signature.
    let kid = public_half(Purpose::Publisher, &seed(PUBLISHER)).0;
    assert_eq!(
        post.card(PUBLISHER, token, LATER).await.outcome,
        Outcome::Forged,
        "{kid}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compromised_key_proves_nothing_and_the_record_decides() {
    for kind in KINDS {
        let post = Post::of(kind).await;
        let token = Token([1; 16]);
        post.keep(token, 1, LATER).await;
        assert_eq!(
            post.card(POLIO, Token([2; 16]), LATER).await.outcome,
            Outcome::Valid
        );
        let kid = key(POLIO, Purpose::Issuer, polio()).info.kid;
        post.store.set_state(kid, KeyState::Retired).unwrap();
        assert_eq!(
            post.card(POLIO, Token([2; 16]), LATER).await.outcome,
            Outcome::Valid
        );
        post.store.set_state(kid, KeyState::Compromised).unwrap();
        assert_eq!(
            post.card(POLIO, Token([2; 16]), LATER).await,
            Answer::bare(Outcome::Unknown)
        );
        assert_eq!(
            post.card(POLIO, token, LATER).await.outcome,
            Outcome::Valid,
            "{kind:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_both_forms_are_looked_up_and_nothing_else() {
    for kind in KINDS {
        let post = Post::of(kind).await;
        let token = Token([0xab; 16]);
        post.keep(token, 2, LATER).await;
        let answer = post.judge(Asked::Token(&token.to_hex())).await;
        assert_eq!(
            (answer.outcome, campaign(&answer)),
            (Outcome::Valid, Some(("SUIVI", Some("Suivi"))))
        );
        assert_eq!(
            answer.campaign.unwrap().counted_as,
            0,
            "a sensitive programme is not counted"
        );
        let upper = token.to_hex().to_uppercase();
        assert_eq!(post.judge(Asked::Token(&upper)).await.outcome, Outcome::Valid);
        let older = "0123456789abcdef".repeat(4);
        assert_eq!(post.judge(Asked::Token(&older)).await.outcome, Outcome::Unknown);
        let legacy = teranga_core::card::legacy::LegacyToken::from_hex(&older).unwrap();
        let text = "INSERT INTO cards (organisation, campaign, token_hash, issued, revision) VALUES (1, 1, $1, 0, 0)";
        let row = [legacy.hash().to_vec().into()];
        let added: Result<u64, DbError> = post.test.write(move |tx| Box::pin(sql::run(tx, text, row))).await;
        assert_eq!(added, Ok(1));
        let answer = post.judge(Asked::Token(&older)).await;
        assert_eq!(
            (answer.outcome, answer.expires),
            (Outcome::Valid, None),
            "{kind:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_is_sealed_by_any_key_of_its_campaign_and_revoked_with_its_card() {
    let post = Post::of(Kind::Sqlite).await;
    let signer = SigningKey::from_seed(Purpose::Issuer, &seed(POLIO));
    let pass = Pass {
        campaign: "POLIO26".into(),
        token: Token([5; 16]),
        issued: date(2026, 3, 1),
        expires: LATER,
    };
    let p = pass.sign(&signer).unwrap();
    let s = wallet::seal(&seed(PASSES), &p);
    assert_eq!(post.judge(Asked::Pass(&p, &s)).await.outcome, Outcome::Valid);
    assert_eq!(
        post.judge(Asked::Pass(&p, &"0".repeat(64))).await,
        Answer::bare(Outcome::Unknown)
    );
    post.store.insert(&key(44, Purpose::Pass, polio())).unwrap();
    let again = wallet::seal(&seed(44), &p);
    for s in [&s, &again] {
        assert_eq!(post.judge(Asked::Pass(&p, s)).await.outcome, Outcome::Valid);
    }
    let kid = key(44, Purpose::Pass, polio()).info.kid;
    post.store.set_state(kid, KeyState::Compromised).unwrap();
    assert_eq!(
        post.judge(Asked::Pass(&p, &again)).await.outcome,
        Outcome::Unknown
    );
    post.keep(pass.token, 1, LATER).await;
    post.revoke(pass.token).await;
    assert_eq!(post.judge(Asked::Pass(&p, &s)).await.outcome, Outcome::Revoked);
}

/// Texts that are no card, or a stranger's.
fn nonsense() -> Vec<String> {
    let card = link(STRANGER, Token([1; 16]), LATER);
    vec![
        String::new(),
        "A".into(),
        "A".repeat(10_000),
        "%FF%00%0A".into(),
        "\u{1}\u{7f}é".into(),
        card[..card.len() - 8].to_owned(),
        card.clone() + "AAAA",
        card,
        Form::Compact.write(&[0; 111]),
        "0".repeat(32),
        "f".repeat(64),
        "zz".repeat(16),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_and_what_is_no_card_get_the_same_answer_for_the_same_work() {
    for kind in KINDS {
        let post = Post::of(kind).await;
        post.keep(Token([1; 16]), 1, LATER).await;
        post.desk.work.take();
        post.card(POLIO, Token([1; 16]), LATER).await;
        let [signatures, hashes, look_ups] = post.desk.work.take();
        assert_eq!([signatures, hashes, look_ups], [1, 1, 1], "a good card");
        for text in nonsense() {
            for (asked, work) in [
                (Asked::Card(&text), [1, 1, 1]),
                (Asked::Pass(&text, &text), [1, 1, 1]),
                (Asked::Pass("", &text), [1, 1, 1]),
                (Asked::Token(&text), [0, 1, 1]),
            ] {
                assert_eq!(
                    post.judge(asked).await,
                    Answer::bare(Outcome::Unknown),
                    "{asked:?}"
                );
                assert_eq!(post.desk.work.take(), work, "{kind:?} {asked:?}");
            }
        }
    }
}

async fn ask(
    desk: &Desk,
    way: Way,
    uri: &str,
    headers: &[(header::HeaderName, &str)],
) -> (StatusCode, HeaderMap, String) {
    let uri: Uri = uri.parse().unwrap();
    let headers = headers
        .iter()
        .map(|(name, value)| (name.clone(), value.parse().unwrap()));
    let response = http::answer(desk, way, &uri, &headers.collect(), None).await;
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    (
        head.status,
        head.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_json_and_people_a_small_page_in_their_language() {
    let post = Post::of(Kind::Sqlite).await;
    let token = Token([1; 16]);
    post.keep(token, 1, LATER).await;
    let address = format!("/mpi/verify/{}", token.to_hex());
    let (status, headers, body) = ask(&post.desk, Way::Token, &address, &[]).await;
    assert_eq!(
        (status, &headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"application/json".parse().unwrap())
    );
    insta::assert_snapshot!(body, @r#"{"verdict":"valid","valid":true,"campaign":"POLIO26","programme":"Vaccination","issued":"2026-03-01","expires":"2028-03-01","revoked":null}"#);
    let card = format!("/c/{}", link(POLIO, token, LATER));
    let (status, headers, page) = ask(
        &post.desk,
        Way::Card,
        &card,
        &[(header::ACCEPT_LANGUAGE, "fr-SN")],
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    for part in [
        "lang=\"fr\"",
        "Valable",
        "Vaccination · POLIO26",
        "29 février 2028",
        "?lang=en",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("<style"));
    assert!(page.len() + super::page::STYLE.len() < 10_000);
    assert!(!page.contains(&token.to_hex()) && !body.contains(&token.to_hex()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_sent_gets_into_the_page_as_markup() {
    let post = Post::of(Kind::Sqlite).await;
    let (_, _, page) = ask(&post.desk, Way::Pass, "/verify?p=%3Cb%3E&x='onclick='a", &[]).await;
    assert!(
        !page.contains("x='onclick") && page.contains("&#38;x=&#39;onclick") && page.contains("Not known"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_card_is_not_looked_at_without_end() {
    let settings = Verification {
        card_rate: 3,
        ..Verification::default()
    };
    let post = Post::open(Kind::Sqlite, settings).await;
    let address = format!("/mpi/verify/{}", "0".repeat(32));
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let (status, headers, _) = ask(&post.desk, Way::Token, &address, &[]).await;
        assert_eq!(
            headers.contains_key(header::RETRY_AFTER),
            status == StatusCode::TOO_MANY_REQUESTS
        );
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        statuses.push(status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    let (status, _, page) = ask(&post.desk, Way::Token, &(address + "?format=html"), &[]).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.contains("One moment"), "{page}");
    let other = format!("/mpi/verify/{}", "1".repeat(32));
    assert_eq!(ask(&post.desk, Way::Token, &other, &[]).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_said_to_people_and_programs() {
    let post = Post::of(Kind::Sqlite).await;
    post.test.close().await.unwrap();
    let address = format!("/mpi/verify/{}", "0".repeat(32));
    let (status, headers, body) = ask(&post.desk, Way::Token, &address, &[]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
    assert!(body.contains("\"unavailable\""), "{body}");
    let (status, headers, page) = ask(&post.desk, Way::Card, "/c/ABC", &[]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key(header::RETRY_AFTER) && page.contains("Not now"));
}

async fn counts(post: &Post) -> Vec<(i64, String, i64)> {
    let text = "SELECT campaign, verdict, scans FROM scan_counts ORDER BY campaign, verdict";
    let rows = sql::all(post.test.reader(), text, []).await.unwrap();
    rows.iter()
        .map(|row| {
            let at = |column| row.try_get_by_index(column).unwrap();
            (at(0), row.try_get_by_index(1).unwrap(), at(2))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_are_counted_by_campaign_and_verdict_and_added_up() {
    for kind in KINDS {
        let post = Post::of(kind).await;
        let (polio, hidden) = (Token([1; 16]), Token([2; 16]));
        post.keep(polio, 1, LATER).await;
        post.keep(hidden, 2, LATER).await;
        for _ in 0..2 {
            for token in [polio, hidden, Token([9; 16])] {
                ask(
                    &post.desk,
                    Way::Token,
                    &format!("/mpi/verify/{}", token.to_hex()),
                    &[],
                )
                .await;
            }
            post.desk.write_counts().await;
        }
        let expected = [(0, "unknown", 2), (0, "valid", 2), (1, "valid", 2)];
        assert_eq!(
            counts(&post).await,
            expected.map(|(campaign, verdict, scans)| (campaign, verdict.to_owned(), scans)),
            "{kind:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_by_another_server_is_seen_by_a_desk_that_follows() {
    for kind in KINDS {
        let post = Post::of(kind).await;
        let token = Token([1; 16]);
        post.keep(token, 1, LATER).await;
        let clock = Clock::standing("2026-06-01T08:30:00Z".parse().unwrap());
        let other = Arc::new(Desk::new(post.store.clone(), clock, Verification::default()).unwrap());
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let follower = tokio::spawn(Arc::clone(&other).follow(stopping));
        while !other.cards().is_current() {
            tokio::task::yield_now().await;
        }
        let asked = token.to_hex();
        let look = async || other.judge(Asked::Token(&asked), TODAY).await.unwrap().outcome;
        assert_eq!(look().await, Outcome::Valid);
        post.revoke(token).await;
        while look().await != Outcome::Revoked {
            tokio::task::yield_now().await;
        }
        stop.send(true).unwrap();
        follower.await.unwrap();
        assert!(!other.cards().is_current(), "what nobody follows is not believed");
        assert_eq!(look().await, Outcome::Revoked);
    }
}
