//! Frames of a camera, one after the other.
//!
//! A card that no single frame shows well enough may be read from several: glare wanders, noise differs, a hand
//! trembles another way. The modules of each frame that could not be read are added up, module by module, as long as
//! they look like those of the same card.

use super::attempt::Attempt;
use super::card::Evidence;
use super::grid::Grid;
use super::layout::Layout;
use super::pipeline::{self, Seen};
use super::reading::Found;
use super::{Budget, Frame, Judge, Reading};

/// How alike the modules of two frames of one card are at least. Those of different cards are not alike at all, apart
/// from the few that every card has.
const SAME_CARD: f32 = 0.3;

/// Frames without any sight of the card after which its evidence is forgotten.
const PATIENCE: u32 = 15;

/// Mean brightness below which a picture is dark.
const DARK: u32 = 40;

/// Pixels of a module below which coming closer helps.
const SMALL: f32 = 2.0;

/// Keeps what earlier frames of the same card have shown.
#[derive(Debug, Default)]
pub struct FrameScanner {
    pile: Option<Pile>,
    blind: u32,
    #[cfg(feature = "zxing")]
    second_opinion: bool,
}

/// The modules of several frames, added up.
#[derive(Debug)]
struct Pile {
    layout: &'static Layout,
    grid: Grid,
    weight: f32,
    frames: u32,
}

/// What a frame has brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScanStep {
    /// The codes that were read.
    pub readings: Vec<Reading>,
    /// What would help, if nothing was read.
    pub advice: Option<Advice>,
}

/// What the person who holds the phone can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// It is too dark: turn the light on.
    Torch,
    /// A lamp is mirrored in the card: tilt it.
    Tilt,
    /// The code is too small in the picture: come closer.
    Closer,
    /// The code does not fit into the picture: move away.
    FartherAway,
    /// The picture is blurred: hold still.
    HoldStill,
}

impl FrameScanner {
    /// A scanner that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks zxing-cpp too, wherever a code is seen and not read: its C++ reads some that ours does not.
    #[cfg(feature = "zxing")]
    pub fn with_second_opinion(self) -> Self {
        Self {
            second_opinion: true,
            ..self
        }
    }

    /// Looks at the next frame.
    pub fn push(&mut self, frame: &Frame<'_>, mut budget: Budget, judge: Option<&dyn Judge>) -> ScanStep {
        let mut seen = Seen::default();
        let mut readings = pipeline::read(frame, &mut budget, judge, &mut seen);
        if readings.is_empty() {
            // The evidence of many frames gets its own work: it is what the scanner is for.
            let mut budget = Budget::steps(4_000);
            readings.extend(self.combine(frame, &seen, &mut budget, judge));
        }
        #[cfg(feature = "zxing")]
        if readings.is_empty() && seen.anything && self.second_opinion {
            readings = super::fallback::readings(frame, judge);
        }
        if readings.is_empty() {
            return ScanStep {
                readings,
                advice: advice(frame, &seen),
            };
        }
        self.reset();
        ScanStep {
            readings,
            advice: None,
        }
    }

    /// Forgets what earlier frames have shown: another card is held up.
    pub fn reset(&mut self) {
        (self.pile, self.blind) = (None, 0);
    }

    fn combine(
        &mut self,
        frame: &Frame<'_>,
        seen: &Seen,
        budget: &mut Budget,
        judge: Option<&dyn Judge>,
    ) -> Option<Reading> {
        let Some(evidence) = &seen.evidence else {
            self.blind += 1;
            if self.blind > PATIENCE {
                self.reset();
            }
            return None;
        };
        self.blind = 0;
        let pile = self.add(evidence);
        if pile.frames < 2 {
            return None;
        }
        let mean = pile.grid.scaled(1.0 / pile.weight);
        let text = Attempt::new(pile.layout, judge).grid(&mean, budget)?;
        let mut reading = pipeline::reading(&text.at(evidence.warp), frame, seen);
        reading.found = Found::Combined { frames: pile.frames };
        Some(reading)
    }

    /// Adds a look to the pile, or starts a new one if it shows another card.
    fn add(&mut self, evidence: &Evidence) -> &Pile {
        let weight = evidence.agreement * evidence.agreement;
        let same = |pile: &Pile| {
            pile.layout.version == evidence.layout.version
                && pile.grid.likeness(&evidence.grid, pile.layout) > SAME_CARD
        };
        let pile = match self.pile.take().filter(same) {
            Some(mut pile) => {
                pile.grid.add(&evidence.grid, weight);
                pile.weight += weight;
                pile.frames += 1;
                pile
            }
            None => Pile {
                layout: evidence.layout,
                grid: evidence.grid.scaled(weight),
                weight,
                frames: 1,
            },
        };
        self.pile.insert(pile)
    }
}

/// What would help to read a frame in which nothing was read.
fn advice(frame: &Frame<'_>, seen: &Seen) -> Option<Advice> {
    let (mean, glaring) = light(frame);
    if mean < DARK {
        return Some(Advice::Torch);
    }
    let corners = seen.corners.as_ref()?;
    let scale = seen.scale as f32;
    let extent = corners.side * corners.module * scale;
    if corners.module * scale < SMALL {
        Some(Advice::Closer)
    } else if extent > 0.95 * frame.width().min(frame.height()) as f32 {
        Some(Advice::FartherAway)
    } else if glaring > 5 {
        Some(Advice::Tilt)
    } else {
        Some(Advice::HoldStill)
    }
}

/// The mean brightness of a frame and the share of its pixels that are overexposed, percent.
fn light(frame: &Frame<'_>) -> (u32, u32) {
    let rows = (0..frame.height()).step_by(8);
    let (mut sum, mut count, mut white) = (0_u64, 0_u64, 0_u64);
    for row in rows {
        for &pixel in frame.row(row).iter().step_by(8) {
            sum += u64::from(pixel);
            count += 1;
            white += u64::from(pixel >= 250);
        }
    }
    let count = count.max(1);
    ((sum / count) as u32, (100 * white / count) as u32)
}
