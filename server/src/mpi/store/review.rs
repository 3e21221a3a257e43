//! Pairs that a person has to look at.

use sea_orm::ConnectionTrait as _;
use teranga_core::matching::{Decision, Judgement};

use crate::db::rows::{Column, Rows};
use crate::db::{DbError, Tx};

/// A pair that a person has to look at.
pub(in crate::mpi) struct Review {
    pub(in crate::mpi) organisation: i64,
    /// The smaller identity first.
    pub(in crate::mpi) pair: (i64, i64),
    pub(in crate::mpi) judgement: Judgement,
    pub(in crate::mpi) model: String,
    pub(in crate::mpi) region: String,
}

/// Opens a review of a pair, unless there was one.
pub(in crate::mpi) async fn review(tx: &Tx, review: &Review, at: i64) -> Result<(), DbError> {
    reviews(tx, std::slice::from_ref(review), at).await
}

/// Opens reviews of pairs, each unless there was one.
pub(in crate::mpi) async fn reviews(tx: &Tx, reviews: &[Review], at: i64) -> Result<(), DbError> {
    use Column::{Int, Text};
    let columns = [Int, Int, Int, Text, Int, Int, Text, Text, Text, Int];
    let mut rows = Rows::new(tx.get_database_backend(), columns);
    for review in reviews {
        let judgement = &review.judgement;
        let kind = if judgement.decision == Decision::Alert {
            "alert"
        } else {
            "review"
        };
        let veto = judgement.veto.and_then(|veto| serde_json::to_value(veto).ok());
        rows.push([
            review.organisation.into(),
            review.pair.0.into(),
            review.pair.1.into(),
            kind.into(),
            i64::from(judgement.score.0).into(),
            i64::from(judgement.similarity.0).into(),
            veto.as_ref().and_then(serde_json::Value::as_str).into(),
            (&review.model).into(),
            (&review.region).into(),
            at.into(),
        ]);
    }
    const INTO: &str =
        "reviews (organisation, low, high, kind, score, similarity, veto, model, region, opened)";
    rows.insert(tx, INTO, "ON CONFLICT (low, high) DO NOTHING")
        .await?;
    Ok(())
}
