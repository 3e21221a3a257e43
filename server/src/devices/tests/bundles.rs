use std::io::Read as _;

use axum::body::Body;
use axum::http::Request;
use data_encoding::HEXLOWER;
use teranga_core::registry::bundle::manifest::{Kind as PartKind, Manifest, Part};
use teranga_core::registry::bundle::{keys, part, people};
use teranga_core::wire::bundle::BundleAnswer;
use teranga_core::wire::path;
use tower::ServiceExt as _;

use super::*;
use crate::db::testing::KINDS;

async fn manifest(office: &Office, phone: &Phone) -> Manifest {
    let answer: BundleAnswer = ask(&office.router, ("GET", path::BUNDLE), phone.token(), &())
        .await
        .unwrap();
    Manifest::open(phone.trust.as_ref().unwrap(), &answer.manifest.0).unwrap()
}

/// A part, or a range of it, with the status of the answer.
async fn fetch(office: &Office, phone: &Phone, part: &Part, range: Option<&str>) -> (u16, Vec<u8>) {
    let place = format!("{}/{}", path::PARTS, HEXLOWER.encode(&part.hash));
    let mut request =
        Request::get(place).header("authorization", format!("Bearer {}", phone.token().unwrap()));
    if let Some(range) = range {
        request = request.header("range", range);
    }
    let response = office
        .router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 26).await.unwrap();
    (status, bytes.to_vec())
}

#[tokio::test]
async fn a_phone_carries_the_people_of_its_area_and_opens_them_with_its_vault_key() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        let packet = phone.register(office.agent, somebody(1));
        let mut elsewhere = somebody(5000);
        elsewhere.place.region = "THS".into();
        phone.register(office.agent, elsewhere);
        phone.push(&office.router).await.unwrap();
        let manifest = manifest(&office, &phone).await;
        let (place, found) = manifest.parts_of(PartKind::People).next().unwrap();
        let (status, sealed) = fetch(&office, &phone, found, None).await;
        assert_eq!((status, sealed.len() as u64), (200, found.size));
        let (_, key) = manifest.recipients[0]
            .keys
            .iter()
            .find(|(at, _)| *at == place)
            .unwrap();
        let key = keys::open(phone.vault.secret(), found, key).unwrap();
        let mut opened = Vec::new();
        part::open(&sealed[..], found, &key)
            .unwrap()
            .read_to_end(&mut opened)
            .unwrap();
        let (_, known) = people::read(&opened[..]).unwrap();
        let known: Vec<_> = known.map(|person| person.unwrap().mpi).collect();
        assert_eq!(known, [phone.assigned[&packet]]);
        assert!(
            keys::open(
                Phone::default().vault.secret(),
                found,
                &manifest.recipients[0].keys[0].1
            )
            .is_err()
        );
    }
}

#[tokio::test]
async fn parts_are_shared_and_fetched_by_ranges() {
    for kind in KINDS {
        let office = office(kind).await;
        let ((_, one), (_, other)) = (office.phone().await, office.phone().await);
        let (first, second) = (manifest(&office, &one).await, manifest(&office, &other).await);
        assert_eq!((&first.parts, first.number), (&second.parts, second.number));
        assert_ne!(first.recipients, second.recipients);
        let trust = first.parts_of(PartKind::Trust).next().unwrap().1;
        let (_, whole) = fetch(&office, &one, trust, None).await;
        let (status, end) = fetch(&office, &one, trust, Some("bytes=10-")).await;
        assert_eq!((status, &end[..]), (206, &whole[10..]));
        let (status, _) = fetch(&office, &one, trust, Some("bytes=999999-")).await;
        assert_eq!(status, 416);
        let unknown = Part {
            hash: [7; 32],
            ..*trust
        };
        assert_eq!(fetch(&office, &one, &unknown, None).await.0, 404);
    }
}

#[tokio::test]
async fn another_areas_people_are_not_given_out() {
    let office = office(Kind::Sqlite).await;
    let (_, one) = office.phone().await;
    let theirs = manifest(&office, &one).await;
    let people = theirs.parts_of(PartKind::People).next().unwrap().1;
    let (_, ticket) = office.ticket("SN/DKR/Pikine").await;
    let mut other = Phone::default();
    other.enroll(&office.router, &ticket).await.unwrap();
    other.open(&office.router).await.unwrap();
    assert_eq!(fetch(&office, &other, people, None).await.0, 404);
    assert_eq!(fetch(&office, &one, people, None).await.0, 200);
}
