//! What a phone's camera sees of a card: synthetic frames of 1280×720 luma, the same for the same seed everywhere.
//!
//! A frame is made in the order in which light makes it. A real payload is signed and drawn as the product draws it
//! ([`payload`], [`face`]), the card is worn or covered, posed before a background ([`pose`], [`scene`]), lit
//! ([`light`]), seen through a lens and a moving hand ([`optics`]), overlaid by glare, and read out by a sensor
//! ([`sensor`]). Fourteen kinds of trouble ([`kinds`], [`handheld`]) sweep evenly from easy to where no reader can;
//! [`nocode`] makes frames in which there is nothing to read, and [`gallery`] draws some to be looked at.

pub mod face;
pub mod gallery;
pub mod grid;
pub mod handheld;
pub mod kinds;
pub mod light;
pub mod nocode;
pub mod optics;
pub mod payload;
pub mod plane;
pub mod pose;
pub mod scene;
pub mod sensor;

pub use kinds::Kind;

/// Pixels of a row.
pub const WIDTH: usize = 1280;
/// Rows.
pub const HEIGHT: usize = 720;
/// Frames of a hand-held sequence.
pub const SEQUENCE: usize = 10;

/// A frame with one card.
#[derive(Debug, Clone)]
pub struct Shot {
    /// What makes it hard.
    pub kind: Kind,
    /// How hard: 0 is easy, 1 is where no reader can.
    pub severity: f64,
    /// What its code says.
    pub text: String,
    /// [`WIDTH`] × [`HEIGHT`] bytes, row by row.
    pub luma: Vec<u8>,
}

/// Names of the frames of a corpus, from which [`Name::shoot`] makes each by itself, in any order and on any thread.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    seed: u64,
    /// What makes it hard.
    pub kind: Kind,
    number: usize,
    of: usize,
}

/// The names of a corpus of at least so many frames: each kind has as many, the hand-held ones in whole sequences.
pub fn corpus(seed: u64, frames: usize) -> Vec<Name> {
    let of = frames.div_ceil(Kind::ALL.len()).next_multiple_of(SEQUENCE);
    let numbers = |kind| {
        (0..of).map(move |number| Name {
            seed,
            kind,
            number,
            of,
        })
    };
    Kind::ALL.into_iter().flat_map(numbers).collect()
}

impl Name {
    /// Makes the frame.
    pub fn shoot(&self) -> Shot {
        if self.kind == Kind::HandHeld {
            let (sequence, frame) = (self.number / SEQUENCE, self.number % SEQUENCE);
            return handheld::shoot(self.seed, sequence, self.of / SEQUENCE, frame);
        }
        let severity = self.number as f64 / (self.of - 1) as f64;
        kinds::shoot(self.seed, self.kind, self.number, severity)
    }
}

/// A frame of the seed without any code.
pub fn without_code(seed: u64, number: usize) -> Vec<u8> {
    nocode::shoot(seed, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_frames_and_another_seed_others() {
        let name = |seed| corpus(seed, 14)[71];
        let (first, again, other) = (name(1).shoot(), name(1).shoot(), name(2).shoot());
        assert_eq!(first.luma, again.luma);
        assert_ne!(first.luma, other.luma);
        assert_ne!(first.text, other.text);
        assert_eq!(without_code(1, 3), without_code(1, 3));
        assert_ne!(without_code(1, 3), without_code(2, 3));
    }

    #[test]
    fn every_kind_has_its_share_from_easy_to_hard() {
        let names = corpus(7, 700);
        assert_eq!(names.len(), 700);
        for kind in Kind::ALL {
            assert_eq!(names.iter().filter(|name| name.kind == kind).count(), 50);
        }
        let last = names.iter().rfind(|name| name.kind == Kind::Noise).unwrap();
        assert_eq!(
            (last.shoot().severity, last.shoot().luma.len()),
            (1.0, WIDTH * HEIGHT)
        );
    }
}
