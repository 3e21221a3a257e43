//! Agreement levels: how far two values of a field agree, as small integers.
//!
//! Level 0 of every field is "nothing to compare" and weighs nothing. The other levels are ordered from disagreement to
//! agreement; their order is part of the model's format.

use serde::{Deserialize, Serialize};

macro_rules! levels {
    ($(#[$doc:meta])* $name:ident { $($(#[$level_doc:meta])* $level:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum $name {
            /// One side or both say nothing.
            #[default]
            Missing,
            $($(#[$level_doc])* $level),+
        }

        impl $name {
            /// Every level, in order.
            pub const ALL: &'static [Self] = &[Self::Missing, $(Self::$level),+];
        }
    };
}

levels! {
    /// A part of a name: given names, family names, or the mother's whole name.
    NameLevel {
        /// No token is alike.
        Differ,
        /// At least one token is equal, and another pair of tokens is not alike ("Mamadou Lamine", "Mamadou Bailo").
        Shares,
        /// Remaining tokens reach 0.75.
        Faint,
        /// Remaining tokens reach 0.85; an initial stands here.
        Similar,
        /// Remaining tokens reach 0.92; related names stand here.
        Near,
        /// All tokens of one side are equal, and the other side has more.
        Contained,
        /// The same tokens, in any order.
        Equal,
    }
}

levels! {
    /// Whether given and family names stand in their places, of names that agree.
    OrderLevel {
        /// As written.
        Straight,
        /// First and last name agree only when exchanged.
        Inverted,
    }
}

levels! {
    /// Dates of birth, as intervals where the day is not known.
    BirthLevel {
        /// More than five years apart.
        Differ,
        /// At most five years apart.
        Around,
        /// At most a year apart.
        WithinYear,
        /// Two known days of one year.
        SameYear,
        /// Two known days, one slip of the pen apart: a digit changed, or two neighbors exchanged.
        Slip,
        /// Two known days with day and month exchanged.
        Swapped,
        /// Intervals that overlap, at least one of them a year or an age.
        Overlap,
        /// Intervals that overlap, the coarser of them a month.
        SameMonth,
        /// The same day.
        Equal,
    }
}

levels! {
    /// Administrative sex.
    SexLevel {
        /// Different.
        Differ,
        /// The same.
        Equal,
    }
}

levels! {
    /// Where both live, by the finest level that agrees.
    PlaceLevel {
        /// Nothing agrees.
        Apart,
        /// Only the region.
        Region,
        /// The district, not the commune.
        District,
        /// A commune written almost the same, in another or no district.
        CommuneNear,
        /// The commune, in different districts.
        CommuneOnly,
        /// The district, and a commune written almost the same.
        DistrictCommuneNear,
        /// The commune, and no contradiction above it.
        Commune,
        /// The village or quarter too.
        Village,
    }
}

levels! {
    /// Identifiers of one system, the best pair of them.
    IdentifierLevel {
        /// Different.
        Differ,
        /// One slip apart.
        Near,
        /// Equal.
        Equal,
    }
}

levels! {
    /// Phone numbers; also households, which have no near form.
    PhoneLevel {
        /// Different.
        Differ,
        /// One slip apart.
        Near,
        /// Equal.
        Equal,
    }
}

/// The fields of a comparison, in the order of [`Levels::codes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Field {
    /// Given names.
    Given,
    /// Family names.
    Family,
    /// Whether the two stand in their places.
    Order,
    /// Date of birth.
    Birth,
    /// Administrative sex.
    Sex,
    /// Place of residence.
    Place,
    /// External identifiers.
    Identifier,
    /// Phone number.
    Phone,
    /// The mother's name.
    Mother,
    /// Household.
    Household,
}

impl Field {
    /// Every field, in order.
    pub const ALL: [Self; 10] = [
        Self::Given,
        Self::Family,
        Self::Order,
        Self::Birth,
        Self::Sex,
        Self::Place,
        Self::Identifier,
        Self::Phone,
        Self::Mother,
        Self::Household,
    ];
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// How many levels the field has, "missing" included.
    pub fn levels(self) -> usize {
        match self {
            Self::Given | Self::Family | Self::Mother => NameLevel::ALL.len(),
            Self::Order => OrderLevel::ALL.len(),
            Self::Birth => BirthLevel::ALL.len(),
            Self::Sex => SexLevel::ALL.len(),
            Self::Place => PlaceLevel::ALL.len(),
            Self::Identifier => IdentifierLevel::ALL.len(),
            Self::Phone | Self::Household => PhoneLevel::ALL.len(),
        }
    }

    /// The lowest level at which the two sides share a value, so that its rarity counts.
    pub fn shares_from(self) -> Option<u8> {
        match self {
            Self::Given | Self::Family | Self::Mother => Some(NameLevel::Shares as u8),
            Self::Birth => Some(BirthLevel::Equal as u8),
            Self::Place => Some(PlaceLevel::Commune as u8),
            Self::Identifier => Some(IdentifierLevel::Equal as u8),
            Self::Phone | Self::Household => Some(PhoneLevel::Equal as u8),
            Self::Order | Self::Sex => None,
        }
    }
}

/// How two persons agree, field by field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Levels {
    /// Given names.
    pub given: NameLevel,
    /// Family names.
    pub family: NameLevel,
    /// Whether the two stand in their places.
    pub order: OrderLevel,
    /// Date of birth.
    pub birth: BirthLevel,
    /// Administrative sex.
    pub sex: SexLevel,
    /// Place of residence.
    pub place: PlaceLevel,
    /// External identifiers.
    pub identifier: IdentifierLevel,
    /// Phone number.
    pub phone: PhoneLevel,
    /// The mother's name.
    pub mother: NameLevel,
    /// Household.
    pub household: PhoneLevel,
}

impl Levels {
    /// The levels as numbers, in the order of [`Field::ALL`].
    pub fn codes(&self) -> [u8; Field::COUNT] {
        [
            self.given as u8,
            self.family as u8,
            self.order as u8,
            self.birth as u8,
            self.sex as u8,
            self.place as u8,
            self.identifier as u8,
            self.phone as u8,
            self.mother as u8,
            self.household as u8,
        ]
    }

    /// The level of a field in words: `"near"`, `"same year"`.
    pub fn word(&self, field: Field) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        let word = serde_json::to_value(field)
            .ok()
            .and_then(|name| Some(value.get(name.as_str()?)?.as_str()?.to_owned()));
        word.unwrap_or_default().replace('_', " ")
    }
}
