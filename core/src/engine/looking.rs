//! Looking at cards and people.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::open::Open;
use super::{Engine, EngineError, Right};
use crate::card::trust::TrustList;
use crate::decode::{Budget, Frame, ScanStep};
use crate::find::{Alike, Answer, Question, Shown, Who};
use crate::person::Demographics;
use crate::registry::Handle;
use crate::registry::filter::Key;
use crate::scan::{self, CardNote, Eyes, Lists, LogEntry, Seen};
use crate::store::Vault;
use crate::sync::note;
use crate::verify::read_typed;
use crate::wire::enroll::ConsentText;
use crate::wire::fact::CardRef;

/// What a post works for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Post {
    /// The prefix of its campaign; none: any.
    pub campaign: Option<String>,
    /// The program and round for which something is given out; none: nothing is.
    pub round: Option<(u64, String)>,
}

impl Engine {
    /// The verdict on the text of a code, logged without anything about a person.
    pub fn scan(&self, text: &str, post: &Post) -> Result<Seen, EngineError> {
        let lists = self.lists()?;
        self.with(Right::Scan, |open| {
            let seen = self.eyes(open, &lists, post)?.scan(text)?;
            self.logged(open, &lists, seen)
        })
    }

    /// The verdict on a typed card code or MPI id.
    pub fn typed(&self, text: &str, post: &Post) -> Result<Seen, EngineError> {
        let lists = self.lists()?;
        self.with(Right::Scan, |open| {
            let seen = self.eyes(open, &lists, post)?.typed(text)??;
            self.logged(open, &lists, seen)
        })
    }

    /// Looks for a code in a camera frame; with the verdict when one was read. Frames of one card follow each other.
    pub fn frame(&self, frame: &Frame<'_>, post: &Post) -> Result<(ScanStep, Option<Seen>), EngineError> {
        let step = {
            let mut camera = self.camera.lock().map_err(|_| EngineError::Failed)?;
            camera.push(frame, Budget::CAMERA, None)
        };
        let read = step.readings.first().map(|reading| reading.text.clone());
        let seen = read.map(|text| self.scan(&text, post)).transpose()?;
        Ok((step, seen))
    }

    fn logged(&self, open: &mut Open, lists: &Lists, seen: Seen) -> Result<Seen, EngineError> {
        let at = lists.trusted.max(self.now());
        scan::log(&mut open.vault, &seen, at)?;
        Ok(seen)
    }

    fn eyes<'a>(
        &self,
        open: &'a Open,
        lists: &'a Lists,
        post: &'a Post,
    ) -> Result<Eyes<'a, Vault>, EngineError> {
        Ok(Eyes {
            lists,
            numbers: open.numbers.as_deref(),
            store: &open.vault,
            campaign: post.campaign.as_deref(),
            round: post.round.as_ref().map(|(program, round)| (*program, &**round)),
            device: self.now(),
            floor: self.trusted()?,
        })
    }

    /// The lists of the newest bundle, opened once for each.
    pub(super) fn lists(&self) -> Result<Arc<Lists>, EngineError> {
        let generation = self.generation.load(Ordering::Relaxed);
        let mut held = self.lists.lock().map_err(|_| EngineError::Failed)?;
        if let Some((of, lists)) = held.as_ref()
            && *of == generation
        {
            return Ok(Arc::clone(lists));
        }
        let root = self.identity()?.root;
        let coming = self.shared.outbox()?.note(note::COMING)?;
        let lists = Lists::open(&*self.shared.folder()?, coming.as_deref(), &root)?;
        let lists = Arc::new(lists.ok_or(EngineError::NoLists)?);
        *held = Some((generation, Arc::clone(&lists)));
        Ok(lists)
    }

    /// The keys that count, for a reader of photos that tries what a damaged code could say.
    pub fn trust(&self) -> Result<TrustList, EngineError> {
        match self.lists() {
            Err(EngineError::NoLists) => Ok(self.identity()?.trust),
            lists => Ok(lists?.trust.clone()),
        }
    }

    /// The texts that are read before someone is registered.
    pub fn consents(&self) -> Result<Vec<ConsentText>, EngineError> {
        Ok(self.identity()?.setup.consents)
    }

    /// People of the area who answer a question.
    pub fn find(&self, question: &Question, most: usize) -> Result<Answer, EngineError> {
        self.with(Right::Register, |open| {
            Ok(open.area.search(question, most, &open.vault)?)
        })
    }

    /// The person of an MPI id, a card code or the text of a card, if they are of this phone's area.
    pub fn find_by_number(&self, text: &str) -> Result<Option<Shown>, EngineError> {
        self.with(Right::Register, |open| {
            let card = match read_typed(text) {
                Ok(Handle::Mpi(mpi)) => return Ok(open.area.show(&Who::Mpi(mpi), &open.vault)?),
                Ok(Handle::Code(code)) => CardRef::Code(code),
                Ok(Handle::Legacy(_)) | Err(_) => {
                    let lists = self.lists()?;
                    let post = Post::default();
                    let seen = self.eyes(open, &lists, &post)?.scan(text)?;
                    match seen.card {
                        Some(card) => card,
                        None => return Ok(None),
                    }
                }
            };
            let who = holder(open, &card)?;
            match who {
                Some(who) => Ok(open.area.show(&who, &open.vault)?),
                None => Ok(None),
            }
        })
    }

    /// Who could be the person of a form that is being filled.
    pub fn alike(&self, person: &Demographics) -> Result<Vec<Alike>, EngineError> {
        self.with(Right::Register, |open| {
            Ok(open.area.alike(person, &open.vault)?)
        })
    }

    /// What was scanned here, the oldest first.
    pub fn scan_log(&self) -> Result<Vec<LogEntry>, EngineError> {
        self.with(Right::Scan, |open| Ok(scan::logged(&open.vault)?))
    }
}

/// Who holds a card, as far as this phone knows: by what it did with it, or by the bundle.
fn holder(open: &Open, card: &CardRef) -> Result<Option<Who>, EngineError> {
    let note: Option<CardNote> = scan::note_of(&open.vault, card)?;
    if let Some(note) = note {
        let registration = note.registration.map(Who::Registration);
        if let Some(who) = note.mpi.map(Who::Mpi).or(registration) {
            return Ok(Some(who));
        }
    }
    let Some(numbers) = &open.numbers else {
        return Ok(None);
    };
    let known = |hash: &[u8; 8]| open.holders.get(hash).copied();
    Ok(match card {
        CardRef::Token(hash) => numbers.handles_of(Key::of(hash)).find_map(|hash| known(&hash)),
        CardRef::Code(code) => numbers
            .neighbors_of(&Handle::Code(*code))
            .into_iter()
            .find_map(|hash| known(&hash)),
    }
    .map(Who::Mpi))
}
