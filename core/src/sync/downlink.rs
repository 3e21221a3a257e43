//! What the server has to say: commands are obeyed at once, everything personal waits for the vault.

use super::error::SyncError;
use super::identity::{note, number, vouched};
use super::observe::{Command, Step, Summary};
use super::run::Run;
use super::transport::Transport;
use crate::outbox::{Incoming, Kind};
use crate::store::PlatformKeystore;
use crate::wire::downlink::{DownlinkAnswer, Item, Message, Page, To};
use crate::wire::path;

impl<T: Transport, K: PlatformKeystore> Run<'_, T, K> {
    /// Asks page after page, from the last number that was taken.
    pub(super) async fn listen(&self, summary: &mut Summary) -> Result<(), SyncError> {
        self.observer.step(&Step::Listening);
        loop {
            let after = number(&*self.outbox()?, note::CURSOR)?;
            let asked = format!("{}?after={after}", path::DOWNLINK);
            let answer: DownlinkAnswer = self.client.get(&asked).await?;
            let page = self.open_signed(&answer.page)?;
            if page.device != self.identity.device {
                return Err(SyncError::NotSigned);
            }
            let (more, empty) = (answer.more, page.items.is_empty());
            self.take_page(page, after, summary)?;
            if !more || empty {
                return Ok(());
            }
        }
    }

    pub(crate) fn take_page(&self, page: Page, after: u64, summary: &mut Summary) -> Result<(), SyncError> {
        let mut incoming = Vec::new();
        let mut last = after;
        for item in page.items {
            // A page that goes back or stands still would be asked for forever.
            if item.number <= last {
                continue;
            }
            last = item.number;
            summary.messages += 1;
            incoming.extend(self.take_item(item)?);
        }
        let mut outbox = self.outbox()?;
        let mut notes = vec![(note::CURSOR, last.to_be_bytes().to_vec())];
        notes.extend(vouched(&outbox, page.at)?);
        Ok(outbox.receive(&[], &incoming, &notes)?)
    }

    /// Obeys a command, or gives what waits for the vault. A message that this version cannot read is passed over.
    fn take_item(&self, item: Item) -> Result<Option<Incoming>, SyncError> {
        if item.to == To::Vault {
            let body = serde_json::to_vec(&item).map_err(|_| SyncError::NotTheServer)?;
            let kind = Kind::Item;
            return Ok(Some(Incoming { kind, body }));
        }
        let Ok(message) = item.open(self.identity.device, &self.identity.transport) else {
            return Ok(None);
        };
        let command = match message {
            Message::Lock => Command::Lock,
            Message::Unlock => Command::Unlock,
            Message::Wipe => Command::Wipe,
            Message::EnableUser { user } => Command::EnableUser(user),
            Message::Setup(setup) => Command::Setup(setup),
            other => {
                let body = serde_json::to_vec(&other).map_err(|_| SyncError::NotTheServer)?;
                let kind = Kind::Message;
                return Ok(Some(Incoming { kind, body }));
            }
        };
        self.obey.obey(command)?;
        Ok(None)
    }
}
