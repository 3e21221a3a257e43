//! The fourteen kinds of trouble, and what a severity from 0 to 1 means in each.
//!
//! The ends of the sweeps are set so that zxing-cpp 3, the strongest free reader, reads about three quarters.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use super::Shot;
use super::face::Print;
use super::light::{self, Glare};
use super::scene::Scene;
use crate::register::Rng;

/// What makes a frame hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing much.
    Clean,
    /// Few pixels a module.
    Small,
    /// Turned, the farther away the more severe.
    Rotated,
    /// Seen from the side.
    Perspective,
    /// Out of focus.
    Blurred,
    /// A hand that moves during the exposure.
    Motion,
    /// A dark room: noise.
    Noise,
    /// Faded print behind a dirty lens.
    LowContrast,
    /// Shadows, and light from one side.
    UnevenLight,
    /// A lamp mirrored by the lamination.
    Glare,
    /// A thumb, a sticker, mud.
    Occluded,
    /// A card bent around something.
    Curved,
    /// Years in a pocket.
    Worn,
    /// A little of everything, changing from frame to frame.
    HandHeld,
}

impl Kind {
    /// All, in the order of tables.
    pub const ALL: [Self; 14] = [
        Self::Clean,
        Self::Small,
        Self::Rotated,
        Self::Perspective,
        Self::Blurred,
        Self::Motion,
        Self::Noise,
        Self::LowContrast,
        Self::UnevenLight,
        Self::Glare,
        Self::Occluded,
        Self::Curved,
        Self::Worn,
        Self::HandHeld,
    ];

    /// Its name in tables and keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Small => "small",
            Self::Rotated => "rotated",
            Self::Perspective => "perspective",
            Self::Blurred => "blurred",
            Self::Motion => "motion",
            Self::Noise => "noise",
            Self::LowContrast => "low_contrast",
            Self::UnevenLight => "uneven_light",
            Self::Glare => "glare",
            Self::Occluded => "occluded",
            Self::Curved => "curved",
            Self::Worn => "worn",
            Self::HandHeld => "hand_held",
        }
    }
}

/// Makes a frame of a kind other than hand-held.
pub fn shoot(seed: u64, kind: Kind, number: usize, severity: f64) -> Shot {
    let mut rng = rng_of(seed, kind, number);
    let scene = scene(kind, severity, &mut rng);
    Shot {
        kind,
        severity,
        luma: scene.shoot(&mut rng),
        text: scene.text,
    }
}

/// A generator for one frame, independent of those of all others.
pub(super) fn rng_of(seed: u64, kind: Kind, number: usize) -> Rng {
    let mut rng = Rng::new(seed ^ ((kind as u64) << 56) ^ ((number as u64) << 24));
    Rng::new(rng.next())
}

fn scene(kind: Kind, severity: f64, rng: &mut Rng) -> Scene {
    // A straight line from what is easy to where no reader can.
    let sweep = |easy: f64, hard: f64| easy + (hard - easy) * severity;
    let module = rng.between(4.5, 6.8);
    let mut scene = match kind {
        Kind::Small => Scene::ordinary(1.0 / sweep(1.0 / 4.0, 1.0 / 2.0), rng),
        Kind::Rotated => Scene::ordinary(1.0 / sweep(1.0 / 5.0, 1.0 / 1.6), rng),
        Kind::Perspective => Scene::ordinary(rng.between(4.5, 5.5), rng),
        Kind::Clean => Scene::ordinary(sweep(7.0, 3.0), rng),
        Kind::LowContrast => faded(module, severity, rng),
        _ => Scene::ordinary(module, rng),
    };
    let (center, reach) = scene.target();
    match kind {
        Kind::Rotated => scene.pose.turn = rng.between(0.0, TAU),
        Kind::Perspective => scene.pose.tilt = sweep(0.2, 0.93 * FRAC_PI_2),
        Kind::Blurred => scene.defocus = (sweep(0.1, 1.0) * module) as f32,
        Kind::Motion => scene.motion = toward(rng.between(0.0, PI), sweep(0.2, 2.2) * module),
        Kind::Noise => scene.noise = sweep(4.0, 90.0) as f32,
        Kind::UnevenLight => scene.light = light::uneven(center, reach, sweep(0.2, 1.0), rng),
        Kind::Glare => {
            let size = sweep(0.03, 0.25);
            scene.glare = (0..1 + rng.below(2))
                .map(|_| Glare::over(center, reach, size, rng))
                .collect();
        }
        Kind::Occluded => scene.face.cover(sweep(0.0, 0.11), rng),
        Kind::Curved => {
            scene.pose.bend = Some([sweep(0.1, 1.2) / reach * scene.pose.module, rng.between(0.0, PI)])
        }
        Kind::Worn => scene.face.wear(sweep(0.05, 0.65), rng),
        Kind::Clean | Kind::Small | Kind::LowContrast | Kind::HandHeld => {}
    }
    scene
}

/// Ink that has nearly the paper's color, behind a veil.
fn faded(module: f64, severity: f64, rng: &mut Rng) -> Scene {
    let paper = rng.between(0.6, 0.85);
    // From nine tenths of the paper's light to seven hundredths of it, by equal ratios.
    let contrast = 0.9 * (0.07_f64 / 0.9).powf(severity);
    let print = Print {
        paper: paper as f32,
        ink: (paper * (1.0 - contrast)) as f32,
        gain: rng.between(-0.05, 0.1) as f32,
    };
    let mut scene = Scene::printed(module, &print, rng);
    scene.veil = rng.between(0.0, 0.3) as f32;
    scene
}

pub(super) fn toward(angle: f64, length: f64) -> [f32; 2] {
    [(angle.cos() * length) as f32, (angle.sin() * length) as f32]
}
