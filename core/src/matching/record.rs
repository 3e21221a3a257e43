//! A model as it is kept and sent: in a server's table of models, and in the bundle of a phone.
//!
//! A server learns at night and nothing changes by morning: what was learnt waits until a person has looked at it.
//! [`ModelRecord::learnt`] makes a record that waits, [`promote`](ModelRecord::promote) writes down who promoted it and
//! when, and only then [`in_use`](ModelRecord::in_use) gives out the weights. The weights that are shipped were looked at
//! by those who shipped them.
//!
//! Written down, a record is JSON of version [`VERSION`]: `{version, id, learnt_from, learnt_on, promotion, model,
//! frequencies}`. Reading checks the version, that every field has a weight for every level, and that the id is that of
//! the weights, so a record that was cut or changed on its way is refused rather than used.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::frequency::Frequencies;
use super::learn::Learnt;
use super::levels::Field;
use super::model::{Model, Provenance};

/// The version that is written, and the only one that is read.
const VERSION: u16 = 1;

/// A model with its frequencies, where it comes from, and who promoted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct ModelRecord {
    model: Model,
    frequencies: Frequencies,
    made_on: Date,
    promotion: Option<Promotion>,
}

/// Who decided that a learnt model is used, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// The member of staff.
    pub by: String,
    /// The day.
    pub on: Date,
}

/// Why a record cannot be read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelRecordError {
    /// Written by a later version of this software.
    #[error("the model is of version {0} and this software reads version {VERSION}: update it")]
    Version(u16),
    /// A field without a weight for each of its levels.
    #[error("the model has no weight for some levels of {0:?}: it is damaged, fetch it again")]
    Levels(Field),
    /// The numbers are not those that the id names.
    #[error(
        "the model says it is {said} and its weights are those of {found}: it is damaged, fetch it again"
    )]
    Id {
        /// The id in the record.
        said: String,
        /// The id of its weights.
        found: String,
    },
    /// Nobody promoted it.
    #[error("the model {0} was learnt and not promoted yet: an administrator has to look at it first")]
    NotPromoted(String),
}

impl ModelRecord {
    /// What a register taught on a day, waiting to be promoted.
    pub fn learnt(learnt: Learnt, on: Date) -> Self {
        Self {
            model: learnt.model,
            frequencies: learnt.frequencies,
            made_on: on,
            promotion: None,
        }
    }

    /// The weights that are shipped, with the frequencies of a register as it was on a day. Nobody needs to promote
    /// them.
    pub fn shipped(frequencies: Frequencies, on: Date) -> Self {
        Self {
            model: Model::default_for(frequencies.people()),
            frequencies,
            made_on: on,
            promotion: None,
        }
    }

    /// Names the model, as decisions do.
    pub fn id(&self) -> String {
        self.model.id()
    }

    /// People in the register when it was learnt or counted.
    pub fn learnt_from(&self) -> u64 {
        self.frequencies.people()
    }

    /// The day on which it was learnt or counted.
    pub fn learnt_on(&self) -> Date {
        self.made_on
    }

    /// Who promoted it.
    pub fn promotion(&self) -> Option<&Promotion> {
        self.promotion.as_ref()
    }

    /// Writes down that a member of staff looked at it and wants it used. The first promotion stays.
    pub fn promote(&mut self, promotion: Promotion) {
        self.promotion.get_or_insert(promotion);
    }

    /// The weights and frequencies by which to decide.
    ///
    /// # Errors
    /// [`ModelRecordError::NotPromoted`] for a learnt model that nobody promoted.
    pub fn in_use(&self) -> Result<(&Model, &Frequencies), ModelRecordError> {
        match self.model.provenance {
            Provenance::Learnt { .. } if self.promotion.is_none() => {
                Err(ModelRecordError::NotPromoted(self.id()))
            }
            _ => Ok(self.for_review()),
        }
    }

    /// The weights and frequencies for whoever looks at them, promoted or not; never to decide.
    pub fn for_review(&self) -> (&Model, &Frequencies) {
        (&self.model, &self.frequencies)
    }
}

/// The form that is written.
#[derive(Serialize, Deserialize)]
struct Written {
    version: u16,
    id: String,
    learnt_from: u64,
    learnt_on: Date,
    promotion: Option<Promotion>,
    model: Model,
    frequencies: Frequencies,
}

impl From<ModelRecord> for Written {
    fn from(record: ModelRecord) -> Self {
        Self {
            version: VERSION,
            id: record.id(),
            learnt_from: record.learnt_from(),
            learnt_on: record.made_on,
            promotion: record.promotion,
            model: record.model,
            frequencies: record.frequencies,
        }
    }
}

impl TryFrom<Written> for ModelRecord {
    type Error = ModelRecordError;

    fn try_from(written: Written) -> Result<Self, ModelRecordError> {
        if written.version != VERSION {
            return Err(ModelRecordError::Version(written.version));
        }
        let model = written.model;
        // A missing field weighs nothing, whatever a record says.
        let whole = |field: &Field| {
            let weights = &model.weights[*field as usize];
            weights.len() == field.levels() && weights[0] == 0
        };
        if let Some(field) = Field::ALL.into_iter().find(|field| !whole(field)) {
            return Err(ModelRecordError::Levels(field));
        }
        let found = model.id();
        if found != written.id {
            return Err(ModelRecordError::Id {
                said: written.id,
                found,
            });
        }
        Ok(Self {
            model,
            frequencies: written.frequencies,
            made_on: written.learnt_on,
            promotion: written.promotion,
        })
    }
}
