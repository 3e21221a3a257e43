//! A card in one hand and a phone in the other: ten frames of a video, a thirtieth of a second apart.
//!
//! The hands sway slowly and tremble at 6 to 11 Hz, so that a frame is smeared by how fast they move at that moment and
//! calm where they turn. The focus hunts around the card, and the exposure follows the light with a delay. The card is
//! a little worn, may mirror a lamp that wanders as the card moves, and may be held by a thumb.

use std::f64::consts::TAU;

use super::kinds::{Kind, rng_of, toward};
use super::light::{self, Glare};
use super::scene::Scene;
use super::{SEQUENCE, Shot};
use crate::register::Rng;

/// Frames in a second.
const RATE: f64 = 30.0;

/// One axis of a hand's way: slow sway and tremor, pixels and seconds.
#[derive(Debug, Clone, Copy)]
struct Way {
    sway: [f64; 3],
    tremor: [f64; 3],
}

impl Way {
    fn new(unsteadiness: f64, rng: &mut Rng) -> Self {
        Self {
            sway: [
                rng.between(10.0, 40.0) * unsteadiness,
                rng.between(0.5, 1.5),
                rng.between(0.0, TAU),
            ],
            tremor: [
                rng.between(1.0, 6.0) * unsteadiness,
                rng.between(6.0, 11.0),
                rng.between(0.0, TAU),
            ],
        }
    }

    fn place(&self, time: f64) -> f64 {
        let swing = |[size, rate, phase]: [f64; 3]| size * (TAU * rate * time + phase).sin();
        swing(self.sway) + swing(self.tremor)
    }

    /// Pixels a second.
    fn speed(&self, time: f64) -> f64 {
        let swing = |[size, rate, phase]: [f64; 3]| size * TAU * rate * (TAU * rate * time + phase).cos();
        swing(self.sway) + swing(self.tremor)
    }
}

/// Makes one frame of a sequence; sequences go from easy to hard, and within one the frames differ as they would.
pub fn shoot(seed: u64, sequence: usize, of: usize, frame: usize) -> Shot {
    let severity = (sequence as f64 + 0.5) / of as f64;
    let mut rng = rng_of(seed, Kind::HandHeld, sequence);
    let mut scene = still(severity, &mut rng);
    let ways = [(); 4].map(|()| Way::new(0.3 + 1.2 * severity, &mut rng));
    let exposure = rng.between(0.004, 0.010 + 0.030 * severity);
    let hunt = [
        rng.between(0.0, 0.9 * severity),
        rng.between(0.8, 2.5),
        rng.between(0.0, TAU),
    ];
    let adapt = rng.between(-0.5, 0.7) * severity;
    // From here each frame has a generator of its own: what was drawn so far is the same in all ten.
    let mut own = rng_of(seed ^ 0x5eed, Kind::HandHeld, sequence * SEQUENCE + frame);
    let time = frame as f64 / RATE;
    scene.pose.center = [
        scene.pose.center[0] + ways[0].place(time),
        scene.pose.center[1] + ways[1].place(time),
    ];
    scene.pose.turn += ways[2].place(time) / 300.0;
    scene.pose.tilt = (scene.pose.tilt + ways[3].place(time) / 200.0).abs().min(1.1);
    let (vx, vy) = (ways[0].speed(time), ways[1].speed(time));
    scene.motion = toward(vy.atan2(vx), vx.hypot(vy) * exposure);
    let [size, rate, phase] = hunt;
    scene.defocus = (size * scene.pose.module * (TAU * rate * time + phase).sin().abs()) as f32;
    // The camera finds the right exposure within about a quarter of a second.
    scene.gain *= (adapt * (-time * 9.0).exp()).exp() as f32;
    Shot {
        kind: Kind::HandHeld,
        severity,
        luma: scene.shoot(&mut own),
        text: scene.text,
    }
}

/// The card as it would be without any movement.
fn still(severity: f64, rng: &mut Rng) -> Scene {
    let mut scene = Scene::ordinary(rng.between(5.5 - 2.8 * severity, 6.5 - 2.0 * severity), rng);
    scene.pose.turn = rng.between(-0.6, 0.6);
    scene.pose.tilt = rng.between(0.0, 0.2 + 0.6 * severity);
    scene.noise = rng.between(2.0, 3.0 + 14.0 * severity) as f32;
    scene.face.wear(rng.between(0.0, 0.35 * severity), rng);
    let (center, reach) = scene.target();
    if rng.chance(40) {
        scene.light = light::uneven(center, reach, rng.between(0.1, 0.7) * severity, rng);
    }
    if rng.chance(30) {
        scene.glare = vec![Glare::over(
            center,
            reach,
            rng.between(0.02, 0.05 + 0.2 * severity),
            rng,
        )];
    }
    if rng.chance(20) {
        scene.face.cover(rng.between(0.0, 0.08) * severity, rng);
    }
    scene
}
