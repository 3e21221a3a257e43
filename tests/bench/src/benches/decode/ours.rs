//! Our reader as a phone calls it: frames of a camera, a trust list, the hosts of the campaigns it serves.

use jiff::civil::date;
use teranga_bench::frames::{HEIGHT, WIDTH, payload};
use teranga_core::card::key::Purpose;
use teranga_core::card::signing::{PublicKey, SigningKey};
use teranga_core::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use teranga_core::decode::{Budget, Frame, FrameScanner, TrustJudge, read};
use teranga_core::sensitive::Secret;

/// A trust list with the one key that signs every card of the corpus.
pub fn trust() -> anyhow::Result<TrustList> {
    let root = SigningKey::from_seed(Purpose::Root, &Secret::take(&mut [1; 32]));
    let (day, issuer) = (date(2026, 1, 1), payload::issuer());
    let PublicKey(public) = issuer.public();
    let mut trust = TrustList::new(1, day, "Bench", root.public());
    trust.add(TrustEntry {
        kid: issuer.kid(),
        purpose: issuer.purpose(),
        public,
        scope: Scope::Campaign("POLIO26".to_owned()),
        not_before: day,
        not_after: date(2027, 1, 1),
        state: KeyState::Active,
    })?;
    Ok(trust)
}

/// The judge of a phone that serves the campaigns of the corpus.
pub fn judge(trust: &TrustList) -> TrustJudge<'_> {
    TrustJudge::new(trust, payload::hosts())
}

/// What one frame by itself says.
pub fn texts(luma: &[u8], judge: &TrustJudge<'_>) -> anyhow::Result<Vec<String>> {
    let frame = Frame::new(luma, WIDTH, HEIGHT, WIDTH)?;
    let readings = read(&frame, Budget::CAMERA, Some(judge));
    Ok(readings.into_iter().map(|reading| reading.text).collect())
}

/// What one more frame of a sequence says.
pub fn next(scanner: &mut FrameScanner, luma: &[u8], judge: &TrustJudge<'_>) -> anyhow::Result<Vec<String>> {
    let frame = Frame::new(luma, WIDTH, HEIGHT, WIDTH)?;
    let step = scanner.push(&frame, Budget::CAMERA, Some(judge));
    Ok(step.readings.into_iter().map(|reading| reading.text).collect())
}

/// A scanner that asks zxing-cpp where it saw a code and could not read it.
pub fn with_second_opinion() -> FrameScanner {
    let scanner = FrameScanner::new();
    #[cfg(feature = "readers")]
    let scanner = scanner.with_second_opinion();
    scanner
}
