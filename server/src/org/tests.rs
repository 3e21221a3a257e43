//! The contract of the store, on both databases.

use super::*;
use crate::db::testing::{KINDS, fresh};

fn organisation_of(code: &str) -> NewOrganisation {
    NewOrganisation {
        code: code.into(),
        name: "Ministère de la Santé".into(),
        country: "sénégal".into(),
        at: 1,
    }
}

fn program_of(code: &str) -> NewProgram {
    NewProgram {
        code: code.into(),
        name: "Malaria 2026".into(),
        public_name: None,
        kind: "malaria".into(),
        sensitive: false,
        retention_years: Some(5),
        at: 2,
    }
}

fn campaign_of(program: i64, prefix: &str) -> NewCampaign {
    NewCampaign {
        program,
        code: "nets".into(),
        name: "Nets".into(),
        prefix: prefix.into(),
        starts: Some(1),
        ends: Some(2),
        at: 3,
    }
}

#[tokio::test]
async fn what_was_made_is_read_back_by_its_own_organization_alone() {
    for kind in KINDS {
        let db = fresh(kind).await;
        let read = db.write(|tx| {
            Box::pin(async move {
                let one = add_organisation(tx, &organisation_of("one")).await?;
                let two = add_organisation(tx, &organisation_of("two")).await?;
                let program = add_program(tx, one, &program_of("malaria")).await?;
                add_campaign(tx, one, &campaign_of(program, "NET26")).await?;
                let stolen = add_campaign(tx, two, &campaign_of(program, "NET26")).await;
                assert!(matches!(stolen, Err(OrgError::Refused(_))), "{stolen:?}");
                let area = KnownArea {
                    path: "SN/DKR".into(),
                    name: "Dakar".into(),
                    people: Some(4_000_000),
                };
                add_area(tx, one, &area, 4).await?;
                add_area(
                    tx,
                    one,
                    &KnownArea {
                        name: "Dakar region".into(),
                        ..area
                    },
                    5,
                )
                .await?;
                Ok::<_, OrgError>((one, two, program))
            })
        });
        let (one, two, id) = read.await.unwrap();
        let reader = db.reader();
        let found = organisation(reader, "one").await.unwrap().unwrap();
        assert_eq!((found.id, found.country.as_str()), (one, "SN"), "{kind:?}");
        assert_eq!(organisations(reader).await.unwrap().len(), 2);
        let malaria = program(reader, one, "malaria").await.unwrap().unwrap();
        assert_eq!(
            (malaria.id, malaria.public_name.as_str(), malaria.retention_years),
            (id, "Malaria 2026", Some(5))
        );
        assert_eq!(campaigns(reader, one).await.unwrap()[0].program, id);
        assert_eq!(areas(reader, one).await.unwrap()[0].name, "Dakar region");
        assert!(
            programs(reader, two).await.unwrap().is_empty() && areas(reader, two).await.unwrap().is_empty()
        );
        assert_eq!(program(reader, two, "malaria").await.unwrap(), None);
        let closed = db.write(move |tx| {
            Box::pin(async move {
                assert!(!close_program(tx, two, id, 9).await?, "by another organization");
                Ok::<_, DbError>((
                    close_program(tx, one, id, 9).await?,
                    close_program(tx, one, id, 10).await?,
                ))
            })
        });
        assert_eq!(closed.await.unwrap(), (true, false));
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_words() {
    let db = fresh(crate::db::testing::Kind::Sqlite).await;
    let refused = db.write(|tx| {
        Box::pin(async move {
            let one = add_organisation(tx, &organisation_of("one")).await?;
            let mut said = vec![
                add_organisation(tx, &organisation_of("One")).await,
                add_organisation(
                    tx,
                    &NewOrganisation {
                        country: "FR".into(),
                        ..organisation_of("two")
                    },
                )
                .await,
                add_program(
                    tx,
                    one,
                    &NewProgram {
                        kind: "hiv".into(),
                        ..program_of("pmtct")
                    },
                )
                .await,
                add_program(
                    tx,
                    one,
                    &NewProgram {
                        kind: "war".into(),
                        ..program_of("war")
                    },
                )
                .await,
                add_program(
                    tx,
                    one,
                    &NewProgram {
                        retention_years: Some(0),
                        ..program_of("short")
                    },
                )
                .await,
                add_campaign(tx, one, &campaign_of(1, "net")).await,
                add_campaign(
                    tx,
                    one,
                    &NewCampaign {
                        ends: Some(0),
                        ..campaign_of(1, "NET")
                    },
                )
                .await,
            ];
            said.retain(|outcome| !matches!(outcome, Err(OrgError::Refused(words)) if words.len() > 20));
            Ok::<_, OrgError>(said)
        })
    });
    assert_eq!(refused.await.unwrap(), [], "all were refused");
    let twice = db.write(|tx| Box::pin(async move { add_organisation(tx, &organisation_of("one")).await }));
    assert!(matches!(twice.await, Err(OrgError::Db(DbError::Conflict(_)))));
}
