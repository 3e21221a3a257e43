//! A camera's sensor: exposure, tone curve, noise, eight bits.

use std::sync::LazyLock;

use super::plane::Plane;
use crate::register::Rng;

const LEVELS: usize = 4096;

/// The tone curve of photographs (gamma 2.2), in 8-bit gray levels.
static TONE: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let level = |at: usize| 255.0 * (at as f32 / (LEVELS - 1) as f32).powf(1.0 / 2.2);
    (0..LEVELS).map(level).collect()
});

/// Draws of a normal distribution: the table's mean is 0 and its deviation 1.
static NORMAL: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let mut rng = Rng::new(0);
    (0..LEVELS).map(|_| rng.normal() as f32).collect()
});

/// Reads out a picture at a gain, with noise of a standard deviation in gray levels.
pub fn read_out(plane: &Plane, gain: f32, noise: f32, rng: &mut Rng) -> Vec<u8> {
    let (tone, normal) = (&*TONE, &*NORMAL);
    let mut luma = Vec::with_capacity(plane.values.len());
    let (mut random, mut left) = (0, 0);
    for value in &plane.values {
        if left == 0 {
            (random, left) = (rng.next(), 5);
        }
        let level = tone[((value * gain * (LEVELS - 1) as f32) as usize).min(LEVELS - 1)];
        luma.push((level + normal[random as usize % LEVELS] * noise + 0.5) as u8);
        random >>= 12;
        left -= 1;
    }
    luma
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_deviation_that_was_asked_for_and_white_stays_white() {
        let gray = Plane::new(200, 200, 0.3);
        let luma = read_out(&gray, 1.0, 10.0, &mut Rng::new(4));
        let mean = luma.iter().map(|&v| f64::from(v)).sum::<f64>() / 40_000.0;
        let variance = luma.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / 40_000.0;
        assert!(
            (mean - 147.5).abs() < 1.0 && (variance.sqrt() - 10.0).abs() < 0.3,
            "{mean} {variance}"
        );
        assert!(
            read_out(&Plane::new(9, 9, 4.0), 1.0, 0.0, &mut Rng::new(4))
                .iter()
                .all(|&v| v == 255)
        );
    }
}
