//! After a valid scan with a network at hand: in how many programs the card's holder is. A number, nothing else.

use super::error::SyncError;
use super::observe::Summary;
use super::run::Line;
use super::transport::Transport;
use crate::card::token::TokenHash;
use crate::store::PlatformKeystore;
use crate::wire::bundle::KycAnswer;
use crate::wire::path;

impl<T: Transport, K: PlatformKeystore> Line<'_, T, K> {
    /// Asks the server in how many programs the holder of a card is; programs that are sensitive are not counted, and an
    /// unknown card counts 0.
    pub async fn programs(&self, card: &TokenHash) -> Result<u32, SyncError> {
        let identity = self.identity()?;
        let mut run = self.begin(&identity);
        self.open(&mut run, &mut Summary::default()).await?;
        let asked = format!("{}/{}", path::KYC, data_encoding::HEXLOWER.encode(card));
        let answer: KycAnswer = run.client.get(&asked).await?;
        Ok(answer.programs)
    }
}
